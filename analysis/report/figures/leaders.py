"""Figure 2 of the paper: an index over time in the provinces that lead in its last year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.figures.style import HEIGHT, INK, SERIES, WIDTH, apart, styled
from analysis.standing import INDEX_TITLES, in_standing_years, index_variable
from analysis.variables import TREATMENT

if TYPE_CHECKING:
    import altair as alt

TOP = 10
# Figure 2 of the paper starts here.
FIRST_YEAR_SHOWN = 2012
COAGGLO_TITLE = "Industrial synergy agglomeration (coagglo)"
_LABEL_HEIGHT = 17


def top_provinces(index: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """Figure 2: the index over time in the ten provinces that lead in the last year that stands.

    index: in the columns of fct_index. See `leaders` for the years shown.
    """
    return leading_provinces(in_standing_years(index), index_variable(index), synthetic=synthetic)


def leading_provinces(frame: pd.DataFrame, measure: str, *, synthetic: bool) -> alt.LayerChart:
    """`measure` over time in the ten provinces that lead in its last year.

    frame: columns province, year and the measure, and n_indicators for an index.
    """
    import altair as alt

    shown = leaders(frame, measure)
    last_year, first_year = int(shown["year"].max()), int(shown["year"].min())
    names = list(shown.loc[shown["year"] == last_year, "province"])
    colours = alt.Scale(domain=names, range=[colour.light for colour in SERIES[: len(names)]])
    colour = alt.Color("province:N", scale=colours, legend=None)
    # A year's breadth is kept free on the right for the labels.
    breadth = max(last_year - first_year, 1)
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[first_year, last_year + 0.24 * breadth], nice=False),
        axis=alt.Axis(
            values=sorted(shown["year"].unique().tolist()), format="d", grid=False, labelFlush=False
        ),
    )

    ends = shown[shown["year"] == last_year].copy()
    low, high = shown[measure].min(), shown[measure].max()
    # Of a flat picture any height will do.
    margin = 0.05 * (high - low) or 1.0
    distance = (high - low + 2 * margin) * _LABEL_HEIGHT / HEIGHT
    ends["label_at"] = apart(ends[measure].to_numpy(), distance)
    domain = [
        min(low - margin, ends["label_at"].min() - distance / 2),
        max(high + margin, ends["label_at"].max() + distance / 2),
    ]
    y = alt.Y(
        f"{measure}:Q",
        title=axis_title(frame, measure),
        scale=alt.Scale(domain=domain, nice=False),
    )
    ends["label"] = [
        f"{province}  {value:.1f}"
        for province, value in zip(ends["province"], ends[measure], strict=True)
    ]
    ends["label_from"] = last_year + 0.012 * breadth
    ends["label_to"] = last_year + 0.034 * breadth

    lines = (
        alt.Chart(shown)
        .mark_line(strokeWidth=2, strokeJoin="round", point=alt.OverlayMarkDef(size=16))
        .encode(x=x, y=y, color=colour)
    )
    leader = (
        alt.Chart(ends)
        .mark_rule(strokeWidth=1)
        .encode(x="label_from:Q", x2="label_to:Q", y=f"{measure}:Q", y2="label_at:Q", color=colour)
    )
    labels = (
        alt.Chart(ends)
        .mark_text(align="left", dx=4, fontSize=12.5, color=INK.light)
        .encode(x="label_to:Q", y="label_at:Q", text="label:N")
    )
    chart = alt.layer(lines, leader, labels).properties(width=WIDTH, height=HEIGHT)
    return styled(chart, synthetic)


def leaders(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows that `leading_provinces` draws: province, year, measure; last year's order first.

    Years run from 2012, as in the paper; where fewer than two years since then have figures, from
    the first year that has any. Raises ValueError where no province has a figure.
    """
    known = frame.loc[frame[measure].notna(), "year"]
    if known.empty:
        raise ValueError(f"no province has a figure of {measure}")
    last_year = known.max()
    recent = known[known >= FIRST_YEAR_SHOWN]
    first_year = FIRST_YEAR_SHOWN if recent.nunique() >= 2 else known.min()
    first_year = max(first_year, known.min())
    last = frame[frame["year"] == last_year].dropna(subset=[measure])
    names = list(last.nlargest(TOP, measure, keep="first")["province"])
    shown = frame.loc[
        frame["province"].isin(names) & frame["year"].between(first_year, last_year),
        ["province", "year", measure],
    ]
    rank = shown["province"].map({name: place for place, name in enumerate(names)})
    return shown.assign(rank=rank).sort_values(["rank", "year"]).drop(columns="rank")


def axis_title(frame: pd.DataFrame, measure: str) -> str:
    """An index says in the picture itself how many of the 21 indicators it has."""
    if measure == TREATMENT:
        return COAGGLO_TITLE
    n_indicators = int(frame.loc[frame[measure].notna(), "n_indicators"].max())
    return f"{INDEX_TITLES[measure]} ({measure}), 0-100, from {n_indicators} indicators"
