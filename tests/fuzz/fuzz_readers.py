"""Coverage-guided fuzzing of everything between the bytes of a file and its observations.

Run by `make fuzz`, not by the tests: it goes on for as long as it is told. Whatever the bytes, the
readers must end in cells, each landed or set aside, and never in an exception; a hang or a growing
process is for libFuzzer to notice (-timeout, -rss_limit_mb).
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["yearbooks", "openpyxl", "xlrd"]):
    from yearbooks.catalogue import Catalogue
    from yearbooks.reading import read
    from yearbooks.resolution import resolve
    from yearbooks.source import Source

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Catalogue.load(ROOT / "dbt" / "seeds" / "reference")


def read_anything(content: bytes) -> None:
    cells = read(Source("fuzzed", content), CATALOGUE).cells
    observations, set_aside = resolve(cells, CATALOGUE, 2026)
    if len(observations) + len(set_aside) != len(cells):
        raise AssertionError("a cell was lost")


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()
