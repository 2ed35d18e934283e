"""Ranks of the index with their intervals over recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.figures.style import FILLED, INK, WIDTH, styled

if TYPE_CHECKING:
    import altair as alt

_ROW = 17
# A reader's letters may be wider than those that the picture was laid out with.
_NAMES_WIDTH = 110
# What fits on a page.
MOST_DRAWN = 50


def drawn(last: pd.DataFrame) -> pd.DataFrame:
    """The rows of a year that have a place in the figure, by rank."""
    return last.sort_values("score_rank", kind="stable").head(MOST_DRAWN)


def rank_intervals(uncertainty: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """The published rank of each province in the last year, its 90 % interval and median.

    Of many provinces the first `MOST_DRAWN`, beside the ranks of all. uncertainty: in the columns
    of `index_uncertainty`. Raises ValueError where it has no row.
    """
    import altair as alt

    if uncertainty.empty:
        raise ValueError("no province has a rank")
    last = uncertainty[uncertainty["year"] == uncertainty["year"].max()]
    scale = alt.Scale(domain=[0.5, len(last) + 0.5], nice=False)
    last = drawn(last)
    names = list(last["province"])
    title = f"Rank of {last['year'].iloc[0]}: published (dot), median (tick), 90 % of recipes (bar)"
    axis = alt.Axis(title=title, format="d", tickCount=8)
    room = alt.Axis(title=None, minExtent=_NAMES_WIDTH)
    rows = alt.Y("province:N", sort=names, axis=room, scale=alt.Scale(domain=names))
    base = alt.Chart(last)
    intervals = base.mark_bar(height=7, color=FILLED.light, opacity=0.55).encode(
        x=alt.X("rank_lower:Q", scale=scale, axis=axis), x2="rank_upper:Q", y=rows
    )
    medians = base.mark_tick(thickness=2, size=12, color=INK.light).encode(
        x=alt.X("rank_median:Q", scale=scale), y=rows
    )
    published = base.mark_circle(size=52, color=INK.light, opacity=1).encode(
        x=alt.X("score_rank:Q", scale=scale), y=rows
    )
    chart = alt.layer(intervals, medians, published)
    return styled(chart.properties(width=WIDTH - _NAMES_WIDTH, height=_ROW * len(last)), synthetic)
