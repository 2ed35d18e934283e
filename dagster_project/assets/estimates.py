"""The assets of the layer `estimates`: every table that `analysis.results_tables` declares there.

Frames are loaded, `analysis` is called and what comes back is stored. Nothing here computes a
figure.
"""

from collections.abc import Iterator
from concurrent.futures import Executor

import dagster as dg
import pandas as pd

from ami.code_version import version_of
from ami.up_to_date import Product, Versions, beside_last_good
from ami.warehouse import Warehouse
from analysis import estimate_tables, estimating, results_tables, trial_estimates
from analysis.estimate_tables import ESTIMATES_SCHEMA
from analysis.paper import estimable
from analysis.paper.result_columns import words_of
from analysis.report.frames import PANEL
from analysis.results_tables import ESTIMATES, REMARKS
from dagster_project.assets.metadata import OWNERS, data_version, key, shown, taken_over

# What each table is made from.
MADE_FROM = {estimate.name: [*estimate.needs] for estimate in ESTIMATES} | {
    name: [estimate.source for estimate in ESTIMATES] for name in REMARKS
}
# Of what all of them are declared by and stored with; most of the first import every estimator.
DECLARED_BY = (results_tables, trial_estimates, estimate_tables, estimating)
AROUND = (*(module.__name__ for module in DECLARED_BY), __name__)
STORED_BY = (Warehouse.__module__,)
# What decides how each comes out, its code as it was when it was loaded.
PRODUCTS = {
    estimate.name: Product(
        estimate.source,
        estimate.needs,
        version_of(estimate.make.__module__, *STORED_BY, alone=AROUND),
    )
    for estimate in ESTIMATES
}
# Gathered each time; of those of before what is said of tables that stand.
SAID = {
    name: Product(
        f"{ESTIMATES_SCHEMA}.{name}",
        (),
        version_of(estimable.__name__, *STORED_BY, alone=AROUND),
    )
    for name in REMARKS
}
# Rows of the panel beyond which two processes would hold gigabytes each.
LARGE = 10_000
WORDS = {each.name: each.words for each in ESTIMATES} | REMARKS
LAST = [*SAID.values()][-1].name


def _spec(name: str, words: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key(f"{ESTIMATES_SCHEMA}.{name}"),
        deps=[key(table) for table in MADE_FROM[name]],
        description=words,
        group_name=ESTIMATES_SCHEMA,
        kinds={"python", "duckdb"},
        owners=OWNERS,
        code_version=(PRODUCTS | SAID)[name].code,
    )


@dg.multi_asset(
    name="estimation",
    specs=[_spec(name, words) for name, words in WORDS.items()],
)
def estimation(
    warehouse: dg.ResourceParam[Warehouse], second: dg.ResourceParam[Executor | None]
) -> Iterator[dg.MaterializeResult]:
    """Every regression of the paper and what stands beside it, with space and without.

    What the data cannot carry has no row. A table of which neither code nor inputs have changed
    since the last good refresh is taken over from it.
    """
    n_taken = 0
    warehouse.require([PANEL])
    with warehouse.connect() as connection:
        is_large = len(connection.table(PANEL)) > LARGE
    beside = None if is_large else second
    for product, frame, versions, is_taken in up_to_date(warehouse, beside):
        n_taken += is_taken
        yield dg.MaterializeResult(
            asset_key=key(product.name),
            data_version=data_version(versions),
            metadata=shown(frame, warehouse.dataset)
            | taken_over(is_taken)
            | (_summary(n_taken) if product.name == LAST else {}),
        )


def _summary(n_taken: int) -> dict[str, str]:
    words = "tables of estimates stand, for all that they are made from is as it was"
    return {"summary": f"{n_taken} of {len(PRODUCTS)} {words}"} if n_taken else {}


def up_to_date(
    warehouse: Warehouse, second: Executor | None = None
) -> Iterator[tuple[Product, pd.DataFrame, Versions, bool]]:
    """Every table of estimates: its rows, its versions, whether it was taken over or else made.

    second: a process that makes some of them, if there is one.
    """
    taken: dict[str, Versions] = {}
    with beside_last_good(warehouse) as last_good:
        known = all([last_good.take_over(product) for product in SAID.values()])
        said = {name: warehouse.read(product.name) for name, product in SAID.items() if known}

        def stands(name: str) -> bool:
            taken[name] = last_good.take_over(PRODUCTS[name]) if known else {}
            return bool(taken[name])

        for name, made in estimating.estimated(warehouse.read, stands, said, second):
            product = (PRODUCTS | SAID)[name]
            if made is not None:
                warehouse.write(product.name, made)
            frame = warehouse.read(product.name)
            columns = {each: words_of(each) for each in map(str, frame)}
            warehouse.describe(product.name, columns, WORDS[name])
            yield product, frame, taken.get(name) or last_good.note(product), made is None
    warehouse.note(
        {
            f"{ESTIMATES_SCHEMA}.{name}": [*needs, f"{ESTIMATES_SCHEMA}.{name}"]
            for name, needs in MADE_FROM.items()
        }
    )


ASSETS = [estimation]
