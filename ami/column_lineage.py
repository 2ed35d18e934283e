"""Column lineage of a model, read from its compiled SQL. Knows SQL, not Dagster or dbt."""

from collections.abc import Mapping
from typing import NamedTuple

import sqlglot
from sqlglot import exp
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

DIALECT = "duckdb"


class WarehouseColumn(NamedTuple):
    """A column of a table of the warehouse."""

    schema: str
    table: str
    name: str


def column_sources(
    sql: str, columns: Mapping[str, Mapping[str, Mapping[str, str]]]
) -> dict[str, set[WarehouseColumn]]:
    """For each column a query returns, the columns of the tables it reads that it is made from.

    `columns` are the columns of the warehouse: schema -> table -> column -> type. Raises
    `sqlglot.errors.SqlglotError` where the query cannot be resolved against them.
    """
    catalog = sqlglot.MappingSchema(dict(columns), dialect=DIALECT)
    for table in (tree := sqlglot.parse_one(sql, dialect=DIALECT)).find_all(exp.Table):
        # dbt writes the database name too; the schema and table name suffice within one file.
        table.set("catalog", None)
    query = qualify(tree, dialect=DIALECT, schema=catalog)
    assert isinstance(query, exp.Query)
    scope = build_scope(query)
    return {
        name: {
            WarehouseColumn(source.db, source.name, node.name.rpartition(".")[2].strip('"'))
            for node in lineage(
                name, query, catalog, dialect=DIALECT, scope=scope, trim_selects=False, copy=False
            ).walk()
            if not node.downstream and isinstance(source := node.source, exp.Table)
        }
        for name in query.named_selects
    }


def columns_made_from(lineage: Mapping[str, set[WarehouseColumn]]) -> str:
    """The sources of each column as a Markdown table: Dagster's own UI shows no column lineage."""
    rows = (
        f"| {name} | {', '.join('.'.join(source) for source in sorted(sources))} |"
        for name, sources in lineage.items()
    )
    return "\n".join(["| column | made from |", "|---|---|", *rows])
