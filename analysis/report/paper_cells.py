"""What stands in each cell of the paper's tables, as texts: ours and the printed figure beside it.

Here: estimates with stars, dispersion and p-values, weights and descriptives, lines set apart by
`|`. Not here: titles, spanners and notes (`paper_tables`), and how they are set (`typeset`).
"""

from __future__ import annotations

import pandas as pd

from analysis.panel import CONSTANT
from analysis.variables import CONTROLS

ABSENT = "—"
# Where a line of a cell ends.
LINE_END = "|"
OURS, PAPER, DIFFERENCE = "here", "paper", "difference"
# What stands below a regression: its label and the decimals it is written with.
BELOW_THE_LINE = {
    "_n": ("Observations (province-years)", 0),
    "_n_dropped": ("Province-years left out for a missing value", 0),
    "_n_clusters": ("Clusters (provinces)", 0),
    "_r2": ("R² within provinces", 3),
    "_first_stage_f": ("First-stage F [p-value]", 2),
    "_kp_rk_lm": ("Kleibergen-Paap rk LM: χ² [p-value]", 2),
    "_kp_wald_rk_f": ("Kleibergen-Paap rk Wald F", 2),
    "_cragg_donald_f": ("Cragg-Donald F", 2),
    **{
        f"_stock_yogo_{size}pct": (f"Stock-Yogo critical value, size {size} %", 2)
        for size in (10, 15, 20, 25)
    },
    "_anderson_rubin_wald": ("Anderson-Rubin: χ² [p-value]", 2),
    "_anderson_rubin_f": ("Anderson-Rubin: F [p-value]", 2),
    # With one instrument the set is an interval, its complement, or the line.
    "_ar_set_1_lower": ("Anderson-Rubin set at 95 %: from", 3),
    "_ar_set_1_upper": ("Anderson-Rubin set at 95 %: to", 3),
    "_ar_set_2_lower": ("Anderson-Rubin set, second part: from", 3),
    "_ar_set_2_upper": ("Anderson-Rubin set, second part: to", 3),
    "_loglik": ("Log-likelihood", 2),
    "_r2_within": ("R² within, lags of ami included", 3),
    "_r2_reduced": ("R², squared correlation of the reduced form", 3),
    "_hausman": ("Hausman test, classical: χ² [p-value]", 2),
    "_hausman_robust": ("Hausman test, cluster-robust: F [p-value]", 2),
}
_LAST = ("rho", "sigma2_e")
# Of Table 3.
STATISTICS = ("obs", "mean", "sd", "min", "max")


def regression_cells(
    estimates: pd.DataFrame, published: pd.DataFrame, *, table: str
) -> pd.DataFrame:
    """What stands in each cell of a regression table: texts, one row a term, in their order.

    estimates, published: rows in the columns of the table `estimates`, `table` and `column` as
    text. Columns: term, then for each column that we have `(1) ami, here` and `(1) ami, paper`,
    named by number, outcome and sample. In a cell `|` is where a line breaks: the estimate with
    its stars, its dispersion in parentheses, its wild bootstrap p-value in braces; a test has its
    p-value in brackets.
    """
    own, printed = (
        frame[(frame["table"] == table)].groupby("column", sort=False)
        for frame in (estimates, published)
    )
    nothing = published.head(0)
    cells: dict[str, dict[str, str]] = {}
    for column, rows in sorted(own, key=lambda pair: int(str(pair[0]))):
        first = rows.iloc[0]
        sample = first.get("sample", "all")
        name = f"({column}) {first['outcome']}"
        name += "" if sample == "all" else f", {sample.replace('_', ' ')}"
        cells[f"{name}, {OURS}"] = cells_by_term(rows)
        there = printed.get_group(column) if column in printed.groups else nothing
        cells[f"{name}, {PAPER}"] = cells_by_term(there)
    terms = list(dict.fromkeys(term for column in cells.values() for term in column))
    usual = [*CONTROLS, CONSTANT]
    terms = [
        *(term for term in terms if term[0] != "_" and term not in usual and term not in _LAST),
        *(term for term in (*usual, *_LAST) if term in terms),
        *(term for term in BELOW_THE_LINE if term in terms),
    ]
    return pd.DataFrame(
        {
            "term": terms,
            **{
                name: [column.get(term, ABSENT) for term in terms] for name, column in cells.items()
            },
        }
    )


