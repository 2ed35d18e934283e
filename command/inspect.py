"""`ami inspect`: what would become of a file. What is found in it is said by `yearbooks`."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from ami import own_reference
from ami.dataset import DEMO, Dataset, DatasetError, ami_home, find_dataset, has_inbox
from ami.dates import years_in_words
from command.console import (
    FIRST_CELLS,
    REFERENCE,
    Terminal,
    cells_in_words,
    plain_table,
    rule_in_words,
    say_heading,
    say_line,
    show_row,
    wrong_input,
)
from command.exit_codes import ExitCode
from yearbooks.observed_units import ObservedUnits
from yearbooks.reference import reference_rows
from yearbooks.untrusted import place, visible

if TYPE_CHECKING:
    from yearbooks.drafts import Draft
    from yearbooks.inspection import Inspection, SeenItem, SeenSheet, SetAsideCells


WIDE = 120


def inspect(
    file: Annotated[Path, typer.Argument(help="The yearbook file; its name does not matter.")],
    dataset: Annotated[
        str,
        typer.Option(
            "--dataset", "-d", help="Dataset whose accepted readings and corrections apply."
        ),
    ] = "",
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Draft FILE.mapping.yml with what the file does not say.",
        ),
    ] = False,
) -> None:
    """Say what would become of a file: what is recognised, every problem. Nothing is loaded.

    The exit code is 0 if any cell of it would land, 1 if none would.
    """
    from yearbooks.accepted import Releases
    from yearbooks.catalogue import Catalogue
    from yearbooks.drafts import Draft
    from yearbooks.errors import CatalogueError, FileFault, YearbookError
    from yearbooks.inspection import inspect as look_into
    from yearbooks.source import Source, file_name

    try:
        target = _target(dataset, file)
        if not os.path.lexists(file):
            raise DatasetError(f"there is no file {file}")
        if file.is_dir():
            raise DatasetError(f"{file} is a folder: name one file in it")
        with own_reference.as_now(target) as reference:
            catalogue = Catalogue.load(reference)
            releases = Releases.load(reference, catalogue)
            names = Names.load(reference)
    except (DatasetError, CatalogueError) as error:
        wrong_input(error)
    refused = None
    try:
        source = Source.open(file)
    except FileFault as fault:
        source, refused = Source(file_name(file), b""), fault
    of_file = releases.of(dataset, source.name)
    this_year = date.today().year
    found = look_into(source, catalogue, of_file, this_year, refused)
    console = Terminal()
    show_inspection(console, found, names)
    if write and refused is None:
        try:
            draft = Draft.of(source, catalogue, this_year, of_file)
            show_draft(console, draft, draft.save(file) if draft else None)
        except YearbookError as error:
            wrong_input(error)
    raise typer.Exit(ExitCode.DONE if found.landed else ExitCode.FAILED)


def _target(dataset: str, file: Path) -> Dataset:
    """The dataset named; one that has no inbox yet takes that in which the file lies."""
    here = Dataset(dataset or DEMO, file.parent.resolve(), ami_home())
    return find_dataset(dataset) if dataset and has_inbox(here) else here


@dataclass(frozen=True)
class Names:
    """How items and provinces are called when a person reads of them, by code."""

    items: dict[str, str]
    provinces: dict[str, str]
    units: ObservedUnits

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Reads items.csv and provinces.csv; raises `CatalogueError` where one is incomplete."""
        items = {
            row["item_code"]: row["label_zh"]
            for _, row in reference_rows(folder / "items.csv", "item_code", "label_zh")
        }
        provinces = {
            row["province_code"]: f"{row['province_zh']} {row['province']}"
            for _, row in reference_rows(
                folder / "provinces.csv", "province_code", "province_zh", "province"
            )
        }
        ((_, row),) = reference_rows(folder / "observed_units.csv", "national_code")
        units = ObservedUnits.of(row)
        return cls(items, {units.national_code: "全国 National", **provinces}, units)


def show_inspection(console: Console, found: "Inspection", names: Names) -> None:
    """The whole of an inspection, from the file to its problems."""
    say_line(console, visible(found.name), style="bold")
    mapping = "; read with the .mapping.yml beside it" if found.has_mapping else ""
    say_line(console, f"{found.kind}, {_size(found.size)}{mapping}")
    say_line(
        console,
        f"{cells_in_words(found.cells)} read = {found.landed:,} would land + "
        f"{found.set_aside:,} would be set aside. Nothing has been loaded.",
    )
    for sheet in found.sheets:
        _show_sheet(console, found, sheet, names)
    notes = list(_notes(found, names))
    if notes:
        say_heading(console, "Worth knowing")
        for note in notes:
            say_line(console, f"- {note}", indent=2)
    if found.first_figures:
        say_heading(console, "The first figures as they would land")
        console.print(_figures(found, names))
    if found.problems:
        say_heading(console, f"Problems: {cells_in_words(found.set_aside)} would be set aside")
        for problem in found.problems:
            _show_problem(console, problem)


def _show_sheet(console: Console, found: "Inspection", sheet: "SeenSheet", names: Names) -> None:
    reading = sheet.reading
    title = f"Sheet {visible(reading.name)}" if reading.name else "The table"
    how = f"read as {reading.reader}" if reading.reader else "not read"
    say_heading(console, f"{title}: {how}; {sheet.landed:,} land, {sheet.set_aside:,} set aside")
    for sentence in reading.why:
        say_line(console, f"- {visible(names.units.worded(sentence))}", indent=2)
    if reading.fault is not None:
        fault = reading.fault
        say_line(
            console,
            f"{fault.reason}: expected {visible(names.units.worded(fault.expected))}",
            indent=2,
            style="red",
        )
    items = [item for item in found.items if item.sheet == reading.name]
    if items:
        console.print(_items(items, found.expected_provinces, names, console.width))


