"""What a person has decided about single cells of single files: rows that release them.

`accepted_readings.csv` says how a printed label, unit, year or edition is to be read in one file;
`corrections.csv` says what a printed figure means. What holds for every file is the catalogue's;
which cell a row releases is `yearbooks.resolution`'s, the figure it is given dbt's.
"""

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Self

from yearbooks.catalogue import Catalogue
from yearbooks.cells import FIRST_YEAR, LAST_YEAR, read_year
from yearbooks.errors import CatalogueError
from yearbooks.reference import reference_rows

READINGS, CORRECTIONS = "accepted_readings.csv", "corrections.csv"

# The field a reading is about, and the column of the cells that holds its text.
FIELDS = {
    "item": "item_printed",
    "unit": "unit_printed",
    "province": "province_printed",
    "year": "year_printed",
    "edition": "edition_printed",
}
# A file may leave these out altogether, so that the text to be read is the empty one.
MAY_BE_SILENT = {"unit", "year", "edition"}

# The white space that DuckDB's trim takes for blank: dbt looks for the same texts.
_BLANKS = "\u0020\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_BLANKS += "\u202f\u205f\u3000"

Place = tuple[str, int, str]
CorrectionKey = tuple[str, str, int, int, str]


def printed_text(text: str) -> str:
    """A printed text as the two files are compared with it: outer blanks do not count."""
    return text.strip(_BLANKS)


@dataclass(frozen=True)
class AcceptedReading:
    """In the sheet (every sheet where empty), the text printed for `field` is read as `read_as`."""

    source_sheet: str
    field: str
    as_printed: str
    read_as: str


