"""The reference files (`dbt/seeds/reference/`), read and checked against each other.

They are data, the same rows that dbt reads: items and their labels, scopes, provinces, units,
marks, yearbooks, databases of the data site, and the words of headings. How a printed label is
looked up in them is `yearbooks.catalogue`'s.
"""

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self, TypeVar

from yearbooks.errors import CatalogueError
from yearbooks.labels import ScopeWords, match_key, scopes_of
from yearbooks.observed_units import LEVELS, PROVINCES, ObservedUnits

NATIONAL = "national"
OUTSIDE_SAMPLE = "outside_sample"
PROVINCE = "province"
KINDS = (PROVINCE, NATIONAL, OUTSIDE_SAMPLE)

FILES = (
    "yearbooks",
    "units",
    "scopes",
    "scope_names",
    "items",
    "item_aliases",
    "province_names",
    "value_marks",
    "neutral_headings",
    "databases",
    "observed_units",
)

# What a word of a heading does, where it names no item (neutral_headings.csv).
NEUTRAL, REGION, CITY, YEAR, UNIT, ITEM, RESTRICTS = (
    "neutral",
    "region",
    "city",
    "year",
    "unit",
    "item",
    "restricts",
)
ROLES = (NEUTRAL, REGION, CITY, YEAR, UNIT, ITEM, RESTRICTS)

# How often the figures of a database of the data site appear (databases.csv).
ANNUAL = "annual"
FREQUENCIES = (ANNUAL, "quarterly", "monthly")

T = TypeVar("T")
R = TypeVar("R", bound="Reference")
Rows = list[tuple[int, dict[str, str]]]


@dataclass(frozen=True)
class Unit:
    """A unit by its spelling in units.csv: `factor` turns one into the base unit of `measure`."""

    name: str = field(compare=False)
    measure: str
    factor: float


@dataclass(frozen=True)
class Item:
    """A raw item, who is counted in it, the yearbook table that prints it, the unit it is kept in.

    `scope` is a code of scopes.csv. `yearbook` and `yearbook_table` are where to look for the item;
    a file that does not state them is not taken to be that yearbook.
    """

    code: str
    yearbook: str
    yearbook_table: str
    canonical_unit: str
    measure: str
    scope: str


@dataclass(frozen=True)
class Province:
    """A row heading: code, for provinces that of GB/T 2260 (000000 = the nation), and `kind`.

    `kind` is province, national (kept to reconcile against) or outside_sample (Hong Kong, Macao,
    Taiwan).
    """

    code: str
    kind: str


@dataclass(frozen=True)
class Scope:
    """Who is counted, in both languages; `is_default` where a label need not say it."""

    code: str
    label_zh: str
    label_en: str
    is_default: bool

    def __str__(self) -> str:
        return f"{self.label_zh} ({self.label_en})"


@dataclass(frozen=True)
class Database:
    """A database of the statistics bureau's data site: one of `LEVELS`, one of `FREQUENCIES`."""

    level: str
    frequency: str


