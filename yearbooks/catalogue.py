"""What yearbooks call things: labels of items and provinces, units, marks, names of yearbooks.

The catalogue is data (`dbt/seeds/reference/`), the same rows that dbt reads; here they are only
looked up. A label that the files do not state is unknown: it is never guessed, and nothing here
knows a name that the files do not hold.
"""

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from yearbooks.errors import CatalogueError

NATIONAL = "national"
OUTSIDE_SAMPLE = "outside_sample"
PROVINCE = "province"

FILES = (
    "yearbooks",
    "units",
    "items",
    "item_aliases",
    "province_names",
    "value_marks",
    "neutral_headings",
)

# What a word of a heading does, where it names no item (neutral_headings.csv).
NEUTRAL, REGION, YEAR, UNIT, ITEM, RESTRICTS = (
    "neutral",
    "region",
    "year",
    "unit",
    "item",
    "restricts",
)
ROLES = (NEUTRAL, REGION, YEAR, UNIT, ITEM, RESTRICTS)

# No label is longer; a long text is a remark, and not worth the search for its parts.
LONGEST_LABEL = 300

# Parts a heading from the one above it, where the two make no label that the catalogue holds. What
# stands before it is never a name for the whole.
BELOW = " > "

_CHINESE = r"\u3400-\u9fff"
# A Chinese label, then its translation; or the other way round. Something must part the two, for
# 人均GDP is one label.
_CHINESE_FIRST = re.compile(
    rf"(?P<chinese>.*[{_CHINESE}][)）\]％%①-⑳]*)(?:[\s/|]+|(?=[(（]|[A-Z][a-z]))"
    rf"(?P<latin>[^{_CHINESE}]*[A-Za-z][^{_CHINESE}]*)",
    re.DOTALL,
)
_LATIN_FIRST = re.compile(
    rf"(?P<latin>[^{_CHINESE}]*[A-Za-z][^{_CHINESE}]*?)[\s/|]+(?P<chinese>[{_CHINESE}].*)",
    re.DOTALL,
)
# A sign that points to a note: it is no part of the name, and NFKC would make a digit of it.
_NOTE_SIGNS = re.compile(r"(?:\s*(?:[①-⑳¹²³⁴-⁹*＊†‡]|\[[0-9]+\]))+\s*$")

T = TypeVar("T")


