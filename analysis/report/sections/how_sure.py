"""The panel "How sure": each main coefficient by every measure, and what its errors are like."""

from __future__ import annotations

import pandas as pd

from analysis.paper.joint_nulls import LEADS_TABLE
from analysis.paper.specifications import BASELINE
from analysis.paper.surety import UNIT_ROOTS
from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Section,
    TextTable,
    numbers,
    texts,
)
from analysis.report.frames import SURETY
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import opened
from analysis.report.wording import listed, number
from analysis.variables import TREATMENT

# Columns of the panel: the p-value by each measure.
_P_VALUES = {
    "clustered": "Clustered, t(G − 1)",
    "jackknife": "Jackknife (CV3)",
    "wild_bootstrap": "Wild bootstrap",
    "driscoll_kraay": "Driscoll-Kraay",
    "conley": "Conley, 1,000 km",
    "randomisation": "Randomisation",
}
_NOTE = (
    "p-values of a zero coefficient. Effective clusters: how many provinces of equal weight the "
    "estimate is worth (Carter, Schnepel and Steigerwald). Jackknife: without each province in "
    "turn. Driscoll-Kraay: any dependence between provinces, two years of serial dependence; it "
    "rejects far too often at 19 years. Conley: clustered, and provinces whose capitals are within "
    "1,000 km depend on each other. Randomisation: paths of the regressor dealt out among the "
    "provinces. Two-stage least squares, 4 (3), has the wild bootstrap made for it (WRE) and what "
    "stands under “Many tests”; the others are of least squares. "
    "How often each rejects a true null at this size is measured in docs/benchmarks.md."
)


@needs(SURETY)
def how_sure(inputs: ReportInputs) -> Section:
    """Each coefficient of interest by every measure, the residuals, unit roots."""
    title, frame = "How sure", inputs[SURETY]
    of_coefficients = frame[
        frame["measure"].isin([*_P_VALUES, "effective_clusters"]) & frame["table"].ne(LEADS_TABLE)
    ]
    if of_coefficients.empty:
        lead = "No coefficient of Tables 4 to 7, 9 and 10 is estimable: there is none to judge."
        return Section("how-sure", title, lead)
    blocks: list[Block] = [
        _panel(of_coefficients),
        Paragraph(_NOTE),
        *_bridges(frame[frame["measure"] == "without_bridges"]),
        Folded(
            "Residuals and unit roots",
            [
                _residuals(frame[frame["term"] == "residuals"]),
                _unit_roots(frame[frame["table"] == UNIT_ROOTS]),
            ],
        ),
    ]
    return Section("how-sure", title, opened(inputs, _sentence(frame)), blocks)


def _sentence(frame: pd.DataFrame) -> str:
    """The baseline by every measure, the least sure last."""
    place = ["table", "column", "term"]
    own = frame[(frame[place] == [BASELINE.table, BASELINE.column, TREATMENT]).all(axis=1)]
    if own.empty:
        return "the baseline is not estimable; the coefficients that are stand below"
    own = own.set_index("measure")
    p_values = own["p_value"].reindex(list(_P_VALUES)).dropna().sort_values()
    said = [f"{_P_VALUES[str(name)]} {number(value, 3)}" for name, value in p_values.items()]
    clusters = own["statistic"]["effective_clusters"]
    return (
        f"the baseline rests on {int(own['n_clusters'].iloc[0])} provinces that are worth "
        f"{number(clusters, 1)} of equal weight; its p-value is {listed(said)}"
    )


def _panel(rows: pd.DataFrame) -> TextTable:
    keys = ["table", "column", "outcome", "term"]
    wide = rows.pivot(index=keys, columns="measure", values="p_value").reindex(
        columns=list(_P_VALUES)
    )
    others = rows.drop_duplicates(keys).set_index(keys)
    clusters = rows[rows["measure"] == "effective_clusters"].set_index(keys)["statistic"]
    order = others.index
    # Two-stage least squares has no effective clusters.
    wide, clusters = wide.loc[order], clusters.reindex(order)
    return TextTable(
        "how-sure-panel",
        "Main coefficients by every measure",
        {
            "Coefficient": [f"{table} ({column}) {term}" for table, column, _, term in order],
            "Outcome": texts(order.get_level_values("outcome")),
            "Estimate": numbers(others["estimate"], 3),
            "Provinces": numbers(others["n_clusters"]),
            "worth": numbers(clusters, 1),
            **{
                words: Numbers(ABSENT if pd.isna(p) else number(p, 3) for p in wide[name])
                for name, words in _P_VALUES.items()
            },
        },
    )


def _bridges(rows: pd.DataFrame) -> list[TextTable]:
    """The coefficients without bridged cells; nothing where no figure is bridged."""
    shown = rows[rows["n"].ne(0) & rows["reason"].eq("") | rows["n"].eq(0)]
    if shown.empty:
        return []
    return [
        TextTable(
            "how-sure-without-bridges",
            "Without what was interpolated across a break of a series",
            {
                "Coefficient": [
                    f"{row.table} ({row.column}) {row.term}" for row in shown.itertuples()
                ],
                "Estimate": numbers(shown["estimate"], 3),
                "Standard error": numbers(shown["std_error"], 3),
                "p": numbers(shown["p_value"], 3),
                "Province-years": numbers(shown["n"]),
                "Remark": texts(shown["reason"]),
            },
        )
    ]


def _residuals(rows: pd.DataFrame) -> TextTable:
    keys = ["table", "column", "outcome"]
    wide = rows.pivot(index=keys, columns="measure", values=["statistic", "p_value"])
    wide = wide.loc[pd.MultiIndex.from_frame(rows[keys].drop_duplicates())]
    return TextTable(
        "how-sure-residuals",
        "What is left in the errors: dependence between provinces (Pesaran’s CD) and over years "
        "(Wooldridge’s F), with p-values",
        {
            "Column": [f"{table} ({column}) {outcome}" for table, column, outcome in wide.index],
            **{
                header: numbers(wide[figure, test], 3)
                for header, figure, test in (
                    ("CD", "statistic", "pesaran_cd"),
                    ("p of CD", "p_value", "pesaran_cd"),
                    ("F", "statistic", "serial_correlation"),
                    ("p of F", "p_value", "serial_correlation"),
                )
            },
        },
    )


def _unit_roots(rows: pd.DataFrame) -> TextTable:
    return TextTable(
        "how-sure-unit-roots",
        "Unit roots: Pesaran’s CIPS with one lag; a unit root in every province is rejected at 5 % "
        "below the critical value",
        {
            "Variable": texts(rows["term"]),
            "CIPS": numbers(rows["statistic"], 2),
            "Critical value": numbers(rows["critical_5"], 2),
            "Remark": texts(rows["reason"]),
        },
    )
