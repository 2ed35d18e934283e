"""Cuts a sheet into tables: titles, headings, rows of figures, notes; and pages that go on.

Here belongs which row is what, from the places of texts and figures. What the headings name is
`yearbooks.layouts.naming`'s, what becomes of the figures `yearbooks.layouts.table_cells`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from yearbooks.cells import half_width, read_year
from yearbooks.errors import FileFault
from yearbooks.layouts.axis import WAY_OUT, Places
from yearbooks.layouts.grid import Grid, is_figure
from yearbooks.layouts.naming import Naming
from yearbooks.layouts.titles import Title, Titles, continued, is_note, is_other_prices
from yearbooks.layouts.words import Level, Words
from yearbooks.mapping import SheetMapping, Span
from yearbooks.reference import CITY, ITEM, PROVINCE, REGION, UNIT, YEAR

MOST_HEADINGS = 30

_HEADS = (REGION, CITY, YEAR, ITEM, UNIT)


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


@dataclass
class Cutter:
    """Cuts the columns of a sheet that one side of provinces heads.

    before: what held for the page before, which a continuation (续表) goes on with. is_beside: that
    page is the table to the left, whose title stands over both where this one has none. notes: the
    remarks found on the way.
    """

    grid: Grid
    places: Places
    words: Words
    titles: Titles
    naming: Naming
    mapping: SheetMapping
    before: Context | None = None
    is_beside: bool = False
    notes: list[str] = field(default_factory=list)

    # --- provinces down

    def down(self, axis: int) -> list[Table]:
        """The tables of a sheet whose provinces stand in a column, from top to bottom."""
        tables: list[Table] = []
        has_headings = False
        pending: list[int] = []
        for row in self._rows():
            if not self._is_body(row, axis, has_headings):
                has_headings = has_headings or self._has_several(row, axis)
                pending.append(row)
                continue
            if pending or not tables:
                headings, context = self._above(pending, tables[-1] if tables else None, axis)
                tables.append(Table(headings, context))
                pending = []
            has_headings = True
            tables[-1].body.append(row)
        self._note(pending)
        return tables

    def _is_body(self, row: int, axis: int, has_headings: bool) -> bool:
        """Whether a row holds figures of a place, known or not (provinces down)."""
        if not self._is_inside(row):
            return False
        label = self.grid.shown[row][axis]
        place = self.places.named(label)
        figures = self._figures(row, axis)
        if place is not None and place.kind == PROVINCE:
            return True
        if not figures:
            return place is not None and len(self.grid.texts(row)) > 1 and has_headings
        if place is not None:
            return True
        if not has_headings or (_are_numbered(figures) and len(figures) > 1):
            return False
        is_heading = not label.strip() or self.words.level(label).role in _HEADS
        return not is_heading or not all(map(read_year, figures))

    # --- provinces across

    def across(self, axis: int) -> list[Table]:
        """The tables of a sheet whose provinces stand in a row, from top to bottom."""
        # One name is enough: the last of several blocks may hold a single province.
        starts = {axis} | {
            row
            for row, texts in enumerate(self.grid.shown)
            if row > axis and any(map(self.places.is_province, texts))
        }
        tables: list[Table] = []
        pending: list[int] = []
        for row in self._rows():
            if row in starts and tables and not pending and not tables[-1].body:
                tables[-1].headings.append(row)  # the same provinces in another language
            elif row in starts:
                headings, context = self._above(pending, tables[-1] if tables else None, None)
                tables.append(Table([*headings, row], context))
                pending = []
            elif tables and self._is_inside(row) and self._holds_cells(row, tables[-1]):
                for between in pending:
                    self._between(between, tables)
                pending = []
                tables[-1].body.append(row)
            else:
                pending.append(row)
        self._note(pending)
        return [table for table in tables if table.body]

    def _holds_cells(self, row: int, table: Table) -> bool:
        """Whether something stands below a province, or the row names an item and more.

        A text over the whole row is none, and one alone may be the title of the next block.
        """
        texts = self.grid.texts(row)
        places = map(self.places.named, self.grid.shown[table.headings[-1]])
        first = next((column for column, place in enumerate(places) if place), 0)
        levels = (self.words.level(text) for _, text in texts)
        return bool(self._figures(row)) or (
            len(texts) > 1
            and (
                any(column >= first for column, _ in texts)
                or any(self.naming.name([level], False).item for level in levels)
            )
        )

    def _between(self, row: int, tables: list[Table]) -> None:
        """A row of text between rows of items: a note, a unit line, or the head of a section."""
        table = tables[-1]
        for _, text in self.grid.texts(row):
            if is_note(text):
                self.notes.append(text)
                continue
            before, units = self.words.unit_lines(text)
            if units or self.words.unit(text):
                stated = replace(table.context, units=units or (self.words.unit(text),))
                tables.append(Table(list(table.headings), stated))
            if before and not self.words.unit(text) and continued(text) is None:
                tables[-1].body.append(row)

    # --- what stands above a body

    def _above(
        self, rows: Sequence[int], last: Table | None, axis: int | None
    ) -> tuple[list[int], Context]:
        """Headings and context that the rows of text above a body give, after those of `last`.

        Titles stand above the headings. Rows below them, or without any, begin a section: a year,
        an item or a unit that holds from there on.
        """
        stated = self.mapping.headings
        if stated and axis is not None:
            headings = [r for r, n in enumerate(self.grid.numbers) if _is_within(n, stated)]
        else:
            headings = self._headings(rows, axis)
        lines: list[str] = []
        sections: list[str] = []
        for row in rows:
            if row in headings:
                continue
            is_above = not headings or row < headings[0]
            is_title = is_above and (bool(headings) or axis is None or not (last and last.headings))
            for _, text in self.grid.texts(row):
                if is_note(text) and not is_other_prices(text):
                    self.notes.append(text)
                elif read_year(text) or not is_figure(text):
                    (lines if is_title else sections).append(text)
                elif self.words.unit_lines(text)[1]:
                    sections.append(text[len(self.words.unit_lines(text)[0]) :])
        context, left = self._context(lines, last)
        for text in [*left, *sections]:
            context = self._in_section(context, text)
        repeated = last.headings if last and axis is not None else []
        return headings or list(repeated), context

    def _context(self, lines: Sequence[str], last: Table | None) -> tuple[Context, list[str]]:
        """What holds under the lines of a title, and those lines that only begin a section.

        A continuation goes on with the title, the scope, the unit and the year of the page before;
        what it states itself goes before.
        """
        before = last.context if last else self.before
        title = self.titles.title(lines)
        states_facts = title.years or title.units or title.scopes or title.table
        if last is None and before is not None and self.is_beside and not states_facts:
            return self._going_on(title, before), []
        going_on = [(line, continued(line)) for line in lines]
        numbers = [found[0] for _, found in going_on if found is not None]
        if numbers:
            title = self.titles.title([found[1] if found else line for line, found in going_on])
        if numbers and before is not None:
            known = before.title.table
            if not known or all(number in ("", known) for number in numbers):
                return self._going_on(title, before), []
        if numbers:
            return Context(replace(title, table=numbers[0])), []
        if title.names != ((), ()) or title.scopes or last is None:
            is_same = last is not None and title == last.context.title
            return last.context if last and is_same else Context(title), []
        # A second heading further down may repeat the year or the unit only.
        return last.context, list(lines)

    def _going_on(self, title: Title, before: Context) -> Context:
        if title.rest or title.scopes:
            stated = replace(
                title,
                scopes=title.scopes or before.title.scopes,
                cities=title.cities or before.title.cities,
                years=title.years or before.title.years,
                units=title.units or before.title.units,
            )
        else:
            stated = replace(
                before.title,
                years=title.years or before.title.years,
                units=title.units or before.title.units,
            )
        units = () if title.units else before.units
        return Context(stated, "" if title.years else before.year, units)

    def _in_section(self, context: Context, text: str) -> Context:
        if self.places.named(text) is not None or continued(text) is not None:
            return context  # a place without figures, or a page that goes on
        before, units = self.words.unit_lines(text)
        level = self.words.level(before) if before else Level("")
        if level.units and not level.has_words:
            units += level.units
        context = replace(context, units=units) if units else context
        if level.year:
            context = replace(context, year=level.year)
        if (level.has_words and not level.is_neutral) or level.scopes:
            context = replace(context, section=replace(level, start=-1, end=-1))
        return context

    # --- headings

    def _headings(self, rows: Sequence[int], axis: int | None) -> list[int]:
        """The rows that are headings: from the first to the last that hold several."""
        several = [row for row in rows if self._has_several(row, axis)]
        if len(several) > MOST_HEADINGS:
            raise too_many(len(several))
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
            if row > last and axis is not None and beside and min(beside) > axis:
                headings.append(row)
        return [
            row
            for row in headings
            if row in several
            or axis is None
            or min((c for c, _ in self.grid.texts(row)), default=0) > axis
        ]

    def _has_several(self, row: int, axis: int | None) -> bool:
        """Whether a row of text heads columns: it names their side, or holds several texts.

        A title may share its row with a unit or a year.
        """
        if axis is not None:
            label = self.grid.shown[row][axis]
            role = self.words.level(label).role if label.strip() else None
            if role in _HEADS and len(self.grid.texts(row)) > 1:
                return True
        figures = self._figures(row)
        if figures and _are_numbered(figures):
            return True
        if not all(map(read_year, figures)):
            return False
        texts = [
            (column, text)
            for column, text in self.grid.texts(row)
            if not is_note(text) and self.words.unit_lines(text)[0] == text.strip()
        ]
        if len(texts) < 2:
            return False
        levels = [self.words.level(text) for _, text in texts]
        telling = [level for level in levels if level.has_words]
        return not (
            len(telling) == 1 and levels[0] is telling[0] and axis in (None, 0, texts[0][0])
        )

    # --- rows

    def _rows(self) -> list[int]:
        """The rows that hold anything in these columns."""
        return [row for row in range(len(self.grid.numbers)) if self.grid.texts(row)]

    def _figures(self, row: int, axis: int | None = None) -> list[str]:
        return [text for column, text in self.grid.texts(row) if column != axis and is_figure(text)]

    def _is_inside(self, row: int) -> bool:
        """Whether the mapping lets a row be one of the body."""
        first, last = self.mapping.body or (0, self.grid.numbers[-1])
        stated = self.mapping.headings
        number = self.grid.numbers[row]
        is_heading = stated is not None and _is_within(number, stated)
        return first <= number <= last and not is_heading

    def _note(self, rows: Sequence[int]) -> None:
        self.notes += [text for row in rows for _, text in self.grid.texts(row)]


def too_many(headings: int) -> FileFault:
    """The fault of a sheet with more rows of headings than any table has."""
    expected = f"no more than {MOST_HEADINGS} rows of headings; here {headings}"
    return FileFault("unrecognised_layout", expected + WAY_OUT)


def _is_within(number: int, span: Span) -> bool:
    first, last = span
    return isinstance(first, int) and isinstance(last, int) and first <= number <= last


def _are_numbered(figures: Sequence[str]) -> bool:
    """Whether figures count columns: 1, 2, 3."""
    return [half_width(text) for text in figures] == [str(n + 1) for n in range(len(figures))]
