"""The vintages of a dataset: what every refresh that changed a mart had published, kept for good.

A vintage is numbered, and the number is the order: clocks may jump. It holds the values it
published, its estimates among them, and what is needed to compute the values again: which loads of
`raw` there were, and its recipe, the statements that dbt ran from raw cells to variables. Rows are
only ever added. Comparing two vintages is the business of `revisions`; formulas are dbt's.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from ami.warehouse import reading

if TYPE_CHECKING:
    # Slow to load, and not needed by who only looks.
    import pandas as pd

# The last model of a recipe.
VARIABLES = "intermediate.int_variables__values"
NO_VINTAGE = "there is no vintage yet: refresh the dataset first"
FIRST_BASE = "the first vintage with an index"

SCHEMA = """
create schema if not exists vintages;

create table if not exists vintages.vintages (
    vintage integer primary key,
    published_at timestamp not null,
    first_year integer not null,
    last_year integer not null,
    edition_policy varchar not null,
    edge_fill varchar not null,
    index_scope varchar not null,
    n_indicators integer not null,
    base integer not null,
    last_load_seq integer not null,
    recipe integer not null,
    fingerprint varchar not null
);

create table if not exists vintages.index_values (
    vintage integer not null,
    province_code varchar not null,
    year integer not null,
    variable varchar not null,
    value double
);

create table if not exists vintages.estimates (
    vintage integer not null,
    "table" varchar not null,
    "column" varchar not null,
    sample varchar not null,
    outcome varchar not null,
    term varchar not null,
    estimate double,
    std_error double,
    p_value double,
    lower double,
    upper double,
    n_clusters bigint
);

create table if not exists vintages.recipes (
    recipe integer not null,
    position integer not null,
    relation varchar not null,
    statement varchar not null
);

create table if not exists vintages.bases (
    base integer primary key,
    reason varchar not null,
    set_at timestamp not null
);

create table if not exists vintages.base_indicators (
    base integer not null,
    vintage integer not null,
    first_year integer not null,
    last_year integer not null,
    indicator varchar not null,
    dimension varchar not null,
    attribute varchar not null,
    value_min double not null,
    value_max double not null,
    overall_weight double not null,
    individual_weight double
);
"""


class VintageError(ValueError):
    """A vintage that is not there or cannot be compared, said in words for who asked."""


@dataclass(frozen=True)
class Vintage:
    """What a refresh published. Ordered by `vintage`, never by the clock.

    published_at: one moment for the whole refresh, UTC. first_year, last_year: of the panel.
    n_indicators: of the 21. base: the frozen base in force. last_load_seq: the last load of `raw`
    that was there. recipe: the statements it was made by. fingerprint: of the marts' content.
    """

    vintage: int
    published_at: datetime
    first_year: int
    last_year: int
    edition_policy: str
    edge_fill: str
    index_scope: str
    n_indicators: int
    base: int
    last_load_seq: int
    recipe: int
    fingerprint: str

    @property
    def options(self) -> dict[str, str]:
        """The options of `dbt_project.yml` it was computed with."""
        return {
            "edition_policy": self.edition_policy,
            "edge_fill": self.edge_fill,
            "index_scope": self.index_scope,
        }

    @property
    def years(self) -> str:
        return f"{self.first_year}-{self.last_year}"


def prepare(
    connection: duckdb.DuckDBPyConnection, rebase: str = "", now: datetime | None = None
) -> None:
    """Make the tables of schema `vintages` where they are not there yet, and note a base to set.

    `rebase` is the reason for which this refresh is to become the base of the frozen index; without
    any base the first vintage becomes it. What a base consists of is filled in by `keep`.
    """
    connection.execute(SCHEMA)
    (bases,) = connection.execute("select count(*) from vintages.bases").fetchone() or (0,)
    if rebase or not bases:
        connection.execute(
            "insert into vintages.bases values (?, ?, ?)",
            [bases + 1, rebase or FIRST_BASE, _utc(now)],
        )


def keep(
    connection: duckdb.DuckDBPyConnection,
    options: Mapping[str, str],
    estimates: "pd.DataFrame",
    now: datetime | None = None,
) -> tuple[Vintage, bool]:
    """The newest vintage, and whether this refresh made it: it does where a mart has changed.

    `connection` is to the database being built, its marts checked; `options` those of the build;
    `estimates` made of them, in the columns of `vintages.estimates` but for the number.
    """
    last = next(reversed(list_vintages(connection)), None)
    fingerprint = fingerprint_of_marts(connection)
    if last is not None and last.fingerprint == fingerprint:
        return last, False
    number = last.vintage + 1 if last else 1
    connection.begin()
    try:
        vintage = Vintage(
            vintage=number,
            published_at=_utc(now),
            **_spans(connection),
            edition_policy=options["edition_policy"],
            edge_fill=options["edge_fill"],
            index_scope=options["index_scope"],
            recipe=_keep_recipe(connection),
            fingerprint=fingerprint,
        )
        _keep_base(connection, number)
        connection.execute(
            f"insert into vintages.vintages by name select {_parameters()}",
            list(asdict(vintage).values()),
        )
        connection.execute(
            f"""
            insert into vintages.index_values by name
            select {number} as vintage, province_code, year, variable, value from {VARIABLES}
            union all
            select {number}, province_code, year, 'ami_frozen', ami_frozen
            from marts.fct_index_frozen
            order by all
            """
        )
        connection.register("estimates_made", estimates)
        connection.execute(
            f"insert into vintages.estimates by name select {number} as vintage, * "
            "from estimates_made"
        )
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return vintage, True


def list_vintages(connection: duckdb.DuckDBPyConnection) -> list[Vintage]:
    """Every vintage in the order of its number; none in a database from before there were any."""
    columns = ", ".join(field.name for field in fields(Vintage))
    try:
        rows = connection.execute(
            f"select {columns} from vintages.vintages order by vintage"
        ).fetchall()
    except duckdb.CatalogException:
        return []
    return [Vintage(*row) for row in rows]


def vintages_of(database: Path) -> list[Vintage]:
    """The vintages of a dataset's last good warehouse; none before the first refresh.

    Raises `WarehouseError` where it cannot be read.
    """
    if not database.is_file():
        return []
    with reading(database) as connection:
        return list_vintages(connection)


def fingerprint_of_marts(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 of every row of every mart, whatever the order of rows.

    Without the marts of vintages, which are made of what this is kept for.
    """
    tables = connection.execute(
        "select table_name from information_schema.tables "
        "where table_schema = 'marts' and not ends_with(table_name, '_vintage') order by table_name"
    ).fetchall()
    contents = " union all ".join(
        f"select '{table}' as mart, to_json(rows)::varchar as content from marts.{table} as rows"
        for (table,) in tables
    )
    (fingerprint,) = connection.execute(
        f"""
        with hashes as (select mart || sha256(content) as hash from ({contents}))

        select sha256(coalesce(string_agg(hash, '' order by hash), '')) from hashes
        """
    ).fetchone() or ("",)
    return str(fingerprint)


