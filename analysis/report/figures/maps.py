"""The provinces as a map: the index, and clusters of local Moran's I.

Of equal tiles, or of outlines where a dataset has brought these. Here: what each shows, in which
colour. Not here: where a tile or an outline lies (seeds province_tiles, province_outlines),
captions.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.report.figures.style import (
    ABOVE,
    ALERT,
    BELOW,
    GRID,
    INK,
    LEGEND_GAP,
    OBSERVED,
    PAPER,
    RAMP,
    Colour,
    styled,
)
from analysis.spatial.moran import LEVEL, NOT_SIGNIFICANT
from analysis.standing import in_standing_years, index_variable

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
_NO_FIGURE = "no figure"
_TILE, _GAP = 92, 4


def is_drawn(tiles: pd.DataFrame, outlines: pd.DataFrame) -> bool:
    """Whether there is anything to draw a map of."""
    return not (tiles.empty and outlines.empty)


def index_map(
    index: pd.DataFrame, tiles: pd.DataFrame, outlines: pd.DataFrame, *, synthetic: bool
) -> alt.LayerChart:
    """The index of the last year that stands as a map, in five classes of equal size.

    index: in the columns of fct_index. tiles: province_code, tile_row, tile_column. outlines:
    province_code and outline, a GeoJSON geometry in degrees; where there are any, they are drawn.
    Raises ValueError where no province has an index, or one has neither tile nor outline.
    """
    measure = index_variable(index)
    known = in_standing_years(index).dropna(subset=[measure])
    if known.empty:
        raise ValueError(f"no province has a figure of {measure}")
    last = index[index["year"] == known["year"].max()]
    fifth = fifths(last[measure])
    words = {
        place: f"{values.min():.1f} to {values.max():.1f}"
        for place, values in last[measure].groupby(fifth)
    }
    colours = {
        words: (RAMP[int(place)], INK if place < 3 else PAPER) for place, words in words.items()
    }
    rows = last.assign(
        state=fifth.map(words).fillna(_NO_FIGURE),
        figure=[f"{value:.1f}" if pd.notna(value) else "–" for value in last[measure]],
    )
    colours[_NO_FIGURE] = (GRID, INK)
    title = f"{measure} in {last['year'].iloc[0]}"
    if last["is_provisional"].any():
        title += " (provisional)"
    return _map(rows, tiles, outlines, colours, title, synthetic)


def fifths(values: pd.Series) -> pd.Series:
    """The fifth of the values each is in, 0 to 4 upwards; equal ones in one, missing in none."""
    rank = values.rank(method="min")
    return (len(RAMP) * (rank - 1) / values.notna().sum()) // 1


def cluster_map(
    local: pd.DataFrame, tiles: pd.DataFrame, outlines: pd.DataFrame, *, synthetic: bool
) -> alt.LayerChart:
    """Local Moran clusters as a map; frames mark those with p_fdr below .05.

    local: the rows of one variable, weights and year of the table local_moran. tiles, outlines: as
    of `index_map`. Raises ValueError for no rows, and for a province that is not on the map.
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
    return _map(rows, tiles, outlines, colours, f"{variable} in {year}", synthetic)


def _map(
    rows: pd.DataFrame,
    tiles: pd.DataFrame,
    outlines: pd.DataFrame,
    colours: dict[str, tuple[Colour, Colour]],
    title: str,
    synthetic: bool,
) -> Any:
    if not is_drawn(tiles, outlines):
        raise ValueError("neither tiles nor outlines are known")
    if len(outlines):
        return _outline_map(rows, outlines, colours, title, synthetic)
    return _tile_map(rows, tiles, colours, title, synthetic)


