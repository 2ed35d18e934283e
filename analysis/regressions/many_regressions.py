"""Many two-way fixed-effects regressions on one panel at once.

Here: the same figures as `fixed_effects` gives one by one, which every row must equal, solved
together on cross products. Not here: which regressions those are (`specification_curve`,
`robustness`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import csc_array

from analysis.panel import EstimationError, NotIdentifiedError, estimation_sample, single_rows
from analysis.regressions.clustering import small_sample_factor, t_p_value, t_quantile
from analysis.regressions.fixed_effects import two_way_fe

Sample = Callable[[pd.DataFrame], pd.Series] | pd.Series | np.ndarray

# Whatever comes nearer to dependence, or to no error at all, than these is left to `two_way_fe`:
# normal equations square the condition, and a tenth digit is wanted still.
NEARLY_DEPENDENT = 1e-3
NEARLY_NO_ERROR = 1e-5
# Share of the largest eigenvalue of the dummies' products below which one is none.
_DEPENDENT = 1e-10
_MODEL = ["outcome", "treatment", "sample", "controls"]
_TYPES = {
    **dict.fromkeys(_MODEL, "object"),
    **dict.fromkeys(
        ("estimate", "std_error", "t_stat", "p_value", "lower", "upper", "standardised"), "float64"
    ),
    "n": "int64",
    "n_clusters": "int64",
    "reason": "object",
}


@dataclass(frozen=True)
class Model:
    """A regression of `outcome` on `treatment`, whose coefficient is wanted, and `controls`."""

    outcome: str
    treatment: str
    controls: tuple[str, ...] = ()


def estimate_many(
    panel: pd.DataFrame,
    models: Sequence[Model],
    samples: Mapping[str, Sample],
    *,
    level: float = 0.95,
    entity: str = "province",
    time: str = "year",
) -> pd.DataFrame:
    """Two-way fixed effects of every model in every sample: one row each, samples outermost.

    Columns: outcome, treatment, sample, controls (tuple); estimate, std_error, t_stat, p_value,
    lower, upper of the treatment's coefficient, clustered by entity, by t(G-1), as `two_way_fe`
    (Stata's `xtreg, fe vce(cluster)` with i.time); standardised, the estimate per standard
    deviation of the treatment in standard deviations of the outcome, both over all their values
    in the panel, whatever the sample; n, n_clusters; reason. A model that a sample does not
    identify keeps its row: reason says why, in the words of `two_way_fe`, and figures are empty.

    Effects are partialled out once for each set of complete rows; the regressions are then
    solved on cross products, by province for the scores. What is nearly dependent goes through
    `two_way_fe` by itself, so that every row equals it.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time.
    models : sequence of Model
    samples : mapping
        By name, True for each row that belongs to it, or a function of the panel that says so.
    level : float
        Of the intervals, a share of 1.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    DataFrame
        A row a model and sample.

    Raises
    ------
    EstimationError
        Where the data are wrong, as `estimation_sample`.
    ValueError
        For a sample that is not one boolean per row.
    """
    if not models:
        raise ValueError("no model was given")
    names = list(dict.fromkeys(name for model in models for name in _variables(model)))
    # Wrong data are refused whichever model they would have met.
    with suppress(NotIdentifiedError):
        estimation_sample(panel, names[0], names[1:], entity=entity, time=time)
    for model in models:
        if len(set(_variables(model))) < len(_variables(model)):
            raise EstimationError(
                f"named more than once in the model: {', '.join(_variables(model))}"
            )
    masks = {name: sample_mask(panel, name, sample) for name, sample in samples.items()}
    values = np.column_stack([panel[name].to_numpy(dtype=float, na_value=np.nan) for name in names])
    fits = _grouped_fits(panel, values, names, models, masks, (entity, time))
    table = pd.DataFrame(
        [
            {"sample": name, **vars(model)}
            | (fits[name].get(model) or _by_itself(panel[mask], model, entity, time))
            for name, mask in masks.items()
            for model in models
        ]
    )
    spread = pd.DataFrame(values, columns=names).std()
    scale = table["treatment"].map(spread) / table["outcome"].map(spread)
    reach = t_quantile((1 + level) / 2, table["n_clusters"]) * table["std_error"]
    t_stat = table["estimate"] / table["std_error"]
    return table.assign(
        t_stat=t_stat,
        p_value=t_p_value(t_stat, table["n_clusters"]),
        lower=table["estimate"] - reach,
        upper=table["estimate"] + reach,
        standardised=table["estimate"] * scale,
    )[list(_TYPES)].astype(_TYPES)


def _grouped_fits(
    panel: pd.DataFrame,
    values: np.ndarray,
    names: list[str],
    models: Sequence[Model],
    masks: Mapping[str, np.ndarray],
    keys: tuple[str, str],
) -> dict[str, dict[Model, dict[str, object]]]:
    """By sample the models that can be fitted together, those with the same complete rows.

    values: (rows, names) of the panel.
    """
    codes = [pd.factorize(panel[key])[0] for key in keys]
    known = ~np.isnan(values)
    place = {name: j for j, name in enumerate(names)}
    # Complete rows depend on a model only through the variables that have gaps.
    gaps = {j for j in range(len(names)) if not known[:, j].all()}
    patterns: dict[frozenset[int], list[Model]] = {}
    for model in models:
        used = frozenset(place[name] for name in _variables(model)) & gaps
        patterns.setdefault(used, []).append(model)
    found: dict[str, dict[Model, dict[str, object]]] = {name: {} for name in masks}
    for name, mask in masks.items():
        for used, alike in patterns.items():
            rows = np.flatnonzero(mask & known[:, sorted(used)].all(axis=1))
            group = _Group.of(values, rows, codes, alike, place)
            found[name] |= group.fit() if group else {}
    return found


@dataclass(frozen=True, eq=False)
class _Group:
    """The complete rows of some models in one sample, effects partialled out.

    moments: (G, m, m) cross products, by entity, of the columns with effects partialled out and
        at length one; nearly absorbed columns are zero.
    size: (m,) what brings a column at length one back to the variable's units.
    share: (m,) length left beside the effects, relative to the variable's own.
    """

    models: list[Model]
    columns: dict[str, int]
    moments: np.ndarray
    size: np.ndarray
    share: np.ndarray
    n: int
    n_time_effects: int

    @classmethod
    def of(
        cls,
        values: np.ndarray,
        rows: np.ndarray,
        keys: list[np.ndarray],
        models: list[Model],
        place: dict[str, int],
    ) -> _Group | None:
        """None where the rows themselves are unfit, which `two_way_fe` says in words."""
        rows = rows[~single_rows(keys[0][rows], keys[1][rows], "twoway")]
        entities, times = (pd.factorize(key[rows])[0] for key in keys)
        rows_of, rows_in = np.bincount(entities), np.bincount(times)
        if min(len(rows_of), len(rows_in)) < 2:
            return None
        names = list(dict.fromkeys(name for model in models for name in _variables(model)))
        x = values[rows][:, [place[name] for name in names]]
        free = without_effects(x, entities, times)
        by_entity = np.argsort(entities, kind="stable")
        pieces = np.split(free.columns[by_entity], np.cumsum(rows_of)[:-1])
        return cls(
            models=models,
            columns={name: j for j, name in enumerate(names)},
            moments=np.stack([piece.T @ piece for piece in pieces]),
            size=free.size,
            share=free.share,
            n=len(rows),
            n_time_effects=free.n_time_effects,
        )

    def fit(self) -> dict[Model, dict[str, object]]:
        """The models that are well away from every refusal, all solved at once."""
        groups, m = self.moments.shape[:2]
        outcome = np.array([self.columns[model.outcome] for model in self.models])
        treatment = np.array([self.columns[model.treatment] for model in self.models])
        used = np.zeros((len(self.models), m))
        for row, model in enumerate(self.models):
            used[row, [self.columns[name] for name in _variables(model)[1:]]] = 1.0
        each = np.arange(len(self.models))
        n_coefficients = used.sum(axis=1) + self.n_time_effects + 1

        total = self.moments.sum(axis=0)
        # A column out of the model becomes a unit of its own: one shape for every subset.
        left = total * used[:, :, None] * used[:, None, :] + np.eye(m) * (1 - used[:, :, None])
        sound = (
            (np.linalg.eigvalsh(left)[:, 0] > NEARLY_DEPENDENT**2)
            & (self.share[outcome] > NEARLY_DEPENDENT)
            & (self.n > n_coefficients + groups - 1)
        )
        inverse = np.linalg.inv(np.where(sound[:, None, None], left, np.eye(m)))
        slopes = (inverse @ (total[:, outcome].T * used)[:, :, None])[:, :, 0]
        # Residuals are these combinations of the columns, and so are the scores of the moments.
        residual = -slopes
        residual[each, outcome] += 1.0
        scores = np.einsum("sij,gjs->gsi", inverse, self.moments @ residual.T)
        # Where there are no more rows than coefficients the model is refused below.
        factor = small_sample_factor(groups, self.n, np.minimum(n_coefficients, self.n - 1))
        errors = np.sqrt((scores**2).sum(axis=0) * factor[:, None])
        relative = errors * self.share[outcome][:, None] / np.maximum(self.share, 1e-300)
        sound &= np.where(used > 0, relative, np.inf).min(axis=1) > NEARLY_NO_ERROR

        units = self.size[outcome[sound]] / self.size[treatment[sound]]
        picked = each[sound], treatment[sound]
        return {
            self.models[row]: {
                "estimate": estimate,
                "std_error": error,
                "n": self.n,
                "n_clusters": groups,
                "reason": "",
            }
            for row, estimate, error in zip(
                each[sound], slopes[picked] * units, errors[picked] * units, strict=True
            )
        }


class WithoutEffects(NamedTuple):
    """Columns with entity and time effects partialled out.

    columns: (n, m) at length one; nearly absorbed ones are zero.
    size: (m,) what brings a column at length one back to its units.
    share: (m,) length left beside the effects, relative to the column's own.
    """

    columns: np.ndarray
    size: np.ndarray
    share: np.ndarray
    n_time_effects: int


def without_effects(x: np.ndarray, entities: np.ndarray, times: np.ndarray) -> WithoutEffects:
    """Columns (n, m) less the effects of entities and times, codes from 0; exact in any panel."""
    rows_of, n_times = np.bincount(entities), times.max() + 1
    mean, spread = x.mean(axis=0), x.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    dummies = (times[:, None] == np.arange(1, n_times)).astype(float)
    both = _less_means(np.column_stack([(x - mean) / scale, dummies]), entities, rows_of)
    x, dummies = both[:, : x.shape[1]], both[:, x.shape[1] :]
    # Columns may be very many, dummies are few; where these are dependent they are so exactly.
    squares = dummies.T @ dummies
    x = x - dummies @ (np.linalg.pinv(squares, hermitian=True) @ (dummies.T @ x))
    rank = np.linalg.matrix_rank(squares, hermitian=True, rtol=_DEPENDENT)
    length = np.sqrt((x**2).sum(axis=0))
    share = length / np.sqrt(len(x))
    x = np.divide(x, length, out=np.zeros_like(x), where=share > NEARLY_DEPENDENT)
    return WithoutEffects(x, length * scale, share, int(rank))


def _variables(model: Model) -> tuple[str, ...]:
    return (model.outcome, model.treatment, *model.controls)


def _less_means(columns: np.ndarray, codes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    belongs = csc_array((np.ones(len(codes)), codes, np.arange(len(codes) + 1)))
    totals = belongs @ columns
    return columns - (totals / counts[:, None])[codes]


def _by_itself(panel: pd.DataFrame, model: Model, entity: str, time: str) -> dict[str, object]:
    record: dict[str, object] = dict.fromkeys(("estimate", "std_error"), np.nan)
    if panel.empty:
        return {**record, "n": 0, "n_clusters": 0, "reason": "the sample has no rows"}
    try:
        fit = two_way_fe(
            panel, model.outcome, [model.treatment, *model.controls], entity=entity, time=time
        )
    except NotIdentifiedError as error:
        complete = panel[panel[list(_variables(model))].notna().all(axis=1)]
        counts = {"n": len(complete), "n_clusters": complete[entity].nunique()}
        return {**record, **counts, "reason": str(error)}
    return {
        "estimate": fit.params[model.treatment],
        "std_error": fit.std_errors[model.treatment],
        "n": fit.n,
        "n_clusters": fit.n_clusters,
        "reason": "",
    }


def sample_mask(panel: pd.DataFrame, name: str, sample: Sample) -> np.ndarray:
    """Which rows belong to a sample, (n,); raises ValueError where that is not said of each."""
    chosen = sample(panel) if callable(sample) else sample
    if isinstance(chosen, pd.Series) and not chosen.index.equals(panel.index):
        raise ValueError(f"sample '{name}': its index is not the panel's")
    mask = np.asarray(chosen)
    if mask.shape != (len(panel),) or mask.dtype != bool:
        raise ValueError(
            f"sample '{name}': expected true or false for each of {len(panel)} rows, "
            f"found {mask.dtype} of shape {mask.shape}"
        )
    return mask
