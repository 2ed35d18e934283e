"""`ami explain`: a figure as a tree down to its cells, a coefficient down to its indicators.

What is in them is found by `ami.lineage` and `ami.explained_coefficient`.

Every text from a file passes through `visible` into a `Text`, which has no markup.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from ami.dataset import DEMO, DatasetError, find_dataset
from ami.explanation import Cell, Explanation, Figure, ItemFigure, Printed, RecipeInterval
from command.console import BuildOption, DatasetOption, Terminal, wrong_input
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from ami.explained_coefficient import CoefficientPart, ExplainedCoefficient

FILLED = {
    "linear": "interpolated on the line between the figures of {} and {}",
    "nearest": "carried over from the nearest figure, of {}",
    "edge_linear": "extended on the line through the figures of {} and {}",
}
# Of the raw cells that move a coefficient; as JSON all of them are told.
CELLS_SHOWN = 5
DOES_NOT_COUNT = {
    "superseded": "its file was loaded again with other content",
    "withdrawn": "withdrawn by a correction",
    "mark": "no figure is printed",
    "older_edition": "an older edition",
    "newer_edition": "a newer edition",
    "earlier_load": "the same edition, read earlier",
    "later_load": "the same edition, read later",
}


def explain(
    variable: Annotated[
        str,
        typer.Argument(
            help="A panel variable, an indicator, magglo, psagglo or a raw item; or a coefficient "
            "on the index: 'table 4 (1) coagglo'."
        ),
    ],
    province: Annotated[
        str | None, typer.Option(help="Of a figure: code, or Chinese or English name.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Of a figure: data year.")] = None,
    dataset: DatasetOption = DEMO,
    build: BuildOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a tree.")] = False,
) -> None:
    """Follow a figure to the yearbook cells it was computed from, or a coefficient to its parts."""
    from ami import explained_coefficient, lineage
    from yearbooks.catalogue import Catalogue
    from yearbooks.errors import CatalogueError

    found: Explanation | explained_coefficient.ExplainedCoefficient
    try:
        target = find_dataset(dataset)
        if explained_coefficient.COEFFICIENT.fullmatch(variable.strip()):
            if province is not None or year is not None:
                raise lineage.ExplanationError(
                    "a coefficient is of no province and year: leave out --province and --year"
                )
            found = explained_coefficient.explain_coefficient(target, variable, build=build)
        else:
            if province is None or year is None:
                raise lineage.ExplanationError(
                    "a figure is of a province and a year: add --province and --year"
                )
            catalogue = Catalogue.load(target.reference)
            found = lineage.explain(target, catalogue, variable, province, year, build=build)
    except (DatasetError, CatalogueError, lineage.ExplanationError) as error:
        wrong_input(error)
    if as_json:
        typer.echo(found.json())
    elif isinstance(found, Explanation):
        show_explanation(Terminal(), found, build=build)
    else:
        show_coefficient(Terminal(), found, build=build)


def show_explanation(console: Console, explanation: Explanation, *, build: bool) -> None:
    """The figure, where and when it is, and below it everything it was computed from."""
    of = explanation
    console.print(
        Text(f"{of.province_zh} {of.province} {of.province_code}, {of.year}; {_source(of, build)}")
    )
    branches = _Branches()
    label = _label(of.figure)
    if of.over_recipes:
        label.append(f"\n{_over_recipes(of.over_recipes)}", style="yellow")
    tree = Tree(label, guide_style="dim")
    branches.grow(tree, of.figure)
    console.print(tree)
    for footnote, number_of_note in branches.footnotes.items():
        console.print(Text(f"[{number_of_note}] {visible(footnote)}", style="dim"))
    if of.missing_items:
        item = of.missing_items[0]
        console.print(
            Text(
                "Cells that were set aside may be among what is missing: ami quarantine --dataset "
                f"{of.dataset}{' --build' if build else ''} --item {item['item_code']} "
                f"--province {of.province_code} --year {item['year']}"
            )
        )


def _source(of: "Explanation | ExplainedCoefficient", build: bool) -> str:
    """Of which dataset it is, and of when."""
    synthetic = ", SYNTHETIC" if of.is_synthetic else ""
    made = f"{'build of' if build else 'refreshed'} {of.refreshed_at[:16].replace('T', ' ')}"
    return f"dataset {of.dataset}{synthetic}, {made}"


def show_coefficient(console: Console, of: "ExplainedCoefficient", *, build: bool) -> None:
    """A coefficient, its dimensions and indicators, and what is left without shared items."""
    name = f"{'' if of.table.startswith('reduced') else 'table '}{of.table} ({of.column}) {of.term}"
    console.print(Text(f"{name}: {of.outcome} on {of.term}, {of.sample}; {_source(of, build)}"))
    (whole,) = of.of_kind("whole")
    tree = Tree(_part(of.term, whole), guide_style="dim")
    dimensions = of.of_kind("dimension")
    branches = {part.component: tree.add(_part(part.component, part)) for part in dimensions}
    for part in sorted(of.of_kind("indicator"), key=lambda part: -part.estimate):
        branch = branches.get(part.dimension or "", tree).add(_part(part.component, part))
        branch.add(Text(f"made of {', '.join(part.items)}", style="dim"))
        if part.shared_items:
            shared = ", ".join(part.shared_items)
            branch.add(Text(f"on both sides of the equation: {shared}", style="yellow"))
    console.print(tree)
    for kind in ("without shared items", "index of the others"):
        for part in of.of_kind(kind):
            console.print(_part(kind, part))
    if of.cells:
        console.print(Text("One per cent more of a raw cell moves it, to first order, most at"))
    for cell in of.cells[:CELLS_SHOWN]:
        moved = Text(f"  {number(cell.change)}  ", style="bold")
        console.print(moved.append(f"{cell.item_code}, {cell.province_year}", style="not bold"))
    console.print(Text("To the cells of a figure: ami explain FIGURE --province P --year Y"))


def _part(name: str, part: "CoefficientPart") -> Text:
    share = "" if part.kind in ("whole", "index of the others") else f", {100 * part.share:.1f} %"
    text = Text.assemble((f"{name} {number(part.estimate)}", "bold"))
    text.append(f"  standard error {number(part.std_error)}, p {part.p_value:.3f}{share}")
    return text.append(f"\n{part.label}", style="dim") if part.label else text


class _Branches:
    """The parts of a figure as branches of a tree; each cell and each footnote is told once."""

    def __init__(self) -> None:
        self.footnotes: dict[str, int] = {}
        self._told: set[Cell] = set()

    def grow(self, tree: Tree, figure: Figure) -> None:
        for part in figure.parts:
            self.grow(tree.add(_label(part)), part)
        if not isinstance(figure, ItemFigure):
            return
        for printed in figure.printed:
            branch = tree.add(self._printed(printed))
            for cell in self._untold(printed.others):
                branch.add(self._uncounted(cell))
        for cell in self._untold(figure.without_figure):
            tree.add(self._uncounted(cell))

    def _untold(self, cells: tuple[Cell, ...]) -> list[Cell]:
        untold = [cell for cell in cells if cell not in self._told]
        self._told.update(untold)
        return untold

    def _printed(self, printed: Printed) -> Text:
        cell = printed.cell
        if not self._untold((cell,)):
            value, unit = visible(cell.value_printed), visible(cell.unit_printed)
            return Text(f"{printed.year}: '{value}' {unit}, as above", style="dim")
        text = Text(f"{printed.year}: {self._as_printed(cell)}; {printed.why}")
        if cell.is_corrected:
            used = f"{printed.value:,.15g} is used: {cell.correction_reason}"
            text.append(f"\ncorrected, {visible(used)}", style="yellow")
        return text.append(f"\n{_where(cell)}", style="cyan")

    def _uncounted(self, cell: Cell) -> Text:
        if cell.withheld_reason:
            text = Text(f"withheld: {visible(cell.withheld_reason)}", style="yellow")
            text.append(f"\n{self._as_printed(cell)}", style="dim")
        else:
            reason = DOES_NOT_COUNT.get(cell.verdict, cell.verdict)
            text = Text(f"does not count, {reason}: {self._as_printed(cell)}", style="dim")
        return text.append(f"\n{_where(cell)}")

    def _as_printed(self, cell: Cell) -> str:
        formula = ", the stored result of a formula" if cell.is_formula_result else ""
        note = ""
        if cell.footnotes:
            note = f", note [{self.footnotes.setdefault(cell.footnotes, len(self.footnotes) + 1)}]"
        return (
            f"'{visible(cell.value_printed)}' {visible(cell.unit_printed)}{formula}{note}, "
            f"{_published(cell)}"
        )


def _label(figure: Figure) -> Text:
    """The figure's own lines: its name and number, then what a reader needs to follow it."""
    heading, lines = LABELS.get(figure.kind, _plain)(figure)
    label = Text.assemble((visible(heading), "bold" if not isinstance(figure, ItemFigure) else ""))
    if figure.is_interpolated:
        label.append("  interpolated" if not isinstance(figure, ItemFigure) else "", style="yellow")
    for line in (*lines, *figure.notes):
        label.append(f"\n{visible(line)}", style="dim")
    # A single item that is missing says so itself.
    items = [part for part in figure.parts if isinstance(part, ItemFigure)]
    if figure.missing and all(item.missing != figure.missing for item in items):
        label.append(f"\n{visible(figure.missing)}", style="red")
    return label


