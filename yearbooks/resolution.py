"""Says what printed cells mean: each becomes an observation, or is set aside with a reason.

Pure functions of a frame of cells, the catalogue and the rows that a person wrote about the file.
Layouts belong to the readers, tables and transactions to the intake.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from yearbooks.accepted import FIELDS, FileReleases, printed_text
from yearbooks.catalogue import Catalogue
from yearbooks.cells import FIRST_YEAR, LAST_YEAR, Fault, half_width, read_value, read_year
from yearbooks.reference import OUTSIDE_SAMPLE, Unit

CELL_KEY = ["item_code", "province_code", "year", "edition"]

# The mark of a text that is no figure and landed because a row of corrections.csv says what it
# means. No file prints it, so that it is not in value_marks.csv.
UNREADABLE = "unreadable"

# Faults of the figure alone: what the cell is about is known all the same.
_OF_THE_FIGURE = {"unreadable_value", "formula_without_value"}

# In base units. The sum of squares of larger figures has no bound, and one cell would leave the
# whole index without a value.
LARGEST = 1e100

_DATE = re.compile(
    r"[0-9]{4} ?[-/年] ?(?:0?[1-9]|1[0-2])(?![0-9]).*"
    r"|[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}(?: .*)?"
    r"|.*(?<![a-z])(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[^a-z]*[0-9]+.*",
    re.IGNORECASE | re.DOTALL,
)
_MISTYPED_YEAR = re.compile(r"(?=.*[0-9])[0-9IOlo|]{4} ?年?")

_DIFFERING = Fault(
    "duplicate_cell",
    "one figure for item, province, year and edition; these differ, so none is kept unless a row "
    "of corrections.csv names one",
)
_OTHER_IS_NAMED = Fault(
    "duplicate_cell",
    "one figure for item, province, year and edition; a row of corrections.csv names another one, "
    "which is kept",
)
_SAME = Fault("duplicate_cell", "each figure once; the same figure further up is kept")

_NO_ITEM = Fault(
    "item_not_stated",
    "what the figures are (指标, the item), in a title, in a heading or in a line 指标：; the file "
    "does not say it",
)
_NO_UNIT = Fault(
    "unit_not_stated",
    "the unit (单位) of the figures, in the heading, above the table or in a column of its own; "
    "the file does not say it",
)

NO_RELEASES = FileReleases()


def resolve(
    cells: pd.DataFrame, catalogue: Catalogue, this_year: int, releases: FileReleases = NO_RELEASES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parts cells into observations and cells set aside; each cell is in one of the two.

    A figure about a year after `this_year`, or published before the year it is about, is a typing
    mistake. `releases` are the rows written about this file: an accepted reading takes the place of
    a printed text before the catalogue is asked, and the text stays as printed; a correction that
    names one cell, by its key and text, makes it land where its figure alone was at fault (with
    mark `unreadable`) or where the file prints other figures for the same key (with its figure;
    the others stay aside). A correction that names several cells releases none.

    `cells` has the columns of `yearbooks.cells.CELL_COLUMNS`. The first frame adds item_code,
    yearbook and yearbook_table (None where the file is silent), province_code, year, edition,
    value (in `unit`) and mark; the second adds reason and expected. Of several faults the first is
    reported, in the order item, unit, yearbook, province, year, edition, value, edition before
    year; duplicates are looked for in the whole file, among the cells without a fault.
    """
    is_legible = (
        cells["fault"]
        .map(lambda fault: fault is None or fault.reason in _OF_THE_FIGURE)
        .astype(bool)
    )
    legible = cells[is_legible].reset_index(drop=True)
    resolved, is_named = _understood(legible, catalogue, this_year, releases)
    named = _named(resolved[is_named], releases)
    times = named.map(named.value_counts())
    alone, several = named[times == 1], named[times > 1]
    is_released = resolved.index.isin(alone.index) & resolved["fault"].notna()
    resolved["value"] = resolved["value"].mask(is_released, None)
    resolved["mark"] = resolved["mark"].mask(is_released, UNREADABLE)
    resolved["fault"] = resolved["fault"].mask(is_released, None)
    duplicates = _duplicates(resolved[resolved["fault"].isna()], alone.index)
    resolved["fault"] = _first(resolved["fault"], duplicates.reindex(resolved.index))
    for cell, row in several.items():
        fault = resolved.at[cell, "fault"]
        if isinstance(fault, Fault) and fault != _SAME:
            expected = f"{fault.expected}; row {row} of corrections.csv names {times[cell]} cells "
            expected += "of this file, so it releases none"
            resolved.at[cell, "fault"] = Fault(fault.reason, expected)

    landed = resolved[resolved["fault"].isna()]
    aside = pd.concat([cells[~is_legible], resolved[resolved["fault"].notna()]])
    aside = aside.assign(
        reason=[found.reason for found in aside["fault"]],
        expected=[catalogue.observed.worded(found.expected) for found in aside["fault"]],
    )
    return landed.assign(footnotes=landed["footnotes"].replace("", None)), aside


