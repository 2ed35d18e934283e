"""What docs/from-disc-to-warehouse.md shows of the command is what the command prints."""

import io
import re
from pathlib import Path

import pytest
import xlwt
from inboxes import ROOT
from rich.console import Console
from test_workbook import locked_records

from command.inspect import Names, show_draft, show_inspection
from yearbooks.accepted import FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.drafts import Draft
from yearbooks.files import compound, locked
from yearbooks.inspection import inspect
from yearbooks.source import Source

PAGE = (ROOT / "docs" / "from-disc-to-warehouse.md").read_text(encoding="utf-8")
SHEET, OF_SHEET, OF_EXPORT, ANSWERED = re.findall(
    r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL
)
(EXPORT,) = re.findall(r"^```csv\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DRAFT, MAPPING = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

THIS_YEAR = 2026
WIDTH = 100
# First and last row and column of each merged cell.
MERGED = [(0, 0, 0, 3), (1, 1, 0, 3), (3, 4, 0, 0), (3, 3, 1, 2), (3, 4, 3, 3)]


def the_sheet() -> bytes:
    """The sheet of the page as the disc holds it: an .xls with the password that programs know."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("2-4")
    merged = {(top, left): (top, bottom, left, right) for top, bottom, left, right in MERGED}
    for row, line in enumerate(SHEET.splitlines()):
        for column, text in enumerate(map(str.strip, line.split("|"))):
            typed = float(text) if text.isdigit() else text
            if (row, column) in merged:
                sheet.write_merge(*merged[row, column], typed)
            elif text:
                sheet.write(row, column, typed)
    content = io.BytesIO()
    book.save(content)
    stream = compound.Compound(content.getvalue()).stream("workbook")
    return compound.written({"Workbook": locked_records(stream, locked.PASSWORD)})


def printed(source: Source, catalogue: Catalogue, draft: Draft | None = None) -> str:
    console = Console(file=io.StringIO(), width=WIDTH, highlight=False)
    names = Names.load(ROOT / "dbt" / "seeds" / "reference")
    show_inspection(console, inspect(source, catalogue, FileReleases(), THIS_YEAR), names)
    if draft:
        show_draft(console, draft, Path("export.csv.mapping.yml"))
    return console.file.getvalue()  # type: ignore[attr-defined]


def assert_shows(page: str, output: str) -> None:
    """Each line of the page is printed, in order, and none is left out but where ... stands."""
    lines = [line.rstrip() for line in output.splitlines()]
    at, may_skip = 0, False
    for line in map(str.rstrip, page.splitlines()):
        if line == "...":
            may_skip = True
            continue
        found = lines.index(line, at) if line in lines[at:] else -1
        assert found >= 0, f"not printed: {line}"
        skipped = [text for text in lines[at:found] if text]
        assert may_skip or not skipped, f"left out before {line}: {skipped}"
        at, may_skip = found + 1, False


def test_the_locked_sheet(catalogue: Catalogue) -> None:
    assert_shows(OF_SHEET, printed(Source("2-4.xls", the_sheet()), catalogue))


def test_the_export_its_draft_and_its_answer(catalogue: Catalogue) -> None:
    export = Source("export.csv", EXPORT.encode())
    draft = Draft.of(export, catalogue, THIS_YEAR, FileReleases())
    assert draft is not None
    assert_shows(OF_EXPORT, printed(export, catalogue, draft))
    assert draft.text == DRAFT
    answered = Source(export.name, export.content, MAPPING.encode())
    assert_shows(ANSWERED, printed(answered, catalogue))


def test_the_whole_society_is_refused_as_the_page_says(catalogue: Catalogue) -> None:
    title = SHEET.splitlines()[0].replace("规上工业企业", "")
    table = "\n".join([title, "单位：人", "地区,R&D人员", "北京,410", "天津,290"])
    (problem,) = inspect(
        Source("1-4.csv", table.encode()), catalogue, FileReleases(), THIS_YEAR
    ).problems
    assert problem.reason == "scope_not_stated"


@pytest.mark.parametrize(("page", "output"), [("a\nb\n", "a\nc\nb\n"), ("a\n...\nx\n", "a\nb\n")])
def test_a_page_that_is_wrong_is_found(page: str, output: str) -> None:
    with pytest.raises(AssertionError):
        assert_shows(page, output)
