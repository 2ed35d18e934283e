"""Reader of yearbook tables: provinces along one side, items or years along the other.

A table is recognised by its labels, not by its place: the column (or row) that holds names of
provinces is one side (`axis`), the rows above or beside the figures are cut into titles, headings
and body (`tables`, `columns`), the headings name an item (`words`, `naming`), and each figure
becomes a cell (`table_cells`). Here belongs only the order of these steps, and what is left over.
How a sheet is read is described in docs/yearbook-tables.md.
"""

from collections.abc import Sequence

from yearbooks.catalogue import Catalogue
from yearbooks.cells import (
    CELL_COLUMNS,
    Fault,
    Reading,
    Sheet,
    cell_frame,
    column_letter,
    column_position,
    nothing_read,
    read_year,
)
from yearbooks.errors import FileFault
from yearbooks.layouts.axis import WAY_OUT, Places, Side, absent, sides
from yearbooks.layouts.columns import Headings
from yearbooks.layouts.grid import Grid, is_figure
from yearbooks.layouts.naming import MAPPING, NO_RULE, Naming
from yearbooks.layouts.table_cells import LABEL, Body, TableCells, side_of
from yearbooks.layouts.tables import MOST_HEADINGS, Context, Cutter, Table, too_many
from yearbooks.layouts.titles import Title, Titles
from yearbooks.layouts.words import Words
from yearbooks.mapping import SheetMapping

NAME = "yearbook_table"

_ROW, _COLUMN, _FOOTNOTES = map(CELL_COLUMNS.index, ("source_row", "source_column", "footnotes"))


def recognises(sheet: Sheet, catalogue: Catalogue) -> bool:
    """True for any sheet: this layout comes last, and says what it misses."""
    return True


def read(
    sheet: Sheet,
    catalogue: Catalogue,
    mapping: SheetMapping | None = None,
    before: object = None,
) -> Reading:
    """The cells of every table of a sheet (see `yearbooks.cells`), with the reasons in words.

    before: what held for the last table of the sheet before; a continuation (续表) goes on with it.
    Raises `FileFault`: `no_table` for a sheet without figures, `unrecognised_layout` where no
    provinces stand along one side, or along two, and `unreadable_mapping` where the mapping names a
    column or row that is not there.
    """
    page = before if isinstance(before, Context) else None
    return _Reader(sheet, catalogue, mapping or SheetMapping(), page).read()


