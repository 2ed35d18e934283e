"""The index and the baseline by another definition, beside what is known of both."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.paper.indicator_readings import COLUMNS, indicator_readings
from analysis.regressions.fixed_effects import two_way_fe
from analysis.variables import CONTROLS

SEED = Path(__file__).parents[4] / "dbt/seeds/reference/indicator_readings.csv"
READINGS = pd.read_csv(SEED, keep_default_na=False)
FIRST = "costs_without_taxes"


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    index = pd.MultiIndex.from_product([range(12), range(2003, 2013)], names=["province", "year"])
    panel = pd.DataFrame(index=index).reset_index()
    for name in ("ami", "coagglo", *CONTROLS):
        panel[name] = rng.normal(size=len(panel))
    return panel.assign(
        province_code=panel["province"].map("{:02}0000".format),
        province=panel["province"].map("P{:02}".format),
        ami_partial=np.nan,
    )


@pytest.fixture(scope="module")
def indices(panel: pd.DataFrame) -> pd.DataFrame:
    """The index in use, and one in which P03 gains 9 points in every year."""
    pieces = []
    for definition, more in (("in_use", 0.0), ("otherwise", 9.0)):
        value = panel["ami"] + np.where(panel["province"] == "P03", more, 0.0)
        piece = panel[["province_code", "province", "year"]].assign(
            reading=FIRST, definition=definition, index_value=value
        )
        ranks = piece.groupby("year")["index_value"].rank(ascending=False, method="min")
        pieces.append(piece.assign(index_rank=ranks.astype(int)))
    return pd.concat(pieces, ignore_index=True)


def test_index_ranks_and_coefficient_are_those_of_each_definition(
    panel: pd.DataFrame, indices: pd.DataFrame
) -> None:
    rows = indicator_readings(panel, indices, READINGS).rows
    assert list(rows) == list(COLUMNS)
    in_use, otherwise = rows[rows["reading"] == FIRST].to_dict("records")
    assert (in_use["definition"], otherwise["definition"]) == ("in_use", "otherwise")
    assert (in_use["largest_change"], in_use["rank_correlation"]) == (0, pytest.approx(1))
    assert (in_use["moved_most"], in_use["n_indexed"]) == ("", len(panel))
    assert otherwise["largest_change"] == pytest.approx(9)
    last = indices[(indices["year"] == 2012) & (indices["definition"] == "in_use")]
    place = last.loc[last["province"] == "P03", "index_rank"].item()
    assert (otherwise["largest_rank_change"], otherwise["moved_most"]) == (place - 1, "P03")
    # One goes up place - 1 ranks, as many others down one each.
    squares = (place - 1) ** 2 + (place - 1)
    spearman = 1 - 6 * squares / (12 * (12**2 - 1))
    assert otherwise["rank_correlation"] == pytest.approx(spearman, rel=1e-12)
    for row in (in_use, otherwise):
        of = indices[indices["definition"] == row["definition"]]
        frame = panel.drop(columns="ami").merge(
            of[["province_code", "year", "index_value"]], on=["province_code", "year"]
        )
        fit = two_way_fe(frame, "index_value", ["coagglo", *CONTROLS])
        assert row["estimate"] == pytest.approx(fit.params["coagglo"], rel=1e-9)
        assert row["std_error"] == pytest.approx(fit.std_errors["coagglo"], rel=1e-9)
        assert row["n"] == len(panel)


def test_a_reading_without_figures_keeps_its_row_and_says_when_it_is_printed(
    panel: pd.DataFrame, indices: pd.DataFrame
) -> None:
    rows = indicator_readings(panel, indices, READINGS).rows.set_index("reading")
    assert list(dict.fromkeys(rows.index)) == list(READINGS["reading"])
    absent = rows.loc["value_added_above_scale"]
    assert (absent["definition"], absent["n_indexed"]) == ("otherwise", 0)
    assert "printed by province: until data year 2007" in absent["reason"]
    assert np.isnan(absent["estimate"])


def test_of_a_partial_index_and_missing_controls_it_is_said(
    panel: pd.DataFrame, indices: pd.DataFrame
) -> None:
    partial = panel.assign(ami_partial=panel["ami"], ami=np.nan, fdi=np.nan)
    made = indicator_readings(partial, indices, READINGS)
    row = made.rows.iloc[1]
    assert np.isfinite(row["estimate"]) and row["missing_controls"] == "fdi"
    assert "of the partial index, ami_partial" in made.notes[0][2]


def test_without_agglomeration_the_index_is_compared_all_the_same(
    panel: pd.DataFrame, indices: pd.DataFrame
) -> None:
    row = indicator_readings(panel.assign(coagglo=np.nan), indices, READINGS).rows.iloc[1]
    assert row["largest_change"] == pytest.approx(9)
    assert np.isnan(row["estimate"]) and row["reason"]
