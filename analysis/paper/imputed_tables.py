"""How much of the index, its ranks and Table 4 is invention, as tables.

Here: filled cells drawn anew and carried through. Not here: the model they are drawn from and
Rubin's rules (`analysis.trial.multiple_imputation`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.paper.estimable import EstimatesTable, typed, without_values
from analysis.paper.fits import rows_used
from analysis.paper.result_columns import types_of
from analysis.paper.sensitivity import AtHand
from analysis.paper.specifications import (
    TABLE_4,
    Specification,
    reduced,
)
from analysis.paper.trial_tables import SEED, names_of
from analysis.regressions import crossed_fits as crossed
from analysis.trial.indicators import IndicatorArrays, indicator_arrays
from analysis.trial.multiple_imputation import drawn_fills, pooled
from analysis.trial.recipes import PUBLISHED
from analysis.trial.scoring import recipe_ranks, recipe_scores
from analysis.variables import CONTROLS, TREATMENT

# Draws of a refresh; `ami audit` takes more.
N_DRAWS = 20
_PLACE = ("filled cells", "")
_DRAWN = (TREATMENT, "eg", *CONTROLS)

INDEX_COLUMNS = types_of(
    "province_code", "province", "year", "n_filled", "score", "score_lower", "score_upper",
    "score_rank", "rank_lower", "rank_upper", "reps",
)  # fmt: skip
TABLE_COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "estimate", "std_error", "pooled_estimate",
    "pooled_std_error", "lower", "upper", "pooled_df", "invented", "n_filled", "n_bridged", "n",
    "reps",
)  # fmt: skip


def index_filled(cells: pd.DataFrame, indicators: pd.DataFrame, n: int = N_DRAWS) -> EstimatesTable:
    """90 % intervals of scores and ranks by the published recipe over draws of filled cells."""
    if cells["score"].isna().all():
        return EstimatesTable(typed([], INDEX_COLUMNS))
    data = indicator_arrays(cells, indicators.sort_values("sort_order"))
    drawn = np.stack(list(_scores(data, cells, indicators, n)))
    published = recipe_scores(data, [PUBLISHED])
    ranks, own = recipe_ranks(drawn), recipe_ranks(published)[0]
    ends = np.nanquantile(drawn, [0.05, 0.95], axis=0)
    of_ranks = np.quantile(ranks, [0.05, 0.95], axis=0, method="inverted_cdf")
    grid = pd.MultiIndex.from_product([data.units, data.times], names=["province_code", "year"])
    rows = grid.to_frame(index=False).assign(
        province=lambda frame: frame["province_code"].map(names_of(cells)),
        n_filled=(data.filled & ~np.isnan(data.values)).sum(axis=2).ravel(),
        score=published[0].ravel(),
        score_lower=ends[0].ravel(),
        score_upper=ends[1].ravel(),
        score_rank=own.ravel(),
        rank_lower=of_ranks[0].ravel(),
        rank_upper=of_ranks[1].ravel(),
        reps=n,
    )
    return EstimatesTable(typed([rows[rows["score"].notna()]], INDEX_COLUMNS))


def table_4_filled(
    panel: pd.DataFrame, cells: pd.DataFrame, indicators: pd.DataFrame, n: int = N_DRAWS
) -> EstimatesTable:
    """The coefficients that Table 4 is about, by Rubin's rules over draws of filled cells.

    Columns (1), (2), (4) and (5), or of the reduced Table 4; column (3) is of two stages, and the
    rules are applied to its first alone. The index is drawn from its indicators; coagglo, eg and
    the controls are drawn as they stand.
    """
    at_hand = AtHand.of(panel)
    columns = [of for of in TABLE_4 if of.instrument is None]
    if at_hand.is_reduced:
        columns = [reduced(of, at_hand.controls, at_hand.outcome) for of in columns]
    columns = [of for of in columns if not without_values(panel, of.variables)]
    if not columns or cells["score"].isna().all():
        return EstimatesTable(typed([], TABLE_COLUMNS))
    data = indicator_arrays(cells, indicators.sort_values("sort_order"))
    scores = _scores(data, cells, indicators, n)
    panels = [panel, *_panels(panel, at_hand.outcome, data, scores, n)]
    made = [_row(of, panels) for of in columns]
    rows = pd.DataFrame([row for row in made if row])
    note = _loudly(panel)
    return EstimatesTable(typed([rows], TABLE_COLUMNS), ((*_PLACE, note),) if note else ())


def _row(of: Specification, panels: list[pd.DataFrame]) -> dict[str, object] | None:
    """A column's coefficient as published and over draws; None where it is not identified."""
    own, *fits = [_fit(of, panel) for panel in panels]
    drawn = [fit for fit in fits if fit is not None]
    if own is None or len(drawn) < max(2, len(fits)):
        return None
    estimates = np.array([fit.estimates[0] for fit in drawn])
    errors = np.array([fit.std_errors[0] for fit in drawn])
    found = pooled(estimates, errors**2, own.n_clusters - 1)
    lower, upper = found.interval()
    rows, variable = rows_used(panels[0], of), of.of_interest[0].removeprefix("L.")
    used = rows[rows[[of.outcome, *of.regressors]].notna().all(axis=1)]
    return {
        **of.place,
        "term": of.of_interest[0],
        "estimate": own.estimates[0],
        "std_error": own.std_errors[0],
        "pooled_estimate": found.estimate,
        "pooled_std_error": found.std_error,
        "lower": lower,
        "upper": upper,
        "pooled_df": found.df,
        "invented": found.invented,
        "n_filled": int(named_in(used["interpolated_variables"], variable).sum()),
        "n_bridged": int(named_in(used["bridged_variables"], variable).sum()),
        "n": own.n,
        "reps": len(drawn),
    }


