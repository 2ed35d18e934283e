"""What a dataset still lacks, what each missing item would release, and where it is to be had.

`formulas` says what everything is computed from, `order` what is worth getting first, `due` what
should be out by now, `ways` where it is to be had; here they are read off a warehouse and put into
words. Nothing is computed that enters a figure.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.dates import years_in_words
from ami.nbs.agenda import announced
from ami.shortfall.due import awaited, last_data_years
from ami.shortfall.formulas import INDICATOR, MODEL, VARIABLE, Cells, Formulas, PanelGrid, Subject
from ami.shortfall.order import Released, Step, steps
from ami.shortfall.ways import Ways
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

    step: None for an item that releases nothing by itself, and of which later figures are due.
    lacking: for which years no province has it, and for which some have not. newest_year: the last
    with a figure, None where none was ever loaded. due: later years that should be out, since the
    day due_since; empty and None where there are none. official_tables: the tables that print it,
    by edition where known. fetch and template: the commands that help; fetch is empty where the
    data service is not known to show the item. releases: what the items of the step release
    together.
    """

    step: int | None
    item_code: str
    label_zh: str
    label_en: str
    state: str
    lacking: str
    newest_year: int | None
    due: str
    due_since: date | None
    yearbook: str
    yearbook_zh: str
    official_tables: str
    fetch: str
    template: str
    note: str
    releases: str


# Of the columns of both tables; a column without any value keeps its type.
_TYPES = {
    "step": "Int64",
    "newest_year": "Int64",
    "n_province_years": "int64",
    "n_expected": "int64",
    "due_since": "datetime64[s]",
}


@dataclass(frozen=True)
class Assessment:
    """Where everything stands, and what to get in which order."""

    standing: tuple[Standing, ...]
    needs: tuple[Need, ...]

    def frames(self) -> dict[str, pd.DataFrame]:
        """The same as tables, which have their columns even where nothing is missing."""
        found = {}
        for name, kind, rows in (
            ("standing", Standing, self.standing),
            ("needs", Need, self.needs),
        ):
            columns = list(kind.__annotations__)
            frame = pd.DataFrame([asdict(row) for row in rows], columns=columns)
            found[name] = frame.astype({each: _TYPES.get(each, "string") for each in columns})
        return found


def assess(connection: duckdb.DuckDBPyConnection, dataset: Dataset, today: date) -> Assessment:
    """What the warehouse of `dataset` has and lacks. Raises `duckdb.Error` where none was built."""
    grid, formulas = _grid(connection), Formulas.of_the_paper()
    releases: dict[str, tuple[int, str]] = {}
    for number, step in enumerate(steps(formulas, grid, last_data_years()), start=1):
        for item in step.items:
            # One that is needed again, with others, was got in its first step.
            releases.setdefault(item, (number, dataset.units.worded(in_words(step))))
    newest = {} if dataset.synthetic else newest_years(connection, dataset)
    asked = {
        each.item: each for each in awaited(formulas.inputs, newest, announced(dataset.home), today)
    }
    late = [item for item, each in asked.items() if each.years and item not in releases]
    ways = Ways.load(dataset.name)
    needs = []
    for item in [*releases, *late]:
        step_number, words = releases.get(item, (None, ""))
        of_item = asked.get(item)
        needs.append(
            Need(
                step_number,
                item,
                state=_state(grid.has[item][:, 1:]),
                lacking=_gaps(grid, item),
                newest_year=newest.get(item),
                due=years_in_words(of_item.years) if of_item else "",
                due_since=of_item.since if of_item else None,
                releases=words,
                **ways.to(item),
            )
        )
    return Assessment(tuple(_standing(formulas, grid)), tuple(needs))


def newest_years(connection: duckdb.DuckDBPyConnection, dataset: Dataset) -> dict[str, int]:
    """The last data year with a figure of each item that was ever loaded.

    Where the figure was read from matters not: most exports do not say.
    """
    rows = connection.execute(
        "select item_code, max(year) from raw.observations"
        " where dataset = ? and value is not null group by item_code",
        [dataset.name],
    ).fetchall()
    return dict(rows)


def _standing(formulas: Formulas, grid: PanelGrid) -> Iterator[Standing]:
    lacking = formulas.lacking(grid)
    for subject, cells in formulas.cells(grid).items():
        expected = _expected(subject, formulas, grid)
        yield Standing(
            subject.kind,
            subject.name,
            _state(cells, expected),
            int(cells.sum()),
            int(expected.sum()),
            years_in_words(np.array(grid.years)[cells.any(axis=0)].tolist()),
            ",".join(sorted(lacking[subject])),
        )


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


def _expected(subject: Subject, formulas: Formulas, grid: PanelGrid) -> Cells:
    """Where a subject would have a value if nothing were missing."""
    samples = {model.subject: model.sample for model in formulas.models}
    expected = grid.samples[samples.get(subject, "all")].copy()
    expected[:, 0] = False
    terms = next((model.terms for model in formulas.models if model.subject == subject), ())
    expected[:, : 1 - min((offset for _, offset in terms), default=0)] = False
    return expected


def _gaps(grid: PanelGrid, item: str) -> str:
    """For which years an item is nowhere, and where it is not in the others."""
    has, years = grid.has[item][:, 1:], np.array(grid.years[1:])
    nowhere = ~has.any(axis=0)
    said = [f"{years_in_words(years[nowhere].tolist())} everywhere"] if nowhere.any() else []
    for row, province in zip(has, grid.provinces["province"], strict=True):
        if (~row & ~nowhere).any():
            said.append(f"{years_in_words(years[~row & ~nowhere].tolist())} in {province}")
    return "; ".join(said)


def _grid(connection: duckdb.DuckDBPyConnection) -> PanelGrid:
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
    return PanelGrid.of(provinces, years, has)
