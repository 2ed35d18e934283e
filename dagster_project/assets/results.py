"""The assets behind the marts and estimates: the vintage, tables, the report, and the publication.

Each loads frames, calls `analysis`, stores what comes back and shows a person the part worth
seeing. Nothing here computes a figure.
"""

from collections.abc import Iterable
from datetime import datetime

import dagster as dg
import pandas as pd

from ami import build_record, dbt_project, receipt, vintage_store
from ami.dataset import DBT_PROJECT_DIR, remember_edition_policy, remember_inbox
from ami.dates import today_in_china
from ami.table_files import write_csv, write_stata
from ami.warehouse import Warehouse, comments
from analysis.check_counts import CheckCounts
from analysis.paper.long_form import with_intervals
from analysis.report.frames import (
    CHECKS,
    ESTIMATES,
    GATES,
    NEEDED,
    REDUCED_TABLE_4,
    REVISED_ESTIMATES,
    REVISED_INPUTS,
    REVISED_VALUES,
    STANDING,
    TESTS,
    VINTAGE,
)
from analysis.report.inputs import ReportInputs
from analysis.report.page import NEEDS, render
from analysis.report.sentences import coverage_sentence
from analysis.results_tables import RESULTS_TABLES, ResultsTable
from dagster_project.assets import figure_files
from dagster_project.assets.metadata import OWNERS, built, key
from dagster_project.assets.typeset_tables import paper_tables

MARTS = [f"marts.{path.stem}" for path in (DBT_PROJECT_DIR / "models" / "marts").rglob("*.sql")]
# The tables of estimates that a vintage keeps.
OF_VINTAGE = (ESTIMATES, REDUCED_TABLE_4)
# What the files of tables are made of.
_READ = list(dict.fromkeys(source for table in RESULTS_TABLES for source in table.sources))
SYNTHETIC_WORDS = "Whether it is made from the SYNTHETIC yearbooks of the demo."


def _made_before(tables: Iterable[str]) -> list[dg.AssetKey]:
    """The assets of tables; those of the schema `audit` are written by checks and assets here."""
    return [key(table) for table in tables if not table.startswith("audit.")]


@dg.asset(
    key=["results", "vintage"],
    # Every mart, so that a failed check of any of them stops it.
    deps=[key(table) for table in (*MARTS, *OF_VINTAGE)],
    group_name="results",
    kinds={"duckdb"},
    owners=OWNERS,
)
def vintage(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """A new vintage where a mart has changed, its estimates too; none where nothing did.

    After the gate of the marts: a refresh that fails leaves none, for what it built is dropped.
    """
    from ami.revisions import compare

    estimates = with_intervals(pd.concat(map(warehouse.read, OF_VINTAGE), ignore_index=True))
    with warehouse.connect() as connection:
        kept, is_new = vintage_store.keep(connection, warehouse.dataset.options, estimates)
    for table, (what, columns) in dbt_project.descriptions(
        dbt_project.read_manifest(), "vintages"
    ).items():
        warehouse.describe(table, columns, what)
    said = f"Vintage {kept.vintage}" + ("" if is_new else " still stands: no mart has changed")
    if kept.vintage == 1:
        said += "; it is the first, so there is none to compare it with"
    else:
        try:
            revision = compare(warehouse.dataset.build_database)
        except vintage_store.VintageError as error:
            said += f"; {error}"
        else:
            said += f"{',' if is_new else ';'} {revision.summary()}"
            warehouse.write(REVISED_INPUTS, revision.inputs)
            warehouse.write(REVISED_VALUES, revision.values)
            warehouse.write(REVISED_ESTIMATES, revision.estimates)
    said += "."
    warehouse.write(VINTAGE, pd.DataFrame({"said": [said]}))
    warehouse.note({"results.vintage": [*MARTS, *OF_VINTAGE, VINTAGE]})
    return dg.MaterializeResult(
        metadata={"vintage": kept.vintage, "is_new": is_new, "summary": said}
    )


@dg.asset(
    key=["results", "needs"],
    deps=[key(mart) for mart in MARTS],
    group_name="results",
    kinds={"python", "duckdb"},
    owners=OWNERS,
)
def needs(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """What has values and what waits for which items; what to get first, and where it is."""
    from ami.shortfall import assess

    with warehouse.connect() as connection:
        found = assess(connection, warehouse.dataset, today_in_china())
    for name, frame in found.frames().items():
        warehouse.write(f"audit.{name}", frame)
    warehouse.note({"results.needs": [*MARTS, NEEDED, STANDING]})
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found.needs),
            "first": found.needs[0].releases if found.needs else "nothing is missing",
        }
    )


