"""The index on trial, as tables: uncertainty, sensitivity, coherence, comparability, entropy codes.

Here: which samples are drawn, which figures are kept of them, and when one is flagged. Not here:
recipes, and what is computed of them (`analysis.trial`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from analysis.paper.estimable import EstimatesTable, NotEstimable, typed
from analysis.paper.result_columns import types_of
from analysis.standing import index_variable
from analysis.trial import coherence, entropy_codes
from analysis.trial.comparability import score_changes
from analysis.trial.indicators import IndicatorArrays, indicator_arrays, pooled
from analysis.trial.normalisation import minmax
from analysis.trial.rank_uncertainty import rank_shift, rank_uncertainty
from analysis.trial.recipes import CHOICES, PUBLISHED, Recipe, RecipeSpace, as_frame
from analysis.trial.scoring import recipe_ranks, recipe_scores, scores_by_times
from analysis.trial.sobol_indices import SobolIndices, sobol_design, sobol_indices
from analysis.trial.weighting import WEIGHTS, correlations

# Of a refresh; `ami audit` takes more. Powers of two; of sensitivity, rows of the design.
N_RECIPES, N_DESIGN, SEED = 1024, 256, 19
TOP = 10
_PLACE = ("index on trial", "")

RECIPE_COLUMNS = types_of("recipe_number", *CHOICES, "mean_rank_shift")
UNCERTAINTY_COLUMNS = types_of(
    "province_code", "province", "year", "score", "score_lower", "score_median", "score_upper",
    "score_rank", "rank_lower", "rank_median", "rank_upper", "share_top_ten", "next_below",
    "share_above_next", "n_recipes",
)  # fmt: skip
SENSITIVITY_COLUMNS = types_of(
    "output", "province_code", "province", "year", "choice", "first_order", "first_order_lower",
    "first_order_upper", "total_order", "total_order_lower", "total_order_upper", "n_recipes",
)  # fmt: skip
COHERENCE_COLUMNS = types_of("measure", "subject", "other", "statistic", "p_value", "flag")
CHANGE_COLUMNS = types_of(
    "province_code", "province", "year", "change", "own", "of_bounds", "of_weights",
    "change_published", "change_frozen",
)  # fmt: skip
CODE_COLUMNS = types_of(
    "code", "code_words", "indicator", "dimension", "overall_weight", "individual_weight",
    "disproportion", "published_overall_weight", "published_individual_weight",
)  # fmt: skip
Row = dict[str, Any]


def _of_arrays(columns: dict[str, str]) -> Callable[..., Callable[..., EstimatesTable]]:
    """A table made of the arrays of the marts; without rows where no indicator has a score."""

    def decorated(make: Callable[..., EstimatesTable]) -> Callable[..., EstimatesTable]:
        @wraps(make)
        def table(
            cells: pd.DataFrame, indicators: pd.DataFrame, *others: pd.DataFrame, **options: int
        ) -> EstimatesTable:
            if cells["score"].isna().all():
                refused = NotEstimable(*_PLACE, (), "no indicator has a score")
                return EstimatesTable(typed([], columns), not_estimable=(refused,))
            ordered = indicators.sort_values("sort_order")
            made = make(indicator_arrays(cells, ordered), cells, ordered, *others, **options)
            return EstimatesTable(typed([made.rows], columns), made.notes)

        return table

    return decorated


def sampled(data: IndicatorArrays, n: int = N_RECIPES) -> list[Recipe]:
    """The sample whose spread is the uncertainty."""
    return RecipeSpace.of(data.names, data.dimensions).sample(n, SEED)


@_of_arrays(RECIPE_COLUMNS)
def recipes(
    data: IndicatorArrays, _: pd.DataFrame, __: pd.DataFrame, n: int = N_RECIPES
) -> EstimatesTable:
    """Every recipe of the sample, the published one before it, and how far it moves ranks."""
    tried = [PUBLISHED, *sampled(data, n)]
    return EstimatesTable(as_frame(tried).assign(mean_rank_shift=rank_shift(data, tried)))


@_of_arrays(UNCERTAINTY_COLUMNS)
def uncertainty(
    data: IndicatorArrays,
    cells: pd.DataFrame,
    _: pd.DataFrame,
    index: pd.DataFrame,
    n: int = N_RECIPES,
) -> EstimatesTable:
    """90 % intervals of every score and rank over the sample, beside the published ones."""
    found = rank_uncertainty(data, sampled(data, n), top=TOP)
    rows = _grid(data, cells).assign(
        score=found.score.ravel(),
        score_lower=found.score_lower.ravel(),
        score_median=found.score_median.ravel(),
        score_upper=found.score_upper.ravel(),
        score_rank=found.rank.ravel(),
        rank_lower=found.rank_lower.ravel(),
        rank_median=found.rank_median.ravel(),
        rank_upper=found.rank_upper.ravel(),
        share_top_ten=found.share_top.ravel(),
        next_below=np.where(found.below >= 0, np.array(data.units)[found.below], "").ravel(),
        share_above_next=found.p_above.ravel(),
        n_recipes=n,
    )
    own = index.set_index(["province_code", "year"])[index_variable(index)]
    published = own.reindex(pd.MultiIndex.from_frame(rows[["province_code", "year"]])).to_numpy()
    notes: tuple[tuple[str, str, str], ...] = ()
    if np.nanmax(np.abs(published - rows["score"])) > 1e-8:
        words = (
            "this dataset is built with other options (index_scope), so that its index is not "
            "recipe 1, beside which the others stand here"
        )
        notes = ((*_PLACE, words),)
    return EstimatesTable(rows[rows["score"].notna()], notes)


@_of_arrays(SENSITIVITY_COLUMNS)
def sensitivity(
    data: IndicatorArrays, cells: pd.DataFrame, _: pd.DataFrame, n: int = N_DESIGN
) -> EstimatesTable:
    """Sobol indices of each province's score and rank in the last year, and of the mean shift.

    Of provinces and years that every recipe of the design scores: where a recipe leaves gaps open
    some may have none, and are left out.
    """
    space = RecipeSpace.of(data.names, data.dimensions)
    design = sobol_design(n, len(CHOICES), SEED)
    runs = design.shape[:2]
    published = recipe_ranks(recipe_scores(data, [PUBLISHED]))[0]
    shift, n_always = np.zeros(len(design) * runs[1]), 0
    for here, scores in scores_by_times(data, space.recipes(design.reshape(-1, len(CHOICES)))):
        ranks = recipe_ranks(scores)
        always = np.isfinite(scores).all(axis=0) & (published[:, here] > 0)
        shift += np.abs(ranks - published[:, here])[:, always].sum(axis=1)
        n_always += int(always.sum())
    n_gone = int((published > 0).sum()) - n_always
    words = f"sensitivity leaves out {n_gone} province-years that some recipe gives no score"
    notes = ((*_PLACE, words),) if n_gone else ()
    if not n_always:
        return EstimatesTable(typed([], SENSITIVITY_COLUMNS), notes)
    # The last times come last.
    last = always[:, -1]
    values = np.column_stack([scores[:, last, -1], ranks[:, last, -1], shift / n_always])
    found = sobol_indices(values.reshape(*runs, -1))
    units = np.array(data.units)[last]
    outputs = [*(("score", u) for u in units), *(("rank", u) for u in units)]
    outputs.append(("mean_rank_shift", ""))
    names = names_of(cells)
    rows = [
        {
            "output": output,
            "province_code": code,
            "province": names.get(code, ""),
            "year": data.times[-1],
            "choice": choice,
            **_ends(found, i, k),
            "n_recipes": runs[0] * runs[1],
        }
        for k, (output, code) in enumerate(outputs)
        for i, choice in enumerate(CHOICES)
    ]
    return EstimatesTable(pd.DataFrame(rows), notes)


def _ends(found: SobolIndices, i: int, k: int) -> Row:
    return {
        "first_order": found.first[i, k],
        "first_order_lower": found.first_lower[i, k],
        "first_order_upper": found.first_upper[i, k],
        "total_order": found.total[i, k],
        "total_order_lower": found.total_lower[i, k],
        "total_order_upper": found.total_upper[i, k],
    }


@_of_arrays(COHERENCE_COLUMNS)
def coherent(
    data: IndicatorArrays, _: pd.DataFrame, indicators: pd.DataFrame, limits: pd.DataFrame
) -> EstimatesTable:
    """Whether indicators belong together and count for what their weights say.

    limits: the seed; its rule `index_coherence` says what is flagged.
    """
    of_rule = limits[(limits["rule"] == "index_coherence") & ~limits["synthetic"].astype(bool)]
    bounds = of_rule.set_index("subject")[["low", "high"]]
    scores = pooled(minmax(data.values, data.negative))
    scores = scores[~np.isnan(scores).any(axis=1)]
    rows = pd.DataFrame(
        [
            *_of_dimensions(data, scores),
            *_of_pairs(data, scores),
            *_of_structure(data, scores),
            *_of_importance(data, scores),
            *_of_compensation(data),
        ]
    )
    rows["flag"] = [_flag(row, bounds) for row in rows.itertuples()]
    return EstimatesTable(rows)


def _flag(row: Any, bounds: pd.DataFrame) -> str:
    if row.measure not in bounds.index or np.isnan(row.statistic):
        return ""
    low, high = bounds.loc[row.measure]
    return "low" if row.statistic < low else "high" if row.statistic > high else ""


def _of_dimensions(data: IndicatorArrays, scores: np.ndarray) -> Iterator[Row]:
    yield {
        "measure": "alpha",
        "subject": "all indicators",
        "statistic": coherence.cronbach_alpha(scores),
    }
    for dimension in dict.fromkeys(data.dimensions):
        within = scores[:, np.array(data.dimensions) == dimension]
        alpha = coherence.cronbach_alpha(within)
        yield {"measure": "alpha", "subject": dimension, "statistic": alpha}


def _of_pairs(data: IndicatorArrays, scores: np.ndarray) -> Iterator[Row]:
    """Pearson's correlation of scores, within dimensions and across, and of ranks."""
    linear, of_ranks = correlations(scores), coherence.rank_correlation(scores)
    for i, j in combinations(range(len(data.names)), 2):
        within = data.dimensions[i] == data.dimensions[j]
        pair = {"subject": data.names[i], "other": data.names[j]}
        kind = "correlation_within" if within else "correlation_across"
        yield {"measure": kind, **pair, "statistic": linear[i, j]}
        # A figure and its mirror image are one figure, too.
        yield {"measure": "redundancy", **pair, "statistic": abs(of_ranks[i, j])}


