"""The sections on the index, agglomeration, weights and descriptives."""

from __future__ import annotations

import pandas as pd

from analysis.report import paper_tables
from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    PaperTable,
    Paragraph,
    Picture,
    Section,
    TextTable,
    numbers,
    texts,
    yes_no,
)
from analysis.report.figures.leaders import leaders, leading_provinces, top_provinces
from analysis.report.figures.scatter import fitted_line, scatter
from analysis.report.frames import (
    AGGLOMERATION,
    COVERAGE,
    DESCRIPTIVES,
    INDEX,
    INDEX_STANDING,
    PANEL,
    PUBLISHED_TEXT,
    WEIGHTS,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sentences import coverage_sentence
from analysis.report.wording import listed, lowered, number, span, split
from analysis.standing import INDEX_TITLES, in_standing_years, index_variable
from analysis.variables import DIMENSIONS, PARTIAL_INDEX

# The only ranking that the paper prints is of this year.
PRINTED_YEAR = 2021


@needs(INDEX, WEIGHTS, INDEX_STANDING, PUBLISHED_TEXT)
def index(inputs: ReportInputs) -> Section:
    """Figure 2 and the ranking of the last year that stands."""
    measure = inputs.index_variable
    is_partial = measure == PARTIAL_INDEX
    name = "partial index" if is_partial else "index"
    title = f"The {name} by province"
    if not inputs.n_indexed:
        lead = (
            "Figure 2 and the ranking of provinces are absent: "
            f"{lowered(coverage_sentence(inputs))} Coverage lists the inputs that are missing."
        )
        return Section("index", title, lead)
    standing = in_standing_years(inputs[INDEX])
    shown = leaders(standing, measure)
    year, years, n_shown = (
        int(shown["year"].max()),
        span(shown["year"]),
        shown["province"].nunique(),
    )
    last = standing[(standing["year"] == year) & standing[measure].notna()]
    last = last.sort_values([f"{measure}_rank", "province"])
    basis = f"from {inputs.n_at_hand} of {inputs.n_expected} indicators"
    figure = Picture.of(
        "figure-2",
        f"Figure 2. {inputs.index_title}, {basis}: the {n_shown} leading provinces of "
        f"{year}, {years}.",
        _leaders_in_words(shown, measure),
        top_provinces(inputs[INDEX], synthetic=inputs.synthetic),
    )
    lead = (
        f"Figure 2 follows the {n_shown} provinces with the highest {name} in {year} through the "
        f"years {years}; the table ranks all {len(last)} provinces that have one in {year}."
    )
    blocks: list[Block] = [figure]
    if not is_partial and inputs.units.are_provinces:
        beside, sentence = _beside_print(inputs, standing)
        lead += sentence
        blocks.append(beside)
    ranking = _ranking(last, measure, f"{name.capitalize()} and its five dimensions", basis)
    blocks.append(Folded(f"All {len(last)} provinces in {year}", [ranking]))
    notes = _what_it_is(inputs, basis)
    if provisional := inputs.provisional_years:
        notes.append(_provisional(inputs[INDEX], measure, provisional, year))
    return Section("index", title, lead, [*map(Paragraph, notes), *blocks])


def _ranking(last: pd.DataFrame, measure: str, what: str, basis: str) -> TextTable:
    """The provinces of one year in their order, with what each figure stands on."""
    return TextTable(
        "ranking",
        f"{what} (0-100) in {int(last['year'].iloc[0])}, {basis}",
        {
            "Province": texts(last["province"]),
            "Rank": numbers(last[f"{measure}_rank"]),
            **{name: numbers(last[name], 2) for name in (measure, *DIMENSIONS)},
            "Indicators": Numbers(
                f"{number(n)} of {number(expected)}"
                for n, expected in zip(
                    last["n_indicators"], last["n_indicators_expected"], strict=True
                )
            ),
            "Interpolated input": yes_no(last["is_interpolated"]),
        },
    )


def _what_it_is(inputs: ReportInputs, basis: str) -> list[str]:
    """What an index of fewer indicators, or a partial one, is not."""
    notes = []
    if inputs.n_at_hand < inputs.n_expected:
        notes.append(
            f"Computed {basis}, this is not the index of the paper: levels and ranks compare "
            "provinces within this report only."
        )
    if inputs.index_variable == PARTIAL_INDEX:
        whole = split(inputs[INDEX_STANDING]["standing_dimensions"].item())
        notes.append(
            f"It is a partial index: {inputs[INDEX_STANDING]['reason'].item()}. "
            + (f"By itself stands {listed(whole)}. " if whole else "")
            + "The paper’s regressions are not run on it."
        )
    return notes


def _beside_print(inputs: ReportInputs, index: pd.DataFrame) -> tuple[TextTable, str]:
    """The ten leading provinces that the paper names beside ours, and how many are among both."""
    facts = inputs[PUBLISHED_TEXT].set_index("fact")["value"]
    printed = facts["leading_provinces"].split(";")
    known = index[index["ami"].notna()]
    years = set(known["year"])
    year = PRINTED_YEAR if PRINTED_YEAR in years else max(years)
    ours = known[known["year"] == year].sort_values(["ami_rank", "province"])
    rank = ours.set_index("province")["ami_rank"]
    first = list(ours["province"].head(len(printed)))
    table = TextTable(
        "ranking-beside-print",
        f"The {len(printed)} leading provinces of {PRINTED_YEAR} in the order of the paper’s text, "
        f"beside those of {year} here",
        {
            "Place": [str(place) for place in range(1, len(printed) + 1)],
            "Paper": printed,
            "Its rank here": numbers(rank.reindex(printed)),
            "Here": [*texts(first), *[ABSENT] * (len(printed) - len(first))],
        },
    )
    n_shared = len(set(printed) & set(first))
    return table, (
        f" Of the {len(printed)} provinces that the paper names as leading in {PRINTED_YEAR}, "
        f"{n_shared} {'is' if n_shared == 1 else 'are'} among the first {len(printed)} of {year} "
        "here."
    )


@needs(AGGLOMERATION, COVERAGE)
def agglomeration(inputs: ReportInputs) -> Section:
    """coagglo in its leading provinces, and with its location quotients in the last year."""
    frame, title = inputs[AGGLOMERATION], "Industrial synergy agglomeration"
    known = frame[frame["coagglo"].notna()]
    if known.empty:
        lead = f"Synergy agglomeration (eq. 18-20) is absent: {_lacking(inputs, 'coagglo')}."
        return Section("agglomeration", title, lead)
    shown = leaders(frame, "coagglo")
    year, n_shown = int(shown["year"].max()), shown["province"].nunique()
    last = known[known["year"] == year].sort_values("coagglo", ascending=False)
    figure = Picture.of(
        "figure-2b",
        f"Figure 2b. Synergy agglomeration of manufacturing and producer services (eq. 20): the "
        f"{n_shown} leading provinces of {year}, {span(shown['year'])}.",
        _leaders_in_words(shown, "coagglo"),
        leading_provinces(frame, "coagglo", synthetic=inputs.synthetic),
    )
    table = TextTable(
        "agglomeration-table",
        f"Synergy agglomeration and its location quotients in {year}",
        {
            "Province": texts(last["province"]),
            "coagglo": numbers(last["coagglo"], 2),
            "Manufacturing (eq. 18)": numbers(last["magglo"], 2),
            "Producer services (eq. 19)": numbers(last["psagglo"], 2),
            "coagglo, urban-unit base": numbers(last["coagglo_urban"], 2),
            "Interpolated input": yes_no(last["is_interpolated"]),
        },
    )
    n_interpolated = int(known["is_interpolated"].astype(bool).sum())
    lead = (
        f"Synergy agglomeration is available for {span(known['year'])}, {len(known):,} of "
        f"{len(frame):,} province-years ({n_interpolated:,} with an interpolated input); Figure 2b "
        f"follows its leading provinces and the table lists {year}."
    )
    folded = Folded(f"All {len(last)} provinces in {year}", [table])
    return Section("agglomeration", title, lead, [figure, folded])


@needs(PANEL)
def relation(inputs: ReportInputs) -> Section:
    """Figure 3."""
    title, measure = "Agglomeration and the index", index_variable(inputs[PANEL])
    try:
        fit = fitted_line(inputs[PANEL])
    except ValueError:
        absent = [name for name in ("coagglo", measure) if inputs[PANEL][name].notna().sum() == 0]
        why = "no two province-years have both, with different coagglo"
        if absent:
            why = f"{listed(absent)} {'has' if len(absent) == 1 else 'have'} no value"
        return Section("relation", title, f"Figure 3, {measure} against coagglo, is absent: {why}.")
    direction = "rises" if fit.slope > 0 else "falls"
    lead = (
        f"Figure 3 sets {measure} against coagglo over {fit.n:,} province-years: along the fitted "
        f"line {measure} {direction} by {abs(fit.slope):.2f} points per unit of coagglo "
        f"(correlation {number(fit.correlation, 2)}), which is association only, before any "
        "control or fixed effect."
    )
    figure = Picture.of(
        "figure-3",
        f"Figure 3. {INDEX_TITLES[measure]} and synergy agglomeration, one point a province-year, "
        f"with the least-squares line; n = {fit.n:,}.",
        f"Scatter plot of {fit.n} province-years, coagglo across and {measure} up, with a line "
        f"that {direction} by {abs(fit.slope):.2f} per unit.",
        scatter(inputs[PANEL], synthetic=inputs.synthetic),
    )
    return Section("relation", title, lead, [figure])


@needs(WEIGHTS, INDEX)
def weights(inputs: ReportInputs) -> Section:
    """Table 2."""
    title = "Weights of the indicators"
    known = inputs[WEIGHTS].dropna(subset=["overall_weight"])
    if known.empty:
        lead = f"Table 2 is absent: {lowered(coverage_sentence(inputs))}"
        return Section("weights", title, lead)
    gap = (known["overall_weight"] - known["published_overall_weight"]).abs().dropna()
    lead = f"Table 2 has the entropy weights of the {len(known)} indicators that have one."
    if len(gap):
        lead = (
            f"Table 2 compares the entropy weights of the {len(known)} indicators that have one "
            f"with the paper’s; overall weights differ by {gap.max():.3f} at most and "
            f"{gap.mean():.3f} on average."
        )
    if len(gap) and len(known) < inputs.n_expected:
        lead += (
            f" Weights add up to 1 over {len(known)} indicators here and over {inputs.n_expected} "
            "in the paper, so the differences do not measure a disagreement."
        )
    table = paper_tables.weights_table(inputs[WEIGHTS], synthetic=inputs.synthetic)
    return Section("weights", title, lead, [PaperTable.of(table)])


@needs(DESCRIPTIVES)
def descriptives(inputs: ReportInputs) -> Section:
    """Table 3."""
    frame = inputs[DESCRIPTIVES]
    absent = list(frame.loc[frame["obs"] == 0, "variable"])
    is_compared = paper_tables.is_printed(frame)
    lead = (
        f"Table 3 describes the {len(frame) - len(absent)} of {len(frame)} variables that have a "
        f"value{', each statistic beside the one the paper prints' if is_compared else ''}."
    )
    if absent:
        lead += f" Without any value: {listed(absent)}."
    table = paper_tables.descriptives_table(frame, synthetic=inputs.synthetic)
    blocks = [PaperTable.of(table)]
    return Section("descriptives", "Descriptive statistics", lead, blocks)


def _provisional(index: pd.DataFrame, measure: str, years: list[int], ranked: int) -> str:
    """Which years do not stand, and what is ranked in their place."""
    rows = index[index["year"].isin(years) & index[measure].notna()]
    words = (
        f"Provisional: {listed([str(year) for year in years])}, in which too few provinces have "
        "figures of the year itself and the others’ are carried over from another year"
    )
    if ranked in years:
        return f"{words}. No year stands, so that the ranking is provisional, too."
    return (
        f"{words} ({len(rows):,} index values, in the tables and marked there). Ranks, figures and "
        f"maps are those of {ranked}, the newest year that stands."
    )


def _lacking(inputs: ReportInputs, variable: str) -> str:
    coverage = inputs[COVERAGE]
    rows = coverage[(coverage["kind"] == "variable") & (coverage["subject"] == variable)]
    missing = inputs.item_labels(code for cell in rows["missing_inputs"] for code in split(cell))
    return f"the dataset lacks {listed(missing)}" if missing else "no province-year has its inputs"


def _leaders_in_words(shown: pd.DataFrame, measure: str) -> str:
    year = int(shown["year"].max())
    last = shown[shown["year"] == year]
    values = (
        f"{province} {value:.1f}"
        for province, value in zip(last["province"], last[measure], strict=True)
    )
    return f"Line chart of {measure}, {span(shown['year'])}. In {year}: {', '.join(values)}."
