"""The assets behind the marts and estimates: the vintage, tables, the report, and the publication.

Each loads frames, calls `analysis`, stores what comes back and shows a person the part worth
seeing. Nothing here computes a figure.
"""

from datetime import datetime

import dagster as dg
import pandas as pd

from ami import vintages
from ami.warehouse import Warehouse
from dagster_project.assets import estimates, figures
from dagster_project.assets.metadata import OWNERS, preview

# What results/<dataset>/ holds, and the mart each table is.
MARTS = {
    "panel": dg.AssetKey(["marts", "fct_panel"]),
    "index": dg.AssetKey(["marts", "fct_index"]),
    "weights": dg.AssetKey(["marts", "dim_indicator"]),
    "descriptives": dg.AssetKey(["marts", "fct_descriptives"]),
    "coverage": dg.AssetKey(["marts", "fct_coverage"]),
    "index_frozen": dg.AssetKey(["marts", "fct_index_frozen"]),
    "index_vintage": dg.AssetKey(["marts", "fct_index_vintage"]),
}
AGGLOMERATION = dg.AssetKey(["marts", "fct_agglomeration"])
OTHER_MARTS = [dg.AssetKey(["marts", name]) for name in ("dim_province", "fct_indicator_score")]
VINTAGE = dg.AssetKey(["results", "vintage"])
ESTIMATES = estimates.KEYS
# Of the estimates, notes and what was not estimable are read in the report.
NOT_EXPORTED = ("notes", "not_estimable", "space_notes", "space_not_estimable")
EXPORTED = {name: key for name, key in ESTIMATES.items() if name not in NOT_EXPORTED}
AUDIT = ("clean_tests", "clean_expectations", "marts_tests", "marts_expectations")


