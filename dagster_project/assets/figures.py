"""The figures as assets: drawn by a function of `analysis`, kept as SVG, shown as PNG.

What a figure shows is the business of `analysis`.
"""

import base64
import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dagster as dg
import pandas as pd

from ami.warehouse import Warehouse
from dagster_project.assets.estimates import KEYS, PANEL
from dagster_project.assets.metadata import OWNERS

INDEX = dg.AssetKey(["marts", "fct_index"])
TILES = dg.AssetKey(["reference", "province_tiles"])

if TYPE_CHECKING:
    import altair as alt


def figure(
    name: str,
    file: str,
    sources: Sequence[dg.AssetKey],
    description: str,
    prepare: Callable[..., tuple[object, ...]] = lambda *frames: frames,
    *,
    draw: str = "",
    module: str = "analysis.report.figures.drawings",
) -> dg.AssetsDefinition:
    """The asset of the function `draw` (by default `name`) in `module`, drawn from tables.

    prepare: makes the function's arguments of the frames of `sources`, in their order. A
    ValueError of either says why the data do not carry the figure.
    """

    @dg.asset(
        key=["figures", name],
        deps=list(sources),
        description=description,
        group_name="figures",
        kinds={"altair"},
        owners=OWNERS,
    )
    def drawn(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        import vl_convert

        from analysis.report.figures.drawings import to_svg

        function: Callable[..., alt.TopLevelMixin]
        function = getattr(importlib.import_module(module), draw or name)
        frames: list[pd.DataFrame] = [warehouse.read(".".join(key.path)) for key in sources]
        try:
            chart = function(*prepare(*frames), synthetic=warehouse.dataset.synthetic)
        except ValueError as reason:  # The data do not carry it, which the report says too.
            return dg.MaterializeResult(metadata={"not_drawn": str(reason)})
        path = warehouse.dataset.build_results / f"{file}.svg"
        svg = to_svg(chart)
        path.write_text(svg, encoding="utf-8")
        image = base64.b64encode(vl_convert.svg_to_png(svg)).decode()
        return dg.MaterializeResult(
            metadata={
                "figure": dg.MetadataValue.md(f"![{name}](data:image/png;base64,{image})"),
                "file": dg.MetadataValue.path(str(warehouse.dataset.results / path.name)),
            }
        )

    return drawn


def _curve(rows: pd.DataFrame) -> tuple[object]:
    from analysis.paper.indirect_effects import curve_of

    return (curve_of(rows),)


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


ASSETS = [
    figure(
        "top_provinces",
        "figure_2",
        [INDEX],
        "Figure 2: the index in the ten provinces that lead in its last year.",
    ),
    figure(
        "scatter",
        "figure_3",
        [PANEL],
        "Figure 3: the index against industrial synergy agglomeration, with the fitted line.",
    ),
    figure(
        "specification_curve",
        "specification_curve",
        [KEYS["specification_curve"]],
        "The coefficient of coagglo under every reading of what goes into its regression.",
        _curve,
    ),
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
