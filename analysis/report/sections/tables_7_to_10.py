"""The sections on Tables 7 to 10: the mediator, its effects, and two moderators.

Each opens with a sentence in words, made from its figures. What the dataset cannot carry is said
with what is missing; nothing is estimated in its place.
"""

from __future__ import annotations

import pandas as pd

from analysis.levels import LEVELS
from analysis.paper.indirect_effects import EFFECTS, INDEX
from analysis.paper.specifications import MODERATOR_OF
from analysis.report import paper_tables
from analysis.report.blocks import (
    Block,
    Numbers,
    PaperTable,
    Paragraph,
    Section,
    TextTable,
    numbers,
    texts,
)
from analysis.report.frames import (
    CONDITIONAL_EFFECTS,
    ESTIMATES,
    MEDIATION,
    OF_PAPER_TABLES,
    PUBLISHED_ESTIMATES,
    SIGNIFICANT_REGIONS,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import (
    SEE_NOTE,
    absent,
    contains_zero,
    interval,
    judged,
    notes_on,
    opened,
    paper_section,
    paper_table,
    printed_words,
    row_of,
)
from analysis.report.wording import number, percent
from analysis.variables import MEDIATOR, TREATMENT


@needs(*OF_PAPER_TABLES)
def mediation(inputs: ReportInputs) -> Section:
    """Table 7."""
    title = "Innovation capacity as mediator"
    a, b = row_of(inputs, "7", "3", TREATMENT), row_of(inputs, "7", "4", MEDIATOR)
    total, direct = row_of(inputs, "7", "1", TREATMENT), row_of(inputs, "7", "4", TREATMENT)
    if a is None or b is None or total is None or direct is None:
        return absent(inputs, "mediation", title, "7")
    sentence = (
        f"the coefficient of coagglo on uic is {number(a['estimate'], 3)}, {judged(a)}, and that "
        f"of uic on ami {number(b['estimate'], 3)}, {judged(b)}; with uic in the regression the "
        f"coefficient of coagglo on ami goes from {number(total['estimate'], 3)} to "
        f"{number(direct['estimate'], 3)}"
    )
    return paper_section(inputs, "mediation", title, "7", sentence)


@needs(*OF_PAPER_TABLES, MEDIATION)
def mediated_effects(inputs: ReportInputs) -> Section:
    """Table 8."""
    title = "Direct, indirect and total effect"
    if inputs[MEDIATION].empty:
        return absent(inputs, "mediated-effects", title, "8")
    by_effect = {row["effect"]: row for row in inputs[MEDIATION].to_dict("records")}
    indirect, total = by_effect["indirect"], by_effect["total"]
    zero = "contains" if contains_zero(indirect) else "does not contain"
    sentence = (
        f"the effect of coagglo through uic is {number(indirect['estimate'], 3)} of a total of "
        f"{number(total['estimate'], 3)}, and its bias-corrected 95 % interval "
        f"({interval(indirect)}) {zero} zero"
    )
    made = paper_tables.mediation_table(
        inputs[ESTIMATES], inputs[PUBLISHED_ESTIMATES], synthetic=inputs.synthetic
    )
    blocks = [PaperTable.of(made), *notes_on(inputs, "8")]
    return Section("mediated-effects", title, opened(inputs, sentence), blocks)


@needs(*OF_PAPER_TABLES, CONDITIONAL_EFFECTS, SIGNIFICANT_REGIONS)
def intelligence(inputs: ReportInputs) -> Section:
    """Table 9."""
    return _moderation(inputs, "9", "Manufacturing intelligence as moderator")


@needs(*OF_PAPER_TABLES, CONDITIONAL_EFFECTS, SIGNIFICANT_REGIONS)
def cooperation(inputs: ReportInputs) -> Section:
    """Table 10."""
    return _moderation(inputs, "10", "International capacity cooperation as moderator")


def _moderation(inputs: ReportInputs, table: str, title: str) -> Section:
    moderator = MODERATOR_OF[table]
    identifier = f"moderation-{moderator}"
    product = row_of(inputs, table, "1", f"{TREATMENT}*{moderator}")
    if product is None:
        return absent(inputs, identifier, title, table)
    sentence = (
        f"the product of coagglo and {moderator}, both standardised, has the coefficient "
        f"{number(product['estimate'], 3)} for ami, {judged(product)}{printed_words(product)}"
    )
    effects = inputs[CONDITIONAL_EFFECTS]
    effects = effects[effects["moderator"] == moderator]
    blocks: list[Block] = [paper_table(inputs, table), Paragraph(SEE_NOTE)]
    if len(effects):
        indirect = effects[effects["effect"] == "indirect"].set_index("level")["estimate"]
        low, high = (
            number(indirect[level], 3) for level in (next(iter(LEVELS)), next(reversed(LEVELS)))
        )
        (index,) = effects[effects["effect"] == INDEX].to_dict("records")
        zero = "contains" if contains_zero(index) else "does not contain"
        sentence += (
            f"; the effect through uic goes from {low} to {high} between the 16th and the 84th "
            f"percentile of {moderator}, and the 95 % interval of the index of "
            f"moderated mediation ({interval(index)}) {zero} zero"
        )
        blocks.append(_conditional(effects, moderator))
    regions = inputs[SIGNIFICANT_REGIONS]
    regions = regions[regions["moderator"] == moderator]
    if len(regions):
        blocks.append(_regions(regions, moderator))
    blocks += notes_on(inputs, table)
    return Section(identifier, title, opened(inputs, sentence), blocks)


def _regions(rows: pd.DataFrame, moderator: str) -> TextTable:
    low, high = (number(rows[f"moderator_{end}"].iloc[0], 2) for end in ("min", "max"))
    return TextTable(
        f"regions-{moderator}",
        f"Johnson-Neyman regions: where between {low} and {high}, its smallest and largest value, "
        f"{moderator} lies for the effect to differ from zero at 5 % by t(G − 1)",
        {
            "Effect": [
                f"{term} on {outcome}, column ({column})"
                for term, outcome, column in zip(
                    rows["term"], rows["outcome"], rows["column"], strict=True
                )
            ],
            f"{moderator} from": numbers(rows["region_lower"], 2),
            "to": numbers(rows["region_upper"], 2),
            "Sign there": texts(rows["sign"], ABSENT),
            "Province-years there": Numbers(percent(share, 1) for share in rows["share"]),
        },
    )


def _conditional(effects: pd.DataFrame, moderator: str) -> TextTable:
    levels = effects["level"].replace("", "slope at the mean, per sd")
    words = {name: name for name in EFFECTS} | {INDEX: "index of moderated mediation"}
    return TextTable(
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
