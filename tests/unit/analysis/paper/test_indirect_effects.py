"""Tables beside the regressions: complete, keyed as the paper prints, refused in words."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.panel import lagged
from analysis.paper import indirect_effects, sensitivity
from analysis.paper.estimable import NotEstimable, remarks_on
from analysis.paper.long_form import beside_published
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls
from analysis.variables import CONTROLS

PUBLISHED = Path(__file__).parents[4] / "dbt/seeds/paper/published_estimates.csv"


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    """SYNTHETIC panel of twelve provinces with a mediated and a moderated effect."""
    rng = np.random.default_rng(5)
    index = pd.MultiIndex.from_product([range(12), range(2003, 2015)], names=["province", "year"])
    panel = pd.DataFrame(index=index).reset_index()
    n = len(panel)
    level = rng.normal(size=12)[panel["province"]]
    for name in (*CONTROLS, "coagglo", "mi", "icc"):
        panel[name] = level + rng.normal(size=n)
    panel["uic"] = 0.5 * panel["coagglo"] + 0.2 * panel["coagglo"] * panel["mi"]
    panel["uic"] += level + 0.3 * rng.normal(size=n)
    panel["ami"] = 0.4 * panel["coagglo"] + panel["uic"] + level + rng.normal(size=n)
    return panel.assign(
        province=panel["province"].map("P{:02}".format),
        region=np.array(["east", "central", "west", "northeast"])[panel["province"] % 4],
        has_national_cluster=panel["province"] % 2 == 0,
        is_interpolated=panel["year"] == 2003,
        bridged_variables=np.where(panel["year"] == 2005, "coagglo", ""),
        log_of_zero_variables=np.where(panel["year"] == 2004, "fdi", ""),
        coagglo_urban=panel["coagglo"] + 0.1 * rng.normal(size=n),
        eg=panel["coagglo"] / 100 + 0.001 * rng.normal(size=n),
        eg_pair=rng.normal(size=n),
    )


def test_table_8_has_the_keys_of_print_and_adds_up(panel: pd.DataFrame) -> None:
    made = indirect_effects.mediation(panel)
    long = indirect_effects.published_form(panel, made.rows)
    published = pd.read_csv(PUBLISHED, dtype={"table": str, "column": str})
    both = beside_published(long, published)

    assert both["published_estimate"].notna().sum() == (published["table"] == "8").sum()
    by_effect = made.rows.set_index("effect")
    total = two_way_fe(panel, "ami", ["coagglo", *CONTROLS]).params["coagglo"]
    parts = by_effect.loc[["direct", "indirect"], "estimate"].sum()
    assert by_effect.loc["total", "estimate"] == pytest.approx(parts, rel=1e-12)
    assert parts == pytest.approx(total, rel=1e-9)
    by_place = long.set_index(["column", "term"])["estimate"]
    assert by_place["ci_lower", "total"] == by_effect.loc["total", "bias_corrected_lower"]
    assert by_place["bca_upper", "direct"] == by_effect.loc["direct", "bca_upper"]
    assert by_place["sobel", "indirect"] == pytest.approx(
        by_effect.loc["indirect", "estimate"], rel=1e-9
    )


def test_conditional_effects_stand_at_percentiles_of_the_moderator(panel: pd.DataFrame) -> None:
    rows = indirect_effects.conditional_effects(panel).rows
    of_mi = rows[(rows["table"] == "9") & (rows["effect"] == "indirect")]
    assert list(of_mi["level"]) == ["16th percentile", "median", "84th percentile"]
    low, _, high = of_mi["moderator_value"]
    assert (panel["mi"] < low).mean() == pytest.approx(0.16, abs=0.01)
    assert (panel["mi"] > high).mean() == pytest.approx(0.16, abs=0.01)
    assert rows.groupby("moderator").size().to_dict() == {"icc": 10, "mi": 10}


def test_robustness_starts_at_the_baseline_and_leaves_out_every_province(
    panel: pd.DataFrame,
) -> None:
    rows = sensitivity.robustness(panel).rows
    fit = two_way_fe(panel, "ami", ["coagglo", *CONTROLS])

    assert rows.loc[0, "kind":"option"].tolist() == ["winsorised", "0"]
    assert rows.loc[0, "estimate"] == pytest.approx(fit.params["coagglo"], rel=1e-9)
    without = rows[rows["kind"] == "left_out"]
    assert set(without["option"]) == set(panel["province"])


def test_robustness_sets_each_measure_in_the_place_of_coagglo(panel: pd.DataFrame) -> None:
    rows = sensitivity.robustness(panel.drop(columns="coagglo_urban")).rows
    of_measures = rows[rows["kind"] == "measure"].set_index("option")
    assert list(of_measures.index) == ["coagglo", "eg", "eg_pair"]
    for name, row in of_measures.iterrows():
        fit = two_way_fe(panel, "ami", [name, *CONTROLS])
        spread = panel[name].std()
        assert row["estimate"] == pytest.approx(fit.params[name] * spread, rel=1e-9)
        assert row["std_error"] == pytest.approx(fit.std_errors[name] * spread, rel=1e-9)


def test_table_4_is_reduced_where_controls_are_missing_and_only_there(panel: pd.DataFrame) -> None:
    whole = sensitivity.reduced_table_4(panel)
    assert whole.rows.empty and not whole.notes and not whole.not_estimable

    made = sensitivity.reduced_table_4(panel.drop(columns="inf").assign(fdi=np.nan))
    pd.testing.assert_series_equal(whole.rows.dtypes, made.rows.dtypes)
    assert set(made.rows["table"]) == {"reduced table 4"}
    assert set(made.rows["missing_controls"]) == {"fdi,inf"}
    at_hand = ["pdgp", "hcl", "gov", "inv", "str"]
    first = made.rows[made.rows["column"] == "1"].set_index("term")
    fit = two_way_fe(panel, "ami", ["coagglo", *at_hand])
    np.testing.assert_allclose(first.loc[fit.params.index, "estimate"], fit.params, rtol=1e-9)
    np.testing.assert_allclose(first.loc[fit.params.index, "dispersion"], fit.std_errors, rtol=1e-9)
    third = made.rows[made.rows["column"] == "3"].set_index("term")
    instrumented = panel.assign(lag=lagged(panel, "coagglo"))
    iv = fe_2sls(instrumented, "ami", ["coagglo"], ["lag"], at_hand)
    assert third.loc["coagglo", "estimate"] == pytest.approx(iv.params["coagglo"], rel=1e-9)
    # No year after 2014 here: a column that is not estimable for another reason stays refused.
    assert [(of.table, of.column) for of in made.not_estimable] == [("reduced table 4", "5")]


def test_robustness_without_a_control_says_so_in_every_row(panel: pd.DataFrame) -> None:
    made = sensitivity.robustness(panel.assign(fdi=np.nan))
    fit = two_way_fe(panel, "ami", ["coagglo", *(name for name in CONTROLS if name != "fdi")])
    assert made.rows.loc[0, "estimate"] == pytest.approx(fit.params["coagglo"], rel=1e-9)
    assert set(made.rows["missing_controls"]) == {"fdi"}
    assert [note for *_, note in made.notes] == [
        "reduced, not the paper's: fdi without any value, left out"
    ]


@pytest.mark.parametrize(
    ("make", "lacking"),
    [
        (indirect_effects.mediation, "fdi"),
        (indirect_effects.conditional_effects, "fdi"),
        (sensitivity.robustness, "coagglo"),
    ],
)
def test_what_a_dataset_lacks_is_named_and_the_table_keeps_its_columns(
    make: object, lacking: str, panel: pd.DataFrame
) -> None:
    assert callable(make)
    nothing, full = make(panel.assign(**{lacking: np.nan})), make(panel)

    assert nothing.rows.empty
    pd.testing.assert_series_equal(nothing.rows.dtypes, full.rows.dtypes)
    assert {of.missing_variables for of in nothing.not_estimable} == {(lacking,)}
    assert not full.not_estimable
    refused = remarks_on("mediation", nothing)["not_estimable"]
    assert (refused["reason"] == f"without any value: {lacking}").all()
    assert indirect_effects.published_form(
        panel, indirect_effects.mediation(panel.assign(fdi=np.nan)).rows
    ).empty


def test_what_the_data_do_not_identify_is_not_estimable(panel: pd.DataFrame) -> None:
    made = indirect_effects.mediation(panel.assign(hcl=panel["pdgp"]))

    (refused,) = made.not_estimable
    assert isinstance(refused, NotEstimable)
    assert (refused.table, refused.missing_variables) == ("8", ())
    assert "hcl is a combination of pdgp" in refused.reason
