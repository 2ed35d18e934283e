"""Reader of the answers of the statistics bureau's data service (in use since 2026).

One value a row, as `yearbooks.files.json_answer` lays them out: an item with its unit, a region by
twelve digits and name, a period such as `2021YY`. Parts that say the same thing in two ways must
agree, or the value is set aside. Only whole years are read.
"""

import re
from dataclasses import dataclass

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault, Reading, Sheet, cell_frame, read_year
from yearbooks.errors import FileFault
from yearbooks.files import json_answer
from yearbooks.labels import BELOW
from yearbooks.layouts.axis import not_provinces
from yearbooks.layouts.naming import MAPPING, scoped
from yearbooks.layouts.nbs_export import LAST_BRACKETS
from yearbooks.mapping import SheetMapping

NAME = "nbs_service"

_PART_OF_YEAR = re.compile(r"[0-9]{4,6}(?:MM|SS|QQ|DD)")
_REGION = re.compile(r"(?P<code>[0-9]{2}(?P<city>[0-9]{4}))(?P<smaller>[0-9]{6})?")
# What the service calls the figures themselves, rather than their growth.
_PLAIN = "本期累计"


def recognises(sheet: Sheet, _: Catalogue) -> bool:
    """True for the values of an answer."""
    return bool(sheet.rows) and sheet.rows[0][1] == list(json_answer.FIELDS)


def read(
    sheet: Sheet,
    catalogue: Catalogue,
    mapping: SheetMapping | None = None,
    before: object = None,
) -> Reading:
    """The cells of the answer (see `yearbooks.cells`).

    `source_row` is the number of the value, `source_column` the way to it: data[0].values[3].
    """
    (_, header), *rows = sheet.rows
    if not rows:
        raise FileFault("empty_file", "values below the names of the fields")
    answer = _Answer(catalogue, mapping or SheetMapping())
    values = [(row, dict(zip(header, fields, strict=False))) for row, fields in rows]
    of_cities = answer.cities({value.get(json_answer.REGION, "") for _, value in values})
    last = len(header) - 1
    cells: list[list[object]] = []
    for row, value in values:
        text = {name: value.get(name, "").strip() for name in header}
        item, unit, rule, differing = answer.item(text)
        province, other = answer.province(text)
        year, not_annual = answer.year(text)
        fault = sheet.faults.get((row, last)) or of_cities or not_annual or differing or other
        where = [sheet.name, row, text[json_answer.PLACE]]
        printed = [item, province, year, text[json_answer.VALUE], unit]
        book = [answer.mapping.edition or "", answer.mapping.yearbook or "", "", ""]
        cells.append([*where, *printed, *book, False, rule, fault])
    why = f"An answer of the statistics bureau's data service: {len(rows):,} values."
    return Reading(cell_frame(cells), (why,))


@dataclass(frozen=True)
class _Answer:
    """What the fields of a value say; each answer goes with the fault of parts that differ."""

    catalogue: Catalogue
    mapping: SheetMapping

    def item(self, text: dict[str, str]) -> tuple[str, str, str, Fault | None]:
        """Item and unit as printed or stated, and the rule."""
        label, unit = text[json_answer.ITEM], text[json_answer.UNIT]
        fault = None
        match = LAST_BRACKETS.fullmatch(label)
        inner = match["unit"].strip() if match else ""
        known = self.catalogue.unit(inner) if inner else None
        if match and inner and (inner == unit or known):
            label = match["item"]
            if unit and inner != unit and self.catalogue.unit(unit) != known:
                fault = _contradiction(f"one unit; the name says {inner}, du_name {unit}")
            unit = unit or inner
        if label and text[json_answer.COMPARISON] not in ("", _PLAIN):
            label = f"{label}{BELOW}{text[json_answer.COMPARISON]}"
        rule = NAME if label else MAPPING
        label = scoped(label or self.mapping.item or "", self.mapping.scope, self.catalogue)
        return label, unit or self.mapping.unit or "", rule, fault

    def province(self, text: dict[str, str]) -> tuple[str, Fault | None]:
        """The region by its name, or by its code where it has none."""
        digits, name = text[json_answer.REGION], text[json_answer.REGION_NAME]
        match = _REGION.fullmatch(digits)
        code = self._code(match) if match else digits
        stated = name or code or self.mapping.province or ""
        if not stated:
            return "", Fault("province_not_stated", "the region (省份), in da or da_name")
        if digits and name:
            place = self.catalogue.province(name)
            if place and place.code != code:
                return name, _contradiction(f"one region; da says {digits}, da_name {name}")
        return stated, None

    def _code(self, region: re.Match[str]) -> str:
        """Of a region by its six digits where they name a unit of observation, else by its two."""
        six = region["code"] + region["city"]
        return six if region["city"].strip("0") and six in self.catalogue.sample else region["code"]

    def year(self, text: dict[str, str]) -> tuple[str, Fault | None]:
        """The year of the period, as its name prints it or as its code states it."""
        code, name = text[json_answer.PERIOD], text[json_answer.NAME]
        if _PART_OF_YEAR.fullmatch(code):
            return name or code, Fault(
                "not_annual",
                f"figures of whole years (2021YY); this one is of {code} {name}".strip(),
            )
        year = code.removesuffix("YY")
        if name and read_year(year) not in (None, read_year(name)):
            return name, _contradiction(f"one year; code says {code}, name {name}")
        return (name or year) if read_year(year) or not code else code, None

    def cities(self, regions: set[str]) -> Fault | None:
        """The fault of an answer that holds cities: those that are provinces stand among them."""
        for digits in sorted(regions):
            match = _REGION.fullmatch(digits.strip())
            is_smaller = match and (match["city"] + (match["smaller"] or "")).strip("0")
            if match and is_smaller and self._code(match) not in self.catalogue.sample:
                return not_provinces(f"{digits} is a city, so that this is an answer about cities")
        return None


def _contradiction(expected: str) -> Fault:
    return Fault("contradiction", expected)
