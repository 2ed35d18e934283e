"""How labels are compared and taken apart, whatever they mean: width, languages, note signs, scope.

Nothing here knows a name; the names are the catalogue's (`yearbooks.catalogue`).
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

# No label is longer; a long text is a remark, and not worth the search for its parts.
LONGEST_LABEL = 300

# Parts a heading from the one above it, where the two make no label that the catalogue holds. What
# stands before it is never a name for the whole.
BELOW = " > "

_CHINESE = r"\u3400-\u9fff"
# A Chinese label, then its translation; or the other way round. Something must part the two, for
# 人均GDP is one label.
_CHINESE_FIRST = re.compile(
    rf"(?P<chinese>.*[{_CHINESE}][)）\]％%①-⑳]*)(?:[\s/|]+|(?=[(（]|[A-Z][a-z]))"
    rf"(?P<latin>[^{_CHINESE}]*[A-Za-z][^{_CHINESE}]*)",
    re.DOTALL,
)
_LATIN_FIRST = re.compile(
    rf"(?P<latin>[^{_CHINESE}]*[A-Za-z][^{_CHINESE}]*?)[\s/|]+(?P<chinese>[{_CHINESE}].*)",
    re.DOTALL,
)
# A sign that points to a note: it is no part of the name, and NFKC would make a digit of it.
_NOTE_SIGNS = re.compile(r"(?:\s*(?:[①-⑳¹²³⁴-⁹*＊†‡]|\[[0-9]+\]))+\s*$")

# Where the words of scopes were taken out, with what joined them: 非私营单位和私营单位.
_GAP = "\0"
_JOINED_GAPS = re.compile(rf"{_GAP}(?:\s*(?:[和及与、,，]|and)?\s*{_GAP})*")
# What is left dangling where the words of a scope are taken out of a label.
_NOTHING_IN_BRACKETS = re.compile(r"[(（\[【]\s*[)）\]】]")
_OUTER_SIGNS = " \t\n:：,，、;；.·-—–的"
_LEADING_LINK = re.compile(r"(?:of|in|by|for|from|on|the)\s+", re.IGNORECASE)
_TRAILING_LINK = re.compile(r"\s+(?:of|in|by|for|from|on|the|and)", re.IGNORECASE)


@lru_cache(maxsize=10_000)
def match_key(text: str) -> str:
    """The form in which labels are compared: width (NFKC), white space and case do not count."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def languages(text: str) -> tuple[str, str]:
    """The Chinese and the Latin part of a bilingual label; one of them is empty if there is one.

    A label that only begins or ends in Latin letters (R&D经费, 人均GDP) is Chinese.
    """
    text = text.strip()
    is_label = len(text) <= LONGEST_LABEL and BELOW not in text
    both = _CHINESE_FIRST.fullmatch(text) if is_label else None
    if both:
        return both["chinese"].strip(), both["latin"].strip()
    return (text, "") if re.search(f"[{_CHINESE}]", text) else ("", text)


def latin_then_chinese(text: str) -> tuple[str, str] | None:
    """The Chinese and the Latin part of a label that is translated before it is named."""
    both = _LATIN_FIRST.fullmatch(text.strip())
    return (both["chinese"], both["latin"]) if both else None


def without_note_signs(text: str) -> str:
    """A label without the signs at its end that point to a note (①, a raised digit, *, [1])."""
    return _NOTE_SIGNS.sub("", text)


def as_word(text: str) -> str:
    """A pattern for a phrase: in Latin letters only as whole words, in Chinese with any blanks."""
    if text[:1].isascii() and text[:1].isalpha():
        words = r"\s+".join(map(re.escape, text.split()))
        return rf"(?<![A-Za-z]){words}(?![A-Za-z])"
    return r"\s*".join(map(re.escape, "".join(text.split())))


@dataclass(frozen=True)
class StatedScope:
    """A scope that a text states, and the words in which it does."""

    scope: str
    words: str


class ScopeWords:
    """Finds the words that say who is counted, and takes them out of a label."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """names: scope by its words, in any spelling."""
        self._scopes = {match_key(name): scope for name, scope in names.items()}
        # The longest first: 大中型工业企业 is not 工业企业, nor 非私营单位 a private one.
        self._words = sorted(names, key=len, reverse=True)
        self._known: dict[str, tuple[str, tuple[StatedScope, ...]]] = {}

    @property
    def names(self) -> Iterable[str]:
        """The words of all scopes, as keys."""
        return self._scopes

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("|".join(map(as_word, self._words)) or r"(?!)", re.IGNORECASE)

    def taken_out(self, text: str) -> tuple[str, tuple[StatedScope, ...]]:
        """A label without the words that state a scope, and what they state."""
        if len(text) > LONGEST_LABEL:
            return text, ()
        if text not in self._known:
            self._known[text] = self._taken_out(text)
        return self._known[text]

    def _taken_out(self, text: str) -> tuple[str, tuple[StatedScope, ...]]:
        found = [
            StatedScope(self._scopes[match_key(match[0])], match[0].strip())
            for match in self._pattern.finditer(text)
        ]
        if not found:
            return text, ()
        blank = " " if found[0].words.isascii() else ""
        bare = _JOINED_GAPS.sub(blank, self._pattern.sub(_GAP, text))
        return without_dangling(bare), tuple(dict.fromkeys(found))


def without_dangling(text: str) -> str:
    """A label without the links and signs that words taken out of it have left at its ends."""
    bare = _NOTHING_IN_BRACKETS.sub("", text)
    while True:
        shorter = bare.strip(_OUTER_SIGNS)
        if match := _LEADING_LINK.match(shorter):
            shorter = shorter[match.end() :]
        for match in _TRAILING_LINK.finditer(shorter):
            if match.end() == len(shorter):
                shorter = shorter[: match.start()]
        if shorter == bare:
            return " ".join(bare.split()) if bare.isascii() else bare
        bare = shorter


def scopes_of(stated: Iterable[StatedScope]) -> frozenset[str]:
    """The scopes by code."""
    return frozenset(one.scope for one in stated)
