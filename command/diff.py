"""`ami diff`: what changed between two vintages, and why. What did is found by `ami.revisions`."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from ami.dataset import DEMO, Dataset, DatasetError, find_dataset
from ami.dates import years_in_words
from analysis.variables import INDEX_VARIABLES, INDICES
from command.console import (
    FIRST_CELLS,
    DatasetOption,
    Terminal,
    named,
    plain_table,
    say_heading,
    say_line,
    say_more,
    wrong_input,
)
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    import pandas as pd

    from ami.revisions import Revision


def diff(
    old: Annotated[
        int | None, typer.Argument(help="Number of a vintage; the second to last if left out.")
    ] = None,
    new: Annotated[
        int | None, typer.Argument(help="Number of another; the last one if left out.")
    ] = None,
    dataset: DatasetOption = DEMO,
    everything: Annotated[bool, typer.Option("--all", help="List every row.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what changed between two vintages: inputs, values, ranks and coefficients, and why."""
    from ami.revisions import compare
    from ami.vintage_store import VintageError

    try:
        target = find_dataset(dataset)
        revision = compare(target.database, old, new)
    except (DatasetError, VintageError) as error:
        wrong_input(error)
    if as_json:
        typer.echo(revision.as_json(target.name, synthetic=target.synthetic))
    else:
        show_revision(Terminal(), target, revision, everything=everything)


def show_revision(
    console: Console, dataset: "Dataset", revision: "Revision", *, everything: bool
) -> None:
    """What changed: inputs by cause, then values and coefficients with the parts of each."""
    first = None if everything else FIRST_CELLS
    say_line(
        console,
        f"{named(dataset)}: vintage {revision.new.vintage} {revision.summary()}",
        style="bold red" if revision.composition else "bold",
    )
    for vintage in (revision.old, revision.new):
        say_line(
            console,
            f"vintage {vintage.vintage}: published {vintage.published_at:%Y-%m-%d %H:%M} UTC, "
            f"{vintage.years}, {vintage.n_indicators} indicators",
            indent=2,
        )
    for name, (before, after) in revision.changed_options.items():
        say_line(console, f"option {name}: {before} -> {after}", indent=2)
    if not revision.inputs.empty:
        say_heading(console, "Inputs that changed")
        _show_inputs_by_item(console, revision, first)
    figures = revision.inputs.dropna(subset=["old_value", "new_value"])
    if not figures.empty:
        say_heading(console, "Figures that have another value")
        console.print(_revised_figures(figures.head(first or len(figures))))
        say_more(console, len(figures) - len(figures.head(first or len(figures))))
    if revision.values.empty:
        say_line(console, "No value of a variable moved.")
        return
    say_heading(console, "Values that moved, and the mean size of each cause's part")
    console.print(_moves_by_variable(revision))
    moved = revision.moved
    moved = moved[moved["variable"].isin(INDEX_VARIABLES if everything else INDICES)]
    if not moved.empty:
        say_heading(
            console, "Index values, the largest moves first: the parts add up to the change"
        )
        console.print(_moves(moved.head(first or len(moved))))
        say_more(console, len(moved) - len(moved.head(first or len(moved))))
    _show_coefficients(console, revision, first)
    console.print()
    say_line(
        console,
        "Causes are applied one after another, each on top of those before: changed composition "
        "(which indicators the index is made of), revised input, new coverage, new year, changed "
        "option (formulas and reference data too).",
        style="dim",
    )