@dataclass(frozen=True)
class Reference:
    """What the files hold.

    The mappings are keyed by `match_key` of the label, but `scopes` by code, and `labels`, which
    holds the keys of all labels of an item, without the words of its scope, by its code.
    `scoped_items` holds, by such a key, the item for each set of scopes that may be stated with it.
    `fingerprint` changes with any of the files.
    """

    items: Mapping[str, Item]
    scoped_items: Mapping[str, Mapping[frozenset[str], Item]]
    scopes: Mapping[str, Scope]
    scope_words: ScopeWords
    provinces: Mapping[str, Province]
    units: Mapping[str, Unit]
    marks: Mapping[str, str]
    yearbooks: Mapping[str, str]
    yearbook_names: tuple[str, ...]
    headings: Mapping[str, str]
    neutral_words: tuple[str, ...]
    city_words: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    databases: Mapping[str, Database]
    observed: ObservedUnits
    fingerprint: str

    @cached_property
    def sample(self) -> frozenset[str]:
        """The codes of the units of observation."""
        return frozenset(each.code for each in self.provinces.values() if each.kind == PROVINCE)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads the reference files of `FILES` (.csv).

        Raises `CatalogueError`, naming file and row, where a file or column is missing, a factor
        is no number, a code or role is not defined, one label stands for two things, or a label
        does not state the scope that its item has.
        """
        return _Loader(folder).everything(cls)


class _Loader:
    """Reads the reference files of one folder, and checks each against the others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def everything(self, kind: type[R]) -> R:
        """What the files hold, as the class asked for."""
        names = ("yearbook_name", "yearbook_name_zh")
        yearbook_rows = self.rows("yearbooks", "yearbook", *names)
        yearbooks = self.index(
            "yearbooks",
            (
                (line, row[column], row["yearbook"])
                for line, row in yearbook_rows
                for column in ("yearbook", *names)
            ),
        )
        units = self.index(
            "units",
            (
                (line, row["unit"], Unit(row["unit"], row["measure"], self.factor(line, row)))
                for line, row in self.rows("units", "unit", "measure", "factor")
            ),
        )
        scopes = self.scopes()
        words = self.scope_words(scopes)
        codes = self.items(units, yearbooks, scopes)
        aliases = self.aliases(codes)
        items = self.index(
            "item_aliases", ((line, row["alias"], codes[row["item_code"]]) for line, row in aliases)
        )
        headings = self.headings()
        scoped = self.scoped(aliases, codes, scopes, words)
        return kind(
            items=items,
            scoped_items=scoped,
            scopes=scopes,
            scope_words=words,
            provinces=self.provinces(),
            units=units,
            marks=self.index(
                "value_marks",
                (
                    (line, row["mark"], row["meaning"])
                    for line, row in self.rows("value_marks", "mark", "meaning")
                ),
            ),
            yearbooks=yearbooks,
            yearbook_names=tuple(row[name] for _, row in yearbook_rows for name in names),
            headings=self.index(
                "neutral_headings", ((line, row["heading"], row["role"]) for line, row in headings)
            ),
            neutral_words=tuple(
                row["heading"] for _, row in headings if row["role"] in (NEUTRAL, REGION, ITEM)
            ),
            city_words=tuple(row["heading"] for _, row in headings if row["role"] == CITY),
            labels={
                code: tuple(key for key, named in scoped.items() if item in named.values())
                for code, item in codes.items()
            },
            databases=self.databases(),
            observed=self.observed(),
            fingerprint=hashlib.sha256(
                b"".join(self.path(name).read_bytes() for name in FILES)
            ).hexdigest(),
        )

    def aliases(self, codes: Mapping[str, Item]) -> list[tuple[int, dict[str, str]]]:
        rows = self.rows("item_aliases", "alias", "item_code")
        for line, row in rows:
            self.known("item_aliases", line, row, "item_code", codes, "an item of items.csv")
        return rows

    def headings(self) -> list[tuple[int, dict[str, str]]]:
        rows = self.rows("neutral_headings", "heading", "role")
        for line, row in rows:
            self.known("neutral_headings", line, row, "role", ROLES, f"one of {', '.join(ROLES)}")
        return rows

    def databases(self) -> dict[str, Database]:
        rows = self.rows("databases", "name", "level", "frequency")
        for line, row in rows:
            self.known("databases", line, row, "level", LEVELS, f"one of {', '.join(LEVELS)}")
            self.known(
                "databases", line, row, "frequency", FREQUENCIES, f"one of {', '.join(FREQUENCIES)}"
            )
        return self.index(
            "databases",
            ((line, row["name"], Database(row["level"], row["frequency"])) for line, row in rows),
        )

    def observed(self) -> ObservedUnits:
        (_, row), *others = self.rows("observed_units", *PROVINCES.row)
        if others:
            raise CatalogueError(f"{self.path('observed_units')}: expected one row")
        return ObservedUnits.of(row)

    def scopes(self) -> dict[str, Scope]:
        rows = self.rows("scopes", "scope", "label_zh", "label_en", "is_default")
        return {
            row["scope"]: Scope(
                row["scope"], row["label_zh"], row["label_en"], row["is_default"] == "true"
            )
            for _, row in rows
        }

    def scope_words(self, scopes: Mapping[str, Scope]) -> ScopeWords:
        rows = self.rows("scope_names", "name", "scope")
        for line, row in rows:
            self.known("scope_names", line, row, "scope", scopes, "a scope of scopes.csv")
        self.index("scope_names", ((line, row["name"], row["scope"]) for line, row in rows))
        return ScopeWords({row["name"]: row["scope"] for _, row in rows})

    def items(
        self, units: Mapping[str, Unit], yearbooks: Mapping[str, str], scopes: Mapping[str, Scope]
    ) -> dict[str, Item]:
        """The items by code."""
        items: dict[str, Item] = {}
        columns = ("item_code", "yearbook", "yearbook_table", "canonical_unit", "scope")
        for line, row in self.rows("items", *columns):
            keys = {column: match_key(row[column]) for column in ("canonical_unit", "yearbook")}
            self.known("items", line, row, "canonical_unit", units, "a unit of units.csv", keys)
            self.known("items", line, row, "yearbook", yearbooks, "one of yearbooks.csv", keys)
            self.known("items", line, row, "scope", scopes, "a scope of scopes.csv")
            items[row["item_code"]] = Item(
                code=row["item_code"],
                yearbook=row["yearbook"],
                yearbook_table=row["yearbook_table"],
                canonical_unit=row["canonical_unit"],
                measure=units[keys["canonical_unit"]].measure,
                scope=row["scope"],
            )
        return items

    def scoped(
        self,
        aliases: Rows,
        items: Mapping[str, Item],
        scopes: Mapping[str, Scope],
        words: ScopeWords,
    ) -> dict[str, dict[frozenset[str], Item]]:
        """The items by label without words of scope, for each set of scopes stated with it."""
        found: dict[str, dict[frozenset[str], Item]] = {}
        for line, row in aliases:
            item = items[row["item_code"]]
            if row["alias"] == item.code:
                continue
            bare, stated = words.taken_out(row["alias"])
            own = scopes_of(stated)
            if own != {item.scope} and (own or not scopes[item.scope].is_default):
                raise CatalogueError(
                    f"{self.path('item_aliases')}, row {line}: {row['alias']!r} states "
                    f"{' and '.join(sorted(own)) or 'no scope'}, expected words of "
                    f"scope_names.csv for {item.scope}, the scope of {item.code}"
                )
            for scope in {own, own or frozenset({item.scope})}:
                known = found.setdefault(match_key(bare), {}).setdefault(scope, item)
                if known != item:
                    raise CatalogueError(
                        f"{self.path('item_aliases')}, row {line}: {row['alias']!r} already "
                        f"stands for {known.code}, expected one meaning for a label"
                    )
        return found

    def provinces(self) -> dict[str, Province]:
        rows = self.rows("province_names", "name", "province_code", "kind")
        for line, row in rows:
            self.known(
                "province_names", line, row, "kind", KINDS, f"{', '.join(KINDS[:2])} or {KINDS[2]}"
            )
        return self.index(
            "province_names",
            (
                (line, row["name"], Province(row["province_code"], row["kind"]))
                for line, row in rows
            ),
        )

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.csv"

    def rows(self, name: str, *columns: str) -> Rows:
        return reference_rows(self.path(name), *columns)

    def known(
        self,
        name: str,
        line: int,
        row: Mapping[str, str],
        column: str,
        among: Iterable[str],
        expected: str,
        keys: Mapping[str, str] | None = None,
    ) -> None:
        """Raises `CatalogueError` where a column holds none of the values that it may."""
        if (keys or row)[column] not in among:
            raise CatalogueError(
                f"{self.path(name)}, row {line}, column {column}: {row[column]!r} is not {expected}"
            )

    def index(self, name: str, entries: Iterable[tuple[int, str, T]]) -> dict[str, T]:
        """Entries (line, label, meaning) by key; two labels that match must mean the same thing."""
        index: dict[str, T] = {}
        for line, label, meaning in entries:
            if index.setdefault(match_key(label), meaning) != meaning:
                raise CatalogueError(
                    f"{self.path(name)}, row {line}: {label!r} already stands for "
                    f"{index[match_key(label)]}, expected one meaning for a label"
                )
        return index

    def factor(self, line: int, row: Mapping[str, str]) -> float:
        try:
            return float(row["factor"])
        except ValueError:
            raise CatalogueError(
                f"{self.path('units')}, row {line}, column factor: {row['factor']!r}, "
                "expected a number"
            ) from None


def reference_rows(path: Path, *columns: str) -> Rows:
    """The rows of a reference file, each with its line number."""
    if not path.is_file():
        raise CatalogueError(f"{path} is missing: expected a reference file of the catalogue")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [column for column in columns if column not in (reader.fieldnames or ())]
            if missing:
                raise CatalogueError(f"{path}, row 1: expected the columns {', '.join(missing)}")
            return [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError:
        raise CatalogueError(f"{path}: expected UTF-8; save it as CSV in UTF-8") from None