def _understood(
    legible: pd.DataFrame, catalogue: Catalogue, this_year: int, releases: FileReleases
) -> tuple[pd.DataFrame, pd.Series]:
    """The cells with what their texts mean and the first fault, and which are known but for it."""
    meant = _as_accepted(legible, releases)
    meaning = _Meaning(catalogue, this_year, meant["year_printed"].unique())
    printed_series = ["item_printed", "unit_printed", "yearbook_printed", "table_printed"]
    series_columns = ["item_code", "yearbook", "yearbook_table", "unit", "unit_factor"]
    about = [
        _each(meant[printed_series], meaning.series, series_columns),
        _each(meant[["province_printed"]], meaning.province, ["province_code"]),
        _each(meant[["year_printed"]], meaning.year, ["year"]),
        _each(meant[["edition_printed"]], meaning.edition, ["edition"]),
    ]
    figure = _each(meant[["value_printed", "unit_printed"]], meaning.value, ["value", "mark"])
    about_fault = _first(*(answer.pop("fault") for answer in about))
    figure_fault = _first(legible["fault"], figure.pop("fault"))
    resolved = pd.concat([legible, *about, figure], axis=1)
    is_early = pd.to_numeric(resolved["edition"]) < pd.to_numeric(resolved["year"])
    early = Fault("edition_before_year", "an edition of the figure's year or later")
    resolved["fault"] = _first(about_fault, figure_fault).mask(
        about_fault.isna() & figure_fault.isna() & is_early, early
    )
    return resolved, about_fault.isna() & ~is_early


class _Meaning:
    """What the texts of one file mean, each by itself; a `Fault` where they mean nothing."""

    def __init__(self, catalogue: Catalogue, this_year: int, year_texts: Iterable[str]) -> None:
        self.catalogue = catalogue
        self.this_year = this_year
        years = [year for text in year_texts if (year := read_year(text)) and year <= this_year]
        # A yearbook comes out the year after the last data it prints: an order of editions where
        # the file states none, told as not stated.
        self.unstated_edition = max(years) + 1 if years else None

    def series(self, item_text: str, unit_text: str, yearbook: str, table: str) -> tuple | Fault:
        item, unit = self.catalogue.item(item_text), self.catalogue.unit(unit_text)
        if not item_text.strip():
            return _NO_ITEM
        if item is None:
            return _unknown_item(item_text, self.catalogue)
        if not unit_text.strip():
            return _NO_UNIT
        if unit is None:
            return Fault("unknown_unit", "a unit of units.csv")
        if unit.measure != item.measure:
            expected = f"a unit of {item.measure}, such as {item.canonical_unit}"
            return Fault("unit_measure_mismatch", expected)
        code = self.catalogue.yearbook(yearbook) if yearbook.strip() else None
        if yearbook.strip() and code is None:
            return Fault("unknown_yearbook", "a code or name of yearbooks.csv")
        return item.code, code, table.strip() or None, unit.name, unit.factor

    def province(self, text: str) -> tuple | Fault:
        place = self.catalogue.province(text)
        if place is None:
            return Fault("unknown_province", "a name of province_names.csv")
        if place.kind == OUTSIDE_SAMPLE:
            return Fault(
                "outside_sample", f"one of the {len(self.catalogue.sample)} provinces or the nation"
            )
        return (place.code,)

    def year(self, text: str) -> tuple | Fault:
        found = read_year(text)
        if found is None:
            return Fault("unreadable_year", _expected_year(text))
        if found > self.this_year:
            return Fault("future_year", f"a year no later than {self.this_year}")
        return (found,)

    def edition(self, text: str) -> tuple | Fault:
        stated = read_year(text) if text.strip() else self.unstated_edition
        expected = f"a year of publication from {FIRST_YEAR} to {LAST_YEAR}, or nothing"
        return (stated,) if stated else Fault("unreadable_edition", expected)

    def value(self, text: str, unit_text: str) -> tuple | Fault:
        return _read_figure(text, self.catalogue.unit(unit_text), self.catalogue)


def _unknown_item(text: str, catalogue: Catalogue) -> Fault:
    """Why a label names no item: nobody knows it, or it does not say who is counted."""
    bare, stated = catalogue.scope_words.taken_out(text)
    items = catalogue.items_of_any_scope(bare)
    if not items:
        return Fault("unknown_item", "a label of item_aliases.csv")
    wanted = " or ".join(f"{item.code} counts {catalogue.scopes[item.scope]}" for item in items)
    if not stated:
        expected = f"who is counted, in the label: {wanted}"
        return Fault("scope_not_stated", expected, catalogue.scope_answers(items))
    said = " and ".join(str(catalogue.scopes[one.scope]) for one in stated)
    return Fault("other_scope", f"figures of the item's scope: {wanted}; here {said}")


