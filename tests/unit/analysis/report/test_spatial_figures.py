"""What the figures of space draw: tiles, clusters, the scatter plot, bands and intervals."""

import itertools
import json
import re

import altair as alt
import numpy as np
import pandas as pd
import pytest
from report_frames import demo

from analysis.paper.moran_tables import leading
from analysis.report import frames
from analysis.report.figures import effects_plot, maps, moran_plots
from analysis.report.figures.style import (
    ABOVE,
    ALERT,
    BELOW,
    GRID,
    INK,
    OBSERVED,
    PALETTE,
    PAPER,
    RAMP,
    to_svg,
)
from analysis.report.inputs import ReportInputs

NO_OUTLINES = pd.DataFrame({"province_code": [], "outline": []}, dtype=str)


def squares(codes: pd.Series) -> pd.DataFrame:
    """An outline for each code, side by side."""
    made = [
        {"type": "Polygon", "coordinates": [[[x, 30], [x + 1, 30], [x + 1, 31], [x, 30]]]}
        for x in range(100, 100 + len(codes))
    ]
    return pd.DataFrame({"province_code": list(codes), "outline": [*map(json.dumps, made)]})


@pytest.fixture(scope="module")
def inputs() -> ReportInputs:
    return demo()


@pytest.fixture(scope="module")
def local(inputs: ReportInputs) -> pd.DataFrame:
    """Of ami, with a province of every cluster."""
    rows = leading(inputs[frames.LOCAL_MORAN], "ami").reset_index(drop=True)
    rows.loc[:3, "cluster"] = ["HH", "HL", "LH", "LL"]
    rows["p_fdr"] = np.where(rows.index < 2, 0.01, 0.5)
    return rows


@pytest.fixture(scope="module")
def effects() -> pd.DataFrame:
    keys = itertools.product(("coagglo", "pdgp"), effects_plot.EFFECTS, effects_plot.ESTIMATORS)
    frame = pd.DataFrame(keys, columns=["term", "effect", "estimator"])
    frame["estimate"] = np.linspace(-1, 2, len(frame))
    return frame.assign(lower=frame["estimate"] - 0.5, upper=frame["estimate"] + 0.5)


@pytest.fixture(scope="module")
def pictures(
    inputs: ReportInputs, local: pd.DataFrame, effects: pd.DataFrame
) -> dict[str, tuple[str, str]]:
    """Each figure of synthetic data, drawn, and of other data, described."""

    def both(draw, *frames: pd.DataFrame) -> tuple[str, str]:
        return to_svg(draw(*frames, synthetic=True)), draw(*frames, synthetic=False).to_json()

    return {
        "index_map": both(maps.index_map, inputs[frames.INDEX], inputs[frames.TILES], NO_OUTLINES),
        "cluster_map": both(maps.cluster_map, local, inputs[frames.TILES], NO_OUTLINES),
        "moran_scatter": both(moran_plots.moran_scatter, local),
        "morans_i": both(moran_plots.morans_i, inputs[frames.MORANS_I]),
        "spatial_effects": both(effects_plot.spatial_effects, effects),
    }


def test_only_pictures_of_synthetic_data_say_so(pictures: dict[str, tuple[str, str]]) -> None:
    for name, (synthetic, other) in pictures.items():
        assert "SYNTHETIC DATA" in synthetic, name
        assert "SYNTHETIC" not in other, name


def test_every_colour_has_its_counterpart_for_dark_pages(
    pictures: dict[str, tuple[str, str]],
) -> None:
    for name, (svg, _) in pictures.items():
        drawn = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) - {"none", "transparent"}
        assert drawn <= {colour.light for colour in PALETTE}, name


@pytest.mark.parametrize("page", ["light", "dark"])
def test_letters_on_tiles_can_be_read(page: str) -> None:
    def luminance(colour: str) -> float:
        parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    pairs = [(fill, INK if place < 3 else PAPER) for place, fill in enumerate(RAMP)]
    pairs += [(fill, letters) for _, fill, letters in maps.CLUSTERS.values()]
    for fill, letters in pairs:
        high, low = sorted((luminance(getattr(of, page)) for of in (fill, letters)), reverse=True)
        # WCAG 2.2, level AA.
        assert (high + 0.05) / (low + 0.05) >= 4.5, (fill, letters)


def test_every_province_has_its_tile_with_its_figure(
    inputs: ReportInputs, pictures: dict[str, tuple[str, str]]
) -> None:
    svg = pictures["index_map"][0]
    last = inputs[frames.INDEX][inputs[frames.INDEX]["year"] == 2021]
    for row in last.to_dict("records"):
        assert f">{row['province']}<" in svg and f">{row['ami']:.1f}<" in svg
    # One colour for each fifth of the provinces, each six or seven times.
    tiles = re.findall(r'<path[^>]*fill="(#\w+)"[^>]*>', svg)
    for colour in RAMP:
        assert 6 <= tiles.count(colour.light) <= 8, colour  # The legend has one too.


def test_fifths_keep_equal_values_together() -> None:
    values = pd.Series([1.0, 1, 1, 4, 5, np.nan, 9, 10, 11, 12, 13])
    assert maps.fifths(values).tolist()[:5] == [0, 0, 0, 1, 2]
    assert np.isnan(maps.fifths(values)[5])
    assert maps.fifths(values).max() == 4


