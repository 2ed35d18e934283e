"""Coverage-guided fuzzing of everything between the bytes of a file and its observations.

Run by `make fuzz`, not by the tests: it goes on for as long as it is told. Whatever the bytes, the
readers must end in cells, each landed or set aside, and never in an exception; a hang or a growing
process is for libFuzzer to notice (-timeout, -rss_limit_mb).
"""

import sys
import zlib
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["yearbooks.files", "yearbooks.layouts"]):
    from yearbooks.catalogue import Catalogue
    from yearbooks.cells import Sheet
    from yearbooks.errors import FileFault
    from yearbooks.files import kinds
    from yearbooks.reading import LAYOUTS
    from yearbooks.resolution import resolve

from forms import packed

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Catalogue.load(ROOT / "dbt" / "seeds" / "reference")

# Layouts take ten times as long as the bytes below them, and to resolve cells takes five times as
# long again. Of the sheets that are new, so many go on to the next step.
READ, RESOLVED = 4, 64

# Most mutations leave the cells as they were, and the same sheet is read the same way again.
seen: set[int] = set()


def read_anything(data: bytes) -> None:
    with suppress(FileFault):
        for sheet in kinds.sheets(packed(data)):
            checksum = zlib.crc32(repr(sheet).encode(errors="replace"))
            if checksum not in seen and checksum % READ == 0:
                read_sheet(sheet, is_resolved=checksum % RESOLVED == 0)
            seen.add(checksum)


def read_sheet(sheet: Sheet, is_resolved: bool) -> None:
    layout = next(layout for layout in LAYOUTS if layout.recognises(sheet, CATALOGUE))
    cells = layout.read(sheet, CATALOGUE).cells
    if is_resolved:
        observations, set_aside = resolve(cells, CATALOGUE, 2026)
        if len(observations) + len(set_aside) != len(cells):
            raise AssertionError("a cell was lost")


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()