def match_key(text: str) -> str:
    """The form in which labels are compared: width (NFKC), white space and case do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def languages(text: str) -> tuple[str, str]:
    """The Chinese and the Latin part of a bilingual label; one of them is empty if there is one.

    A label that only begins or ends in Latin letters (R&D经费, 人均GDP) is Chinese.
    """
    text = text.strip()
    is_label = len(text) <= LONGEST_LABEL and BELOW not in text
    both = _CHINESE_FIRST.fullmatch(text) if is_label else None
    if both:
        return both["chinese"].strip(), both["latin"].strip()
    return (text, "") if re.search(f"[{_CHINESE}]", text) else ("", text)


def without_note_signs(text: str) -> str:
    """A label without the signs at its end that point to a note (①, a raised digit, *, [1])."""
    return _NOTE_SIGNS.sub("", text)


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

    The mappings are keyed by `match_key` of the label, but `labels`, which holds the keys of all
    labels of an item by its code. `fingerprint` changes with any of the files.

    Of a bilingual label ("北京 Beijing") both parts must be known and mean the same. One exception:
    translations of items are many, so beside a known Chinese name an unknown English one is taken
    for a translation, unless it has a word that restricts the figures (index, growth).
    """

    items: Mapping[str, Item]
    provinces: Mapping[str, Province]
    units: Mapping[str, Unit]
    marks: Mapping[str, str]
    yearbooks: Mapping[str, str]
    yearbook_names: tuple[str, ...]
    headings: Mapping[str, str]
    neutral_words: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    fingerprint: str

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads the reference files of `FILES` (.csv).

        Raises `CatalogueError`, naming file and row, where a file or column is missing, a factor
        is no number, a code or role is not defined, or one label stands for two things.
        """
        yearbooks_path = folder / "yearbooks.csv"
        yearbook_rows = reference_rows(
            yearbooks_path, "yearbook", "yearbook_name", "yearbook_name_zh"
        )
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
                for line, row in reference_rows(units_path, "unit", "measure", "factor")
                for factor in [_factor(units_path, line, row["factor"])]
            ),
        )

        items_path = folder / "items.csv"
        codes: dict[str, Item] = {}
        for line, row in reference_rows(
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
        alias_rows = reference_rows(aliases_path, "alias", "item_code")
        for line, row in alias_rows:
            if row["item_code"] not in codes:
                raise CatalogueError(
                    f"{aliases_path}, row {line}, column item_code: "
                    f"{row['item_code']!r} is not an item of items.csv"
                )

        names_path = folder / "province_names.csv"
        name_rows = reference_rows(names_path, "name", "province_code", "kind")
        for line, row in name_rows:
            if row["kind"] not in (PROVINCE, NATIONAL, OUTSIDE_SAMPLE):
                raise CatalogueError(
                    f"{names_path}, row {line}, column kind: {row['kind']!r}, "
                    f"expected {PROVINCE}, {NATIONAL} or {OUTSIDE_SAMPLE}"
                )

        headings_path = folder / "neutral_headings.csv"
        heading_rows = reference_rows(headings_path, "heading", "role")
        for line, row in heading_rows:
            if row["role"] not in ROLES:
                raise CatalogueError(
                    f"{headings_path}, row {line}, column role: {row['role']!r}, "
                    f"expected one of {', '.join(ROLES)}"
                )

        items = _index(
            aliases_path,
            ((line, row["alias"], codes[row["item_code"]]) for line, row in alias_rows),
        )
        marks_path = folder / "value_marks.csv"
        return cls(
            items=items,
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
                    for line, row in reference_rows(marks_path, "mark", "meaning")
                ),
            ),
            yearbooks=yearbooks,
            yearbook_names=tuple(
                row[column]
                for _, row in yearbook_rows
                for column in ("yearbook_name", "yearbook_name_zh")
            ),
            headings=_index(
                headings_path, ((line, row["heading"], row["role"]) for line, row in heading_rows)
            ),
            neutral_words=tuple(
                row["heading"] for _, row in heading_rows if row["role"] in (NEUTRAL, REGION, ITEM)
            ),
            labels={
                code: tuple(key for key, item in items.items() if item.code == code)
                for code in codes
            },
            fingerprint=hashlib.sha256(
                b"".join((folder / f"{name}.csv").read_bytes() for name in FILES)
            ).hexdigest(),
        )

    def item(self, label: str) -> Item | None:
        """The item that a printed label, an alias of it or its code names."""
        found = _whole(self.items, label)
        if found is not None:
            return found
        chinese, latin = languages(label)
        named = _whole(self.items, chinese) if chinese and latin else None
        if named is not None and _whole(self.items, latin) is None:
            return None if self.restricts(latin, named) else named
        return _agreed(self.items, label)

    def province(self, label: str) -> Province | None:
        """The province, the nation or the place outside the sample that a row heading names."""
        return _whole(self.provinces, label) or _agreed(self.provinces, label)

    def unit(self, text: str) -> Unit | None:
        """Measure and factor of a printed unit."""
        return _whole(self.units, text) or _agreed(self.units, text)

    def role(self, heading: str) -> str | None:
        """What a heading that names no item does: one of `ROLES`."""
        return _whole(self.headings, heading) or _agreed(self.headings, heading)

    def restricts(self, latin: str, item: Item) -> bool:
        """Whether English words beside the item's Chinese name make something else of it."""
        words = re.findall(r"[a-z]+", latin.casefold())
        return any(
            self.headings.get(word) == RESTRICTS
            and not any(word in label for label in self.labels[item.code])
            for word in words
        )

    def mark(self, text: str) -> str | None:
        """The meaning of a mark printed in the place of a figure; an empty cell is a mark too."""
        return self.marks.get(match_key(text))

    def yearbook(self, name: str) -> str | None:
        """The code of a yearbook given by code or by English or Chinese name."""
        return self.yearbooks.get(match_key(name))


def _whole(index: Mapping[str, T], label: str) -> T | None:
    """The meaning of a label, with or without the signs at its end that point to notes."""
    found = index.get(match_key(label))
    if found is None and len(label) <= LONGEST_LABEL:
        return index.get(match_key(without_note_signs(label)))
    return found


def _agreed(index: Mapping[str, T], label: str) -> T | None:
    """The meaning of a bilingual label whose Chinese and Latin parts are known and agree."""
    if len(label) > LONGEST_LABEL or BELOW in label:
        return None
    chinese, latin = languages(label)
    if not (chinese and latin):
        both = _LATIN_FIRST.fullmatch(label.strip())
        if both is None:
            return None
        chinese, latin = both["chinese"], both["latin"]
    found = _whole(index, chinese)
    translated = _whole(index, latin)
    if translated is None and latin.startswith(("(", "（")) and latin.endswith((")", "）")):
        translated = _whole(index, latin[1:-1])
    return found if found is not None and found == translated else None


def reference_rows(path: Path, *columns: str) -> list[tuple[int, dict[str, str]]]:
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
