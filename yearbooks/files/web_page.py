"""Cells of the tables of a web page, which sites hand out under the name of a workbook (.xls).

Nothing of the page is run or fetched: html.parser cuts it into tags and texts, and only tables,
rows, cells and what they span are looked at. A table inside a cell is text of that cell.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from yearbooks.cells import Place, Sheet
from yearbooks.errors import FileFault

# As for workbooks: far above any yearbook, and bounded on a small machine.
MAX_CELLS = 500_000
MAX_COVERED = 500_000
MAX_SPAN = 1_000

NOTE = "the file is a web page, whatever its name says"

_SILENT = frozenset({"script", "style", "template", "noscript"})
_BREAKS = frozenset({"br", "p", "div", "tr"})


def recognises(text: str) -> bool:
    """Whether a text is a page of the web with a table in it."""
    beginning = text.lstrip()[:1]
    return beginning == "<" and "<table" in text.casefold()


def sheets(text: str) -> tuple[Sheet, ...]:
    """The tables of a page that hold anything, in its order; one that is alone has no name.

    Raises `FileFault`: `too_large` beyond the limits, `empty_file` for a page without such a table.
    """
    page = _Page()
    page.feed(text)
    page.close()
    tables = [table for table in page.tables if table.rows]
    if not tables:
        raise FileFault("empty_file", f"a table with something in it; {NOTE}")
    names = [""] if len(tables) == 1 else [f"table {number + 1}" for number in range(len(tables))]
    return tuple(table.sheet(name) for table, name in zip(tables, names, strict=True))


@dataclass
class _Table:
    """The cells of one table, by row from 1 and position from 0, while they are read."""

    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: dict[Place, Place] = field(default_factory=dict)
    row: int = 0

    def add(self, text: str, columns: int, rows: int) -> None:
        """Puts a cell into the first free place of the row, and marks what it spans."""
        self.row = max(self.row, 1)
        cells = self.rows.setdefault(self.row, {})
        position = 0
        while position in cells or (self.row, position) in self.merged:
            position += 1
        cells[position] = text
        for row in range(self.row, self.row + rows):
            for column in range(position, position + columns):
                if (row, column) != (self.row, position):
                    self.merged[row, column] = (self.row, position)
        if len(self.merged) > MAX_COVERED:
            raise FileFault(
                "too_large", f"cells that span no more than {MAX_COVERED:,} others; {NOTE}"
            )

    def sheet(self, name: str) -> Sheet:
        places = [*self.merged, *((row, at) for row, cells in self.rows.items() for at in cells)]
        width = max((position for _, position in places), default=-1) + 1
        rows = [
            (number, [cells.get(position, "") for position in range(width)])
            for number, cells in sorted(self.rows.items())
        ]
        kept = tuple((number, texts) for number, texts in rows if any(map(str.strip, texts)))
        return Sheet(name, kept, self.merged, note=NOTE)


class _Page(HTMLParser):
    """Collects the tables of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._depth = 0
        self._silent = 0
        self._text: list[str] | None = None
        self._span = (1, 1)
        self._cells = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append(_Table())
        elif tag in _SILENT:
            self._silent += 1
        elif tag in _BREAKS and self._text is not None and (tag != "tr" or self._depth > 1):
            self._text.append("\n")
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self.tables[-1].row += 1
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
            stated = dict(attributes)
            self._text = []
            self._span = (_span(stated.get("colspan")), _span(stated.get("rowspan")))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "table" and self._depth:
            if self._depth == 1:
                self._end_cell()
            self._depth -= 1
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._text is not None and not self._silent:
            self._text.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _end_cell(self) -> None:
        if self._text is None:
            return
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        self._text = None
        self._cells += 1
        if self._cells > MAX_CELLS:
            raise FileFault("too_large", f"a page of no more than {MAX_CELLS:,} cells; {NOTE}")
        self.tables[-1].add("\n".join(line for line in lines if line), *self._span)


def _span(text: str | None) -> int:
    """How many columns or rows a cell spans; 1 where it does not say so in plain digits."""
    stated = (text or "").strip()
    return min(int(stated), MAX_SPAN) or 1 if stated.isascii() and stated.isdigit() else 1
