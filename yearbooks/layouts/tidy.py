"""Reader of tidy tables (CSV, workbook, Parquet): one row a figure, columns named in the first.

Required: province, year, item, value, unit. Optional: edition, yearbook, table, footnote. Other
units of observation than provinces may be headed by their own word. Case and order of the names do
not matter. Each row is one cell; other columns are not read. What a mapping
states of the sheet holds for the rows that are silent about it.
"""

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, Reading, Sheet, cell_frame, is_ragged
from yearbooks.errors import FileFault
from yearbooks.labels import match_key
from yearbooks.layouts.naming import scoped
from yearbooks.mapping import SheetMapping
from yearbooks.observed_units import ObservedUnits

NAME = "tidy"
PROVINCE = "province"
REQUIRED = (PROVINCE, "year", "item", "value", "unit")
KNOWN = (*REQUIRED, "edition", "yearbook", "table", "footnote")


def recognises(sheet: Sheet, catalogue: Catalogue) -> bool:
    """True where the first row names an item and a value, and a province or a year.

    Not all of them, so that a table that lacks a column is told which one it lacks.
    """
    named = set(_names(sheet.rows[0][1], catalogue.observed)) if sheet.rows else set()
    return {"item", "value"} <= named and bool(named & {PROVINCE, "year"})


def read(
    sheet: Sheet,
    catalogue: Catalogue,
    mapping: SheetMapping | None = None,
    before: object = None,
) -> Reading:
    """The cells of the table (see `yearbooks.cells`).

    `source_row` is the row of the file, in Parquet the number of the record. Raises `FileFault`
    where a required column is missing, a column is named twice, or no row follows the header.
    """
    (_, header), *rows = sheet.rows
    columns = _columns(_names(header, catalogue.observed))
    if not rows:
        raise FileFault("empty_file", "rows below the header")

    facts = mapping or SheetMapping()
    order = ("item", PROVINCE, "year", "value", "unit", "edition", "yearbook", "table", "footnote")
    places = [(columns.get(name, len(header)), getattr(facts, name, None)) for name in order]

    def texts(fields: list[str]) -> list[str]:
        """In `order`; what is stated of the sheet where a row is silent."""
        n_fields = len(fields)
        printed = [(fields[at] if at < n_fields else "", stated) for at, stated in places]
        return [text if text.strip() else stated or text for text, stated in printed]

    ragged = Fault("ragged_row", f"{len(header)} fields, each under a heading")
    value = columns["value"]
    cells: list[list[object]] = []
    for row, fields in rows:
        fault = ragged if is_ragged(fields, header) else sheet.faults.get((row, value))
        where = [sheet.name, row, header[value]]
        item, *others = texts(fields)
        printed = [scoped(item, facts.scope, catalogue), *others]
        cells.append([*where, *printed, (row, value) in sheet.computed, NAME, fault])
    why = f"A tidy table: row {sheet.rows[0][0]} names the columns {', '.join(columns)}."
    return Reading(cell_frame(cells), (why,))


def _names(header: list[str], units: ObservedUnits) -> list[str]:
    """The headings as they are compared; that of the column of units is `PROVINCE`.

    The units' own word goes first: a table of counties may name the province of each beside it.
    """
    names = [match_key(name) for name in header]
    words = [match_key(word) for word in (units.singular, units.singular_zh)]
    own = next((word for word in words if word in names), PROVINCE)
    called = {own: PROVINCE} if own == PROVINCE else {own: PROVINCE, PROVINCE: ""}
    return [called.get(name, name) for name in names]


def _columns(names: list[str]) -> dict[str, int]:
    """The position of each column that this reader knows."""
    known = [name for name in names if name in KNOWN]
    missing = [name for name in REQUIRED if name not in known]
    if missing:
        raise FileFault(
            "missing_column",
            f"the columns {', '.join(REQUIRED)}; {', '.join(missing)} missing",
        )
    if len(known) != len(set(known)):
        raise FileFault("unrecognised_layout", "each column named once")
    return {name: names.index(name) for name in known}
