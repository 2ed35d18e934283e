"""Cells of workbooks (.xlsx, .xlsm, .xls, .ods) as a person sees them; nothing in them is run.

A workbook is hostile until shown otherwise. openpyxl and xlrd trust what they are given: a merged
cell of seventeen billion places, a chain of sectors that bites its tail, or one sheet listed a
thousand times keeps them busy for ever. So each file is audited first, in one pass and within the
limits of `yearbooks.files.workbook_cells`, and the library is then handed nothing but what the
audit let through. What a figure or a label means belongs to the layouts.
"""

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import ods, package, xls, xlsx
from yearbooks.files.compound import MARK as COMPOUND_MARK
from yearbooks.files.compound import Compound
from yearbooks.files.locked import unlocked_package
from yearbooks.files.workbook_cells import SAVE


def recognises(content: bytes) -> bool:
    """True for a zip archive or an OLE2 compound file, whether or not a workbook is in it."""
    return content.startswith((package.MARK, COMPOUND_MARK))


def kind_of(content: bytes) -> str:
    """The kind of a workbook in words."""
    if content.startswith(COMPOUND_MARK):
        return "workbook (.xls)"
    # The directory of the archive names its parts in plain text.
    if ods.MEDIA_TYPE in content[:200]:
        return "workbook (.ods)"
    macros = ", with macros (never run)" if b"vbaProject.bin" in content else ""
    return f"workbook (.xlsx){macros}"


def sheets(content: bytes) -> tuple[Sheet, ...]:
    """The sheets of a workbook in its order, hidden ones too.

    Left out are sheets without cells (charts, dialogs, macros) and very hidden ones, which only
    programs can make. Rows reach to the last column that holds anything; a place under a merged
    cell is in `merged`, the place of the text itself is not. Figures stand with 15 significant
    digits as stored, however few of them the sheet shows; a percentage is shown as one (0.35 as
    35%), a date in ISO form, a truth value as TRUE or FALSE, an error as #DIV/0! and the like.

    Raises `FileFault`: `unreadable_file` where the file is something else, damaged or locked,
    `unsafe_file` and `too_large` beyond the limits, `empty_file` where it has no sheet of cells.
    """
    try:
        found = _read(content)
    except FileFault:
        raise
    # Anything at all: a single wrong byte leads the libraries into errors of every kind.
    except Exception as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")[:200]
        raise FileFault(
            "unreadable_file",
            f"a whole workbook; this one is damaged ({what}): {SAVE}",
        ) from error
    if not found:
        raise FileFault("empty_file", "a workbook with a sheet of cells")
    return found


def _read(content: bytes) -> tuple[Sheet, ...]:
    if content.startswith(COMPOUND_MARK):
        compound = Compound(content)
        if "encryptedpackage" not in compound:
            return xls.read(compound)
        content = unlocked_package(compound)
    archive = package.opened(content)
    return (ods if ods.recognises(archive) else xlsx).read(archive)
