"""What a raw cell does to a coefficient, held against the warehouse computed again with it moved.

Every statement of the refresh runs again from the preferred figures on, and the regression with it.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from estimated import coefficient_of

from ami.cell_moves import TABLE, make_cell_moves
from ami.counterfactuals import CELLS
from ami.dataset import DEMO, Dataset
from ami.warehouse import Warehouse
from analysis.paper.sensitivity import reduced_columns
from analysis.paper.specifications import specifications

# Of a raw figure; the table says what one per cent does.
STEP = 1e-5
# Of each coefficient, by the place of the cell among its twenty.
PLACES = (1, 3, 20)
Moved = Callable[[str, str, int, float], pd.DataFrame]


@contextmanager
def recomputing(home: Path, dataset: str) -> Iterator[Moved]:
    """What gives the panel of a dataset with one raw figure multiplied."""
    with duckdb.connect(config={"threads": 1}) as connection:
        database = home / "warehouse" / dataset / "warehouse.duckdb"
        connection.execute(f"attach '{database}' as stood (read_only)")
        recipe = connection.execute(
            "select relation, statement from stood.audit.recipe order by position"
        ).fetchall()
        names = [relation for relation, _ in recipe]
        behind = recipe[names.index(CELLS) + 1 :]
        for relation in names[: names.index(CELLS)]:
            connection.execute(f"create schema if not exists {relation.partition('.')[0]}")
            connection.execute(f"create view {relation} as from stood.{relation}")
        panel = connection.table("stood.marts.fct_panel").df()

        def with_one(item: str, province: str, year: int, factor: float) -> pd.DataFrame:
            connection.execute(
                f"create or replace table {CELLS} as select * replace (value_used * case"
                " when item_code = $1 and province_code = $2 and year = $3 then $4 else 1 end"
                f" as value_used) from stood.{CELLS}",
                [item, province, year, factor],
            )
            for relation, statement in behind:
                connection.execute(f"create or replace table {relation} as {statement}")
            values = connection.table("intermediate.int_variables__values").df()
            wide = values.pivot(index=["province_code", "year"], columns="variable", values="value")
            known = panel.set_index(["province_code", "year"])
            return known.assign(**{name: wide[name] for name in wide}).reset_index()

        yield with_one


def require_same_slopes(home: Path, dataset: str, place: str) -> None:
    """Of some of the twenty cells of a coefficient, placed by table, column and term."""
    table, name, term = place.rsplit(" ", 2)
    results = home / "results" / dataset
    influence = pd.read_csv(results / "row_influence.csv", dtype=str)
    known = influence["table"].eq(table) & influence["column"].eq(name)
    own = influence[known & influence["term"].eq(term) & influence["kind"].eq("cell")]
    own = own.set_index("influence_rank")
    assert len(own) == 20
    panel = pd.read_csv(results / "panel.csv", dtype={"province_code": str})
    codes = panel.set_index("province")["province_code"].to_dict()
    columns = (*specifications(), *reduced_columns(panel))
    (column,) = (of for of in columns if (of.table, of.column) == (table, name))

    with recomputing(home, dataset) as moved:
        for rank in PLACES:
            cell = own.loc[str(rank)]
            province, year = cell["province_years"].rsplit(" ", 1)
            up, down = (
                coefficient_of(
                    moved(cell["figure"], codes[province], int(year), 1 + step), column, term
                )
                for step in (STEP, -STEP)
            )
            slope = (up - down) / (200 * STEP)
            assert float(cell["change_first_order"]) == pytest.approx(slope, rel=1e-4)


@pytest.mark.parametrize("place", ["4 1 coagglo", "4 3 coagglo", "9 1 coagglo*mi"])
def test_a_raw_cell_moves_a_coefficient_as_the_warehouse_computed_again_does(
    demo_home: Path, place: str
) -> None:
    require_same_slopes(demo_home, "demo", place)


@pytest.mark.parametrize("place", ["reduced table 4 1 coagglo", "reduced table 4 4 eg"])
def test_so_does_a_cell_of_an_official_export(nbs_home: Path, place: str) -> None:
    require_same_slopes(nbs_home, "nbs", place)


def test_made_again_each_change_is_the_same_to_the_last_bit(
    demo_home: Path, tmp_path: Path
) -> None:
    warehouse = Warehouse(Dataset(DEMO, tmp_path, tmp_path))
    warehouse.dataset.folder.mkdir(parents=True)
    database = demo_home / "warehouse" / DEMO / "warehouse.duckdb"
    shutil.copyfile(database, warehouse.dataset.build_database)
    with warehouse.connect() as connection:
        connection.execute(f"create table published.before as from {TABLE}")
        make_cell_moves(connection)
        again = connection.table(TABLE)
        assert len(again) == len(connection.table("published.before")) > 10_000
        assert not again.except_(connection.table("published.before")).fetchall()
