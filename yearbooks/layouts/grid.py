"""A sheet as a rectangle of texts that can be turned on its side, whatever the texts say."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Self

from yearbooks.cells import Place, Sheet, half_width

_FIGURE = re.compile(r"[+-]?(?:[0-9][0-9, ]*(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[%‰]?")
_LONGEST_FIGURE = 40


def is_figure(text: str) -> bool:
    """Whether a text is a number, a year among them, perhaps with a percent sign."""
    return 0 < len(text) <= _LONGEST_FIGURE and _is_figure(text)


@lru_cache(maxsize=8192)
def _is_figure(text: str) -> bool:
    return _FIGURE.fullmatch(half_width(text)) is not None


@dataclass(frozen=True)
class Grid:
    """A rectangle of texts; rows and columns by position, with the places they have in the sheet.

    shown: the texts, that of a merged cell in every place it covers. merged: for each of these, the
    place in the sheet whose text it is. is_turned: its rows are columns of the sheet.
    """

    numbers: tuple[int, ...]
    positions: tuple[int, ...]
    shown: tuple[Sequence[str], ...]
    merged: Mapping[Place, Place]
    is_turned: bool = False

    @classmethod
    def of(cls, sheet: Sheet) -> Self:
        """A whole sheet; short rows of a text file are filled up with nothing."""
        width = max((len(texts) for _, texts in sheet.rows), default=0)
        at = {number: [*texts, *[""] * (width - len(texts))] for number, texts in sheet.rows}
        # A text that lies hidden below a merged cell stays what it is.
        merged = {
            place: root
            for place, root in sheet.merged.items()
            if place[0] in at and root[0] in at and max(place[1], root[1]) < width
            if not at[place[0]][place[1]].strip()
        }
        for place, root in merged.items():
            at[place[0]][place[1]] = at[root[0]][root[1]]
        return cls(tuple(at), tuple(range(width)), tuple(at.values()), merged)

    def turned(self) -> "Grid":
        texts = tuple(zip(*self.shown, strict=True))
        return replace(
            self,
            numbers=self.positions,
            positions=self.numbers,
            shown=texts,
            is_turned=not self.is_turned,
        )

    def part(self, rows: Sequence[int]) -> "Grid":
        """Some of the rows."""
        return replace(
            self,
            numbers=tuple(self.numbers[row] for row in rows),
            shown=tuple(self.shown[row] for row in rows),
        )

    def within(self, columns: range) -> "Grid":
        """Some of the columns."""
        return replace(
            self,
            positions=self.positions[columns.start : columns.stop],
            shown=tuple(texts[columns.start : columns.stop] for texts in self.shown),
        )

    def place(self, row: int, column: int) -> Place:
        """Row number and column position in the sheet."""
        number, position = self.numbers[row], self.positions[column]
        return (position, number) if self.is_turned else (number, position)

    def origin(self, row: int, column: int) -> Place:
        """The place in the sheet of the text that is shown."""
        place = self.place(row, column)
        return self.merged.get(place, place)

    def is_covered(self, row: int, column: int) -> bool:
        return self.place(row, column) in self.merged

    def texts(self, row: int) -> list[tuple[int, str]]:
        """(column, text) of each text of a row, a merged one once."""
        if row not in self._texts:
            found: dict[Place, tuple[int, str]] = {}
            for column, text in enumerate(self.shown[row]):
                if text.strip():
                    found.setdefault(self.origin(row, column), (column, text))
            self._texts[row] = list(found.values())
        return self._texts[row]

    @cached_property
    def _texts(self) -> dict[int, list[tuple[int, str]]]:
        return {}
