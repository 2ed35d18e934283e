"""Packages, the zip archives of .xlsx and .ods: opened once their directory is audited.

Here belongs what may be said of an archive before its parts are read. What the parts say belongs to
`yearbooks.files.xlsx` and `yearbooks.files.ods`. Format: ECMA-376, part 2.
"""

import io
import zipfile
from itertools import pairwise

from yearbooks.errors import FileFault
from yearbooks.files.workbook_cells import (
    MAX_PARTS,
    MAX_RATIO,
    MAX_UNPACKED,
    RATIO_FROM,
    SAVE,
    SAVE_AS_XLSX,
)

MARK = b"PK\x03\x04"
_OTHERS = {
    "xl/workbook.bin": "a binary workbook (.xlsb)",
    "word/document.xml": "a text document (.docx)",
    "ppt/presentation.xml": "a presentation (.pptx)",
}


def opened(content: bytes) -> zipfile.ZipFile:
    """The archive, its directory audited: what its parts claim to be, not yet what they are."""
    # Before zipfile makes an object of each entry.
    if content.count(b"PK\x01\x02") > MAX_PARTS:
        raise FileFault("unsafe_file", f"a workbook of no more than {MAX_PARTS:,} parts")
    archive = zipfile.ZipFile(io.BytesIO(content))
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    names = {info.filename.lower() for info in infos}
    for name, kind in _OTHERS.items():
        if name in names:
            raise FileFault("unreadable_file", f"a workbook; this is {kind}: {SAVE_AS_XLSX}")
    if any(info.flag_bits & 1 for info in infos):
        raise FileFault(
            "unreadable_file", "a workbook without a password; this archive is locked: unlock it"
        )
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in infos):
        raise FileFault(
            "unreadable_file",
            f"parts compressed as spreadsheet programs do it (deflate): {SAVE}",
        )
    is_overlapping = any(
        info.header_offset + 30 + info.compress_size > following.header_offset
        for info, following in pairwise(infos)
    )
    if is_overlapping or len(names) < len(infos):
        raise FileFault(
            "unsafe_file", "parts each with a name and bytes of its own; some share them"
        )
    # zipfile never unpacks more than a part declares, so what is declared bounds what follows.
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise FileFault(
            "unsafe_file", f"a workbook that unpacks to no more than {MAX_UNPACKED // 2**20} MiB"
        )
    for info in infos:
        if info.file_size > max(RATIO_FROM, MAX_RATIO * info.compress_size):
            raise FileFault(
                "unsafe_file",
                f"parts that unpack to no more than {MAX_RATIO} times their size; "
                f"{info.filename!r} unpacks to {info.file_size:,} bytes "
                f"from {info.compress_size:,}",
            )
    return archive
