"""The sections on the paper's regressions: Tables 4 to 10, robustness, the audit of print.

Each opens with a sentence in words, made from its figures. What the dataset cannot carry is said
with what is missing; nothing is estimated in its place.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.paper.columns import BASELINE, MEDIATOR, MODERATORS, TREATMENT
from analysis.paper.indirect_effects import EFFECTS, INDEX, LEVELS, curve_of
from analysis.paper.print_audit import RULES, summary
from analysis.report import paper_tables
from analysis.report.blocks import (
    Block,
    Figure,
    Folded,
    Numbers,
    PaperTable,
    Paragraph,
    Section,
    Table,
    numbers,
    texts,
)
from analysis.report.figures import drawings
from analysis.report.inputs import ReportInputs, obstacle
from analysis.report.words import count, listed, lowered, number, percent

Row = Mapping[Hashable, Any]

REGIONS = {"1": "East", "2": "Centre", "3": "West", "4": "Northeast"}
SEE_NOTE = "Errors, stars, braces and brackets as under Table 4."


def baseline(inputs: ReportInputs) -> Section:
    """Table 4."""
    title = "Synergy agglomeration and the index"
    row = _row(inputs, BASELINE.table, BASELINE.column, TREATMENT)
    if row is None:
        return absent(inputs, "baseline", title, "4")
    sentence = (
        f"with controls, province and year effects, a unit more of coagglo goes with "
        f"{_points(row['estimate'])} of ami (standard error {number(row['dispersion'], 3)}"
        f"{_wild(row)}{_printed(row)})"
    )
    second = _row(inputs, "4", "3", TREATMENT)
    if second is not None:
        sentence += (
            f"; instrumented by its value of the year before it is {number(second['estimate'], 3)}"
        )
        ends = [_row(inputs, "4", "3", f"_ar_set_1_{end}") for end in ("lower", "upper")]
        several = _row(inputs, "4", "3", "_ar_set_2_lower") is not None
        if ends[0] is not None and ends[1] is not None and not several:
            low, high = (number(end["estimate"], 2) for end in ends if end is not None)
            sentence += f" (95 % Anderson-Rubin set from {low} to {high})"
    others = [
        f"{name} has a coefficient that is {_judged(found)}"
        for name, found in (
            ("EG in the place of coagglo", _row(inputs, "4", "4", "eg")),
            ("coagglo for innovation centres", _row(inputs, "4", "5", TREATMENT)),
        )
        if found is not None
    ]
    sentence += f"; {listed(others)}" if others else ""
    return _section(inputs, "baseline", title, "4", sentence, note=paper_tables.REGRESSION_NOTE)


def dimensions(inputs: ReportInputs) -> Section:
    """Table 5."""
    title, rows = "The five dimensions", _column_rows(inputs, "5", TREATMENT)
    if rows.empty:
        return absent(inputs, "dimensions", title, "5")
    positive = rows[rows["estimate"] > 0]
    certain = positive[positive["p_value"] < 0.05]
    largest = rows.sort_values("estimate").to_dict("records")[-1]
    sentence = (
        f"the coefficient of coagglo is positive for {len(positive)} of {len(rows)} "
        f"dimensions, {_significant(list(certain['outcome']))}, and largest for "
        f"{largest['outcome']} ({number(largest['estimate'], 3)})"
    )
    return _section(inputs, "dimensions", title, "5", sentence)


def regions(inputs: ReportInputs) -> Section:
    """Table 6."""
    title, rows = "Regions and national clusters", _column_rows(inputs, "6", TREATMENT)
    if rows.empty:
        return absent(inputs, "regions", title, "6")
    estimates = dict(zip(rows["column"], rows["estimate"], strict=True))
    shown = [
        f"{number(estimates[column], 3)} in the {name}"
        for column, name in REGIONS.items()
        if column in estimates
    ]
    sentence = f"the coefficient of coagglo on ami is {listed(shown)}"
    if {"5", "6"} <= set(estimates):
        within, without = (number(estimates[column], 3) for column in ("5", "6"))
        sentence += f"; {within} with national clusters and {without} without"
    certain = rows[rows["wild_p_value"] < 0.05]
    sentence += (
        f"; the wild bootstrap, which is made for few provinces, finds "
        f"{count(len(certain), 'sample')} of {len(rows)} significant at 5 %"
    )
    return _section(inputs, "regions", title, "6", sentence)


def mediation(inputs: ReportInputs) -> Section:
    """Table 7."""
    title = "Innovation capacity as mediator"
    a, b = _row(inputs, "7", "3", TREATMENT), _row(inputs, "7", "4", MEDIATOR)
    total, direct = _row(inputs, "7", "1", TREATMENT), _row(inputs, "7", "4", TREATMENT)
    if a is None or b is None or total is None or direct is None:
        return absent(inputs, "mediation", title, "7")
    sentence = (
        f"the coefficient of coagglo on uic is {number(a['estimate'], 3)} ({_judged(a)}) and that "
        f"of uic on ami {number(b['estimate'], 3)} ({_judged(b)}); with uic in the regression the "
        f"coefficient of coagglo on ami goes from {number(total['estimate'], 3)} to "
        f"{number(direct['estimate'], 3)}"
    )
    return _section(inputs, "mediation", title, "7", sentence)


def mediated_effects(inputs: ReportInputs) -> Section:
    """Table 8."""
    title = "Direct, indirect and total effect"
    if inputs.mediation.empty:
        return absent(inputs, "mediated-effects", title, "8")
    by_effect = {row["effect"]: row for row in inputs.mediation.to_dict("records")}
    indirect, total = by_effect["indirect"], by_effect["total"]
    zero = "contains" if _contains_zero(indirect) else "does not contain"
    sentence = (
        f"the effect of coagglo through uic is {number(indirect['estimate'], 3)} of a total of "
        f"{number(total['estimate'], 3)}, and its bias-corrected 95 % interval "
        f"({interval(indirect)}) {zero} zero"
    )
    made = paper_tables.mediation_table(
        inputs.estimates, inputs.published_estimates, synthetic=inputs.synthetic
    )
    blocks = [PaperTable.of("table-8", "Table 8", made), *notes_on(inputs, "8")]
    return Section("mediated-effects", title, opened(inputs, sentence), blocks)


def intelligence(inputs: ReportInputs) -> Section:
    """Table 9."""
    return _moderation(inputs, "9", "Manufacturing intelligence as moderator")


def cooperation(inputs: ReportInputs) -> Section:
    """Table 10."""
    return _moderation(inputs, "10", "International capacity cooperation as moderator")


def robustness(inputs: ReportInputs) -> Section:
    """The specification curve, winsorising, leaving provinces out."""
    title = "How far the baseline depends on its choices"
    if inputs.specification_curve.empty or inputs.robustness.empty:
        return absent(inputs, "robustness", title, "specification curve")
    curve = curve_of(inputs.specification_curve)
    shape = curve.summary()
    whole = shape.iloc[0]
    without = inputs.robustness[inputs.robustness["kind"] == "left_out"]
    lowest = without.sort_values("estimate").to_dict("records")[0]
    highest = without["estimate"].max()
    sentence = (
        f"over {whole['specifications']:,.0f} specifications the coefficient of agglomeration is "
        "positive in "
        f"{percent(whole['share_positive'], 1)} and positive and significant at 5 % in "
        f"{percent(whole['share_significant_positive'], 1)}; without one province at a time the "
        f"baseline lies between {number(lowest['estimate'], 3)} (without {lowest['option']}) and "
        f"{number(highest, 3)}"
    )
    blocks: list[Block] = []
    if len(curve.identified):
        blocks.append(
            Figure.of(
                "specification-curve",
                "Specification curve: the coefficient of the agglomeration measure on ami for "
                "every combination of measure, sample and controls, with 95 % intervals by "
                "t(G − 1).",
                f"{len(curve.identified)} estimates in order of size, from "
                f"{number(curve.identified[curve.measure].min(), 2)} to "
                f"{number(curve.identified[curve.measure].max(), 2)}, and below them marks that "
                "say what each is made of.",
                drawings.specification_curve(curve, synthetic=inputs.synthetic),
            )
        )
    decimals = {"lowest": 3, "median": 3, "highest": 3}
    choices = Table(
        "specification-choices",
        "What each choice does to the curve "
        + ("(standard deviations of ami per standard deviation)" if curve.measure != "estimate"
           else "(points of ami per unit)"),
        {
            "Choice": [
                f"{choice}: {option}" if option else "all"
                for choice, option in zip(shape["choice"], shape["option"], strict=True)
            ],
            "Specifications": numbers(shape["specifications"]),
            "Not identified": numbers(shape["not_identified"]),
            **{name.capitalize(): numbers(shape[name], d) for name, d in decimals.items()},
            "Positive": Numbers(percent(share, 1) for share in shape["share_positive"]),
            "Positive, p < 0.05": Numbers(
                percent(share, 1) for share in shape["share_significant_positive"]
            ),
        },
    )  # fmt: skip
    blocks += [
        Folded("The curve by choice", [choices]),
        _ranges(inputs, "winsorised", "Winsorised at both ends", "Share at either end"),
        Folded(
            f"Without each of {len(without)} provinces",
            [_ranges(inputs, "left_out", "The baseline without one province", "Without")],
        ),
        Paragraph(
            "Specifications share their data: many of them are not as many pieces of evidence, and "
            "shares of significant ones are a description, not a test."
        ),
        *notes_on(inputs, "specification curve"),
        *notes_on(inputs, "robustness"),
    ]
    return Section("robustness", title, opened(inputs, sentence), blocks)


def print_audit(inputs: ReportInputs) -> Section:
    """Whether the paper's printed figures agree with each other."""
    findings, title = inputs.print_audit, "The paper’s printed figures against each other"
    if findings.empty:
        return Section("print-audit", title, "No printed figure was compared.")
    counts = findings["verdict"].value_counts()
    differing = findings[findings["verdict"] == "inconsistent"]
    applied = summary(findings)
    applied = applied[applied["rule"].isin(set(findings["rule"]))]
    lead = (
        f"Of {len(findings):,} comparisons among the paper’s own printed figures "
        f"{counts.get('consistent', 0):,} agree within rounding, {len(differing):,} do not and "
        f"{counts.get('cannot be judged', 0):,} cannot be judged; no data of this dataset enters, "
        "and a difference may come from the paper, from typesetting or from reading the page."
    )
    rules = Table(
        "print-audit-rules",
        "Comparisons by rule",
        {
            "Rule": texts(applied["rule"]),
            "Meaning": texts(applied["meaning"]),
            "Agree": numbers(applied["consistent"]),
            "Do not agree": numbers(applied["inconsistent"]),
            "Cannot be judged": numbers(applied["cannot be judged"]),
        },
        of_dataset=False,
    )
    places = differing.assign(
        place=[
            f"Table {row['table']} ({row['column']}) {row['outcome']} {row['term']}".strip()
            for row in differing.to_dict("records")
        ]
    )
    by_rule = [
        Folded(
            f"{rule}: {count(len(rows), 'figure')} outside what the others imply",
            [
                Table(
                    f"print-audit-{list(RULES).index(str(rule))}",
                    f"Outside what the other figures imply: {rule}",
                    {
                        "Place": texts(rows["place"]),
                        "Printed": texts(rows["printed"]),
                        "Implied": texts(rows["implied"]),
                        "From": numbers(rows["lower"], 4),
                        "To": numbers(rows["upper"], 4),
                        "Remark": texts(rows["note"]),
                    },
                    of_dataset=False,
                )
            ],
        )
        for rule, rows in places.groupby("rule", sort=False)
    ]
    return Section("print-audit", title, lead, [rules, *by_rule])


