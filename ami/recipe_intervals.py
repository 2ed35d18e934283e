"""How far a figure of the index moves over recipes, read from the table that says it.

Not here: how the intervals are found (`analysis.trial`), how they are shown (`command.explain`).
"""

import duckdb

from ami.explanation import RecipeInterval

_OF_ONE = """
select
    score_lower,
    score_upper,
    score_rank as rank,
    rank_lower::integer as rank_lower,
    rank_upper::integer as rank_upper,
    share_top_ten,
    n_recipes
from estimates.index_uncertainty
where province_code = ? and year = ?
"""


def recipe_interval(
    connection: duckdb.DuckDBPyConnection, province_code: str, year: int
) -> RecipeInterval | None:
    """None where the province has no rank, and in a build that a gate stopped before estimates."""
    try:
        row = connection.execute(_OF_ONE, [province_code, year]).fetchone()
    except duckdb.CatalogException:
        return None
    return RecipeInterval(*row) if row else None
