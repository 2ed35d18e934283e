"""A table of the paper as it is set: title, headings, cells and notes, and its three written forms.

Here: what a set table consists of, and the way from it to HTML, LaTeX (`latex`) and CSV. Not here:
what stands in its cells (`paper_cells`), and which tables there are (`paper_tables`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from analysis.report import latex
from analysis.report.paper_cells import LINE_END, hanging

if TYPE_CHECKING:
    from great_tables import GT

SYNTHETIC_NOTE = "SYNTHETIC data: made by a generator, not a finding about China"


@dataclass(frozen=True, eq=False)
class TypesetTable:
    """A table of the paper, its figures beside ours.

    number: of the table in the paper. stub: heading of the column that names the rows.
    cells: texts, one row a row of the table; the first column names it, and `|` is where a line of
    a cell ends. spanners: what stands above columns, and each column's heading below it.
    parts: which part of the table each row belongs to; empty for a table of one part.
    """

    number: str
    title: str
    stub: str
    cells: pd.DataFrame
    spanners: Mapping[str, Mapping[str, str]]
    synthetic: bool
    parts: tuple[str, ...] = ()
    note: str = ""

    @property
    def heading(self) -> str:
        """Number and title."""
        return f"Table {self.number}. {self.title}"

    def html(self) -> str:
        """The table as an HTML element with a style sheet; every text is escaped."""
        table = self._great_table()
        table = table.tab_header(self.heading, SYNTHETIC_NOTE if self.synthetic else None)
        table = table.tab_source_note(self.note) if self.note else table
        return str(table.as_raw_html())

    def rows_html(self) -> str:
        """Head and body alone, for a page that has its own style, caption and notes."""
        html = str(self._great_table().as_raw_html())
        return html[html.index("<thead") : html.rindex("</tbody>")] + "</tbody>"

    def latex(self) -> str:
        """The table for `\\input`: fits A4 in any class, broken by columns and pages as needed."""
        said = f"{SYNTHETIC_NOTE}." if self.synthetic else ""
        return latex.table(
            latex.LatexHeadings(self.number, self.title, said, self.stub, self.spanners, self.note),
            self.cells,
            self.parts,
        )

    def plain(self) -> pd.DataFrame:
        """The cells for a file that travels without its folder: each on one line."""
        plain = self.cells.apply(lambda column: column.str.replace(LINE_END, " "))
        return plain.assign(is_synthetic=self.synthetic)

    def _great_table(self) -> GT:
        from great_tables import GT

        stub, *names = self.cells.columns
        made = GT(
            self.cells.assign(**{"part": self.parts} if self.parts else {}),
            rowname_col=stub,
            groupname_col="part" if self.parts else None,
            id=f"table-{self.number}",
        )
        made = made.tab_stubhead(self.stub).cols_align("right", names)
        for spanner, labels in self.spanners.items():
            made = made.tab_spanner(spanner, list(labels)) if spanner else made
            made = made.cols_label(dict(labels))
        hangs = self.cells[names].map(lambda cell: hanging(cell)[1] != "").to_numpy().any()
        # What a formatter returns is not escaped.
        return made.fmt(_aligned if hangs else escape, columns=names)


def _aligned(cell: str) -> str:
    """A cell in which what follows the last digit hangs, so that decimals align."""
    lines = (hanging(line) for line in cell.split(LINE_END))
    return "<br>".join(
        f'{escape(number)}<span class="hanging">{escape(rest)}</span>' for number, rest in lines
    )
