"""Moran's I in pictures: the scatter plot of one year, and the statistic over the years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.figures.style import (
    ALERT,
    GRID,
    INK,
    LEGEND_GAP,
    MUTED,
    OBSERVED,
    apart,
    styled,
)
from analysis.spatial.moran import LEVEL, NOT_SIGNIFICANT

if TYPE_CHECKING:
    import altair as alt

LABELLED = 8
_SCATTER = 420
_LABEL_HEIGHT = 15
_PANEL_WIDTH, _PANEL_HEIGHT = 330, 190


def moran_scatter(local: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """Each province's value against its neighbours' mean, both as z; the slope is Moran's I.

    local: as of `cluster_map`. Provinces with the largest local I in absolute terms have their
    names. Raises ValueError for no rows.
    """
    import altair as alt

    if local.empty:
        raise ValueError("no local Moran's I to draw")
    slope = moran_slope(local)
    variable, year = local["variable"].iloc[0], int(local["year"].iloc[0])
    across, up = (_around_zero(local[name]) for name in ("z", "lag"))
    x = alt.X(
        "z:Q",
        title=f"{variable} in {year}, standard deviations from the mean (z)",
        scale=alt.Scale(domain=across, nice=False),
        axis=alt.Axis(grid=False, tickCount=8),
    )
    y = alt.Y(
        "lag:Q",
        title="Weighted mean of the neighbours' z (W z)",
        scale=alt.Scale(domain=up, nice=False),
        axis=alt.Axis(grid=False, tickCount=6),
    )
    zero = pd.DataFrame({"zero": [0.0]})
    axes = [
        alt.Chart(zero).mark_rule(color=MUTED.light, strokeWidth=1).encode(x="zero:Q"),
        alt.Chart(zero).mark_rule(color=MUTED.light, strokeWidth=1).encode(y="zero:Q"),
    ]
    # Cut where it leaves the picture.
    middle = float(local["lag"].mean())
    cut = sorted((end - middle) / slope for end in up) if slope else across
    line = pd.DataFrame({"z": np.clip(across, cut[0], cut[1])}).assign(
        lag=lambda ends: middle + slope * ends["z"]
    )
    rows = local.assign(state=np.where(local["p"] < LEVEL, "p < 0.05", NOT_SIGNIFICANT))
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=["p < 0.05", NOT_SIGNIFICANT], range=[ALERT.light, OBSERVED.light]),
        legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=LEGEND_GAP),
    )
    points = alt.Chart(rows).mark_circle(size=46, opacity=1).encode(x=x, y=y, color=colour)
    slope_words = pd.DataFrame({"words": [f"slope = Moran's I = {slope:.3f}"]})
    note = (
        alt.Chart(slope_words)
        .mark_text(align="center", baseline="top", fontSize=13, color=INK.light)
        .encode(x=alt.value(_SCATTER * 0.8), y=alt.value(-18), text="words:N")
    )
    fitted = alt.Chart(line).mark_line(strokeWidth=2.5, color=ALERT.light).encode(x=x, y=y)
    names, quadrants = _names(rows, x, up), _quadrants(x, y, across, up)
    chart = alt.layer(*axes, fitted, points, *names, *quadrants, note)
    return styled(chart.properties(width=_SCATTER * 1.6, height=_SCATTER), synthetic)


def _names(rows: pd.DataFrame, x: alt.X, up: list[float]) -> list[Any]:
    """The names of the provinces with the largest local I, towards the middle, where is room."""
    import altair as alt

    named = rows.loc[rows["local_i"].abs().nlargest(LABELLED).index]
    names = []
    marks: list[tuple[pd.Series, dict[str, Any]]] = [
        (named["z"] > 0, {"align": "right", "dx": -7}),
        (named["z"] <= 0, {"align": "left", "dx": 7}),
    ]
    for side, mark in marks:
        if (of := named[side]).empty:
            continue
        at = apart(of["lag"].to_numpy(), (up[1] - up[0]) * _LABEL_HEIGHT / _SCATTER)
        names.append(
            alt.Chart(
                of.assign(label_at=at),
                mark=alt.MarkDef("text", fontSize=11.5, color=INK.light, **mark),
            ).encode(x=x, y=alt.Y("label_at:Q"), text="province:N")
        )
    return names


def _quadrants(x: alt.X, y: alt.Y, across: list[float], up: list[float]) -> list[Any]:
    """What each corner of the plot is called."""
    import altair as alt

    corners = pd.DataFrame(
        {
            "z": [across[1], across[0], across[0], across[1]],
            "lag": [up[1], up[1], up[0], up[0]],
            "words": ["HH", "LH", "LL", "HL"],
        }
    )
    return [
        alt.Chart(corners[corners["words"] == words])
        .mark_text(
            align="right" if words[0] == "H" else "left",
            baseline="top" if words[1] == "H" else "bottom",
            dx=-6 if words[0] == "H" else 6,
            dy=6 if words[1] == "H" else -6,
            fontSize=15,
            fontWeight=700,
            color=MUTED.light,
        )
        .encode(x=x, y=y, text="words:N")
        for words in corners["words"]
    ]


def _around_zero(values: pd.Series) -> list[float]:
    """Where an axis begins and ends: around the values and zero, with a share of either side."""
    reach = 1.12 * max(values.abs().max(), 1e-9)
    return [min(1.12 * values.min(), -0.3 * reach), max(1.12 * values.max(), 0.3 * reach)]


def moran_slope(local: pd.DataFrame) -> float:
    """Global Moran's I as the least-squares slope of the neighbours' mean on the own z."""
    z, lag = local["z"].to_numpy(float), local["lag"].to_numpy(float)
    return float(z @ lag / (z @ z))


def morans_i(table: pd.DataFrame, *, synthetic: bool) -> alt.FacetChart:
    """Moran's I over the years, one plot a variable and matrix, in the band of random orders.

    table: rows of the table morans_i of the variables and matrices to show. The band is where 95 %
    of the random orders lie; filled points are outside it with p < 0.05.
    Raises ValueError where no year has a Moran's I.
    """
    import altair as alt

    known = table.dropna(subset=["moran_i"])
    if known.empty:
        raise ValueError("no year has a Moran's I")
    significant, otherwise = "permutation p < 0.05", "p of 0.05 or more"
    rows = known.assign(
        state=np.where(known["p_permutation"] < LEVEL, significant, otherwise),
        panel=known["variable"] + ", " + known["weights"].str.replace("_", " ") + " weights",
    )
    years = sorted(rows["year"].unique().tolist())
    # A label fits at every third year of two decades.
    axis = alt.Axis(values=years[:: max(1, len(years) // 6)], format="d", grid=False)
    x = alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(nice=False, padding=12))
    base = alt.Chart(rows)
    band = base.mark_area(color=GRID.light, opacity=1).encode(
        x=x, y=alt.Y("lower:Q", title="Moran's I"), y2="upper:Q"
    )
    expected = base.mark_line(color=MUTED.light, strokeWidth=1, strokeDash=[4, 3]).encode(
        x=x, y="expectation:Q"
    )
    line = base.mark_line(color=OBSERVED.light, strokeWidth=1.5).encode(x=x, y="moran_i:Q")
    points = base.mark_circle(size=48, opacity=1).encode(
        x=x,
        y="moran_i:Q",
        color=alt.Color(
            "state:N",
            scale=alt.Scale(domain=[significant, otherwise], range=[ALERT.light, OBSERVED.light]),
            legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=LEGEND_GAP),
        ),
    )
    header = alt.Header(title=None, labelFontSize=12.5, labelColor=INK.light, labelAnchor="start")
    chart = (
        alt.layer(band, expected, line, points)
        .properties(width=_PANEL_WIDTH, height=_PANEL_HEIGHT)
        .facet(
            facet=alt.Facet("panel:N", sort=list(rows["panel"].unique()), header=header),
            columns=2,
            spacing=18,
        )
    )
    return styled(chart, synthetic)
