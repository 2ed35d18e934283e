"""The paper's tables beside its printed figures: frames in, great_tables out.

Here: titles, spanners and notes of each table. Not here: what stands in its cells (`paper_cells`),
and the page around it (`page`). great_tables escapes every text but what a formatter returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.panel import CONSTANT
from analysis.paper.specifications import LAGGED_TREATMENT
from analysis.report.paper_cells import (
    ABSENT,
    BELOW_THE_LINE,
    DIFFERENCE,
    OURS,
    PAPER,
    aligned,
    as_plain,
    mediation_cells,
    number_text,
    p_value_text,
    regression_cells,
    stacked,
)

if TYPE_CHECKING:
    from great_tables import GT

# How a cell whose lines are set apart by `|` is written: what a formatter returns is not escaped.
Lines = Callable[[str], str]

SYNTHETIC_NOTE = "SYNTHETIC data: made by a generator, not a finding about China"
TITLES = {
    "4": "Table 4. Synergy agglomeration and the index: baseline, instrument, other measures",
    "5": "Table 5. The five dimensions of the index",
    "6": "Table 6. Regions, and provinces with and without national clusters",
    "7": "Table 7. Mediation by innovation capacity (uic), step by step",
    "8": "Table 8. Mediated effects of coagglo on ami, by bootstrap",
    "9": "Table 9. Moderation by manufacturing intelligence (mi)",
    "10": "Table 10. Moderation by international capacity cooperation (icc)",
    "11": "Table 11. Spatial Durbin model: coefficients and direct, indirect and total effects",
}
REGRESSION_NOTE = (
    "Province and year effects in every column. In parentheses standard errors clustered by "
    "province with Stata’s small-sample factor; ***, **, * below 1, 5 and 10 % by t(G − 1), G the "
    "number of provinces. In braces, for the coefficients of interest, the p-value of the wild "
    "cluster bootstrap (null imposed; signs, or Webb’s six points below 10 provinces): provinces "
    "are few, so words here go by it, while stars keep t(G − 1). In brackets p-values "
    "of tests. R² counts the year dummies as regressors. A dash: the paper prints none; ?: its "
    "mark cannot be read."
)
SPATIAL_NOTE = (
    "Province and year effects, economic-geographic nested weights, direct maximum likelihood. In "
    "parentheses z from the expected information, for effects by the delta method, as the paper "
    "prints z (its note says clustered errors, but z of sigma2 is the root of 589 / 2, which only "
    "the information matrix gives); ***, **, * below 1, 5 and 10 % by the normal. A dash: the "
    "paper prints none."
)
# Terms that are no variable of Table 3.
_TERMS = {
    "eg": "Coagglomeration index",
    LAGGED_TREATMENT: "The year before",
    "rho": "Spatial lag of ami",
    "sigma2_e": "Error variance",
}
# What pdfTeX's usual fonts lack, and how TeX writes it.
_IN_TEX = str.maketrans(
    {"−": "$-$", "χ": "$\\chi$", "²": "\\textsuperscript{2}", "∞": "$\\infty$", "—": "---",
     "’": "'", "×": "$\\times$", "<": "$<$"}
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class TypesetTable:
    """A table as HTML, as LaTeX, and its cells as texts."""

    html: str
    latex: str
    cells: pd.DataFrame


def weights_table(weights: pd.DataFrame, *, synthetic: bool) -> GT:
    """Table 2: overall and individual weights (shares of 1) beside the printed ones.

    weights: dim_indicator, one row an indicator, in `sort_order`.
    """
    from great_tables import GT

    frame = weights.sort_values("sort_order")
    columns: dict[str, object] = {
        "dimension": frame["dimension_label"],
        "indicator": frame["indicator_label"],
        "attribute": frame["attribute"].map({"positive": "+", "negative": "−"}),
    }
    spanners = {"Overall weight": "overall_weight", "Individual weight": "individual_weight"}
    for name in spanners.values():
        columns[f"{name}_ours"] = frame[name]
        columns[f"{name}_paper"] = frame[f"published_{name}"]
        columns[f"{name}_difference"] = frame[name] - frame[f"published_{name}"]
    table = (
        GT(
            pd.DataFrame(columns),
            rowname_col="indicator",
            groupname_col="dimension",
            id="table-2",
        )
        .tab_stubhead("Indicator")
        .cols_label(attribute="Attribute")
        .cols_align("center", "attribute")
    )
    for spanner, name in spanners.items():
        kinds = {"ours": OURS, "paper": PAPER, "difference": DIFFERENCE}
        table = table.tab_spanner(spanner, [f"{name}_{kind}" for kind in kinds]).cols_label(
            {f"{name}_{kind}": label for kind, label in kinds.items()}
        )
        table = table.fmt_number([f"{name}_ours", f"{name}_paper"], decimals=3)
        table = table.fmt_number(f"{name}_difference", decimals=3, force_sign=True)
    return _headed(table, "Table 2. Weights of the indicators", synthetic).tab_source_note(
        "Overall weights add up to 1 over all indicators at hand, individual weights within each "
        "dimension. difference = here − paper, as weights; + and − say whether more is better."
    )


def descriptives_table(descriptives: pd.DataFrame, *, synthetic: bool) -> GT:
    """Table 3: observations, mean, standard deviation and range beside the printed ones.

    descriptives: fct_descriptives, one row a variable, in `sort_order`.
    """
    from great_tables import GT

    frame = descriptives.sort_values("sort_order")
    statistics = {"obs": "Obs.", "mean": "Mean", "sd": "Sd", "min": "Min", "max": "Max"}
    columns: dict[str, object] = {
        "label": [
            f"{label} ({variable})"
            for label, variable in zip(frame["variable_label"], frame["variable"], strict=True)
        ],
    }
    for name in statistics:
        columns[name] = frame[name]
        columns[f"published_{name}"] = frame[f"published_{name}"]
    table = GT(
        pd.DataFrame(columns).reset_index(drop=True), rowname_col="label", id="table-3"
    ).tab_stubhead("Variable")
    for name, label in statistics.items():
        pair = [name, f"published_{name}"]
        table = (
            table.tab_spanner(label, pair)
            .cols_label({name: OURS, f"published_{name}": PAPER})
            .fmt_number(pair, decimals=0 if name == "obs" else 2)
        )
    return _headed(table, "Table 3. Descriptive statistics", synthetic)


def regression_table(
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    *,
    table: str,
    labels: Mapping[str, str],
    synthetic: bool,
    note: str = REGRESSION_NOTE,
    lines: Lines = aligned,
) -> GT:
    """One of the paper's regression tables, each column that we have beside what the paper prints.

    estimates, published: as in `regression_cells`; labels: words for the terms. lines: how a cell
    of several lines is written.
    """
    from great_tables import GT

    cells = regression_cells(estimates, published, table=table)
    terms, names = cells["term"], list(cells.columns[1:])
    frame = cells.assign(
        term=[_term_label(term, labels) for term in terms],
        part=["Fit and tests" if term.startswith("_") else "Coefficients" for term in terms],
    )
    made = GT(frame, rowname_col="term", groupname_col="part", id=f"table-{table}")
    made = made.tab_stubhead("Term").cols_align("right", names)
    for ours, paper in zip(names[::2], names[1::2], strict=True):
        spanner = ours.removesuffix(f", {OURS}")
        made = made.tab_spanner(spanner, [ours, paper]).cols_label({ours: OURS, paper: PAPER})
    made = made.fmt(lines, columns=names)
    made = _headed(made, TITLES[table], synthetic)
    return made.tab_source_note(note) if note else made


def mediation_table(
    estimates: pd.DataFrame, published: pd.DataFrame, *, synthetic: bool, lines: Lines = aligned
) -> GT:
    """Table 8: indirect, direct and total effect with three 95 % intervals, beside the paper's.

    estimates, published: as in `regression_cells`; of table 8 they have columns `effect`,
    `ci_lower`, `ci_upper` (bias-corrected) and, ours, the other intervals and `sobel`.
    """
    from great_tables import GT

    cells = mediation_cells(estimates, published)
    names = list(cells.columns[1:])
    made = GT(cells.assign(term=cells["term"].str.capitalize()), rowname_col="term", id="table-8")
    made = made.tab_stubhead("Effect").cols_align("right", names)
    for spanner, pair in (
        ("Estimate", names[:2]),
        ("Bias-corrected interval", names[2:4]),
        ("Other intervals", names[4:]),
    ):
        made = made.tab_spanner(spanner, pair)
    made = made.cols_label(dict(zip(names, [OURS, PAPER, OURS, PAPER, *names[4:]], strict=True)))
    made = _headed(made.fmt(lines, columns=names), TITLES["8"], synthetic)
    by_place = {
        (row["column"], row["term"]): row
        for row in estimates[estimates["table"] == "8"].to_dict("records")
    }
    test = by_place["sobel", "indirect"]
    n, reps = (number_text(by_place["effect", name]["estimate"], 0) for name in ("_n", "_reps"))
    return made.tab_source_note(
        f"{n} province-years. In parentheses bootstrap standard errors; {reps} resamples of whole "
        "provinces; intervals at 95 %. For comparison Sobel’s test of the "
        f"indirect effect: z = {number_text(test['statistic'], 2)} "
        f"[{p_value_text(test['p_value'])}], which takes a product of estimates for normal."
    )


def paper_tables(
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    descriptives: pd.DataFrame,
    *,
    synthetic: bool,
) -> dict[str, TypesetTable]:
    """Tables 4 to 11 by number; those of which we have a row.

    estimates, published: as in `regression_cells`; descriptives: fct_descriptives, for its labels.
    """
    labels = variable_labels(descriptives)

    def typeset(table: str, lines: Lines) -> GT:
        if table == "8":
            return mediation_table(estimates, published, synthetic=synthetic, lines=lines)
        return regression_table(
            estimates,
            published,
            table=table,
            labels=labels,
            synthetic=synthetic,
            note=SPATIAL_NOTE if table == "11" else REGRESSION_NOTE,
            lines=lines,
        )

    def cells(table: str) -> pd.DataFrame:
        if table == "8":
            return mediation_cells(estimates, published)
        return regression_cells(estimates, published, table=table)

    return {
        table: TypesetTable(
            typeset(table, aligned).as_raw_html(),
            as_latex(typeset(table, stacked)),
            as_plain(cells(table), synthetic=synthetic),
        )
        for table in TITLES
        if (estimates["table"] == table).any()
    }


def variable_labels(descriptives: pd.DataFrame) -> dict[str, str]:
    """Words for the variables, from fct_descriptives."""
    return dict(zip(descriptives["variable"], descriptives["variable_label"], strict=True))


def as_latex(table: GT) -> str:
    """The table for LaTeX: needs booktabs and caption, and no font beyond pdfTeX's own."""
    return str(table.as_latex()).translate(_IN_TEX)


def _headed(table: GT, title: str, synthetic: bool) -> GT:
    return table.tab_header(title, SYNTHETIC_NOTE if synthetic else None).sub_missing(
        missing_text=ABSENT
    )


def _term_label(term: str, labels: Mapping[str, str]) -> str:
    if term in BELOW_THE_LINE:
        return BELOW_THE_LINE[term][0]
    if term == CONSTANT:
        return term.capitalize()
    words = {**_TERMS, **labels}
    return f"{words[term]} ({term})" if term in words else term.replace("*", " × ")
