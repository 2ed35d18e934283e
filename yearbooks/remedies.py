"""What a person can do about cells that were set aside: known labels that come near, rows to add.

Nothing here is ever applied: a suggestion is read by a person, who adds the row or not. What the
rows then do belongs to the catalogue and to `yearbooks.accepted`.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import TypeVar

from yearbooks.accepted import CORRECTIONS, READINGS
from yearbooks.catalogue import PROVINCE, Catalogue, languages, match_key
from yearbooks.cells import read_year

T = TypeVar("T")

CORRECT_THE_FILE = "correct the file"
USE_A_MAPPING = "say in a mapping file beside it how the sheet is to be read"

# What to do about each reason of `raw.set_aside`.
ADVICE = {
    "unknown_item": "add the label to item_aliases.csv, or leave it if no formula needs it",
    "unknown_unit": "add the unit to units.csv, with its factor",
    "unknown_province": "add the name to province_names.csv",
    "unknown_yearbook": "add it to yearbooks.csv, or leave the column empty",
    "outside_sample": "nothing",
    "unit_measure_mismatch": "correct the unit in the file, or accept another reading of it",
    "unreadable_value": "correct the file, add the mark to value_marks.csv, or say in "
    "corrections.csv what the cell means",
    "unreadable_year": "correct the file, or accept a reading of the year",
    "future_year": "correct the file, or accept a reading of the year",
    "unreadable_edition": "correct the file, or accept a reading of the edition",
    "edition_before_year": "correct the file, or accept a reading of the year or edition",
    "duplicate_cell": "correct the file, or name the right figure in corrections.csv",
    "ambiguous_heading": USE_A_MAPPING,
    "unrecognised_layout": USE_A_MAPPING,
    "no_table": "nothing, if the sheet is meant to hold no figures; else " + USE_A_MAPPING,
    "unreadable_mapping": "correct the mapping file",
    "left_out_by_mapping": "nothing, if the mapping file is right; else correct it",
    "formula_without_value": "open the file in a spreadsheet program and save it, so that the "
    "results are stored",
    "ragged_row": CORRECT_THE_FILE,
    "missing_column": CORRECT_THE_FILE,
    "empty_file": "nothing, or correct the file",
    "unreadable_file": "save it again, as .xlsx or as CSV in UTF-8",
    "changed_while_read": "nothing: the next refresh reads it, once it is written to the end",
    "too_large": "hand over the tables alone: parts of it, in files of their own",
    "unsafe_file": "save the tables in a new workbook, and put that file itself into the inbox",
}

# The printed text that each reason is about, as `yearbooks.accepted` names its fields.
FIELD = {
    "unknown_item": "item",
    "unknown_unit": "unit",
    "unit_measure_mismatch": "unit",
    "unknown_province": "province",
    "outside_sample": "province",
    "unreadable_year": "year",
    "future_year": "year",
    "unreadable_edition": "edition",
    "edition_before_year": "edition",
    "unknown_yearbook": "yearbook",
}
# Reasons that an accepted reading can remove; the other fields have rows of their own or none.
_ACCEPTED = {reason for reason, name in FIELD.items() if name != "yearbook"} - {"outside_sample"}
_CORRECTED = {"unreadable_value", "formula_without_value", "duplicate_cell"}

# Below this likeness two labels have little in common; in two or three signs one makes a half.
_LIKE, _LIKE_SHORT, _SHORT = 0.6, 0.5, 3


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
    """A known label that resembles an unknown text, and the row that would make it an alias."""

    label: str
    code: str
    row: CsvRow


def nearest(field: str, text: str, catalogue: Catalogue, n: int = 2) -> tuple[Suggestion, ...]:
    """The `n` known meanings whose labels come nearest to `text`, best first; often none.

    `field` is item, unit, province or yearbook. Labels are compared as the catalogue compares
    them, the Chinese and the Latin part of a bilingual text each by itself.
    """
    rows = {
        "item": ("item_aliases.csv", ("alias", "item_code", "note")),
        "unit": ("units.csv", ("unit", "measure", "factor")),
        "province": ("province_names.csv", ("name", "language", "province_code", "kind", "note")),
        "yearbook": ("yearbooks.csv", ("yearbook", "yearbook_name", "yearbook_name_zh")),
    }
    if field not in rows or not text.strip():
        return ()
    name, columns = rows[field]
    alias = " ".join(text.split())
    found: list[tuple[str, str, tuple[str, ...]]] = []
    if field == "item":
        for label, item in _ranked(text, catalogue.items):
            found.append((label, item.code, (alias, item.code, "")))
    elif field == "unit":
        for label, unit in _ranked(text, catalogue.units):
            found.append((label, unit.name, (alias, unit.measure, f"{unit.factor:.15g}")))
    elif field == "province":
        for label, place in _ranked(text, catalogue.provinces):
            language = "zh" if languages(alias)[0] else "en"
            found.append((label, place.code, (alias, language, place.code, place.kind, "")))
    else:
        for label, code in _ranked(text, catalogue.yearbooks):
            found.append((label, code, (code, "", "")))
    best: dict[str, Suggestion] = {}
    for label, code, fields in found:
        row = CsvRow(name, dict(zip(columns, fields, strict=True)))
        best.setdefault(code, Suggestion(label, code, row))
    return tuple(best.values())[:n]


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
        near = nearest(field, cell[f"{field}_printed"], catalogue, 1)
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


def _ranked(text: str, index: Mapping[str, T]) -> list[tuple[str, T]]:
    """The entries that resemble the text, the nearest first."""
    parts = {match_key(part) for part in (text, *languages(text)) if part.strip()}
    likeness = {label: max(_likeness(part, label) for part in parts) for label in index if label}
    ranked = sorted(likeness, key=lambda label: (-likeness[label], label))
    return [
        (label, index[label])
        for label in ranked
        if likeness[label] >= (_LIKE_SHORT if len(label) <= _SHORT else _LIKE)
    ]


def _likeness(text: str, label: str) -> float:
    """From 0 to 1. A label inside the text counts for more than scattered letters do."""
    matcher = SequenceMatcher(None, text, label, autojunk=False)
    if matcher.real_quick_ratio() < _LIKE_SHORT:
        # Texts of very different length: only one inside the other can resemble it.
        return 0.6 if _is_word_of(label, text) else 0.0
    return max(matcher.ratio(), 0.6 if _is_word_of(label, text) else 0.0)


def _is_word_of(label: str, text: str) -> bool:
    """Whether the label, long enough to say something, is part of the text."""
    return len(label) >= (4 if label.isascii() else 3) and not label.isdigit() and label in text


def _csv(fields: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()
