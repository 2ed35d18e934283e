"""One file of the inbox: its bytes, its hash, and its text cut into rows.

Here belongs what a file is before anyone knows its layout: encoding, delimiter, line numbers.
What the rows mean belongs to the readers.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from functools import cached_property

from yearbooks.errors import FileFault

PARQUET_MAGIC = b"PAR1"

Row = tuple[int, list[str]]


@dataclass(frozen=True)
class Source:
    """A file by name and content; everything else is derived from these two."""

    name: str
    content: bytes

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_parquet(self) -> bool:
        return self.content.startswith(PARQUET_MAGIC)

    @cached_property
    def text(self) -> str:
        """The content as text, without a byte-order mark.

        Strict UTF-8 is tried first because Chinese text in GB18030 is practically never valid
        UTF-8, while almost any UTF-8 text is valid (and wrong) GB18030.

        Raises `FileFault` (`unrecognised_layout`) for binary content and (`unreadable_file`) for
        text in neither encoding.
        """
        if b"\0" in self.content:
            raise FileFault(
                "unrecognised_layout",
                "a text file in UTF-8 or GB18030, or Parquet; this one is binary or UTF-16",
            )
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return self.content.decode(encoding)
            except UnicodeDecodeError:
                continue
        raise FileFault(
            "unreadable_file",
            "text in UTF-8 (with or without byte-order mark) or GB18030; "
            "some bytes are valid in neither",
        )

    def rows(self, delimiter: str) -> list[Row]:
        """The rows that hold anything: 1-based number of the first line, fields as printed.

        Raises `FileFault` (`unreadable_file`), naming the line, where quotation marks do not close.
        """
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=delimiter, strict=True)
        rows: list[Row] = []
        first_line = 1
        try:
            for fields in reader:
                if any(field.strip() for field in fields):
                    rows.append((first_line, fields))
                first_line = reader.line_num + 1
        except csv.Error as error:
            raise FileFault(
                "unreadable_file",
                f"fields whose quotation marks close; from line {first_line} on: {error}",
            ) from None
        return rows


def delimiter_of(line: str) -> str:
    """The delimiter of a header line: a tab if it has one, else a comma."""
    return "\t" if "\t" in line else ","


def is_ragged(fields: list[str], header: list[str]) -> bool:
    """Whether a row does not fit its header: another number of fields, or text under no heading.

    Such a row may be shifted (a thousands separator without quotation marks does that), so that
    none of its fields can be trusted.
    """
    if len(fields) != len(header):
        return True
    return any(
        field.strip() and not heading.strip() for field, heading in zip(fields, header, strict=True)
    )
