"""The index from a long table of indicator values, in the project's SQL as dbt renders it.

Every contestant reads the same Parquet files (`LongTable`) and leaves the same tables (`MODELS`).
Here: what they start from and leave, and the SQL. Not here: the peers (`index_peers`), and how all
are measured and compared (`index_sql`).
"""

import io
import json
import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

DBT_PROJECT = Path(__file__).resolve().parent.parent / "dbt"
DATABASE = "benchmark"
THREADS = 2
# Rows of a group of a Parquet file: texts are looked up among fewer than in DuckDB's 122,880.
ROW_GROUP = 51_200

# The dbt model the index is computed from, and those that hold the result, by table.
LONG_TABLE_MODEL = "int_indicators__values"
MODELS = {
    "index": "fct_index",
    "scores": "fct_indicator_score",
    "weights": "int_indicators__weights",
}
UNIT_YEAR = ["province_code", "year"]

# Writes the tables that were computed into a folder, `<table>.parquet`.
Save = Callable[[Path], None]


@dataclass(frozen=True)
class LongTable:
    """What every contestant starts from: three Parquet files in a folder.

    values: the columns of int_indicators__values, one row per unit, year and indicator, the grid
        complete. Codes are stored as dictionaries, so that peers read them as categories.
    indicators: the seed of that name.
    provinces: province_code, province. limits: the seed, of which the index needs a row.
    """

    folder: Path
    n_rows: int

    @property
    def values(self) -> Path:
        return self.folder / "values.parquet"

    @property
    def indicators(self) -> Path:
        return self.folder / "indicators.parquet"

    @property
    def provinces(self) -> Path:
        return self.folder / "provinces.parquet"

    @property
    def limits(self) -> Path:
        return self.folder / "limits.parquet"


class Model(NamedTuple):
    """A dbt model: its relation, which is a `table` or a `view`, and its select statement."""

    relation: str
    kind: str
    select: str


@dataclass(frozen=True)
class IndexSql:
    """The part of the dbt project between the indicators' values and the index.

    inputs: the relation of each model or seed that has to be there before, by name.
    models: by name, in the order they are built.
    """

    inputs: Mapping[str, str]
    models: Mapping[str, Model]


def render_index_sql() -> IndexSql:
    """Let dbt compile the models from `LONG_TABLE_MODEL` to the result, all vars at their defaults.

    Raises `RuntimeError` where dbt cannot.
    """
    from dbt.cli.main import dbtRunner

    with TemporaryDirectory() as folder, redirect_stdout(io.StringIO()) as said:
        os.environ["AMI_WAREHOUSE"] = str(Path(folder, f"{DATABASE}.duckdb"))
        outcome = dbtRunner().invoke(
            [
                *("compile", "--quiet"),
                *("--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)),
                *("--target-path", folder, "--log-path", folder),
                *("--select", *(f"{LONG_TABLE_MODEL}+,+{model}" for model in MODELS.values())),
            ]
        )
        if not outcome.success:
            raise RuntimeError(
                f"dbt cannot compile the index: {outcome.exception or said.getvalue()}"
            )
        nodes = json.loads(Path(folder, "manifest.json").read_text(encoding="utf-8"))["nodes"]

    parents = {
        key: set(node["depends_on"]["nodes"])
        for key, node in nodes.items()
        if node["resource_type"] == "model"
        and node.get("compiled_code")
        and node["name"] != LONG_TABLE_MODEL
    }
    order = [key for key in TopologicalSorter(parents).static_order() if key in parents]
    inputs = set().union(*parents.values()) - parents.keys()
    return IndexSql(
        inputs={nodes[key]["name"]: nodes[key]["relation_name"] for key in inputs},
        models={
            nodes[key]["name"]: Model(
                nodes[key]["relation_name"],
                nodes[key]["config"]["materialized"],
                nodes[key]["compiled_code"],
            )
            for key in order
        },
    )


def with_sql(index_sql: IndexSql, long_table: LongTable, workspace: Path) -> Save:
    """The project's SQL in a new DuckDB file: model after model, the inputs read where they lie."""
    import duckdb

    files = {
        LONG_TABLE_MODEL: long_table.values,
        "indicators": long_table.indicators,
        "provinces": long_table.provinces,
        "limits": long_table.limits,
    }
    models = [
        Model(relation, "view", f"from read_parquet('{files[name]}')")
        for name, relation in index_sql.inputs.items()
    ] + list(index_sql.models.values())

    database = workspace / f"{DATABASE}.duckdb"
    connection = duckdb.connect(str(database), config={"threads": THREADS})
    connection.execute("set enable_progress_bar = false")
    for relation, kind, select in models:
        connection.execute(f"create schema if not exists {relation.rpartition('.')[0]}")
        connection.execute(f"create {kind} {relation} as {select}")
    connection.execute("checkpoint")

    def save(folder: Path) -> None:
        for table, model in MODELS.items():
            relation = index_sql.models[model].relation
            connection.sql(f"from {relation}").write_parquet(
                str(folder / f"{table}.parquet"), row_group_size=ROW_GROUP
            )
        connection.close()

    return save