def _items(
    items: "list[SeenItem]", expected_provinces: int, names: Names, width: int
) -> RenderableType:
    table = plain_table()
    for heading in ("as printed", "item"):
        table.add_column(heading, overflow="fold")
    # As wide as 100,000,000: lines break between words.
    table.add_column("unit", overflow="fold", min_width=11)
    table.add_column("rule", overflow="fold")
    for heading in ("years", f"of {expected_provinces}", "land", "aside"):
        table.add_column(heading, justify="right", no_wrap=True)
    for item in items:
        known = Text("unknown", style="red")
        if item.code:
            label = names.items.get(item.code, item.code)
            # In a narrow terminal a code would break within its words.
            known = Text(f"{label} {item.code}" if width >= WIDE else label)
        table.add_row(
            Text(visible(item.printed)),
            known,
            _unit(item),
            ", ".join(map(rule_in_words, item.rules)),
            years_in_words(item.years),
            str(item.provinces),
            f"{item.landed:,}",
            Text(f"{item.set_aside:,}", style="red" if item.set_aside else ""),
        )
    return Padding(table, (0, 0, 0, 2))


def _unit(item: "SeenItem") -> Text:
    if item.factor is None:
        printed = visible(item.unit_printed)
        return Text(f"{printed}: unknown" if printed.strip() else "none printed", style="red")
    return Text(f"{visible(item.unit_printed)} = {item.factor:,.15g} {item.measure}")


def _notes(found: "Inspection", names: Names) -> "list[str]":
    notes = []
    if found.provinces:
        here = names.units.worded(f"{found.provinces} of {found.expected_provinces} provinces")
        missing = ", ".join(names.provinces.get(code, code) for code in found.missing)
        notes.append(f"{here}; missing: {missing}" if missing else f"{here}: all of them")
    if found.unknown_provinces:
        known = ", ".join(f"'{visible(text)}'" for text in found.unknown_provinces[:FIRST_CELLS])
        notes.append(names.units.worded("row headings that do not name a province: ") + known)
    if found.has_national:
        notes.append("a national row: it is compared with the sum and enters no formula")
    if found.computed:
        notes.append(
            f"{found.computed:,} figures are stored results of formulas, taken as the file holds "
            "them; nothing was calculated"
        )
    for change in found.unit_changes:
        units = "; ".join(
            f"{visible(unit)} in {years_in_words(years)}" for unit, years in change.units
        )
        name = names.items.get(change.item_code, "")
        notes.append(f"{name} {change.item_code} changes its unit: {units}")
    return notes


def _figures(found: "Inspection", names: Names) -> RenderableType:
    table = plain_table()
    for heading, is_number in (
        ("province", False),
        ("year", True),
        ("item", False),
        ("value", True),
        ("unit", False),
        ("edition", True),
        ("place", False),
    ):
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    several = len(found.sheets) > 1
    for figure in found.first_figures:
        value = f"{figure.value:,.15g}" if figure.value is not None else f"({figure.mark})"
        table.add_row(
            names.provinces.get(figure.province_code, figure.province_code),
            str(figure.year),
            names.items.get(figure.item_code, figure.item_code),
            value,
            Text(visible(figure.unit)),
            f"{figure.edition}{'' if figure.edition_printed.strip() else ' (not stated)'}",
            Text(place(figure.sheet if several else "", figure.row, figure.column)),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_problem(console: Console, problem: "SetAsideCells") -> None:
    console.print(Text.assemble((problem.reason, "bold red"), f"  {cells_in_words(problem.count)}"))
    for expected in problem.expected[:3]:
        say_line(console, f"expected: {visible(expected)}", indent=4)
    if problem.advice:
        say_line(console, f"what to do: {visible(problem.advice)}", indent=4)
    for cell in problem.places:
        where = place(cell.sheet, cell.row, cell.column)
        if where:
            # Texts that are not understood follow, each once.
            is_said = cell.text.strip() and not problem.texts
            said = f": '{visible(cell.text)}'" if is_said else ""
            say_line(console, f"{where}{said}", indent=4)
    if len(problem.places) < problem.count:
        say_line(console, f"and {problem.count - len(problem.places):,} more", indent=4)
    for unknown in problem.texts:
        text = f"'{visible(unknown.text)}' ({cells_in_words(unknown.count)})"
        if not unknown.suggestions:
            say_line(console, text, indent=4)
            continue
        (near,) = unknown.suggestions
        label = "" if near.label == near.code else f" ({near.label})"
        say_line(console, f"{text} looks like a slip for {near.code}{label}.", indent=4)
        row = near.row
        say_line(
            console, f"Only if the two mean the same, add to {REFERENCE}/{row.file}:", indent=4
        )
        show_row(console, row)
    if problem.texts and len(problem.texts) < problem.distinct:
        say_line(console, f"and {problem.distinct - len(problem.texts):,} more texts", indent=4)


def show_draft(console: Console, draft: "Draft | None", path: Path | None) -> None:
    """What was written for a person to complete, and what each answer is worth."""
    if draft is None or path is None:
        say_line(console, "Nothing to ask, so nothing was written.")
        return
    say_heading(console, f"Written: {visible(path)}")
    for question in draft.questions:
        sheet = f"{visible(question.sheet)}, " if question.sheet else ""
        line = f"{question.line}, " if question.line else ""
        say_line(console, f"{sheet}{line}{question.answer}: {question}", indent=2)
    say_line(console, "It changes nothing until you complete it.")


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1000:,.0f} kB"
