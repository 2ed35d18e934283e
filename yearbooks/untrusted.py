"""Texts of yearbook files where a person sees them: nothing in them may act, and nothing hides.

A label, a note or the name of a file is whatever its author typed. Here it is made safe for a
terminal or a log (`visible`), and for a spreadsheet program (`spreadsheet_safe`, `put_text`). HTML
and Markdown are escaped where they are made. What a text means belongs to the readers.
"""

import re
import unicodedata
from typing import Any

# Where a person would look for them, the signs that stand for line breaks and tabs.
_PICTURES = {"\n": "␤", "\r": "␍", "\t": "␉"}

# What makes a cell a formula, as OWASP lists it (CSV Injection, owasp.org/www-community/attacks):
# also in full width, which some programs take for the same, and behind blanks, which some remove.
_ACTIVE = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n\0]")
# A sign before a plain number, or one that stands alone for a missing figure, starts no formula.
_HARMLESS = re.compile(
    r"\s*[+\-＋－]\s*(?:\d+(?:[,， ]\d{3})*(?:[.．]\d+)?(?:[eE][+-]?\d+)?\s*[%％‰]?)?\s*|-{2,3}"
)

# What XML, and so a workbook, cannot hold.
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# The longest text that a cell of a workbook holds.
_MAX_CELL = 32_767


def visible(text: object) -> str:
    """The text with everything that is no sign of its own written out, on one line.

    Line breaks and tabs become ␤, ␍ and ␉; control characters (escape sequences of terminals
    among them), marks of the direction of writing, characters of no width, halves of surrogates
    and unassigned ones become their code (`\\x1b`, `\\u202e`).
    """
    return "".join(
        sign
        if sign.isprintable() or unicodedata.category(sign) == "Zs"
        else _PICTURES.get(sign) or _code(sign)
        for sign in str(text)
    )


def spreadsheet_safe(text: str) -> str:
    """The text as a field of a CSV file that a spreadsheet program cannot take for a formula.

    A text that would be one is led by an apostrophe; plain numbers (-5) and marks (-) stay as they
    are. The writer must put every field into quotation marks.
    """
    is_active = _ACTIVE.match(text) and not _HARMLESS.fullmatch(text)
    return f"'{text}" if is_active else text


def put_text(cell: Any, text: str) -> None:
    """Sets a cell of an openpyxl workbook to a text, never to a formula, also once it is edited.

    Characters that a workbook cannot hold are written out as by `visible`; a text longer than a
    cell may be ends in an ellipsis.
    """
    held = _NOT_XML.sub(lambda match: _code(match[0]), text)
    cell.value = held if len(held) <= _MAX_CELL else f"{held[: _MAX_CELL - 1]}…"
    cell.data_type = "s"
    cell.quotePrefix = bool(_ACTIVE.match(held))


def _code(sign: str) -> str:
    point = ord(sign)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def place(sheet: str, row: int | None, column: str) -> str:
    """`3-9!C12` in a sheet; `row 12, 2020年` in a file without sheets."""
    if row is None:
        return visible(sheet)
    if sheet and column.isascii() and column.isalpha() and column.isupper():
        return f"{visible(sheet)}!{column}{row}"
    parts = [visible(sheet), f"row {row}", visible(column)]
    return ", ".join(part for part in parts if part)
