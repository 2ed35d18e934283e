"""What the figures draw, and that a picture of synthetic data says so by itself."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_frames import demo

from analysis.report.figures.availability import availability, shares_available
from analysis.report.figures.kept import FIGURES
from analysis.report.figures.leaders import leaders, leading_provinces, top_provinces
from analysis.report.figures.rank_intervals import MOST_DRAWN, rank_intervals
from analysis.report.figures.scatter import fitted_line, scatter
from analysis.report.figures.style import PALETTE, apart, to_svg
from analysis.report.frames import PANEL, SPECIFICATION_CURVE


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return demo()[PANEL]


def test_leaders_are_the_ten_highest_of_the_last_year_from_2012(panel: pd.DataFrame) -> None:
    shown = leaders(panel, "ami")

    last = panel[panel["year"] == 2021].sort_values("ami", ascending=False)
    assert list(shown["province"].drop_duplicates()) == list(last["province"].head(10))
    assert (shown["year"].min(), shown["year"].max()) == (2012, 2021)
    assert len(shown) == 100


@pytest.mark.parametrize(
    ("years", "span"),
    [((2003, 2010), (2003, 2010)), ((2005, 2012), (2005, 2012)), ((2016, 2021), (2016, 2021)),
     ((2011, 2013), (2012, 2013)), ((2020, 2020), (2020, 2020))],
)  # fmt: skip
def test_leaders_fall_back_to_the_years_there_are(
    panel: pd.DataFrame, years: tuple[int, int], span: tuple[int, int]
) -> None:
    known = panel.assign(ami=panel["ami"].where(panel["year"].between(*years)))
    shown = leaders(known, "ami")

    assert (shown["year"].min(), shown["year"].max()) == span
    assert "<svg" in to_svg(top_provinces(known, synthetic=False))


def test_leaders_leave_out_provinces_without_a_figure_in_the_last_year(
    panel: pd.DataFrame,
) -> None:
    best = panel[panel["year"] == 2021].nlargest(1, "ami")["province"].item()
    gone = (panel["province"] == best) & (panel["year"] == 2021)

    assert best not in set(leaders(panel[~gone], "ami")["province"])


def test_no_figure_at_all_is_an_error(panel: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no province has a figure of ami"):
        leaders(panel.assign(ami=np.nan), "ami")


@pytest.mark.parametrize("synthetic", [True, False])
def test_only_pictures_of_synthetic_data_say_so(panel: pd.DataFrame, synthetic: bool) -> None:
    for chart in (
        top_provinces(panel, synthetic=synthetic),
        leading_provinces(panel, "coagglo", synthetic=synthetic),
        scatter(panel, synthetic=synthetic),
        availability(panel, synthetic=synthetic),
    ):
        assert ("SYNTHETIC" in to_svg(chart)) is synthetic


def test_pictures_of_the_index_say_how_many_indicators_it_has(panel: pd.DataFrame) -> None:
    partial = panel.assign(n_indicators=np.where(panel["year"] < 2010, 0, 3))
    partial.loc[partial["year"] < 2010, "ami"] = np.nan

    for chart in (
        top_provinces(partial, synthetic=False),
        scatter(partial, synthetic=False),
    ):
        assert "from 3 indicators" in to_svg(chart)


def test_texts_in_pictures_are_escaped(panel: pd.DataFrame) -> None:
    hostile = panel.assign(province="<script>" + panel["province"])
    for chart in (
        top_provinces(hostile, synthetic=False),
        scatter(hostile, synthetic=False),
    ):
        svg = to_svg(chart)
        assert "<script>" not in svg
        assert "&lt;script&gt;" in svg


def test_every_colour_drawn_has_its_counterpart_for_dark_pages(panel: pd.DataFrame) -> None:
    drawn = set()
    for chart in (
        top_provinces(panel, synthetic=True),
        scatter(panel, synthetic=True),
        availability(panel, synthetic=True),
    ):
        drawn |= set(re.findall(r'(?:fill|stroke)="([^"]+)"', to_svg(chart)))
    assert drawn - {"none", "transparent"} <= {colour.light for colour in PALETTE}
    assert len({colour.light for colour in PALETTE}) == len(PALETTE)


def test_fitted_line_is_least_squares() -> None:
    panel = pd.DataFrame(
        {"coagglo": [0.0, 1.0, 2.0, 3.0, np.nan], "ami": [1.0, 3.0, 2.0, 5.0, 9.0]}
    )

    # Sxy / Sxx = 5.5 / 5; the means are 1.5 and 2.75.
    fit = fitted_line(panel)
    assert fit.slope == pytest.approx(1.1)
    assert fit.intercept == pytest.approx(2.75 - 1.1 * 1.5)
    assert fit.correlation == pytest.approx(5.5 / np.sqrt(5 * 8.75))
    assert fit.n == 4


def test_a_line_through_one_value_is_an_error() -> None:
    panel = pd.DataFrame({"coagglo": [1.0, 1.0], "ami": [2.0, 3.0]})
    with pytest.raises(ValueError, match="two values of coagglo"):
        fitted_line(panel)


def test_shares_available_count_provinces() -> None:
    panel = pd.DataFrame(
        {
            "province": ["A", "B", "C", "D"] * 2,
            "year": [2020] * 4 + [2021] * 4,
            "ami": [1.0, 2.0, np.nan, 4.0, np.nan, np.nan, np.nan, 1.0],
            "fdi": np.nan,
            "interpolated_variables": ["ami", "", "", None, "", "", "", "amiable,ami"],
        }
    )
    shares = shares_available(panel).set_index(["variable", "state", "year"])["share"]

    assert shares["ami", "as published"].to_dict() == {2020: 0.5, 2021: 0.0}
    assert shares["ami", "interpolated"].to_dict() == {2020: 0.25, 2021: 0.25}
    assert shares["fdi"].eq(0).all()


@given(
    st.lists(st.floats(-50, 50, allow_nan=False), min_size=1, max_size=12),
    st.floats(0.01, 10),
)
def test_labels_keep_their_order_and_distance(values: list[float], distance: float) -> None:
    heights = np.array(values)
    placed = apart(heights, distance)

    order = np.argsort(heights, kind="stable")
    assert (np.diff(placed[order]) >= distance * (1 - 1e-9) - 1e-9).all()
    if len(values) == 1 or np.diff(np.sort(heights)).min() >= distance:
        assert placed == pytest.approx(heights)


def test_the_file_of_the_curve_is_refused_in_words_where_nothing_was_estimated() -> None:
    (curve,) = (figure for figure in FIGURES if figure.name == "specification_curve")
    nothing = demo()[SPECIFICATION_CURVE].head(0)
    with pytest.raises(ValueError, match="no specification of the curve"):
        curve.draw(nothing, synthetic=False)


def test_of_many_units_the_first_are_drawn_against_the_ranks_of_all() -> None:
    ranks = np.arange(1, 334)
    many = pd.DataFrame({
        "province": [f"Unit {rank:03}" for rank in ranks], "year": 2021, "score_rank": ranks,
        "rank_lower": ranks, "rank_median": ranks, "rank_upper": ranks,
    })  # fmt: skip
    svg = to_svg(rank_intervals(many.sample(frac=1, random_state=1), synthetic=True))
    assert f"Unit {MOST_DRAWN:03}" in svg and f"Unit {MOST_DRAWN + 1:03}" not in svg
    assert ">300<" in svg
