"""The assets of the layer `estimates`: every table that `analysis.results_tables` declares there.

Frames are loaded, `analysis` is called and what comes back is stored. Nothing here computes a
figure.
"""

from collections.abc import Iterator

import dagster as dg

from ami.warehouse import Warehouse
from analysis.estimate_tables import ESTIMATES_SCHEMA
from analysis.paper.result_columns import words_of
from analysis.results_tables import ESTIMATES, REMARKS, estimated
from dagster_project.assets.metadata import OWNERS, shown


def key(table: str) -> dg.AssetKey:
    """The asset of a table of the warehouse, `schema.name`."""
    return dg.AssetKey(table.split("."))


def _spec(name: str, words: str, needs: list[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        key(f"{ESTIMATES_SCHEMA}.{name}"),
        deps=[key(table) for table in needs],
        description=words,
        group_name=ESTIMATES_SCHEMA,
        kinds={"python", "duckdb"},
        owners=OWNERS,
    )


# What each table is made from.
MADE_FROM = {estimate.name: [*estimate.needs] for estimate in ESTIMATES} | {
    name: [estimate.source for estimate in ESTIMATES] for name in REMARKS
}


@dg.multi_asset(
    name="estimation",
    specs=[
        _spec(name, words, MADE_FROM[name])
        for name, words in ({each.name: each.words for each in ESTIMATES} | REMARKS).items()
    ],
)
def estimation(warehouse: dg.ResourceParam[Warehouse]) -> Iterator[dg.MaterializeResult]:
    """Every regression of the paper and what stands beside it, with space and without.

    What the data cannot carry has no row.
    """
    for name, frame in estimated(warehouse.read):
        words = {column: words_of(column) for column in map(str, frame)}
        warehouse.write(f"{ESTIMATES_SCHEMA}.{name}", frame, words)
        yield dg.MaterializeResult(
            asset_key=[ESTIMATES_SCHEMA, name], metadata=shown(frame, warehouse.dataset)
        )
    warehouse.note(
        {
            f"{ESTIMATES_SCHEMA}.{name}": [*needs, f"{ESTIMATES_SCHEMA}.{name}"]
            for name, needs in MADE_FROM.items()
        }
    )


ASSETS = [estimation]
