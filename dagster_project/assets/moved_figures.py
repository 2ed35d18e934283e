"""The asset between the clean models and the estimates: how far figures move with raw cells."""

import dagster as dg

from ami import cell_moves
from ami.code_version import version_of
from ami.up_to_date import Product, beside_last_good
from ami.warehouse import Warehouse
from dagster_project.assets.metadata import OWNERS, data_version, key, shown, taken_over

PRODUCT = Product(
    cell_moves.TABLE,
    cell_moves.NEEDS,
    version_of(cell_moves.__name__, Warehouse.__module__, alone=(__name__,)),
)


@dg.asset(
    key=key(cell_moves.TABLE),
    # What the statements are is told by a table of the schema `audit`, which no asset is.
    deps=[key(table) for table in cell_moves.NEEDS if not table.startswith("audit.")],
    description=cell_moves.ABOUT,
    group_name="lineage",
    kinds={"python", "duckdb"},
    owners=OWNERS,
    code_version=PRODUCT.code,
)
def moved_figures(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    with beside_last_good(warehouse) as last_good:
        versions = last_good.take_over(PRODUCT)
        if not (is_taken := bool(versions)):
            cell_moves.make_cell_moves(last_good.connection)
            versions = last_good.note(PRODUCT)
    words = {name: held for name, (_, held) in cell_moves.COLUMNS.items()}
    warehouse.describe(PRODUCT.name, words, cell_moves.ABOUT)
    warehouse.note({PRODUCT.name: [*PRODUCT.needs, PRODUCT.name]})
    return dg.MaterializeResult(
        data_version=data_version(versions),
        metadata=shown(warehouse.read(PRODUCT.name), warehouse.dataset) | taken_over(is_taken),
    )


ASSETS = [moved_figures]
