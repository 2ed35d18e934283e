"""The section on whether the paper stands on today's data: each coefficient by vintage."""

from __future__ import annotations

import pandas as pd

from analysis.paper.long_form import KEY
from analysis.paper.main_coefficients import is_main
from analysis.report.blocks import Block, Folded, Numbers, Paragraph, Section, TextTable, texts
from analysis.report.frames import COVERAGE, ESTIMATES_BY_VINTAGE, PUBLISHED_ESTIMATES
from analysis.report.inputs import ReportInputs, needs
from analysis.report.sections.paper_section import opened
from analysis.report.wording import count, listed, number

TITLE = "Would the paper stand on today's data?"
# As many as a page is wide.
VINTAGES_SHOWN = 4
AT_5_PERCENT = ("**", "***")
_NOTE = (
    "Estimates of the coefficients that Tables 4 to 11 are about, with 95 % intervals: by t(G − 1) "
    "with errors clustered by province, of Table 8 the bias-corrected bootstrap's, of Table 11 by "
    "the normal. A printed coefficient stands if the newest vintage has the same sign and its "
    "interval is without zero. All vintages are in estimate_vintage.csv; ami diff splits each move "
    "between two vintages into its causes."
)


@needs(ESTIMATES_BY_VINTAGE, PUBLISHED_ESTIMATES, COVERAGE)
def through_vintages(inputs: ReportInputs) -> Section:
    """What is printed as different from zero beside every vintage of it."""
    kept = inputs[ESTIMATES_BY_VINTAGE]
    kept = kept[is_main(kept) & kept["estimate"].notna()]
    # The paper's tables by number, reduced ones after them.
    number_of = pd.to_numeric(kept["table"], errors="coerce")
    kept = kept.loc[number_of.sort_values(kind="stable").index]
    if kept.empty:
        return Section("through-vintages", TITLE, "No coefficient is estimable in any vintage.")
    published = inputs[PUBLISHED_ESTIMATES]
    printed = published[is_main(published)].set_index(KEY)
    table = by_vintage(kept, printed)
    blocks: list[Block] = [Folded("Each coefficient by vintage", [table]), Paragraph(_NOTE)]
    return Section("through-vintages", TITLE, opened(inputs, _sentence(kept, printed)), blocks)


def by_vintage(kept: pd.DataFrame, printed: pd.DataFrame) -> TextTable:
    """A row a coefficient: what is printed, and the newest vintages.

    kept: rows of fct_estimate_vintage. printed: of the seed published_estimates, by `KEY`.
    """
    keys = pd.MultiIndex.from_frame(kept.drop_duplicates(KEY)[KEY])
    columns: dict[str, Numbers] = {}
    for vintage in sorted(kept["vintage"].unique())[-VINTAGES_SHOWN:]:
        rows = kept[kept["vintage"] == vintage]
        heading = f"Vintage {vintage}, {rows['published_at'].iloc[0]:%Y-%m-%d}"
        of = rows.set_index(KEY).reindex(keys)
        columns[heading] = Numbers(
            number(estimate, 3)
            if pd.isna(lower)
            else f"{number(estimate, 3)} [{number(lower, 3)}; {number(upper, 3)}]"
            for estimate, lower, upper in zip(of["estimate"], of["lower"], of["upper"], strict=True)
        )
    beside = printed.reindex(keys)
    as_printed = zip(beside["estimate"], texts(beside["stars"]), strict=True)
    return TextTable(
        "coefficients-by-vintage",
        "Coefficients by vintage, with 95 % intervals",
        {
            "Coefficient": [f"{of} ({column}) {term}" for of, column, _, _, term in keys],
            "Outcome": texts(keys.get_level_values("outcome")),
            "Printed": Numbers(f"{number(value, 3)}{stars}" for value, stars in as_printed),
            **columns,
        },
    )


def _sentence(kept: pd.DataFrame, printed: pd.DataFrame) -> str:
    newest = kept[kept["vintage"] == kept["vintage"].max()].set_index(KEY)
    claimed = printed[printed["stars"].isin(AT_5_PERCENT)]
    both = claimed[["estimate"]].join(newest[["lower", "upper"]].dropna(), how="inner")
    if both.empty:
        return (
            "of the coefficients that the paper prints as different from zero none is estimable on "
            f"the {count(kept['vintage'].nunique(), 'vintage')} at hand"
        )
    sign = both["estimate"].map(lambda value: 1 if value > 0 else -1)
    stands = (sign * both["lower"] > 0) & (sign * both["upper"] > 0)
    said = (
        f"of {count(len(both), 'coefficient')} that the paper prints as different from zero at "
        f"5 % and that can be estimated, {stands.sum()} stand in vintage "
        f"{int(kept['vintage'].max())}"
    )
    fallen = [f"{table} ({column}) {term}" for table, column, _, _, term in both.index[~stands]]
    return f"{said}; these do not: {listed(fallen)}" if fallen else said