def recipe_of(connection: duckdb.DuckDBPyConnection, recipe: int) -> dict[str, str]:
    """Statement by relation, in the order in which they run."""
    rows = connection.execute(
        "select relation, statement from vintages.recipes where recipe = ? order by position",
        [recipe],
    ).fetchall()
    return dict(rows)


def _spans(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    row = connection.execute(
        """
        select
            (select min(year) from marts.fct_index) as first_year,
            (select max(year) from marts.fct_index) as last_year,
            (select count(*) from marts.dim_indicator where is_available) as n_indicators,
            (select max(base) from vintages.bases) as base,
            (select max(load_seq) from raw.files) as last_load_seq
        """
    ).fetchone()
    names = ("first_year", "last_year", "n_indicators", "base", "last_load_seq")
    return dict(zip(names, row or (), strict=True))


def _keep_recipe(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of the recipe of this build; a new one only where it differs from the last."""
    made = connection.execute(
        "select relation, statement from audit.recipe order by position"
    ).fetchall()
    recipe = {relation: statement or _literal(connection, relation) for relation, statement in made}
    (last,) = connection.execute("select max(recipe) from vintages.recipes").fetchone() or (None,)
    if last is not None and recipe_of(connection, last) == recipe:
        return int(last)
    number = (last or 0) + 1
    connection.executemany(
        "insert into vintages.recipes values (?, ?, ?, ?)",
        [[number, place, *step] for place, step in enumerate(recipe.items())],
    )
    return number


def _literal(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """A seed as the statement that gives its rows."""
    columns = connection.execute(f"describe {relation}").fetchall()
    structure = json.dumps([{name: kind for name, kind, *_ in columns}])
    (content,) = connection.execute(
        f"select coalesce(to_json(list(rows)), '[]')::varchar from {relation} as rows"
    ).fetchone() or ("[]",)
    quoted = content.replace("'", "''")
    return f"select unnest(from_json('{quoted}', '{structure}'), recursive := true)"


def _keep_base(connection: duckdb.DuckDBPyConnection, vintage: int) -> None:
    """Fill a base that was noted with bounds and weights of this vintage, if its index stands."""
    connection.execute(
        """
        insert into vintages.base_indicators by name
        with newest as (select max(base) as base from vintages.bases),

        span as (
            select min(year) as first_year, max(year) as last_year
            from marts.fct_index
            where ami is not null
        )

        select
            newest.base,
            ? as vintage,
            span.first_year,
            span.last_year,
            indicators.indicator,
            indicators.dimension,
            indicators.attribute,
            indicators.value_min,
            indicators.value_max,
            indicators.overall_weight,
            indicators.individual_weight
        from marts.dim_indicator as indicators
        cross join newest
        cross join span
        where
            indicators.overall_weight is not null
            and not exists (select 1 from marts.dim_index_standing where is_partial)
            and newest.base not in (select base from vintages.base_indicators)
        """,
        [vintage],
    )


def _parameters() -> str:
    return ", ".join(f"? as {field.name}" for field in fields(Vintage))


def _utc(moment: datetime | None) -> datetime:
    return (moment or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
