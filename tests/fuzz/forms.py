"""What the fuzzer mutates: whole files, and the inner parts of those that a checksum would guard.

A mutated archive is seldom more than a damaged one, so that no reader would see its cells. An input
that begins with the sign of a form is therefore put into a sound file of that form.
"""

import io
import zipfile

from yearbooks.files import compound

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _zipped(parts: dict[str, bytes | str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def _relationships(**targets: str) -> str:
    each = "".join(
        f'<Relationship Id="{kind}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for kind, target in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}">{each}</Relationships>'


def worksheet(part: bytes) -> bytes:
    """An .xlsx with this worksheet."""
    return _zipped(
        {
            "_rels/.rels": _relationships(officeDocument="w.xml"),
            "w.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            '<sheet name="a" sheetId="1" r:id="worksheet"/></sheets></workbook>',
            "_rels/w.xml.rels": _relationships(worksheet="s.xml"),
            "s.xml": part,
        }
    )


def document(part: bytes) -> bytes:
    """An .ods with this content."""
    return _zipped({"mimetype": "", "META-INF/manifest.xml": "<manifest/>", "content.xml": part})


def records(stream: bytes) -> bytes:
    """An .xls of these records."""
    return compound.written({"Workbook": stream.ljust(compound.MIN_STREAM, b"\0")})


FORMS = {b"\x01": worksheet, b"\x02": document, b"\x03": records}


def packed(data: bytes) -> bytes:
    """The file that an input stands for."""
    form = FORMS.get(data[:1])
    return form(data[1:]) if form else data