def _moderation(inputs: ReportInputs, table: str, title: str) -> Section:
    moderator = MODERATORS[table]
    identifier = f"moderation-{moderator}"
    product = _row(inputs, table, "1", f"{TREATMENT}*{moderator}")
    if product is None:
        return absent(inputs, identifier, title, table)
    sentence = (
        f"the product of coagglo and {moderator}, both standardised, has the coefficient "
        f"{number(product['estimate'], 3)} for ami ({_judged(product)}"
        f"{_wild(product)}{_printed(product)})"
    )
    effects = inputs.conditional_effects
    effects = effects[effects["moderator"] == moderator]
    blocks: list[Block] = [paper_table(inputs, table), Paragraph(SEE_NOTE)]
    if len(effects):
        indirect = effects[effects["effect"] == "indirect"].set_index("level")["estimate"]
        low, high = (number(indirect[level], 3) for level in (LEVELS[0], LEVELS[-1]))
        (index,) = effects[effects["effect"] == INDEX].to_dict("records")
        zero = "contains" if _contains_zero(index) else "does not contain"
        sentence += (
            f"; the effect through uic goes from {low} to {high} between one standard deviation "
            f"below and above the mean of {moderator}, and the 95 % interval of the index of "
            f"moderated mediation ({interval(index)}) {zero} zero"
        )
        blocks.append(_conditional(effects, moderator))
    blocks += notes_on(inputs, table)
    return Section(identifier, title, opened(inputs, sentence), blocks)


