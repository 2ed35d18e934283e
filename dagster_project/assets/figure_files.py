"""The figures as assets: those that `analysis.report.figures` declares, kept as SVG, shown as PNG.

What a figure shows is the business of `analysis`.
"""

import base64
from pathlib import Path
from typing import Any

import dagster as dg

from ami.code_version import version_of
from ami.up_to_date import Product, beside_last_good
from ami.warehouse import Warehouse
from analysis.report.figures import style
from analysis.report.figures.kept import FIGURES, FigureFile
from dagster_project.assets.metadata import OWNERS, built, data_version, key, taken_over


def _asset(figure: FigureFile) -> dg.AssetsDefinition:
    name, file = f"figures.{figure.name}", f"{figure.file or figure.name}.svg"
    code = version_of(__name__)

    @dg.asset(
        key=key(name),
        deps=[key(table) for table in figure.needs],
        description=figure.words,
        group_name="figures",
        kinds={"altair"},
        owners=OWNERS,
        code_version=code,
    )
    def drawn(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        import vl_convert

        dataset = warehouse.dataset
        product = Product(name, figure.needs, f"{code} {dataset.synthetic} {dataset.units}")
        path = warehouse.dataset.build_results / file
        # Of an earlier run on the same build, whose data may have carried it.
        path.unlink(missing_ok=True)
        with beside_last_good(warehouse) as last_good:
            if made := last_good.take_over(product):
                warehouse.note({name: figure.needs})
                told = taken_over(True)
            else:
                told = _draw(figure, warehouse, path)
                made = last_good.note(product, [file] if path.is_file() else [])
        if path.is_file():
            image = base64.b64encode(vl_convert.svg_to_png(path.read_text("utf-8"))).decode()
            picture = dg.MetadataValue.md(f"![{figure.name}](data:image/png;base64,{image})")
            told |= {"figure": picture} | built(path)
        return dg.MaterializeResult(metadata=told, data_version=data_version(made))

    return drawn


def _draw(figure: FigureFile, warehouse: Warehouse, path: Path) -> dict[str, Any]:
    """Draw a figure, if the data carry it; why they do not."""
    frames = warehouse.inputs(f"figures.{figure.name}", figure.needs)
    try:
        chart = figure.draw(*frames.values(), synthetic=warehouse.dataset.synthetic)
    except ValueError as reason:  # The report says so, too.
        return {"not_drawn": str(reason)}
    path.write_text(warehouse.dataset.units.worded(style.to_svg(chart)), encoding="utf-8")
    return {}


ASSETS = [_asset(figure) for figure in FIGURES]
