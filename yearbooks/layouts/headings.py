"""What the texts around a figure say: item, unit and year, by the catalogue alone.

Titles, unit lines and the headings over a column of figures are understood here; where they stand
in a sheet belongs to `yearbooks.layouts.yearbook_table`. The rule is that no word may be passed over: a
heading is read as an item only if every text above it is part of the item's name, says nothing
(neutral_headings.csv) or is the whole of which the item is a part.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from yearbooks.catalogue import (
    BELOW,
    ITEM,
    LONGEST_LABEL,
    NEUTRAL,
    REGION,
    UNIT,
    YEAR,
    Catalogue,
    Item,
    languages,
    match_key,
    without_note_signs,
)
from yearbooks.cells import Fault, half_width, read_year

# Headings are joined in every order; no table has so many above each other.
_MOST_JOINED, _MOST_NAMES = 6, 24

_PART_OF = re.compile(r"(?:[#＃]|其中\s*[:：]?|of which\s*:?|among which\s*:?)\s*", re.IGNORECASE)
_NUMBERING = re.compile(
    r"(?:[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十0-9]{1,3}[)）]|"
    r"[0-9]{1,2}[、.．](?![0-9]))\s*"
)
_BRACKETS = re.compile(r"(?P<text>.*?)\s*[(（](?P<inner>[^()（）]*)[)）]", re.DOTALL)
_UNIT_LINE = re.compile(r"[(（]?\s*(?:计量单位|单位|\bUnits?)\s*[:：]", re.IGNORECASE)
_YEAR_THEN = re.compile(r"((?:19|20)[0-9]{2})\s*年\s*(\D.*)", re.DOTALL)
# A typing mistake in a year is told as one (unreadable_year), not as an unknown item.
_LIKE_A_YEAR = re.compile(r"[12][0-9lIoO]{3}(?:\s*[-–—~至]\s*[12]?[0-9lIoO]{1,3})?\s*年?")
# Not the year of a price base (2010年不变价, 2010=100), nor of a month or a quarter.
_YEAR_IN = re.compile(
    r"(?<![0-9A-Za-z.,\-–—])(?P<year>(?:19|20)[0-9]{2})(?![0-9A-Za-z.,])"
    r"(?!\s*年?\s*(?:不变|价|可比|=|[0-9]|prices?\b|[上下]半|第?[一二三四]季|[QH][1-4]))\s*年?(?P<after>[末底度]*)"
)
_YEAR_SPAN = re.compile(
    r"(?:19|20)[0-9]{2}\s*年?\s*[-–—~至]\s*(?:(?:19|20)[0-9]{2}|[0-9]{2}(?![0-9]))\s*年?"
)
_TABLE = re.compile(
    r"\s*(?:附?表|Table)?\s*(?P<number>[0-9]{1,2}(?:\s*[-–—－]\s*[0-9]{1,3}){1,2})(?![0-9])[.、:：\s]*",
    re.IGNORECASE,
)
_PUBLISHED = r"[-–—_(（\s,，·.:：]*(?P<{}>(?:19|20)[0-9]{{2}})[)）\s]*(?:年?版|年|edition)?"
_PARTING = re.compile(r"[和及与的\s、,，:：;；()（）·—–\-\"'《》/。.]+")


@dataclass(frozen=True)
class Level:
    """One text of a heading, taken apart.

    chinese, latin: its words for an item, each with whether it says nothing.
    start, end: the columns over which it stands.
    """

    text: str
    chinese: str = ""
    latin: str = ""
    is_neutral: bool = False
    year: str = ""
    units: tuple[str, ...] = ()
    is_part: bool = False
    role: str | None = None
    start: int = 0
    end: int = 0

    @property
    def has_words(self) -> bool:
        return bool(self.chinese or self.latin)


@dataclass(frozen=True)
class Title:
    """What stands above a table, put together from its lines; empty where nothing is said.

    names: the title without number, year, unit and words that say nothing, in each way it can be
        shortened; keyed by language (0 Chinese, 1 Latin).
    rest: the pieces of the title between words that say nothing.
    """

    text: str = ""
    names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    rest: tuple[str, ...] = ()
    years: frozenset[str] = frozenset()
    units: tuple[str, ...] = ()
    table: str = ""
    yearbook: str = ""
    edition: str = ""


@dataclass(frozen=True)
class Named:
    """The item of a column as printed, and the fault where several claim it."""

    printed: str
    item: Item | None = None
    fault: Fault | None = None


@dataclass
class Words:
    """Understands texts by a catalogue; answers are kept, for headings repeat themselves."""

    catalogue: Catalogue
    _levels: dict[str, Level] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A single sign (值, 年) is a heading, but no word of a title: 总值 holds it too.
        words = (half_width(word) for word in self.catalogue.neutral_words if len(word) > 1)
        neutral = sorted(words, key=len, reverse=True)
        self._neutral = re.compile("|".join(map(_as_word, neutral)), re.IGNORECASE)
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

    def level(self, text: str) -> Level:
        """One text of a heading: its year, its units and its words for an item."""
        if text not in self._levels:
            self._levels[text] = self._level(text)
        return self._levels[text]

    def _level(self, text: str) -> Level:
        if len(text) > LONGEST_LABEL:
            return Level(text, text)
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
        if role in (REGION, YEAR, UNIT, ITEM):
            return Level(text, chinese=plain, is_neutral=True, role=role, is_part=is_part)
        if role == NEUTRAL:
            chinese, latin = languages(plain)
            return Level(text, chinese, latin, True, role=role, is_part=is_part)
        unit = self.unit(plain)
        if unit:
            return Level(text, units=(unit,), is_part=is_part)
        year = ""
        dated = _YEAR_THEN.fullmatch(plain)
        if dated:
            year, plain = dated[1], dated[2]
        plain, unit = self._without_unit(plain)
        units = [unit] if unit else []
        parts = []
        for part in languages(plain):
            part, unit = self._without_unit(without_note_signs(part))
            units += [unit] if unit else []
            parts.append(part)
        neutral = all(self.catalogue.role(part) == NEUTRAL for part in parts if part)
        return Level(text, parts[0], parts[1], neutral and any(parts), year, tuple(units), is_part)

    def unit(self, text: str) -> str:
        """The unit that a text consists of, in brackets or after 单位： or not; else nothing."""
        stated = self.unit_lines(text)[1]
        bare = text.strip()
        inner = _BRACKETS.fullmatch(bare)
        if inner and not inner["text"]:
            bare = inner["inner"].strip()
        if stated and not _UNIT_LINE.split(text)[0].strip():
            return stated[0] if self.agree(stated) else " / ".join(stated)
        return bare if self.catalogue.unit(bare) and self.catalogue.role(bare) is None else ""

    def unit_lines(self, text: str) -> tuple[str, tuple[str, ...]]:
        """A text without what follows 单位： or Unit:, and the units stated there, known or not."""
        before, *stated = _UNIT_LINE.split(text)
        units = (re.sub(r"[)）;；。\s]+$", "", unit.strip()) for unit in stated)
        # The bracket that opened before 单位 is gone; one that belongs to the unit must stay.
        closed = (unit + ")" if unit.count("(") > unit.count(")") else unit for unit in units)
        return before.strip(), tuple(unit for unit in closed if unit)

    def agree(self, units: Iterable[str]) -> bool:
        """Whether all the texts are one unit, or the same text."""
        texts = list(units)
        known = [self.catalogue.unit(text) for text in texts]
        return len({match_key(text) for text in texts}) <= 1 or (
            None not in known and all(unit == known[0] for unit in known)
        )

    def _without_unit(self, text: str) -> tuple[str, str]:
        """A text without the unit in its last brackets, and the unit."""
        match = _BRACKETS.fullmatch(text)
        if match and self.unit(match["inner"]):
            return match["text"].strip(), self.unit(match["inner"])
        return text, ""

    def title(self, lines: Sequence[str]) -> Title:
        """The title that the lines above a table make."""
        years: set[str] = set()
        units: list[str] = []
        table = yearbook = edition = ""
        words: tuple[list[str], list[str]] = ([], [])
        said: list[str] = []
        for line in lines:
            text = " ".join(half_width(line).split())
            text, stated = self.unit_lines(text)
            units += stated
            said += [text] if text and not self.unit(text) else []
            text, book, printed = self._without_yearbook(text)
            yearbook, edition = yearbook or book, edition or printed
            number = _TABLE.match(text)
            if number:
                table = table or re.sub(r"\s", "", number["number"])
                text = text[number.end() :]
            span = _YEAR_SPAN.search(text)
            if span:
                years.add(span[0].strip())
                text = text[: span.start()] + " " + text[span.end() :]
            years.update(match["year"] for match in _YEAR_IN.finditer(text))
            # Before the languages are parted: brackets may stand behind the English title.
            text = re.sub(r"[(（]\s*[)）]", " ", _YEAR_IN.sub(_without_year, text)).strip()
            text, unit = self._without_unit(text)
            units += [unit] if unit else []
            for index, words_of_one in enumerate(languages(text)):
                part, unit = self._without_unit(words_of_one.strip())
                units += [unit] if unit else []
                if part and not self.unit(part):
                    words[index].append(part)
                elif part:
                    units.append(self.unit(part))
        chinese, latin = (" ".join(parts) for parts in words)
        return Title(
            text=" ".join(said),
            names=(self._shortened(chinese), self._shortened(latin)),
            rest=tuple(
                match_key(piece)
                for piece in _PARTING.split(self._neutral.sub("\n", chinese or latin))
                if piece
            ),
            years=frozenset(years),
            units=tuple(units),
            table=table,
            yearbook=yearbook,
            edition=edition,
        )

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

    def name(
        self, levels: Sequence[Level], title: Title, is_part: bool, beside: frozenset[str]
    ) -> Named:
        """The item of a column from its headings, outermost first, and the title.

        is_part: the last heading is marked as a part of the one above it. beside: codes of the
        items that other columns name, with no regard to the title.
        """
        spoken = [level for level in levels if level.has_words]
        chinese = [level for level in spoken if level.chinese]
        # A heading in English only translates the Chinese one that stands over the same columns;
        # over others it is a heading of its own, and may not be passed over.
        spans = {(level.start, level.end) for level in chinese}
        first = [
            (level.chinese or level.latin, level.is_neutral)
            for level in spoken
            if level.chinese or (level.start, level.end) not in spans
        ]
        second = [(level.latin, level.is_neutral) for level in spoken if level.latin]
        if not chinese:
            first, second = second, []
        titles = title.names[0 if chinese or (not first and title.names[0]) else 1]
        named = self._claims(first, titles, title, is_part, beside)
        translated = {(level.start, level.end) for level in spoken if level.latin}
        if second and (chinese[-1].start, chinese[-1].end) in translated:
            other = self._claims(second, title.names[1], Title(), is_part, beside)
            if named.item and other.item and named.item != other.item:
                return _contested(named.printed, [named.item, other.item])
            if named.item and not other.item:
                foreign = " ".join(text for text, _ in second)
                if self.catalogue.restricts(foreign, named.item):
                    return Named(f"{named.printed}{BELOW}{foreign}")
        return named

    def _claims(
        self,
        parts: Sequence[tuple[str, bool]],
        titles: Sequence[str],
        title: Title,
        is_part: bool,
        beside: frozenset[str],
    ) -> Named:
        """The item that texts of one language name; the first of these that is known.

        All headings with the title; all headings, if the title adds nothing; the last heading, if
        it is marked as a part of an item of the same table. Without any heading that says
        something, the title alone.
        """
        whole = [text for text, _ in parts]
        telling = [text for text, is_neutral in parts if not is_neutral]
        with_title = [
            name for t in titles for name in (*_joined([t, *whole]), *_joined([t, *telling]))
        ]
        ranks: list[tuple[list[str], bool]] = [(with_title, False)]
        if not telling:
            ranks.append((list(titles), False))
        else:
            ranks.append(([*_joined(whole), *_joined(telling)], True))
            if is_part and len(telling) > 1 and self._is_part(telling):
                ranks.append((telling[-1:], True))
        for names, is_guarded in ranks:
            found = {
                item: name
                for name in reversed(names)
                if (item := self._item(name))
                and not (is_guarded and self.restricting(title, item, beside))
            }
            if len(found) > 1:
                return _contested(BELOW.join(whole), list(found))
            if found:
                item, printed = next(iter(found.items()))
                return Named(printed, item)
        for text in telling:
            pieces = [self._item(piece) for piece in _PARTING.split(text) if piece]
            items = {item for item in pieces if item}
            if None not in pieces and len(items) > 1:
                return _contested(text, list(items))
        # With the title, or the headings alone would be read as the item they name.
        above = [*titles[:1], title.text][:1] if title.rest or not telling else []
        return Named(BELOW.join(filter(None, [*above, *whole])))

    def _item(self, name: str) -> Item | None:
        """The item of a name in one language."""
        return self.catalogue.items.get(match_key(name))

    def _is_part(self, names: Sequence[str]) -> bool:
        """Whether the last name is an item of the yearbook table of the item it is a part of."""
        part = self._item(names[-1])
        outer = names[:-1]
        wholes = [self._item(name) for name in _joined(outer)]
        # The nearest name alone is the whole only if nothing further out restricts it.
        if len(outer) > 1 and self._is_part(outer):
            wholes.append(self._item(outer[-1]))
        return part is not None and any(
            whole and (whole.yearbook, whole.yearbook_table) == (part.yearbook, part.yearbook_table)
            for whole in wholes
        )

    def restricting(self, title: Title, item: Item, beside: frozenset[str]) -> list[str]:
        """The pieces of a title that may make something else of an item named by the headings.

        Not those that stand in the item's own labels, nor the name of another item of the same
        yearbook table that has a column of its own in this one.
        """
        pieces = []
        for piece in title.rest:
            other = self._item(piece)
            is_sibling = (
                other is not None
                and other.code in beside
                and (other.yearbook, other.yearbook_table) == (item.yearbook, item.yearbook_table)
            )
            own = any(piece in label for label in self.catalogue.labels[item.code])
            if not (own or is_sibling):
                pieces.append(piece)
        return pieces


def _without_year(match: re.Match[str]) -> str:
    """What stays of a year: the end of it (年末) is a word of the title."""
    return f"年{match['after']}" if match["after"] else " "


def without_part_mark(text: str) -> str:
    """A label without the sign that makes it a part of the one above it (其中：, #)."""
    return text[match.end() :] if (match := _PART_OF.match(text)) else text


def _joined(parts: Sequence[str]) -> list[str]:
    """The names that parts may make: each may lead, the others follow in order or reversed."""
    if len(parts) < 2:
        return list(parts)
    if len(parts) > _MOST_JOINED:
        return ["".join(parts)]
    orders = [[*parts[at:], *parts[:at]] for at in range(len(parts))] + [list(reversed(parts))]
    glue = "" if languages(parts[0])[0] else " "
    return [sign.join(order) for order in orders for sign in (glue, ": ")]


def _contested(printed: str, items: Sequence[Item]) -> Named:
    codes = " and ".join(sorted(item.code for item in items))
    expected = f"a heading that names one item; this one names {codes}"
    return Named(printed, None, unclear(expected))


def unclear(expected: str) -> Fault:
    """The fault of cells of which headings, title or sheet name say two things, or nothing."""
    return Fault("ambiguous_heading", expected)


def _as_word(text: str) -> str:
    """A pattern for a phrase: in Latin letters only as whole words."""
    phrase = r"\s*".join(map(re.escape, text.split()))
    return rf"\b{phrase}\b" if text[:1].isascii() and text[:1].isalpha() else phrase
