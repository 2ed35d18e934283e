"""The mapping file: what a person says about the sheets of a file that cannot be recognised.

A YAML file beside the yearbook, named as it is with `.mapping.yml` at the end. What it may say is
described in docs/yearbook-tables.md; how a sheet is read with it belongs to the layouts. The file
is as untrusted as the yearbook: plain values only, small, and every key and type is checked, so
that a slip of the pen is told and never passed over.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import yaml

from yearbooks.cells import FIRST_YEAR, LAST_YEAR, column_position
from yearbooks.errors import FileFault

EVERY_OTHER_SHEET = "*"
MAX_BYTES = 64 * 2**10
# The last row and column of an .xlsx sheet.
MAX_ROW, MAX_COLUMN = 1_048_576, 16_384

Line = int | str
Span = tuple[Line, Line]


@dataclass(frozen=True)
class LineMapping:
    """What is stated of one column of figures (a row, where provinces go across).

    `ignore` is the reason for which its cells are set aside.
    """

    item: str | None = None
    unit: str | None = None
    year: str | None = None
    ignore: str | None = None


@dataclass(frozen=True)
class SheetMapping:
    """What is stated of one sheet; None and the empty mapping where nothing is.

    item, scope, province, unit, year: hold for the figures of which nothing nearer states another.
    provinces: letter of the column, or number of the row, that names the provinces.
    headings: first and last row of the headings (column letters, where provinces go across).
    body: first and last row that hold figures.
    columns: by column letter (row number, where provinces go across).
    """

    read: bool = True
    reason: str = ""
    provinces: Line | None = None
    headings: Span | None = None
    body: tuple[int, int] | None = None
    year: str | None = None
    edition: str | None = None
    item: str | None = None
    unit: str | None = None
    scope: str | None = None
    province: str | None = None
    yearbook: str | None = None
    columns: Mapping[Line, LineMapping] = field(default_factory=dict)

    @property
    def states_places(self) -> bool:
        """Whether it says where in the sheet things stand, or that they are not to be read."""
        places = (self.provinces, self.headings, self.body)
        return not self.read or bool(self.columns) or any(place is not None for place in places)


@dataclass(frozen=True)
class FileMapping:
    """The sheets of a mapping file by name; `*` speaks for all that it does not name."""

    sheets: Mapping[str, SheetMapping]

    @classmethod
    def parse(cls, content: bytes, name: str = "the mapping file") -> Self:
        """Reads a mapping file; `name` is what error messages call it.

        Raises `FileFault` (`unreadable_mapping`), naming the line, for anything it does not know.
        """
        reader = _Reader(name)
        sheets = reader.block(reader.load(content), {"sheets": _raw}, "the file")
        entries = reader.named(sheets.get("sheets"), "sheets")
        return cls({str(key): reader.sheet(key, value) for key, value in entries.items()})

    def sheet(self, name: str) -> SheetMapping | None:
        """What is stated of a sheet; None where the file does not speak of it."""
        return self.sheets.get(name, self.sheets.get(EVERY_OTHER_SHEET))

    def refuse_unknown_sheets(self, names: Sequence[str]) -> None:
        """Raises `FileFault` where the mapping names a sheet that is not among `names`."""
        unknown = [name for name in self.sheets if name not in (*names, EVERY_OTHER_SHEET)]
        if unknown:
            there = ", ".join(f"'{name}'" for name in names if name) or "none with a name: use '*'"
            raise FileFault(
                "unreadable_mapping",
                f"sheets of this file ({there}); the mapping names "
                + ", ".join(f"'{name}'" for name in unknown),
            )


_NO_ALIASES = (
    "anchors and aliases (& and *) are not allowed; put '*' for all other sheets in quotation marks"
)


class _Loader(yaml.SafeLoader):
    """Plain values: no anchors, no key twice, and the line of every block is kept."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(problem=_NO_ALIASES, problem_mark=event.start_mark)
        return super().compose_node(parent, index)


class _Block(dict[Any, Any]):
    """A mapping of the file that knows on which line each of its keys stands."""

    lines: dict[Any, int]


def _construct(loader: _Loader, node: yaml.MappingNode) -> _Block:
    block = _Block()
    block.lines = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        mark = key_node.start_mark
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise yaml.MarkedYAMLError(
                problem=f"{key_node.value!r} is not a name: put it in quotation marks",
                problem_mark=mark,
            )
        if key in block:
            raise yaml.MarkedYAMLError(problem=f"'{key}' stands twice", problem_mark=mark)
        block[key] = loader.construct_object(value_node, deep=True)
        block.lines[key] = mark.line + 1
    return block


_Loader.add_constructor("tag:yaml.org,2002:map", _construct)


