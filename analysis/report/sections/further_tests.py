"""What the coefficients bear together: many tests, equality between samples, leads, the instrument.

Measures of one coefficient at a time stand in `how_sure`.
"""

from __future__ import annotations

import pandas as pd

from analysis.paper.joint_nulls import FAMILIES, GROUPS, LEADS_TABLE
from analysis.paper.specifications import SECOND_STAGE
from analysis.report.blocks import Block, Folded, Paragraph, Section, TextTable, numbers, texts
from analysis.report.frames import SURETY
from analysis.report.inputs import ReportInputs, needs
from analysis.report.sections.paper_section import opened, p_words
from analysis.report.wording import count, listed, number

_LEVEL = 0.05
_NOTE = (
    "Romano-Wolf: p-values adjusted for how many coefficients are looked at, all of Tables 5, 6, 9 "
    "and 10 together or those of one table; provinces keep one weight in all regressions of a "
    "draw. Equality: the samples as one regression with everything by sample, clustered by "
    "province; with three provinces in the Northeast the wild bootstrap is to be read, not the F, "
    "which rejects a true null far too often (docs/benchmarks.md). "
    "Leads: coagglo of the next two years beside this year’s; what has not happened yet should "
    "tell nothing. Plausibly exogenous: two-stage least squares where last year’s coagglo may have "
    "an effect of its own on ami (Conley, Hansen and Rossi)."
)
_WORDS_OF_GROUPS = {
    "regions": "the four regions",
    "clusters": "provinces with and without national clusters",
}


@needs(SURETY)
def further_tests(inputs: ReportInputs) -> Section:
    """Romano-Wolf, equality of the samples, leads, and the instrumented coefficient."""
    title, frame = "Many tests, other samples, the instrument", inputs[SURETY]
    found = [
        *_family_words(frame),
        *_equality_words(frame),
        *_leads_words(frame),
        *_instrument_words(frame),
    ]
    if not found:
        lead = "No coefficient that these tests are about is estimable: there is none to judge."
        return Section("further-tests", title, lead)
    blocks: list[Block] = [Paragraph(_NOTE), *_families(frame), *_joint(frame), *_bounds(frame)]
    return Section("further-tests", title, opened(inputs, "; ".join(found)), blocks)


def _family_words(frame: pd.DataFrame) -> list[str]:
    by_itself, together = (
        frame[(frame["measure"] == measure) & frame["table"].isin(FAMILIES)]["p_value"]
        for measure in ("wild_bootstrap", "romano_wolf")
    )
    if together.empty:
        return []
    alone, kept = ((p_values < _LEVEL).sum() for p_values in (by_itself, together))
    return [
        f"of {count(len(together), 'coefficient')} of interest in Tables {listed(FAMILIES)}, "
        f"{alone} {'has' if alone == 1 else 'have'} a wild bootstrap p below 5 %, and "
        f"{kept} {'keeps' if kept == 1 else 'keep'} it when all are tested together (Romano-Wolf)"
    ]


def _equality_words(frame: pd.DataFrame) -> list[str]:
    said = [
        f"{'' if p < _LEVEL else 'not '}rejected at 5 % for {_WORDS_OF_GROUPS[sample]} "
        f"(wild bootstrap p {p_words(p)})"
        for sample in GROUPS
        for p in _p_of(frame, "equal_wild", "6", sample)
    ]
    return [f"that coagglo has one coefficient is {listed(said)}"] if said else []


def _leads_words(frame: pd.DataFrame) -> list[str]:
    return [
        f"coagglo of the next two years {'tells' if p < _LEVEL else 'does not tell'} of this "
        f"year’s ami (wild bootstrap p {p_words(p)})"
        for p in _p_of(frame, "zero_wild", LEADS_TABLE)
    ]


