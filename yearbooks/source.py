"""One file of the inbox: its bytes, its hash, its sheets.

Here belongs what a file is before anyone knows its layout: kind, encoding, delimiter, line numbers,
and the limits beyond which it is refused. Cells are those of `yearbooks.files`; what the
rows mean belongs to the readers.
"""

import codecs
import csv
import hashlib
import io
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from yearbooks.cells import Row, Sheet
from yearbooks.errors import FileFault, MomentaryFault
from yearbooks.files import json_answer, web_page, workbook
from yearbooks.layouts.tidy import parquet_sheet
from yearbooks.mapping import SUFFIX as MAPPING_SUFFIX

PARQUET_MAGIC = b"PAR1"

# Far above any yearbook (a table of 31 provinces is a few kilobytes), and low enough for a small
# machine: reading takes some hundred bytes of memory a cell.
MAX_BYTES = 64 * 2**20
MAX_CELLS = 5_000_000


@dataclass(frozen=True)
class Source:
    """A file by name and content, with the mapping file beside it if there is one."""

    name: str
    content: bytes
    mapping: bytes | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Reads a file of the inbox, and the mapping file beside it.

        Raises `FileFault` (`unsafe_file`, `too_large`) for what is no plain file of the folder
        itself or too large, and `MomentaryFault` (`unreadable_file`, `changed_while_read`) for what
        this user may not read, the disk does not give, or someone writes to meanwhile.
        """
        mapping = path.with_name(path.name + MAPPING_SUFFIX)
        return cls(
            name=file_name(path),
            content=_content(path),
            mapping=_content(mapping) if os.path.lexists(mapping) else None,
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content, in hexadecimal."""
        return content_hash(self.content)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets of a workbook, or the one table of a text or Parquet file.

        Raises `FileFault` where the file is empty, damaged, too large, or none of these.
        """
        if self.content.startswith(PARQUET_MAGIC):
            return (parquet_sheet(self.content, MAX_CELLS),)
        if workbook.recognises(self.content):
            return workbook.sheets(self.content)
        text = _text(self.content)
        if web_page.recognises(text):
            return web_page.sheets(text)
        if json_answer.recognises(text):
            return (json_answer.sheet(text),)
        if text.lstrip()[:1] == "<":
            raise FileFault(
                "unrecognised_layout",
                "a workbook, a text file of fields or a web page with a table; this is XML or a "
                "web page without one: open it in a spreadsheet program and save it as .xlsx",
            )
        return (Sheet("", tuple(_rows(text))),)


def content_hash(content: bytes) -> str:
    """SHA-256 of the content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_name(path: Path) -> str:
    """The name of a file as text; names from Chinese archives may be in GB18030."""
    raw = os.fsencode(path.name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="backslashreplace")


def _content(path: Path) -> bytes:
    # Neither following a link, which may lead anywhere, nor waiting for a pipe to be written to.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise FileFault("unsafe_file", "a regular file, not a device or a pipe")
            content = file.read(MAX_BYTES + 1)
            after = os.fstat(file.fileno())
    except OSError as error:
        if path.is_symlink():
            raise FileFault(
                "unsafe_file", "the file itself in the inbox, not a symbolic link to one"
            ) from None
        expected = f"a file this user may read; {error.strerror}"
        raise MomentaryFault("unreadable_file", expected) from None
    if len(content) > MAX_BYTES:
        raise FileFault("too_large", f"a file of no more than {MAX_BYTES // 2**20} MiB")
    # What was read may be the beginning of one version and the end of another.
    if (before.st_mtime_ns, len(content)) != (after.st_mtime_ns, after.st_size):
        raise MomentaryFault("changed_while_read", "a file that nobody writes to while it is read")
    return content


def _text(content: bytes) -> str:
    """The content as text, without a byte-order mark.

    Strict UTF-8 is tried first because Chinese text in GB18030 is practically never valid UTF-8,
    while almost any UTF-8 text is valid (and wrong) GB18030.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in content:
        raise FileFault(
            "unrecognised_layout",
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


def _rows(text: str) -> list[Row]:
    """The rows that hold anything: 1-based number of the first line, fields as printed.

    Raises `FileFault` (`unreadable_file`), naming the line, where quotation marks do not close.
    """
    # strict: a quotation mark that never closes would swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[Row] = []
    cells = 0
    first_line = 1
    try:
        for fields in reader:
            cells += len(fields)
            if cells > MAX_CELLS:
                raise FileFault("too_large", f"a text file of no more than {MAX_CELLS:,} fields")
            if any(field.strip() for field in fields):
                rows.append((first_line, fields))
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise FileFault(
            "unreadable_file",
            f"fields whose quotation marks close; from line {first_line} on: {error}",
        ) from None
    return rows


def _delimiter(text: str) -> str:
    """Comma, tab or semicolon: the one that stands on most lines, for notes hold some too."""
    lines = text.replace("\t,", ",").splitlines()
    return max("\t,;", key=lambda delimiter: sum(delimiter in line for line in lines))
