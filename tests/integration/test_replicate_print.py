"""`ami replicate-print`: the readings are what they say, and real figures give what is in print."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from ami_command import run_ami_here

from ami.replication import STATISTICS, Replication, table_2, table_3

AS_BUILT = "newest edition, data years 2003-2021, gaps filled"


def warehouse(home: Path, dataset: str) -> Path:
    return home / "warehouse" / dataset / "warehouse.duckdb"


def read(database: Path, query: str) -> pd.DataFrame:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(query).df()


def ours(found: Replication, subject: str, reading: str) -> dict[str, float]:
    return {
        figure.statistic: figure.ours
        for figure in found.figures
        if figure.subject == subject and figure.reading == reading
    }


@pytest.fixture(scope="module")
def demo_weights(demo_home: Path) -> Replication:
    return table_2(warehouse(demo_home, "demo"))


def test_the_reading_that_was_built_gives_the_marts(
    demo_home: Path, demo_weights: Replication
) -> None:
    database = warehouse(demo_home, "demo")
    found = table_3(database)
    mart = read(database, "from marts.fct_descriptives").set_index("variable")
    assert found.at_hand == tuple(mart.index)
    for variable in ("ami", "gam", "pdgp", "str"):
        expected = mart.loc[variable, [*STATISTICS]].astype(float)
        assert ours(found, variable, AS_BUILT) == pytest.approx(dict(expected), rel=1e-9)
    weights = read(database, "from marts.dim_indicator").set_index("indicator")
    pooled = f"{AS_BUILT}, weights over all province-years"
    for indicator in weights.index:
        assert ours(demo_weights, indicator, pooled) == pytest.approx(
            dict(weights.loc[indicator, ["overall_weight", "individual_weight"]]), rel=1e-9
        )


@pytest.fixture
def by_year(demo_home: Path) -> Iterator[pd.DataFrame]:
    """The weights of each year by itself, written out in numpy."""
    values = read(
        warehouse(demo_home, "demo"),
        "select indicator, attribute, dimension, year, value from"
        " intermediate.int_indicators__values join reference.indicators using (indicator)"
        " where year between 2003 and 2021",
    )

    def utility(group: pd.DataFrame) -> float:
        x = group["value"].to_numpy(dtype=float)
        size = np.ptp(x)
        score = (x - x.min() if group["attribute"].iloc[0] == "positive" else x.max() - x) / size
        share = score / score.sum()
        return 1 + (share[share > 0] * np.log(share[share > 0])).sum() / np.log(len(x))

    keys = ["year", "dimension", "indicator"]
    utilities = values.groupby(keys)[["value", "attribute"]].apply(utility).reset_index(name="u")
    utilities["overall_weight"] = utilities["u"] / utilities.groupby("year")["u"].transform("sum")
    of_dimension = utilities.groupby(["year", "dimension"])["u"].transform("sum")
    utilities["individual_weight"] = utilities["u"] / of_dimension
    yield utilities.groupby("indicator")[["overall_weight", "individual_weight"]].mean()


def test_weights_by_year_are_their_means(demo_weights: Replication, by_year: pd.DataFrame) -> None:
    reading = f"{AS_BUILT}, weights by year, then their mean"
    for indicator, row in by_year.iterrows():
        assert ours(demo_weights, str(indicator), reading) == pytest.approx(dict(row), rel=1e-9)


def test_missing_coded_zero_and_other_years_are_what_they_say(nbs_home: Path) -> None:
    database = warehouse(nbs_home, "nbs")
    found = table_3(database)
    patents = read(
        database,
        "select province_code, year, value_used / 1e4 as value from"
        " intermediate.int_items__preferred where item_code = 'invention_patents_granted_count'"
        " and year between 2002 and 2020",
    )
    whole = np.concatenate([patents["value"], np.zeros(31 * 19 - len(patents))])
    reading = "newest edition, data years 2002-2020, as published only, missing coded zero"
    assert ours(found, "uic", reading) == pytest.approx(
        {"mean": whole.mean(), "sd": whole.std(ddof=1), "min": 0, "max": whole.max()}
    )
    # The paper prints .48, .95, .00 and 7.07: Guangdong's patents of 2020, missing years as zeros.
    (nearest, largest), *_ = found.readings("uic")
    assert "data years 2002-2020" in nearest and "missing coded zero" in nearest
    assert largest < 0.05
    printed = {figure.statistic: found.prints_as(figure) for figure in found.nearest("uic")}
    assert printed["max"] and printed["min"]
    assert {"pdgp", "str", "inv", "gov", "uic", "coagglo"} <= {*found.at_hand}
    assert "fdi" in found.not_at_hand and found.remarks["ami"] == "3 of 21 indicators"


def test_a_person_reads_it(nbs_home: Path) -> None:
    answer = run_ami_here(nbs_home, "replicate-print", "table3", "--dataset", "nbs")
    assert answer.returncode == 0, answer.stderr
    assert "amw (from 3 of 4 indicators)" in answer.stdout
    assert "as printed" in answer.stdout
    assert "fdi: waits for fdi_10k_usd" in answer.stdout
    answer = run_ami_here(nbs_home, "replicate-print", "table2", "--dataset", "nbs")
    assert answer.returncode == 0, answer.stderr
    assert "new_product_share: waits for industrial_output_100m_yuan" in answer.stdout


def test_without_a_warehouse_it_says_so(tmp_path: Path) -> None:
    answer = run_ami_here(tmp_path, "replicate-print", "table3")
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr
