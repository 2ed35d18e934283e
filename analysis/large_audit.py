"""The large audit of the index: the tables of a refresh that are sampled, from larger samples.

Here: which tables, how large, and the page that sums them up. Nothing is computed that a refresh
does not compute; files and the warehouse belong to `ami.auditing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.paper import imputed_tables, recipe_curve, trial_tables
from analysis.paper.estimable import EstimatesTable
from analysis.paper.recipe_curve import CurveSize
from analysis.report.frames import INDEX, INDICATOR_SCORES, PANEL, WEIGHTS
from analysis.report.wording import count, in_words, number, percent

# Powers of two: at others a Sobol sequence loses its balance.
N_RECIPES, FEWEST, MOST = 16_384, 64, 65_536
_DESIGN, _DRAWS = 1024, 100
_OF_INDEX, _OF_CURVE = (INDICATOR_SCORES, WEIGHTS), (PANEL, INDICATOR_SCORES, WEIGHTS)


@dataclass(frozen=True)
class AuditTable:
    """A table of the audit: its name, as in the refresh, what is computed, and from what."""

    name: str
    words: str
    needs: tuple[str, ...]
    make: Callable[..., EstimatesTable]
    size: Mapping[str, Any]

    def made(self, frames: Mapping[str, pd.DataFrame]) -> EstimatesTable:
        return self.make(*(frames[name] for name in self.needs), **self.size)


def audit_tables(n_recipes: int = N_RECIPES) -> Iterator[AuditTable]:
    """The tables in their order.

    Raises ValueError where n_recipes is not a power of two from `FEWEST` to `MOST`.
    """
    if not FEWEST <= n_recipes <= MOST or n_recipes & (n_recipes - 1):
        allowed = [2**k for k in range(FEWEST.bit_length() - 1, MOST.bit_length())]
        near = min(allowed, key=lambda n: abs(n - n_recipes))
        raise ValueError(
            f"{n_recipes:,} recipes: a Sobol sequence is balanced at powers of two only, from "
            f"{FEWEST} to {MOST:,}; the nearest is {near}"
        )
    recipes = {"n": n_recipes}
    # As many recipes and specifications as there are: a million fits where recipes are 1,024.
    size = {"size": CurveSize(min(n_recipes, 1024), 1024, min(n_recipes, 256), _DESIGN)}
    yield AuditTable(
        "sampled_recipes", "recipes and their ranks", _OF_INDEX, trial_tables.recipes, recipes
    )
    yield AuditTable(
        "index_uncertainty",
        "intervals of scores and ranks",
        (*_OF_INDEX, INDEX),
        trial_tables.uncertainty,
        recipes,
    )
    yield AuditTable(
        "index_sensitivity",
        "which choice moves ranks",
        _OF_INDEX,
        trial_tables.sensitivity,
        {"n": min(n_recipes, _DESIGN)},
    )
    of_curve = (
        ("specification_curve", "coefficients by recipe and specification", recipe_curve.curve),
        ("curve_by_option", "coefficients by option of each choice", recipe_curve.by_option),
        ("curve_sensitivity", "which choice moves the coefficient", recipe_curve.moved_by),
        ("curve_test", "whether the curve could come of nothing", recipe_curve.joint),
    )
    for name, words, make in of_curve:
        yield AuditTable(name, words, _OF_CURVE, make, size)
    draws = {"n": _DRAWS}
    yield AuditTable(
        "index_filled", "ranks over filled cells", _OF_INDEX, imputed_tables.index_filled, draws
    )
    yield AuditTable(
        "table_4_filled",
        "Table 4 over filled cells",
        _OF_CURVE,
        imputed_tables.table_4_filled,
        draws,
    )


def summary(
    made: Mapping[str, EstimatesTable], dataset: str, refreshed: str, *, synthetic: bool
) -> str:
    """One page of plain text: what stands, what moves, which choice decides.

    made: every table of `audit_tables` by its name. refreshed: when what was audited was published.
    """
    lines = [f"Audit of the index, dataset {dataset}, as refreshed {refreshed}"]
    if synthetic:
        lines.append("SYNTHETIC: made from the generated yearbooks, no finding about China.")
    lines += ["", *_ranks(made), "", *_coefficients(made), "", *_filled(made)]
    notes = [note[2] for table in made.values() for note in table.notes]
    refused = [
        f"not estimable: {of.reason}" for table in made.values() for of in table.not_estimable
    ]
    said = dict.fromkeys([*notes, *refused])
    lines += ["", *(f"Note: {each}." for each in said)] if said else []
    return "\n".join(lines) + "\n"


def _ranks(made: Mapping[str, EstimatesTable]) -> list[str]:
    rows = made["index_uncertainty"].rows
    if rows.empty:
        return ["There is no index to try."]
    last = rows[rows["year"] == rows["year"].max()].sort_values("score_rank")
    lines = [
        f"Ranks of {last['year'].iloc[0]} over {number(last['n_recipes'].iloc[0])} recipes: "
        "published, 90 % interval, share in the top ten",
        *(
            f"{row.score_rank:4d}  {row.province:<16s} {row.rank_lower:3.0f} to "
            f"{row.rank_upper:3.0f}  {100 * row.share_top_ten:4.0f} %"
            for row in last.itertuples()
        ),
    ]
    moved = made["index_sensitivity"].rows.query("output == 'mean_rank_shift'")
    return [*lines, *_decisive(moved, "ranks")]


def _coefficients(made: Mapping[str, EstimatesTable]) -> list[str]:
    shape = made["curve_by_option"].rows
    if shape.empty:
        return ["There is no coefficient of coagglo to try."]
    whole = shape.iloc[0]
    lines = [
        f"Coefficient of coagglo over {number(whole['fits'])} fits, "
        f"{number(whole['not_identified'])} not identified: median "
        f"{number(whole['median_fit'], 3)} standard deviations, positive in "
        f"{percent(whole['share_positive'], 1)}, positive and significant at 5 % in "
        f"{percent(whole['share_significant_positive'], 1)}, negative and significant in "
        f"{percent(whole['share_significant_negative'], 1)}",
        *_decisive(made["curve_sensitivity"].rows, "the coefficient"),
    ]
    for test in made["curve_test"].rows.itertuples():
        lines.append(
            f"No effect at all, by the {test.test}: p {test.p_value:.3f} "
            f"({test.n_fits:,} fits, {test.reps:,} draws)"
        )
    return lines


def _decisive(moved: pd.DataFrame, what: str) -> list[str]:
    ordered = moved[moved["total_order"].notna()].sort_values("total_order", ascending=False)
    if ordered.empty:
        return []
    shares = (
        f"{in_words(choice)} {percent(share, 1)}"
        for choice, share in zip(ordered["choice"], ordered["total_order"], strict=True)
    )
    return [f"What moves {what}, share of variance it takes part in: {', '.join(shares)}"]


def _filled(made: Mapping[str, EstimatesTable]) -> list[str]:
    ranks, table = made["index_filled"].rows, made["table_4_filled"].rows
    if ranks.empty:
        return ["No cell was filled in."]
    width = (ranks["rank_upper"] - ranks["rank_lower"]).mean()
    lines = [
        f"{count(int(ranks['n_filled'].sum()), 'filled cell')} of the indicators move a rank over "
        f"{number(width, 1)} places on average (90 % of {number(ranks['reps'].iloc[0])} draws)"
    ]
    for row in table.to_dict("records"):
        lines.append(
            f"Table {row['table']} ({row['column']}) {row['term']}: {row['pooled_estimate']:.3f} "
            f"({row['lower']:.3f} to {row['upper']:.3f}), {percent(row['invented'], 1)} of its "
            "variance is invention"
        )
    return lines