@dg.asset(
    key=VINTAGE,
    # Every mart, so that a failed check of any of them stops it.
    deps=[*MARTS.values(), AGGLOMERATION, *OTHER_MARTS],
    group_name="results",
    kinds={"duckdb"},
    owners=OWNERS,
)
def vintage(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """A new vintage where a mart has changed; none where nothing did.

    After the gate of the marts: a refresh that fails leaves none, for what it built is dropped.
    """
    from ami.revisions import compare

    with warehouse.connect() as connection:
        kept, is_new = vintages.keep(connection, warehouse.dataset.options)
    said = f"Vintage {kept.vintage}" + ("" if is_new else " still stands: no mart has changed")
    if kept.vintage == 1:
        said += "; it is the first, so there is none to compare it with"
    else:
        try:
            revision = compare(warehouse.dataset.build_database)
        except vintages.VintageError as error:
            said += f"; {error}"
        else:
            said += f"{',' if is_new else ';'} {revision.summary()}"
            warehouse.write("audit.revision_inputs", revision.inputs)
            warehouse.write("audit.revision_values", revision.values)
    said += "."
    warehouse.write("audit.vintage", pd.DataFrame({"said": [said]}))
    return dg.MaterializeResult(
        metadata={"vintage": kept.vintage, "is_new": is_new, "summary": said}
    )


@dg.asset(
    key=["results", "tables"],
    deps=[*MARTS.values(), *ESTIMATES.values(), VINTAGE],
    group_name="results",
    kinds={"csv", "parquet"},
    owners=OWNERS,
)
def tables(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The marts that others take, and every table of estimates, as CSV and Parquet.

    Each as in the warehouse, and last a column `is_synthetic`: a table travels without its folder.
    """
    sources = {name: ".".join(key.path) for name, key in MARTS.items()}
    sources |= {name: ".".join(key.path) for name, key in EXPORTED.items()}
    sources |= {f"revision_{what}": table for what, table in _revision(warehouse)}
    folder = warehouse.dataset.build_results
    rows = {}
    with warehouse.connect() as connection:
        for name, source in sources.items():
            # No figure of the dataset enters what judges print alone.
            synthetic = warehouse.dataset.synthetic and name != "print_audit"
            table = connection.table(source).select(f"*, {synthetic} as is_synthetic")
            table.write_csv(str(folder / f"{name}.csv"))
            table.write_parquet(str(folder / f"{name}.parquet"))
            rows[name] = table.shape[0]
    return dg.MaterializeResult(metadata={"folder": str(warehouse.dataset.results), **rows})


@dg.asset(
    key=["results", "descriptives"],
    deps=[MARTS["descriptives"]],
    group_name="results",
    kinds={"python"},
    owners=OWNERS,
)
def descriptives(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Table 3 as a page: obs, mean, sd, min and max of every variable beside the printed ones."""
    from analysis.report.paper_tables import descriptives_table

    frame = warehouse.read("marts.fct_descriptives")
    table = descriptives_table(frame, synthetic=warehouse.dataset.synthetic)
    path = warehouse.dataset.build_results / "table_3.html"
    path.write_text(table.as_raw_html(), encoding="utf-8")
    return dg.MaterializeResult(
        metadata={"dagster/row_count": len(frame), "table": preview(frame, warehouse.dataset)}
    )


@dg.asset(
    key=["results", "paper_tables"],
    deps=[MARTS["descriptives"], ESTIMATES["estimates"], estimates.PUBLISHED_ESTIMATES],
    group_name="results",
    kinds={"html", "latex", "csv"},
    owners=OWNERS,
)
def paper_tables(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Tables 4 to 11 as the paper prints them, its figures beside ours: HTML, LaTeX and CSV.

    A table of which nothing is estimable is not written; the report says what is missing.
    """
    from analysis.report.paper_tables import as_latex, paper_tables

    made = paper_tables(
        warehouse.read(".".join(ESTIMATES["estimates"].path)),
        warehouse.read(".".join(estimates.PUBLISHED_ESTIMATES.path)),
        warehouse.read(".".join(MARTS["descriptives"].path)),
        synthetic=warehouse.dataset.synthetic,
    )
    folder = warehouse.dataset.build_results
    for number, (table, plain) in made.items():
        path = folder / f"table_{number}"
        path.with_suffix(".html").write_text(table.as_raw_html(), encoding="utf-8")
        path.with_suffix(".tex").write_text(as_latex(table), encoding="utf-8")
        plain.to_csv(path.with_suffix(".csv"), index=False)
    return dg.MaterializeResult(metadata={"tables": ", ".join(made)})


@dg.asset(
    key=["results", "report"],
    deps=[
        *MARTS.values(),
        AGGLOMERATION,
        estimates.PUBLISHED_ESTIMATES,
        *ESTIMATES.values(),
        figures.TILES,
        VINTAGE,
    ],
    group_name="results",
    kinds={"html"},
    owners=OWNERS,
)
def report(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """report.html: one page without a network, for who must defend the figures."""
    from analysis.report import ReportInputs, coverage_sentence, render

    checks = _checks(warehouse)
    preferred = warehouse.read("intermediate.int_items__preferred")
    editions = warehouse.read("intermediate.int_items__editions")
    files = warehouse.read("staging.stg_raw__files").query("is_newest_load")
    set_aside = warehouse.read("staging.stg_raw__set_aside")
    inputs = ReportInputs(
        dataset=warehouse.dataset.name,
        synthetic=warehouse.dataset.synthetic,
        made_at=datetime.now().astimezone(),
        options=warehouse.dataset.options,
        panel=warehouse.read("marts.fct_panel"),
        index=warehouse.read("marts.fct_index"),
        agglomeration=warehouse.read("marts.fct_agglomeration"),
        weights=warehouse.read("marts.dim_indicator"),
        descriptives=warehouse.read("marts.fct_descriptives"),
        estimates=warehouse.read("estimates.estimates"),
        published_estimates=warehouse.read("paper.published_estimates"),
        not_estimable=warehouse.read("estimates.not_estimable"),
        estimation_notes=warehouse.read("estimates.notes"),
        mediation=warehouse.read("estimates.mediation"),
        conditional_effects=warehouse.read("estimates.conditional_effects"),
        robustness=warehouse.read("estimates.robustness"),
        specification_curve=warehouse.read("estimates.specification_curve"),
        print_audit=warehouse.read("estimates.print_audit"),
        spatial_weights=warehouse.read("estimates.spatial_weights"),
        morans_i=warehouse.read("estimates.morans_i"),
        local_moran=warehouse.read("estimates.local_moran"),
        spatial_models=warehouse.read("estimates.spatial_models"),
        spatial_tests=warehouse.read("estimates.spatial_tests"),
        rho_bootstrap=warehouse.read("estimates.rho_bootstrap"),
        spatial_pathways=warehouse.read("estimates.spatial_pathways"),
        province_tiles=warehouse.read("reference.province_tiles"),
        coverage=warehouse.read("marts.fct_coverage"),
        index_frozen=warehouse.read("marts.fct_index_frozen"),
        vintage=warehouse.read("audit.vintage")["said"].item(),
        **{f"revised_{what}": warehouse.read(table) for what, table in _revision(warehouse)},
        filled=warehouse.read("intermediate.int_items__filled"),
        corrections=preferred[preferred["is_corrected"]],
        withheld=editions[editions["verdict"] == "withheld"],
        series_breaks=warehouse.read("reference.series_breaks"),
        reconciliation=warehouse.read("intermediate.int_items__national_reconciliation"),
        files=files,
        set_aside=set_aside[set_aside["load_seq"].isin(files["load_seq"])],
        checks=checks,
    )
    page = warehouse.dataset.build_results / "report.html"
    page.write_text(render(inputs), encoding="utf-8")
    failed = int((~checks["passed"]).sum())
    return dg.MaterializeResult(
        metadata={
            "report": dg.MetadataValue.path(str(warehouse.dataset.results / page.name)),
            "coverage": coverage_sentence(inputs),
            "checks_passed": len(checks) - failed,
            "checks_warned": failed,
        }
    )


@dg.asset(
    key=["results", "published"],
    deps=[
        report,
        tables,
        descriptives,
        paper_tables,
        *figures.ASSETS,
    ],
    group_name="results",
    kinds={"duckdb"},
    owners=OWNERS,
)
def published(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The swap: what was built and passed every gate becomes the last good warehouse and results.

    Until here readers saw the previous ones, whatever happened upstream. Raises `Failure` for a
    build that a gate stopped or never saw, as when this asset is materialised by itself.
    """
    checks = _checks(warehouse)
    stopping = checks[~checks["passed"] & (checks["severity"] == "ERROR")]
    if len(stopping):
        raise dg.Failure(f"not published; checks failed: {', '.join(stopping['check'])}")
    warehouse.publish()
    return dg.MaterializeResult(
        metadata={
            "warehouse": dg.MetadataValue.path(str(warehouse.dataset.database)),
            "results": dg.MetadataValue.path(str(warehouse.dataset.results)),
            "bytes": warehouse.dataset.database.stat().st_size,
        }
    )


def _checks(warehouse: Warehouse) -> pd.DataFrame:
    """What every gate of this build found. Raises `Failure` where one has not run."""
    columns = warehouse.columns().get("audit", {})
    missing = [name for name in AUDIT if name not in columns]
    if missing:
        raise dg.Failure(f"this build has not passed its gates: {', '.join(missing)} not found")
    return pd.concat([warehouse.read(f"audit.{name}") for name in AUDIT], ignore_index=True)


def _revision(warehouse: Warehouse) -> list[tuple[str, str]]:
    """`inputs` and `values`, with the table of what changed since the last vintage, if any."""
    there = warehouse.columns()["audit"]
    return [
        (what, f"audit.revision_{what}")
        for what in ("inputs", "values")
        if f"revision_{what}" in there
    ]


ASSETS = [vintage, tables, descriptives, paper_tables, report, published]