def _over_recipes(of: RecipeInterval) -> str:
    ranks = f"{of.rank_lower} to {of.rank_upper}"
    return (
        f"rank {of.rank}, in 90 % of {of.n_recipes:,} other recipes {ranks}; score "
        f"{number(of.score_lower)} to {number(of.score_upper)}; in the top ten in "
        f"{100 * of.share_top_ten:.0f} % of them"
    )


def _plain(figure: Figure) -> tuple[str, list[str]]:
    return f"{figure.name} {_value(figure)}", [figure.label, *_formula(figure)]


def _index(figure: Figure) -> tuple[str, list[str]]:
    terms = figure.terms
    has = f"{terms['n_indicators']} of {terms['n_indicators_expected']} indicators"
    rank = f"rank {terms[f'{figure.name}_rank']} of the year, " if figure.value is not None else ""
    return f"{figure.name} {_value(figure)}", [f"{figure.label}; {rank}{has}", figure.formula]


def _dimension(figure: Figure) -> tuple[str, list[str]]:
    points = figure.terms["contribution"]
    gives = f": {number(points)} points of ami" if points is not None else ""
    return f"{figure.name} {_value(figure)}{gives}", [figure.label]


def _indicator(figure: Figure) -> tuple[str, list[str]]:
    terms = figure.terms
    lines = [figure.label, *_formula(figure)]
    if terms["score"] is not None:
        low, high = number(terms["value_min"]), number(terms["value_max"])
        worst = "largest" if terms["attribute"] == "negative" else "smallest"
        lines += [
            f"score {number(terms['score'])} from the {worst}: between {low} and {high}, "
            f"{terms['n_observations']} observations ({terms['scope']})",
            _points(figure, "ami", "contribution", "overall_weight"),
            _points(figure, terms["dimension"], "dimension_contribution", "individual_weight"),
        ]
    return f"{figure.name} {_value(figure)}", lines


