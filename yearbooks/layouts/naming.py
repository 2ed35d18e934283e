"""What the texts over a column name together: one item, a fault, or a label nobody knows.

The rule is that no word may be passed over. A heading is read as an item only if every text above
it is part of the item's name, says nothing (neutral_headings.csv), is the topic of another column
or is the whole of which the item is a part; and only if who is counted is stated and is the scope
of the item. Each answer carries the name of the rule that gave it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from yearbooks.catalogue import Catalogue
from yearbooks.cells import Fault
from yearbooks.labels import BELOW, StatedScope, languages, match_key, scopes_of
from yearbooks.layouts.titles import Title, pieces_of
from yearbooks.layouts.words import Level, stated_scopes
from yearbooks.reference import Item

# Headings are joined in every order; no table has so many above each other.
_MOST_JOINED = 6

TITLE_AND_HEADING = "title_and_heading"
HEADING = "heading"
PART_OF_WHOLE = "part_of_whole"
TITLE = "title"
MAPPING = "mapping"
NO_RULE = "no_rule"


@dataclass(frozen=True)
class Named:
    """The item of a column as printed, by which rule, and the fault where it may not be read."""

    printed: str
    item: Item | None = None
    rule: str = NO_RULE
    fault: Fault | None = None


@dataclass(frozen=True)
class Surroundings:
    """What stands around the headings of a table.

    scopes: those of title, section and sheet. beside: codes of the items that columns name with no
    regard to the title but its scope. topics: the headings of all columns, as keys.
    """

    title: Title = field(default_factory=Title)
    scopes: tuple[StatedScope, ...] = ()
    beside: frozenset[str] = frozenset()
    topics: tuple[str, ...] = ()


NOTHING_AROUND = Surroundings()


class Naming:
    """Names columns by a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def name(
        self, levels: Sequence[Level], is_part: bool, around: Surroundings = NOTHING_AROUND
    ) -> Named:
        """The item of a column from its headings, outermost first, and what stands around them.

        is_part: the last heading is marked as a part of the one above it.
        """
        spoken = [level for level in levels if level.chinese or level.latin]
        chinese = [level for level in spoken if level.chinese]
        # A heading in English only translates the Chinese one that stands over the same columns;
        # over others it is a heading of its own, and may not be passed over.
        spans = {(level.start, level.end) for level in chinese}
        own = [level for level in spoken if level.chinese or (level.start, level.end) not in spans]
        first = [(level.chinese or level.latin, level.is_neutral) for level in own]
        second = [(level.latin, level.is_neutral) for level in spoken if level.latin]
        if not chinese:
            first, second = second, []
        title = around.title
        stated = stated_scopes(levels, around.scopes)
        said = [*around.scopes, *(scope for level in levels for scope in level.scopes)]
        words = {one.scope: one.words for one in reversed(said) if one.scope in stated}
        labels = [
            level.label
            for level in levels
            if level in own or (level.scopes and level not in spoken)
        ]
        titles = title.names[0 if chinese or (not first and title.names[0]) else 1]
        named = _Claim(
            self.catalogue, first, labels, titles, stated, list(words.values()), is_part, around
        ).named()
        translated = {(level.start, level.end) for level in spoken if level.latin}
        if second and (chinese[-1].start, chinese[-1].end) in translated:
            return self._translated(named, second, stated, is_part, title)
        return named

    def _translated(
        self,
        named: Named,
        second: Sequence[tuple[str, bool]],
        stated: frozenset[str],
        is_part: bool,
        title: Title,
    ) -> Named:
        """What the Chinese headings name, unless the English beside them names something else."""
        other = _Claim(
            self.catalogue, second, [], title.names[1], stated, [], is_part, NOTHING_AROUND
        ).named()
        if named.item and other.item and named.item != other.item:
            return _contested(named.printed, [named.item, other.item])
        if named.item and not other.item:
            foreign = " ".join(text for text, _ in second)
            if self.catalogue.restricts(foreign, named.item):
                return Named(f"{named.printed}{BELOW}{foreign}")
        return named

    def restricting(self, around: Surroundings, item: Item) -> list[str]:
        """The pieces of a title that may make something else of an item named by the headings.

        Not those that stand in the item's own labels, that are the topic of another column, nor
        the name of another item of the same yearbook table that has a column of its own.
        """
        return _restricting(self.catalogue, around, item)


