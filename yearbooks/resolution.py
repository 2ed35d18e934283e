"""Says what printed cells mean: each becomes an observation, or is set aside with a reason.

Pure functions of a frame of cells and the catalogue. Layouts belong to the readers, tables and
transactions to the intake.
"""

from collections.abc import Callable
from typing import Any

import pandas as pd

from yearbooks.catalogue import OUTSIDE_SAMPLE, Catalogue
from yearbooks.cells import FIRST_YEAR, LAST_YEAR, Fault, read_value, read_year

CELL_KEY = ["item_code", "province_code", "year", "edition"]


def resolve(
    cells: pd.DataFrame, catalogue: Catalogue, this_year: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Parts cells into observations and cells set aside; each cell is in one of the two.

    A figure about a year after `this_year`, or published before the year it is about, is a typing
    mistake.

    `cells` has the columns of `yearbooks.cells.CELL_COLUMNS`. The first frame adds item_code,
    yearbook, yearbook_table, province_code, year, edition, value (in `unit`) and mark;
    the second adds reason and expected. Of several faults the first is reported, in the order
    item, unit, yearbook, province, year, edition, value, edition before year; duplicates are
    looked for among the cells without a fault.
    """
    sound = cells[cells["fault"].isna()].reset_index(drop=True)
    years = [
        found
        for text in sound["year_printed"].unique()
        if (found := read_year(text)) and found <= this_year
    ]
    # A yearbook comes out the year after the last data it prints.
    unstated_edition = max(years) + 1 if years else None

    def series(item_text: str, unit_text: str, yearbook: str, table: str) -> tuple | Fault:
        item, unit = catalogue.item(item_text), catalogue.unit(unit_text)
        if item is None:
            return Fault("unknown_item", "a label of item_aliases.csv")
        if unit is None:
            return Fault("unknown_unit", "a unit of units.csv")
        if unit.measure != item.measure:
            expected = f"a unit of {item.measure}, such as {item.canonical_unit}"
            return Fault("unit_measure_mismatch", expected)
        code = catalogue.yearbook(yearbook) if yearbook.strip() else item.yearbook
        if code is None:
            return Fault("unknown_yearbook", "a code or name of yearbooks.csv")
        return item.code, code, table.strip() or item.yearbook_table, unit.name, unit.factor

    def province(text: str) -> tuple | Fault:
        place = catalogue.province(text)
        if place is None:
            return Fault("unknown_province", "a name of province_names.csv")
        if place.kind == OUTSIDE_SAMPLE:
            return Fault("outside_sample", "one of the 31 provinces or the nation")
        return (place.code,)

    def year(text: str) -> tuple | Fault:
        found = read_year(text)
        if found is None:
            return Fault("unreadable_year", f"a year from {FIRST_YEAR} to {LAST_YEAR}")
        if found > this_year:
            return Fault("future_year", f"a year no later than {this_year}")
        return (found,)

    def edition(text: str) -> tuple | Fault:
        stated = read_year(text) if text.strip() else unstated_edition
        expected = f"a year of publication from {FIRST_YEAR} to {LAST_YEAR}, or nothing"
        return (stated,) if stated else Fault("unreadable_edition", expected)

    def value(text: str) -> tuple | Fault:
        expected = "a number or a mark of value_marks.csv"
        return read_value(text, catalogue) or Fault("unreadable_value", expected)

    printed_series = ["item_printed", "unit_printed", "yearbook_printed", "table_printed"]
    series_columns = ["item_code", "yearbook", "yearbook_table", "unit", "unit_factor"]
    answers = [
        _each(sound[printed_series], series, series_columns),
        _each(sound[["province_printed"]], province, ["province_code"]),
        _each(sound[["year_printed"]], year, ["year"]),
        _each(sound[["edition_printed"]], edition, ["edition"]),
        _each(sound[["value_printed"]], value, ["value", "mark"]),
    ]
    faults = pd.concat([answer.pop("fault") for answer in answers], axis=1)
    fault = faults.bfill(axis=1).iloc[:, 0]
    resolved = pd.concat([sound, *answers], axis=1)
    is_early = fault.isna() & (pd.to_numeric(resolved["edition"]) < pd.to_numeric(resolved["year"]))
    early = Fault("edition_before_year", "an edition of the figure's year or later")
    fault = fault.astype(object).mask(is_early, early)
    resolved["fault"] = fault.where(fault.notna(), _duplicates(resolved[fault.isna()]))

    landed = resolved[resolved["fault"].isna()]
    aside = pd.concat([cells[cells["fault"].notna()], resolved[resolved["fault"].notna()]])
    aside = aside.assign(
        reason=[found.reason for found in aside["fault"]],
        expected=[found.expected for found in aside["fault"]],
    )
    return landed.assign(footnotes=landed["footnotes"].replace("", None)), aside


def _each(printed: pd.DataFrame, read: Callable[..., Any], columns: list[str]) -> pd.DataFrame:
    """Reads each distinct combination of texts once; `columns` and `fault` for every cell.

    `read` returns the values of `columns`, or a `Fault`.
    """
    distinct = printed.drop_duplicates()
    found = [read(*texts) for texts in distinct.itertuples(index=False, name=None)]
    nothing = (None,) * len(columns)
    answers = pd.DataFrame(
        [(*nothing, one) if isinstance(one, Fault) else (*one, None) for one in found],
        columns=[*columns, "fault"],
        index=distinct.index,
        dtype=object,
    )
    beside = printed.merge(distinct.join(answers), on=list(printed.columns), how="left")
    return beside[[*columns, "fault"]]


def _duplicates(cells: pd.DataFrame) -> pd.Series:
    """The fault of each cell that its file prints more than once; other cells are not in it.

    Where the figures differ nothing says which one is right, so none is kept; where they are the
    same the first is kept.
    """
    repeated = cells[cells.duplicated(CELL_KEY, keep=False)]
    figure = repeated.groupby(["value", "mark", "unit_factor"], dropna=False, sort=False).ngroup()
    key = [repeated[column] for column in CELL_KEY]
    contested = figure.groupby(key, sort=False).transform("nunique") > 1
    extra = repeated.duplicated(CELL_KEY) & ~contested
    differing = "one figure for item, province, year and edition; these differ, so none is kept"
    same = "each figure once; the same figure further up is kept"
    return pd.concat(
        [
            pd.Series(Fault("duplicate_cell", differing), index=repeated.index[contested]),
            pd.Series(Fault("duplicate_cell", same), index=repeated.index[extra]),
        ]
    )
