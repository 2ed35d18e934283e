"""Extreme values and single provinces, against regressions done one by one."""

import numpy as np
import pandas as pd
import pytest
from brute_force import random_panel

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.robustness import leave_one_out, winsorised, zeros_otherwise


@pytest.fixture
def panel() -> pd.DataFrame:
    return random_panel(1, provinces=10, years=10, missing=0.1)


def test_winsorising_nothing_is_the_regression_itself(panel: pd.DataFrame) -> None:
    row = winsorised(panel, "y", "x1", ["x2"]).iloc[0]
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    assert row["share"] == 0
    assert row["estimate"] == pytest.approx(fit.params["x1"], rel=1e-9)
    assert row["p_value"] == pytest.approx(fit.p_values["x1"], rel=1e-6)


def test_winsorising_draws_in_every_variable_at_pooled_quantiles(panel: pd.DataFrame) -> None:
    panel.loc[3, "x2"] = np.nan
    panel.loc[3, "y"] = 1e6  # not among the complete rows, so of no weight for the quantiles
    row = winsorised(panel, "y", "x1", ["x2"]).set_index("share").loc[0.05]
    complete = panel.dropna().copy()
    for name in ("y", "x1", "x2"):
        low, high = np.quantile(complete[name], [0.05, 0.95])
        complete[name] = np.minimum(np.maximum(complete[name], low), high)
    fit = two_way_fe(complete, "y", ["x1", "x2"])
    assert row["n"] == len(panel) - 1
    assert row["estimate"] == pytest.approx(fit.params["x1"], rel=1e-9)
    assert row["std_error"] == pytest.approx(fit.std_errors["x1"], rel=1e-9)


def test_winsorising_tames_an_outlier(panel: pd.DataFrame) -> None:
    panel.loc[7, ["y", "x1"]] = [1e3, -1e3]
    table = winsorised(panel, "y", "x1", ["x2"]).set_index("share")
    assert abs(table.loc[0.05, "estimate"] - 1) < abs(table.loc[0.0, "estimate"] - 1)


def test_a_variable_that_winsorising_flattens_is_said(panel: pd.DataFrame) -> None:
    panel["rare"] = 0.0
    panel.loc[[5, 40], "rare"] = 1.0
    table = winsorised(panel, "y", "rare", ["x1"]).set_index("share")
    assert table.loc[0.0, "reason"] == ""
    assert table.loc[0.05, "reason"] == "constant in the complete rows: rare"


def test_winsorising_says_which_variable_has_no_value(panel: pd.DataFrame) -> None:
    table = winsorised(panel.assign(x2=np.nan), "y", "x1", ["x2"])
    assert set(table["reason"]) == {"without any value: x2"}


@pytest.mark.parametrize("share", [-0.01, 0.5, float("nan")])
def test_a_share_that_is_none_is_refused(panel: pd.DataFrame, share: float) -> None:
    with pytest.raises(ValueError, match=r"expected 0 to below 0\.5"):
        winsorised(panel, "y", "x1", [], shares=[share])


def test_wrong_data_are_refused(panel: pd.DataFrame) -> None:
    for function in (winsorised, leave_one_out):
        with pytest.raises(EstimationError, match="columns not in the panel: x9"):
            function(panel, "y", "x1", ["x9"])
        with pytest.raises(EstimationError, match="column 'x1' must hold finite numbers"):
            function(panel.assign(x1="1"), "y", "x1", ["x2"])


def test_leaving_out_each_province_equals_its_own_regression(panel: pd.DataFrame) -> None:
    result = leave_one_out(panel, "y", "x1", ["x2"])
    assert set(result.table["left_out"]) == set(panel["province"])
    for row in result.table.itertuples():
        fit = two_way_fe(panel[panel["province"] != row.left_out], "y", ["x1", "x2"])
        assert row.estimate == pytest.approx(fit.params["x1"], rel=1e-9)
        assert row.std_error == pytest.approx(fit.std_errors["x1"], rel=1e-9)
        assert (row.n, row.n_clusters) == (fit.n, fit.n_clusters)
    assert result.full["estimate"] == pytest.approx(
        two_way_fe(panel, "y", ["x1", "x2"]).params["x1"], rel=1e-9
    )
    assert (result.lowest, result.highest) == (
        result.table["estimate"].min(),
        result.table["estimate"].max(),
    )


def test_a_province_that_carries_the_result_is_at_the_end_of_the_range(
    panel: pd.DataFrame,
) -> None:
    chosen = panel["province"] == "P04"
    panel["y"] += 20 * panel["x1"] * chosen
    result = leave_one_out(panel, "y", "x1", ["x2"])
    assert result.table["left_out"].iloc[0] == "P04"
    assert result.lowest < result.full["estimate"]


def test_only_provinces_with_a_complete_row_are_left_out(panel: pd.DataFrame) -> None:
    panel.loc[panel["province"] == "P02", "x2"] = np.nan
    result = leave_one_out(panel, "y", "x1", ["x2"])
    assert "P02" not in set(result.table["left_out"])
    assert len(result.table) == 9


def test_a_province_without_which_nothing_is_identified_has_its_reason(
    panel: pd.DataFrame,
) -> None:
    panel["only"] = panel["x2"].where(panel["province"] == "P06", 0.0)
    result = leave_one_out(panel, "y", "x1", ["only"])
    last = result.table.iloc[-1]
    assert last["left_out"] == "P06"
    assert last["reason"] == "constant in the complete rows: only"
    assert np.isfinite(result.highest)


def test_a_model_without_an_estimate_to_begin_with_is_refused(panel: pd.DataFrame) -> None:
    panel["level"] = panel["province"].str[1:].astype(float)
    with pytest.raises(NotIdentifiedError, match="absorbed by the province and year effects"):
        leave_one_out(panel, "y", "level", ["x1"])


def test_zeros_by_a_dummy_or_arsinh(panel: pd.DataFrame) -> None:
    amounts = np.exp(panel["x2"] + 3)
    amounts[[4, 9, 33]] = 0.0
    zero = amounts == 0
    logs = np.log(amounts.where(~zero, 1.0))  # 0 at 0
    coded = panel.assign(x2=logs)
    zeros = pd.DataFrame({"x2": zero, "x9": True})
    found = zeros_otherwise(coded, "y", "x1", ["x2"], zeros).set_index("option")
    dummy = two_way_fe(coded.assign(zero=zero.astype(float)), "y", ["x1", "x2", "zero"])
    arsinh = np.log(amounts + np.sqrt(amounts**2 + 1))
    asinh = two_way_fe(panel.assign(x2=arsinh), "y", ["x1", "x2"])
    for option, fit in (("dummy", dummy), ("asinh", asinh)):
        assert found.loc[option, "estimate"] == pytest.approx(fit.params["x1"], rel=1e-9)
        assert found.loc[option, "std_error"] == pytest.approx(fit.std_errors["x1"], rel=1e-9)
    # What a zero is coded as is of no weight beside a dummy.
    other = zeros_otherwise(coded.assign(x2=logs - 5 * zero), "y", "x1", ["x2"], zeros)
    assert other["estimate"][0] == pytest.approx(dummy.params["x1"], rel=1e-9)
    assert zeros_otherwise(coded, "y", "x1", ["x2"], zeros & False).empty
