"""What yearbooks call things: labels of items and provinces, units, marks, names of yearbooks.

The catalogue is data (`dbt/seeds/reference/`), the same rows that dbt reads; here they are only
looked up. A label that the files do not state is unknown: it is never guessed, and nothing here
knows a name that the files do not hold.
"""

import csv
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from yearbooks.errors import CatalogueError

NATIONAL = "national"
OUTSIDE_SAMPLE = "outside_sample"
PROVINCE = "province"

FILES = ("yearbooks", "units", "items", "item_aliases", "province_names", "value_marks")

T = TypeVar("T")


def match_key(text: str) -> str:
    """The form in which labels are compared: width (NFKC), white space and case do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


@dataclass(frozen=True)
class Unit:
    """A unit by its spelling in units.csv: `factor` turns one into the base unit of `measure`."""

    name: str = field(compare=False)
    measure: str
    factor: float


@dataclass(frozen=True)
class Item:
    """A raw item, the yearbook and table that print it, and the unit its figures are kept in."""

    code: str
    yearbook: str
    yearbook_table: str
    canonical_unit: str
    measure: str


@dataclass(frozen=True)
class Province:
    """A row heading: GB/T 2260 code (000000 = the nation) and `kind`.

    `kind` is province, national (kept to reconcile against) or outside_sample (Hong Kong, Macao,
    Taiwan).
    """

    code: str
    kind: str


@dataclass(frozen=True)
class Catalogue:
    """Looks labels up as printed; each look-up returns None for what the catalogue does not hold.

    The mappings are keyed by `match_key` of the label. `fingerprint` changes with any of the files.
    """

    items: Mapping[str, Item]
    provinces: Mapping[str, Province]
    units: Mapping[str, Unit]
    marks: Mapping[str, str]
    yearbooks: Mapping[str, str]
    fingerprint: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads items, item_aliases, province_names, units, value_marks and yearbooks (.csv).

        Raises `CatalogueError`, naming file and row, where a file or column is missing, a factor
        is no number, a code is not defined, or one label stands for two things.
        """
        yearbooks_path = folder / "yearbooks.csv"
        yearbook_rows = _rows(yearbooks_path, "yearbook", "yearbook_name", "yearbook_name_zh")
        yearbooks = _index(
            yearbooks_path,
            (
                (line, row[column], row["yearbook"])
                for line, row in yearbook_rows
                for column in ("yearbook", "yearbook_name", "yearbook_name_zh")
            ),
        )

        units_path = folder / "units.csv"
        units = _index(
            units_path,
            (
                (line, row["unit"], Unit(row["unit"], row["measure"], factor))
                for line, row in _rows(units_path, "unit", "measure", "factor")
                for factor in [_factor(units_path, line, row["factor"])]
            ),
        )

        items_path = folder / "items.csv"
        codes: dict[str, Item] = {}
        for line, row in _rows(
            items_path, "item_code", "yearbook", "yearbook_table", "canonical_unit"
        ):
            unit = units.get(match_key(row["canonical_unit"]))
            if unit is None:
                raise CatalogueError(
                    f"{items_path}, row {line}, column canonical_unit: "
                    f"{row['canonical_unit']!r} is not a unit of units.csv"
                )
            if match_key(row["yearbook"]) not in yearbooks:
                raise CatalogueError(
                    f"{items_path}, row {line}, column yearbook: "
                    f"{row['yearbook']!r} is not a yearbook of yearbooks.csv"
                )
            codes[row["item_code"]] = Item(
                code=row["item_code"],
                yearbook=row["yearbook"],
                yearbook_table=row["yearbook_table"],
                canonical_unit=row["canonical_unit"],
                measure=unit.measure,
            )

        aliases_path = folder / "item_aliases.csv"
        alias_rows = _rows(aliases_path, "alias", "item_code")
        for line, row in alias_rows:
            if row["item_code"] not in codes:
                raise CatalogueError(
                    f"{aliases_path}, row {line}, column item_code: "
                    f"{row['item_code']!r} is not an item of items.csv"
                )

        names_path = folder / "province_names.csv"
        name_rows = _rows(names_path, "name", "province_code", "kind")
        for line, row in name_rows:
            if row["kind"] not in (PROVINCE, NATIONAL, OUTSIDE_SAMPLE):
                raise CatalogueError(
                    f"{names_path}, row {line}, column kind: {row['kind']!r}, "
                    f"expected {PROVINCE}, {NATIONAL} or {OUTSIDE_SAMPLE}"
                )

        marks_path = folder / "value_marks.csv"
        return cls(
            items=_index(
                aliases_path,
                ((line, row["alias"], codes[row["item_code"]]) for line, row in alias_rows),
            ),
            provinces=_index(
                names_path,
                (
                    (line, row["name"], Province(row["province_code"], row["kind"]))
                    for line, row in name_rows
                ),
            ),
            units=units,
            marks=_index(
                marks_path,
                (
                    (line, row["mark"], row["meaning"])
                    for line, row in _rows(marks_path, "mark", "meaning")
                ),
            ),
            yearbooks=yearbooks,
            fingerprint=hashlib.sha256(
                b"".join((folder / f"{name}.csv").read_bytes() for name in FILES)
            ).hexdigest(),
        )

    def item(self, label: str) -> Item | None:
        """The item that a printed label, an alias of it or its code names."""
        return self.items.get(match_key(label))

    def province(self, label: str) -> Province | None:
        """The province, the nation or the place outside the sample that a row heading names."""
        return self.provinces.get(match_key(label))

    def unit(self, text: str) -> Unit | None:
        """Measure and factor of a printed unit."""
        return self.units.get(match_key(text))

    def mark(self, text: str) -> str | None:
        """The meaning of a mark printed in the place of a figure; an empty cell is a mark too."""
        return self.marks.get(match_key(text))

    def yearbook(self, name: str) -> str | None:
        """The code of a yearbook given by code or by English or Chinese name."""
        return self.yearbooks.get(match_key(name))


def _rows(path: Path, *columns: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a reference file, each with its line number."""
    if not path.is_file():
        raise CatalogueError(f"{path} is missing: expected a reference file of the catalogue")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restval="")
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise CatalogueError(f"{path}, row 1: expected the columns {', '.join(missing)}")
        return [(reader.line_num, row) for row in reader]


def _index(path: Path, entries: Iterable[tuple[int, str, T]]) -> dict[str, T]:
    """Entries (line, label, meaning) by key; two labels that match must mean the same thing."""
    index: dict[str, T] = {}
    for line, label, meaning in entries:
        if index.setdefault(match_key(label), meaning) != meaning:
            raise CatalogueError(
                f"{path}, row {line}: {label!r} already stands for {index[match_key(label)]}, "
                f"expected one meaning for a label"
            )
    return index


def _factor(path: Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise CatalogueError(
            f"{path}, row {line}, column factor: {text!r}, expected a number"
        ) from None
