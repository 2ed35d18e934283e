"""The cells of one table: for each figure its item, province, year and unit, or the fault.

Whatever stands in the body of a table is a cell; a heading that is not understood is printed with
its cells, so that they are set aside and not lost. Which rows make the table is
`yearbooks.layouts.tables`'; what a mapping file states goes before what is recognised.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from yearbooks.catalogue import Catalogue
from yearbooks.cells import (
    CELL_COLUMNS,
    Fault,
    Place,
    Sheet,
    column_letter,
    read_year,
)
from yearbooks.layouts.axis import Places, not_provinces
from yearbooks.layouts.column_names import ColumnNames
from yearbooks.layouts.columns import Column
from yearbooks.layouts.grid import Grid, is_figure
from yearbooks.layouts.naming import MAPPING, Naming, unclear
from yearbooks.layouts.tables import Context
from yearbooks.layouts.titles import Title, Titles
from yearbooks.layouts.words import Level, Words
from yearbooks.mapping import SheetMapping
from yearbooks.reference import CITY, ITEM, UNIT, YEAR, Item

LABEL = "label"


@dataclass(frozen=True)
class Body:
    """A table turned so that provinces go down.

    rows: those that hold figures, of `grid`. axis: the column that names the provinces. sides: what
    each column holds where no figures (label, year, unit, item, city), else nothing. width: how
    many fields a row of a text file must have; 0 where that does not matter.
    """

    grid: Grid
    heads: Sequence[int]
    rows: Sequence[int]
    axis: int
    sides: dict[int, str]
    columns: Sequence[Column]
    context: Context
    width: int

    def side(self, kind: str) -> list[int]:
        return [column for column, side in self.sides.items() if side == kind]


def side_of(
    grid: Grid, column: int, heads: Sequence[int], body: Sequence[int], words: Words, places: Places
) -> str:
    """What a column holds where no figures: label, city, year, unit, item; else nothing."""
    texts = [text for row in body if (text := grid.shown[row][column]).strip()]
    if not texts:
        return ""
    headed = [words.level(text) for row in heads if (text := grid.shown[row][column]).strip()]
    roles = {level.role for level in headed} - {None}
    has_figures = any(is_figure(text) and not places.named(text) for text in texts)
    if CITY in roles and not has_figures:
        return CITY
    known = sum(places.named(text) is not None for text in texts)
    if 2 * known >= len(texts) and not has_figures:
        return LABEL
    if YEAR in roles or (not headed and all(map(read_year, texts))):
        return YEAR
    has_figures = any(map(is_figure, texts))
    if (UNIT in roles and not has_figures) or (not headed and all(map(words.unit, texts))):
        return UNIT
    if ITEM in roles and not has_figures:
        return ITEM
    return ""


class TableCells:
    """Reads the cells of the tables of one sheet, and keeps in words how.

    cells: in the order of `CELL_COLUMNS`. notes: remarks that stand in the body.
    """

    def __init__(
        self,
        sheet: Sheet,
        catalogue: Catalogue,
        titles: Titles,
        naming: Naming,
        places: Places,
        mapping: SheetMapping,
    ) -> None:
        self.sheet = sheet
        self.catalogue = catalogue
        self.titles = titles
        self.words = titles.words
        self.naming = naming
        self.places = places
        self.mapping = mapping
        self.texts = dict(sheet.rows)
        self.roots = frozenset(sheet.merged.values())
        self.cells: list[list[object]] = []
        self.notes: list[str] = []
        self.why: list[str] = []

    def read(self, body: Body) -> None:
        """Adds the cells of one table."""
        names = ColumnNames(
            self.sheet.name, body.columns, body.context, self.words, self.naming, self.mapping
        )
        unclear_places = self._unclear_places(body)
        verbal = [column for column in body.columns if self._holds_texts_only(body, column)]
        # Under a heading that says nothing (备注) the texts are remarks.
        remarks = [c for c in verbal if c.levels and all(level.is_neutral for level in c.levels)]
        telling = [column for column in verbal if column not in remarks]
        year, year_fault = self._year_of(body.context)
        carried = ""
        for row in body.rows:
            label = body.grid.shown[row][body.axis]
            row_year = self._beside(body, row, YEAR)
            if label.strip() or not row_year:
                carried = label
            province = self._province(body, row, carried)
            place = self.places.named(carried)
            row_item = self.words.level(self._beside(body, row, ITEM))
            row_fault = unclear_places or self._row_fault(body, row, telling)
            for column in body.columns:
                if column in remarks:
                    text = body.grid.shown[row][column.position].strip()
                    self.notes += [f"{province}: {text}"] if text else []
                    continue
                named = names.of(column, row_item)
                where = body.grid.place(row, column.position)
                is_covered = where in body.grid.merged
                text = "" if is_covered else body.grid.shown[row][column.position]
                # An empty cell that would not be a figure of anything if it were not.
                is_of_nothing = (
                    place is None or not column.levels or (column.is_blank and not named.item)
                )
                if is_of_nothing and not is_covered and not text.strip():
                    continue
                stated_year = column.stated.year or column.year or row_year or row_item.year or year
                unit, unit_fault = self._unit_of(body, row, column, row_item, named.item)
                fault = (
                    self._place_fault(body, column, where)
                    or unclear_places
                    or (None if column.stated.item else column.fault or named.fault)
                    or (None if named.rule == MAPPING else row_fault)
                    or self._unheaded(body, column)
                    or (None if stated_year else year_fault)
                    or unit_fault
                )
                printed = (named.printed, province, stated_year, text, unit)
                self.emit(where, printed, body.context.title, named.rule, fault)
        self.why += names.why()
        if year:
            self.why.append(self._year_source(body.context, year))

    def emit(
        self,
        where: Place,
        printed: tuple[str, str, str, str, str],
        title: Title,
        rule: str,
        fault: Fault | None,
    ) -> None:
        """Adds one cell; `printed` are its item, province, year, figure and unit."""
        item, province, year, value, unit = printed
        cell = {
            "source_sheet": self.sheet.name,
            "source_row": where[0],
            "source_column": column_letter(where[1]),
            "item_printed": item,
            "province_printed": province,
            "year_printed": year,
            "value_printed": value,
            "unit_printed": unit,
            "edition_printed": self.mapping.edition or title.edition,
            "yearbook_printed": self.mapping.yearbook or title.yearbook,
            "table_printed": title.table,
            "footnotes": "",
            "is_computed": where in self.sheet.computed,
            "rule": rule,
            "fault": fault,
        }
        self.cells.append([cell[name] for name in CELL_COLUMNS])

    # --- places

    def _province(self, body: Body, row: int, carried: str) -> str:
        """The label of a row, with those beside it where they name other places."""
        place = self.places.named(carried)
        beside = [body.grid.shown[row][c] for c in body.side(LABEL) if c != body.axis]
        others = {self.places.named(text) for text in beside} - {None}
        if place is None or not others - {place}:
            return carried.strip()
        return " / ".join([carried.strip(), *(text.strip() for text in beside)])

    def _unclear_places(self, body: Body) -> Fault | None:
        """Why the places of a table are not the provinces whose names they have."""
        if body.context.title.cities:
            return not_provinces(
                f"'{body.context.title.cities}' in the title: its places are cities (城市)"
            )
        for column, side in body.sides.items():
            heads = [body.grid.shown[row][column] for row in body.heads]
            city = next((text for text in heads if self.words.level(text).role == CITY), None)
            if city and (column == body.axis or side in (CITY, LABEL)):
                return not_provinces(
                    f"the column headed '{city.strip()}' names cities: 吉林 is a city there"
                )
        return self.places.others(body.grid.shown[row][body.axis] for row in body.rows)

    # --- years and units

    def _year_of(self, context: Context) -> tuple[str, Fault | None]:
        """The year of the cells that no heading and no column dates."""
        stated = self.mapping.year or context.year
        if stated:
            return stated, None
        in_name = self.titles.years(self.sheet.name)
        found = sorted(context.title.years | in_name)
        if len(found) > 1:
            return "", unclear(
                f"one year; the title says {' and '.join(sorted(context.title.years)) or 'none'}, "
                f"the sheet's name {' and '.join(sorted(in_name)) or 'none'} "
                "(NAME.mapping.yml beside this file can state `year`)"
            )
        return (found[0] if found else ""), None

    def _year_source(self, context: Context, year: str) -> str:
        source = (
            "the mapping file"
            if self.mapping.year
            else "a line above the figures"
            if context.year
            else "the title"
            if year in context.title.years
            else "the sheet's name"
        )
        return f"Year {year} from {source}, where headings and columns give none."

    def _unit_of(
        self, body: Body, row: int, column: Column, row_item: Level, item: Item | None
    ) -> tuple[str, Fault | None]:
        """The unit of a figure: of its column, its row, its section, or of the whole table.

        Of a line that names several units (人,人年) the one that measures what the item measures.
        """
        section = body.context.section
        stated = (
            column.stated.unit
            or _first(column.units)
            or _first(row_item.units)
            or _first(section.units if section else ())
            or self._beside(body, row, UNIT).strip()
            or self.mapping.unit
        )
        if stated:
            return stated, None
        lines = body.context.units or body.context.title.units
        choices = [unit for line in lines for unit in self.words.choices(line)]
        known = [(unit, self.catalogue.unit(unit)) for unit in choices]
        if item is not None and not self.words.agree(lines):
            fitting = [unit for unit, found in known if found and found.measure == item.measure]
            if fitting and self.words.agree(fitting):
                return fitting[0], None
        if not self.words.agree(lines):
            return "", unclear(
                "one unit above the table that measures the item, or one in each heading; found "
                f"{' and '.join(lines)} (NAME.mapping.yml beside this file can state `unit`)"
            )
        return (self._one_of(lines, item) if lines else ""), None

    def _one_of(self, lines: Sequence[str], item: Item | None) -> str:
        """The unit of the lines; of several in one line the only one that measures the item."""
        choices = self.words.choices(lines[0])
        if len(choices) > 1 and item is not None:
            fitting = [
                unit
                for unit in choices
                if (found := self.catalogue.unit(unit)) and found.measure == item.measure
            ]
            if fitting and self.words.agree(fitting):
                return fitting[0]
        return lines[0]

    # --- faults

    def _holds_texts_only(self, body: Body, column: Column) -> bool:
        """Whether a column has texts in its body, and neither figures nor marks."""
        texts = [
            text for row in body.rows if (text := body.grid.shown[row][column.position]).strip()
        ]
        is_verbal = bool(texts) and not column.stated.ignore
        return is_verbal and not any(is_figure(t) or self.catalogue.mark(t) for t in texts)

    def _row_fault(self, body: Body, row: int, telling: Sequence[Column]) -> Fault | None:
        """Why the figures of a row are unclear, whatever column they stand in.

        telling: columns of texts that say what the figures beside them are (urban, an industry).
        """
        texts = body.grid.shown[row]
        said = next((c for c in telling if texts[c.position].strip()), None)
        if said is not None:
            heading = " ".join(level.text.strip() for level in said.levels) or "none"
            return unclear(
                "a heading (指标, item) that says what the texts beside the figures are, such as "
                f"'{texts[said.position].strip()}'; it is headed by {heading}"
            )
        for kind, name in ((YEAR, "year"), (ITEM, "item")):
            if body.side(kind) and not any(texts[column].strip() for column in body.side(kind)):
                return unclear(f"the {name} in every row of its column, or in a merged cell")
        return None

    def _unheaded(self, body: Body, column: Column) -> Fault | None:
        """Where other columns are headed, a serial number or a rate may stand in this one."""
        is_headed = any(other.levels for other in body.columns)
        if not is_headed or column.levels or column.stated.item:
            return None
        return unclear("a heading over the column, as over others")

    def _place_fault(self, body: Body, column: Column, where: Place) -> Fault | None:
        """Why what stands in a cell cannot be taken for what was printed."""
        if column.stated.ignore:
            return Fault("left_out_by_mapping", column.stated.ignore)
        if where in self.sheet.faults:
            return self.sheet.faults[where]
        if body.width and len(self.texts[where[0]]) != body.width:
            return Fault("ragged_row", f"{body.width} fields, each under a heading")
        if where in body.grid.merged or where in self.roots:
            return Fault(
                "unreadable_value", "a cell for each figure; this one is merged with others"
            )
        return None

    def _beside(self, body: Body, row: int, kind: str) -> str:
        """The first text that is not blank in the columns of a kind."""
        texts = (body.grid.shown[row][column] for column in body.side(kind))
        return next((text for text in texts if text.strip()), "")


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text.strip()), "")
