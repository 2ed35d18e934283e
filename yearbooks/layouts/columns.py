"""The headings over each column of figures: which texts stand over it, and what they say together.

Where merged cells end, how far an unmerged heading reaches, which row of an outline is a part of
which: that is understood here, from the places of texts. What a text says is
`yearbooks.layouts.words`'.
A sheet whose provinces go across is turned first, so that its rows are columns too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from yearbooks.cells import Fault, Place, Sheet, column_letter
from yearbooks.errors import FileFault
from yearbooks.labels import languages
from yearbooks.layouts.grid import Grid
from yearbooks.layouts.naming import Naming, unclear
from yearbooks.layouts.words import Level, Words, without_part_mark
from yearbooks.mapping import LineMapping, SheetMapping

_MOST_LEVELS = 12


@dataclass(frozen=True)
class Column:
    """A column of figures (a row of the sheet, where provinces go across).

    levels: its headings, outermost first. is_part: the last one is marked as a part of another.
    """

    position: int
    levels: tuple[Level, ...]
    year: str
    is_part: bool
    is_blank: bool
    fault: Fault | None
    stated: LineMapping

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(unit for level in self.levels for unit in level.units)


class Headings:
    """Reads the headings of one sheet."""

    def __init__(self, sheet: Sheet, words: Words, naming: Naming, mapping: SheetMapping) -> None:
        self.texts = dict(sheet.rows)
        self.roots = frozenset(sheet.merged.values())
        self.words = words
        self.naming = naming
        self.mapping = mapping

    def columns(
        self, grid: Grid, heads: Sequence[int], body: Sequence[int], figures: Sequence[int]
    ) -> list[Column]:
        """The columns of figures with all that their headings say."""
        places, unheaded = self._filled(grid, heads, figures)
        spans: dict[tuple[int, Place], tuple[int, int]] = {}
        for row in heads:
            for column, origin in places[row].items():
                spans[row, origin] = (spans.get((row, origin), (column, column))[0], column)
        columns: list[Column] = []
        outer: list[tuple[float, tuple[Level, ...]]] = []
        section_year = ""
        last_place: dict[int, Place] = {}
        for column in figures:
            over = [(row, places[row][column]) for row in heads if column in places[row]]
            levels = {place: self._level(place, spans[row, place]) for row, place in over}
            self._narrow(grid, heads, column, levels)
            own = tuple(levels.values())
            is_blank = not any(
                grid.shown[row][column].strip() and not grid.is_covered(row, column) for row in body
            )
            spoken = [(place, level) for place, level in levels.items() if level.has_words]
            # The first column under a heading has none of its own: it is the whole of the others.
            is_whole = len(spoken) > 1 and last_place.get(spoken[-2][1].start) == spoken[-2][0]
            is_part = any(level.is_part for level in own) or is_whole
            if spoken:
                last_place[column] = spoken[-1][0]
            parents: tuple[Level, ...] = ()
            if grid.is_turned and own:
                section_year, parents = self._outline(own, is_blank, outer, section_year)
            elif is_part and len(spoken) == 1 and outer:
                parents = outer[0][1]
            elif spoken:
                outer = [(0, own)]
            years = list(dict.fromkeys(level.year for level in own if level.year))
            line = grid.positions[column]
            stated = self.mapping.columns.get(line if grid.is_turned else column_letter(line))
            if own or not is_blank:
                year = years[0] if years else section_year
                columns.append(
                    Column(
                        column,
                        (*parents, *own),
                        year,
                        is_part or bool(parents),
                        is_blank,
                        self._fault(own, years, column in unheaded),
                        stated or LineMapping(),
                    )
                )
        return columns

    def _level(self, place: Place, span: tuple[int, int]) -> Level:
        row, cell = place
        start, end = span
        return replace(self.words.level(self.texts[row][cell]), start=start, end=end)

    def _fault(self, own: Sequence[Level], years: list[str], is_unheaded: bool) -> Fault | None:
        """What keeps the headings over a column from saying one thing."""
        if len(years) > 1:
            return unclear(f"one year over a column; found {' and '.join(years)}")
        units = [unit for level in own for unit in level.units]
        if not self.words.agree(units):
            return unclear(f"one unit over a column; found {' and '.join(units)}")
        if is_unheaded:
            return unclear(
                "a heading in each row of headings, or none beside it: merge the cells that a "
                "heading stands over, or repeat it"
            )
        return None

    def _narrow(
        self, grid: Grid, heads: Sequence[int], column: int, levels: dict[Place, Level]
    ) -> None:
        """A heading that is not merged stands over its own column only, where the next columns
        have Chinese headings below it and this one has none: it is the whole of them."""
        chinese = [place for place, level in levels.items() if level.chinese]
        if not chinese:
            return
        place, level = chinese[-1], levels[chinese[-1]]
        rows = [row for row in heads if grid.origin(row, column) == place]
        is_merged = place in self.roots
        if level.start == column < level.end and not is_merged:
            below = heads[heads.index(rows[0]) + 1 :]
            beside = range(level.start + 1, level.end + 1)
            if any(languages(grid.shown[row][other])[0] for row in below for other in beside):
                levels[place] = replace(level, end=column)

    def _outline(
        self,
        own: tuple[Level, ...],
        is_blank: bool,
        outer: list[tuple[float, tuple[Level, ...]]],
        section_year: str,
    ) -> tuple[str, tuple[Level, ...]]:
        """The year and the headings above a row of an outline, by indentation and marks.

        A row without figures that names no item heads all rows that are not further out. Raises
        `FileFault` where the outline is deeper than any that is printed.
        """
        leaf = next((level for level in own if level.has_words), own[0])
        text = leaf.text.expandtabs().rstrip()
        depth: float = len(text) - len(text.lstrip())
        depth += len(text.lstrip()) - len(without_part_mark(text.lstrip()))
        if is_blank and not any(level.has_words for level in own):
            return own[0].year or section_year, ()
        if is_blank and self.naming.name(own, False).item is None:
            depth -= 0.5
        while outer and outer[-1][0] >= depth:
            outer.pop()
        parents = tuple(level for _, levels in outer for level in levels)
        if leaf.has_words:
            outer.append((depth, (leaf,)))
        if len(outer) > _MOST_LEVELS:
            raise FileFault(
                "unrecognised_layout",
                f"no more than {_MOST_LEVELS} levels of indentation; "
                f"'{leaf.text.strip()[:40]}' is deeper",
            )
        return section_year, parents

    def _filled(
        self, grid: Grid, heads: Sequence[int], figures: Sequence[int]
    ) -> tuple[dict[int, dict[int, Place]], set[int]]:
        """Where the text over each column stands, row by row, and the columns left without.

        In a text file, or where cells were not merged, a heading also stands over the columns to
        its right that have a heading below but none beside it. Left of it nothing says so.
        """
        places: dict[int, dict[int, Place]] = {row: {} for row in heads}
        unheaded: set[int] = set()
        for at, row in enumerate(heads):
            open_place: Place | None = None
            waiting: list[int] = []
            for column in figures:
                text = grid.shown[row][column]
                below = [
                    self.words.level(grid.shown[lower][column])
                    for lower in heads[at + 1 :]
                    if grid.shown[lower][column].strip()
                    and grid.origin(lower, column) != grid.origin(row, column)
                ]
                is_open = any(level.has_words or level.year for level in below) and not any(
                    grid.shown[upper][column].strip() for upper in heads[:at]
                )
                if text.strip():
                    origin = grid.origin(row, column)
                    places[row][column] = origin
                    is_merged = origin in self.roots
                    level = self.words.level(text)
                    tells = (level.has_words and not level.is_neutral) or bool(level.year)
                    open_place = None if is_merged else origin
                    if waiting and tells and is_open and not is_merged:
                        unheaded.update(waiting)
                    waiting = []
                elif is_open and open_place:
                    places[row][column] = open_place
                elif is_open and not grid.is_covered(row, column):
                    waiting.append(column)
        return places, unheaded
