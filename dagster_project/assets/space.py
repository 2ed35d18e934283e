"""The assets of section 5.6: spatial weights, Moran's I, spatial panels, and their figures.

Each loads frames, calls `analysis.spatial` and stores what comes back. Nothing here computes a
figure. All that is estimated under weights takes them as `estimates.spatial_weights` holds them,
so that no two estimates can differ in them.
"""

from collections.abc import Callable, Iterator

import dagster as dg
import pandas as pd

from ami.warehouse import Warehouse
from dagster_project.assets.estimates import PANEL, shown
from dagster_project.assets.figures import figure
from dagster_project.assets.models import OWNERS

CAPITALS = dg.AssetKey(["reference", "province_capitals"])
BORDERS = dg.AssetKey(["reference", "province_borders"])
TILES = dg.AssetKey(["reference", "province_tiles"])
INDEX = dg.AssetKey(["marts", "fct_index"])

TABLES = {
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
KEYS = {name: dg.AssetKey(["estimates", name]) for name in TABLES}


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
        for table, description in TABLES.items()
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
    for name in TABLES:
        warehouse.write(f"estimates.{name}", frames[name])
        yield dg.MaterializeResult(asset_key=KEYS[name], metadata=shown(warehouse, frames[name]))


def _of(variable: str) -> Callable[..., tuple[object, ...]]:
    """The local Moran's I of a variable under the weights that the report shows."""

    def prepare(local: pd.DataFrame, *others: pd.DataFrame) -> tuple[object, ...]:
        from analysis.paper.moran_tables import leading

        return (leading(local, variable), *others)

    return prepare


def _under_paper_weights(table: pd.DataFrame) -> tuple[object, ...]:
    from analysis.paper.moran_tables import PAPER_MATRICES

    return (table[table["weights"].isin(PAPER_MATRICES)],)


def _effects(models: pd.DataFrame) -> tuple[object, ...]:
    from analysis.paper.table_11 import PRINTED_MATRIX, effects_frame

    return (effects_frame(models, PRINTED_MATRIX),)


FIGURES = [
    figure(
        "index_map",
        "index_map",
        [INDEX, TILES],
        "The index of its last year as a map of equal tiles, one a province.",
        module="analysis.report.figures.maps",
    ),
    figure(
        "morans_i",
        "morans_i",
        [KEYS["morans_i"]],
        "Moran's I of coagglo and ami over the years, with the band of random orders.",
        _under_paper_weights,
        module="analysis.report.figures.maps",
    ),
    figure(
        "spatial_effects",
        "spatial_effects",
        [KEYS["spatial_models"]],
        "Direct, indirect and total effects of the spatial Durbin model by both estimators.",
        _effects,
        module="analysis.report.figures.maps",
    ),
    *(
        figure(
            f"{draw}_{variable}",
            f"{draw}_{variable}",
            [KEYS["local_moran"], *tiles],
            f"{words} of {variable} in its last year.",
            _of(variable),
            draw=draw,
            module="analysis.report.figures.maps",
        )
        for draw, tiles, words in (
            ("moran_scatter", [], "Moran scatter plot, each province against its neighbours,"),
            ("cluster_map", [TILES], "Map of the local Moran clusters"),
        )
        for variable in ("coagglo", "ami")
    ),
]
