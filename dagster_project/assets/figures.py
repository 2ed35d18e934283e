"""How a figure becomes an asset: drawn by a function of `analysis`, kept as SVG, shown as PNG.

Not here: which figures there are (`assets.py`, `space.py`) and what they show (`analysis`).
"""

import base64
import importlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import dagster as dg
import pandas as pd

from ami.warehouse import Warehouse
from dagster_project.assets.models import OWNERS

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
