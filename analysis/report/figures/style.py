"""How every figure looks: colours that colour-blind readers can tell apart, fonts, the mark of
synthetic data, and the way to SVG.

A figure of synthetic data says so inside the picture, because pictures travel without captions.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import altair as alt

SYNTHETIC_MARK = "SYNTHETIC DATA"
WIDTH, HEIGHT = 760, 400
# A reader's letters may be wider than those that the picture was laid out with.
LEGEND_GAP = 30


class Colour(NamedTuple):
    """A colour on a light page, which is the one drawn, and what stands for it on a dark page."""

    light: str
    dark: str


PAPER = Colour("#ffffff", "#161b21")
INK = Colour("#1f2933", "#e6eaee")
MUTED = Colour("#5a6776", "#a7b1bc")
GRID = Colour("#e4e8ec", "#2d3640")
ALERT = Colour("#b4430a", "#ffab70")
OBSERVED = Colour("#2f6690", "#6ca9d6")
FILLED = Colour("#f0a830", "#f2b950")
# After Paul Tol's "muted" scheme; the light ones are darkened to stand out as lines on white.
SERIES = (
    Colour("#332288", "#a79ff5"),
    Colour("#cc6677", "#ee97a5"),
    Colour("#117733", "#5cc17c"),
    Colour("#2a8fbd", "#88ccee"),
    Colour("#b8862b", "#e2cc77"),
    Colour("#882255", "#de7caf"),
    Colour("#3a9e8d", "#66d3c1"),
    Colour("#8a8a26", "#c9c960"),
    Colour("#aa4499", "#dc8cd0"),
    Colour("#6b7280", "#c0c7d0"),
)
# From low to high. On the first three letters are INK, on the others PAPER, on either page.
RAMP = (
    Colour("#e3edf5", "#22303c"),
    Colour("#b5cfe3", "#2c4a63"),
    Colour("#80acd0", "#35648b"),
    Colour("#38719f", "#7db3dd"),
    Colour("#1c4e79", "#cfe4f6"),
)
# What differs from its neighbours, upwards and downwards; letters on them are INK.
ABOVE = Colour("#f6c9a8", "#6b3410")
BELOW = Colour("#cfe0ec", "#24506f")
PALETTE = (PAPER, INK, MUTED, GRID, ALERT, OBSERVED, FILLED, *SERIES, *RAMP, ABOVE, BELOW)


def to_svg(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG element that needs nothing else, scaling with its container."""
    import altair as alt

    # Altair stops at 5,000 rows, lest a notebook grows; here a picture holds no data.
    with alt.data_transformers.disable_max_rows():
        return _drawn(json.dumps(chart.to_dict()))


@lru_cache
def _drawn(specification: str) -> str:
    """Once, for a file and for the page: to draw takes longer than to say what is drawn."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(specification)
    return svg


def styled(chart: Any, synthetic: bool, *, view_fill: str | None = None) -> Any:
    """The chart in the style of the report, marked where its data are synthetic."""
    import altair as alt

    if synthetic:
        chart = chart.properties(
            title=alt.TitleParams(
                SYNTHETIC_MARK, anchor="start", fontSize=11, fontWeight=700, color=ALERT.light
            )
        )
    text = {"labelColor": MUTED.light, "titleColor": MUTED.light}
    return (
        chart.properties(background=PAPER.light)
        .configure(
            # The page says in words what a figure shows; a label on each mark would drown it.
            aria=False,
            font="system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', sans-serif",
            padding={"left": 4, "right": 8, "top": 6, "bottom": 6},
        )
        .configure_view(stroke=None, **({"fill": view_fill} if view_fill else {}))
        .configure_axis(
            **text,
            labelFontSize=12,
            titleFontSize=12.5,
            titleFontWeight="normal",
            titlePadding=10,
            gridColor=GRID.light,
            domainColor=MUTED.light,
            tickColor=MUTED.light,
            labelPadding=5,
        )
        .configure_legend(labelColor=INK.light, labelFontSize=12.5, symbolType="square")
    )


def apart(values: np.ndarray, distance: float) -> np.ndarray:
    """Positions near `values`, in their order, at least `distance` from each other.

    Neighbours that would overlap form a block centred on the mean of its values.
    """
    order = np.argsort(values, kind="stable")
    blocks: list[list[float]] = []
    for value in values[order]:
        blocks.append([float(value)])
        while len(blocks) > 1 and _bottom(blocks[-1], distance) < _top(blocks[-2], distance):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = [
        _bottom(block, distance) + distance * (place + 0.5)
        for block in blocks
        for place in range(len(block))
    ]
    positions = np.empty(len(values))
    positions[order] = placed
    return positions


def _bottom(block: list[float], distance: float) -> float:
    return float(np.mean(block)) - distance * len(block) / 2


def _top(block: list[float], distance: float) -> float:
    return float(np.mean(block)) + distance * len(block) / 2
