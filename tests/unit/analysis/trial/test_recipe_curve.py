"""The coefficient over recipes, and Table 4 over filled cells, as tables of a small panel."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from trial_data import cells, indicators

from analysis.paper import imputed_tables, recipe_curve
from analysis.paper.recipe_curve import OF_REFRESH, CurveSize
from analysis.regressions.fixed_effects import two_way_fe
from analysis.trial.indicators import indicator_arrays
from analysis.trial.recipes import CHOICES, from_frame
from analysis.trial.scoring import recipe_scores
from analysis.variables import CONTROLS

SMALL = CurveSize(recipes=16, specifications=64, tested=8, design=8, drawn=50)
UNITS, TIMES = 12, 8
CELLS = cells(UNITS, TIMES)


def panel() -> pd.DataFrame:
    """SYNTHETIC panel whose index is that of the cells; one coagglo in six is filled."""
    rng = np.random.default_rng(2)
    data = indicator_arrays(CELLS, indicators())
    keys = pd.MultiIndex.from_product([data.units, data.times], names=["province_code", "year"])
    n = len(keys)
    named = rng.random(n) < 1 / 6
    columns = {name: rng.normal(size=n) for name in ("coagglo", "coagglo_urban", "eg", *CONTROLS)}
    return keys.to_frame(index=False).assign(
        province=lambda frame: frame["province_code"],
        region=np.repeat(["east", "central", "west", "northeast"], n // 4),
        has_national_cluster=np.arange(n) % UNITS < 6,
        ami=recipe_scores(data, from_frame(pd.DataFrame([PUBLISHED])))[0].ravel(),
        ami_partial=np.nan,
        center=rng.poisson(2, n).astype(float),
        is_interpolated=named,
        interpolated_variables=np.where(named, "ami,coagglo", ""),
        bridged_variables=np.where(named, "coagglo", None),
        log_of_zero_variables="",
        **columns,
    )


PUBLISHED = dict(
    zip(CHOICES, ("linear", "none", "minmax", "entropy", "arithmetic", "nothing"), strict=True)
)


def test_every_fit_drawn_can_be_made_again_from_its_row() -> None:
    made = recipe_curve.curve(panel(), CELLS, indicators(), SMALL)
    rows = made.rows
    assert rows["main"].sum() == 1 and rows["standardised"].is_monotonic_increasing
    (main,) = rows[rows["main"]].to_dict("records")
    assert {name: main[name] for name in CHOICES} == PUBLISHED
    assert main["controls"] == ",".join(CONTROLS) and main["sample"] == "all province-years"
    data = indicator_arrays(CELLS, indicators())
    for row in rows.iloc[::7].to_dict("records"):
        score = recipe_scores(data, from_frame(pd.DataFrame([row])))[0].ravel()
        sample = recipe_curve.CURVE_SAMPLES[row["sample"]]
        whole = panel().assign(ami=score)
        names = [row["treatment"], *filter(None, row["controls"].split(","))]
        fit = two_way_fe(whole[sample(whole)], "ami", names)
        assert row["estimate"] == pytest.approx(fit.params.iloc[0], rel=1e-7)
        assert row["std_error"] == pytest.approx(fit.std_errors.iloc[0], rel=1e-7)
        assert row["p_value"] == pytest.approx(fit.p_values.iloc[0], rel=1e-5)
        spread = whole[row["treatment"]].std() / score.std(ddof=1)
        assert row["standardised"] == pytest.approx(row["estimate"] * spread)


def test_the_other_tables_are_of_the_same_fits() -> None:
    options = recipe_curve.by_option(panel(), CELLS, indicators(), SMALL).rows
    curve = recipe_curve.curve(panel(), CELLS, indicators(), SMALL).rows
    whole = options.iloc[0]
    assert whole["fits"] == 17 * 64
    assert whole["fits"] - whole["not_identified"] == curve["n_fits"].iloc[0]
    assert whole["lowest_fit"] == curve["standardised"].iloc[0]
    assert whole["highest_fit"] == curve["standardised"].iloc[-1]
    for _, rows in options[options["choice"] != "control"].groupby("choice"):
        assert rows["fits"].sum() == whole["fits"]
    moved = recipe_curve.moved_by(panel(), CELLS, indicators(), replace(SMALL, design=32))
    assert moved.rows["choice"].tolist() == [*CHOICES, "treatment", "sample", "controls"]
    assert moved.rows["total_order"].min() >= 0
    tests = recipe_curve.joint(panel(), CELLS, indicators(), SMALL).rows
    assert tests["test"].tolist() == ["median", "share significant", "mean z"]
    assert tests["p_value"].between(1 / 500, 1).all()


def test_what_has_no_value_is_left_out_and_said() -> None:
    lacking = panel().drop(columns="eg").assign(coagglo_urban=np.nan, fdi=np.nan)
    made = recipe_curve.curve(lacking, CELLS, indicators(), SMALL)
    assert [note for *_, note in made.notes] == [
        "reduced, not the paper's: fdi without any value, left out",
        "coagglo_urban has no value and is left out",
        "eg has no value and is left out",
    ]
    assert set(made.rows["missing_controls"]) == {"fdi"}
    assert set(made.rows["treatment"]) == {"coagglo"}
    controls = [name for name in CONTROLS if name != "fdi"]
    (main,) = made.rows[made.rows["main"]].to_dict("records")
    assert main["controls"] == ",".join(controls)
    fit = two_way_fe(panel(), "ami", ["coagglo", *controls])
    assert main["estimate"] == pytest.approx(fit.params["coagglo"], rel=1e-9)


def test_without_the_measure_nothing_is_made_up() -> None:
    bare = panel().assign(coagglo=np.nan)
    for table in (
        recipe_curve.curve,
        recipe_curve.by_option,
        recipe_curve.moved_by,
        recipe_curve.joint,
    ):
        made = table(bare, CELLS, indicators())
        assert made.rows.empty
        assert "coagglo" in made.not_estimable[0].reason
    assert OF_REFRESH.recipes * OF_REFRESH.specifications >= 100_000


def test_table_4_over_filled_cells() -> None:
    made = imputed_tables.table_4_filled(panel(), CELLS, indicators(), n=10)
    rows = made.rows.set_index("column")
    assert list(rows.index) == ["1", "2", "4", "5"]
    fit = two_way_fe(panel(), "ami", ["coagglo", *CONTROLS])
    first = rows.loc["1"]
    assert first["estimate"] == pytest.approx(fit.params["coagglo"], rel=1e-9)
    assert first["std_error"] == pytest.approx(fit.std_errors["coagglo"], rel=1e-9)
    filled = panel()["interpolated_variables"] != ""
    assert first["n_filled"] == first["n_bridged"] == filled.sum()
    assert 0 < first["invented"] < 1 and first["pooled_estimate"] != first["estimate"]
    (note,) = made.notes
    assert f"{filled.sum()} of {UNITS * TIMES} cells of coagglo hang on a bridge" in note[2]
    nothing = panel().assign(interpolated_variables="", bridged_variables="")
    whole = imputed_tables.table_4_filled(
        nothing, CELLS.assign(is_interpolated=False), indicators(), n=3
    )
    assert whole.notes == ()
    np.testing.assert_allclose(whole.rows["invented"], 0, atol=1e-12)
    np.testing.assert_allclose(whole.rows["pooled_estimate"], whole.rows["estimate"])
    bare = panel().assign(ami=np.nan, coagglo=np.nan)
    assert imputed_tables.table_4_filled(bare, CELLS.assign(score=np.nan), indicators()).rows.empty
