"""What an explanation consists of: a figure, the figures it is made of, down to yearbook cells.

Only the shapes, which load fast. They are filled in by `ami.lineage` and shown by the command.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from yearbooks.untrusted import place, visible


@dataclass(frozen=True)
class Cell:
    """A cell of a yearbook file: where it stands, what it prints, and whether it counts.

    yearbook, table: None where the file does not state them. edition_printed: blank where `edition`
    is not stated but taken for one (see docs/explain.md). rule: by which the cell was read; None in
    old loads. value: what is used for it, in the item's unit; None where no figure is. verdict:
    `counts`, or why not (see int_items__editions). What several loads of a file say alike is one
    cell, as it was read last.
    """

    file: str
    file_hash: str
    load_seq: int
    sheet: str
    row: int
    column: str
    yearbook: str | None
    table: str | None
    edition: int
    edition_printed: str | None
    item_printed: str
    province_printed: str
    year_printed: str | None
    value_printed: str
    unit_printed: str
    footnotes: str | None
    rule: str | None
    is_formula_result: bool
    value: float | None
    is_corrected: bool
    correction_reason: str | None
    withheld_reason: str | None
    verdict: str

    def where(self) -> str:
        """File, sheet, row and column as a person reads them."""
        return f"{visible(self.file)}, {place(self.sheet, self.row, self.column)}"


@dataclass(frozen=True)
class Printed:
    """A figure that was printed for `year`: the cell that counts, and the others of that year."""

    year: int
    value: float
    cell: Cell
    why: str
    others: tuple[Cell, ...]


@dataclass(frozen=True)
class Figure:
    """One number of an explanation, and the figures it is made of.

    kind: as in model lineage_figures; an item is an `Item`.
    terms: the numbers of its formula that are no figures of their own, by the names of the models.
    missing: why it has no value; empty where it has one. notes: what a reader must know of it.
    """

    kind: str
    name: str
    label: str
    value: float | None
    unit: str
    formula: str = ""
    is_interpolated: bool = False
    terms: Mapping[str, Any] = field(default_factory=dict)
    missing: str = ""
    notes: tuple[str, ...] = ()
    parts: tuple["Figure", ...] = ()

    def walk(self) -> Iterator["Figure"]:
        """The figure, then everything it is made of, depth first."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True)
class ItemFigure(Figure):
    """A raw item of a yearbook, where an explanation ends.

    input: what it is in the formula above it; empty where it was asked for by itself. fill_method
    and gap_length: as in int_items__filled. printed: the figure it is, or those it was filled in
    from. without_figure: cells of its year from which no figure was taken.
    """

    input: str = ""
    year: int = 0
    fill_method: str = ""
    gap_length: int | None = None
    printed: tuple[Printed, ...] = ()
    without_figure: tuple[Cell, ...] = ()


@dataclass(frozen=True)
class RecipeInterval:
    """How far a score and rank of the index move over recipes: a row of `index_uncertainty`.

    score_lower to rank_upper: ends of 90 % intervals. share_top_ten: of the recipes.
    """

    score_lower: float
    score_upper: float
    rank: int
    rank_lower: int
    rank_upper: int
    share_top_ten: float
    n_recipes: int


@dataclass(frozen=True)
class Explanation:
    """Why one figure of a dataset is what it is.

    missing_items: the raw items without a figure that it lacks, each with the year; empty where it
    has a value. over_recipes: of the index; None of another figure, of one without a value, and in
    a build that has no estimates.
    """

    dataset: str
    is_synthetic: bool
    refreshed_at: str
    province_code: str
    province: str
    province_zh: str
    year: int
    figure: Figure
    missing_items: tuple[Mapping[str, Any], ...]
    over_recipes: RecipeInterval | None = None

    def json(self) -> str:
        """The whole of it; keys as in docs/explain.md. Every text of a file stays as it is."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        # What could act in a terminal is escaped, which JSON reads back as the same.
        return "".join(
            sign if sign.isprintable() or sign == "\n" else json.dumps(sign)[1:-1] for sign in text
        )
