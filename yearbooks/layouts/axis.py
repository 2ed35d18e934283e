"""Where the provinces of a sheet stand: down a column or across a row, once or side by side.

Here belongs which side of a sheet names places, and whether the places are provinces at all. What
stands above or beside them is `yearbooks.layouts.tables`'.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, column_letter, column_position, half_width
from yearbooks.errors import FileFault
from yearbooks.labels import match_key
from yearbooks.layouts.grid import Grid, is_figure
from yearbooks.mapping import SheetMapping
from yearbooks.reference import PROVINCE, Province

WAY_OUT = "; a file NAME.mapping.yml beside this one can say where they stand"

# More names than these that are no provinces make a table of something else.
_FEW_OTHERS = 5


class Places:
    """What the labels of rows and columns name; answers are kept."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.named = cache(self._named)
        self.n = len(catalogue.sample)

    def _named(self, text: str) -> Province | None:
        """What a label names; codes of two digits are figures more often than they are labels."""
        is_code = len(half_width(text)) == 6 and half_width(text).endswith("0000")
        if not text.strip() or (is_figure(text) and not is_code):
            return None
        return self.catalogue.province(text)

    def is_province(self, text: str) -> bool:
        """Whether a text, not a code, names one of the provinces."""
        if not text or is_figure(text):
            return False
        found = self.named(text)
        return found is not None and found.kind == PROVINCE

    def others(self, labels: Iterable[str]) -> Fault | None:
        """The fault of a table most of whose labels are not provinces: cities have their names."""
        distinct = {label.strip() for label in labels if label.strip() and not is_figure(label)}
        provinces = {label for label in distinct if self.is_province(label)}
        unknown = {
            label
            for label in distinct
            if self.named(label) is None and self.catalogue.role(label) is None
        }
        if len(unknown) < _FEW_OTHERS or len(unknown) <= len(provinces):
            return None
        first = ", ".join(sorted(unknown)[:3])
        return not_provinces(
            f"{len(unknown)} of {len(distinct)} names are none ({first}, ...), so that this is a "
            "table of cities or of something else, and a name of both (吉林) is not the province"
        )


def not_provinces(why: str) -> Fault:
    """The fault of figures that are of cities or other places."""
    return Fault("not_provinces", f"figures of provinces; {why}")


@dataclass(frozen=True)
class Side:
    """The column (or row, where `is_across`) that names the provinces of a table.

    columns: the columns of the sheet that the table fills; all of them, unless tables stand side
    by side.
    """

    is_across: bool
    line: int
    columns: range
    why: str


def sides(grid: Grid, places: Places, mapping: SheetMapping) -> list[Side]:
    """The sides of a sheet that name provinces, from left to right; most sheets have one.

    Raises `FileFault`: `no_table` for a sheet without figures, `unrecognised_layout` where no
    provinces stand along one side, or along two, and `unreadable_mapping` where the mapping names a
    column or row that is not there.
    """
    everything = range(len(grid.positions))
    stated = mapping.provinces
    if isinstance(stated, str):
        if column_position(stated) not in grid.positions:
            raise absent(f"column {stated} in this sheet, for the provinces")
        why = f"Provinces stand in column {stated}: the mapping file says so."
        return [Side(False, column_position(stated), everything, why)]
    if stated is not None:
        if stated not in grid.numbers:
            raise absent(f"row {stated} in this sheet, with the provinces")
        why = f"Provinces stand in row {stated}: the mapping file says so."
        return [Side(True, grid.numbers.index(stated), everything, why)]
    down, across = _named_lines(grid, places)
    if not down and not across:
        raise _no_provinces(grid)
    # Blocks of provinces in several rows also meet in columns, and the other way round.
    most_down = max((len(set(named.values())) for named in down.values()), default=0)
    most_across = max((len(set(named.values())) for named in across.values()), default=0)
    # A row that names two provinces is a slip where few do, and two tables side by side else.
    beside = _side_by_side(grid, down) if down else []
    is_down = most_down >= 2 * most_across and (2 * len(across) <= most_down or len(beside) > 1)
    is_across = most_across >= 2 * most_down
    if is_down is is_across:
        rows = ", ".join(str(grid.numbers[row]) for row in across)
        columns = ", ".join(map(column_letter, down))
        raise FileFault(
            "unrecognised_layout",
            f"the names of provinces along one side of one table; here columns {columns} and "
            f"rows {rows} name two or more" + WAY_OUT,
        )
    if is_down:
        return [_down_side(column, columns, down, places) for column, columns in beside]
    known = len({code for named in across.values() for code in named.values()})
    rows = ", ".join(str(grid.numbers[row]) for row in across)
    why = f"Provinces stand in row {rows} ({known} of {places.n} known), so items or years go down."
    return [Side(True, min(across), everything, why)]


