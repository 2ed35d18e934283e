"""Many models at once equal one regression each, and none is lost."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.panel import EstimationError, NotIdentifiedError
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.many_regressions import Model, estimate_many

SUBSETS = ((), ("x3",), ("x4",), ("x3", "x4"))
EVERYWHERE = {"all": lambda panel: panel["year"] > 0}


def in_years(until: int) -> pd.Series:
    return lambda panel: panel["year"] <= until


# Each example is 48 regressions, twice.
@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    provinces=st.integers(2, 7),
    years=st.integers(2, 7),
    missing=st.floats(0, 0.3),
    gaps=st.floats(0, 0.2),
)
def test_every_specification_equals_its_own_regression(
    seed: int, provinces: int, years: int, missing: float, gaps: float
) -> None:
    panel = random_panel(seed, provinces=provinces, years=years, k=4, missing=missing)
    rng = np.random.default_rng(seed)
    panel["x2"] = panel["x2"].where(rng.random(len(panel)) >= gaps)
    panel["x4"] = panel["x4"] * 1e9  # yuan beside ratios
    panel["z"] = panel["y"] - panel["x3"]
    half = pd.Series(rng.random(len(panel)) < 0.7, index=panel.index)
    samples = {**EVERYWHERE, "half": half, "early": in_years(2003 + years // 2)}
    models = [
        Model(outcome, treatment, controls)
        for outcome in ("y", "z")
        for treatment in ("x1", "x2")
        for controls in SUBSETS
    ]
    rows = estimate_many(panel, models, samples)

    assert len(rows) == 2 * 2 * 4 * 3
    for row in rows.itertuples():
        chosen = samples[row.sample]
        taken = panel[chosen(panel) if callable(chosen) else chosen]
        if taken.empty:
            assert row.reason == "the sample has no rows"
            continue
        try:
            fit = two_way_fe(taken, row.outcome, [row.treatment, *row.controls])
        except NotIdentifiedError as error:
            assert row.reason == str(error)
            assert np.isnan(row.estimate)
            continue
        assert row.reason == ""
        assert (row.n, row.n_clusters) == (fit.n, fit.n_clusters)
        assert row.estimate == pytest.approx(fit.params[row.treatment], rel=1e-9, abs=1e-12)
        # What clustering leaves of an error may itself be a small difference of large numbers.
        assert row.std_error == pytest.approx(fit.std_errors[row.treatment], rel=1e-8)
        assert row.p_value == pytest.approx(fit.p_values[row.treatment], rel=1e-6, abs=1e-12)
        interval = fit.conf_int().loc[row.treatment]
        assert row.lower == pytest.approx(interval["lower"], rel=1e-7, abs=1e-9)
        assert row.upper == pytest.approx(interval["upper"], rel=1e-7, abs=1e-9)


def test_the_panel_of_the_papers_shape_agrees_to_nine_digits() -> None:
    panel = random_panel(1, provinces=31, years=19, k=5, missing=0.1)
    subsets = [of for size in range(5) for of in combinations(["x2", "x3", "x4", "x5"], size)]
    rows = estimate_many(panel, [Model("y", "x1", of) for of in subsets], EVERYWHERE)
    assert len(rows) == 16
    for row in rows.itertuples():
        fit = two_way_fe(panel, "y", ["x1", *row.controls])
        assert row.estimate == pytest.approx(fit.params["x1"], rel=1e-9)
        assert row.std_error == pytest.approx(fit.std_errors["x1"], rel=1e-9)


def test_a_specification_equals_brute_force() -> None:
    panel = random_panel(2, missing=0.2)
    row = estimate_many(panel, [Model("y", "x2", ("x1",))], EVERYWHERE).iloc[0]
    expected = lsdv(panel, "y", ["x2", "x1"])
    assert row["estimate"] == pytest.approx(expected.slopes[0], rel=1e-9)
    assert row["std_error"] == pytest.approx(expected.std_errors[0], rel=1e-9)


def test_a_panel_of_two_parts_that_share_no_year() -> None:
    panel = random_panel(3, provinces=8, years=8)
    early = panel["year"] < 2007
    panel = panel[early == panel["province"].isin(["P00", "P01", "P02", "P03"])]
    row = estimate_many(panel, [Model("y", "x1", ("x2",))], EVERYWHERE).iloc[0]
    fit = two_way_fe(panel, "y", ["x1", "x2"])
    assert row["std_error"] == pytest.approx(fit.std_errors["x1"], rel=1e-9)


def test_what_is_not_identified_is_listed_with_its_reason() -> None:
    panel = random_panel(5)
    panel["level"] = panel["province"].str[1:].astype(float)
    panel["none"] = np.nan
    panel["sum"] = panel["x1"] + panel["x2"]
    samples = {
        **EVERYWHERE,
        "one": panel["province"] == "P00",
        "nothing": panel["year"] < 0,
    }
    subsets = [(), ("x2",), ("sum",), ("x2", "sum")]
    models = [Model("y", of, controls) for of in ("x1", "level", "none") for controls in subsets]
    found = estimate_many(panel, models, samples)
    rows = found.set_index(["sample", "treatment", "controls"])["reason"]
    assert rows["all", "x1", ("x2",)] == ""
    assert rows["all", "x1", ("x2", "sum")].startswith("collinear")
    assert rows["all", "level", ()] == "absorbed by the province and year effects: level"
    assert rows["all", "none", ()] == "without any value: none"
    assert rows["one", "x1", ()].startswith("clustering needs two or more values of province")
    assert rows["nothing", "x1", ()] == "the sample has no rows"


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (np.ones(3, dtype=bool), "sample 'odd': expected true or false for each of 36 rows"),
        (np.ones(36), "found float64"),
        (pd.Series(True, index=range(1, 37)), "sample 'odd': its index is not the panel's"),
    ],
)
def test_a_sample_that_is_not_one_boolean_per_row_is_refused(
    sample: np.ndarray | pd.Series, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        estimate_many(random_panel(8), [Model("y", "x1")], {"odd": sample})


def test_wrong_data_and_wrong_calls_are_refused_in_words() -> None:
    panel = random_panel(9)
    with pytest.raises(EstimationError, match="columns not in the panel: x9"):
        estimate_many(panel, [Model("y", "x1", ("x9",))], EVERYWHERE)
    infinite = panel.replace({"x2": panel["x2"][4]}, np.inf)
    with pytest.raises(EstimationError, match="column 'x2' must hold finite numbers, found 'inf'"):
        estimate_many(infinite, [Model("y", "x1", ("x2",))], EVERYWHERE)
    with pytest.raises(EstimationError, match="pairs that occur more than once: P00 2003"):
        estimate_many(pd.concat([panel, panel[:1]]), [Model("y", "x1")], EVERYWHERE)
    with pytest.raises(EstimationError, match="named more than once in the model: y, x1, x1"):
        estimate_many(panel, [Model("y", "x1", ("x1",))], EVERYWHERE)
    with pytest.raises(ValueError, match="no model was given"):
        estimate_many(panel, [], EVERYWHERE)