def _conditional(effects: pd.DataFrame, moderator: str) -> Table:
    levels = effects["level"].replace("", "slope at the mean, per sd")
    words = {name: name for name in EFFECTS} | {INDEX: "index of moderated mediation"}
    return Table(
        f"conditional-{moderator}",
        f"Effects of coagglo on ami by {moderator}, which the paper does not print "
        f"({effects['reps'].iloc[0]:,} resamples of whole provinces)",
        {
            "Effect": [words[name] for name in effects["effect"]],
            f"Where {moderator} is": texts(levels),
            f"That is, {moderator}": numbers(effects["moderator_value"], 2),
            "Estimate": numbers(effects["estimate"], 3),
            "Standard error": numbers(effects["se"], 3),
            **{
                label: Numbers(interval(row, name) for row in effects.to_dict("records"))
                for label, name in (
                    ("Percentile, 95 %", "percentile"),
                    ("Bias-corrected", "bias_corrected"),
                    ("BCa", "bca"),
                )
            },
        },
    )


def _ranges(inputs: ReportInputs, kind: str, caption: str, header: str) -> Table:
    rows = inputs.robustness[inputs.robustness["kind"] == kind]
    return Table(
        f"robustness-{kind.replace('_', '-')}",
        f"{caption}: coefficient of coagglo",
        {
            header: texts(rows["option"]),
            "Estimate": numbers(rows["estimate"], 3),
            "Standard error": numbers(rows["std_error"], 3),
            "95 % interval": Numbers(
                f"{number(low, 3)} to {number(high, 3)}"
                for low, high in zip(rows["lower"], rows["upper"], strict=True)
            ),
            "Province-years": numbers(rows["n"]),
            "Remark": texts(rows["reason"]),
        },
    )