def _as_accepted(cells: pd.DataFrame, releases: FileReleases) -> pd.DataFrame:
    """The cells with the texts that a person accepted in the place of those printed."""
    meant = cells.copy()
    for reading in releases.readings:
        column = FIELDS[reading.field]
        applies = cells[column].map(printed_text) == reading.as_printed
        if reading.source_sheet:
            applies &= cells["source_sheet"] == reading.source_sheet
        meant[column] = meant[column].mask(applies, reading.read_as)
    return meant


def _expected_year(text: str) -> str:
    expected = f"a year from {FIRST_YEAR} to {LAST_YEAR} in four digits"
    printed = half_width(text)
    if _DATE.fullmatch(printed):
        return f"{expected}; a date or a month is not read as a year"
    if _MISTYPED_YEAR.fullmatch(printed):
        return f"{expected}; here a letter stands in the place of a digit"
    return expected


def _read_figure(text: str, unit: Unit | None, catalogue: Catalogue) -> tuple | Fault:
    """The figure and mark of a cell; a percent sign only repeats a unit that is percent itself."""
    found = read_value(text, catalogue)
    if found is not None:
        if found[0] is not None and unit and abs(found[0]) * unit.factor > LARGEST:
            return Fault("unreadable_value", f"a figure of {LARGEST:g} base units at most")
        return found
    expected = "a number or a mark of value_marks.csv"
    printed = half_width(text)
    if printed.endswith(("%", "‰")):
        is_percent = unit is not None and (unit.measure, unit.factor) == ("percent", 1)
        found = read_value(printed[:-1], catalogue)
        if printed.endswith("%") and is_percent and found is not None and found[0] is not None:
            return found
        expected += "; a percent sign is read only where the unit is %, and no sign scales a figure"
    return Fault("unreadable_value", expected)


def _named(cells: pd.DataFrame, releases: FileReleases) -> pd.Series:
    """The row of corrections.csv that names each cell; cells that none names are not in it."""
    texts = cells["value_printed"].map(printed_text)
    keys = zip(*(cells[column] for column in CELL_KEY), texts, strict=True)
    rows = [releases.corrections.get(key) for key in keys]
    return pd.Series(rows, index=cells.index, dtype="Int64").dropna()


def _each(printed: pd.DataFrame, read: Callable[..., Any], columns: list[str]) -> pd.DataFrame:
    """Reads each distinct combination of texts once; `columns` and `fault` for every cell.

    `read` returns the values of `columns`, or a `Fault`.
    """
    texts = [*zip(*(printed[column] for column in printed), strict=True)]
    nothing = (None,) * len(columns)
    answers = {}
    for distinct in dict.fromkeys(texts):
        found = read(*distinct)
        answers[distinct] = (*nothing, found) if isinstance(found, Fault) else (*found, None)
    return pd.DataFrame(
        [answers[each] for each in texts], columns=[*columns, "fault"], dtype=object
    )


def _first(*faults: pd.Series) -> pd.Series:
    """The first fault of each cell."""
    first, *others = (each.astype(object) for each in faults)
    for other in others:
        first = first.where(first.notna(), other)
    return first


def _duplicates(cells: pd.DataFrame, named: pd.Index) -> pd.Series:
    """The fault of each cell that its file prints more than once; other cells are not in it.

    The cell that a correction names is kept (`named`, one of a key at most). Where none is and the
    figures differ nothing says which one is right, so none is kept; where they are the same the
    first is kept. Two columns of a sheet that both claim an item and differ anywhere are asked
    about as a whole: those of their figures that agree are no surer.
    """
    repeated = cells[cells.duplicated(CELL_KEY, keep=False)]
    if repeated.empty:
        return pd.Series(dtype=object, index=repeated.index)
    key = [repeated[column] for column in CELL_KEY]
    figure = repeated.groupby(["value", "mark", "unit_factor"], dropna=False, sort=False).ngroup()
    is_differing = figure.groupby(key, sort=False).transform("nunique") > 1
    is_differing |= _is_contested(repeated, is_differing)
    is_named = pd.Series(repeated.index.isin(named), index=repeated.index)
    is_decided = is_named.groupby(key, sort=False).transform("any")
    is_kept = is_named | ~(is_decided | is_differing | repeated.duplicated(CELL_KEY))
    faults = pd.Series(_SAME, index=repeated.index, dtype=object)
    faults = faults.mask(is_differing, _DIFFERING).mask(is_decided, _OTHER_IS_NAMED)
    return faults[~is_kept]


def _is_contested(repeated: pd.DataFrame, is_differing: pd.Series) -> pd.Series:
    """Whether a cell is of an item that several columns of a sheet claim, and differ in."""
    claim = [repeated["source_sheet"], repeated["item_code"]]
    columns = repeated["source_column"].groupby(claim, sort=False).transform("nunique")
    return is_differing.groupby(claim, sort=False).transform("any") & (columns > 1)