def _raw(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text")
    return value.strip()


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _year(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("a year, such as 2019")
    if not FIRST_YEAR <= value <= LAST_YEAR:
        raise ValueError(f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return str(value)


def _line(value: Any) -> Line:
    """A row number, or a column letter in capitals."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_ROW:
        return value
    is_letter = isinstance(value, str) and re.fullmatch("[A-Za-z]{1,3}", value)
    if is_letter and column_position(value) < MAX_COLUMN:
        return str(value).upper()
    raise ValueError(f"a column letter (A to XFD) or a row number (1 to {MAX_ROW})")


def _span(value: Any) -> Span:
    ends = [value, value]
    if isinstance(value, str):
        first, _, last = value.partition("-")
        ends = [part.strip() for part in (first, last or first)]
        ends = [int(end) if end.isascii() and end.isdigit() else end for end in ends]
    try:
        start, end = map(_line, ends)
    except ValueError:
        raise ValueError("rows such as 3-5, or columns such as A-B") from None
    if type(start) is not type(end) or _order(start) > _order(end):
        raise ValueError("rows such as 3-5, or columns such as A-B, the first one first")
    return start, end


def _rows(value: Any) -> tuple[int, int]:
    start, end = _span(value)
    if not isinstance(start, int) or not isinstance(end, int):
        raise ValueError("rows such as 6-40")
    return start, end


def _order(line: Line) -> int:
    return line if isinstance(line, int) else column_position(line)


_SHEET_KEYS: dict[str, Callable[[Any], Any]] = {
    "read": _truth,
    "reason": _text,
    "provinces": _line,
    "headings": _span,
    "body": _rows,
    "year": _year,
    "edition": _year,
    "item": _text,
    "unit": _text,
    "scope": _text,
    "province": _text,
    "yearbook": _text,
    "columns": _raw,
}
_LINE_KEYS = {"item": _text, "unit": _text, "year": _year, "ignore": _text}


@dataclass(frozen=True)
class _Reader:
    """Checks the blocks of one file; `name` stands in its messages."""

    name: str

    def load(self, content: bytes) -> Any:
        if len(content) > MAX_BYTES:
            raise self.fault(f"no more than {MAX_BYTES // 1024} KiB")
        try:
            return yaml.load(content.decode("utf-8-sig"), Loader=_Loader)
        except UnicodeDecodeError:
            raise self.fault("text in UTF-8") from None
        except yaml.MarkedYAMLError as error:
            line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
            in_alias = error.context in ("while scanning an alias", "while scanning an anchor")
            problem = _NO_ALIASES if in_alias else error.problem
            raise self.fault(f"YAML; {line}{problem}") from None
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.fault(f"YAML; {error}") from None

    def fault(self, expected: str) -> FileFault:
        return FileFault("unreadable_mapping", f"{expected} (in {self.name})")

    def named(self, value: Any, place: str) -> _Block:
        if not isinstance(value, _Block) or not value:
            raise self.fault(f"names and what is stated of each under {place}")
        return value

    def block(self, value: Any, keys: Mapping[str, Callable[[Any], Any]], place: str) -> dict:
        """A block whose keys are among `keys`, each value checked."""
        block = self.named(value, place)
        stated = {}
        for key, entry in block.items():
            where = f"line {block.lines[key]}: {place}, '{key}'"
            if key not in keys:
                raise self.fault(f"one of {', '.join(keys)}; {where}")
            try:
                stated[key] = keys[key](entry)
            except ValueError as error:
                raise self.fault(f"{error}, not {entry!r}; {where}") from None
        return stated

    def sheet(self, name: Line, value: Any) -> SheetMapping:
        place = f"sheet '{name}'"
        stated = self.block(value, _SHEET_KEYS, place)
        if not stated.get("read", True) and set(stated) != {"read", "reason"}:
            raise self.fault(f"a reason and nothing else beside read: false; {place}")
        if stated.get("read", True) and "reason" in stated:
            raise self.fault(f"a reason only beside read: false; {place}")
        across = isinstance(stated.get("provinces"), int)
        if "headings" in stated and isinstance(stated["headings"][0], int) is across:
            raise self.fault(
                f"headings in rows where provinces is a column (or left out), in columns where it "
                f"is a row; {place}"
            )
        if "columns" in stated:
            stated["columns"] = self.columns(stated["columns"], place, across)
        return SheetMapping(**stated)

    def columns(self, value: Any, place: str, across: bool) -> dict[Line, LineMapping]:
        columns: dict[Line, LineMapping] = {}
        for key, entry in self.named(value, f"{place}, columns").items():
            where = f"line {value.lines[key]}: {place}, columns, '{key}'"
            kind = "row numbers" if across else "column letters"
            try:
                line = _line(key)
            except ValueError as error:
                raise self.fault(f"{error}, not {key!r}; {where}") from None
            if isinstance(line, int) is not across:
                raise self.fault(f"{kind} under columns; {where}")
            if line in columns:
                raise self.fault(f"each column once; {where}")
            stated = self.block(entry, _LINE_KEYS, f"{place}, columns, '{key}'")
            if "ignore" in stated and len(stated) > 1:
                raise self.fault(f"nothing else beside ignore; {where}")
            columns[line] = LineMapping(**stated)
        return columns