def _of_structure(data: IndicatorArrays, scores: np.ndarray) -> Iterator[Row]:
    correlation = correlations(scores)
    eigenvalues = np.linalg.eigvalsh(correlation)[::-1]
    for number, value in enumerate(eigenvalues, start=1):
        yield {"measure": "eigenvalue", "subject": f"component {number}", "statistic": value}
    overall, each = coherence.kaiser_meyer_olkin(correlation)
    yield {"measure": "kmo", "subject": "all indicators", "statistic": overall}
    for name, value in zip(data.names, each, strict=True):
        yield {"measure": "kmo", "subject": name, "statistic": value}
    test = coherence.bartlett_sphericity(correlation, len(scores))
    yield {
        "measure": "bartlett",
        "subject": "all indicators",
        "statistic": test.statistic,
        "p_value": test.p_value,
    }


def _of_importance(data: IndicatorArrays, scores: np.ndarray) -> Iterator[Row]:
    """Weights, correlation ratios, and the ratio of effective to nominal weight."""
    nominal = WEIGHTS[PUBLISHED.weighting](minmax(data.values, data.negative), data.dimensions)
    index = scores @ nominal
    ratios = np.array([coherence.correlation_ratio(index, column) for column in scores.T])
    effective = ratios / ratios.sum()
    figures = {
        "nominal_weight": nominal,
        "correlation_ratio": ratios,
        "effective_weight": effective,
        "effective_to_nominal": effective / np.where(nominal > 0, nominal, np.nan),
    }
    for measure, values in figures.items():
        for name, value in zip(data.names, values, strict=True):
            yield {"measure": measure, "subject": name, "statistic": value}