def _show_inputs_by_item(console: Console, revision: "Revision", first: int | None) -> None:
    table = plain_table()
    table.add_column("cause", no_wrap=True)
    table.add_column("item", overflow="fold")
    for heading in ("figures", "provinces", "years"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("from", overflow="fold")
    groups = list(revision.inputs.groupby(["cause", "item"], sort=False))
    for of_group, rows in groups[:first]:
        cause, item = map(str, of_group)
        files = sorted(rows["new_file"].dropna().unique())
        table.add_row(
            cause.replace("_", " "),
            item,
            f"{len(rows):,}",
            str(rows["province_code"].nunique()),
            years_in_words(sorted(rows["year"].unique())),
            Text(", ".join(map(visible, files)) or "no longer there"),
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    say_more(console, len(groups[first:]) if first else 0)


def _revised_figures(rows: "pd.DataFrame") -> RenderableType:
    table = plain_table()
    for heading in ("item", "province", "year", "old", "new", "change", "edition", "file"):
        is_number = heading in {"year", "old", "new", "change"}
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    for row in rows.to_dict("records"):
        old, new = row["old_value"], row["new_value"]
        table.add_row(
            row["item"],
            row["province"],
            str(row["year"]),
            f"{old:,.15g}",
            f"{new:,.15g}",
            f"{new / old - 1:+.2%}" if old else "",
            " -> ".join(dict.fromkeys(_edition(row, which) for which in ("old", "new"))),
            Text(visible(row["new_file"])),
        )
    return Padding(table, (0, 0, 0, 2))


def _edition(row: "Mapping[Hashable, Any]", which: str) -> str:
    printed = row[f"{which}_edition_printed"]
    is_silent = isinstance(printed, str) and not printed.strip()
    return f"{row[f'{which}_edition']}{' (not stated)' if is_silent else ''}"


def _moves_by_variable(revision: "Revision") -> RenderableType:
    from ami.counterfactuals import STEPS

    table = plain_table()
    table.add_column("variable", no_wrap=True)
    for heading in ("new", "gone", "moved", "largest", *_causes(STEPS), "ranks"):
        table.add_column(heading, justify="right")
    for variable, rows in revision.values.groupby("variable", sort=False):
        moved = rows[rows["change"].notna()]
        table.add_row(
            str(variable),
            f"{rows['came_with'].notna().sum():,}",
            f"{rows['went_with'].notna().sum():,}",
            f"{len(moved):,}",
            f"{max(moved['change'], key=abs):+.4g}" if len(moved) else "",
            *(f"{moved[step].abs().mean():.3g}" if len(moved) else "" for step in STEPS),
            f"{(moved['rank_change'] != 0).sum():,}",
        )
    return Padding(table, (0, 0, 0, 2))


def _moves(rows: "pd.DataFrame") -> RenderableType:
    from ami.counterfactuals import STEPS

    table = plain_table()
    for heading in ("variable", "province", "year"):
        table.add_column(heading, no_wrap=True)
    for heading in ("old", "new", "change", *_causes(STEPS), "rank"):
        table.add_column(heading, justify="right")
    for row in rows.to_dict("records"):
        ranks = dict.fromkeys((str(row["old_rank"]), str(row["new_rank"])))
        table.add_row(
            row["variable"],
            row["province"],
            str(row["year"]),
            f"{row['old_value']:.4f}",
            f"{row['new_value']:.4f}",
            *(f"{row[part]:+.4f}" for part in ("change", *STEPS)),
            " -> ".join(ranks),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_coefficients(console: Console, revision: "Revision", first: int | None) -> None:
    from ami.counterfactuals import STEPS

    moved = revision.estimates.dropna(subset="change")
    if moved.empty:
        return
    shown = moved.head(first or len(moved))
    say_heading(console, "Coefficients that moved: the parts add up to the change")
    table = plain_table()
    table.add_column("coefficient", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    for heading in ("old", "new", "change", *_causes(STEPS)):
        table.add_column(heading, justify="right")
    for row in shown.to_dict("records"):
        table.add_row(
            f"{row['table']} ({row['column']}) {row['term']}",
            row["outcome"],
            f"{row['old_estimate']:.4f}",
            f"{row['new_estimate']:.4f}",
            *(f"{row[part]:+.4f}" for part in ("change", *STEPS)),
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    say_more(console, len(moved) - len(shown))


def _causes(steps: "Sequence[str]") -> "list[str]":
    return [step.replace("_", " ") for step in steps]
