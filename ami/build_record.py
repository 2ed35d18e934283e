"""What every product of a build was made from: the record by which a publication is decided.

A product is a table, a check or a file of results. Whoever makes one notes the content of each
table it read, and publication compares these notes with what is there. It asks what was made from
what and never by whom, so that steps of one refresh, of a re-execution and of a person's choice in
the UI count alike, and a table that was changed by hand counts for none of them. The record is part
of the build, and dropped with it; of earlier builds nothing is known here.
"""

from collections.abc import Collection, Iterable, Mapping

import duckdb

SCHEMA = """
create schema if not exists audit;

create table if not exists audit.made_from (
    product varchar not null,
    input varchar not null,
    fingerprint varchar not null
);
"""
# Grows within a refresh, after the marts that show it.
NOT_COMPARED = ("vintages",)
# Where the way back from a product ends: what intake and earlier refreshes left, what checks said.
ROOTS = ("raw", "published", "audit", *NOT_COMPARED)


def check(name: str) -> str:
    """The product that a check is."""
    return f"check.{name}"


def note(connection: duckdb.DuckDBPyConnection, made_from: Mapping[str, Collection[str]]) -> None:
    """Note that each product was made from tables, `schema.name`, as they are now.

    A table that is not there counts as one of no content. Earlier notes on the products go.
    """
    connection.execute(SCHEMA)
    compared = {
        product: [table for table in tables if _schema(table) not in NOT_COMPARED]
        for product, tables in made_from.items()
    }
    contents = fingerprints(connection, {table for tables in compared.values() for table in tables})
    connection.execute(
        "delete from audit.made_from where product in (select unnest(?))", [list(compared)]
    )
    rows = [
        (product, table, contents.get(table, ""))
        for product, tables in compared.items()
        for table in dict.fromkeys(tables)
    ]
    connection.execute(
        "insert into audit.made_from select unnest(?), unnest(?), unnest(?)",
        [list(column) for column in zip(*rows, strict=True)],
    )


def faults(connection: duckdb.DuckDBPyConnection, products: Iterable[str]) -> list[str]:
    """Why `products` are not of one build, in words; none where they are.

    They are where each of them, and each table on the way from the yearbooks to it, was made from
    the very content that its inputs have now.
    """
    connection.execute(SCHEMA)
    noted: dict[str, dict[str, str]] = {}
    for product, table, fingerprint in connection.execute(
        "select product, input, fingerprint from audit.made_from order by all"
    ).fetchall():
        noted.setdefault(product, {})[table] = fingerprint
    contents = fingerprints(connection, {table for inputs in noted.values() for table in inputs})
    found = []
    waiting = list(products)
    seen = set(waiting)
    for product in waiting:
        if product not in noted:
            found.append(f"{product} was not made in this build")
        for table, fingerprint in noted.get(product, {}).items():
            if contents.get(table, "") != fingerprint:
                found.append(
                    f"{product} was changed after it was made"
                    if table == product
                    else f"{product} was made from a {table} that has changed since"
                )
            if table not in seen and _schema(table) not in ROOTS:
                seen.add(table)
                waiting.append(table)
    return found


def fingerprints(connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> dict[str, str]:
    """What tells the content of each table from any other, whatever the order of its rows.

    Of a view it is the statement: what it shows follows from the tables behind it. A table that is
    not there is left out.
    """
    # With what it is declared as, so that a column of another name is another content.
    declared = connection.execute(
        "select schema_name || '.' || table_name, md5(sql), true from duckdb_tables()"
        " union all select schema_name || '.' || view_name, md5(sql), false from duckdb_views()"
    ).fetchall()
    stored = [table for table, _, is_stored in declared if is_stored and table in tables]
    query = " union all ".join(
        f"select '{table}', count(*) || ' ' || coalesce(sum(hash(cells)), 0) from {table} as cells"
        for table in stored
    )
    rows = dict(connection.execute(query).fetchall()) if stored else {}
    return {
        table: f"{statement} {rows.get(table, '')}"
        for table, statement, _ in declared
        if table in tables
    }


def _schema(table: str) -> str:
    return table.partition(".")[0]
