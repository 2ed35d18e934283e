"""The paper's tables beside its printed figures: frames in, great_tables out.

Here: which figures stand in a table and how they are written. Not here: the estimates themselves
(`analysis.paper`) and the page around a table (`page`). great_tables escapes every text but what
a formatter returns: HTML with `_aligned`, LaTeX with `_stacked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.panel import CONSTANT
from analysis.paper.columns import CONTROLS, LAGGED_TREATMENT

if TYPE_CHECKING:
    from great_tables import GT

SYNTHETIC_NOTE = "SYNTHETIC data: made by a generator, not a finding about China"
ABSENT = "—"
OURS, PAPER, DIFFERENCE = "here", "paper", "difference"
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
    "cluster bootstrap (null imposed; signs, or Webb’s six points below 10 provinces). In brackets "
    "p-values of tests. R² counts the year dummies as regressors. A dash: the paper prints none."
)
SPATIAL_NOTE = (
    "Province and year effects, economic-geographic nested weights, direct maximum likelihood. In "
    "parentheses z from the expected information, for effects by the delta method, as the paper "
    "prints z (its note says clustered errors, but z of sigma2 is the root of 589 / 2, which only "
    "the information matrix gives); ***, **, * below 1, 5 and 10 % by the normal. A dash: the "
    "paper prints none."
)
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
# Terms that are no variable of Table 3.
_TERMS = {
    "eg": "Coagglomeration index",
    LAGGED_TREATMENT: "The year before",
    "rho": "Spatial lag of ami",
    "sigma2_e": "Error variance",
}
_LAST = ("rho", "sigma2_e")
# What pdfTeX's usual fonts lack, and how TeX writes it.
_IN_TEX = str.maketrans(
    {"−": "$-$", "χ": "$\\chi$", "²": "\\textsuperscript{2}", "∞": "$\\infty$", "—": "---",
     "’": "'", "×": "$\\times$", "<": "$<$"}
)  # fmt: skip


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
        cells[f"{name}, {OURS}"] = _cells(rows)
        there = printed.get_group(column) if column in printed.groups else nothing
        cells[f"{name}, {PAPER}"] = _cells(there)
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


def regression_table(
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    *,
    table: str,
    labels: Mapping[str, str],
    synthetic: bool,
    note: str = REGRESSION_NOTE,
) -> GT:
    """One of the paper's regression tables, each column that we have beside what the paper prints.

    estimates, published: as in `regression_cells`; labels: words for the terms.
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
    made = _with_lines(made, names)
    made = _headed(made, TITLES[table], synthetic)
    return made.tab_source_note(note) if note else made


def mediation_table(estimates: pd.DataFrame, published: pd.DataFrame, *, synthetic: bool) -> GT:
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
    made = _headed(_with_lines(made, names), TITLES["8"], synthetic)
    by_place = {
        (row["column"], row["term"]): row
        for row in estimates[estimates["table"] == "8"].to_dict("records")
    }
    test = by_place["sobel", "indirect"]
    n, reps = (_number(by_place["effect", name]["estimate"], 0) for name in ("_n", "_reps"))
    return made.tab_source_note(
        f"{n} province-years. In parentheses bootstrap standard errors; {reps} resamples of whole "
        "provinces; intervals at 95 %. For comparison Sobel’s test of the "
        f"indirect effect: z = {_number(test['statistic'], 2)} "
        f"[{_p_value(test['p_value'])}], which takes a product of estimates for normal."
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
        return f"{_number(ends[0], 3)} to {_number(ends[1], 3)}"

    terms = [term for term in ("indirect", "direct", "total") if term in set(own["term"])]
    effects = [_cells(frame[frame["column"] == "effect"]) for frame in (own, printed)]
    columns = {
        f"effect, {OURS}": [effects[0].get(term, ABSENT) for term in terms],
        f"effect, {PAPER}": [effects[1].get(term, ABSENT) for term in terms],
        f"bias-corrected interval, {OURS}": [interval(own, "ci", term) for term in terms],
        f"bias-corrected interval, {PAPER}": [interval(printed, "ci", term) for term in terms],
        "percentile": [interval(own, "percentile", term) for term in terms],
        "BCa": [interval(own, "bca", term) for term in terms],
    }
    return pd.DataFrame({"term": terms, **columns})


def paper_tables(
    estimates: pd.DataFrame,
    published: pd.DataFrame,
    descriptives: pd.DataFrame,
    *,
    synthetic: bool,
) -> dict[str, tuple[GT, pd.DataFrame]]:
    """Tables 4 to 11 by number, each as a table and as plain cells; those of which we have a row.

    estimates, published: as in `regression_cells`; descriptives: fct_descriptives, for its labels.
    """
    labels = variable_labels(descriptives)
    made = {}
    for table in TITLES:
        if not (estimates["table"] == table).any():
            continue
        if table == "8":
            cells = mediation_cells(estimates, published)
            shown = mediation_table(estimates, published, synthetic=synthetic)
        else:
            cells = regression_cells(estimates, published, table=table)
            note = SPATIAL_NOTE if table == "11" else REGRESSION_NOTE
            shown = regression_table(
                estimates, published, table=table, labels=labels, synthetic=synthetic, note=note
            )
        made[table] = shown, as_plain(cells, synthetic=synthetic)
    return made


def variable_labels(descriptives: pd.DataFrame) -> dict[str, str]:
    """Words for the variables, from fct_descriptives."""
    return dict(zip(descriptives["variable"], descriptives["variable_label"], strict=True))


def as_latex(table: GT) -> str:
    """The table for LaTeX: needs booktabs and caption, and no font beyond pdfTeX's own."""
    return str(table.as_latex()).translate(_IN_TEX)


def as_plain(cells: pd.DataFrame, *, synthetic: bool) -> pd.DataFrame:
    """`regression_cells` or `mediation_cells` for a CSV file, which travels without its folder."""
    plain = cells.apply(lambda column: column.str.replace("|", " "))
    return plain.assign(is_synthetic=synthetic)


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
        if pd.notna(wild := row.get("wild_p_value")):
            text += f"|{{{_p_value(wild)}}}"
        cells[term] = text
    return cells


def _with_lines(table: GT, columns: list[str]) -> GT:
    """Cells of several lines, each output in its own way."""
    # Not among the library's public names, and its only way to tell outputs apart.
    from great_tables._gt_data import FormatFns

    # The declared type is narrower than what is accepted.
    by_output: Any = FormatFns(latex=_stacked, default=_aligned)
    return table.fmt(by_output, columns=columns)


def _stacked(text: str) -> str:
    """A cell as LaTeX; of the marks that mean something there, only braces occur in cells."""
    escaped = text.replace("{", r"\{").replace("}", r"\}")
    return rf"\shortstack[r]{{{escaped}}}".replace("|", r" \\ ") if "|" in text else escaped


def _term_label(term: str, labels: Mapping[str, str]) -> str:
    if term in BELOW_THE_LINE:
        return BELOW_THE_LINE[term][0]
    if term == CONSTANT:
        return term.capitalize()
    words = {**_TERMS, **labels}
    return f"{words[term]} ({term})" if term in words else term.replace("*", " × ")


def _aligned(text: str) -> str:
    """A cell as HTML in which what follows the last digit hangs, so that decimals align."""
    lines = []
    for line in text.split("|"):
        number = line.rstrip("*)]}")
        hanging = escape(line[len(number) :])
        lines.append(f'{escape(number)}<span class="hanging">{hanging}</span>')
    return "<br>".join(lines)


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−").replace("inf", "∞")


def _p_value(value: float) -> str:
    return "< 0.001" if value < 0.0005 else _number(value, 3)
