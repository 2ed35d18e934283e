"""The paper's tables beside its printed figures: frames in, set tables out.

Here: titles, spanners and notes of each table. Not here: what stands in its cells (`paper_cells`),
how it is written (`typeset`), and the page around it (`page`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from analysis.panel import CONSTANT
from analysis.paper.specifications import LAGGED_TREATMENT
from analysis.report.paper_cells import (
    BELOW_THE_LINE,
    DIFFERENCE,
    OURS,
    PAPER,
    STATISTICS,
    descriptives_cells,
    mediation_cells,
    number_text,
    p_value_text,
    regression_cells,
    weights_cells,
)
from analysis.report.typeset import TypesetTable

TITLES = {
    "2": "Weights of the indicators",
    "3": "Descriptive statistics",
    "4": "Synergy agglomeration and the index: baseline, instrument, other measures",
    "5": "The five dimensions of the index",
    "6": "Regions, and provinces with and without national clusters",
    "7": "Mediation by innovation capacity (uic), step by step",
    "8": "Mediated effects of coagglo on ami, by bootstrap",
    "9": "Moderation by manufacturing intelligence (mi)",
    "10": "Moderation by international capacity cooperation (icc)",
    "11": "Spatial Durbin model: coefficients and direct, indirect and total effects",
}
# What notes say of the paper's columns, which the tables of other units do not have.
_DIFFERENCE_NOTE = "difference = here − paper, as weights; "
_DASH_NOTE = " A dash: the paper prints none; ?: its mark cannot be read."
_SPATIAL_DASH_NOTE = " A dash: the paper prints none."
REGRESSION_NOTE = (
    "Province and year effects in every column. In parentheses standard errors clustered by "
    "province with Stata’s small-sample factor; ***, **, * below 1, 5 and 10 % by t(G − 1), G the "
    "number of provinces. In braces, for the coefficients of interest, the p-value of the wild "
    "cluster bootstrap (null imposed; signs, or Webb’s six points below 10 provinces): provinces "
    "are few, so words here go by it, while stars keep t(G − 1). In brackets p-values "
    f"of tests. R² counts the year dummies as regressors.{_DASH_NOTE}"
)
SPATIAL_NOTE = (
    "Province and year effects, economic-geographic nested weights, direct maximum likelihood. In "
    "parentheses z from the expected information, for effects by the delta method, as the paper "
    "prints z (its note says clustered errors, but z of sigma2 is the root of 589 / 2, which only "
    "the information matrix gives); ***, **, * below 1, 5 and 10 % by the normal."
    f"{_SPATIAL_DASH_NOTE}"
)
# Terms that are no variable of Table 3.
_TERMS = {
    "eg": "Coagglomeration index",
    LAGGED_TREATMENT: "The year before",
    "rho": "Spatial lag of ami",
    "sigma2_e": "Error variance",
}


def weights_table(weights: pd.DataFrame, *, synthetic: bool) -> TypesetTable:
    """Table 2: overall and individual weights (shares of 1) beside the printed ones.

    weights: dim_indicator, one row an indicator.
    """
    frame = weights.sort_values("sort_order")
    spanners = {
        kind.capitalize(): {f"{kind}, {side}": side for side in (OURS, PAPER, DIFFERENCE)}
        for kind in ("overall weight", "individual weight")
    }
    table = TypesetTable(
        "2",
        TITLES["2"],
        "Indicator",
        weights_cells(frame),
        {"": {"attribute": "Attribute"}} | spanners,
        synthetic,
        tuple(frame["dimension_label"].astype(str)),
        "Overall weights add up to 1 over all indicators at hand, individual weights within each "
        f"dimension. {_DIFFERENCE_NOTE}+ and − say whether more is better.",
    )
    return table if is_printed(weights) else _alone(table)


def descriptives_table(descriptives: pd.DataFrame, *, synthetic: bool) -> TypesetTable:
    """Table 3: observations, mean, standard deviation and range beside the printed ones.

    descriptives: fct_descriptives, one row a variable.
    """
    spanners = {
        "Obs." if name == "obs" else name.capitalize(): {
            f"{name}, {side}": side for side in (OURS, PAPER)
        }
        for name in STATISTICS
    }
    cells = descriptives_cells(descriptives.sort_values("sort_order"))
    table = TypesetTable("3", TITLES["3"], "Variable", cells, spanners, synthetic)
    return table if is_printed(descriptives) else _alone(table)


def regression_table(
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    *,
    table: str,
    labels: Mapping[str, str],
    synthetic: bool,
    note: str = "",
) -> TypesetTable:
    """One of the paper's regression tables, each column that we have beside what the paper prints.

    estimates, published: as in `regression_cells`; labels: words for the terms.
    """
    cells = regression_cells(estimates, published, table=table)
    names = list(cells.columns[1:])
    made = TypesetTable(
        table,
        TITLES[table],
        "Term",
        cells.assign(term=[_term_label(term, labels) for term in cells["term"]]),
        {
            ours.removesuffix(f", {OURS}"): {ours: OURS, paper: PAPER}
            for ours, paper in zip(names[::2], names[1::2], strict=True)
        },
        synthetic,
        tuple("Fit and tests" if term.startswith("_") else "Coefficients"
              for term in cells["term"]),
        note,
    )  # fmt: skip
    return _alone(made) if published.empty else made


def mediation_table(
    estimates: pd.DataFrame, published: pd.DataFrame, *, synthetic: bool
) -> TypesetTable:
    """Table 8: indirect, direct and total effect with three 95 % intervals, beside the paper's.

    estimates, published: as in `regression_cells`; of table 8 they have columns `effect`,
    `ci_lower`, `ci_upper` (bias-corrected) and, ours, the other intervals and `sobel`.
    """
    cells = mediation_cells(estimates, published)
    names = list(cells.columns[1:])
    by_place = {
        (row["column"], row["term"]): row
        for row in estimates[estimates["table"] == "8"].to_dict("records")
    }
    test = by_place["sobel", "indirect"]
    n, reps = (number_text(by_place["effect", name]["estimate"], 0) for name in ("_n", "_reps"))
    made = TypesetTable(
        "8",
        TITLES["8"],
        "Effect",
        cells.assign(term=cells["term"].str.capitalize()),
        {
            "Estimate": {names[0]: OURS, names[1]: PAPER},
            "Bias-corrected interval": {names[2]: OURS, names[3]: PAPER},
            "Other intervals": {name: name for name in names[4:]},
        },
        synthetic,
        note=f"{n} province-years. In parentheses bootstrap standard errors; {reps} resamples of "
        "whole provinces; intervals at 95 %. For comparison Sobel’s test of the indirect effect: "
        f"z = {number_text(test['statistic'], 2)} [{p_value_text(test['p_value'])}], which treats "
        "a product of estimates as normal.",
    )
    return _alone(made) if published.empty else made


def paper_tables(
    weights: pd.DataFrame,
    descriptives: pd.DataFrame,
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    *,
    synthetic: bool,
) -> list[TypesetTable]:
    """Tables 2 to 11 in their order; those of which we have a figure.

    weights: dim_indicator; descriptives: fct_descriptives; estimates, published: as in
    `regression_cells`.
    """
    made = []
    if weights["overall_weight"].notna().any():
        made.append(weights_table(weights, synthetic=synthetic))
    if (descriptives["obs"] > 0).any():
        made.append(descriptives_table(descriptives, synthetic=synthetic))
    labels = variable_labels(descriptives)
    for table in TITLES:
        if not (estimates["table"] == table).any():
            continue
        if table == "8":
            made.append(mediation_table(estimates, published, synthetic=synthetic))
            continue
        note = SPATIAL_NOTE if table == "11" else REGRESSION_NOTE
        made.append(
            regression_table(
                estimates, published, table=table, labels=labels, synthetic=synthetic, note=note
            )
        )
    return made


def is_printed(frame: pd.DataFrame) -> bool:
    """Whether the paper prints something beside a mart: of the units of others it does not."""
    return bool(frame.filter(regex="^published_").notna().to_numpy().any())


def _alone(table: TypesetTable) -> TypesetTable:
    """A table without the columns for what the paper prints."""
    sides = tuple(f", {side}" for side in (PAPER, DIFFERENCE))
    spanners = {
        name: {column: label for column, label in labels.items() if not column.endswith(sides)}
        for name, labels in table.spanners.items()
    }
    kept = [column for column in table.cells if not str(column).endswith(sides)]
    return replace(table, cells=table.cells[kept], spanners=spanners, note=note_alone(table.note))


def note_alone(note: str) -> str:
    """A note without what it says of the columns for what the paper prints."""
    for said in (_DIFFERENCE_NOTE, _DASH_NOTE, _SPATIAL_DASH_NOTE):
        note = note.replace(said, "")
    return note


def variable_labels(descriptives: pd.DataFrame) -> dict[str, str]:
    """Words for the variables, from fct_descriptives."""
    return dict(zip(descriptives["variable"], descriptives["variable_label"], strict=True))


def _term_label(term: str, labels: Mapping[str, str]) -> str:
    if term in BELOW_THE_LINE:
        return BELOW_THE_LINE[term][0]
    if term == CONSTANT:
        return term.capitalize()
    words = {**_TERMS, **labels}
    return f"{words[term]} ({term})" if term in words else term.replace("*", " × ")