def _points(figure: Figure, of: str, contribution: str, weight: str) -> str:
    terms = figure.terms
    if terms[contribution] is None:
        return f"no points of {of}: no weight is defined"
    points, share = number(terms[contribution]), number(terms[weight])
    return f"{points} points of {of} = 100 x weight {share} x score"


def _item(figure: Figure) -> tuple[str, list[str]]:
    assert isinstance(figure, ItemFigure)
    named = f"{figure.name}: " if figure.input else ""
    lines = [f"{named}{figure.label}"]
    if figure.fill_method in FILLED:
        years = [printed.year for printed in figure.printed]
        how = FILLED[figure.fill_method].format(*years)
        gap = f"a gap of {figure.gap_length} year{'' if figure.gap_length == 1 else 's'}"
        lines.append(f"{how}; {gap}")
    return f"{figure.input or figure.name} {figure.year}: {_value(figure)}", lines


def _total(figure: Figure) -> tuple[str, list[str]]:
    heading = f"{figure.name} {_value(figure)}"
    return heading, [f"{figure.label}, {figure.terms['n_provinces']} of them"]


def _variable(figure: Figure) -> tuple[str, list[str]]:
    lines = [figure.label, *_formula(figure)]
    if figure.terms:
        terms = (f"{name} {number(term)}" for name, term in figure.terms.items())
        lines.append("; ".join(terms))
    return f"{figure.name} {_value(figure)}", lines


LABELS: dict[str, Callable[[Figure], tuple[str, list[str]]]] = {
    "index": _index,
    "dimension": _dimension,
    "indicator": _indicator,
    "variable": _variable,
    "item": _item,
    "total": _total,
}


def _published(cell: Cell) -> str:
    stated = f"edition {cell.edition}"
    if cell.edition_printed is not None and not cell.edition_printed.strip():
        stated = f"edition not stated, taken as {cell.edition}"
    yearbook = f" of {cell.yearbook}" if cell.yearbook else ", yearbook not stated"
    table = f"table {visible(cell.table)}" if cell.table else "table not stated"
    return f"{stated}{yearbook}, {table}"


def _where(cell: Cell) -> str:
    rule = f", read as {cell.rule}" if cell.rule else ""
    return f"{cell.where()}{rule}"


def _value(figure: Figure) -> str:
    if figure.value is None:
        return "has no value"
    shown = f"{figure.value:,.12g}" if isinstance(figure, ItemFigure) else number(figure.value)
    return f"{shown} {figure.unit}"


def _formula(figure: Figure) -> Iterator[str]:
    if figure.formula:
        yield f"= {figure.formula}"


def number(value: object) -> str:
    """Six significant digits, and never fewer than all before the point."""
    if not isinstance(value, float):
        return "none" if value is None else str(value)
    return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"
