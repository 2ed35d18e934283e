"""What the text of a heading says, taken apart: item, scope, year and unit.

Texts are understood here one by one, by the catalogue alone. Titles are those of
`yearbooks.layouts.titles`; what texts name together is `yearbooks.layouts.naming`'s.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from yearbooks.catalogue import Catalogue
from yearbooks.cells import half_width, read_year
from yearbooks.labels import (
    LONGEST_LABEL,
    StatedScope,
    languages,
    match_key,
    scopes_of,
    without_note_signs,
)
from yearbooks.reference import CITY, ITEM, NEUTRAL, REGION, UNIT, YEAR

_PART_OF = re.compile(r"(?:[#＃]|其中\s*[:：]?|of which\s*:?|among which\s*:?)\s*", re.IGNORECASE)
_NUMBERING = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十0-9]{1,3}[)）]|"
    r"[0-9]{1,2}[、.．](?![0-9]))\s*"
)
_BRACKETS = re.compile(r"(?P<text>.*?)\s*[(（](?P<inner>[^()（）]*)[)）]", re.DOTALL)
# A panel's headings: 地区生产总值/亿元, 就业人员数_万人.
_UNIT_BEHIND = re.compile(r"(?P<text>.*\S)\s*[/_]\s*(?P<unit>[^/_]+)", re.DOTALL)
_UNIT_LINE = re.compile(r"[(（]?\s*(?:计量单位|单位|\bUnits?)\s*[:：]", re.IGNORECASE)
_PARTED_UNITS = re.compile(r"[,，、;；/]|\s{2,}")
_YEAR_THEN = re.compile(r"((?:19|20)[0-9]{2})\s*年\s*(\D.*)", re.DOTALL)
# A typing mistake in a year is told as one (unreadable_year), not as an unknown item.
_LIKE_A_YEAR = re.compile(r"[12][0-9lIoO]{3}(?:\s*[-–—~至]\s*[12]?[0-9lIoO]{1,3})?\s*年?")


@dataclass(frozen=True)
class Level:
    """One text of a heading, taken apart.

    chinese, latin: its words for an item, without those of a scope. label: both, scope and all.
    start, end: the columns over which it stands.
    """

    text: str
    chinese: str = ""
    latin: str = ""
    label: str = ""
    scopes: tuple[StatedScope, ...] = ()
    is_neutral: bool = False
    year: str = ""
    units: tuple[str, ...] = ()
    is_part: bool = False
    role: str | None = None
    start: int = 0
    end: int = 0

    @property
    def has_words(self) -> bool:
        return bool(self.chinese or self.latin or self.scopes)


@dataclass
class Words:
    """Understands texts by a catalogue; answers are kept, for headings repeat themselves."""

    catalogue: Catalogue
    _levels: dict[str, Level] = field(default_factory=dict)

    # --- units

    def unit(self, text: str) -> str:
        """The unit that a text consists of, in brackets or after 单位： or not; else nothing."""
        stated = self.unit_lines(text)[1]
        bare = text.strip()
        inner = _BRACKETS.fullmatch(bare)
        if inner and not inner["text"]:
            bare = inner["inner"].strip()
        if stated and not _UNIT_LINE.split(text)[0].strip():
            return stated[0] if self.agree(stated) else " / ".join(stated)
        if self.catalogue.role(bare) is not None:
            return ""
        is_unit = self.catalogue.unit(bare) is not None or len(self.choices(bare)) > 1
        return bare if is_unit else ""

    def unit_lines(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A text without what follows 单位： or Unit:, and the units stated there, known or not."""
        before, *stated = _UNIT_LINE.split(text)
        units = (re.sub(r"[)）;；。\s]+$", "", unit.strip()) for unit in stated)
        # The bracket that opened before 单位 is gone; one that belongs to the unit must stay.
        closed = (unit + ")" if unit.count("(") > unit.count(")") else unit for unit in units)
        return before.strip(), tuple(unit for unit in closed if unit)

    def choices(self, unit: str) -> tuple[str, ...]:
        """The units that one unit line names for several items (人,人年), or the one unit."""
        parts = [part.strip() for part in _PARTED_UNITS.split(unit) if part.strip()]
        is_list = self.catalogue.unit(unit) is None and all(map(self.catalogue.unit, parts))
        return tuple(parts) if is_list else (unit,)

    def agree(self, units: Iterable[str]) -> bool:
        """Whether all the texts are one unit, or the same text."""
        texts = list(units)
        known = [self.catalogue.unit(text) for text in texts]
        return len({match_key(text) for text in texts}) <= 1 or (
            None not in known and all(unit == known[0] for unit in known)
        )

    def without_unit(self, text: str) -> tuple[str, str]:
        """A text without the unit in its last brackets, or behind / or _, and the unit."""
        match = _BRACKETS.fullmatch(text)
        if match and self.unit(match["inner"]):
            return match["text"].strip(), self.unit(match["inner"])
        # (unit) alone is a word that heads units; behind a label it is one: 个.
        if match and match["text"] and self.catalogue.unit(match["inner"]):
            return match["text"].strip(), match["inner"].strip()
        match = _UNIT_BEHIND.fullmatch(text)
        if match and self.catalogue.unit(match["unit"]):
            return match["text"].strip(), match["unit"].strip()
        return text, ""

    # --- headings

    def level(self, text: str) -> Level:
        """One text of a heading: its year, its units, its scope and its words for an item."""
        if text not in self._levels:
            self._levels[text] = self._level(text)
        return self._levels[text]

    def _level(self, text: str) -> Level:
        if len(text) > LONGEST_LABEL:
            return Level(text, text, label=text)
        printed = " ".join(half_width(text).split())
        marked = _PART_OF.match(printed)
        plain = printed[marked.end() :] if marked else printed
        plain = _NUMBERING.sub("", plain, count=1) if _NUMBERING.match(plain) else plain
        is_part = bool(marked)
        if not plain or (plain.isdigit() and len(plain) < 4):  # the number of a column
            return Level(text, is_part=is_part)
        if read_year(plain) or _LIKE_A_YEAR.fullmatch(plain):
            return Level(text, year=plain, is_part=is_part)
        role = self.catalogue.role(plain)
        if role in (REGION, CITY, YEAR, UNIT, ITEM):
            return Level(text, plain, label=plain, is_neutral=True, role=role, is_part=is_part)
        if role == NEUTRAL:
            chinese, latin = languages(plain)
            return Level(text, chinese, latin, plain, is_neutral=True, role=role, is_part=is_part)
        unit = self.unit(plain)
        if unit:
            return Level(text, units=(unit,), is_part=is_part)
        return self._named_level(text, plain, is_part)

    def _named_level(self, text: str, plain: str, is_part: bool) -> Level:
        """A heading that has words for an item, or a scope."""
        year = ""
        dated = _YEAR_THEN.fullmatch(plain)
        if dated:
            year, plain = dated[1], dated[2]
        plain, unit = self.without_unit(plain)
        plain = self._without_neutral_ends(plain)
        units = [unit] if unit else []
        parts: list[str] = []
        labels: list[str] = []
        scopes: list[StatedScope] = []
        for part in languages(plain):
            part, unit = self.without_unit(without_note_signs(part))
            units += [unit] if unit else []
            bare, stated = self.catalogue.scope_words.taken_out(part)
            parts.append(bare)
            labels += [part] if part else []
            scopes += stated
        neutral = all(self.catalogue.role(part) == NEUTRAL for part in parts if part)
        return Level(
            text,
            parts[0],
            parts[1],
            " ".join(labels),
            tuple(scopes),
            neutral and any(parts),
            year,
            tuple(units),
            is_part,
        )

    def _without_neutral_ends(self, text: str) -> str:
        """A heading of a panel without the words behind _ that say nothing (GDP_当年价)."""
        first, *others = text.split("_")
        telling = [part for part in others if self.catalogue.role(part) != NEUTRAL]
        return "_".join([first, *telling]) if first.strip() else text

    def scopes_in(self, sheet: str) -> tuple[StatedScope, ...]:
        """The scopes that the name of a sheet states."""
        return self.catalogue.scope_words.taken_out(sheet)[1]


def stated_scopes(levels: Iterable[Level], around: Iterable[StatedScope]) -> frozenset[str]:
    """The scopes that hold for a column: those of its headings, and of what stands around them.

    A title that names several scopes only says which the table has: there the heading decides.
    """
    own = scopes_of(scope for level in levels for scope in level.scopes)
    outer = scopes_of(around)
    return own if own and len(outer) > 1 and own < outer else own | outer


def without_part_mark(text: str) -> str:
    """A label without the sign that makes it a part of the one above it (其中：, #)."""
    return text[match.end() :] if (match := _PART_OF.match(text)) else text