def _instrument_words(frame: pd.DataFrame) -> list[str]:
    own = _instrumented(frame).set_index("measure")
    if own.empty:
        return []
    wild, anderson_rubin = (
        p_words(own["p_value"][name]) for name in ("wild_bootstrap", "anderson_rubin_wild")
    )
    tipping = own["direct_effect"]["tipping_direct_effect"]
    words = (
        f"instrumented, coagglo has the wild bootstrap p {wild}, by Anderson-Rubin {anderson_rubin}"
    )
    if tipping == 0:
        return [f"{words}, and its 95 % interval contains zero with no direct effect of the lag"]
    return [
        f"{words}, and its 95 % interval contains zero once the lag may have a direct effect of "
        f"{number(tipping, 3)} on ami"
    ]


def _p_of(frame: pd.DataFrame, measure: str, table: str, sample: str = "all") -> list[float]:
    rows = frame[(frame[["measure", "table", "sample"]] == [measure, table, sample]).all(axis=1)]
    return list(rows["p_value"].dropna())


def _instrumented(frame: pd.DataFrame) -> pd.DataFrame:
    place = [SECOND_STAGE.table, SECOND_STAGE.column]
    return frame[(frame[["table", "column"]] == place).all(axis=1)]


def _families(frame: pd.DataFrame) -> list[Block]:
    keys = ["table", "column", "outcome", "term"]
    rows = frame[frame["table"].isin(FAMILIES)]
    wide = rows.pivot_table(index=keys, columns="measure", values="p_value", sort=False)
    if "romano_wolf" not in wide:
        return []
    wide = wide[wide["romano_wolf"].notna()].reset_index()
    table = TextTable(
        "further-tests-families",
        "p-values by themselves, and adjusted for how many are tested together",
        {
            "Coefficient": [f"{row.table} ({row.column}) {row.term}" for row in wide.itertuples()],
            "Outcome": texts(wide["outcome"]),
            "Wild bootstrap": numbers(wide["wild_bootstrap"], 3),
            "Within its table": numbers(wide["romano_wolf_table"], 3),
            "All together": numbers(wide["romano_wolf"], 3),
        },
    )
    return [Folded("Every coefficient, adjusted", [table])]


def _joint(frame: pd.DataFrame) -> list[Block]:
    """Equality and leads: F, its p-value and the wild bootstrap's."""
    asked = [("6", sample, "equal", f"Equal in {_WORDS_OF_GROUPS[sample]}") for sample in GROUPS]
    asked += [(LEADS_TABLE, "all", "zero", "coagglo of the next two years has no coefficient")]
    lines = []
    for table, sample, measure, words in asked:
        place = (frame[["table", "sample"]] == [table, sample]).all(axis=1)
        own = frame[place].set_index("measure")
        if measure in own.index:
            wild = own["p_value"].get(f"{measure}_wild", float("nan"))
            one = own.loc[measure]
            lines.append((words, one["statistic"], one["p_value"], wild, one["reason"]))
    if not lines:
        return []
    nulls, statistics, p_values, wild_p_values, reasons = zip(*lines, strict=True)
    return [
        TextTable(
            "further-tests-joint",
            "Joint nulls",
            {
                "Null": texts(nulls),
                "F": numbers(statistics, 2),
                "p": numbers(p_values, 3),
                "Wild bootstrap p": numbers(wild_p_values, 3),
                "Remark": texts(reasons),
            },
        )
    ]


def _bounds(frame: pd.DataFrame) -> list[Block]:
    rows = _instrumented(frame)
    rows = rows[rows["measure"] == "plausibly_exogenous"]
    if rows.empty:
        return []
    return [
        TextTable(
            "further-tests-bounds",
            "The instrumented coefficient of coagglo where its lag may have an effect of its own",
            {
                # The names of the rows, which stand flush left with their header.
                "Direct effect up to": list(numbers(rows["direct_effect"], 3)),
                "95 % interval from": numbers(rows["lower"], 3),
                "to": numbers(rows["upper"], 3),
            },
        )
    ]
