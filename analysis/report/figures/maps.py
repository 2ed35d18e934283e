"""The figures of space: frames in, Altair charts out, in the style of `drawings`.

Here: the provinces as a map of equal tiles, the Moran scatter plot, Moran's I over the years, and
effects with their intervals. Not here: where each tile stands (the seed province_tiles), captions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.figures.drawings import (
    ABOVE,
    ALERT,
    BELOW,
    GRID,
    INK,
    MUTED,
    OBSERVED,
    PAPER,
    RAMP,
    Colour,
    apart,
    styled,
)
from analysis.spatial.moran import LEVEL, NOT_SIGNIFICANT

if TYPE_CHECKING:
    import altair as alt

# Clusters in words, with the colour of their tile and of the letters on it.
CLUSTERS = {
    "HH": ("high among high (HH)", ALERT, PAPER),
    "HL": ("high among low (HL)", ABOVE, INK),
    "LH": ("low among high (LH)", BELOW, INK),
    "LL": ("low among low (LL)", OBSERVED, PAPER),
    NOT_SIGNIFICANT: (NOT_SIGNIFICANT, GRID, INK),
}
LABELLED = 8
ESTIMATORS = {"ml": "direct ML", "lee_yu": "Lee-Yu"}
EFFECTS = ("direct", "indirect", "total")

_NO_FIGURE = "no figure"
# A reader's letters may be wider than those that the picture was laid out with.
_LEGEND_GAP = 30
_TILE, _GAP = 92, 4
_SCATTER = 420
_LABEL_HEIGHT = 15
_PANEL_WIDTH, _PANEL_HEIGHT = 330, 190
_EFFECTS_WIDTH = 190


def index_map(index: pd.DataFrame, tiles: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """The index of its last year as a map of tiles, in five classes of equally many provinces.

    index: province_code, province, year, ami. tiles: province_code, tile_row, tile_column.
    Raises ValueError where no province has an index or one has no tile.
    """
    known = index.dropna(subset=["ami"])
    if known.empty:
        raise ValueError("no province has a figure of ami")
    last = index[index["year"] == known["year"].max()]
    fifth = fifths(last["ami"])
    words = {
        place: f"{values.min():.1f} to {values.max():.1f}"
        for place, values in last["ami"].groupby(fifth)
    }
    colours = {
        words: (RAMP[int(place)], INK if place < 3 else PAPER) for place, words in words.items()
    }
    rows = last.assign(
        state=fifth.map(words).fillna(_NO_FIGURE),
        figure=[f"{value:.1f}" if pd.notna(value) else "–" for value in last["ami"]],
    )
    colours[_NO_FIGURE] = (GRID, INK)
    return _tile_map(rows, tiles, colours, f"ami in {last['year'].iloc[0]}", synthetic)


def fifths(values: pd.Series) -> pd.Series:
    """The fifth of the values each is in, 0 to 4 upwards; equal ones in one, missing in none."""
    rank = values.rank(method="min")
    return (len(RAMP) * (rank - 1) / values.notna().sum()) // 1


def cluster_map(local: pd.DataFrame, tiles: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """Local Moran clusters as a map of tiles; frames mark those with p_fdr below .05.

    local: the rows of one variable, weights and year of the table local_moran. tiles: as of
    `index_map`. Raises ValueError for no rows, and for a province without a tile.
    """
    if local.empty:
        raise ValueError("no local Moran's I to draw")
    rows = local.assign(
        state=local["cluster"].map({name: words for name, (words, *_) in CLUSTERS.items()}),
        figure=[f"{value:.2f}".replace("-", "−") for value in local["local_i"]],
        framed=local["p_fdr"] < LEVEL,
    )
    colours = {words: (fill, letters) for words, fill, letters in CLUSTERS.values()}
    variable, year = local["variable"].iloc[0], local["year"].iloc[0]
    return _tile_map(rows, tiles, colours, f"{variable} in {year}", synthetic)


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
        legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=_LEGEND_GAP),
    )
    points = alt.Chart(rows).mark_circle(size=46, opacity=1).encode(x=x, y=y, color=colour)
    named = rows.loc[rows["local_i"].abs().nlargest(LABELLED).index]
    names = []
    # Towards the middle, where there is room.
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
    corners = pd.DataFrame(
        {
            "z": [across[1], across[0], across[0], across[1]],
            "lag": [up[1], up[1], up[0], up[0]],
            "words": ["HH", "LH", "LL", "HL"],
        }
    )
    quadrants = [
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
    slope_words = pd.DataFrame({"words": [f"slope = Moran's I = {slope:.3f}"]})
    note = (
        alt.Chart(slope_words)
        .mark_text(align="center", baseline="top", fontSize=13, color=INK.light)
        .encode(x=alt.value(_SCATTER * 0.8), y=alt.value(-18), text="words:N")
    )
    fitted = alt.Chart(line).mark_line(strokeWidth=2.5, color=ALERT.light).encode(x=x, y=y)
    chart = alt.layer(*axes, fitted, points, *names, *quadrants, note)
    return styled(chart.properties(width=_SCATTER * 1.6, height=_SCATTER), synthetic)


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
            legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=_LEGEND_GAP),
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


def spatial_effects(effects: pd.DataFrame, *, synthetic: bool) -> alt.FacetChart:
    """Direct, indirect and total effects with 95 % intervals, the estimators side by side.

    effects: term, effect (direct, indirect, total), estimator (ml, lee_yu), estimate, lower, upper.
    Each effect has its own scale of values; terms keep their order. Raises ValueError for no rows
    and for an effect or estimator it does not know.
    """
    import altair as alt

    if effects.empty:
        raise ValueError("no effect to draw")
    for column, expected in (("effect", EFFECTS), ("estimator", tuple(ESTIMATORS))):
        if unknown := sorted(set(effects[column]) - set(expected)):
            raise ValueError(f"{column} {', '.join(unknown)}: expected {', '.join(expected)}")
    rows = effects.assign(estimator=effects["estimator"].map(ESTIMATORS), zero=0.0)
    names = [words for words in ESTIMATORS.values() if words in set(rows["estimator"])]
    terms = list(rows["term"].drop_duplicates())
    y = alt.Y(
        "term:N",
        sort=terms,
        title=None,
        scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2),
        axis=alt.Axis(ticks=False, domain=False, labelColor=INK.light),
    )
    offset = alt.YOffset("estimator:N", sort=names, scale=alt.Scale(paddingInner=0.2))
    colour = alt.Color(
        "estimator:N",
        scale=alt.Scale(domain=names, range=[ALERT.light, OBSERVED.light][: len(names)]),
        legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=_LEGEND_GAP),
    )
    base = alt.Chart(rows)
    zero = base.mark_rule(color=MUTED.light, strokeWidth=1).encode(x="zero:Q")
    intervals = base.mark_rule(strokeWidth=1.5).encode(
        x=alt.X("lower:Q", title=None, axis=alt.Axis(tickCount=4)),
        x2="upper:Q",
        y=y,
        yOffset=offset,
        color=colour,
    )
    points = base.mark_point(filled=True, size=52, opacity=1).encode(
        x="estimate:Q",
        y=y,
        yOffset=offset,
        color=colour,
        shape=alt.Shape("estimator:N", sort=names, legend=None),
    )
    header = alt.Header(title=None, labelFontSize=12.5, labelColor=INK.light)
    shown = [name for name in EFFECTS if name in set(rows["effect"])]
    chart = (
        alt.layer(zero, intervals, points)
        .properties(width=_EFFECTS_WIDTH, height=alt.Step(15))
        .facet(column=alt.Column("effect:N", sort=shown, header=header), spacing=16)
        .resolve_scale(x="independent")
    )
    return styled(chart, synthetic)


def _tile_map(
    rows: pd.DataFrame,
    tiles: pd.DataFrame,
    colours: dict[str, tuple[Colour, Colour]],
    title: str,
    synthetic: bool,
) -> Any:
    """One square a province: name and `figure` on the colour of its `state`, framed if `framed`."""
    import altair as alt

    placed = rows.merge(tiles, on="province_code", how="left", validate="one_to_one")
    if (lost := placed["tile_row"].isna()).any():
        raise ValueError(f"no tile for: {', '.join(placed.loc[lost, 'province'])}")
    placed["letters"] = [colours[state][1].light for state in placed["state"]]
    for name, corner in (("x", "tile_column"), ("y", "tile_row")):
        placed[name] = (placed[corner] - 1) * _TILE
        placed[f"{name}_end"] = placed[name] + _TILE - _GAP
        placed[f"{name}_middle"] = placed[name] + (_TILE - _GAP) / 2
    width, height = (int(placed[f"{name}_end"].max()) for name in ("x", "y"))
    # Pictures fill the page's breadth, which a map of so few columns would make too high.
    margin = int(0.2 * width)
    x, y = (
        alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-margin, width + margin], nice=False)),
        alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], nice=False, reverse=True)),
    )
    occurring = [state for state in colours if state in set(placed["state"])]
    base = alt.Chart(placed)
    squares = base.mark_rect(cornerRadius=3).encode(
        x=x,
        x2="x_end:Q",
        y=y,
        y2="y_end:Q",
        color=alt.Color(
            "state:N",
            scale=alt.Scale(
                domain=occurring, range=[colours[state][0].light for state in occurring]
            ),
            legend=alt.Legend(
                title=title,
                orient="top",
                offset=10,
                titleColor=INK.light,
                columnPadding=_LEGEND_GAP,
            ),
        ),
    )
    letters = alt.Color("letters:N", scale=None)
    middle = {"x": "x_middle:Q", "y": alt.Y("y_middle:Q")}
    layers = [
        squares,
        base.mark_text(fontSize=10.5, dy=-8, fontWeight=600).encode(
            **middle, text="province:N", color=letters
        ),
        base.mark_text(fontSize=12.5, dy=10).encode(**middle, text="figure:N", color=letters),
    ]
    if "framed" in placed:
        layers.append(
            base.transform_filter("datum.framed")
            .mark_rect(cornerRadius=3, filled=False, stroke=INK.light, strokeWidth=3)
            .encode(x="x:Q", x2="x_end:Q", y="y:Q", y2="y_end:Q")
        )
    return styled(alt.layer(*layers).properties(width=width + 2 * margin, height=height), synthetic)
