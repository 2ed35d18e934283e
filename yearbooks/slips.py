"""Which known label an unknown text is a misspelling of: a slip that cannot change the meaning.

Likeness is no ground: most labels that look alike mean different things (the whole and its part,
exports and imports, the second industry and the third). Where a text may mean something else, or
either of two things, nothing is answered.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from typing import TypeVar

from yearbooks.labels import match_key

T = TypeVar("T")

# In a shorter label, or a shorter word of a Latin one, a single sign makes another word.
_LONG_CHINESE, _LONG_LATIN, _LONG_WORD = 6, 10, 5


def misspelt(text: str, known: Mapping[str, T], signs: AbstractSet[str]) -> tuple[str, T] | None:
    """The label of `known` (keyed by `match_key`) that the text misspells, and what it means.

    The two have the same signs in another order, differ in punctuation, or in one sign of a long
    label. `signs` are those of all words that mean something: a Chinese sign among them makes
    another word and is no slip. None where no label is so near, or labels of two meanings are.
    """
    found = {label: meaning for label, meaning in known.items() if _is_slip(text, label, signs)}
    if len(set(found.values())) != 1:
        return None
    return min(found.items(), key=lambda entry: entry[0])


@cache
def _plain(key: str) -> str:
    """A key without punctuation."""
    return "".join(sign for sign in key if unicodedata.category(sign)[0] in "LNS")


def _is_slip(printed: str, key: str, signs: AbstractSet[str]) -> bool:
    text, label = _plain(match_key(printed)), _plain(key)
    is_latin = label.isascii()
    is_long = len(label) >= (_LONG_LATIN if is_latin else _LONG_CHINESE)
    if abs(len(text) - len(label)) > 1 or _digits(text) != _digits(label):
        return False
    if text == label or not is_long:
        return bool(label) and text == label
    if Counter(text) == Counter(label):
        return True
    pairs = enumerate(zip(text, label, strict=False))
    at = next((n for n, (one, other) in pairs if one != other), min(len(text), len(label)))
    if len(text) == len(label) and text[at + 1 :] == label[at + 1 :]:
        return _is_in_long_word(printed, at) if is_latin else text[at] not in signs
    # A Chinese sign more or less is a word more or less.
    is_left_out, is_added = text[at:] == label[at + 1 :], text[at + 1 :] == label[at:]
    return is_latin and (is_left_out or is_added) and _is_in_long_word(printed, at)


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _is_in_long_word(printed: str, at: int) -> bool:
    """Whether a place of the plain text is in a long word without digits, and not its first letter:
    a billion is no slip for a million. A letter left out at the very end is in none."""
    end = 0
    for word in re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", printed)):
        start, end = end, end + len(word)
        if at < end:
            return at > start and word.isalpha() and len(word) >= _LONG_WORD
    return True