def _of_compensation(data: IndicatorArrays) -> Iterator[Row]:
    """How far ranks move where a weak indicator is not made good by a strong one."""
    means = ("arithmetic", "geometric", "harmonic")
    ranks = recipe_ranks(recipe_scores(data, [Recipe(aggregation=mean) for mean in means]))
    for mean, moved in zip(means[1:], ranks[1:], strict=True):
        shift = np.abs(moved - ranks[0].astype(float))[ranks[0] > 0].mean()
        yield {"measure": "compensability", "subject": mean, "statistic": shift}


@_of_arrays(CHANGE_COLUMNS)
def changes(
    data: IndicatorArrays, cells: pd.DataFrame, _: pd.DataFrame, frozen: pd.DataFrame
) -> EstimatesTable:
    """Each year's change of the score as it was seen then, and what of it is the province's own."""
    found = score_changes(data)
    rows = _grid(data, cells)
    rows = rows[rows["year"] > data.times[0]].assign(
        change=found.change.ravel(),
        own=found.own.ravel(),
        of_bounds=found.of_bounds.ravel(),
        of_weights=found.of_weights.ravel(),
    )
    ordered = frozen.sort_values(["province_code", "year"])
    steps = ordered[["province_code", "year"]].assign(
        change_published=ordered.groupby("province_code")["ami"].diff(),
        change_frozen=ordered.groupby("province_code")["ami_frozen"].diff(),
    )
    rows = rows.merge(steps, on=["province_code", "year"], how="left")
    return EstimatesTable(rows[rows["change"].notna()])


