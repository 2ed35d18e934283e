"""`ami needs`: what a dataset still lacks, in the order in which it is worth getting.

Options and what is printed; what is missing and what it releases is found out by `ami.shortfall`.
"""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ami.dataset import DEMO, Dataset, DatasetError, find_dataset
from command.console import DatasetOption, Terminal, named, say_heading, say_line, wrong_input

if TYPE_CHECKING:
    from ami.shortfall import Assessment, Need, Standing

FIRST_STEPS = 8


def needs(
    dataset: DatasetOption = DEMO,
    show_all: Annotated[
        bool, typer.Option("--all", help="Every step, not only the first.")
    ] = False,
) -> None:
    """List what is missing, where to get it, and what it would release."""
    from ami.dates import today_in_china
    from ami.shortfall import assess
    from ami.warehouse import reading

    try:
        target = find_dataset(dataset)
        with reading(target.to_read()) as connection:
            found = assess(connection, target, today_in_china())
    except DatasetError as error:
        wrong_input(error)
    console = Terminal()
    _say_standing(console, target, found)
    _say_steps(console, found, show_all=show_all)


def _say_standing(console: Console, dataset: Dataset, found: "Assessment") -> None:
    from ami.shortfall import MISSING, PARTIAL, STANDING
    from ami.shortfall.formulas import KINDS

    say_line(console, named(dataset), style="bold")
    for kind in KINDS:
        of_kind = [each for each in found.standing if each.kind == kind]
        counts = ", ".join(
            f"{sum(each.state == state for each in of_kind)} {state}"
            for state in (STANDING, PARTIAL, MISSING)
        )
        say_line(console, f"{len(of_kind)} {kind}s: {counts}", indent=2)
        for words, same in groupby(of_kind, _standing_in_words):
            if words:
                subjects = [each.subject for each in same]
                said = dataset.units.worded(words)
                say_line(console, f"{', '.join(subjects)}: {said}", indent=4)


def _standing_in_words(each: "Standing") -> str:
    """What it has and waits for; nothing of what stands."""
    from ami.shortfall import STANDING

    if each.state == STANDING:
        return ""
    there = f", {each.n_province_years:,} of {each.n_expected:,} province-years ({each.years})"
    waits = f"; waits for {each.waits_for.replace(',', ', ')}" if each.waits_for else ""
    return f"{each.state}{there if each.n_province_years else ''}{waits}"


def _say_steps(console: Console, found: "Assessment", *, show_all: bool) -> None:
    if not found.needs:
        say_heading(console, "Nothing is missing.")
        return
    grouped = [(step, list(each)) for step, each in groupby(found.needs, lambda need: need.step)]
    releasing = [items for step, items in grouped if step is not None]
    if releasing:
        say_heading(console, "What to get, most useful per item first")
    for number, items in enumerate(releasing if show_all else releasing[:FIRST_STEPS], start=1):
        say_line(console, f"{number}. releases {items[0].releases}", indent=2, style="bold")
        for need in items:
            _say_need(console, need)
    if not show_all and len(releasing) > FIRST_STEPS:
        say_line(console, f"{len(releasing) - FIRST_STEPS} more steps: --all lists them.", indent=2)
    for items in (items for step, items in grouped if step is None):
        say_heading(console, "Due, but releasing nothing by themselves")
        for need in items:
            _say_need(console, need)


def _say_need(console: Console, need: "Need") -> None:
    say_line(console, f"{need.item_code}: {need.label_zh} ({need.label_en})", indent=5)
    if need.lacking:
        say_line(console, f"{need.state}: {need.lacking}", indent=8)
    if need.due:
        words = f"due: {need.due}, since {need.due_since}; newest here is {need.newest_year}"
        say_line(console, words, indent=8)
    printed = need.official_tables or f"{need.yearbook_zh}, {need.yearbook}"
    say_line(console, f"printed in {printed}", indent=8)
    if need.note:
        say_line(console, f"note: {need.note}", indent=8)
    say_line(console, " or ".join(filter(None, (need.fetch, need.template))), indent=8)
