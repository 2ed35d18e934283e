"""What `ami status` says of a dataset at a glance, read from its last good warehouse."""

import contextlib
import sqlite3
from typing import Any

import duckdb

from ami.alerting import open_alerts
from ami.dataset import Dataset
from ami.dates import today_in_china
from ami.overdue import never_loaded, overdue
from ami.vintage_store import list_vintages
from ami.warehouse import WarehouseError, reading, refreshed_at
from analysis.check_counts import CheckCounts
from analysis.report.frames import CHECKS
from analysis.variables import PARTIAL_INDEX


def summarise(dataset: Dataset) -> list[tuple[str, str]]:
    """What there is to say, as heading and words, in the order in which it is shown."""
    return [*_published(dataset), *_to_look_at(dataset)]


def _published(dataset: Dataset) -> list[tuple[str, str]]:
    if not dataset.database.is_file():
        return [("last refresh", f"none has been published yet; see {dataset.log}")]
    try:
        with reading(dataset.database) as connection:
            return [
                ("last refresh", _last_refresh(connection)),
                ("checks", _checks(connection)),
                ("vintage", _vintage(connection)),
                ("index", _index(connection, dataset.units.singular)),
                ("coverage", _coverage(connection)),
                ("quarantine", _quarantine(connection, dataset)),
            ]
    except WarehouseError as error:
        return [("last refresh", str(error))]


def _to_look_at(dataset: Dataset) -> list[tuple[str, str]]:
    """What waits for a person: alerts that stand, yearbooks that are overdue."""
    found = [("alerts", _alerts(dataset))]
    with contextlib.suppress(WarehouseError):  # Said above.
        today = today_in_china()
        found += [("overdue", str(late)) for late in overdue(dataset, today)]
        found += [("missing", words) for words in [never_loaded(dataset, today)] if words]
    return found


def _alerts(dataset: Dataset) -> str:
    try:
        standing = open_alerts(dataset)
    except sqlite3.Error as error:
        return f"their state cannot be read: {error}"
    if not standing:
        return "none stand"
    errors = sum(alert.problem.severity == "ERROR" for alert in standing)
    words = f"{len(standing)} open, {errors} of them errors"
    return f"{words}; see ami alerts --dataset {dataset.name}"


def _vintage(connection: duckdb.DuckDBPyConnection) -> str:
    kept = list_vintages(connection)
    if not kept:
        return "none kept yet: the next refresh makes the first"
    return f"{kept[-1].vintage}, published {kept[-1].published_at:%Y-%m-%d %H:%M} UTC"


def _last_refresh(connection: duckdb.DuckDBPyConnection) -> str:
    ended_at = refreshed_at(connection)
    return f"{ended_at:%Y-%m-%d %H:%M} UTC" if ended_at else "not known: by an earlier version"


def _checks(connection: duckdb.DuckDBPyConnection) -> str:
    query = " union all ".join(f"select passed, severity from {table}" for table in CHECKS)
    return str(CheckCounts.of(connection.execute(query).fetchall()))


def _index(connection: duckdb.DuckDBPyConnection, unit: str) -> str:
    name, first, last, indicators, expected, there, whole, provisional = _row(
        connection,
        """
        with indices as (
            select *, coalesce(ami, ami_partial) is not null as is_there from marts.fct_index
        )

        select
            (select index_variable from marts.dim_index_standing),
            min(year) filter (where is_there),
            max(year) filter (where is_there),
            max(n_indicators),
            max(n_indicators_expected),
            count(*) filter (where is_there),
            count(*),
            string_agg(distinct year, ', ' order by year) filter (where is_there and is_provisional)
        from indices
        """,
    )
    if not there:
        return f"none; {indicators} of {expected} indicators have a value"
    return (
        f"{'partial, ' if name == PARTIAL_INDEX else ''}{first}-{last} from {indicators} of "
        f"{expected} indicators, {there:,} of {whole:,} {unit}-years"
        + (f"; provisional: {provisional}" if provisional else "")
    )


def _coverage(connection: duckdb.DuckDBPyConnection) -> str:
    complete, partial, absent, first, last = _row(
        connection,
        "select count(*) filter (where status = 'complete'),"
        " count(*) filter (where status = 'partial'), count(*) filter (where status = 'absent'),"
        " min(first_year), max(last_year) from marts.fct_coverage where kind = 'variable'",
    )
    whole = complete + partial + absent
    return (
        f"{complete} of {whole} variables complete, {partial} partial, {absent} absent; "
        f"{first}-{last}"
    )


def _quarantine(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> str:
    landed, set_aside = _row(
        connection,
        "select sum(cells_landed), sum(cells_set_aside) from staging.stg_raw__files"
        " where is_newest_load",
    )
    words = f"{set_aside:,} cells set aside, {landed:,} landed"
    return f"{words}; see ami quarantine --dataset {dataset.name}" if set_aside else words


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """The one row of a query that sums up."""
    rows = connection.execute(query).fetchall()
    return rows[0] if rows else ()