class _Reader:
    """One sheet while it is read."""

    def __init__(
        self, sheet: Sheet, catalogue: Catalogue, mapping: SheetMapping, before: Context | None
    ) -> None:
        self.sheet = sheet
        self.mapping = mapping
        self.before = before
        self.grid = Grid.of(sheet)
        self.places = Places(catalogue)
        self.words = Words(catalogue)
        self.titles = Titles(self.words)
        self.naming = Naming(catalogue)
        self.headings = Headings(sheet, self.words, self.naming, mapping)
        self.out = TableCells(sheet, catalogue, self.titles, self.naming, self.places, mapping)
        self.why: list[str] = []
        self.understood: set[int] = set()

    def read(self) -> Reading:
        if not self.mapping.read:
            return self._left_out()
        found = sides(self.grid, self.places, self.mapping)
        self._refuse_absent_lines(found[0].is_across)
        context = self.before
        for side in found:
            context = self._read_side(side, context, is_beside=side is not found[0])
        self._stray_figures()
        footnotes = "\n".join(dict.fromkeys(note.strip() for note in self.out.notes))
        for cell in self.out.cells:
            cell[_FOOTNOTES] = footnotes
        why = dict.fromkeys([*self.why, *self.out.why])
        return Reading(cell_frame(self.out.cells), tuple(why), context)

    def _read_side(self, side: Side, before: Context | None, is_beside: bool) -> Context:
        """Reads the tables that one side of provinces heads; what held for the last of them."""
        grid = self.grid.within(side.columns)
        line = side.line if side.is_across else side.line - side.columns.start
        cutter = Cutter(
            grid, self.places, self.words, self.titles, self.naming, self.mapping, before, is_beside
        )
        self.why.append(side.why)
        tables = cutter.across(line) if side.is_across else cutter.down(line)
        if not tables:
            raise FileFault(
                "unrecognised_layout", "figures beside or below the provinces" + WAY_OUT
            )
        self._tell_rows(tables)
        for table in tables:
            self.out.read(self._body(grid, table, line, side.is_across))
        self.out.notes += cutter.notes
        return tables[-1].context

    def _body(self, grid: Grid, table: Table, axis: int, is_across: bool) -> Body:
        """A table with its columns headed, turned so that provinces go down."""
        part = grid.part([*table.headings, *table.body])
        heads = list(range(len(table.headings)))
        rows = list(range(len(table.headings), len(part.numbers)))
        skipped = [axis]
        if is_across:
            part, axis, skipped = part.turned(), heads[-1], heads
            heads, rows = self._turned_rows(part, axis)
        if len(heads) > MOST_HEADINGS:
            raise too_many(len(heads))
        self.understood.update(table.headings + table.body)
        columns = range(len(part.positions))
        kinds = {c: side_of(part, c, heads, rows, self.words, self.places) for c in columns}
        kinds |= {column: kinds[column] or "heading" for column in skipped}
        kinds[axis] = LABEL
        figures = [column for column, kind in kinds.items() if not kind]
        texts = self.out.texts
        width = max((len(texts[self.grid.numbers[row]]) for row in table.headings), default=0)
        return Body(
            part,
            heads,
            rows,
            axis,
            kinds,
            self.headings.columns(part, heads, rows, figures),
            table.context,
            width,
        )

    def _turned_rows(self, grid: Grid, axis: int) -> tuple[list[int], list[int]]:
        """Rows of headings and of provinces, of a sheet turned so that provinces go down."""
        stated = self.mapping.headings
        if stated and isinstance(stated[0], str) and isinstance(stated[1], str):
            first, last = column_position(stated[0]), column_position(stated[1])
            heads = [row for row in range(len(grid.numbers)) if first <= grid.numbers[row] <= last]
        else:
            places = [self.places.named(texts[axis]) is not None for texts in grid.shown]
            heads = [
                row
                for row, texts in enumerate(grid.shown)
                if not places[row]
                and any(text.strip() for text in texts)
                and all(read_year(text) for text in texts if is_figure(text))
            ]
        return heads, [row for row in range(len(grid.numbers)) if row not in heads]

    # --- what is left over

    def _left_out(self) -> Reading:
        fault = Fault("left_out_by_mapping", self.mapping.reason)
        for number, texts in self.sheet.rows:
            for column, text in enumerate(texts):
                if is_figure(text):
                    printed = ("", "", "", text, "")
                    self.out.emit((number, column), printed, Title(), MAPPING, fault)
        why = (f"Left out: the mapping file says so ({self.mapping.reason}).",)
        cells = self.out.cells
        return Reading(cell_frame(cells) if cells else nothing_read(fault, self.sheet.name), why)

    def _refuse_absent_lines(self, is_across: bool) -> None:
        """Raises `FileFault` where the mapping speaks of a column or row that the sheet lacks."""
        there: set[object] = set(self.grid.numbers)
        if not is_across:
            there = set(map(column_letter, self.grid.positions))
        for line in self.mapping.columns:
            if line not in there:
                raise absent(f"{'row' if is_across else 'column'} {line} in this sheet")
        spans = {"body": self.mapping.body, "headings": self.mapping.headings}
        for name, span in spans.items():
            if span is None:
                continue
            first, last = (end if isinstance(end, int) else column_position(end) for end in span)
            lines = self.grid.numbers if isinstance(span[0], int) else self.grid.positions
            if not any(first <= line <= last for line in lines):
                raise absent(f"{name} {span[0]}-{span[1]} in this sheet, or something in them")

    def _stray_figures(self) -> None:
        """Figures that stand in no table are set aside: they may be no remark."""
        outside = Fault(
            "unrecognised_layout",
            "figures beside a province and under a heading; this one stands outside the table",
        )
        if self.mapping.body:
            first, last = self.mapping.body
            outside = Fault("left_out_by_mapping", f"figures in the rows {first} to {last}")
        # The rows and columns of a table are often numbered.
        lines = max(len(self.grid.numbers), len(self.grid.positions))
        emitted = {(cell[_ROW], cell[_COLUMN]) for cell in self.out.cells}
        for row, number in enumerate(self.grid.numbers):
            for column, text in self.grid.texts(row):
                place = self.grid.place(row, column)
                if not is_figure(text) or (number, column_letter(place[1])) in emitted:
                    continue
                is_year = read_year(text) is not None and not self.mapping.body
                is_number = row in self.understood and text.isdigit() and int(text) <= lines
                if not (is_year or is_number or self.places.named(text)):
                    printed = ("", "", "", text, "")
                    self.out.emit(place, printed, Title(), NO_RULE, outside)

    def _tell_rows(self, tables: Sequence[Table]) -> None:
        for table in tables:
            if table.headings:
                self.why.append(f"Headings stand in {_rows(self.grid, table.headings)}.")
            self.why.append(f"Figures stand in {_rows(self.grid, table.body)}.")
        for title in dict.fromkeys(table.context.title.text for table in tables):
            self.why.append(f"Title: {title}." if title else "No title stands above the headings.")


def _rows(grid: Grid, rows: Sequence[int]) -> str:
    first, last = grid.numbers[rows[0]], grid.numbers[rows[-1]]
    return f"row {first}" if first == last else f"rows {first} to {last}"
