"""The assets of the layer `estimates`: the paper's regressions and what stands beside them.

Each loads frames, calls `analysis` and stores what comes back. Nothing here computes a figure.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from ami.dataset import PAPER_SEEDS
from ami.warehouse import Warehouse
from dagster_project.assets.models import OWNERS
from dagster_project.assets.preview import preview

PANEL = dg.AssetKey(["marts", "fct_panel"])
# What section 5.6 adds, made in `space`.
SPATIAL = {
    name: dg.AssetKey(["estimates", name])
    for name in ("spatial_models", "spatial_tests", "space_notes", "space_not_estimable")
}
PUBLISHED_ESTIMATES = dg.AssetKey(["paper", "published_estimates"])
PRINTED = ("published_estimates", "published_descriptives", "published_indicators")
# Rows of a table that its preview shows.
SHOWN = 60

TABLES = {
    "estimates": "Tables 4 to 11 of the paper, in the columns of the published estimates: "
    "coefficients, clustered errors, wild bootstrap p-values and tests, each beside what the paper "
    "prints.",
    "mediation": "Table 8: direct, indirect and total effect with bootstrap intervals.",
    "conditional_effects": "What Tables 9 and 10 leave out: effects where the moderator is low, "
    "average and high, and the index of moderated mediation.",
    "robustness": "The baseline coefficient winsorised, and without each province in turn.",
    "specification_curve": "The coefficient of coagglo over measures, samples and control subsets.",
    "notes": "What a reader of an estimate must know: rows left out, tests that are undefined.",
    "not_estimable": "Columns that the dataset cannot carry, with the variables that are missing.",
}
KEYS = {name: dg.AssetKey(["estimates", name]) for name in (*TABLES, "print_audit")}


@dg.multi_asset(
    name="estimation",
    specs=[
        dg.AssetSpec(
            KEYS[table],
            deps=[PANEL, PUBLISHED_ESTIMATES, *SPATIAL.values()],
            description=description,
            group_name="estimates",
            kinds={"python", "duckdb"},
            owners=OWNERS,
        )
        for table, description in TABLES.items()
    ],
)
def estimation(warehouse: dg.ResourceParam[Warehouse]) -> Iterator[dg.MaterializeResult]:
    """Every regression of the paper, those of space as `space` found them.

    What the data cannot carry has no row.
    """
    from analysis.paper import columns, indirect_effects, table_11

    panel = warehouse.read(".".join(PANEL.path))
    results = columns.all_columns(panel)
    mediation = indirect_effects.mediation(panel)
    tables = {
        "mediation": mediation,
        "conditional_effects": indirect_effects.conditional_effects(panel),
        "robustness": indirect_effects.robustness(panel),
        "specification_curve": indirect_effects.curve(panel),
    }
    spatial = {name: warehouse.read(".".join(key.path)) for name, key in SPATIAL.items()}
    rows = [
        columns.rows(results),
        indirect_effects.published_form(panel, mediation.rows),
        table_11.published_form(spatial["spatial_models"], spatial["spatial_tests"]),
    ]
    frames = {name: table.rows for name, table in tables.items()}
    frames["estimates"] = columns.beside_published(
        pd.concat(rows, ignore_index=True), warehouse.read(".".join(PUBLISHED_ESTIMATES.path))
    )
    for name, said in columns.remarks(results, tables.values()).items():
        frames[name] = pd.concat([said, spatial[f"space_{name}"]], ignore_index=True)
    for name in TABLES:
        frame = frames[name]
        warehouse.write(f"estimates.{name}", frame)
        yield dg.MaterializeResult(asset_key=KEYS[name], metadata=shown(warehouse, frame))


@dg.asset(
    key=KEYS["print_audit"],
    deps=[dg.AssetKey(["paper", name]) for name in PRINTED],
    group_name="estimates",
    kinds={"python", "duckdb"},
    owners=OWNERS,
)
def print_audit(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Whether the paper's printed figures agree with each other within rounding; no data of ours.

    Reads the seeds as files: .130 says more than .13, and a table of numbers has lost that.
    """
    from analysis.paper.print_audit import audit

    printed = [
        pd.read_csv(PAPER_SEEDS / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in PRINTED
    ]
    findings = audit(*printed)
    warehouse.write("estimates.print_audit", findings)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(findings),
            **{
                str(verdict).replace(" ", "_"): int(count)
                for verdict, count in findings["verdict"].value_counts().items()
            },
        }
    )


def shown(warehouse: Warehouse, frame: pd.DataFrame) -> dict[str, object]:
    """What the Dagster UI shows of a table of estimates: how many rows, and the first of them."""
    words = preview(frame.head(SHOWN), synthetic=warehouse.dataset.synthetic)
    return {"dagster/row_count": len(frame), "preview": dg.MetadataValue.md(words)}
