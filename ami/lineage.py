"""From a figure back to the yearbook cells it was computed from.

Reads a warehouse and computes nothing: what a figure is made of, why it has no value and what must
be known of it are rows of the models of `dbt/models/lineage`. Here they become a tree. How it looks
in a terminal is the command's business.
"""

import difflib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from ami.dataset import Dataset
from ami.explanation import Cell, Explanation, Figure, ItemFigure, Printed
from ami.recipe_intervals import recipe_interval
from ami.warehouse import reading
from yearbooks.catalogue import Catalogue
from yearbooks.labels import match_key
from yearbooks.reference import PROVINCE

# National totals are followed no further: in each of the other provinces the way goes on.
REACHED = """
create or replace temp table reached as
with recursive reached as (
    select figure, province_code, year from asked
    union
    select parts.part, parts.part_province_code, parts.part_year
    from reached
    inner join lineage.lineage_parts as parts using (figure, province_code, year)
    where parts.province_code <> (select national_code from reference.observed_units)
)
from reached
"""
OF_REACHED = "semi join reached using (figure, province_code, year)"
# The columns of a `Cell` by the names of its fields.
CELLS = f"""
select
    figure,
    province_code,
    year,
    cell_year,
    source_file as file,
    source_hash as file_hash,
    load_seq,
    source_sheet as sheet,
    source_row as row,
    source_column as column,
    yearbook,
    yearbook_table as table,
    edition,
    edition_printed,
    item_printed,
    province_printed,
    year_printed,
    value_printed,
    unit_printed,
    footnotes,
    rule,
    is_computed as is_formula_result,
    value_used as value,
    is_corrected,
    correction_reason,
    withheld_reason,
    verdict
from lineage.lineage_cells
{OF_REACHED}
order by preference nulls last, edition desc, load_seq desc
"""
# What may be asked for, in the order of the catalogue.
NAMES = """
select variable as name, 'variable' as kind, sort_order from reference.variables
union all
select indicator, 'indicator', sort_order from reference.indicators
union all
select distinct figure, kind, 0 from lineage.lineage_figures where kind in ('quotient', 'sum')
union all
select item_code, 'item', 0 from reference.items
order by kind, sort_order, name
"""
UNDEFINED = (
    "its formula is not defined here: it divides by zero, or takes the logarithm of a figure that "
    "is not positive"
)


class ExplanationError(ValueError):
    """A figure that cannot be asked for, said in words for the person who asked."""


class FigureKey(NamedTuple):
    """Which figure: the grain of model lineage_figures."""

    figure: str
    province_code: str
    year: int


def explain(
    dataset: Dataset,
    catalogue: Catalogue,
    variable: str,
    province: str,
    year: int,
    *,
    build: bool = False,
) -> Explanation:
    """Explain one figure of the last good warehouse, or of the build of the last refresh.

    Parameters
    ----------
    variable : str
        A variable of the panel, an indicator, a location quotient, or a raw item by any label.
    province : str
        Code, or any name of the catalogue.
    build : bool
        Whether to look into what a refresh has built and perhaps not published.

    Raises
    ------
    ExplanationError
        Where there is no such variable, province or year.
    DatasetError
        Where there is no warehouse to read now.
    WarehouseError
        Where it cannot be read.
    """
    found = catalogue.province(province)
    if found is None or found.kind != PROVINCE:
        near = difflib.get_close_matches(match_key(province), catalogue.provinces, 1)
        hint = f"; did you mean '{near[0]}'?" if near else "."
        units, code = catalogue.observed, min(catalogue.sample)
        raise ExplanationError(
            f"'{province}' is not a {units.singular} of the sample{hint} Expected the code "
            f"({code}) or a name, Chinese or English, of one of the {len(catalogue.sample)}"
        )
    database = dataset.to_read(build=build)
    with reading(database) as connection:
        names = names_by_kind(connection)
        name = variable.casefold()
        item = catalogue.item(variable)
        if item is not None and not any(name in of_kind for of_kind in names.values()):
            name = item.code
        _require(name, year, names, connection, dataset)
    (explanation,) = explained(dataset, [FigureKey(name, found.code, year)], build=build)
    return explanation


