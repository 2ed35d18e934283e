"""Rows that are alone in their province or year: left out, counted, named, and without effect."""

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel
from test_frames import ESTIMATORS

from analysis.paper.estimable import left_out
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls
from analysis.regressions.mediation import bootstrap, stepwise

FRAMES = ("panel_arrays",)  # needs every province in every year


@pytest.fixture
def panel() -> pd.DataFrame:
    panel = random_panel(3, provinces=9, years=7, k=3)
    return panel.assign(x1=panel["x1"] + 0.5 * panel["x2"])


def alone(panel: pd.DataFrame, province: str, year: int) -> pd.DataFrame:
    """The panel with one row more, of large values."""
    row = panel.iloc[[0]].assign(province=province, year=year, y=50.0, x1=30.0, x2=-7.0, x3=9.0)
    return pd.concat([panel, row], ignore_index=True)


def test_slopes_are_those_of_every_dummy_and_errors_those_without_the_row(
    panel: pd.DataFrame,
) -> None:
    for province, year in (("P99", 2003), ("P00", 2050)):
        more = alone(panel, province, year)
        fit = two_way_fe(more, "y", ["x1", "x2"])
        assert fit.singletons == ((province, year),)
        assert (fit.n, fit.n_clusters, fit.n_dropped) == (63, 9, 0)
        # A dummy of its own fits the row exactly: it says nothing of the slopes.
        np.testing.assert_allclose(fit.params, lsdv(more, "y", ["x1", "x2"]).slopes, rtol=1e-9)
        without = lsdv(panel, "y", ["x1", "x2"])
        np.testing.assert_allclose(fit.std_errors, without.std_errors, rtol=1e-8)


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in FRAMES])
def test_no_estimator_sees_them(panel: pd.DataFrame, name: str) -> None:
    more = alone(alone(panel, "P99", 2004), "P01", 2050)
    np.testing.assert_allclose(ESTIMATORS[name](more), ESTIMATORS[name](panel), rtol=1e-9)


def test_a_row_may_be_alone_once_others_have_gone(panel: pd.DataFrame) -> None:
    chained = alone(alone(panel, "P99", 2004), "P99", 2050)
    fit = two_way_fe(chained, "y", ["x1", "x2"])
    assert fit.singletons == (("P99", 2004), ("P99", 2050))
    assert fit.params["x1"] == pytest.approx(two_way_fe(panel, "y", ["x1", "x2"]).params["x1"])


def test_where_nothing_absorbs_a_row_it_stays(panel: pd.DataFrame) -> None:
    more = alone(panel, "P99", 2004)
    assert two_way_fe(more, "y", ["x1"], effects="time").n == 64
    assert two_way_fe(more, "y", ["x1"], effects="none").singletons == ()
    assert two_way_fe(alone(panel, "P00", 2050), "y", ["x1"], effects="entity").n == 64


def test_a_variable_that_varies_in_such_a_row_alone_is_constant(panel: pd.DataFrame) -> None:
    more = alone(panel.assign(x3=1.0), "P99", 2004)
    with pytest.raises(ValueError, match="constant in the complete rows: x3"):
        two_way_fe(more, "y", ["x1", "x3"])


def test_a_reader_is_told_how_many_and_which(panel: pd.DataFrame) -> None:
    more = alone(panel, "P99", 2004)
    more.loc[3, "x2"] = np.nan
    made = (
        two_way_fe(more, "y", ["x1", "x2"]),
        fe_2sls(more, "y", ["x1"], ["x2"], []),
        stepwise(more, "x1", "x2", "y", ["x3"]).outcome,
        bootstrap(more, "x1", "x2", "y", ["x3"], reps=200),
    )
    for one in made:
        assert left_out(one) == [
            "1 province-years lack a variable and are left out",
            "1 province-years are the only complete ones of their province or year, whose effect "
            "absorbs them, and are left out: P99 2004",
        ]
