"""What yearbooks call things: labels of items and provinces, scopes, units, marks, yearbooks.

The catalogue is data (`yearbooks.reference`); here it is only looked up. A label that the files do
not state is unknown: it is never guessed, and nothing here knows a name that the files do not hold.
How a label is taken apart is `yearbooks.labels`'.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from yearbooks.labels import (
    BELOW,
    LONGEST_LABEL,
    languages,
    latin_then_chinese,
    match_key,
    scopes_of,
    without_note_signs,
)
from yearbooks.reference import RESTRICTS, Database, Item, Province, Reference, Unit

# So alike are a name and the same with a letter or two wrong or missing.
_SLIP = 0.75

T = TypeVar("T")


@dataclass(frozen=True)
class Catalogue(Reference):
    """Looks labels up as printed; each look-up returns None for what the catalogue does not hold.

    Of a bilingual label ("北京 Beijing") both parts must be known and mean the same. Two exceptions
    stand beside a known Chinese name: an unknown English one is taken for a translation of an item
    (there are many), unless it has a word that restricts the figures (index, growth); and for a
    typing error in the name of a province, where it is nearly that name.
    """

    def item(self, label: str) -> Item | None:
        """The item that a printed label, an alias of it or its code names, scope and all."""
        found = _whole(self.items, label) or self._in_own_words(label)
        if found is not None:
            return found
        chinese, latin = languages(label)
        named = self.item(chinese) if chinese and latin else None
        if named is not None and _whole(self.items, latin) is None:
            stated = scopes_of(self.scope_words.taken_out(latin)[1])
            is_other = bool(stated) and stated != {named.scope}
            return None if is_other or self.restricts(latin, named) else named
        return _agreed(self.items, label)

    def _in_own_words(self, label: str) -> Item | None:
        """The item of a label that states its scope in other words than the alias does."""
        if BELOW in label or len(label) > LONGEST_LABEL:
            return None
        bare, stated = self.scope_words.taken_out(without_note_signs(label))
        return self.item_of(bare, scopes_of(stated)) if stated else None

    def item_of(self, bare: str, stated: frozenset[str]) -> Item | None:
        """The item of a label without words of scope, given what is stated around it."""
        return self.scoped_items.get(match_key(bare), {}).get(stated)

    def items_of_any_scope(self, bare: str) -> tuple[Item, ...]:
        """The items that a label without words of scope may name, by who is counted."""
        return tuple(dict.fromkeys(self.scoped_items.get(match_key(bare), {}).values()))

    def scope_fits(self, label: str, item: Item) -> bool:
        """Whether a label states the scope of an item, or need not."""
        stated = scopes_of(self.scope_words.taken_out(label)[1])
        return stated == {item.scope} or (not stated and self.scopes[item.scope].is_default)

    def scope_answers(self, items: Iterable[Item]) -> tuple[str, ...]:
        """The words that state the scopes of items."""
        return tuple(dict.fromkeys(self.scopes[item.scope].label_zh for item in items))

    def province(self, label: str) -> Province | None:
        """The province, the nation or the place outside the sample that a row heading names."""
        found = _whole(self.provinces, label) or _agreed(self.provinces, label)
        if found is None and len(label) <= LONGEST_LABEL:
            chinese, latin = languages(label)
            named = _whole(self.provinces, chinese) if chinese and latin else None
            if named and _whole(self.provinces, latin) is None and self._is_slip(latin, named):
                return named
        return found

    def _is_slip(self, latin: str, province: Province) -> bool:
        """Whether English beside the Chinese name of a province is its English name, mistyped."""
        names = [name for name, place in self.provinces.items() if place == province]
        key = match_key(latin)
        return any(SequenceMatcher(None, key, name).ratio() >= _SLIP for name in names)

    def unit(self, text: str) -> Unit | None:
        """Measure and factor of a printed unit."""
        return _whole(self.units, text) or _agreed(self.units, text)

    def role(self, heading: str) -> str | None:
        """What a heading that names no item does: one of `ROLES`."""
        return _whole(self.headings, heading) or _agreed(self.headings, heading)

    def restricts(self, latin: str, item: Item) -> bool:
        """Whether English words beside the item's Chinese name make something else of it."""
        words = re.findall(r"[a-z]+", latin.casefold())
        return any(
            self.headings.get(word) == RESTRICTS
            and not any(word in label for label in self.labels[item.code])
            for word in words
        )

    def mark(self, text: str) -> str | None:
        """The meaning of a mark printed in the place of a figure; an empty cell is a mark too."""
        return self.marks.get(match_key(text))

    def database(self, name: str) -> Database | None:
        """What a database of the data site holds, by the name in an export's first line."""
        return self.databases.get(match_key(name))

    def yearbook(self, name: str) -> str | None:
        """The code of a yearbook given by code or by English or Chinese name."""
        return self.yearbooks.get(match_key(name))


def _whole(index: Mapping[str, T], label: str) -> T | None:
    """The meaning of a label, with or without the signs at its end that point to notes."""
    found = index.get(match_key(label))
    if found is None and len(label) <= LONGEST_LABEL:
        return index.get(match_key(without_note_signs(label)))
    return found


def _agreed(index: Mapping[str, T], label: str) -> T | None:
    """The meaning of a bilingual label whose Chinese and Latin parts are known and agree."""
    if len(label) > LONGEST_LABEL or BELOW in label:
        return None
    chinese, latin = languages(label)
    if not (chinese and latin):
        both = latin_then_chinese(label)
        if both is None:
            return None
        chinese, latin = both
    found = _whole(index, chinese)
    translated = _whole(index, latin)
    if translated is None and latin.startswith(("(", "（")) and latin.endswith((")", "）")):
        translated = _whole(index, latin[1:-1])
    return found if found is not None and found == translated else None