def _outline_map(
    rows: pd.DataFrame,
    outlines: pd.DataFrame,
    colours: dict[str, tuple[Colour, Colour]],
    title: str,
    synthetic: bool,
) -> Any:
    """Each province by its outline in the colour of its `state`, framed if `framed`."""
    import altair as alt

    drawn = rows.merge(outlines, on="province_code", how="left", validate="one_to_one")
    if (lost := drawn["outline"].isna()).any():
        raise ValueError(f"no outline for: {', '.join(drawn.loc[lost, 'province'])}")
    shapes = [json.loads(outline) for outline in drawn["outline"]]
    latitudes = [point[1] for shape in shapes for point in _points(shape["coordinates"])]
    # A degree of longitude is so much shorter than one of latitude in the middle of the map.
    narrower = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
    framed = drawn["framed"] if "framed" in drawn else pd.Series(data=False, index=drawn.index)
    features = [
        {
            "type": "Feature",
            "properties": {"state": state, "framed": bool(frame)},
            "geometry": shape | {"coordinates": _narrowed(shape["coordinates"], narrower)},
        }
        for shape, state, frame in zip(shapes, drawn["state"], framed, strict=True)
    ]
    base = alt.Chart(alt.Data(values=features)).project("identity", reflectY=True)
    areas = base.mark_geoshape(stroke=PAPER.light, strokeWidth=0.5).encode(
        color=_state_colour(drawn, colours, title, "properties.state:N")
    )
    frames = base.transform_filter("datum.properties.framed").mark_geoshape(
        filled=False, stroke=INK.light, strokeWidth=1.5
    )
    return styled(alt.layer(areas, frames).properties(width=720, height=520), synthetic)


def _points(coordinates: Any) -> Iterator[list[float]]:
    """The points of a geometry, however deep they lie."""
    if coordinates and isinstance(coordinates[0], int | float):
        yield coordinates
        return
    for part in coordinates:
        yield from _points(part)


def _narrowed(coordinates: Any, factor: float) -> Any:
    """The same with longitudes times a factor."""
    if coordinates and isinstance(coordinates[0], int | float):
        return [coordinates[0] * factor, coordinates[1]]
    return [_narrowed(part, factor) for part in coordinates]


def _state_colour(
    drawn: pd.DataFrame, colours: dict[str, tuple[Colour, Colour]], title: str, field: str
) -> alt.Color:
    """The colour of each state that occurs, with its legend."""
    import altair as alt

    occurring = [state for state in colours if state in set(drawn["state"])]
    return alt.Color(
        field,
        scale=alt.Scale(domain=occurring, range=[colours[state][0].light for state in occurring]),
        legend=alt.Legend(
            title=title, orient="top", offset=10, titleColor=INK.light, columnPadding=LEGEND_GAP
        ),
    )


def _tile_map(
    rows: pd.DataFrame,
    tiles: pd.DataFrame,
    colours: dict[str, tuple[Colour, Colour]],
    title: str,
    synthetic: bool,
) -> Any:
    """One square a province: name and `figure` on the colour of its `state`, framed if `framed`."""
    import altair as alt

    placed = _placed(rows, tiles)
    placed["letters"] = [colours[state][1].light for state in placed["state"]]
    width, height = (int(placed[f"{name}_end"].max()) for name in ("x", "y"))
    # Pictures fill the page's breadth, which a map of so few columns would make too high.
    margin = int(0.2 * width)
    x, y = (
        alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-margin, width + margin], nice=False)),
        alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], nice=False, reverse=True)),
    )
    base = alt.Chart(placed)
    squares = base.mark_rect(cornerRadius=3).encode(
        x=x,
        x2="x_end:Q",
        y=y,
        y2="y_end:Q",
        color=_state_colour(placed, colours, title, "state:N"),
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


def _placed(rows: pd.DataFrame, tiles: pd.DataFrame) -> pd.DataFrame:
    """The rows with begin, end and middle of their tile in either direction."""
    placed = rows.merge(tiles, on="province_code", how="left", validate="one_to_one")
    if (lost := placed["tile_row"].isna()).any():
        raise ValueError(f"no tile for: {', '.join(placed.loc[lost, 'province'])}")
    for name, corner in (("x", "tile_column"), ("y", "tile_row")):
        placed[name] = (placed[corner] - 1) * _TILE
        placed[f"{name}_end"] = placed[name] + _TILE - _GAP
        placed[f"{name}_middle"] = placed[name] + (_TILE - _GAP) / 2
    return placed