@dataclass(frozen=True)
class _Claim:
    """Headings of one language, the scopes stated, and the item that they name together.

    parts: the texts, each with whether it says nothing. labels: the texts with the words of their
    scopes. words: how the scopes are printed.
    """

    catalogue: Catalogue
    parts: Sequence[tuple[str, bool]]
    labels: Sequence[str]
    titles: Sequence[str]
    stated: frozenset[str]
    words: Sequence[str]
    is_part: bool
    around: Surroundings

    @cached_property
    def whole(self) -> list[str]:
        return [text for text, _ in self.parts]

    @cached_property
    def telling(self) -> list[str]:
        return [text for text, is_neutral in self.parts if not is_neutral]

    def named(self) -> Named:
        """The first rule by which the texts name an item of the scope that is stated.

        All headings with the title; all headings, if the title adds nothing; the last heading, if
        it is marked as a part of an item of the same table. Without any heading that says
        something, the title alone.
        """
        rules = self._rules()
        for rule, names, is_guarded in rules:
            found: dict[Item, str] = {}
            for name in reversed(names):
                item = self.catalogue.item_of(name, self.stated)
                if item and not (is_guarded and self._restricting(item)):
                    found[item] = name
            if len(found) > 1:
                return _contested(BELOW.join(self.whole), list(found))
            if found:
                item, name = next(iter(found.items()))
                return Named(self._printed(name), item, rule)
        of_other_scopes = (
            self._of_other_scope(rule, name, is_guarded)
            for rule, names, is_guarded in rules
            for name in reversed(names)
            if not self.catalogue.item_of(name, self.stated)
        )
        for named in of_other_scopes:
            if named:
                return named
        for text in self.telling:
            pieces = [self.catalogue.item_of(piece, self.stated) for piece in pieces_of(text)]
            items = {item for item in pieces if item}
            if None not in pieces and len(items) > 1:
                return _contested(text, list(items))
        # With the title, or the headings alone would be read as the item they name.
        title = self.around.title
        above = [title.text] if title.text and (title.rest or not self.telling) else []
        return Named(BELOW.join([*above, *self.labels]))

    def _rules(self) -> list[tuple[str, list[str], bool]]:
        """Rule, the names it makes, and whether the words of the title may restrict them."""
        with_title = [
            name
            for title in self.titles
            for parts in (self.whole, self.telling, self._beyond(title))
            for name in _joined([title, *parts])
        ]
        rules: list[tuple[str, list[str], bool]] = [(TITLE_AND_HEADING, with_title, False)]
        if not self.telling:
            return [*rules, (TITLE, list(self.titles), False)]
        rules.append((HEADING, [*_joined(self.whole), *_joined(self.telling)], True))
        if self.is_part and len(self.telling) > 1 and self._is_part(self.telling):
            rules.append((PART_OF_WHOLE, self.telling[-1:], True))
        return rules

    def _beyond(self, title: str) -> list[str]:
        """The headings without those further out that repeat the title: R&D经费 above 企业资金.

        The last one stays: 一般公共 in the table of 一般公共预算支出 is a part of it, cut short.
        """
        said = match_key(title)
        outer = [text for text in self.telling[:-1] if match_key(text) not in said]
        return [*outer, *self.telling[-1:]]

    def _restricting(self, item: Item) -> list[str]:
        return _restricting(self.catalogue, self.around, item)

    def _of_other_scope(self, rule: str, name: str, is_guarded: bool) -> Named | None:
        """The fault of a name that is an item's, but of other units than are counted here."""
        items = [
            item
            for item in self.catalogue.items_of_any_scope(name)
            if not (is_guarded and self._restricting(item))
        ]
        if not items:
            return None
        wanted = " or ".join(
            f"{item.code} counts {self.catalogue.scopes[item.scope]}" for item in items
        )
        printed = BELOW.join(self.labels or [self.around.title.text])
        if not self.stated:
            fault = Fault(
                "scope_not_stated",
                f"who is counted, in the title or in the heading; '{name}' alone does not say it: "
                f"{wanted}",
                self.catalogue.scope_answers(items),
            )
        else:
            said = " and ".join(str(self.catalogue.scopes[scope]) for scope in sorted(self.stated))
            fault = Fault("other_scope", f"figures of the item's scope: {wanted}; here {said}")
        return Named(printed, None, rule, fault)

    def _printed(self, name: str) -> str:
        """The name with the words of its scope, as far as they stand outside it."""
        if not self.words:
            return name
        glue = "" if languages(self.words[0])[0] else ": "
        return glue.join([*self.words, name])

    def _is_part(self, names: Sequence[str]) -> bool:
        """Whether the last name is an item of the yearbook table of the item it is a part of."""
        part = self.catalogue.item_of(names[-1], self.stated)
        outer = names[:-1]
        wholes = [self.catalogue.item_of(name, self.stated) for name in _joined(outer)]
        # The nearest name alone is the whole only if nothing further out restricts it.
        if len(outer) > 1 and self._is_part(outer):
            wholes.append(self.catalogue.item_of(outer[-1], self.stated))
        return part is not None and any(
            whole and (whole.yearbook, whole.yearbook_table) == (part.yearbook, part.yearbook_table)
            for whole in wholes
        )


