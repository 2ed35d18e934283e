"""What stands above a table: its title, from one line or several, and what makes a line a note.

Here belongs which words of a title say nothing, which state a scope, a year, a unit or a yearbook,
and when a page goes on with the one before. Headings are `yearbooks.layouts.words`'.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from yearbooks.cells import half_width
from yearbooks.labels import LONGEST_LABEL, StatedScope, as_word, languages, match_key
from yearbooks.layouts.words import Words

# A title is shortened in every way its ends allow; none has so many.
_MOST_NAMES = 24

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
    r"\s*[(（]?\s*(?:续表|续(?=[\s)）一二三四五六七八九十0-9]|$)|接上表|(?:table\s+)?continued|cont\b\.?)"
    r"\s*[一二三四五六七八九十0-9]{0,2}\s*[)）]?\s*(?:[(（]?\s*continued\s*[0-9]{0,2}\s*[)）]?)?",
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


class Titles:
    """Understands titles by the catalogue of `words`."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.catalogue = words.catalogue
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

    def years(self, text: str) -> frozenset[str]:
        """The years that a title or the name of a sheet states."""
        text = self._without_yearbook(half_width(text))[0]
        spans = [span[0].strip() for span in _YEAR_SPAN.finditer(text)]
        found = (match["year"] for match in _YEAR_IN.finditer(_YEAR_SPAN.sub(" ", text)))
        return frozenset([*spans, *found])

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
        text, stated = self.words.unit_lines(text)
        parts.units += stated
        parts.said += [text] if text and not self.words.unit(text) else []
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
        text, unit = self.words.without_unit(text)
        parts.units += [unit] if unit else []
        for words, words_of_one in zip(parts.words, languages(text), strict=True):
            part, unit = self.words.without_unit(words_of_one.strip())
            parts.units += [unit] if unit else []
            if part and not self.words.unit(part):
                words.append(part)
            elif part:
                parts.units.append(self.words.unit(part))

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


def is_other_prices(text: str) -> bool:
    """Whether a remark above a table makes other figures of its item: it is part of the title."""
    return _REBASED.search(text) is not None


def is_note(text: str) -> bool:
    """Whether a text is a remark rather than a label."""
    return len(text) > LONGEST_LABEL or _NOTE.match(text) is not None


def continued(text: str) -> tuple[str, str] | None:
    """The number of the table that a line says it goes on with, and what else the line says.

    The number is empty where it gives none; None for a line that says nothing of the kind.
    """
    number = _TABLE.match(text)
    marked = _CONTINUED.match(text[number.end() :] if number else text)
    if marked is None:
        return None
    rest = text[marked.end() + (number.end() if number else 0) :]
    return re.sub(r"\s", "", number["number"]) if number else "", rest


def pieces_of(text: str) -> list[str]:
    """The words that a text joins (A和B, A、B)."""
    return [piece for piece in _PARTING.split(text) if piece]


def _without_year(match: re.Match[str]) -> str:
    """What stays of a year: the end of it (年末) is a word of the title."""
    return f"年{match['after']}" if match["after"] else " "


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(map(half_width, words), key=len, reverse=True)
    return re.compile("|".join(map(as_word, longest_first)) or r"(?!)", re.IGNORECASE)