def _fit(of: Specification, panel: pd.DataFrame) -> crossed.CrossedFit | None:
    rows = rows_used(panel, of)
    term, *controls = of.regressors
    asked = crossed.CurveSpecification(term, of.sample, tuple(controls))
    every = {of.sample: np.ones(len(rows), dtype=bool)}
    outcome = rows[[of.outcome]].to_numpy(float)
    return next(crossed.crossed_fits(rows, outcome, [asked], every), None)


def _scores(
    data: IndicatorArrays, cells: pd.DataFrame, indicators: pd.DataFrame, n: int
) -> Iterator[np.ndarray]:
    """The index, (units, times), by the published recipe for each draw.

    A gap inside the index sample may end at a figure outside it: cells are drawn among all that
    have a value, and those of the sample are taken.
    """
    with_value = cells[cells["value"].notna()].assign(score=0.0)
    whole = indicator_arrays(with_value, indicators.sort_values("sort_order"))
    axes = ("units", "times", "names")
    sample = np.ix_(
        *(pd.Index(getattr(whole, a)).get_indexer(pd.Index(getattr(data, a))) for a in axes)
    )
    in_sample = ~np.isnan(data.values)
    for values in drawn_fills(whole.values, whole.filled, np.array(whole.times), n, SEED):
        own = np.where(in_sample, values[sample], np.nan)
        yield recipe_scores(replace(data, values=own), [PUBLISHED])[0]


def _panels(
    panel: pd.DataFrame,
    outcome: str,
    data: IndicatorArrays,
    scores_of: Iterator[np.ndarray],
    n: int,
) -> Iterator[pd.DataFrame]:
    """The panel with drawn values in the place of filled ones."""
    names = [name for name in _DRAWN if not without_values(panel, [name])]
    grid = _Grid.of(panel)
    values = np.stack([grid.laid_out(panel[name].to_numpy(float)) for name in names], axis=2)
    filled = np.stack(
        [
            grid.laid_out(named_in(panel["interpolated_variables"], name).astype(float)) == 1
            for name in names
        ],
        axis=2,
    )
    keys = pd.MultiIndex.from_product([data.units, data.times])
    wanted = pd.MultiIndex.from_frame(panel[["province_code", "year"]])
    # Another seed, so that index and regressors are not drawn from the same numbers.
    variables = drawn_fills(values, filled, grid.years, n, SEED + 1)
    for scores, drawn in zip(scores_of, variables, strict=True):
        index = pd.Series(scores.ravel(), index=keys).reindex(wanted).to_numpy()
        others = {name: grid.rows(drawn[:, :, j]) for j, name in enumerate(names)}
        yield panel.assign(**{outcome: index}, **others)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Where each row of a panel lies among units and times."""

    place: tuple[np.ndarray, np.ndarray]
    shape: tuple[int, int]
    years: np.ndarray

    @classmethod
    def of(cls, panel: pd.DataFrame) -> _Grid:
        unit, units = pd.factorize(panel["province_code"], sort=True)
        time, years = pd.factorize(panel["year"], sort=True)
        return cls((unit, time), (len(units), len(years)), np.asarray(years, dtype=float))

    def laid_out(self, values: np.ndarray) -> np.ndarray:
        out = np.full(self.shape, np.nan)
        out[self.place] = values
        return out

    def rows(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(values[self.place])


def named_in(lists: pd.Series, variable: str) -> np.ndarray:
    """Which of some comma-joined lists name a variable, (n,)."""
    return np.array([variable in text.split(",") for text in lists.fillna("")])


def _loudly(panel: pd.DataFrame) -> str:
    """What hangs on a bridge, said where it is more than a tenth of coagglo."""
    known = panel[panel[TREATMENT].notna()]
    n_bridged = int(named_in(known["bridged_variables"], TREATMENT).sum())
    if not len(known) or n_bridged <= 0.1 * len(known):
        return ""
    return (
        f"{n_bridged} of {len(known)} cells of {TREATMENT} hang on a bridge across years in which "
        "no figure, or none of the same series, is at hand: what is estimated from them is in good "
        "part a straight line"
    )
