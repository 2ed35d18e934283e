"""What a person can do about cells that were set aside: the remedy of each reason, rows to add.

Nothing here is ever applied: a person follows the words, or adds the row, or does not. What the
rows then do belongs to the catalogue and to `yearbooks.accepted`, what a mapping file may say to
`yearbooks.mapping`.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from yearbooks.accepted import CORRECTIONS, READINGS
from yearbooks.catalogue import Catalogue
from yearbooks.cells import read_year
from yearbooks.labels import languages
from yearbooks.mapping import EVERY_OTHER_SHEET
from yearbooks.reference import PROVINCE
from yearbooks.slips import misspelt
from yearbooks.source import MAPPING_SUFFIX

_CORRECT_THE_FILE = "correct the file"
_OR_ACCEPT = "correct the file, or accept another reading: ami quarantine prints the row"
_OR_NAME = "correct the file, or say in corrections.csv which figure it is: ami quarantine prints "
_OR_NAME += "the row"

# The one remedy of each reason of `raw.set_aside`, to be followed to the letter. Words in capitals
# are for the person to replace; NAME is the name of the file.
ADVICE = {
    "unknown_item": "nothing, if it is none of items.csv; if it is one under another name, add "
    "the row LABEL,CODE,NOTE to item_aliases.csv: the label as printed, the code of the item, why",
    "scope_not_stated": "if that is whom the table counts, {mapping}; otherwise leave it",
    "other_scope": "nothing: these figures count others than the item does",
    "item_not_stated": "{mapping}, with a label of item_aliases.csv and a unit of units.csv",
    "unit_not_stated": "{mapping}, with a unit of units.csv",
    "province_not_stated": "{mapping}, with a name of province_names.csv",
    "unknown_unit": "correct the file, or add the row UNIT,MEASURE,FACTOR to units.csv: the unit "
    "as printed, what it measures, and how many base units one of it is",
    "unit_measure_mismatch": _OR_ACCEPT,
    "unknown_province": "nothing, if it is not a province; if it is one under another name, add "
    "the row NAME,LANGUAGE,CODE,province,NOTE to province_names.csv",
    "outside_sample": "nothing",
    "not_provinces": "nothing: hand in the table of the provinces, if there is one",
    "contradiction": "ask the service again, and hand in its answer as it is",
    "not_annual": "nothing: hand in the figures of whole years, if there are any",
    "unknown_yearbook": "write a code or name of yearbooks.csv, or leave the column empty",
    "unreadable_value": _OR_NAME,
    "formula_without_value": "open the file in a spreadsheet program and save it, so that the "
    "results are stored",
    "duplicate_cell": _OR_NAME,
    "unreadable_year": _OR_ACCEPT,
    "future_year": _OR_ACCEPT,
    "unreadable_edition": _OR_ACCEPT,
    "edition_before_year": _OR_ACCEPT,
    "ambiguous_heading": "{mapping}, with what the column (a row, where provinces go across) holds",
    "unrecognised_layout": "if it is a table of provinces, {mapping}, with the letter of the "
    "column that names them, and the first and last row of headings and figures",
    "misnamed_web_page": "compare its figures with the table as it was printed, open it in a "
    "spreadsheet program and save it as .xlsx",
    "no_table": "nothing: a sheet of texts holds no figures",
    "unreadable_mapping": "correct {name}",
    "left_out_by_mapping": "nothing: {name} says so",
    "ragged_row": _CORRECT_THE_FILE,
    "missing_column": "add the column to the file",
    "empty_file": "nothing, or correct the file",
    "unreadable_file": "save it again, as .xlsx or as CSV in UTF-8",
    "changed_while_read": "nothing: the next refresh reads it, once it is written to the end",
    "too_large": "hand over the tables alone, or parts of it in separate files",
    "unsafe_file": "save the tables in a new workbook, and put that file itself into the inbox",
}

# What the mapping of a sheet says to answer each reason.
ANSWERS = {
    "scope_not_stated": "scope: SCOPE",
    "item_not_stated": "item: ITEM, unit: UNIT",
    "unit_not_stated": "unit: UNIT",
    "province_not_stated": "province: PROVINCE",
    "ambiguous_heading": "columns: {COLUMN: {item: ITEM, unit: UNIT, year: YEAR}}",
    "unrecognised_layout": "provinces: COLUMN, headings: FIRST-LAST, body: FIRST-LAST",
}

# The scope of a sheet holds for every figure in it; one column of several is answered by itself.
SCOPE_OF_COLUMN = "columns: {COLUMN: {item: SCOPELABEL}}"

# The printed text that each reason is about, as `yearbooks.accepted` names its fields.
FIELD = {
    "unknown_item": "item",
    "scope_not_stated": "item",
    "other_scope": "item",
    "item_not_stated": "item",
    "unknown_unit": "unit",
    "unit_measure_mismatch": "unit",
    "unit_not_stated": "unit",
    "unknown_province": "province",
    "outside_sample": "province",
    "not_provinces": "province",
    "province_not_stated": "province",
    "not_annual": "year",
    "unreadable_year": "year",
    "future_year": "year",
    "unreadable_edition": "edition",
    "edition_before_year": "edition",
    "unknown_yearbook": "yearbook",
}
# Reasons that an accepted reading can remove; the other fields have rows of their own or none.
_ACCEPTED = {
    "unknown_item",
    "unknown_unit",
    "unit_measure_mismatch",
    "unknown_province",
    "unreadable_year",
    "future_year",
    "unreadable_edition",
    "edition_before_year",
}
_CORRECTED = {"unreadable_value", "formula_without_value", "duplicate_cell"}

# So many sheets are named in a remedy; a person goes on with the others alike.
_NAMED_SHEETS = 3


def advice(
    reason: str,
    file: str = "NAME",
    sheets: Sequence[str] = ("",),
    answers: Sequence[str] = (),
    *,
    is_of_column: bool = False,
) -> str:
    """The remedy of a reason, in words, for the sheets of a file; empty for an unknown reason.

    `answers` are those that would release the cells, where the file leaves a closed choice.
    is_of_column: other columns of the sheets count others.
    """
    name = file + MAPPING_SUFFIX
    is_scope = reason == "scope_not_stated"
    stated = SCOPE_OF_COLUMN if is_scope and is_of_column else ANSWERS.get(reason, "")
    if len(answers) == 1:
        stated = stated.replace("SCOPE", answers[0])
    named = ", ".join(f"{sheet_key(sheet)}: {{{stated}}}" for sheet in sheets[:_NAMED_SHEETS])
    more = len(sheets) - _NAMED_SHEETS
    others = f" (and so for {more} other sheets)" if more > 0 else ""
    mapping = f"write into {name} beside it: sheets: {{{named}}}{others}"
    return ADVICE.get(reason, "").format(mapping=mapping, name=name)


def sheet_key(sheet: str) -> str:
    """The name of a sheet as a mapping file states it; a text file has none."""
    return quoted(sheet or EVERY_OTHER_SHEET)


def quoted(text: str) -> str:
    """A text in quotation marks as YAML reads it back, whatever it holds."""
    signs = (
        sign if sign.isprintable() and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in text
    )
    return f'"{"".join(signs)}"'


@dataclass(frozen=True)
class CsvRow:
    """A row that a person may add to a reference file; fields left empty are theirs to fill."""

    file: str
    fields: Mapping[str, str]

    @property
    def header(self) -> str:
        return _csv(list(self.fields))

    @property
    def text(self) -> str:
        return _csv(list(self.fields.values()))


@dataclass(frozen=True)
class Suggestion:
    """A known label that an unknown text misspells, and the row that would make it an alias."""

    label: str
    code: str
    row: CsvRow


def suggestions(field: str, text: str, catalogue: Catalogue) -> tuple[Suggestion, ...]:
    """What a text misspells, if anything (see `yearbooks.slips`): one answer, mostly none.

    `field` is item, unit or province. Whoever follows it adds a row that holds for all files, so
    that a label which does not state the scope of the item is never offered.
    """
    alias = " ".join(text.split())
    words = (*catalogue.items, *catalogue.headings, *catalogue.scope_words.names)
    signs = frozenset("".join(words))
    if field == "item" and (item := misspelt(alias, catalogue.items, signs)):
        if catalogue.scope_fits(alias, item[1]):
            fields = {"alias": alias, "item_code": item[1].code, "note": ""}
            return (Suggestion(item[0], item[1].code, CsvRow("item_aliases.csv", fields)),)
    elif field == "unit" and (unit := misspelt(alias, catalogue.units, signs)):
        fields = {"unit": alias, "measure": unit[1].measure, "factor": f"{unit[1].factor:.15g}"}
        return (Suggestion(unit[0], unit[1].name, CsvRow("units.csv", fields)),)
    elif field == "province" and (place := misspelt(alias, catalogue.provinces, signs)):
        fields = {
            "name": alias,
            "language": "zh" if languages(alias)[0] else "en",
            "province_code": place[1].code,
            "kind": place[1].kind,
            "note": "",
        }
        return (Suggestion(place[0], place[1].code, CsvRow("province_names.csv", fields)),)
    return ()


def release(
    cell: Mapping[str, str], dataset: str, catalogue: Catalogue, today: date, edition: int | None
) -> CsvRow | None:
    """The row that releases one cell at the next refresh; None where only the file can be mended.

    `cell` has the columns of `raw.set_aside` as texts. What a person alone can say (the right
    figure, why, who) is left empty, and the file with the row is refused until it is filled.
    `edition` is that of the file's other figures, used where the cell states none.
    """
    reason = cell["reason"]
    field = FIELD.get(reason, "")
    if reason in _ACCEPTED:
        near = suggestions(field, cell[f"{field}_printed"], catalogue)
        fields = {
            "dataset": dataset,
            "source_file": cell["source_file"],
            "source_sheet": cell["source_sheet"],
            "field": field,
            "as_printed": cell[f"{field}_printed"].strip(),
            "read_as": near[0].code if near else "",
            "reason": "",
            "accepted_by": "",
            "accepted_on": today.isoformat(),
        }
        return CsvRow(READINGS, fields)
    if reason not in _CORRECTED:
        return None
    item, place = catalogue.item(cell["item_printed"]), catalogue.province(cell["province_printed"])
    is_province = place is not None and place.kind == PROVINCE
    unit = catalogue.unit(cell["unit_printed"])
    fields = {
        "dataset": dataset,
        "item_code": item.code if item else "",
        "province_code": place.code if place and is_province else "",
        "year": str(read_year(cell["year_printed"]) or ""),
        "edition": str(read_year(cell["edition_printed"]) or edition or ""),
        "value_as_printed": cell["value_printed"].strip(),
        "value_used": "",
        "unit": unit.name if unit else "",
        "reason": "",
        "corrected_by": "",
        "corrected_on": today.isoformat(),
    }
    return CsvRow(CORRECTIONS, fields)


def _csv(fields: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
