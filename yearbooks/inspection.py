"""What would happen to a file, found out without loading anything.

Reads a file as the intake does and sums up what it found: sheets, items, provinces, and every
problem with its places and what was expected. How it is shown is not decided here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from yearbooks.accepted import FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.cells import read_year
from yearbooks.errors import FileFault
from yearbooks.files.kinds import kind_of
from yearbooks.reading import SheetReading, read, unread
from yearbooks.reference import NATIONAL, PROVINCE
from yearbooks.remedies import FIELD, Suggestion, advice, suggestions
from yearbooks.resolution import resolve
from yearbooks.source import Source

# How much of everything is shown: a person reads the first of them and mends the cause.
FIRST_FIGURES, FIRST_PLACES, FIRST_TEXTS = 8, 5, 12

_SERIES = ["source_sheet", "item_printed", "unit_printed"]


@dataclass(frozen=True)
class SeenSheet:
    """How a sheet was read (or the fault for which it was not), and what became of its cells."""

    reading: SheetReading
    landed: int
    set_aside: int


@dataclass(frozen=True)
class SeenItem:
    """An item as one sheet prints it. What the catalogue does not know is None.

    factor: how many base units of `measure` one printed unit is. years: of all its cells that have
    a readable one. provinces: how many of the 31 have a figure or mark that would land. rules: by
    which its cells were read or refused.
    """

    sheet: str
    printed: str
    code: str | None
    unit_printed: str
    unit: str | None
    measure: str | None
    factor: float | None
    years: tuple[int, ...]
    provinces: int
    rules: tuple[str, ...]
    landed: int
    set_aside: int


@dataclass(frozen=True)
class LandingFigure:
    """A figure as it would land, with its place; a mark, in a file that holds no figure."""

    sheet: str
    row: int
    column: str
    item_code: str
    province_code: str
    year: int
    edition: int
    edition_printed: str
    value: float | None
    mark: str | None
    unit: str


@dataclass(frozen=True)
class CellPlace:
    """Where a cell stands, and the printed text that its problem is about."""

    sheet: str
    row: int | None
    column: str
    text: str


@dataclass(frozen=True)
class UnknownText:
    """A text that was not understood, how often it stands there, and what it may misspell."""

    text: str
    count: int
    suggestions: tuple[Suggestion, ...]


@dataclass(frozen=True)
class SetAsideCells:
    """All cells set aside for one reason.

    expected: each thing that was expected, the commonest first. field: which printed text it is
    about. distinct: how many such texts there are. places: the first of them. texts: the first
    distinct ones, where a label is unknown.
    """

    reason: str
    count: int
    expected: tuple[str, ...]
    advice: str
    field: str
    distinct: int
    places: tuple[CellPlace, ...]
    texts: tuple[UnknownText, ...]


@dataclass(frozen=True)
class UnitChange:
    """A series that is printed in several units: for each unit the years, in their order."""

    item_code: str
    units: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Inspection:
    """What is in a file, and what would become of it.

    missing: codes of the provinces without a cell that would land, where some have one.
    unknown_provinces: row headings that no province has. computed: figures that are stored results
    of formulas. has_mapping: whether NAME.mapping.yml beside it was used.
    """

    name: str
    kind: str
    size: int
    has_mapping: bool
    sheets: tuple[SeenSheet, ...]
    items: tuple[SeenItem, ...]
    provinces: int
    expected_provinces: int
    missing: tuple[str, ...]
    unknown_provinces: tuple[str, ...]
    has_national: bool
    first_figures: tuple[LandingFigure, ...]
    computed: int
    unit_changes: tuple[UnitChange, ...]
    problems: tuple[SetAsideCells, ...]
    cells: int
    landed: int
    set_aside: int


def inspect(
    source: Source,
    catalogue: Catalogue,
    releases: FileReleases,
    this_year: int,
    refused: FileFault | None = None,
) -> Inspection:
    """Reads and resolves `source` as a refresh would; nothing is raised for what is in it.

    `releases` are the accepted readings and corrections of this file; `refused` is why it could not
    be opened at all.
    """
    reading = read(source, catalogue) if refused is None else unread(refused)
    landed, aside = resolve(reading.cells, catalogue, this_year, releases)
    all_provinces = {each.code for each in catalogue.provinces.values() if each.kind == PROVINCE}
    national = {each.code for each in catalogue.provinces.values() if each.kind == NATIONAL}
    present = set(landed["province_code"])
    unknown = aside.loc[aside["reason"] == "unknown_province", "province_printed"]
    return Inspection(
        name=source.name,
        kind=kind_of(source.content) if refused is None else "not opened",
        size=len(source.content),
        has_mapping=source.mapping is not None,
        sheets=tuple(
            SeenSheet(
                sheet,
                int((landed["source_sheet"] == sheet.name).sum()),
                int((aside["source_sheet"] == sheet.name).sum()),
            )
            for sheet in reading.sheets
        ),
        items=_items(landed, aside, catalogue, all_provinces),
        provinces=len(present & all_provinces),
        expected_provinces=len(all_provinces),
        missing=tuple(sorted(all_provinces - present)) if present & all_provinces else (),
        unknown_provinces=tuple(unknown.unique()),
        has_national=bool(present & national),
        first_figures=_figures(landed),
        computed=int(landed["is_computed"].astype(bool).sum()),
        unit_changes=_unit_changes(landed),
        problems=_problems(aside, catalogue, source.name, reading.note, reading.mixed(landed)),
        cells=len(reading.cells),
        landed=len(landed),
        set_aside=len(aside),
    )


def _items(
    landed: pd.DataFrame, aside: pd.DataFrame, catalogue: Catalogue, provinces: set[str]
) -> tuple[SeenItem, ...]:
    """One entry a sheet, printed item and printed unit, in the order of the file."""
    both = pd.concat(
        [landed.assign(lands=True), aside.assign(lands=False)], ignore_index=True
    ).dropna(subset=["item_printed"])
    both = both.sort_values("source_row", kind="stable")
    found = []
    for key, cells in both.groupby(_SERIES, sort=False):
        sheet, printed, unit_printed = map(str, key)
        lands = cells[cells["lands"]]
        # Where a reading was accepted, the cells know what the printed text does not say.
        item = catalogue.item(_only(lands["item_code"]) or printed)
        unit = catalogue.unit(_only(lands["unit"]) or unit_printed)
        years = {read_year(text) for text in cells["year_printed"].unique()} | set(lands["year"])
        found.append(
            SeenItem(
                sheet=sheet,
                printed=printed,
                code=item.code if item else None,
                unit_printed=unit_printed,
                unit=unit.name if unit else None,
                measure=unit.measure if unit else None,
                factor=unit.factor if unit else None,
                years=tuple(sorted(year for year in years if year)),
                provinces=len(provinces & set(lands["province_code"])),
                rules=tuple(rule for rule in cells["rule"].unique() if rule),
                landed=len(lands),
                set_aside=len(cells) - len(lands),
            )
        )
    return tuple(found)


def _only(texts: pd.Series) -> str | None:
    """The one text that all have; None where there is none or several."""
    distinct = texts.dropna().unique()
    return str(distinct[0]) if len(distinct) == 1 else None


def _figures(landed: pd.DataFrame) -> tuple[LandingFigure, ...]:
    columns = [
        "source_sheet", "source_row", "source_column", "item_code", "province_code", "year",
        "edition", "edition_printed", "value", "mark", "unit",
    ]  # fmt: skip
    figures = landed[landed["value"].notna()]
    first = (figures if len(figures) else landed)[columns].head(FIRST_FIGURES)
    return tuple(
        LandingFigure(
            *(None if isinstance(value, float) and pd.isna(value) else value for value in row)
        )
        for row in first.itertuples(index=False, name=None)
    )


def _unit_changes(landed: pd.DataFrame) -> tuple[UnitChange, ...]:
    changes = []
    for code, cells in landed.groupby("item_code", sort=False):
        if cells["unit_factor"].nunique() < 2:
            continue
        years = [
            (str(unit), tuple(sorted(int(year) for year in of_unit["year"].unique())))
            for unit, of_unit in cells.groupby("unit", sort=False)
        ]
        changes.append(UnitChange(str(code), tuple(sorted(years, key=lambda each: each[1]))))
    return tuple(changes)


def _problems(
    aside: pd.DataFrame, catalogue: Catalogue, name: str, note: str, mixed: Sequence[str]
) -> tuple[SetAsideCells, ...]:
    problems = []
    for reason, cells in aside.groupby("reason", sort=True):
        sheets = tuple(map(str, cells["source_sheet"].unique()))
        answers = {answer for fault in cells["fault"].unique() for answer in fault.answers}
        field = FIELD.get(str(reason), "value")
        texts = cells[f"{field}_printed"].fillna("").astype(str)
        problems.append(
            SetAsideCells(
                reason=str(reason),
                count=len(cells),
                expected=(*cells["expected"].value_counts().index, *((note,) if note else ())),
                advice=advice(
                    str(reason),
                    name,
                    sheets,
                    tuple(answers),
                    is_of_column=any(sheet in mixed for sheet in sheets),
                ),
                field=field,
                places=tuple(_places(cells.assign(text=texts).head(FIRST_PLACES))),
                distinct=texts.nunique(),
                texts=_unknown(texts, field, catalogue)
                if str(reason).startswith("unknown")
                else (),
            )
        )
    return tuple(sorted(problems, key=lambda problem: -problem.count))


def _places(cells: pd.DataFrame) -> Iterable[CellPlace]:
    columns = (cells[name] for name in ("source_sheet", "source_row", "source_column", "text"))
    for sheet, row, column, text in zip(*columns, strict=True):
        yield CellPlace(sheet, None if pd.isna(row) else int(row), column or "", text)


def _unknown(texts: pd.Series, field: str, catalogue: Catalogue) -> tuple[UnknownText, ...]:
    counts = texts.value_counts(sort=False)
    return tuple(
        UnknownText(str(text), int(count), suggestions(field, str(text), catalogue))
        for text, count in counts.head(FIRST_TEXTS).items()
    )