def _restricting(catalogue: Catalogue, around: Surroundings, item: Item) -> list[str]:
    """The pieces of a title that neither the item's labels nor the other columns account for.

    Another column accounts for a piece only where the title is about the item too: in a table of
    R&D经费, the column 工业 is a part of the expenditure.
    """
    foreign, topics, is_about = [], [], False
    stated = scopes_of(around.scopes)
    for piece in around.title.rest:
        other = catalogue.item_of(piece, stated)
        is_sibling = (
            other is not None
            and other.code in around.beside
            and (other.yearbook, other.yearbook_table) == (item.yearbook, item.yearbook_table)
        )
        if is_sibling or any(piece in label for label in catalogue.labels[item.code]):
            is_about = True
        elif len(piece) > 1 and any(piece in topic for topic in around.topics):
            topics.append(piece)
        else:
            foreign.append(piece)
    return foreign if is_about else [*foreign, *topics]


def _joined(parts: Sequence[str]) -> list[str]:
    """The names that parts may make: each may lead, the others follow in order or reversed."""
    if len(parts) < 2:
        return list(parts)
    if len(parts) > _MOST_JOINED:
        return ["".join(parts)]
    orders = [[*parts[at:], *parts[:at]] for at in range(len(parts))] + [list(reversed(parts))]
    glue = "" if languages(parts[0])[0] else " "
    return [sign.join(order) for order in orders for sign in (glue, ": ")]


def scoped(label: str, scope: str | None, catalogue: Catalogue) -> str:
    """A label with the words of a scope, where it is an item's name only with them."""
    if scope and label.strip() and catalogue.item(label) is None:
        return f"{scope}{label}"
    return label


def _contested(printed: str, items: Iterable[Item]) -> Named:
    codes = " and ".join(sorted(item.code for item in items))
    return Named(printed, fault=unclear(f"a heading that names one item; this one names {codes}"))


def unclear(expected: str) -> Fault:
    """The fault of cells of which headings, title or sheet name say two things, or nothing."""
    return Fault("ambiguous_heading", expected)
