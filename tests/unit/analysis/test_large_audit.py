"""The audit's sizes and its page; its tables have tests of their own."""

import numpy as np
import pandas as pd
import pytest

from analysis.large_audit import MOST, N_RECIPES, audit_tables, summary
from analysis.paper.estimable import EstimatesTable, NotEstimable
from analysis.results_tables import ESTIMATES


def test_the_tables_are_those_of_a_refresh_made_from_the_same() -> None:
    needs = {estimate.name: estimate.needs for estimate in ESTIMATES}
    made_by = {estimate.name: estimate.make for estimate in ESTIMATES}
    for table in audit_tables():
        assert (table.needs, table.make) == (needs[table.name], made_by[table.name])


@pytest.mark.parametrize(("n", "nearest"), [(10_000, "8192"), (0, "64"), (MOST + 1, "65536")])
def test_other_numbers_of_recipes_are_refused_with_the_nearest(n: int, nearest: str) -> None:
    with pytest.raises(ValueError, match=f"powers of two only, .* the nearest is {nearest}"):
        next(audit_tables(n))
    assert next(audit_tables()).size == {"n": N_RECIPES}


def made_of_nothing() -> dict[str, EstimatesTable]:
    columns = {estimate.name: list(estimate.columns) for estimate in ESTIMATES}
    refused = NotEstimable("specification curve", "", ("coagglo",), "without any value: coagglo")
    return {
        table.name: EstimatesTable(
            pd.DataFrame(columns=columns[table.name]), not_estimable=(refused,)
        )
        for table in audit_tables()
    }


def test_a_dataset_that_carries_nothing_is_told_so() -> None:
    page = summary(made_of_nothing(), "mine", "2026-01-01 00:00 UTC", synthetic=False)
    assert "SYNTHETIC" not in page
    assert "There is no index to try." in page
    assert "There is no coefficient of coagglo to try." in page
    assert page.count("not estimable: without any value: coagglo") == 1


def test_the_page_says_synthetic_and_what_decides() -> None:
    ranks = pd.DataFrame(
        {
            "province": ["Beijing", "Tibet"], "year": 2021, "score_rank": [1, 2],
            "rank_lower": [1.0, 1.0], "rank_upper": [1.0, 2.0], "share_top_ten": 1.0,
            "n_recipes": 64,
        }
    )  # fmt: skip
    moved = pd.DataFrame(
        {
            "output": "mean_rank_shift",
            "choice": ["weighting", "left_out", "outliers"],
            "total_order": [0.2, 0.7, np.nan],
        }
    )
    made = made_of_nothing() | {
        "index_uncertainty": EstimatesTable(ranks),
        "index_sensitivity": EstimatesTable(moved),
    }
    page = summary(made, "demo", "now", synthetic=True)
    assert page.splitlines()[1].startswith("SYNTHETIC: ")
    assert "   2  Tibet              1 to   2   100 %" in page
    assert "takes part in: left out 70 %, weighting 20 %\n" in page
