"""The section that tries the index: which ranks stand, which do not, and which choice decides."""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Picture,
    Section,
    TextTable,
    numbers,
    ranges,
    texts,
)
from analysis.report.figures.rank_intervals import drawn, rank_intervals
from analysis.report.frames import (
    ENTROPY_CODES,
    INDEX_CHANGES,
    INDEX_COHERENCE,
    INDEX_SENSITIVITY,
    INDEX_UNCERTAINTY,
    NOT_ESTIMABLE,
    NOTES,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import notes_on, opened
from analysis.report.sections.sobol_table import sobol_table
from analysis.report.wording import count, in_words, listed, number, percent

# A rank stands where its interval spans no more places than this.
_NARROW = 5
_NOTE = (
    "Every recipe is another defensible way to make the index: what is done about gaps and "
    "outliers, the scale, the weights, the mean, and what is left out. Options are drawn alike, so "
    "that an interval says what these choices leave open; it is not a confidence interval. Scores "
    "of other scales have other levels: ranks compare, scores hardly do."
)


@needs(
    INDEX_UNCERTAINTY,
    INDEX_SENSITIVITY,
    INDEX_COHERENCE,
    INDEX_CHANGES,
    ENTROPY_CODES,
    NOTES,
    NOT_ESTIMABLE,
)
def index_trial(inputs: ReportInputs) -> Section:
    """Ranks with their intervals, the choices that move them, coherence, changes, codes."""
    title, ranks = "What the ranks hang on", inputs[INDEX_UNCERTAINTY]
    if ranks.empty:
        return Section("index-on-trial", title, "There is no index to try.")
    last = ranks[ranks["year"] == ranks["year"].max()].sort_values("score_rank")
    of_shift = inputs[INDEX_SENSITIVITY].query("output == 'mean_rank_shift'")
    blocks: list[Block] = [
        _figure(last, synthetic=inputs.synthetic),
        Folded("The ranks in figures", [_ranks(last)]),
        Paragraph(_NOTE),
        *notes_on(inputs, "index on trial"),
        *([_choices(of_shift)] if len(of_shift) else []),
        Folded("Do the indicators belong together?", [_flags(inputs[INDEX_COHERENCE])]),
        Folded("What moved the scores of the last year", [_changes(inputs[INDEX_CHANGES])]),
        Folded("Entropy codes that circulate", [_codes(inputs[ENTROPY_CODES])]),
    ]
    return Section("index-on-trial", title, opened(inputs, _sentence(last, of_shift)), blocks)


def _sentence(last: pd.DataFrame, of_shift: pd.DataFrame) -> str:
    narrow = (last["rank_upper"] - last["rank_lower"] < _NARROW).sum()
    outside = last[~last["score_rank"].between(last["rank_lower"], last["rank_upper"])]
    open_pairs = (last["share_above_next"] < 0.75).sum()
    said = (
        f"over {last['n_recipes'].iloc[0]:,} recipes, {narrow} of {len(last)} ranks of "
        f"{last['year'].iloc[0]} {'stays' if narrow == 1 else 'stay'} within {_NARROW} places in "
        "90 % of them; of neighbours in rank, "
        f"{count(open_pairs, 'pair')} of {len(last) - 1} could as well stand the other way "
        "round (less than 75 % of recipes keep their order)"
    )
    if len(outside):
        names = listed(texts(outside["province"]))
        verb = "has a rank" if len(outside) == 1 else "have ranks"
        said += f"; {names} {verb} outside {'its' if len(outside) == 1 else 'their'} own interval"
    decisive = of_shift.sort_values("total_order").tail(1)
    if decisive["total_order"].notna().any():
        said += (
            f"; the choice that moves ranks most is {in_words(decisive['choice'].iloc[0])}, which "
            f"takes part in {percent(decisive['total_order'].iloc[0], 1)} of the variance"
        )
    return said


def _figure(last: pd.DataFrame, *, synthetic: bool) -> Picture:
    shown = drawn(last)
    width = shown["rank_upper"] - shown["rank_lower"]
    widest = shown.assign(width=width).nlargest(1, "width").iloc[0]
    some = "" if len(shown) == len(last) else f": the first {len(shown)} of {len(last)}"
    return Picture.of(
        "index-on-trial-intervals",
        f"Published ranks of {last['year'].iloc[0]} with the span that holds them in 90 % of "
        f"recipes{some}.",
        f"{len(shown)} provinces in the order of their rank, each with a bar; the longest is that "
        f"of {widest['province']}, from rank {number(widest['rank_lower'])} to "
        f"{number(widest['rank_upper'])}.",
        rank_intervals(last, synthetic=synthetic),
    )


def _ranks(last: pd.DataFrame) -> TextTable:
    names = dict(zip(last["province_code"], last["province"], strict=True))
    return TextTable(
        "index-on-trial-ranks",
        f"Published ranks of {last['year'].iloc[0]} and their 90 % intervals over recipes",
        {
            "Province": texts(last["province"]),
            "Rank": numbers(last["score_rank"]),
            "90 % interval": ranges(last["rank_lower"], last["rank_upper"]),
            "Median": numbers(last["rank_median"]),
            "Among the first ten": Numbers(percent(p, 1) for p in last["share_top_ten"]),
            "Next below": texts(last["next_below"].map(names), ABSENT),
            "Above it": Numbers(
                ABSENT if pd.isna(p) else percent(p, 1) for p in last["share_above_next"]
            ),
        },
    )


def _choices(of_shift: pd.DataFrame) -> TextTable:
    return sobol_table(
        "index-on-trial-choices",
        "Which choice moves ranks: Sobol indices of the mean shift of ranks, with 90 % bootstrap "
        "intervals",
        of_shift,
    )


def _flags(rows: pd.DataFrame) -> TextTable:
    flagged = rows[rows["flag"] != ""]
    return TextTable(
        "index-on-trial-coherence",
        "What a limit of rule index_coherence flags; all figures are in index_coherence.csv",
        {
            "Measure": [in_words(measure) for measure in flagged["measure"]],
            "Of": [in_words(name) for name in flagged["subject"]],
            "and": [in_words(name) or ABSENT for name in flagged["other"]],
            "Figure": numbers(flagged["statistic"], 2),
            "Is": texts(flagged["flag"]),
        },
    )


def _changes(rows: pd.DataFrame) -> TextTable:
    last = rows[rows["year"] == rows["year"].max()]
    return TextTable(
        "index-on-trial-changes",
        "Points from the score as it stood with the data until the year before to the score with "
        "this year's: three parts that add up, and the frozen index",
        {
            "Province": texts(last["province"]),
            "Change": numbers(last["change"], 2),
            "Own figures": numbers(last["own"], 2),
            "Moved bounds": numbers(last["of_bounds"], 2),
            "Moved weights": numbers(last["of_weights"], 2),
            "Frozen index": numbers(last["change_frozen"], 2),
        },
    )


def _codes(rows: pd.DataFrame) -> TextTable:
    far = (rows["overall_weight"] - rows["published_overall_weight"]).abs()
    grouped = rows.assign(far=far).groupby("code", sort=False)
    words = grouped["code_words"].first()
    return TextTable(
        "index-on-trial-codes",
        "By entropy code: how far individual weights are from proportional to overall ones within "
        "a dimension, and overall weights from those of Table 2",
        {
            "Code": texts(words.index),
            "What it does": texts(words),
            "Disproportion, %, mean": numbers(100 * grouped["disproportion"].mean(), 1),
            "highest": numbers(100 * grouped["disproportion"].max(), 1),
            "From Table 2, mean": numbers(grouped["far"].mean(), 4),
        },
    )
