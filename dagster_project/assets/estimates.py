"""The assets of the layer `estimates`: the paper's regressions and what stands beside them.

Each loads frames, calls `analysis` and stores what comes back. Nothing here computes a figure.
"""

from collections.abc import Iterator

import dagster as dg
import pandas as pd

from ami.dataset import PAPER_SEEDS
from ami.warehouse import Warehouse
from dagster_project.assets.metadata import OWNERS, shown

PANEL = dg.AssetKey(["marts", "fct_panel"])
CAPITALS = dg.AssetKey(["reference", "province_capitals"])
BORDERS = dg.AssetKey(["reference", "province_borders"])
PUBLISHED_ESTIMATES = dg.AssetKey(["paper", "published_estimates"])
PRINTED = ("published_estimates", "published_descriptives", "published_indicators")

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
SPACE_TABLES = {
    "spatial_weights": "How much each province is another's neighbour, one row a pair with a "
    "weight: the nested and economic-distance matrices of the paper, and others beside them.",
    "morans_i": "Moran's I of coagglo and ami in every year under every matrix, with normal, "
    "randomisation and permutation p-values.",
    "local_moran": "Local Moran's I of each province in the last year, its cluster, and p-values "
    "with and without control of the false discovery rate.",
    "spatial_models": "SDM, SAR and SEM of ami by both estimators under both matrices of the "
    "paper: coefficients, direct, indirect and total effects, with four kinds of errors.",
    "spatial_tests": "LM tests by effects, Wald and LR tests of the SDM against SAR and SEM, "
    "Hausman tests of fixed against random effects.",
    "rho_bootstrap": "How far from the truth each estimator's rho falls in panels of this size.",
    "spatial_pathways": "Beyond the paper: mediation by uic with spillovers, and spillovers that "
    "mi and icc moderate, with bootstrap intervals.",
    "space_notes": "What a reader of these tables must know: provinces and years left out.",
    "space_not_estimable": "What of section 5.6 the dataset cannot carry, with the variables that "
    "are missing.",
}
KEYS = {name: dg.AssetKey(["estimates", name]) for name in (*SPACE_TABLES, *TABLES, "print_audit")}
# What the tables of the paper take from section 5.6.
SPATIAL = {
    name: KEYS[name]
    for name in ("spatial_models", "spatial_tests", "space_notes", "space_not_estimable")
}


@dg.multi_asset(
    name="space",
    specs=[
        dg.AssetSpec(
            KEYS[table],
            deps=[PANEL, CAPITALS, BORDERS],
            description=description,
            group_name="estimates",
            kinds={"python", "duckdb"},
            owners=OWNERS,
        )
        for table, description in SPACE_TABLES.items()
    ],
)
def space(warehouse: dg.ResourceParam[Warehouse]) -> Iterator[dg.MaterializeResult]:
    """Who is whose neighbour, whether neighbours are alike, and what spills over between them."""
    from analysis.paper import moran_tables, table_11
    from analysis.paper.columns import remarks

    panel, capitals, borders = (
        warehouse.read(".".join(key.path)) for key in (PANEL, CAPITALS, BORDERS)
    )
    weights = moran_tables.spatial_weights(panel, capitals, borders)
    matrices = moran_tables.matrices(weights.rows)
    tables = {
        "spatial_weights": weights,
        "morans_i": moran_tables.morans_i(panel, matrices),
        "local_moran": moran_tables.local_moran(panel, matrices),
        "spatial_models": table_11.models(panel, matrices),
        "spatial_tests": table_11.tests(panel, matrices),
        "rho_bootstrap": table_11.small_sample(panel, matrices),
        "spatial_pathways": table_11.pathways(panel, matrices),
    }
    frames = {name: table.rows for name, table in tables.items()}
    frames |= {f"space_{name}": said for name, said in remarks([], tables.values()).items()}
    for name in SPACE_TABLES:
        warehouse.write(f"estimates.{name}", frames[name])
        yield dg.MaterializeResult(
            asset_key=KEYS[name], metadata=shown(frames[name], warehouse.dataset)
        )


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
        yield dg.MaterializeResult(asset_key=KEYS[name], metadata=shown(frame, warehouse.dataset))


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


ASSETS = [estimation, print_audit, space]
