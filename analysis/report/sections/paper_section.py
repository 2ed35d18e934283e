"""What sections on a table of the paper have in common: the table, its notes, figures in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.report import paper_tables
from analysis.report.blocks import Block, PaperTable, Paragraph, Section, TextTable, texts
from analysis.report.frames import (
    DESCRIPTIVES,
    ESTIMATES,
    NOT_ESTIMABLE,
    NOTES,
    PUBLISHED_ESTIMATES,
)
from analysis.report.inputs import ReportInputs
from analysis.report.paper_cells import ABSENT
from analysis.report.sentences import obstacle
from analysis.report.wording import listed, lowered, number

Row = Mapping[Hashable, Any]

SEE_NOTE = "Errors, stars, braces and brackets as under Table 4."


def paper_section(
    inputs: ReportInputs, identifier: str, title: str, table: str, sentence: str, note: str = ""
) -> Section:
    said = note_below(inputs, note or SEE_NOTE)
    blocks = [paper_table(inputs, table), said, *notes_on(inputs, table)]
    return Section(identifier, title, opened(inputs, sentence), blocks)


def note_below(inputs: ReportInputs, note: str) -> Paragraph:
    """The note under a table of the paper; with other units it has no column for the print."""
    return Paragraph(note if inputs.units.are_provinces else paper_tables.note_alone(note))


def paper_table(inputs: ReportInputs, table: str) -> Block:
    made = paper_tables.regression_table(
        inputs[ESTIMATES],
        inputs[PUBLISHED_ESTIMATES],
        table=table,
        labels=paper_tables.variable_labels(inputs[DESCRIPTIVES]),
        synthetic=inputs.synthetic,
    )
    return PaperTable.of(made)


def notes_on(inputs: ReportInputs, table: str) -> list[Block]:
    """What a reader of a table's estimates must know, and which columns have none."""
    notes = inputs[NOTES][inputs[NOTES]["table"] == table]
    said: list[Block] = []
    for note, columns in notes.groupby("note", sort=False)["column"]:
        numbered = [f"({column})" for column in texts(columns) if column.isdigit()]
        place = f" on column{'s' if len(numbered) > 1 else ''} {listed(numbered)}"
        said.append(Paragraph(f"Note{place if numbered else ''}: {note}."))
    refused = inputs[NOT_ESTIMABLE][inputs[NOT_ESTIMABLE]["table"] == table]
    return [*said, *([_not_estimable(table, refused)] if len(refused) else [])]


def _not_estimable(table: str, refused: pd.DataFrame) -> TextTable:
    return TextTable(
        f"not-estimable-{table.replace(' ', '-')}",
        "Not estimable",
        {
            "Model": [_model(table, column) for column in texts(refused["column"])],
            "Missing variables": texts(refused["missing_variables"], ABSENT),
            "Reason": texts(refused["reason"]),
        },
    )


def _model(table: str, column: str) -> str:
    name = f"Table {table}" if table.isdigit() else table.capitalize()
    return f"{name}, column ({column})" if column.isdigit() else f"{name}, {column}".rstrip(", ")


def absent(inputs: ReportInputs, identifier: str, title: str, table: str) -> Section:
    """A section whose leading figures are not estimable: what is missing, and what there is."""
    what = f"Table {table}" if table.isdigit() else f"The {table}"
    in_part = table.isdigit() and (inputs[ESTIMATES]["table"] == table).any()
    lead = (
        f"{what} is not estimable{' in its first column' if in_part else ''}: "
        f"{obstacle(inputs, table)}. Nothing is estimated in its place."
    )
    shown = [paper_table(inputs, table), Paragraph(SEE_NOTE)] if in_part else []
    return Section(identifier, title, lead, [*shown, *notes_on(inputs, table)])


def opened(inputs: ReportInputs, sentence: str) -> str:
    """A finding, said to be of synthetic data where it is."""
    if inputs.synthetic:
        return f"In the SYNTHETIC data, {lowered(sentence)}."
    return f"{sentence[:1].upper()}{sentence[1:]}."


def row_of(inputs: ReportInputs, table: str, column: str, term: str) -> Row | None:
    rows = rows_of(inputs, table, term)
    return next(iter(rows[rows["column"] == column].to_dict("records")), None)


def rows_of(inputs: ReportInputs, table: str, term: str) -> pd.DataFrame:
    frame = inputs[ESTIMATES]
    return frame[(frame["table"] == table) & (frame["term"] == term)]


def judged(row: Row) -> str:
    """Sign and significance of a coefficient in words, with the p-value that decides them."""
    sign = "positive" if row["estimate"] > 0 else "negative"
    p = deciding_p(row)
    level = next((level for level in (1, 5, 10) if p < level / 100), None)
    by = "wild bootstrap" if _has_wild(row) else "t(G − 1)"
    found = f"significant at {level} %" if level else "not significant at 10 %"
    return f"{sign} and {found} ({by} p {p_words(p)})"


def deciding_p(row: Row) -> float:
    """By the wild cluster bootstrap where there is one, for provinces are few; else by t(G - 1).

    Stars keep the paper's convention, t(G - 1).
    """
    return float(row["wild_p_value"] if _has_wild(row) else row["p_value"])


def wild_words(row: Row) -> str:
    return f", wild bootstrap p {p_words(row['wild_p_value'])}" if _has_wild(row) else ""


def _has_wild(row: Row) -> bool:
    return pd.notna(row.get("wild_p_value"))


def p_words(value: float) -> str:
    """A p-value with three decimals."""
    return "< 0.001" if value < 0.0005 else number(value, 3)


def fixed_or_random(inputs: ReportInputs, tests: str, rejected: bool) -> Paragraph:
    """What Hausman tests, given in words, mean for the choice of effects."""
    stated = ", while the paper states a p below 0.05" if inputs.units.are_provinces else ""
    if rejected:
        verdict = (
            "Random effects are rejected at 5 %: the effects of provinces go with the regressors, "
            "and only fixed effects are consistent"
        )
    else:
        verdict = (
            f"Random effects are not rejected at 5 %{stated}: these "
            "data do not show that the effects of provinces go with the regressors, and random "
            "effects would estimate more precisely. Nor do they show the contrary, for with so few "
            "provinces the tests find large differences only. Fixed effects are consistent either "
            "way and are the paper’s: they stay for that, not because a test demands them"
        )
    return Paragraph(f"Fixed or random effects: {tests}. {verdict}.")


def printed_words(row: Row) -> str:
    value = row.get("published_estimate")
    return "" if value is None or pd.isna(value) else f", {number(value, 3)} in the paper"


def interval(row: Row, name: str = "bias_corrected") -> str:
    """Its ends in words; one that lies among draws without a bound is `unbounded`."""
    ends = [row[f"{name}_{end}"] for end in ("lower", "upper")]
    return " to ".join("unbounded" if abs(end) == float("inf") else number(end, 3) for end in ends)


def contains_zero(row: Row) -> bool:
    return bool(row["bias_corrected_lower"] <= 0 <= row["bias_corrected_upper"])