def mediation_cells(estimates: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """What stands in each cell of Table 8, as in `regression_cells`."""
    own, printed = (
        frame[(frame["table"] == "8") & ~frame["term"].str.startswith("_")]
        for frame in (estimates, published)
    )

    def interval(frame: pd.DataFrame, name: str, term: str) -> str:
        of = frame[frame["term"] == term].set_index("column")["estimate"]
        ends = [of.get(f"{name}_{end}", float("nan")) for end in ("lower", "upper")]
        if pd.isna(ends).any():
            return ABSENT
        return f"{number_text(ends[0], 3)} to {number_text(ends[1], 3)}"

    terms = [term for term in ("indirect", "direct", "total") if term in set(own["term"])]
    effects = [cells_by_term(frame[frame["column"] == "effect"]) for frame in (own, printed)]
    columns = {
        f"effect, {OURS}": [effects[0].get(term, ABSENT) for term in terms],
        f"effect, {PAPER}": [effects[1].get(term, ABSENT) for term in terms],
        f"bias-corrected interval, {OURS}": [interval(own, "ci", term) for term in terms],
        f"bias-corrected interval, {PAPER}": [interval(printed, "ci", term) for term in terms],
        "percentile": [interval(own, "percentile", term) for term in terms],
        "BCa": [interval(own, "bca", term) for term in terms],
    }
    return pd.DataFrame({"term": terms, **columns})


def weights_cells(weights: pd.DataFrame) -> pd.DataFrame:
    """What stands in each cell of Table 2: weights as shares of 1, and here − paper.

    weights: dim_indicator, one row an indicator. Columns: term, attribute, then for each kind of
    weight `overall weight, here`, `, paper` and `, difference`.
    """
    columns = {
        "term": weights["indicator_label"].astype(str),
        "attribute": weights["attribute"].map({"positive": "+", "negative": "−"}),
    }
    for name in ("overall_weight", "individual_weight"):
        ours, printed = weights[name], weights[f"published_{name}"]
        words = name.replace("_", " ")
        columns[f"{words}, {OURS}"] = ours.map(lambda value: number_text(value, 3))
        columns[f"{words}, {PAPER}"] = printed.map(lambda value: number_text(value, 3))
        columns[f"{words}, {DIFFERENCE}"] = (ours - printed).map(_signed_text)
    return pd.DataFrame(columns).reset_index(drop=True)


def descriptives_cells(descriptives: pd.DataFrame) -> pd.DataFrame:
    """What stands in each cell of Table 3.

    descriptives: fct_descriptives, one row a variable. Columns: term, then for each of `STATISTICS`
    `mean, here` and `mean, paper`.
    """
    names = zip(descriptives["variable_label"], descriptives["variable"], strict=True)
    columns: dict[str, list[str]] = {"term": [f"{label} ({name})" for label, name in names]}
    for name in STATISTICS:
        for side, source in ((OURS, name), (PAPER, f"published_{name}")):
            decimals = 0 if name == "obs" else 2
            columns[f"{name}, {side}"] = [
                number_text(value, decimals) for value in descriptives[source]
            ]
    return pd.DataFrame(columns)


def cells_by_term(rows: pd.DataFrame) -> dict[str, str]:
    """What stands in each term's cell: `0.767***|(0.130)`, `|` where the line breaks."""
    by_term = {str(row["term"]): row for row in rows.to_dict("records")}
    cells = {}
    for term, row in by_term.items():
        if pd.isna(row["estimate"]):
            continue
        _, decimals = BELOW_THE_LINE.get(term, ("", 3))
        stars = "" if pd.isna(row["stars"]) or term.startswith("_") else row["stars"]
        text = f"{number_text(row['estimate'], decimals)}{stars}"
        if (test := by_term.get(f"{term}_p")) is not None:
            text += f"|[{p_value_text(test['estimate'])}]"
        elif pd.notna(row["dispersion"]):
            text += f"|({number_text(row['dispersion'], 3)})"
        if pd.notna(wild := row.get("wild_p_value")):
            text += f"|{{{p_value_text(wild)}}}"
        cells[term] = text
    return cells


def hanging(line: str) -> tuple[str, str]:
    """A line of a cell up to its last digit, and the stars and brackets that follow."""
    number = line.rstrip("*?)]}")
    return number, line[len(number) :]


def number_text(value: float, decimals: int) -> str:
    """A figure with thousands set apart; a dash where there is none."""
    if pd.isna(value):
        return ABSENT
    return f"{value:,.{decimals}f}".replace("-", "−").replace("inf", "∞")


def _signed_text(value: float) -> str:
    if round(value, 3) == 0:
        return number_text(0, 3)
    return f"{'+' if value > 0 else ''}{number_text(value, 3)}"


def p_value_text(value: float) -> str:
    return "< 0.001" if value < 0.0005 else number_text(value, 3)
