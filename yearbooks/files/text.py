"""Text files of fields: their encoding, what parts the fields, and their rows.

Here belongs what quotation marks, tabs and commas mean, and what is made of those that are out of
place. What a field says belongs to `yearbooks.layouts`.
"""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from yearbooks.cells import Fault, Place, Row, Sheet
from yearbooks.errors import FileFault

# Each of them may be looked for down to the end of the file.
MAX_STRAY_MARKS = 100

_STRAY = Fault(
    "unreadable_value",
    "fields whose quotation marks close; this line has a stray one, so it is unclear where "
    "its fields end: delete it",
)
_FIGURE = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?%?")


def decoded(content: bytes) -> str:
    """The content as text, without a byte-order mark.

    Strict UTF-8 is tried first because Chinese text in GB18030 is practically never valid UTF-8,
    while almost any UTF-8 text is valid (and wrong) GB18030. Raises `FileFault` where the file is
    empty, binary, or in another encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in content:
        raise FileFault(
            "unreadable_file",
            "a workbook, Parquet, or a text file in UTF-8 or GB18030; this one is binary",
        )
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not text.strip():
            raise FileFault("empty_file", "a file with content")
        return text
    raise FileFault(
        "unreadable_file",
        "text in UTF-8, GB18030, or UTF-16 with a byte-order mark; some bytes are valid in none",
    )


def sheet(text: str, max_fields: int) -> Sheet:
    """The rows that hold anything: 1-based number of the first line, fields as printed.

    A quotation mark that does not close costs its own line: its fields are parted as if there were
    no marks around any, and each place of it has a fault. Raises `FileFault`, naming the
    line, where one closes only after rows of a table, and where there are too many of either.
    """
    lines = _Lines(text)
    rows: list[Row] = []
    faults: dict[Place, Fault] = {}
    count = 0
    # Some exports write a tab before each comma, so that no program takes a code for a figure.
    has_tabs = lines.delimiter != "\t" and "\t" in text
    for number, fields, is_stray in lines.records():
        count += len(fields)
        if count > max_fields:
            raise FileFault("too_large", f"a text file of no more than {max_fields:,} fields")
        if has_tabs:
            fields = [field.strip("\t") for field in fields]
        if any(map(str.strip, fields)):
            rows.append((number, fields))
        if is_stray:
            faults |= {(number, position): _STRAY for position in range(len(fields))}
    return Sheet("", tuple(_without_empty_last(rows)), faults=faults)


class _Lines:
    """The lines of a text and the records in them; a quoted field may run over several lines."""

    def __init__(self, text: str) -> None:
        # As csv tells lines apart, which is not as str.splitlines does.
        self._lines = list(io.StringIO(text, newline=""))
        self.delimiter = self._find_delimiter()

    def records(self) -> Iterator[tuple[int, list[str], bool]]:
        """Of each record the number of its first line, its fields, and whether a quotation mark
        is out of place in it."""
        start = strays = 0
        while start < len(self._lines):
            # strict: a quotation mark that never closes would swallow the rest of the file.
            rest = islice(self._lines, start, None)
            reader = csv.reader(rest, delimiter=self.delimiter, strict=True)
            first = start
            try:
                for fields in reader:
                    after = first + reader.line_num
                    self._refuse_swallowed_rows(start, after)
                    yield start + 1, fields, False
                    start = after
            except csv.Error:
                strays += 1
                if strays > MAX_STRAY_MARKS:
                    raise FileFault(
                        "unreadable_file",
                        f"fields whose quotation marks close; from line {start + 1} on, more than "
                        f"{MAX_STRAY_MARKS} do not: save the table as .xlsx",
                    ) from None
                fields = self._lines[start].rstrip("\r\n").split(self.delimiter)
                yield start + 1, [field.strip('"') for field in fields], True
                start += 1

    def _refuse_swallowed_rows(self, start: int, after: int) -> None:
        """A mark that closes lines later may be a stray one that meets another one."""
        for inner in range(start + 1, after):
            line = self._lines[inner]
            quoted = line.partition('"')[0].split(self.delimiter)
            is_as_wide = line.count(self.delimiter) + 1 == self._usual_width
            if is_as_wide and any(_FIGURE.fullmatch(field.strip()) for field in quoted[1:]):
                raise FileFault(
                    "unreadable_file",
                    f"fields that hold no rows of a table; the quotation mark in line {start + 1} "
                    f"closes in line {after}, and line {inner + 1} is a row between them: delete "
                    f"the mark in line {start + 1}",
                )

    @cached_property
    def _usual_width(self) -> int:
        """How many fields most rows have; lines of a single text are titles and notes."""
        widths = Counter(line.count(self.delimiter) + 1 for line in self._lines)
        del widths[1]
        return max(widths, key=widths.__getitem__, default=0)

    def _find_delimiter(self) -> str:
        """Comma, tab or semicolon: the one that stands on most lines, for notes hold some too."""
        lines = [line.replace("\t,", ",") for line in self._lines]
        return max("\t,;", key=lambda delimiter: sum(delimiter in line for line in lines))


def _without_empty_last(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without their last field, where each row of the table ends in an empty one.

    Titles and notes, rows of a single text, may be shorter. If any other row is, the last field
    may be one too many, and stays for the layouts to judge.
    """
    width = max((len(fields) for _, fields in rows), default=0)
    table = [fields for _, fields in rows if sum(map(bool, map(str.strip, fields))) > 1]
    if not table or any(len(fields) < width or fields[-1].strip() for fields in table):
        return rows
    return [(number, fields[: width - 1]) for number, fields in rows]
