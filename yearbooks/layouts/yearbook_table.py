"""Reader of yearbook tables: provinces along one side, items or years along the other.

A table is recognised by its labels, not by its place: the column (or row) that holds names of
provinces is one side, the texts above (or beside) the figures are the headings of the other. What
the headings say is `yearbooks.layouts.headings`'; what a person states in a mapping file goes
before what is recognised. Whatever stands in the body of a table is a cell; a heading that is not
understood is printed with its cells, so that they are set aside and not lost. How a sheet is read is described in
docs/yearbook-tables.md.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from yearbooks.catalogue import (
    ITEM,
    LONGEST_LABEL,
    PROVINCE,
    REGION,
    UNIT,
    YEAR,
    Catalogue,
    Province,
)
from yearbooks.cells import (
    CELL_COLUMNS,
    Fault,
    Place,
    Reading,
    Sheet,
    cell_frame,
    column_letter,
    column_position,
    half_width,
    nothing_read,
    read_year,
)
from yearbooks.errors import FileFault
from yearbooks.layouts.columns import Column, Headings
from yearbooks.layouts.grid import Grid, is_figure
from yearbooks.layouts.headings import Level, Named, Title, Words, unclear
from yearbooks.mapping import SheetMapping

NAME = "yearbook_table"

_NOTE = re.compile(
    r"\s*[(（\[]?(?:注\s*[0-9]*|[\w、 ]{0,6}来源|说明|附注|Notes?\s*[0-9]*|(?:Data )?Sources?)"
    r"\s*[)）\]]?\s*[:：.．]"
    r"|\s*(?:[*＊①-⑳†]|\[[0-9]+\]|[a-z]\)|本表|(?:The )?data in (?:this|the) table)"
    r"|.*。\s*\Z",
    re.IGNORECASE | re.DOTALL,
)
# Above a table such a remark is part of its title: it makes other figures of the item.
_REBASED = re.compile(r"不变价|可比价|(?:constant|comparable) prices?", re.IGNORECASE)
_CODE = re.compile(r"[1-8][0-9]0000")
_CONTINUED = re.compile(r"\s*[(（]?\s*(?:续表|续|接上表|continued)", re.IGNORECASE)
_WAY_OUT = "; a file NAME.mapping.yml beside this one can say where they stand"
_MOST_HEADINGS = 30
_ROW, _COLUMN, _FOOTNOTES = map(CELL_COLUMNS.index, ("source_row", "source_column", "footnotes"))


def recognises(sheet: Sheet, catalogue: Catalogue) -> bool:
    """True for any sheet: this layout comes last, and says what it misses."""
    return True


def read(sheet: Sheet, catalogue: Catalogue, mapping: SheetMapping | None = None) -> Reading:
    """The cells of every table of a sheet (see `yearbooks.cells`), with the reasons in words.

    Raises `FileFault`: `no_table` for a sheet without figures, `unrecognised_layout` where no
    provinces stand along one side, or along two, and `unreadable_mapping` where the mapping names a
    column or row that is not there.
    """
    return _Reader(sheet, catalogue, mapping or SheetMapping()).read()


@dataclass(frozen=True)
class Context:
    """What holds for all cells of a table: its title, and what lines of their own state."""

    title: Title = field(default_factory=Title)
    year: str = ""
    units: tuple[str, ...] = ()
    section: Level | None = None


@dataclass
class Table:
    """Rows of a sheet that make one table: headings, body, and what holds for all of it.

    Where provinces go across the last of the headings names them.
    """

    headings: list[int]
    context: Context
    body: list[int] = field(default_factory=list)


class _Reader:
    """One sheet while it is read."""

    def __init__(self, sheet: Sheet, catalogue: Catalogue, mapping: SheetMapping) -> None:
        self.sheet = sheet
        self.catalogue = catalogue
        self.words = Words(catalogue)
        self.mapping = mapping
        self.grid = Grid.of(sheet)
        self.headings = Headings(sheet, self.words, mapping)
        self.texts = dict(sheet.rows)
        self.roots = frozenset(sheet.merged.values())
        self.why: list[str] = []
        self.notes: list[str] = []
        self.cells: list[list[object]] = []
        self.understood: set[int] = set()
        self.province: Callable[[str], Province | None] = cache(self._province)

    def read(self) -> Reading:
        if not self.mapping.read:
            return self._left_out()
        is_across, axis = self._axis()
        self._refuse_absent_lines(is_across)
        tables = self._across(axis) if is_across else self._down(axis)
        if not tables:
            raise FileFault(
                "unrecognised_layout", "figures beside or below the provinces" + _WAY_OUT
            )
        for table in tables:
            self._read_table(table, axis, is_across)
        self._stray_figures()
        footnotes = "\n".join(dict.fromkeys(note.strip() for note in self.notes))
        for cell in self.cells:
            cell[_FOOTNOTES] = footnotes
        return Reading(cell_frame(self.cells), tuple(dict.fromkeys(self.why)))

    def _left_out(self) -> Reading:
        fault = Fault("left_out_by_mapping", self.mapping.reason)
        for number, texts in self.sheet.rows:
            for column, text in enumerate(texts):
                if is_figure(text):
                    self._emit((number, column), "", "", "", text, "", Title(), fault)
        why = (f"Left out: the mapping file says so ({self.mapping.reason}).",)
        return Reading(
            cell_frame(self.cells) if self.cells else nothing_read(fault, self.sheet.name), why
        )

    # --- which side names the provinces

    def _province(self, text: str) -> Province | None:
        """What a label names; codes of two digits are figures more often than they are labels."""
        if not text.strip() or (is_figure(text) and not _CODE.fullmatch(half_width(text))):
            return None
        return self.catalogue.province(text)

    def _is_name(self, text: str) -> bool:
        """Whether a text, not a code, names one of the 31 provinces."""
        if not text or is_figure(text):
            return False
        found = self.province(text)
        return found is not None and found.kind == PROVINCE

    def _named(self) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
        """The provinces that each column and each row names, by name; lines with two or more."""
        columns: dict[int, set[str]] = {}
        rows: dict[int, set[str]] = {}
        for row, texts in enumerate(self.grid.shown):
            for column, text in enumerate(texts):
                found = self.province(text) if text and self._is_name(text) else None
                if found is not None:
                    columns.setdefault(column, set()).add(found.code)
                    rows.setdefault(row, set()).add(found.code)
        down, across = (
            {line: codes for line, codes in lines.items() if len(codes) > 1}
            for lines in (columns, rows)
        )
        return down, across

    def _axis(self) -> tuple[bool, int]:
        """Whether provinces go across, and the position of the column or row that names them."""
        stated = self.mapping.provinces
        if isinstance(stated, str):
            if column_position(stated) not in self.grid.positions:
                raise _absent(f"column {stated} in this sheet, for the provinces")
            self.why.append(f"Provinces stand in column {stated}: the mapping file says so.")
            return False, column_position(stated)
        if stated is not None:
            if stated not in self.grid.numbers:
                raise _absent(f"row {stated} in this sheet, with the provinces")
            self.why.append(f"Provinces stand in row {stated}: the mapping file says so.")
            return True, self.grid.numbers.index(stated)
        down, across = self._named()
        if not down and not across:
            if not any(is_figure(text) for _, texts in self.sheet.rows for text in texts):
                raise FileFault("no_table", "a table of figures; this sheet holds texts only")
            raise FileFault(
                "unrecognised_layout",
                "two or more names of provinces in one column or in one row, each in a cell of its "
                "own; no column and no row has them" + _WAY_OUT,
            )
        # Blocks of provinces in several rows also meet in columns, and the other way round.
        most_down = max(map(len, down.values()), default=0)
        most_across = max(map(len, across.values()), default=0)
        rows = ", ".join(str(self.grid.numbers[row]) for row in across)
        columns = ", ".join(map(column_letter, down))
        axis = max(down, key=lambda column: (len(down[column]), -column), default=0)
        # A row that names two provinces is a slip where few do, and two tables side by side else.
        is_down = most_down >= 2 * most_across and 2 * len(across) <= most_down
        is_across = most_across >= 2 * most_down
        if is_down is is_across:
            raise FileFault(
                "unrecognised_layout",
                f"the names of provinces along one side of one table; here columns {columns} and "
                f"rows {rows} name two or more" + _WAY_OUT,
            )
        if is_down:
            known = f"{len(down[axis])} of 31 known"
            self.why.append(f"Provinces stand in column {column_letter(axis)} ({known}).")
            return False, axis
        known = f"{len(set().union(*across.values()))} of 31 known"
        self.why.append(f"Provinces stand in row {rows} ({known}), so items or years go down.")
        return True, min(across)

    # --- rows of the sheet: titles, headings, body, notes

    def _figures(self, row: int, axis: int | None = None) -> list[str]:
        return [text for column, text in self.grid.texts(row) if column != axis and is_figure(text)]

    def _is_inside(self, row: int) -> bool:
        """Whether the mapping lets a row be one of the body."""
        first, last = self.mapping.body or (0, self.grid.numbers[-1])
        stated = self.mapping.headings
        number = self.grid.numbers[row]
        is_heading = stated and not isinstance(stated[0], str) and self._within(number, stated)
        return first <= number <= last and not is_heading

    @staticmethod
    def _within(number: int, span: tuple[object, object]) -> bool:
        first, last = span
        return isinstance(first, int) and isinstance(last, int) and first <= number <= last

    def _is_body(self, row: int, axis: int, has_headings: bool) -> bool:
        """Whether a row holds figures of a place, known or not (provinces down)."""
        if not self._is_inside(row):
            return False
        label = self.grid.shown[row][axis]
        place = self.province(label)
        figures = self._figures(row, axis)
        if place is not None and place.kind == PROVINCE:
            return True
        if not figures:
            return place is not None and len(self.grid.texts(row)) > 1 and has_headings
        if place is not None:
            return True
        if not has_headings or (_are_numbered(figures) and len(figures) > 1):
            return False
        heads = (REGION, YEAR, ITEM, UNIT)
        is_heading = not label.strip() or self.words.level(label).role in heads
        return not is_heading or not all(map(read_year, figures))

    def _down(self, axis: int) -> list[Table]:
        """The tables of a sheet whose provinces stand in a column, from top to bottom."""
        tables: list[Table] = []
        has_headings = False
        pending: list[int] = []
        for row in range(len(self.grid.numbers)):
            if not self._is_body(row, axis, has_headings):
                has_headings = has_headings or self._has_several(row, axis)
                pending.append(row)
                continue
            if pending or not tables:
                last = tables[-1] if tables else Table([], Context())
                headings, context = self._above(pending, last, axis)
                tables.append(Table(headings, context))
                pending = []
            has_headings = True
            tables[-1].body.append(row)
        self.notes += [text for row in pending for _, text in self.grid.texts(row)]
        self._tell_rows(tables)
        return tables

    def _across(self, axis: int) -> list[Table]:
        """The tables of a sheet whose provinces stand in a row, from top to bottom."""
        # One name is enough: the last of several blocks may hold a single province.
        starts = {axis} | {
            row
            for row, texts in enumerate(self.grid.shown)
            if row > axis and any(map(self._is_name, texts))
        }
        tables: list[Table] = []
        pending: list[int] = []
        for row in range(len(self.grid.numbers)):
            if row in starts and tables and not pending and not tables[-1].body:
                tables[-1].headings.append(row)  # the same provinces in another language
            elif row in starts:
                last = tables[-1] if tables else Table([], Context())
                headings, context = self._above(pending, last, None)
                tables.append(Table([*headings, row], context))
                pending = []
            elif tables and self._is_inside(row) and self._holds_cells(row, tables[-1]):
                for between in pending:
                    self._between(between, tables)
                pending = []
                tables[-1].body.append(row)
            else:
                pending.append(row)
        self.notes += [text for row in pending for _, text in self.grid.texts(row)]
        tables = [table for table in tables if table.body]
        self._tell_rows(tables)
        return tables

    def _holds_cells(self, row: int, table: Table) -> bool:
        """Whether something stands below a province, or the row names an item and more.

        A text over the whole row is none, and one alone may be the title of the next block.
        """
        texts = self.grid.texts(row)
        places = map(self.province, self.grid.shown[table.headings[-1]])
        first = next((column for column, place in enumerate(places) if place), 0)
        levels = (self.words.level(text) for _, text in texts)
        return bool(self._figures(row)) or (
            len(texts) > 1
            and (
                any(column >= first for column, _ in texts)
                or any(self.words.name([n], Title(), False, frozenset()).item for n in levels)
            )
        )

    def _between(self, row: int, tables: list[Table]) -> None:
        """A row of text between rows of items: a note, a unit line, or the head of a section."""
        table = tables[-1]
        for _, text in self.grid.texts(row):
            if _is_note(text):
                self.notes.append(text)
                continue
            before, units = self.words.unit_lines(text)
            if units or self.words.unit(text):
                stated = replace(table.context, units=units or (self.words.unit(text),))
                tables.append(Table(list(table.headings), stated))
            if before and not self.words.unit(text) and not _CONTINUED.match(text):
                tables[-1].body.append(row)

    def _above(
        self, rows: Sequence[int], last: Table, axis: int | None
    ) -> tuple[list[int], Context]:
        """Headings and context that the rows of text above a body give, after those of `last`.

        Titles stand above the headings. Rows below them, or without any, begin a section: a year,
        an item or a unit that holds from there on.
        """
        stated = self.mapping.headings
        if stated and axis is not None:
            headings = [r for r, n in enumerate(self.grid.numbers) if self._within(n, stated)]
        else:
            headings = self._headings(rows, axis)
        lines: list[str] = []
        sections: list[str] = []
        for row in rows:
            if row in headings:
                continue
            is_above = not headings or row < headings[0]
            is_title = is_above and (bool(headings) or axis is None or not last.headings)
            for _, text in self.grid.texts(row):
                if _is_note(text) and not _REBASED.search(text):
                    self.notes.append(text)
                elif not _CONTINUED.match(text) and (read_year(text) or not is_figure(text)):
                    (lines if is_title else sections).append(text)
                elif self.words.unit_lines(text)[1]:
                    sections.append(text[len(self.words.unit_lines(text)[0]) :])
        context = last.context
        title = self.words.title(lines)
        # A second heading further down may repeat the year or the unit only.
        if title.names != ((), ()) or not last.headings:
            if title != context.title:
                context = Context(title)
        else:
            sections = lines + sections
        for text in sections:
            context = self._in_section(context, text)
        return headings or [row for row in last.headings if axis is not None], context

    def _in_section(self, context: Context, text: str) -> Context:
        if self.province(text) is not None:
            return context  # a place without figures
        before, units = self.words.unit_lines(text)
        level = self.words.level(before) if before else Level("")
        if level.units and not level.has_words:
            units += level.units
        context = replace(context, units=units) if units else context
        if level.year:
            context = replace(context, year=level.year)
        if level.has_words and not level.is_neutral:
            context = replace(context, section=replace(level, start=-1, end=-1))
        return context

    def _headings(self, rows: Sequence[int], axis: int | None) -> list[int]:
        """The rows that are headings: from the first to the last that hold several."""
        several = [row for row in rows if self._has_several(row, axis)]
        if len(several) > _MOST_HEADINGS:
            raise _too_many(len(several))
        if not several:
            return []
        first, last = several[0], several[-1]
        above = rows.index(first) - 1
        if above >= 0 and axis is not None:
            # One text over several columns of figures is a heading of theirs, not a title.
            texts = self.grid.texts(rows[above])
            width = sum(text == texts[0][1] for text in self.grid.shown[rows[above]])
            if len(texts) == 1 and texts[0][0] > axis and width > 1:
                first = rows[above]
        headings = [row for row in rows if first <= row <= last]
        for row in rows:
            beside = [column for column, _ in self.grid.texts(row)]
            if row > last and axis is not None and min(beside) > axis:
                headings.append(row)
        return [
            row
            for row in headings
            if row in several or axis is None or min(c for c, _ in self.grid.texts(row)) > axis
        ]

    def _has_several(self, row: int, axis: int | None) -> bool:
        """Whether a row of text heads columns: it names their side, or holds several texts.

        A title may share its row with a unit or a year.
        """
        if axis is not None:
            label = self.grid.shown[row][axis]
            role = self.words.level(label).role if label.strip() else None
            if role in (REGION, YEAR, ITEM, UNIT) and len(self.grid.texts(row)) > 1:
                return True
        figures = self._figures(row)
        if figures and _are_numbered(figures):
            return True
        if not all(map(read_year, figures)):
            return False
        texts = [
            (column, text)
            for column, text in self.grid.texts(row)
            if not _is_note(text) and self.words.unit_lines(text)[0] == text.strip()
        ]
        if len(texts) < 2:
            return False
        levels = [self.words.level(text) for _, text in texts]
        telling = [level for level in levels if level.has_words]
        return not (
            len(telling) == 1 and levels[0] is telling[0] and axis in (None, 0, texts[0][0])
        )

    # --- one table

    def _read_table(self, table: Table, axis: int, is_across: bool) -> None:
        grid = self.grid.part([*table.headings, *table.body])
        heads = list(range(len(table.headings)))
        body = list(range(len(table.headings), len(grid.numbers)))
        if is_across:
            grid, axis, skipped = grid.turned(), heads[-1], heads
            heads, body = self._turned_rows(grid, axis)
        else:
            skipped = [axis]
        if len(heads) > _MOST_HEADINGS:
            raise _too_many(len(heads))
        self.understood.update(table.headings + table.body)
        sides = {c: self._side(grid, c, heads, body) for c in range(len(grid.positions))}
        sides |= {column: sides[column] or "heading" for column in skipped}
        sides[axis] = "label"
        figures = [column for column, side in sides.items() if not side]
        columns = self.headings.columns(grid, heads, body, figures)
        width = max((len(self.texts[self.grid.numbers[row]]) for row in table.headings), default=0)
        self._emit_table(grid, body, axis, sides, columns, table.context, width)

    def _turned_rows(self, grid: Grid, axis: int) -> tuple[list[int], list[int]]:
        """Rows of headings and of provinces, of a sheet turned so that provinces go down."""
        stated = self.mapping.headings
        if stated and isinstance(stated[0], str) and isinstance(stated[1], str):
            first, last = column_position(stated[0]), column_position(stated[1])
            heads = [row for row in range(len(grid.numbers)) if first <= grid.numbers[row] <= last]
        else:
            places = [self.province(texts[axis]) is not None for texts in grid.shown]
            heads = [
                row
                for row, texts in enumerate(grid.shown)
                if not places[row]
                and any(text.strip() for text in texts)
                and all(read_year(text) for text in texts if is_figure(text))
            ]
        return heads, [row for row in range(len(grid.numbers)) if row not in heads]

    def _side(self, grid: Grid, column: int, heads: Sequence[int], body: Sequence[int]) -> str:
        """What a column holds where no figures: label, year, unit, item; else nothing."""
        texts = [text for row in body if (text := grid.shown[row][column]).strip()]
        if not texts:
            return ""
        headed = [
            self.words.level(text) for row in heads if (text := grid.shown[row][column]).strip()
        ]
        roles = {level.role for level in headed} - {None}
        known = sum(self.province(text) is not None for text in texts)
        if 2 * known >= len(texts) and not any(
            is_figure(text) and not self.province(text) for text in texts
        ):
            return "label"
        if YEAR in roles or (not headed and all(map(read_year, texts))):
            return YEAR
        has_figures = any(map(is_figure, texts))
        if (UNIT in roles and not has_figures) or (not headed and all(map(self.words.unit, texts))):
            return UNIT
        if ITEM in roles and not has_figures:
            return ITEM
        return ""

    # --- cells

    def _emit_table(
        self,
        grid: Grid,
        body: Sequence[int],
        axis: int,
        sides: dict[int, str],
        columns: Sequence[Column],
        context: Context,
        width: int,
    ) -> None:
        side = {kind: [c for c, s in sides.items() if s == kind] for kind in (YEAR, UNIT, ITEM)}
        labels = [column for column, kind in sides.items() if kind == "label" and column != axis]
        alone = (self.words.name(c.levels, Title(), c.is_part, frozenset()) for c in columns)
        beside = frozenset(named.item.code for named in alone if named.item)
        section = (context.section,) if context.section else ()

        names: dict[tuple[Column, str], Named] = {}

        def named(column: Column, item: str) -> Named:
            if (column, item) not in names:
                names[column, item] = name(column, item)
            return names[column, item]

        def name(column: Column, item: str) -> Named:
            if column.stated.item:
                return Named(column.stated.item, self.catalogue.item(column.stated.item))
            of_row = (replace(self.words.level(item), start=-2, end=-2),) if item.strip() else ()
            levels = (*section, *of_row, *column.levels)
            return self.words.name(levels, context.title, column.is_part, beside)

        # Where other columns are headed, a serial number or a growth rate may stand in this one.
        is_headed = any(column.levels for column in columns)
        unheaded = unclear("a heading over the column, as over others") if is_headed else None
        verbal = [column for column in columns if self._holds_texts_only(grid, body, column)]
        # Under a heading that says nothing (备注) the texts are remarks.
        remarks = [c for c in verbal if c.levels and all(level.is_neutral for level in c.levels)]
        telling = [column for column in verbal if column not in remarks]
        section_units = tuple(unit for level in section for unit in level.units)
        year, year_fault = self._year_of(context)
        unit, unit_fault = self._unit_of(context)
        carried = ""
        for row in body:
            label = grid.shown[row][axis]
            row_year = _only(grid.shown[row][column] for column in side[YEAR])
            row_unit = _only(grid.shown[row][column] for column in side[UNIT])
            item = _only(grid.shown[row][column] for column in side[ITEM])
            if label.strip() or not row_year:
                carried = label
            place = self.province(carried)
            others = {self.province(grid.shown[row][column]) for column in labels} - {None}
            province = (
                carried.strip()
                if place is None or not others - {place}
                else " / ".join(
                    [carried.strip(), *(grid.shown[row][column].strip() for column in labels)]
                )
            )
            of_row = self.words.level(item)
            row_fault = self._row_fault(grid, row, side, telling)
            for column in columns:
                where = grid.place(row, column.position)
                is_ragged = bool(width) and len(self.texts[where[0]]) != width
                own = named(column, item)
                is_covered = grid.is_covered(row, column.position)
                text = "" if is_covered else grid.shown[row][column.position]
                if column in remarks:
                    self.notes += [f"{province}: {text.strip()}"] if text.strip() else []
                    continue
                is_empty = column.is_blank and not own.item
                if (
                    not text.strip()
                    and not is_covered
                    and (place is None or is_empty or not column.levels)
                ):
                    continue
                stated_year = column.stated.year or column.year or row_year or of_row.year
                units = column.units or of_row.units or section_units
                stated_unit = column.stated.unit or (units[0] if units else "") or row_unit.strip()
                fault = (
                    Fault("left_out_by_mapping", column.stated.ignore)
                    if column.stated.ignore
                    else self.sheet.faults.get(where)
                    or (_ragged(width) if is_ragged else None)
                    or self._merged(where, is_covered)
                    or (None if column.stated.item else column.fault or own.fault or row_fault)
                    or (unheaded if not (column.levels or column.stated.item) else None)
                    or (None if stated_year else year_fault)
                    or (None if stated_unit else unit_fault)
                )
                self._emit(
                    where,
                    own.printed,
                    province,
                    stated_year or year,
                    text,
                    stated_unit or unit,
                    context.title,
                    fault,
                )
        self._tell(names, context, year, unit)

    def _holds_texts_only(self, grid: Grid, body: Sequence[int], column: Column) -> bool:
        """Whether a column has texts in its body, and neither figures nor marks."""
        texts = [text for row in body if (text := grid.shown[row][column.position]).strip()]
        is_verbal = bool(texts) and not column.stated.ignore
        return is_verbal and not any(is_figure(t) or self.catalogue.mark(t) for t in texts)

    def _row_fault(
        self, grid: Grid, row: int, side: dict[str, list[int]], telling: Sequence[Column]
    ) -> Fault | None:
        """Why the figures of a row are unclear, whatever column they stand in.

        telling: columns of texts that say what the figures beside them are (urban, an industry).
        """
        texts = grid.shown[row]
        if any(texts[column.position].strip() for column in telling):
            return unclear("a heading that says what the texts beside the figures are")
        for kind, name in ((YEAR, "year"), (ITEM, "item")):
            if side[kind] and not any(texts[column].strip() for column in side[kind]):
                return unclear(f"the {name} in every row of its column, or in a merged cell")
        return None

    def _emit(
        self,
        where: Place,
        item: str,
        province: str,
        year: str,
        value: str,
        unit: str,
        title: Title,
        fault: Fault | None,
    ) -> None:
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
            "rule": NAME,
            "fault": fault,
        }
        self.cells.append([cell[name] for name in CELL_COLUMNS])

    def _year_of(self, context: Context) -> tuple[str, Fault | None]:
        """The year of the cells that no heading and no column dates."""
        stated = self.mapping.year or context.year
        if stated:
            return stated, None
        in_name = self.words.years(self.sheet.name)
        found = sorted(context.title.years | in_name)
        if len(found) > 1:
            return "", unclear(
                f"one year; the title says {' and '.join(sorted(context.title.years)) or 'none'}, "
                f"the sheet's name {' and '.join(sorted(in_name)) or 'none'} (a file "
                "NAME.mapping.yml beside this one can state `year`)"
            )
        return (found[0] if found else ""), None

    def _unit_of(self, context: Context) -> tuple[str, Fault | None]:
        """The unit of the cells that no heading and no column gives one."""
        if self.mapping.unit:
            return self.mapping.unit, None
        units = context.units or context.title.units
        if not self.words.agree(units):
            return "", unclear(
                f"one unit above the table, or one in each heading; found {' and '.join(units)} "
                "(a file NAME.mapping.yml beside this one can state `unit`)"
            )
        return (units[0] if units else ""), None

    def _merged(self, where: Place, is_covered: bool) -> Fault | None:
        if not is_covered and where not in self.roots:
            return None
        return Fault("unreadable_value", "a cell for each figure; this one is merged with others")

    def _refuse_absent_lines(self, is_across: bool) -> None:
        """Raises `FileFault` where the mapping speaks of a column or row that the sheet lacks."""
        there: set[object] = set(self.grid.numbers)
        if not is_across:
            there = set(map(column_letter, self.grid.positions))
        for line in self.mapping.columns:
            if line not in there:
                raise _absent(f"{'row' if is_across else 'column'} {line} in this sheet")
        spans = {"body": self.mapping.body, "headings": self.mapping.headings}
        for name, span in spans.items():
            if span is None:
                continue
            first, last = (end if isinstance(end, int) else column_position(end) for end in span)
            lines = self.grid.numbers if isinstance(span[0], int) else self.grid.positions
            if not any(first <= line <= last for line in lines):
                raise _absent(f"{name} {span[0]}-{span[1]} in this sheet, or something in them")

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
        emitted = {(cell[_ROW], cell[_COLUMN]) for cell in self.cells}
        for row, number in enumerate(self.grid.numbers):
            for column, text in self.grid.texts(row):
                place = self.grid.place(row, column)
                if not is_figure(text) or (number, column_letter(place[1])) in emitted:
                    continue
                is_year = read_year(text) is not None and not self.mapping.body
                is_number = row in self.understood and text.isdigit() and int(text) <= lines
                if not (is_year or is_number or self.province(text)):
                    self._emit(place, "", "", "", text, "", Title(), outside)

    # --- why

    def _tell_rows(self, tables: Sequence[Table]) -> None:
        for table in tables:
            if table.headings:
                self.why.append(f"Headings stand in {_rows(self.grid, table.headings)}.")
            self.why.append(f"Figures stand in {_rows(self.grid, table.body)}.")
        for title in dict.fromkeys(table.context.title.text for table in tables):
            self.why.append(f"Title: {title}." if title else "No title stands above the headings.")

    def _tell(
        self, names: dict[tuple[Column, str], Named], context: Context, year: str, unit: str
    ) -> None:
        """How many headings are known, what the title forbids, where year and unit come from."""
        known = sum(name.item is not None for name in names.values())
        self.why.append(f"{known} of {len(names)} headings name an item of the catalogue.")
        for (column, _), name in names.items():
            if name.item is not None:
                continue
            plain = self.words.name(column.levels, Title(), column.is_part, frozenset()).item
            pieces = plain and self.words.restricting(context.title, plain, frozenset())
            if plain and pieces:
                self.why.append(
                    f"'{name.printed}' is not read as {plain.code}: the title says more than its "
                    f"heading ({', '.join(pieces)}). If that says nothing, give it a row in "
                    "neutral_headings.csv; if the figures are that item, say so in a mapping file."
                )
        if year:
            source = (
                "the mapping file"
                if self.mapping.year
                else "a line above the figures"
                if context.year
                else "the title"
                if year in context.title.years
                else "the sheet's name"
            )
            self.why.append(f"Year {year} from {source}, where headings and columns give none.")
        if unit:
            source = "the mapping file" if self.mapping.unit else "a line above the table"
            self.why.append(f"Unit {unit} from {source}, where headings and columns give none.")


def _is_note(text: str) -> bool:
    return len(text) > LONGEST_LABEL or _NOTE.match(text) is not None


def _are_numbered(figures: Sequence[str]) -> bool:
    """Whether figures count columns: 1, 2, 3."""
    return [half_width(text) for text in figures] == [str(n + 1) for n in range(len(figures))]


def _only(texts: Iterable[str]) -> str:
    """The first text that is not blank."""
    return next((text for text in texts if text.strip()), "")


def _absent(what: str) -> FileFault:
    return FileFault("unreadable_mapping", f"{what}: the mapping names it, but it is not there")


def _too_many(headings: int) -> FileFault:
    expected = f"no more than {_MOST_HEADINGS} rows of headings; here {headings}"
    return FileFault("unrecognised_layout", expected + _WAY_OUT)


def _ragged(width: int) -> Fault:
    return Fault("ragged_row", f"{width} fields, each under a heading")


def _rows(grid: Grid, rows: Sequence[int]) -> str:
    first, last = grid.numbers[rows[0]], grid.numbers[rows[-1]]
    return f"row {first}" if first == last else f"rows {first} to {last}"
