"""The figures as assets: those that `analysis.report.figures` declares, kept as SVG, shown as PNG.

What a figure shows is the business of `analysis`.
"""

import base64

import dagster as dg

from ami.warehouse import Warehouse
from analysis.report.figures.kept import FIGURES, FigureFile
from dagster_project.assets.estimates import key
from dagster_project.assets.metadata import OWNERS, built


def _asset(figure: FigureFile) -> dg.AssetsDefinition:
    @dg.asset(
        key=["figures", figure.name],
        deps=[key(table) for table in figure.needs],
        description=figure.words,
        group_name="figures",
        kinds={"altair"},
        owners=OWNERS,
    )
    def drawn(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
        import vl_convert

        from analysis.report.figures.style import to_svg

        frames = warehouse.inputs(f"figures.{figure.name}", figure.needs)
        path = warehouse.dataset.build_results / f"{figure.file or figure.name}.svg"
        # Of an earlier run on the same build, whose data may have carried it.
        path.unlink(missing_ok=True)
        try:
            chart = figure.draw(*frames.values(), synthetic=warehouse.dataset.synthetic)
        except ValueError as reason:  # The data do not carry it, which the report says too.
            return dg.MaterializeResult(metadata={"not_drawn": str(reason)})
        svg = to_svg(chart)
        path.write_text(svg, encoding="utf-8")
        image = base64.b64encode(vl_convert.svg_to_png(svg)).decode()
        return dg.MaterializeResult(
            metadata={
                "figure": dg.MetadataValue.md(f"![{figure.name}](data:image/png;base64,{image})"),
            }
            | built(path)
        )

    return drawn


ASSETS = [_asset(figure) for figure in FIGURES]
