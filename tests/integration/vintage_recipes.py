"""A vintage computed again, for the tests that compare it with what was published."""

from pathlib import Path

import pandas as pd

from ami.counterfactuals import reading, run
from ami.vintage_store import VARIABLES, list_vintages, recipe_of


def compute_again(database: Path, number: int) -> pd.DataFrame:
    """A vintage's variables, province_code, year, variable and value, by its recipe from raw cells.

    Nothing of what it published is read but its recipe.
    """
    with reading(database) as connection:
        (vintage,) = (each for each in list_vintages(connection) if each.vintage == number)
        recipe = recipe_of(connection, vintage.recipe)
        connection.execute("use memory")
        run(connection, vintage, recipe, vintage.last_load_seq)
        return connection.execute(
            f"select province_code, year, variable, value from {VARIABLES} order by all"
        ).df()