def names_by_kind(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """What can be explained: names of variables, indicators, quotients, sums and items."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, kind, _ in connection.execute(NAMES).fetchall():
        found[kind].append(name)
    return found


def explained(
    dataset: Dataset, asked: Collection[FigureKey], *, build: bool = False
) -> Iterator[Explanation]:
    """The explanation of each figure asked for, in that order; raises as `Dataset.to_read`."""
    database = dataset.to_read(build=build)
    with reading(database) as connection:
        lineage = Lineage(connection, asked)
        provinces = {
            code: (province, province_zh)
            for code, province, province_zh in connection.execute(
                "select province_code, province, province_zh from reference.provinces"
            ).fetchall()
        }
        figures = {key: lineage.figure(key) for key in asked}
        over_recipes = {
            key: recipe_interval(connection, key.province_code, key.year)
            for key, figure in figures.items()
            if figure.kind == "index" and figure.value is not None
        }
    for key, figure in figures.items():
        province, province_zh = provinces[key.province_code]
        missing = {
            (part.name, part.year): {"item_code": part.name, "label": part.label, "year": part.year}
            for part in figure.walk()
            if figure.value is None and isinstance(part, ItemFigure) and part.value is None
        }
        yield Explanation(
            dataset=dataset.name,
            is_synthetic=dataset.synthetic,
            refreshed_at=written_at(database),
            province_code=key.province_code,
            province=province,
            province_zh=province_zh,
            year=key.year,
            figure=figure,
            missing_items=tuple(missing.values()),
            over_recipes=over_recipes.get(key),
        )


def written_at(database: Path) -> str:
    """When a warehouse or a build was last written to, in ISO 8601 with the time zone here."""
    moment = datetime.fromtimestamp(database.stat().st_mtime).astimezone()
    return moment.isoformat(timespec="seconds")


def cells_behind(
    connection: duckdb.DuckDBPyConnection, asked: Collection[FigureKey]
) -> dict[FigureKey, list[Cell]]:
    """Of the figures asked for that there are, the cells that count, each once."""
    lineage = Lineage(connection, asked)
    return {
        key: list(
            dict.fromkeys(
                printed.cell
                for part in lineage.figure(key).walk()
                if isinstance(part, ItemFigure)
                for printed in part.printed
            )
        )
        for key in asked
        if key in lineage
    }


class Lineage:
    """Some figures of a warehouse with everything they are made of, down to the cells."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, asked: Collection[FigureKey]) -> None:
        connection.execute(
            "create or replace temp table asked (figure varchar, province_code varchar, year int)"
        )
        connection.executemany("insert into asked values (?, ?, ?)", [list(key) for key in asked])
        connection.execute(REACHED)
        self._figures = {
            _key(row): row
            for row in _rows(connection, f"from lineage.lineage_figures {OF_REACHED}")
        }
        self._parts = _lists(
            connection, f"from lineage.lineage_parts {OF_REACHED} order by position"
        )
        self._notes = _lists(
            connection, f"from lineage.lineage_notes {OF_REACHED} order by position, note"
        )
        self._cells = _lists(connection, CELLS)

    def __contains__(self, key: FigureKey) -> bool:
        return key in self._figures

    def figure(self, key: FigureKey, edge: dict[str, Any] | None = None) -> Figure:
        """The figure and, below it, its parts; `edge` is the row that makes it one itself."""
        row = self._figures[key]
        parts = tuple(
            self.figure(FigureKey(*(each[name] for name in PART_KEY)), each)
            for each in self._parts[key]
            if row["kind"] != "total"
        )
        notes = tuple(note["note"] for note in self._notes[key])
        if edge and edge["note"]:
            notes = (*notes, edge["note"])
        about: dict[str, Any] = {name: row[name] for name in FIGURE_FIELDS} | {
            "name": key.figure,
            "formula": row["formula"] or "",
            "terms": json.loads(row["terms"] or "{}"),
            "missing": row["missing"] or "",
            "notes": notes,
        }
        if row["kind"] == "item":
            return self._item(key, about, row, edge)
        if row["value"] is None and not row["missing"]:
            about["missing"] = _what_parts_lack(parts)
        return Figure(**about, parts=parts)

    def _item(
        self,
        key: FigureKey,
        about: dict[str, Any],
        row: dict[str, Any],
        edge: dict[str, Any] | None,
    ) -> ItemFigure:
        cells: dict[int, list[Cell]] = defaultdict(list)
        for found in self._cells[key]:
            fields = {name: found[name] for name in found if name not in (*KEY, "cell_year")}
            cells[found["cell_year"]].append(Cell(**fields))
        printed = (_printed(year, cells[year]) for year in sorted(cells))
        return ItemFigure(
            **about,
            input=(edge and edge["input"]) or "",
            year=key.year,
            fill_method=row["fill_method"],
            gap_length=row["gap_length"],
            printed=tuple(each for each in printed if each),
            without_figure=tuple(
                cell for cell in cells[key.year] if row["fill_method"] != "observed"
            ),
        )


KEY = FigureKey._fields
PART_KEY = ("part", "part_province_code", "part_year")
FIGURE_FIELDS = ("kind", "label", "value", "unit", "is_interpolated")


def _printed(year: int, cells: list[Cell]) -> Printed | None:
    """The cell that counts for `year` and the others; None where no cell does."""
    counts, *others = cells
    if counts.verdict != "counts":
        return None
    assert counts.value is not None
    return Printed(year, counts.value, counts, _why_it_counts(others), tuple(others))


def _why_it_counts(others: list[Cell]) -> str:
    verdicts = {cell.verdict for cell in others}
    editions = len({cell.edition for cell in others if cell.verdict.endswith("_edition")}) + 1
    reasons = {
        "older_edition": f"the newest of {editions} editions that print a figure",
        "newer_edition": f"the first published of {editions} editions that print a figure",
        "withheld": "not among those known to be wrong",
        "earlier_load": "of its edition the one read last",
        "later_load": "of its edition the one read first",
    }
    found = [reason for verdict, reason in reasons.items() if verdict in verdicts]
    if not found:
        return "the only one that prints a figure" if others else "the only edition"
    return ", ".join(found)


def _what_parts_lack(parts: Iterable[Figure]) -> str:
    lacking = dict.fromkeys(
        figure.missing
        for part in parts
        for figure in part.walk()
        if figure.value is None and not figure.parts and figure.missing
    )
    return "; ".join(lacking) or UNDEFINED


def _require(
    name: str,
    year: int,
    names: dict[str, list[str]],
    connection: duckdb.DuckDBPyConnection,
    dataset: Dataset,
) -> None:
    """Raises `ExplanationError` where the warehouse has no figure of that name or year."""
    known = [each for of_kind in names.values() for each in of_kind]
    if name not in known:
        near = difflib.get_close_matches(name, known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "choose one of these"
        raise ExplanationError(
            f"'{name}' is not a figure of the warehouse; {hint} The panel has "
            f"{', '.join(names['variable'])}; eq. 18 and 19 {', '.join(names['quotient'])}; the "
            f"indicators are {', '.join(names['indicator'])}; and raw items, by code or label"
        )
    years = connection.execute(
        "select min(year), max(year) from intermediate.int_panel__years where not is_opening"
    ).fetchone()
    assert years is not None
    first, last = years
    if not first <= year <= last:
        raise ExplanationError(
            f"{year} is outside the panel: dataset '{dataset.name}' has the years {first} to {last}"
        )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return (dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def _key(row: dict[str, Any]) -> FigureKey:
    return FigureKey(*(row[name] for name in KEY))


def _lists(
    connection: duckdb.DuckDBPyConnection, query: str
) -> defaultdict[FigureKey, list[dict[str, Any]]]:
    found: defaultdict[FigureKey, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(connection, query):
        found[_key(row)].append(row)
    return found
