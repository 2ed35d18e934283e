"""Writes dbt/models/exposures.yml from what the project declares of its results.

    python docs/build_exposures.py

A table of results, a figure and the report say in `analysis` which tables of the warehouse they
need; here it is only written down for dbt, whose lineage then ends where a reader begins.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill

from ami import cell_moves
from analysis.report.figures.kept import FIGURES
from analysis.report.frames import NEEDED, OF_TYPESET_TABLES, STANDING
from analysis.report.page import NEEDS
from analysis.results_tables import ESTIMATES, RESULTS_TABLES

TARGET = Path(__file__).resolve().parents[1] / "dbt" / "models" / "exposures.yml"
HEADING = """version: 2

# What a refresh leaves in results/<dataset>/. Written by docs/build_exposures.py.
exposures:
"""
LINES = {"width": 110, "initial_indent": " " * 6, "subsequent_indent": " " * 6}
# What dbt makes or loads; of what Python keeps in other schemas, dbt knows the origin alone.
LAYERS = ("reference", "paper", "staging", "intermediate", "marts")
ORIGINS = {estimate.source: estimate.needs for estimate in ESTIMATES} | {
    cell_moves.TABLE: cell_moves.NEEDS,
    "audit.revision_inputs": ("intermediate.int_items__preferred",),
    "audit.revision_values": ("intermediate.int_variables__values",),
    "audit.revision_estimates": ("intermediate.int_variables__values",),
    STANDING: ("intermediate.int_items__filled",),
    NEEDED: ("intermediate.int_items__filled", "reference.official_tables"),
}


def render() -> str:
    """The whole file."""
    words = {estimate.source: estimate.words for estimate in ESTIMATES}
    entries = [
        _entry(
            table.name,
            "analysis",
            words.get(table.source, f"The table {table.source} as a file."),
            table.sources,
        )
        for table in RESULTS_TABLES
    ]
    entries.append(
        _entry(
            "paper_tables",
            "analysis",
            "Tables 2 to 11 as the paper prints them.",
            OF_TYPESET_TABLES,
        )
    )
    entries += [
        _entry(f"figure_{figure.name}", "analysis", figure.words, figure.needs)
        for figure in FIGURES
    ]
    entries.append(
        _entry("report", "dashboard", "One page for who must defend the figures.", NEEDS)
    )
    return HEADING + "\n".join(entries)


def _entry(name: str, kind: str, words: str, needs: Iterable[str]) -> str:
    nodes = sorted({node for table in needs for node in _nodes(table)})
    references = "".join(f"      - ref('{node}')\n" for node in nodes)
    return (
        f"  - name: {name}\n    type: {kind}\n    description: >\n{fill(words, **LINES)}\n"
        f"    owner: {{name: warehouse}}\n    depends_on:\n{references}"
    )


def _nodes(table: str) -> Iterator[str]:
    """The models and seeds of dbt that a table of the warehouse is, or is made of."""
    schema, _, name = table.partition(".")
    if schema in LAYERS:
        yield name
    for origin in ORIGINS.get(table, ()):
        yield from _nodes(origin)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(TARGET.relative_to(TARGET.parents[2]))
