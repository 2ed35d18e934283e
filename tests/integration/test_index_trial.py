"""SQL and arrays give the same index by every recipe that both compute, from the refreshed demo."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from analysis.trial.indicators import indicator_arrays
from analysis.trial.recipes import PUBLISHED, from_frame
from analysis.trial.scoring import recipe_ranks, recipe_scores

pytestmark = pytest.mark.slow


def test_sql_and_arrays_agree_on_every_recipe_of_the_seed(demo_home: Path) -> None:
    database = demo_home / "warehouse" / "demo" / "warehouse.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        data = indicator_arrays(
            connection.sql("from marts.fct_indicator_score").df(),
            connection.sql("from marts.dim_indicator order by sort_order").df(),
        )
        rows = connection.sql("from reference.index_recipes order by recipe_number").df()
        made = connection.sql(
            "from marts.fct_index_recipe order by recipe_number, province_code, year"
        ).df()
        index = connection.sql("from marts.fct_index order by province_code, year").df()
    recipes = from_frame(rows)
    assert recipes[0] == PUBLISHED and len(recipes) == 23
    scores = recipe_scores(data, recipes)
    found = made["score"].to_numpy().reshape(scores.shape)
    np.testing.assert_allclose(scores, found, rtol=0, atol=1e-10)
    np.testing.assert_allclose(scores[0].ravel(), index["ami"], rtol=0, atol=1e-10)
    ranks = made["score_rank"].to_numpy().reshape(scores.shape)
    np.testing.assert_array_equal(recipe_ranks(scores), ranks)
