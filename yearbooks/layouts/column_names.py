"""What each column of a table is named, with what stands around it and what a person stated.

Here belongs which item a column holds, once for the whole table. How texts make a name is
`yearbooks.layouts.naming`'s; the figures are `yearbooks.layouts.table_cells`'.
"""

from collections.abc import Sequence
from dataclasses import replace

from yearbooks.labels import StatedScope, match_key
from yearbooks.layouts.columns import Column
from yearbooks.layouts.naming import MAPPING, Named, Naming, Surroundings
from yearbooks.layouts.tables import Context
from yearbooks.layouts.titles import Title
from yearbooks.layouts.words import Level, Words
from yearbooks.mapping import SheetMapping


class ColumnNames:
    """What each column of a table, with the item of each row, is named; answers are kept."""

    def __init__(
        self,
        sheet: str,
        columns: Sequence[Column],
        context: Context,
        words: Words,
        naming: Naming,
        mapping: SheetMapping,
    ) -> None:
        self.context = context
        self.naming = naming
        self.mapping = mapping
        self.section = (context.section,) if context.section else ()
        stated = [
            *context.title.scopes,
            *words.scopes_in(sheet),
            *words.scopes_in(mapping.scope or ""),
        ]
        untitled = Surroundings(scopes=_each_once(stated))
        alone = (naming.name(column.levels, column.is_part, untitled) for column in columns)
        self.around = Surroundings(
            context.title,
            untitled.scopes,
            frozenset(named.item.code for named in alone if named.item),
            tuple(
                match_key("".join(level.chinese or level.latin for level in column.levels))
                for column in columns
            ),
        )
        # By position, as a column of many headings is slow to hash.
        self.found: dict[tuple[int, str], tuple[Column, Named]] = {}

    def of(self, column: Column, row_item: Level) -> Named:
        key = (column.position, row_item.text)
        if key not in self.found:
            self.found[key] = column, self._named(column, row_item)
        return self.found[key][1]

    def _named(self, column: Column, row_item: Level) -> Named:
        if column.stated.item:
            return self._as_mapped(column.stated.item)
        telling = [level for level in (row_item, *column.levels) if level.has_words]
        if self.mapping.item and column.levels and all(level.is_neutral for level in telling):
            return self._as_mapped(self.mapping.item)
        of_row = (replace(row_item, start=-2, end=-2),) if row_item.text.strip() else ()
        levels = (*self.section, *of_row, *column.levels)
        return self.naming.name(levels, column.is_part, self.around)

    def _as_mapped(self, label: str) -> Named:
        """The item that a person stated, of the scope that stands around it."""
        catalogue = self.naming.catalogue
        item = catalogue.item(label)
        if item is not None or not self.around.scopes:
            return Named(label, item, MAPPING)
        printed = "".join([*(scope.words for scope in self.around.scopes), label])
        return Named(printed, catalogue.item(printed), MAPPING)

    def why(self) -> list[str]:
        """How many headings are known, and what the title forbids."""
        known = sum(named.item is not None for _, named in self.found.values())
        said = [f"{known} of {len(self.found)} headings name an item of the catalogue."]
        naming = self.naming
        for column, named in self.found.values():
            if named.item is not None or named.fault is not None:
                continue
            plain = naming.name(
                column.levels, column.is_part, replace(self.around, title=Title())
            ).item
            pieces = plain and naming.restricting(self.around, plain)
            if plain and pieces:
                said.append(
                    f"'{named.printed}' is not read as {plain.code}: the title says more than its "
                    f"heading ({', '.join(pieces)}). If that says nothing, give it a row in "
                    "neutral_headings.csv; if the figures are that item, say so in a mapping file."
                )
        return said


def _each_once(stated: Sequence[StatedScope]) -> tuple[StatedScope, ...]:
    """One statement of each scope, the first."""
    return tuple({scope.scope: scope for scope in reversed(stated)}.values())
