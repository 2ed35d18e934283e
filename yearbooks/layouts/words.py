"""What a text of a table says: a heading's item, scope, year and unit; a title; a note.

Texts are understood here one by one, by the catalogue alone. What the texts over a column name
together is `yearbooks.layouts.naming`'s; where they stand is `yearbooks.layouts.tables`'.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from yearbooks.catalogue import CITY, ITEM, NEUTRAL, REGION, UNIT, YEAR, Catalogue
from yearbooks.cells import half_width, read_year
from yearbooks.labels import (
    LONGEST_LABEL,
    StatedScope,
    as_word,
    languages,
    match_key,
    scopes_of,
    without_note_signs,
)

# A title is shortened in every way its ends allow; none has so many.
_MOST_NAMES = 24

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
# Not the year of a price base (2010年不变价, 2010=100), nor of a month or a quarter.
_YEAR_IN = re.compile(
    r"(?<![0-9A-Za-z.,\-–—])(?P<year>(?:19|20)[0-9]{2})(?![0-9A-Za-z.,])"
    r"(?!\s*年?\s*(?:不变|价|可比|=|[0-9]|prices?\b|[上下]半|第?[一二三四]季|[QH][1-4]))"
    r"\s*年?(?P<after>[末底度]*)"
)
_YEAR_SPAN = re.compile(
    r"(?:19|20)[0-9]{2}\s*年?\s*[-–—~至]\s*(?:(?:19|20)[0-9]{2}|[0-9]{2}(?![0-9]))\s*年?"
)
_TABLE = re.compile(
    r"\s*(?:附?表|Table)?\s*(?P<number>[0-9]{1,2}(?:\s*[-–—－]\s*[0-9]{1,3}){1,2})(?![0-9])"
    r"[.、:：\s]*",
    re.IGNORECASE,
)
_CONTINUED = re.compile(
    r"\s*[(（]?\s*(?:续表|续[一二三四五六七八九十0-9]|续(?=[\s)）]|$)|接上表|(?:table\s+)?continued)",
    re.IGNORECASE,
)
_PUBLISHED = r"[-–—_(（\s,，·.:：]*(?P<{}>(?:19|20)[0-9]{{2}})[)）\s]*(?:年?版|年|edition)?"
_PARTING = re.compile(r"[和及与的\s、,，:：;；()（）·—–\-\"'《》/。.]+")
_REBASED = re.compile(r"不变价|可比价|(?:constant|comparable) prices?", re.IGNORECASE)
_NOTE = re.compile(
    r"\s*[(（\[]?(?:注\s*[0-9]*|[\w、 ]{0,6}来源|说明|附注|Notes?\s*[0-9]*|(?:Data )?Sources?)"
    r"\s*[)）\]]?\s*[:：.．]"
    r"|\s*(?:[*＊①-⑳†]|\[[0-9]+\]|[a-z]\)|本表|(?:The )?data in (?:this|the) table)"
    r"|.*。\s*\Z",
    re.IGNORECASE | re.DOTALL,
)


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


@dataclass(frozen=True)
class Title:
    """What stands above a table, put together from its lines; empty where nothing is said.

    names: the title without number, year, unit, scope and words that say nothing, in each way it
        can be shortened; keyed by language (0 Chinese, 1 Latin).
    rest: the pieces of the title between words that say nothing.
    cities: the words that make it a table of cities, where there are any.
    """

    text: str = ""
    names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    rest: tuple[str, ...] = ()
    scopes: tuple[StatedScope, ...] = ()
    cities: str = ""
    years: frozenset[str] = frozenset()
    units: tuple[str, ...] = ()
    table: str = ""
    yearbook: str = ""
    edition: str = ""


@dataclass
class Words:
    """Understands texts by a catalogue; answers are kept, for headings repeat themselves."""

    catalogue: Catalogue
    _levels: dict[str, Level] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A single sign (值, 年) is a heading, but no word of a title: 总值 holds it too.
        self._neutral = _any_of(word for word in self.catalogue.neutral_words if len(word) > 1)
        # 城市 is a word of many titles (城市建设), 主要城市 of none but those of cities.
        self._cities = _any_of(word for word in self.catalogue.city_words if len(word) > 2)
        books = sorted(map(half_width, self.catalogue.yearbook_names), key=len, reverse=True)
        names = "|".join(map(re.escape, books))
        before, after = _PUBLISHED.format("before"), _PUBLISHED.format("after")
        self._yearbook = re.compile(
            rf"(?:{before}\s*)?[《\"]?(?P<name>{names})[》\"]?(?:{after})?", re.IGNORECASE
        )

    # --- years and units

    def years(self, text: str) -> frozenset[str]:
        """The years that a title or the name of a sheet states."""
        text = self._without_yearbook(half_width(text))[0]
        spans = [span[0].strip() for span in _YEAR_SPAN.finditer(text)]
        found = (match["year"] for match in _YEAR_IN.finditer(_YEAR_SPAN.sub(" ", text)))
        return frozenset([*spans, *found])

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

    def _without_unit(self, text: str) -> tuple[str, str]:
        """A text without the unit in its last brackets, or behind / or _, and the unit."""
        match = _BRACKETS.fullmatch(text)
        if match and self.unit(match["inner"]):
            return match["text"].strip(), self.unit(match["inner"])
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
        plain, unit = self._without_unit(plain)
        plain = self._without_neutral_ends(plain)
        units = [unit] if unit else []
        parts: list[str] = []
        labels: list[str] = []
        scopes: list[StatedScope] = []
        for part in languages(plain):
            part, unit = self._without_unit(without_note_signs(part))
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

    # --- titles

    def title(self, lines: Sequence[str]) -> Title:
        """The title that the lines above a table make."""
        parts = _TitleParts()
        for line in lines:
            self._read_title_line(line, parts)
        chinese, latin = (" ".join(words) for words in parts.words)
        in_chinese, in_latin = (self.catalogue.scope_words.taken_out(t) for t in (chinese, latin))
        # An English title only translates: it adds no scope to one that the Chinese states.
        scopes = in_chinese[1] or in_latin[1]
        bare = in_chinese[0] or in_latin[0]
        return Title(
            text=" ".join(parts.said),
            names=(self._shortened(in_chinese[0]), self._shortened(in_latin[0])),
            rest=tuple(
                match_key(piece) for piece in _PARTING.split(self._neutral.sub("\n", bare)) if piece
            ),
            scopes=scopes,
            cities=self.cities_in(" ".join(parts.said)),
            years=frozenset(parts.years[0] or parts.years[1]),
            units=tuple(parts.units),
            table=parts.table,
            yearbook=parts.yearbook,
            edition=parts.edition,
        )

    def _read_title_line(self, line: str, parts: "_TitleParts") -> None:
        text = " ".join(half_width(line).split())
        text, stated = self.unit_lines(text)
        parts.units += stated
        parts.said += [text] if text and not self.unit(text) else []
        text, book, printed = self._without_yearbook(text)
        parts.yearbook, parts.edition = parts.yearbook or book, parts.edition or printed
        number = _TABLE.match(text)
        if number:
            parts.table = parts.table or re.sub(r"\s", "", number["number"])
            text = text[number.end() :]
        # The English title only translates: a year that it misprints is none.
        years = parts.years[0 if languages(text)[0] else 1]
        span = _YEAR_SPAN.search(text)
        if span:
            years.add(span[0].strip())
            text = text[: span.start()] + " " + text[span.end() :]
        years.update(match["year"] for match in _YEAR_IN.finditer(text))
        # Before the languages are parted: brackets may stand behind the English title.
        text = re.sub(r"[(（]\s*[)）]", " ", _YEAR_IN.sub(_without_year, text)).strip()
        text, unit = self._without_unit(text)
        parts.units += [unit] if unit else []
        for words, words_of_one in zip(parts.words, languages(text), strict=True):
            part, unit = self._without_unit(words_of_one.strip())
            parts.units += [unit] if unit else []
            if part and not self.unit(part):
                words.append(part)
            elif part:
                parts.units.append(self.unit(part))

    def _without_yearbook(self, text: str) -> tuple[str, str, str]:
        """A line without the name of a yearbook and its edition, the name, and the edition."""
        match = self._yearbook.search(text)
        if match is None:
            return text, "", ""
        edition = match["after"] or match["before"] or ""
        return text[: match.start()] + " " + text[match.end() :], match["name"], edition

    def _shortened(self, text: str) -> tuple[str, ...]:
        """A title, and what is left of it as words that say nothing go from either end."""
        if len(text) > LONGEST_LABEL:
            return (text,)
        found: list[str] = []
        left = [text.strip(" :：,，、-—–")]
        while left and len(found) < _MOST_NAMES:
            name = left.pop()
            if name and name not in found:
                found.append(name)
                for match in self._neutral.finditer(name):
                    if match.start() == 0:
                        left.append(name[match.end() :].strip(" :：,，、()（）-—–"))
                    if match.end() == len(name):
                        left.append(name[: match.start()].strip(" :：,，、()（）-—–"))
        return tuple(found)

    def cities_in(self, text: str) -> str:
        """The words that make a text one about cities; nothing where there are none."""
        found = self._cities.search(text)
        return found[0] if found else ""

    def scopes_in(self, sheet: str) -> tuple[StatedScope, ...]:
        """The scopes that the name of a sheet states."""
        return self.catalogue.scope_words.taken_out(sheet)[1]


@dataclass
class _TitleParts:
    """What the lines of a title have said so far; words and years by language, Chinese first."""

    words: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    said: list[str] = field(default_factory=list)
    years: tuple[set[str], set[str]] = field(default_factory=lambda: (set(), set()))
    units: list[str] = field(default_factory=list)
    table: str = ""
    yearbook: str = ""
    edition: str = ""


def stated_scopes(levels: Iterable[Level], around: Iterable[StatedScope]) -> frozenset[str]:
    """The scopes that hold for a column: those of its headings, and of what stands around them.

    A title that names several scopes only says which the table has: there the heading decides.
    """
    own = scopes_of(scope for level in levels for scope in level.scopes)
    outer = scopes_of(around)
    return own if own and len(outer) > 1 and own < outer else own | outer


def is_other_prices(text: str) -> bool:
    """Whether a remark above a table makes other figures of its item: it is part of the title."""
    return _REBASED.search(text) is not None


def is_note(text: str) -> bool:
    """Whether a text is a remark rather than a label."""
    return len(text) > LONGEST_LABEL or _NOTE.match(text) is not None


def continued(text: str) -> str | None:
    """The number of the table that a line says it goes on with, empty where it gives none.

    None for a line that says nothing of the kind.
    """
    number = _TABLE.match(text)
    if not _CONTINUED.match(text[number.end() :] if number else text):
        return None
    return re.sub(r"\s", "", number["number"]) if number else ""


def without_part_mark(text: str) -> str:
    """A label without the sign that makes it a part of the one above it (其中：, #)."""
    return text[match.end() :] if (match := _PART_OF.match(text)) else text


def pieces_of(text: str) -> list[str]:
    """The words that a text joins (A和B, A、B)."""
    return [piece for piece in _PARTING.split(text) if piece]


def _without_year(match: re.Match[str]) -> str:
    """What stays of a year: the end of it (年末) is a word of the title."""
    return f"年{match['after']}" if match["after"] else " "


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(map(half_width, words), key=len, reverse=True)
    return re.compile("|".join(map(as_word, longest_first)) or r"(?!)", re.IGNORECASE)
