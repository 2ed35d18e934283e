"""The paper's tables beside its printed figures: frames in, great_tables out.

Here: which figures stand in a table and how they are written. Not here: the estimates themselves
(`analysis.estimates`) and the page around a table (`analysis.report`). great_tables escapes every
text but what a formatter returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from great_tables import GT

SYNTHETIC_NOTE = "SYNTHETIC data: made by a generator, not a finding about China"
ABSENT = "—"
OURS, PAPER, DIFFERENCE = "here", "paper", "difference"
# What stands below a regression: its label and the decimals it is written with.
BELOW_THE_LINE = {
    "_n": ("Observations (province-years)", 0),
    "_n_dropped": ("Province-years left out for a missing value", 0),
    "_n_clusters": ("Clusters (provinces)", 0),
    "_r2": ("R² within provinces", 3),
    "_hausman": ("Hausman test, classical: χ² [p-value]", 2),
    "_hausman_robust": ("Hausman test, cluster-robust: F [p-value]", 2),
}


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
    columns: Sequence[str],
    title: str,
    labels: Mapping[str, str],
    synthetic: bool,
) -> GT:
    """Columns of one of the paper's regression tables, each beside what the paper prints.

    estimates, published: rows in the columns of the table `estimates`, `table` and `column` as
    text; labels: words for the terms. A cell holds the estimate with its stars and, below it in
    parentheses, its dispersion; tests stand below the line with their p-value in brackets.
    """
    from great_tables import GT

    sources = {"ours": (OURS, estimates), "paper": (PAPER, published)}
    cells: dict[str, dict[str, str]] = {}
    spanners: dict[str, list[str]] = {}
    for column in columns:
        for kind, (_, frame) in sources.items():
            rows = frame[(frame["table"] == table) & (frame["column"] == column)]
            cells[f"{kind}_{column}"] = _cells(rows)
        own = estimates[(estimates["table"] == table) & (estimates["column"] == column)]
        outcome = own["outcome"].iloc[0] if len(own) else ""
        spanners[f"({column}) {outcome}".strip()] = [f"{kind}_{column}" for kind in sources]

    terms = list(dict.fromkeys(term for column in cells.values() for term in column))
    terms = [term for term in terms if not term.startswith("_")] + [
        term for term in BELOW_THE_LINE if term in terms
    ]
    frame = pd.DataFrame(
        {
            "term": [_term_label(term, labels) for term in terms],
            "part": ["Coefficients" if term[0] != "_" else "Fit and tests" for term in terms],
            **{
                name: [column.get(term, ABSENT) for term in terms] for name, column in cells.items()
            },
        }
    )
    made = GT(frame, rowname_col="term", groupname_col="part", id=f"table-{table}")
    made = made.tab_stubhead("Term").cols_align("right", list(cells))
    for spanner, names in spanners.items():
        made = made.tab_spanner(spanner, names).cols_label(
            {name: sources[name.partition("_")[0]][0] for name in names}
        )
    made = made.fmt(lambda text: _aligned(text), columns=list(cells))
    return _headed(made, title, synthetic)


def _headed(table: GT, title: str, synthetic: bool) -> GT:
    return table.tab_header(title, SYNTHETIC_NOTE if synthetic else None).sub_missing(
        missing_text=ABSENT
    )


def _cells(rows: pd.DataFrame) -> dict[str, str]:
    """What stands in each term's cell: `0.767***|(0.130)`, `|` where the line breaks."""
    by_term = {str(row["term"]): row for row in rows.to_dict("records")}
    cells = {}
    for term, row in by_term.items():
        if pd.isna(row["estimate"]):
            continue
        _, decimals = BELOW_THE_LINE.get(term, ("", 3))
        stars = "" if pd.isna(row["stars"]) or term.startswith("_") else row["stars"]
        text = f"{_number(row['estimate'], decimals)}{stars}"
        if (test := by_term.get(f"{term}_p")) is not None:
            text += f"|[{_p_value(test['estimate'])}]"
        elif pd.notna(row["dispersion"]):
            text += f"|({_number(row['dispersion'], 3)})"
        cells[term] = text
    return cells


def _term_label(term: str, labels: Mapping[str, str]) -> str:
    if term in BELOW_THE_LINE:
        return BELOW_THE_LINE[term][0]
    return f"{labels[term]} ({term})" if term in labels else term.capitalize()


def _aligned(text: str) -> str:
    """A cell as HTML in which what follows the last digit hangs, so that decimals align."""
    lines = []
    for line in text.split("|"):
        number = line.rstrip("*)]")
        hanging = escape(line[len(number) :])
        lines.append(f'{escape(number)}<span class="hanging">{hanging}</span>')
    return "<br>".join(lines)


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−")


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.0005 else _number(value, 3)