@dg.asset(
    key=["results", "tables"],
    deps=[*_made_before(_READ), vintage, needs],
    group_name="results",
    kinds={"csv", "parquet", "stata"},
    owners=OWNERS,
)
def tables(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The marts that others take, and every table of estimates, as CSV and Parquet; some for Stata.

    Each as in the warehouse, and last a column `is_synthetic`: a table travels without its folder.
    """
    folder = warehouse.dataset.build_results
    there = warehouse.tables()
    rows: dict[str, int] = {}
    with warehouse.connect() as connection:
        for entry in RESULTS_TABLES:
            if not entry.always and entry.source not in there:
                continue
            synthetic = warehouse.dataset.synthetic and entry.of_dataset
            columns = connection.sql(_columns_of(entry))
            table = columns.select(f"*, {synthetic} as is_synthetic")
            write_csv(table, folder / f"{entry.name}.csv")
            table.write_parquet(str(folder / f"{entry.name}.parquet"))
            if entry.for_stata:
                words = {"is_synthetic": SYNTHETIC_WORDS}
                # What both have is said as the first of them says it.
                for source in reversed(entry.sources):
                    words |= comments(connection, source)
                stata = folder / f"{entry.name}.dta"
                write_stata(table.df(), stata, words, synthetic=synthetic)
            rows[entry.name] = table.shape[0]
    warehouse.note({"results.tables": _READ})
    return dg.MaterializeResult(metadata=built(folder) | rows)


def _columns_of(entry: ResultsTable) -> str:
    """The query of a file's columns."""
    if not entry.beside:
        return f"from {entry.source}"
    return (
        "select own.*, beside.* exclude (province_code, province, year) "
        f"from {entry.source} as own left join {entry.beside} as beside using (province_code, year)"
    )


@dg.asset(
    key=["results", "report"],
    deps=[*_made_before(NEEDS), vintage, needs],
    group_name="results",
    kinds={"html"},
    owners=OWNERS,
)
def report(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """report.html: one page without a network, for who must defend the figures."""
    checks = _checks(warehouse)
    there = warehouse.tables()
    inputs = ReportInputs(
        dataset=warehouse.dataset.name,
        synthetic=warehouse.dataset.synthetic,
        units=warehouse.dataset.units,
        made_at=datetime.now().astimezone(),
        options=warehouse.dataset.options,
        frames=warehouse.inputs("results.report", [table for table in NEEDS if table in there]),
    )
    page = warehouse.dataset.build_results / "report.html"
    page.write_text(render(inputs), encoding="utf-8")
    counts = CheckCounts.of(zip(checks["passed"], checks["severity"], strict=True))
    return dg.MaterializeResult(
        metadata=built(page)
        | {
            "checks_passed": counts.passed,
            "checks_warned": counts.warnings,
            "summary": f"{coverage_sentence(inputs)}\n{counts}",
        }
    )


FILES = [report, tables, paper_tables, *figure_files.ASSETS]


@dg.asset(
    key=["results", "published"],
    deps=FILES,
    group_name="results",
    kinds={"duckdb"},
    owners=OWNERS,
)
def published(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The swap: what was built and passed every gate becomes the last good warehouse and results.

    Until here readers saw the previous ones, whatever happened upstream. Raises `Failure` for a
    build that a gate stopped or never saw, and for one of which a part was made anew, as a person
    may do in the UI, and not everything that is made from it.
    """
    checks = _checks(warehouse)
    stopping = checks[~checks["passed"] & (checks["severity"] == "ERROR")]
    if len(stopping):
        raise dg.Failure(f"not published; checks failed: {', '.join(stopping['check'])}")
    tests = [check for table in TESTS for check in warehouse.read(table)["check"]]
    made = [".".join(asset.key.path) for asset in [vintage, needs, *FILES]]
    warehouse.require_one_build([*made, *GATES, *map(build_record.check, tests)])
    warehouse.publish()
    receipt.complete(warehouse.dataset)
    # Here, so that a run repeated from the UI is remembered as that of the command.
    remember_inbox(warehouse.dataset)
    remember_edition_policy(warehouse.dataset)
    return dg.MaterializeResult(
        metadata={
            "warehouse": dg.MetadataValue.path(str(warehouse.dataset.database)),
            "results": dg.MetadataValue.path(str(warehouse.dataset.results)),
            "bytes": warehouse.dataset.database.stat().st_size,
        }
    )


def _checks(warehouse: Warehouse) -> pd.DataFrame:
    """What every gate of this build found. Raises `WarehouseError` where one has not run."""
    return pd.concat([warehouse.read(table) for table in CHECKS], ignore_index=True)


ASSETS = [vintage, needs, tables, report, published]