def absent(what: str) -> FileFault:
    """The fault of a mapping that names what the sheet does not have."""
    return FileFault("unreadable_mapping", f"{what}: the mapping names it, but it is not there")


Lines = Mapping[int, Mapping[int, str]]


def _named_lines(grid: Grid, places: Places) -> tuple[Lines, Lines]:
    """The columns and the rows that name two or more provinces: code by row, by column."""
    columns: dict[int, dict[int, str]] = {}
    rows: dict[int, dict[int, str]] = {}
    for row, texts in enumerate(grid.shown):
        for column, text in enumerate(texts):
            found = places.named(text) if text and places.is_province(text) else None
            if found is not None:
                columns.setdefault(column, {})[row] = found.code
                rows.setdefault(row, {})[column] = found.code
    down, across = (
        {line: named for line, named in lines.items() if len(set(named.values())) > 1}
        for lines in (columns, rows)
    )
    return down, across


def _no_provinces(grid: Grid) -> FileFault:
    if not any(is_figure(text) for texts in grid.shown for text in texts):
        return FileFault("no_table", "a table of figures; this sheet holds texts only")
    return FileFault(
        "unrecognised_layout",
        "two or more names of provinces (省份) in one column or in one row, each in a cell of its "
        "own; no column and no row has them" + WAY_OUT,
    )


def _down_side(column: int, columns: range, down: Lines, places: Places) -> Side:
    known = len(set(down[column].values()))
    where = f"column {column_letter(column)} ({known} of {places.n} known)"
    return Side(False, column, columns, f"Provinces stand in {where}.")


def _side_by_side(grid: Grid, down: Lines) -> list[tuple[int, range]]:
    """The columns that name provinces of a table of their own, each with the columns it fills.

    A column whose names are those of another one, row by row, only translates it. One that names
    other provinces begins a table of its own where nothing stands in the column before it, and the
    tables share no province or all: two halves of one table, or two tables of the same provinces.
    """
    best = max(down, key=lambda column: (len(set(down[column].values())), -column))
    width = len(grid.positions)
    starts: list[int] = []
    for column in sorted(down):
        if any(_translates(down[column], down[start]) for start in starts):
            continue
        if not starts or (
            _is_parted(grid, starts[-1], column) and _are_tables(down[starts[-1]], down[column])
        ):
            starts.append(column)
    if len(starts) < 2 or best not in starts:
        return [(best, range(width))]
    ends = [*starts[1:], width]
    firsts = [0, *starts[1:]]
    return [
        (start, range(first, end)) for start, first, end in zip(starts, firsts, ends, strict=True)
    ]


def _translates(one: Mapping[int, str], other: Mapping[int, str]) -> bool:
    shared = one.keys() & other.keys()
    same = sum(one[row] == other[row] for row in shared)
    return 2 * same > min(len(one), len(other))


def _is_parted(grid: Grid, start: int, column: int) -> bool:
    """Whether figures stand between two columns of names, and an empty column or a heading."""
    between = range(start + 1, column)
    has_figures = any(is_figure(texts[at]) for texts in grid.shown for at in between)
    is_empty = any(not any(texts[at].strip() for texts in grid.shown) for at in between)
    # The heading 地区 stands again over the second table.
    repeats = any(
        texts[start].strip() and match_key(texts[start]) == match_key(texts[column])
        for texts in grid.shown
    )
    return has_figures and (is_empty or repeats)


def _are_tables(one: Mapping[int, str], other: Mapping[int, str]) -> bool:
    first, second = set(one.values()), set(other.values())
    shared = len(first & second)
    return shared == 0 or 5 * shared >= 4 * max(len(first), len(second))
