"""Which kind a file is, by its content and whatever its name says, and the sheets in it.

This is the one place that knows all kinds. How each is read belongs to its own module.
"""

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import json_answer, parquet, text, web_page, workbook

# Reading takes some hundred bytes of memory a cell.
MAX_FIELDS = 5_000_000


def sheets(content: bytes) -> tuple[Sheet, ...]:
    """The sheets of a workbook, or the one table of a text, a web page or a Parquet file.

    Raises `FileFault` where the file is empty, damaged, too large, or none of these.
    """
    if content.startswith(parquet.MARK):
        return (parquet.sheet(content, MAX_FIELDS),)
    if workbook.recognises(content):
        return workbook.sheets(content)
    written = text.decoded(content)
    if web_page.recognises(written):
        return (web_page.sheet(written),)
    if json_answer.recognises(written):
        return (json_answer.sheet(written),)
    return (text.sheet(written, MAX_FIELDS),)


def kind_of(content: bytes) -> str:
    """The kind in words."""
    if content.startswith(parquet.MARK):
        return "Parquet"
    if workbook.recognises(content):
        return workbook.kind_of(content)
    try:
        written = text.decoded(content)
    except FileFault:
        return "text"
    if web_page.recognises(written):
        return "web page"
    return "JSON" if json_answer.recognises(written) else "text"