def _section(
    inputs: ReportInputs, identifier: str, title: str, table: str, sentence: str, note: str = ""
) -> Section:
    blocks = [paper_table(inputs, table), Paragraph(note or SEE_NOTE), *notes_on(inputs, table)]
    return Section(identifier, title, opened(inputs, sentence), blocks)


def paper_table(inputs: ReportInputs, table: str) -> Block:
    made = paper_tables.regression_table(
        inputs.estimates,
        inputs.published_estimates,
        table=table,
        labels=paper_tables.variable_labels(inputs.descriptives),
        synthetic=inputs.synthetic,
        note="",
    )
    return PaperTable.of(f"table-{table}", f"Table {table}", made)


def notes_on(inputs: ReportInputs, table: str) -> list[Block]:
    """What a reader of a table's estimates must know, and which columns have none."""
    notes = inputs.estimation_notes[inputs.estimation_notes["table"] == table]
    said: list[Block] = []
    for note, columns in notes.groupby("note", sort=False)["column"]:
        numbered = [f"({column})" for column in texts(columns) if column.isdigit()]
        place = f" on column{'s' if len(numbered) > 1 else ''} {listed(numbered)}"
        said.append(Paragraph(f"Note{place if numbered else ''}: {note}."))
    refused = inputs.not_estimable[inputs.not_estimable["table"] == table]
    return [*said, *([_not_estimable(table, refused)] if len(refused) else [])]


def _not_estimable(table: str, refused: pd.DataFrame) -> Table:
    return Table(
        f"not-estimable-{table.replace(' ', '-')}",
        "Not estimable",
        {
            "Model": [_model(table, column) for column in texts(refused["column"])],
            "Missing variables": texts(refused["missing_variables"], paper_tables.ABSENT),
            "Reason": texts(refused["reason"]),
        },
    )


def _model(table: str, column: str) -> str:
    if not table.isdigit():
        return table.capitalize()
    return f"Table {table}, " + (f"column ({column})" if column.isdigit() else column)


def absent(inputs: ReportInputs, identifier: str, title: str, table: str) -> Section:
    """A section whose leading figures are not estimable: what is missing, and what there is."""
    what = f"Table {table}" if table.isdigit() else f"The {table}"
    in_part = table.isdigit() and (inputs.estimates["table"] == table).any()
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


def _row(inputs: ReportInputs, table: str, column: str, term: str) -> Row | None:
    rows = _column_rows(inputs, table, term)
    return next(iter(rows[rows["column"] == column].to_dict("records")), None)


def _column_rows(inputs: ReportInputs, table: str, term: str) -> pd.DataFrame:
    frame = inputs.estimates
    return frame[(frame["table"] == table) & (frame["term"] == term)]


def _judged(row: Row) -> str:
    """Sign and significance of a coefficient in words."""
    sign = "positive" if row["estimate"] > 0 else "negative"
    level = next((level for level in (1, 5, 10) if row["p_value"] < level / 100), None)
    return f"{sign} and significant at {level} %" if level else f"{sign} and not significant"


def _significant(names: list[str]) -> str:
    return f"significantly at 5 % for {listed(names)}" if names else "for none significantly at 5 %"


def _points(value: float) -> str:
    return f"{number(abs(value), 3)} {'fewer ' if value < 0 else ''}points"


def _wild(row: Row) -> str:
    value = row.get("wild_p_value")
    if value is None or pd.isna(value):
        return ""
    return f", wild bootstrap p {'< 0.001' if value < 0.0005 else number(value, 3)}"


def _printed(row: Row) -> str:
    value = row.get("published_estimate")
    return "" if value is None or pd.isna(value) else f", {number(value, 3)} in the paper"


def interval(row: Row, name: str = "bias_corrected") -> str:
    return f"{number(row[f'{name}_lower'], 3)} to {number(row[f'{name}_upper'], 3)}"


def _contains_zero(row: Row) -> bool:
    return bool(row["bias_corrected_lower"] <= 0 <= row["bias_corrected_upper"])
