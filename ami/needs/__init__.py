"""What a dataset still lacks, what each missing item would release, and where it is to be had.

`formulas` says what everything is computed from, `order` what is worth getting first; here both are
read off a warehouse and put into words. Nothing is computed that enters a figure.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import duckdb
import numpy as np
import pandas as pd

from ami.dataset import REFERENCE_SEEDS
from ami.dates import years_in_words
from ami.nbs import plan
from ami.needs.formulas import INDICATOR, MODEL, VARIABLE, Cells, Formulas, Grid, Subject
from ami.needs.order import Released, Step, steps
from yearbooks.reference import reference_rows

# So many columns of the paper's tables are named in a sentence.
_MODELS_NAMED = 2
STANDING, PARTIAL, MISSING = "standing", "partial", "missing"


@dataclass(frozen=True)
class Standing:
    """An indicator, variable or model: whether it has values, of which years, and what it lacks.

    n_province_years of n_expected have a value. waits_for: codes of items, comma-joined.
    """

    kind: str
    subject: str
    state: str
    n_province_years: int
    n_expected: int
    years: str
    waits_for: str


@dataclass(frozen=True)
class Need:
    """An item to get, in the step in which it is worth getting, and the ways to it.

    lacking: for which years no province has it, and for which some have not. official_tables: the
    tables that print it, by edition where known. fetch and template: the commands that help; fetch
    is empty where the data service is not known to show the item. releases: what the items of the
    step release together.
    """

    step: int
    item_code: str
    label_zh: str
    label_en: str
    state: str
    lacking: str
    yearbook: str
    yearbook_zh: str
    official_tables: str
    fetch: str
    template: str
    note: str
    releases: str


@dataclass(frozen=True)
class Assessment:
    """Where everything stands, and what to get in which order."""

    standing: tuple[Standing, ...]
    needs: tuple[Need, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The same as tables, which have their columns even where nothing is missing."""
        return {
            name: pd.DataFrame([asdict(row) for row in rows], columns=list(kind.__annotations__))
            for name, kind, rows in (
                ("standing", Standing, self.standing),
                ("needs", Need, self.needs),
            )
        }


def assess(connection: duckdb.DuckDBPyConnection, dataset: str) -> Assessment:
    """What the warehouse of `dataset` has and lacks. Raises `duckdb.Error` where none was built."""
    grid, formulas = _grid(connection), Formulas.of_the_paper()
    lacking = formulas.lacking(grid)
    standing = [
        Standing(
            subject.kind,
            subject.name,
            _state(cells, expected),
            int(cells.sum()),
            int(expected.sum()),
            years_in_words(np.array(grid.years)[cells.any(axis=0)].tolist()),
            ",".join(sorted(lacking[subject])),
        )
        for subject, cells in formulas.cells(grid).items()
        for expected in [_expected(subject, formulas, grid)]
    ]
    notes = {
        row["item_code"]: row
        for _, row in reference_rows(
            REFERENCE_SEEDS / "publication_notes.csv", "item_code", "last_data_year", "note"
        )
    }
    until = {
        item: int(row["last_data_year"]) for item, row in notes.items() if row["last_data_year"]
    }
    ways = _Ways.load(dataset)
    needs: dict[str, Need] = {}
    for number, step in enumerate(steps(formulas, grid, until), start=1):
        releases = in_words(step)
        for item in step.items:
            # One that is needed again, with others, was got in its first step.
            needs.setdefault(
                item,
                Need(
                    number,
                    item,
                    state=_state(grid.has[item][:, 1:]),
                    lacking=_gaps(grid, item),
                    note=notes[item]["note"] if item in notes else "",
                    releases=releases,
                    **ways.to(item),
                ),
            )
    return Assessment(tuple(standing), tuple(needs.values()))


def in_words(step: Step) -> str:
    """What the items of a step release: indicators, variables, columns of the paper's tables."""
    said = []
    by_kind = {
        kind: [each for each in step.released if each.subject.kind == kind]
        for kind in (INDICATOR, VARIABLE, MODEL)
    }
    if new := [each for each in by_kind[INDICATOR] if not each.before]:
        names = ", ".join(f"{each.subject.name} ({_extent(each)})" for each in new)
        said.append(f"indicators {names}: {step.n_indicators} in all")
    said += [_more(each) for each in by_kind[INDICATOR] if each.before]
    said += [
        _more(each) if each.before else f"{each.subject.name} ({_extent(each)})"
        for each in by_kind[VARIABLE]
    ]
    new = [each for each in by_kind[MODEL] if not each.before]
    said += [f"{each.subject.name} ({_extent(each)})" for each in new[:_MODELS_NAMED]]
    if len(new) > _MODELS_NAMED:
        said.append(f"{len(new) - _MODELS_NAMED} more columns of the paper's tables")
    if others := [each for each in by_kind[MODEL] if each.before]:
        said.append(f"{len(others)} columns of the paper's tables from other province-years")
    return "; ".join(said)


