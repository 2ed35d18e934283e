"""Writes docs/data-dictionary.md from the YAML files of the dbt project and the declared estimates.

    python docs/build_data_dictionary.py

A description is written once, beside the model it describes or in `analysis/results_tables.py`;
here it is only laid out. No warehouse is needed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ami import cell_moves
from analysis.estimate_tables import ESTIMATES_SCHEMA
from analysis.paper.result_columns import words_of
from analysis.results_tables import ESTIMATES, RESULTS_TABLES

DOCS = Path(__file__).resolve().parent
DBT = DOCS.parent / "dbt"
TARGET = DOCS / "data-dictionary.md"

# In the order a reader needs them: what to use first, where it comes from last. The layer is the
# folder, which is also the schema in the warehouse.
LAYERS = {
    "marts": ("models/marts", "What to use: the index and the panel, under contract."),
    ESTIMATES_SCHEMA: ("", "The paper's regressions and what stands beside them."),
    "lineage": ("models/lineage", "From a figure to the cells it was computed from."),
    "intermediate": ("models/intermediate", "One step of the computation each."),
    "staging": ("models/staging", "Figures typed and in canonical units."),
    "checks": ("models/checks", "What a rule compares; the rows that break it are outside."),
    "raw": ("models/staging", "What the readers landed, as printed; only ever added to."),
    "vintages": ("models/staging", "What each refresh published; only ever added to."),
    "published": ("models/staging", "What the last good warehouse held when a refresh began."),
    "reference": (
        "seed_properties/reference",
        "The catalogue: items, names, units, marks, corrections.",
    ),
    "paper": ("seed_properties/paper", "What the paper prints, to compare with."),
    "yearbooks": ("seeds/yearbooks", "The demo yearbooks. SYNTHETIC."),
}

# What the types of estimates are in the warehouse.
TYPES = {"str": "varchar", "float64": "double", "int64": "bigint", "bool": "boolean"}
# Layers that dbt reads and does not make.
SOURCES = ("raw", "vintages", "published")

_FORMS = (
    "Each ends in a column `is_synthetic`. CSV is UTF-8 with a byte order mark, for Excel; in R",
    'it is read with `fileEncoding = "UTF-8-BOM"`. The files for Stata 14 or newer have what a',
    "column holds as label of its variable, and `c(maxdouble)` or its negative where an interval",
    "has no end. `examples/` has a do-file and an R script that find Table 4, column (1), again.",
)
_DOC_BLOCK = re.compile(r"{%\s*docs (\w+)\s*%}(.*?){%\s*enddocs\s*%}", re.DOTALL)
_DOC_CALL = re.compile(r"""{{\s*doc\(['"](\w+)['"]\)\s*}}""")
_GRAIN = re.compile(r"\s*\bGrain - (.+?)\.(?=\s|$)")


@dataclass(frozen=True)
class Table:
    """A model, source table or seed; `columns` are (name, type or "", description)."""

    layer: str
    name: str
    description: str
    grain: str
    columns: tuple[tuple[str, str, str], ...]


def tables(dbt: Path = DBT) -> list[Table]:
    """Every documented table, by layer, in the order of the YAML files.

    Raises `KeyError` for a doc block that is not defined.
    """
    blocks = dict(_DOC_BLOCK.findall((dbt / "models" / "columns.md").read_text(encoding="utf-8")))
    return [
        table
        for layer, (folder, _) in LAYERS.items()
        for table in (
            _estimates()
            if layer == ESTIMATES_SCHEMA
            else (_table(layer, entry, blocks) for entry in _entries(dbt / folder, layer))
        )
    ] + [_cell_moves()]


def render(dbt: Path = DBT) -> str:
    """The whole page."""
    found = tables(dbt)
    lines = [
        "# Data dictionary",
        "",
        "Made by `docs/build_data_dictionary.py` from the dbt YAML and, for estimates, from",
        "`analysis/results_tables.py`; change a description there, not here. One layer is one",
        "schema of the warehouse, so that every heading below can be queried:",
        "`select * from marts.fct_index`.",
        "",
    ]
    for layer in LAYERS:
        links = (f"[{table.name}](#{layer}{table.name})" for table in found if table.layer == layer)
        lines.append(f"- **{layer}**: {', '.join(links)}")
    lines += ["", "## Files", "", *_FORMS, "", *_files()]
    for layer, (_, purpose) in LAYERS.items():
        lines += ["", f"## Layer {layer}", "", purpose]
        for table in found:
            if table.layer == layer:
                lines += ["", *_section(table)]
    return "\n".join(lines) + "\n"


def _estimates() -> Iterator[Table]:
    for estimate in ESTIMATES:
        columns = tuple(
            (name, TYPES[kind], words_of(name)) for name, kind in estimate.columns.items()
        )
        yield Table(ESTIMATES_SCHEMA, estimate.name, estimate.words, estimate.grain, columns)


def _cell_moves() -> Table:
    """Beside the models of its layer, which dbt makes, one that Python does."""
    layer, _, name = cell_moves.TABLE.partition(".")
    columns = tuple((of, kind, words) for of, (kind, words) in cell_moves.COLUMNS.items())
    return Table(layer, name, cell_moves.ABOUT, cell_moves.GRAIN, columns)


def _files() -> Iterator[str]:
    """Which tables are files of results, and in which forms."""
    yield "| file in `results/<dataset>/` | table |"
    yield "|---|---|"
    for table in RESULTS_TABLES:
        where = "" if table.always else ", from the second vintage on"
        forms = ("csv", "parquet", *(["dta"] if table.for_stata else []))
        files = ", ".join(f"`{table.name}.{form}`" for form in forms)
        sources = " with columns of ".join(f"`{source}`" for source in table.sources)
        yield f"| {files} | {sources}{where} |"


def _entries(folder: Path, layer: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.rglob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if layer in SOURCES:
            for source in content.get("sources", []):
                if source["name"] == layer:
                    yield from source["tables"]
        else:
            yield from content.get("models", []) + content.get("seeds", [])


def _table(layer: str, entry: dict[str, Any], blocks: dict[str, str]) -> Table:
    def text(description: str) -> str:
        return " ".join(_DOC_CALL.sub(lambda call: blocks[call[1]].strip(), description).split())

    types = entry.get("config", {}).get("column_types", {})
    description = text(entry.get("description", ""))
    grain = _GRAIN.search(description)
    return Table(
        layer=layer,
        name=entry["name"],
        description=_GRAIN.sub("", description).strip(),
        grain=grain[1] if grain else "",
        columns=tuple(
            (
                column["name"],
                column.get("data_type", types.get(column["name"], "")),
                text(column.get("description", "")),
            )
            for column in entry.get("columns", [])
        ),
    )


def _section(table: Table) -> list[str]:
    lines = [f"### {table.layer}.{table.name}", "", table.description]
    if table.grain:
        lines += ["", f"Grain: {table.grain}."]
    typed = any(kind for _, kind, _ in table.columns)
    heading = ("column", "type", "description") if typed else ("column", "description")
    rows = [heading, ("---",) * len(heading)]
    for name, kind, description in table.columns:
        rows.append((f"`{name}`", kind, description) if typed else (f"`{name}`", description))
    return [*lines, "", *(f"| {' | '.join(map(_escaped, row))} |" for row in rows)]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"{TARGET.relative_to(DOCS.parent)}: {len(tables())} tables")
