"""The paper's tables as an asset: what `analysis.report.paper_tables` sets, kept as files.

By itself, so that what a table is set by is what this module imports: where none of that and no
figure has changed, the files are taken over from the last good refresh.
"""

import dagster as dg

from ami.code_version import version_of
from ami.table_files import CSV_ENCODING
from ami.up_to_date import Product, beside_last_good
from ami.warehouse import Warehouse
from analysis.report.frames import OF_TYPESET_TABLES
from dagster_project.assets.metadata import OWNERS, built, data_version, key, taken_over

CODE = version_of(__name__)


@dg.asset(
    key=["results", "paper_tables"],
    deps=[key(table) for table in OF_TYPESET_TABLES],
    group_name="results",
    kinds={"html", "latex", "csv"},
    owners=OWNERS,
    code_version=CODE,
)
def paper_tables(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Tables 2 to 11 as the paper prints them, its figures beside ours: HTML, LaTeX and CSV.

    A table of which nothing is known is not written; the report says what is missing. `tables.tex`
    is a document of all that are.
    """
    dataset = warehouse.dataset
    name = "results.paper_tables"
    product = Product(name, OF_TYPESET_TABLES, f"{CODE} {dataset.synthetic} {dataset.units}")
    with beside_last_good(warehouse) as last_good:
        if made := last_good.take_over(product):
            warehouse.note({name: OF_TYPESET_TABLES})
            told = taken_over(True)
        else:
            made = last_good.note(product, _typeset(warehouse, name))
            told = {}
    return dg.MaterializeResult(
        metadata=built(dataset.build_results) | told, data_version=data_version(made)
    )


def _typeset(warehouse: Warehouse, name: str) -> list[str]:
    """Write the paper's tables; the names of the files."""
    from analysis.report import latex
    from analysis.report.paper_tables import paper_tables

    frames = warehouse.inputs(name, OF_TYPESET_TABLES)
    made = paper_tables(*frames.values(), synthetic=warehouse.dataset.synthetic)
    folder = warehouse.dataset.build_results
    worded = warehouse.dataset.units.worded
    files = {"tables.tex": latex.document([table.number for table in made])}
    for table in made:
        files[f"table_{table.number}.html"] = worded(table.html())
        files[f"table_{table.number}.tex"] = worded(table.latex())
    for file, text in files.items():
        (folder / file).write_text(text, encoding="utf-8")
    plain = {f"table_{table.number}.csv": table.plain() for table in made}
    for file, frame in plain.items():
        (folder / file).write_text(worded(frame.to_csv(index=False)), encoding=CSV_ENCODING)
    return [*files, *plain]


ASSETS = [paper_tables]