def _extent(released: Released) -> str:
    return f"{years_in_words(released.years)}, {released.after:,} province-years"


def _more(released: Released) -> str:
    change = f"{released.before:,} to {released.after:,} province-years"
    return f"{released.subject.name} from {change} ({years_in_words(released.years)})"


def _state(cells: Cells, expected: Cells | None = None) -> str:
    whole = cells.all() if expected is None else (cells >= expected).all()
    return MISSING if not cells.any() else STANDING if whole else PARTIAL


def _expected(subject: Subject, formulas: Formulas, grid: Grid) -> Cells:
    """Where a subject would have a value if nothing were missing."""
    samples = {model.subject: model.sample for model in formulas.models}
    expected = grid.samples[samples.get(subject, "all")].copy()
    expected[:, 0] = False
    terms = next((model.terms for model in formulas.models if model.subject == subject), ())
    expected[:, : 1 - min((offset for _, offset in terms), default=0)] = False
    return expected


def _gaps(grid: Grid, item: str) -> str:
    """For which years an item is nowhere, and where it is not in the others."""
    has, years = grid.has[item][:, 1:], np.array(grid.years[1:])
    nowhere = ~has.any(axis=0)
    said = [f"{years_in_words(years[nowhere].tolist())} everywhere"] if nowhere.any() else []
    for row, province in zip(has, grid.provinces["province"], strict=True):
        if (~row & ~nowhere).any():
            said.append(f"{years_in_words(years[~row & ~nowhere].tolist())} in {province}")
    return "; ".join(said)


def _grid(connection: duckdb.DuckDBPyConnection) -> Grid:
    provinces = connection.execute("from reference.provinces order by province_code").df()
    rows = connection.execute(
        "select item_code, province_code, year, value is not null"
        " from intermediate.int_items__filled"
    ).fetchall()
    (opening, last) = connection.execute(
        "select min(year), max(year) from intermediate.int_panel__years"
    ).fetchone() or (None, None)
    years = range(opening, last + 1)
    place = {code: at for at, code in enumerate(provinces["province_code"])}
    has = {
        row["item_code"]: np.zeros((len(provinces), len(years)), dtype=bool)
        for _, row in reference_rows(REFERENCE_SEEDS / "items.csv", "item_code")
    }
    for item, province, year, is_there in rows:
        has[item][place[province], year - opening] = is_there
    return Grid.of(provinces, years, has)


@dataclass(frozen=True)
class _Ways:
    """Where each item is printed and how it gets into an inbox, by its code."""

    items: Mapping[str, Mapping[str, str]]
    books: Mapping[str, Mapping[str, str]]
    tables: Mapping[str, Sequence[str]]
    planned: frozenset[str]
    dataset: str

    @classmethod
    def load(cls, dataset: str) -> "_Ways":
        items = reference_rows(
            REFERENCE_SEEDS / "items.csv", "item_code", "yearbook", "label_zh", "label_en"
        )
        books = reference_rows(
            REFERENCE_SEEDS / "yearbooks.csv", "yearbook", "yearbook_name", "yearbook_name_zh"
        )
        by_book = {row["yearbook"]: row for _, row in books}
        return cls(
            {row["item_code"]: row for _, row in items},
            by_book,
            _official_tables(by_book),
            frozenset(row.item for row in plan.rows()),
            dataset,
        )

    def to(self, item: str) -> dict[str, str]:
        row = self.items[item]
        book = self.books[row["yearbook"]]
        fetch = f"ami fetch nbs -d {self.dataset} --item {item}"
        return {
            "label_zh": row["label_zh"],
            "label_en": row["label_en"],
            "yearbook": book["yearbook_name"],
            "yearbook_zh": book["yearbook_name_zh"],
            "official_tables": "; ".join(self.tables.get(item, ())),
            "fetch": fetch if item in self.planned else "",
            "template": f"ami template {row['yearbook']}",
        }


def _official_tables(books: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """The tables that print each item, the newest edition first, each title once."""
    editions: dict[tuple[str, str, str, str], list[int]] = {}
    for _, row in reference_rows(
        REFERENCE_SEEDS / "official_tables.csv",
        "item_code", "yearbook", "edition", "table_number", "title_zh",
    ):  # fmt: skip
        name = books[row["yearbook"]]["yearbook_name_zh"]
        key = row["item_code"], name, row["table_number"], row["title_zh"]
        editions.setdefault(key, []).append(int(row["edition"]))
    found: dict[str, list[str]] = {}
    newest_first: Iterator[tuple[tuple[str, str, str, str], list[int]]] = iter(
        sorted(editions.items(), key=lambda each: -max(each[1]))
    )
    for (item, book, number, title), years in newest_first:
        edition = ", ".join(map(str, sorted(years, reverse=True)))
        found.setdefault(item, []).append(f"{book} {edition}: {number} {title}")
    return found