def test_clusters_have_their_colours_and_those_that_last_a_frame(
    local: pd.DataFrame, pictures: dict[str, tuple[str, str]]
) -> None:
    svg = pictures["cluster_map"][0]
    tiles = re.findall(r'<path[^>]*fill="(#\w+)"[^>]*>', svg)
    counts = local["cluster"].value_counts()
    for name, colour in (("HH", ALERT), ("HL", ABOVE), ("LH", BELOW), ("LL", OBSERVED)):
        assert tiles.count(colour.light) == counts[name] + 1, name
    assert tiles.count(GRID.light) >= counts["not significant"]
    assert len(re.findall(r'stroke="#1f2933" stroke-width="3"', svg)) == 2


def test_outlines_are_drawn_in_the_same_classes_where_there_are_any(
    inputs: ReportInputs, local: pd.DataFrame
) -> None:
    index = inputs[frames.INDEX]
    codes = index.loc[index["year"] == 2021, "province_code"]
    drawn = to_svg(maps.index_map(index, NO_OUTLINES, squares(codes), synthetic=True))
    assert "SYNTHETIC DATA" in drawn
    areas = re.findall(r'<path[^>]*fill="(#\w+)"[^>]*>', drawn)
    for colour in RAMP:
        assert 6 <= areas.count(colour.light) <= 8, colour
    drawn = to_svg(maps.cluster_map(local, NO_OUTLINES, squares(codes), synthetic=False))
    assert len(re.findall(r'stroke="#1f2933" stroke-width="1.5"', drawn)) == 2
    with pytest.raises(ValueError, match="no outline for: "):
        maps.index_map(index, NO_OUTLINES, squares(codes.iloc[1:]), synthetic=False)


def test_provinces_without_a_figure_are_drawn_as_such(inputs: ReportInputs) -> None:
    index = inputs[frames.INDEX].assign(
        ami=inputs[frames.INDEX]["ami"].mask(
            inputs[frames.INDEX]["province"].isin(["Tibet", "Hainan"])
        )
    )
    svg = to_svg(maps.index_map(index, inputs[frames.TILES], NO_OUTLINES, synthetic=False))
    assert svg.count(">–<") == 2 and "no figure" in svg


def test_the_slope_of_the_scatter_is_morans_i(inputs: ReportInputs) -> None:
    rows = leading(inputs[frames.LOCAL_MORAN], "coagglo")
    table = inputs[frames.MORANS_I]
    last = table[
        (table["variable"] == "coagglo") & (table["weights"] == "nested") & (table["year"] == 2021)
    ]
    assert moran_plots.moran_slope(rows) == pytest.approx(last["moran_i"].item())
    svg = to_svg(moran_plots.moran_scatter(rows, synthetic=False))
    assert f"Moran's I = {last['moran_i'].item():.3f}" in svg
    for name in rows.loc[rows["local_i"].abs().nlargest(8).index, "province"]:
        assert f">{name}<" in svg
    for quadrant in ("HH", "LH", "LL", "HL"):
        assert f">{quadrant}<" in svg


def test_what_cannot_be_drawn_is_said(
    inputs: ReportInputs, local: pd.DataFrame, effects: pd.DataFrame
) -> None:
    tiles, none = inputs[frames.TILES], NO_OUTLINES
    for draw, words in (
        (lambda: maps.index_map(
            inputs[frames.INDEX].assign(ami=np.nan), tiles, none, synthetic=False),
         "no province has a figure of ami"),
        (lambda: maps.index_map(inputs[frames.INDEX], tiles.iloc[1:], none, synthetic=False),
         "no tile for: "),
        (lambda: maps.cluster_map(local.head(0), tiles, none, synthetic=False), "no local Moran"),
        (lambda: moran_plots.moran_scatter(local.head(0), synthetic=False), "no local Moran"),
        (lambda: moran_plots.morans_i(inputs[frames.MORANS_I].head(0), synthetic=False),
         "no year has"),
        (lambda: effects_plot.spatial_effects(effects.head(0), synthetic=False),
         "no effect to draw"),
        (lambda: effects_plot.spatial_effects(effects.replace("ml", "gmm"), synthetic=False),
         "estimator gmm: expected ml, lee_yu"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            draw()


def test_effects_show_both_estimators_or_the_one_there_is(effects: pd.DataFrame) -> None:
    svg = to_svg(effects_plot.spatial_effects(effects, synthetic=False))
    for words in ("direct ML", "Lee-Yu", ">coagglo<", ">pdgp<", ">indirect<", ">total<"):
        assert words in svg
    alone = effects[effects["estimator"] == "lee_yu"]
    svg = to_svg(effects_plot.spatial_effects(alone, synthetic=False))
    assert "Lee-Yu" in svg and "direct ML" not in svg


def test_a_picture_may_show_more_than_five_thousand_points() -> None:
    """As many as 333 units have in 19 years, at which Altair by itself refuses."""
    points = pd.DataFrame({"x": range(6327), "y": 1.0})
    assert to_svg(alt.Chart(points).mark_point().encode(x="x", y="y")).count("<path") > 6000