@dataclass(frozen=True)
class FileReleases:
    """The rows that concern one file.

    readings: those for a single sheet last, for they go before those for every sheet.
    corrections: the row of corrections.csv by (item_code, province_code, year, edition, text).
    """

    readings: tuple[AcceptedReading, ...] = ()
    corrections: Mapping[CorrectionKey, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Releases:
    """All rows of both files; `fingerprint` changes with either.

    readings: by dataset and file. corrections: by dataset, as in `FileReleases`.
    """

    readings: Mapping[tuple[str, str], tuple[AcceptedReading, ...]]
    corrections: Mapping[str, Mapping[CorrectionKey, int]]
    fingerprint: str

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> Self:
        """Reads accepted_readings.csv and corrections.csv of `folder`.

        Raises `CatalogueError`, naming file, row and column, where a file or column is missing, a
        field that must be filled is empty, a code, label, unit, year, number or date is none, or
        two rows speak of the same text or figure.
        """
        paths = folder / READINGS, folder / CORRECTIONS
        return cls(
            readings=_readings(paths[0], catalogue),
            corrections=_corrections(paths[1], catalogue),
            fingerprint=hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest(),
        )

    def of(self, dataset: str, source_file: str) -> FileReleases:
        """The rows that concern this file of this dataset."""
        return FileReleases(
            self.readings.get((dataset, source_file), ()), self.corrections.get(dataset, {})
        )


def _readings(
    path: Path, catalogue: Catalogue
) -> dict[tuple[str, str], tuple[AcceptedReading, ...]]:
    known = {
        "item": (catalogue.item, "a label of item_aliases.csv"),
        "unit": (catalogue.unit, "a unit of units.csv"),
        "province": (catalogue.province, "a name of province_names.csv"),
        "year": (read_year, f"a year from {FIRST_YEAR} to {LAST_YEAR}"),
        "edition": (read_year, f"a year from {FIRST_YEAR} to {LAST_YEAR}"),
    }
    found: dict[tuple[str, str], list[AcceptedReading]] = {}
    rows_before: dict[tuple[str, ...], int] = {}
    for line, row in _filled_rows(
        path,
        required=("dataset", "source_file", "field", "read_as", "reason", "accepted_by"),
        optional=("source_sheet", "as_printed"),
        dated="accepted_on",
    ):
        name = row["field"]
        if name not in FIELDS:
            raise _wrong(path, line, "field", name, f"one of {', '.join(FIELDS)}")
        as_printed = printed_text(row["as_printed"])
        if not as_printed and name not in MAY_BE_SILENT:
            raise _wrong(path, line, "as_printed", "", f"the text printed for the {name}")
        look_up, expected = known[name]
        if not look_up(row["read_as"]):
            raise _wrong(path, line, "read_as", row["read_as"], expected)
        where = row["dataset"], row["source_file"]
        key = (*where, row["source_sheet"], name, as_printed)
        if (before := rows_before.setdefault(key, line)) != line:
            raise _wrong(path, line, "as_printed", as_printed, f"one reading; row {before} has one")
        found.setdefault(where, []).append(
            AcceptedReading(row["source_sheet"], name, as_printed, row["read_as"])
        )
    return {
        where: tuple(sorted(readings, key=lambda reading: bool(reading.source_sheet)))
        for where, readings in found.items()
    }


def _corrections(path: Path, catalogue: Catalogue) -> dict[str, dict[CorrectionKey, int]]:
    measures = {item.code: item.measure for item in catalogue.items.values()}
    found: dict[str, dict[CorrectionKey, int]] = {}
    rows_before: dict[tuple[str, str, str, int, int], int] = {}
    for line, row in _filled_rows(
        path,
        required=(
            *("dataset", "item_code", "province_code", "year", "edition"),
            *("unit", "reason", "corrected_by"),
        ),
        optional=("value_as_printed", "value_used"),
        dated="corrected_on",
    ):
        item, province, unit = row["item_code"], row["province_code"], row["unit"]
        if item not in measures:
            raise _wrong(path, line, "item_code", item, "an item of items.csv")
        if province not in catalogue.sample:
            raise _wrong(path, line, "province_code", province, "the code of one of the provinces")
        measured = catalogue.unit(unit)
        if measured is None or measured.measure != measures[item]:
            raise _wrong(path, line, "unit", unit, f"a unit of units.csv for {measures[item]}")
        if row["value_used"] and not _is_number(row["value_used"]):
            expected = "a number without separators, or nothing to withdraw what is printed"
            raise _wrong(path, line, "value_used", row["value_used"], expected)
        year, edition = (_plain_year(path, line, name, row[name]) for name in ("year", "edition"))
        cell = (row["dataset"], item, province, year, edition)
        if (before := rows_before.setdefault(cell, line)) != line:
            expected = f"one row for dataset, item, province, year and edition; row {before} is one"
            raise _wrong(path, line, "item_code", item, expected)
        key = (item, province, year, edition, printed_text(row["value_as_printed"]))
        found.setdefault(row["dataset"], {})[key] = line
    return found


def _filled_rows(
    path: Path, *, required: tuple[str, ...], optional: tuple[str, ...], dated: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file, each with its line number, where all that must be filled is."""
    for line, row in reference_rows(path, *required, *optional, dated):
        if None in row:
            raise CatalogueError(
                f"{path}, row {line}: more fields than the header has; expected quotation marks "
                "around a text that holds a comma"
            )
        for column in required:
            if not row[column].strip():
                raise _wrong(path, line, column, row[column], "something: it must not be empty")
        try:
            date.fromisoformat(row[dated])
        except ValueError:
            raise _wrong(path, line, dated, row[dated], "a date such as 2024-09-01") from None
        yield line, row


def _plain_year(path: Path, line: int, column: str, text: str) -> int:
    year = read_year(text)
    if year is None or text != str(year):
        raise _wrong(path, line, column, text, f"a year from {FIRST_YEAR} to {LAST_YEAR}")
    return year


def _is_number(text: str) -> bool:
    """Whether dbt reads the text as a number too."""
    is_plain = re.fullmatch(r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?", text) is not None
    return is_plain and math.isfinite(float(text))


def _wrong(path: Path, line: int, column: str, found: str, expected: str) -> CatalogueError:
    return CatalogueError(f"{path}, row {line}, column {column}: {found!r}, expected {expected}")
