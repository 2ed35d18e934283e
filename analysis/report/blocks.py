"""What the sections of a report are made of. `templates/blocks.html` draws each kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from markupsafe import Markup

from analysis.report.figures.style import to_svg
from analysis.report.wording import number, plain
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    import altair as alt

    from analysis.report.typeset import TypesetTable

ROWS_SHOWN = 12


class Numbers(list[str]):
    """A column of figures, set flush right."""


@dataclass(frozen=True)
class Picture:
    """A picture; `wording` say what it shows to who cannot see it."""

    id: str
    caption: str
    words: str
    svg: Markup
    kind: str = "figure"

    @classmethod
    def of(cls, identifier: str, caption: str, words: str, chart: alt.TopLevelMixin) -> Picture:
        # Vega escapes the texts of a picture itself.
        return cls(identifier, caption, words, Markup(to_svg(chart)))


@dataclass(frozen=True)
class TextTable:
    """A table of texts by column header; the first column names the rows.

    of_dataset: false where no figure of the dataset enters, so that it cannot be synthetic.
    quotes: whether its cells are as printed in files; else they are the project's words.
    """

    id: str
    caption: str
    columns: Mapping[str, Sequence[str]]
    of_dataset: bool = True
    quotes: bool = False
    kind: str = "table"

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return list(zip(*self.columns.values(), strict=True))

    def is_numeric(self, header: str) -> bool:
        return isinstance(self.columns[header], Numbers)


@dataclass(frozen=True)
class PaperTable:
    """A table of the paper; `rows` are its head and body."""

    id: str
    caption: str
    rows: Markup
    note: str
    kind: str = "paper_table"

    @classmethod
    def of(cls, table: TypesetTable) -> PaperTable:
        return cls(f"table-{table.number}", table.heading, Markup(table.rows_html()), table.note)


@dataclass(frozen=True)
class Paragraph:
    """A note in words."""

    text: str
    kind: str = "paragraph"


@dataclass(frozen=True)
class Folded:
    """Blocks that open on demand; printed open."""

    summary: str
    blocks: Sequence[Block]
    kind: str = "folded"


Block = Picture | TextTable | PaperTable | Paragraph | Folded


@dataclass(frozen=True)
class Section:
    """A section; `lead` says in one sentence or two what follows."""

    id: str
    title: str
    lead: str
    blocks: Sequence[Block] = ()


def numbers(values: Iterable[float], decimals: int = 0) -> Numbers:
    return Numbers(number(value, decimals) for value in values)


def ranges(lower: Iterable[float], upper: Iterable[float], decimals: int = 0) -> Numbers:
    """Each from its lower end to its upper one."""
    return Numbers(
        f"{number(low, decimals)} to {number(high, decimals)}"
        for low, high in zip(lower, upper, strict=True)
    )


def texts(values: Iterable[object], absent: str = "") -> list[str]:
    """Texts, of yearbook files too: characters that hide or turn others are written out."""
    return [visible(plain(value)) or absent for value in values]


def yes_no(values: pd.Series) -> list[str]:
    return ["yes" if value else "no" for value in values.astype(bool)]


def shortened(table: TextTable, things: str) -> list[Block]:
    """A long table as its first rows, and the rest on demand."""
    n_rest = len(table.rows) - ROWS_SHOWN
    if n_rest <= 3:
        return [table]
    first, others = f"the first {ROWS_SHOWN} {things}", f"the other {n_rest} {things}"
    rest = _slice(table, slice(ROWS_SHOWN, None), others)
    return [
        _slice(table, slice(ROWS_SHOWN), first),
        Folded(others.capitalize(), [replace(rest, id=f"{table.id}-rest")]),
    ]


def bar(observed: float, interpolated: float, expected: float) -> Markup:
    """Shares of what is expected, as a bar."""
    shares = (100 * part / expected if expected else 0 for part in (observed, interpolated))
    template = (
        '<span class="bar" aria-hidden="true"><i style="width:{:.1f}%"></i>'
        '<i class="filled" style="width:{:.1f}%"></i></span>'
    )
    return Markup(template).format(*shares)


def _slice(table: TextTable, rows: slice, which: str) -> TextTable:
    columns = {
        name: Numbers(cells[rows]) if table.is_numeric(name) else cells[rows]
        for name, cells in table.columns.items()
    }
    return replace(table, caption=f"{table.caption}: {which}", columns=columns)
