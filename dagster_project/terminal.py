"""What `ami inspect`, `ami quarantine` and `ami template` print; nothing is found out here.

Every text from a file passes through `visible` into a `Text`, which has no markup: it is shown and
does nothing. Figures never break over lines; a row for a CSV file stays on one line, to be copied.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from yearbooks.catalogue import reference_rows
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    import pandas as pd

    from yearbooks.catalogue import Catalogue
    from yearbooks.inspection import Inspection, Problem, SeenItem, SeenSheet
    from yearbooks.quarantine import Quarantine
    from yearbooks.remedies import CsvRow

FIRST_CELLS = 20
WIDE = 120
REFERENCE = "dbt/seeds/reference"


@dataclass(frozen=True)
class Names:
    """How items and provinces are called when a person reads of them, by code."""

    items: dict[str, str]
    provinces: dict[str, str]

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
        return cls(items, {"000000": "全国 National", **provinces})


def show_inspection(console: Console, found: "Inspection", names: Names) -> None:
    """The whole of an inspection, from the file to its problems."""
    _line(console, visible(found.name), style="bold")
    mapping = "; read with the mapping file beside it" if found.has_mapping else ""
    _line(console, f"{found.kind}, {_size(found.size)}{mapping}")
    _line(
        console,
        f"{_cells(found.cells)} read = {found.landed:,} would land + {found.set_aside:,} would be "
        "set aside. Nothing has been loaded.",
    )
    for sheet in found.sheets:
        _show_sheet(console, found, sheet, names)
    notes = list(_notes(found, names))
    if notes:
        _heading(console, "Worth knowing")
        for note in notes:
            _line(console, f"- {note}", indent=2)
    if found.first_figures:
        _heading(console, "The first figures as they would land")
        console.print(_figures(found, names))
    if found.problems:
        _heading(console, f"Problems: {_cells(found.set_aside)} would be set aside")
        for problem in found.problems:
            _show_problem(console, problem)


def _show_sheet(console: Console, found: "Inspection", sheet: "SeenSheet", names: Names) -> None:
    reading = sheet.reading
    title = f"Sheet {visible(reading.name)}" if reading.name else "The table"
    how = f"read as {reading.reader}" if reading.reader else "not read"
    _heading(console, f"{title}: {how}; {sheet.landed:,} land, {sheet.set_aside:,} set aside")
    for sentence in reading.why:
        _line(console, f"- {visible(sentence)}", indent=2)
    if reading.fault is not None:
        fault = reading.fault
        _line(console, f"{fault.reason}: expected {visible(fault.expected)}", indent=2, style="red")
    items = [item for item in found.items if item.sheet == reading.name]
    if items:
        console.print(_items(items, found.expected_provinces, names, console.width))


def _items(
    items: "list[SeenItem]", expected_provinces: int, names: Names, width: int
) -> RenderableType:
    table = _table()
    for heading in ("as printed", "item"):
        table.add_column(heading, overflow="fold")
    # As wide as 100,000,000: lines break between words.
    table.add_column("unit", overflow="fold", min_width=11)
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
            _years(item.years),
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
        here = f"{found.provinces} of {found.expected_provinces} provinces"
        missing = ", ".join(names.provinces.get(code, code) for code in found.missing)
        notes.append(f"{here}; missing: {missing}" if missing else f"{here}: all of them")
    if found.unknown_provinces:
        known = ", ".join(f"'{visible(text)}'" for text in found.unknown_provinces[:FIRST_CELLS])
        notes.append(f"row headings that name no province: {known}")
    if found.has_national:
        notes.append("a national row, which is compared with the sum and enters no formula")
    if found.computed:
        notes.append(
            f"{found.computed:,} figures are stored results of formulas, taken as the file holds "
            "them; nothing was calculated"
        )
    for change in found.unit_changes:
        units = "; ".join(f"{visible(unit)} in {_years(years)}" for unit, years in change.units)
        name = names.items.get(change.item_code, "")
        notes.append(f"{name} {change.item_code} changes its unit: {units}")
    return notes


def _figures(found: "Inspection", names: Names) -> RenderableType:
    table = _table()
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
            str(figure.edition),
            Text(place(figure.sheet if several else "", figure.row, figure.column)),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_problem(console: Console, problem: "Problem") -> None:
    console.print(Text.assemble((problem.reason, "bold red"), f"  {_cells(problem.count)}"))
    for expected in problem.expected[:3]:
        _line(console, f"expected: {visible(expected)}", indent=4)
    if problem.advice:
        _line(console, f"what to do: {problem.advice}", indent=4)
    for cell in problem.places:
        where = place(cell.sheet, cell.row, cell.column)
        if where:
            _line(console, f"{where}: '{visible(cell.text)}'", indent=4)
    if len(problem.places) < problem.count:
        _line(console, f"and {problem.count - len(problem.places):,} more", indent=4)
    for unknown in problem.texts:
        text = f"'{visible(unknown.text)}' ({_cells(unknown.count)})"
        if not unknown.suggestions:
            _line(console, f"{text} resembles nothing known", indent=4)
            continue
        near = " or ".join(
            each.code if each.label == each.code else f"{each.code} ({each.label})"
            for each in unknown.suggestions
        )
        _line(console, f"{text} resembles {near}.", indent=4)
        row = unknown.suggestions[0].row
        _line(console, f"Only if the two mean the same, add to {REFERENCE}/{row.file}:", indent=4)
        _show_row(console, row)
    if problem.texts and len(problem.texts) < problem.distinct:
        _line(console, f"and {problem.distinct - len(problem.texts):,} more texts", indent=4)


def show_quarantine(
    console: Console,
    dataset: str,
    refreshed_at: datetime,
    held: "Quarantine",
    shown: "Quarantine",
    catalogue: "Catalogue",
    *,
    everything: bool,
) -> None:
    """What stands aside: counts by reason and file, the cells, and how to release the first."""
    from yearbooks.remedies import ADVICE

    cells = shown.cells
    if len(cells) == len(held.cells):
        counted = f"{_cells(len(cells))} {'stands' if len(cells) == 1 else 'stand'} aside"
    else:
        counted = f"{len(cells):,} of {len(held.cells):,} cells that stand aside match,"
    refresh = f"in the last good refresh ({refreshed_at:%Y-%m-%d %H:%M})"
    _line(console, f"{dataset}: {counted} {refresh}", style="bold")
    if cells.empty:
        return
    summary = _table()
    summary.add_column("reason", no_wrap=True)
    for heading in ("cells", "files"):
        summary.add_column(heading, justify="right", no_wrap=True)
    summary.add_column("what to do", overflow="fold")
    for row in shown.by_reason().itertuples(index=False):
        summary.add_row(row.reason, f"{row.cells:,}", f"{row.files:,}", ADVICE.get(row.reason, ""))
    console.print()
    console.print(summary)
    files = _table()
    files.add_column("file", overflow="fold")
    files.add_column("cells", justify="right", no_wrap=True)
    files.add_column("reasons", overflow="fold")
    for row in shown.by_file().itertuples(index=False):
        files.add_row(Text(visible(row.source_file)), f"{row.cells:,}", row.reasons)
    console.print()
    console.print(files)

    first = cells if everything else cells.head(FIRST_CELLS)
    for name, of_file in first.groupby("source_file", sort=False):
        _heading(console, visible(name))
        console.print(_cells_of(of_file))
    if len(first) < len(cells):
        _line(
            console,
            f"{len(cells) - len(first):,} more: --all lists them, --export FILE.xlsx writes them "
            "to a file.",
        )
    _show_release(console, dataset, shown, catalogue)


def _cells_of(cells: "pd.DataFrame") -> RenderableType:
    table = _table()
    table.add_column("place", overflow="fold")
    table.add_column("reason", no_wrap=True)
    for heading in ("item", "province"):
        table.add_column(heading, overflow="fold")
    for heading in ("year", "value"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("unit", overflow="fold")
    for cell in cells.itertuples(index=False):
        row = int(cell.source_row) if cell.source_row else None
        texts = (cell.item_printed, cell.province_printed, cell.year_printed, cell.value_printed)
        table.add_row(
            Text(place(cell.source_sheet, row, cell.source_column)),
            cell.reason,
            *(Text(visible(text)) for text in (*texts, cell.unit_printed)),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_release(
    console: Console, dataset: str, shown: "Quarantine", catalogue: "Catalogue"
) -> None:
    from yearbooks.remedies import release

    today = date.today()
    for cell in shown.cells.to_dict("records"):
        edition = shown.editions.get(cell["source_file"])
        row = release(cell, dataset, catalogue, today, edition)
        if row is None:
            continue
        where = place(cell["source_sheet"], int(cell["source_row"] or 0), cell["source_column"])
        _heading(console, "To release a cell at the next refresh")
        _line(
            console,
            f"add to {REFERENCE}/{row.file} a row like this one, which is for "
            f"{visible(cell['source_file'])}, {where} ({cell['reason']}); fill its empty fields "
            "and check the others:",
            indent=2,
        )
        _show_row(console, row)
        return


def _show_row(console: Console, row: "CsvRow") -> None:
    for line in (row.header, row.text):
        shown = "\n".join(visible(part) for part in line.split("\n"))
        console.print(Text(f"      {shown}"), soft_wrap=True)


def _table() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim")


def _heading(console: Console, text: str) -> None:
    console.print()
    _line(console, text, style="bold")


def _line(console: Console, text: str, *, indent: int = 0, style: str = "") -> None:
    """A paragraph, its further lines indented too; in a pipe it is one line."""
    body = Text(text, style=style)
    if console.is_terminal:
        console.print(Padding(body, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent).append(body), soft_wrap=True)


def place(sheet: str, row: int | None, column: str) -> str:
    """`3-9!C12` in a sheet; `row 12, 2020年` in a file without sheets."""
    if row is None:
        return visible(sheet)
    if sheet and column.isascii() and column.isalpha() and column.isupper():
        return f"{visible(sheet)}!{column}{row}"
    parts = [visible(sheet), f"row {row}", visible(column)]
    return ", ".join(part for part in parts if part)


def _years(years: tuple[int, ...]) -> str:
    """2019-2021, 2023: runs of years, and single ones."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"


def _size(size: int) -> str:
    return f"{size:,} bytes" if size < 10_000 else f"{size / 1000:,.0f} kB"
