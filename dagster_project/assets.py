"""The assets that Python makes: intake before dbt; estimates, figures, exports and report after it.

Each loads frames, calls `yearbooks` or `analysis`, stores what comes back and shows a person the
part worth seeing. Nothing here computes a figure.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd

from dagster_project.dbt import OWNERS, project_vars
from dagster_project.preview import preview
from dagster_project.warehouse import Warehouse
from dagster_project.workspace import REFERENCE_SEEDS

MARTS = {
    "panel": dg.AssetKey(["marts", "fct_panel"]),
    "index": dg.AssetKey(["marts", "fct_index"]),
    "weights": dg.AssetKey(["marts", "dim_indicator"]),
    "descriptives": dg.AssetKey(["marts", "fct_descriptives"]),
    "coverage": dg.AssetKey(["marts", "fct_coverage"]),
}
PUBLISHED_ESTIMATES = dg.AssetKey(["paper", "published_estimates"])
MARTS_AGGLOMERATION = dg.AssetKey(["marts", "fct_agglomeration"])
READINGS = ("edition_policy", "edge_fill", "index_scope")

if TYPE_CHECKING:
    import altair as alt


def build_intake(upstream: list[dg.AssetSpec]) -> dg.AssetsDefinition:
    """Intake of every yearbook file that stands behind `upstream`."""

    @dg.multi_asset(
        name="intake",
        specs=[
            dg.AssetSpec(
                ["raw", table],
                deps=upstream,
                description=description,
                group_name="raw",
                kinds={"python", "duckdb"},
                owners=OWNERS,
            )
            for table, description in {
                "files": "Every yearbook file ever read, by content; a changed file is a new row.",
                "observations": "Every cell that landed, as printed and where it was printed.",
                "set_aside": "Every cell that did not land, with the reason and what was expected.",
            }.items()
        ],
    )
    def intake(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Any:
        from yearbooks.catalogue import Catalogue
        from yearbooks.errors import IntakeError
        from yearbooks.intake import land

        warehouse.begin()
        with warehouse.connect() as connection:
            report = land(
                warehouse.paths.inbox,
                warehouse.dataset,
                connection,
                Catalogue.load(REFERENCE_SEEDS),
            )
        context.log.info(report.summary())
        if warehouse.read("raw.observations").empty:
            raise IntakeError(f"no figure could be read from the inbox\n{report.summary()}")
        for table in ("raw.files", "raw.observations", "raw.set_aside"):
            frame = warehouse.read(table)
            yield dg.MaterializeResult(
                asset_key=table.split("."),
                metadata={
                    "dagster/row_count": len(frame),
                    "cells_read": report.cells_read,
                    "cells_landed": report.cells_landed,
                    "cells_set_aside": report.cells_set_aside,
                    "summary": report.summary(),
                    "preview": dg.MetadataValue.md(preview(frame)),
                },
            )

    return intake


@dg.asset(
    key=["estimates", "baseline"],
    deps=[MARTS["panel"]],
    group_name="estimates",
    kinds={"python", "duckdb"},
    owners=OWNERS,
)
def baseline(warehouse: Warehouse) -> dg.MaterializeResult:
    """Table 4, column (1): two-way fixed effects of ami on coagglo and the controls.

    Stored as rows of `estimates.baseline` in the columns of the published estimates. Where the
    dataset lacks a variable no row is written and `estimates.not_estimable` says what is missing.
    """
    from analysis import estimates

    results = [estimates.baseline(warehouse.read("marts.fct_panel"))]
    found = estimates.rows(results)
    notes = [
        (result.specification.table, result.specification.column, note)
        for result in results
        if isinstance(result, estimates.Estimated)
        for note in result.notes
    ]
    missing = [
        (result.table, result.column, ",".join(result.missing_variables), result.reason)
        for result in results
        if isinstance(result, estimates.NotEstimable)
    ]
    not_estimable = pd.DataFrame(
        missing, columns=["table", "column", "missing_variables", "reason"], dtype="string"
    )
    warehouse.write("estimates.baseline", found)
    warehouse.write(
        "estimates.notes",
        pd.DataFrame(notes, columns=["table", "column", "note"], dtype="string"),
    )
    warehouse.write("estimates.not_estimable", not_estimable)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found),
            "estimates": dg.MetadataValue.md(preview(found, rows=20)),
            "not_estimable": dg.MetadataValue.md(preview(not_estimable)),
        }
    )


@dg.asset(
    key=["figures", "top_provinces"],
    deps=[MARTS["index"]],
    group_name="figures",
    kinds={"altair"},
    owners=OWNERS,
)
def top_provinces(warehouse: Warehouse) -> dg.MaterializeResult:
    """Figure 2: the index in the ten provinces that lead in its last year."""
    from analysis import figures

    index = warehouse.read("marts.fct_index")
    return _drawn(
        warehouse,
        "figure_2",
        lambda: figures.top_provinces(index, synthetic=warehouse.paths.synthetic),
    )


@dg.asset(
    key=["figures", "scatter"],
    deps=[MARTS["panel"]],
    group_name="figures",
    kinds={"altair"},
    owners=OWNERS,
)
def scatter(warehouse: Warehouse) -> dg.MaterializeResult:
    """Figure 3: the index against industrial synergy agglomeration, with the fitted line."""
    from analysis import figures

    panel = warehouse.read("marts.fct_panel")
    return _drawn(
        warehouse,
        "figure_3",
        lambda: figures.scatter(panel, synthetic=warehouse.paths.synthetic),
    )


@dg.asset(
    key=["results", "tables"],
    deps=[*MARTS.values(), baseline],
    group_name="results",
    kinds={"csv", "parquet"},
    owners=OWNERS,
)
def tables(warehouse: Warehouse) -> dg.MaterializeResult:
    """panel, index, weights, descriptives, estimates and coverage as CSV and Parquet."""
    sources = {name: ".".join(key.path) for name, key in MARTS.items()}
    sources["estimates"] = "estimates.baseline"
    folder = warehouse.paths.build_results
    rows = {}
    with warehouse.connect() as connection:
        for name, source in sources.items():
            table = connection.table(source)
            table.write_csv(str(folder / f"{name}.csv"))
            table.write_parquet(str(folder / f"{name}.parquet"))
            rows[name] = table.shape[0]
    return dg.MaterializeResult(metadata={"folder": str(warehouse.paths.results), **rows})


@dg.asset(
    key=["results", "descriptives"],
    deps=[MARTS["descriptives"]],
    group_name="results",
    kinds={"python"},
    owners=OWNERS,
)
def descriptives(warehouse: Warehouse) -> dg.MaterializeResult:
    """Table 3 as a page: obs, mean, sd, min and max of every variable beside the printed ones."""
    from analysis.tables import descriptives_table

    frame = warehouse.read("marts.fct_descriptives")
    table = descriptives_table(frame, synthetic=warehouse.paths.synthetic)
    path = warehouse.paths.build_results / "table_3.html"
    path.write_text(table.as_raw_html(), encoding="utf-8")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(frame), "table": dg.MetadataValue.md(preview(frame, 17))}
    )


@dg.asset(
    key=["results", "report"],
    deps=[*MARTS.values(), MARTS_AGGLOMERATION, PUBLISHED_ESTIMATES, baseline],
    group_name="results",
    kinds={"html"},
    owners=OWNERS,
)
def report(context: dg.AssetExecutionContext, warehouse: Warehouse) -> dg.MaterializeResult:
    """report.html: one page without a network, for who must defend the figures."""
    from analysis.report import ReportInputs, render

    checks = pd.concat(
        [
            warehouse.read(f"audit.{name}")
            for name in ("clean_tests", "clean_expectations", "marts_tests", "marts_expectations")
        ],
        ignore_index=True,
    )
    newest = warehouse.read("intermediate.int_items__newest")
    files = warehouse.read("staging.stg_raw__files").query("is_newest_load")
    set_aside = warehouse.read("staging.stg_raw__set_aside")
    options = project_vars() | warehouse.dbt_vars
    page = render(
        ReportInputs(
            dataset=warehouse.dataset,
            synthetic=warehouse.paths.synthetic,
            made_at=datetime.now().astimezone(),
            options={name: options[name] for name in READINGS},
            panel=warehouse.read("marts.fct_panel"),
            index=warehouse.read("marts.fct_index"),
            agglomeration=warehouse.read("marts.fct_agglomeration"),
            weights=warehouse.read("marts.dim_indicator"),
            descriptives=warehouse.read("marts.fct_descriptives"),
            estimates=warehouse.read("estimates.baseline"),
            published_estimates=warehouse.read("paper.published_estimates"),
            not_estimable=warehouse.read("estimates.not_estimable"),
            estimation_notes=warehouse.read("estimates.notes"),
            coverage=warehouse.read("marts.fct_coverage"),
            filled=warehouse.read("intermediate.int_items__filled"),
            corrections=newest[newest["is_corrected"]],
            reconciliation=warehouse.read("intermediate.int_items__national_reconciliation"),
            files=files,
            set_aside=set_aside[set_aside["load_seq"].isin(files["load_seq"])],
            checks=checks,
        )
    )
    (warehouse.paths.build_results / "report.html").write_text(page, encoding="utf-8")
    failed = int((~checks["passed"]).sum())
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.path(str(warehouse.paths.results / "report.html")),
            "checks_passed": len(checks) - failed,
            "checks_warned": failed,
        }
    )


@dg.asset(
    key=["results", "published"],
    deps=[report, tables, descriptives, top_provinces, scatter],
    group_name="results",
    kinds={"duckdb"},
    owners=OWNERS,
)
def published(warehouse: Warehouse) -> dg.MaterializeResult:
    """The swap: what was built and passed every gate becomes the last good warehouse and results.

    Until here readers saw the previous ones, whatever happened upstream.
    """
    warehouse.publish()
    return dg.MaterializeResult(
        metadata={
            "warehouse": dg.MetadataValue.path(str(warehouse.paths.database)),
            "results": dg.MetadataValue.path(str(warehouse.paths.results)),
            "bytes": warehouse.paths.database.stat().st_size,
        }
    )


def _drawn(
    warehouse: Warehouse, name: str, draw: Callable[[], "alt.TopLevelMixin"]
) -> dg.MaterializeResult:
    """Save a figure as SVG and show it; say why where the data do not carry it."""
    import vl_convert

    from analysis.figures import to_svg

    try:
        chart = draw()
    except ValueError as reason:
        return dg.MaterializeResult(metadata={"not_drawn": str(reason)})
    path = warehouse.paths.build_results / f"{name}.svg"
    path.write_text(to_svg(chart), encoding="utf-8")
    image = base64.b64encode(vl_convert.vegalite_to_png(chart.to_dict())).decode()
    return dg.MaterializeResult(
        metadata={
            "figure": dg.MetadataValue.md(f"![{name}](data:image/png;base64,{image})"),
            "file": dg.MetadataValue.path(str(warehouse.paths.results / path.name)),
        }
    )


def inbox_spec(dataset: Any) -> dg.AssetSpec:
    """The folder of real yearbook files, as the asset everything starts from."""
    return dg.AssetSpec(
        ["yearbooks", "inbox"],
        description="Yearbook files handed over by a person, read as they are.",
        group_name="yearbooks",
        kinds={"file"},
        owners=OWNERS,
        metadata={"folder": dg.MetadataValue.path(str(dataset.inbox))},
    )


PYTHON_ASSETS = [
    baseline,
    top_provinces,
    scatter,
    tables,
    descriptives,
    report,
    published,
]
