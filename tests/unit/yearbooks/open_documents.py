"""Packages of OpenDocument made by hand, for the tests that say what each element means."""

import io
import zipfile

MEDIA_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office",
        "style": "style",
        "number": "datastyle",
        "table": "table",
        "text": "text",
    }.items()
)


def table(*rows: str, name: str = "S", columns: str = "") -> str:
    """A sheet of rows, each the XML of its cells."""
    written = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    return f'<table:table table:name="{name}">{columns}{written}</table:table>'


def ods(tables: str, *, formats: str = "", **parts: str) -> bytes:
    """A workbook of these sheets and automatic styles, and other parts by name."""
    written = {
        "mimetype": MEDIA_TYPE,
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": f"<office:document-content {NAMESPACES}>"
        f"<office:automatic-styles>{formats}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>",
        **parts,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in written.items():
            archive.writestr(name, text)
    return file.getvalue()