@_of_arrays(CODE_COLUMNS)
def codes(data: IndicatorArrays, _: pd.DataFrame, indicators: pd.DataFrame) -> EstimatesTable:
    """Weights by every entropy code that circulates, beside those of Table 2."""
    printed = indicators.set_index("indicator").loc[list(data.names)]
    pieces = []
    for name, code in entropy_codes.CODES.items():
        overall, individual = entropy_codes.code_weights(code.utilities(data), data.dimensions)
        piece = pd.DataFrame({"indicator": data.names, "dimension": data.dimensions})
        pieces.append(
            piece.assign(
                code=name,
                code_words=code.words,
                overall_weight=overall,
                individual_weight=individual,
                disproportion=entropy_codes.disproportion(overall, individual, data.dimensions),
                published_overall_weight=printed["published_overall_weight"].to_numpy(),
                published_individual_weight=printed["published_individual_weight"].to_numpy(),
            )
        )
    return EstimatesTable(pd.concat(pieces, ignore_index=True))


def names_of(cells: pd.DataFrame) -> dict[str, str]:
    """The names of provinces by their code."""
    return dict(zip(cells["province_code"], cells["province"], strict=True))


def _grid(data: IndicatorArrays, cells: pd.DataFrame) -> pd.DataFrame:
    """A row a unit and time, in the order of the arrays."""
    grid = pd.MultiIndex.from_product([data.units, data.times], names=["province_code", "year"])
    frame = grid.to_frame(index=False)
    frame.insert(1, "province", frame["province_code"].map(names_of(cells)))
    return frame
