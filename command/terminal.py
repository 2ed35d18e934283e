"""What `ami inspect`, `quarantine`, `template`, `alerts`, `vintages` and `diff` print.

Nothing is found out here.

Every text from a file passes through `visible` into a `Text`, which has no markup: it is shown and
does nothing. Figures never break over lines; a row for a CSV file stays on one line, to be copied.
"""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from yearbooks.reference import reference_rows
from yearbooks.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from ami.alerts import ChannelTrouble, OpenAlert
    from ami.dataset import Dataset
    from ami.revisions import Revision
    from ami.vintages import Vintage
    from yearbooks.catalogue import Catalogue
    from yearbooks.drafts import Draft
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
    mapping = "; read with the .mapping.yml beside it" if found.has_mapping else ""
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
            ", ".join(map(_words, item.rules)),
            _years(item.years),
            str(item.provinces),
            f"{item.landed:,}",
            Text(f"{item.set_aside:,}", style="red" if item.set_aside else ""),
        )
    return Padding(table, (0, 0, 0, 2))


def _words(rule: str) -> str:
    """The name of a rule, so that it breaks between its words."""
    return rule.replace("_", " ")


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
            f"{figure.edition}{'' if figure.edition_printed.strip() else ' (not stated)'}",
            Text(place(figure.sheet if several else "", figure.row, figure.column)),
        )
    return Padding(table, (0, 0, 0, 2))


def _show_problem(console: Console, problem: "Problem") -> None:
    console.print(Text.assemble((problem.reason, "bold red"), f"  {_cells(problem.count)}"))
    for expected in problem.expected[:3]:
        _line(console, f"expected: {visible(expected)}", indent=4)
    if problem.advice:
        _line(console, f"what to do: {visible(problem.advice)}", indent=4)
    for cell in problem.places:
        where = place(cell.sheet, cell.row, cell.column)
        if where:
            # Texts that are not understood follow, each once.
            is_said = cell.text.strip() and not problem.texts
            said = f": '{visible(cell.text)}'" if is_said else ""
            _line(console, f"{where}{said}", indent=4)
    if len(problem.places) < problem.count:
        _line(console, f"and {problem.count - len(problem.places):,} more", indent=4)
    for unknown in problem.texts:
        text = f"'{visible(unknown.text)}' ({_cells(unknown.count)})"
        if not unknown.suggestions:
            _line(console, text, indent=4)
            continue
        (near,) = unknown.suggestions
        label = "" if near.label == near.code else f" ({near.label})"
        _line(console, f"{text} looks like a slip for {near.code}{label}.", indent=4)
        row = near.row
        _line(console, f"Only if the two mean the same, add to {REFERENCE}/{row.file}:", indent=4)
        _show_row(console, row)
    if problem.texts and len(problem.texts) < problem.distinct:
        _line(console, f"and {problem.distinct - len(problem.texts):,} more texts", indent=4)


def show_draft(console: Console, draft: "Draft | None", path: Path | None) -> None:
    """What was written for a person to complete, and what each answer is worth."""
    if draft is None or path is None:
        _line(console, "Nothing to ask, so that nothing was written.")
        return
    _heading(console, f"Written: {visible(path)}")
    for question in draft.questions:
        sheet = f"{visible(question.sheet)}, " if question.sheet else ""
        line = f"{question.line}, " if question.line else ""
        _line(console, f"{sheet}{line}{question.answer}: {question}", indent=2)
    _line(console, "It changes nothing until you complete it.")


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
    from yearbooks.remedies import advice

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
        what = Text(advice(row.reason))
        summary.add_row(row.reason, f"{row.cells:,}", f"{row.files:,}", what)
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


def show_alerts(
    console: Console,
    dataset: "Dataset",
    alerts: "list[OpenAlert]",
    troubles: "list[ChannelTrouble]",
    base_url: str,
) -> None:
    """What stands in one dataset, and which channels do not work."""
    from ami.alerts import log_path
    from ami.alerts.messages import Message

    word = " (SYNTHETIC data)" if dataset.synthetic else ""
    count = f"{len(alerts)} alert{'' if len(alerts) == 1 else 's'}"
    _line(console, f"{dataset.name}{word}: {count} standing", style="bold")
    for alert in alerts:
        message = Message.of("problem", alert, dataset, base_url, alert.since)
        style = "red" if message.severity == "ERROR" else "yellow"
        _line(console, f"{message.severity} {message.asset}: {message.name}", indent=2, style=style)
        for line in message.findings():
            _line(console, line, indent=4)
        if message.run_url:
            _line(console, f"Run: {message.run_url}", indent=4)
    for trouble in troubles:
        _line(
            console,
            f"{trouble.channel} has not worked since {trouble.since}: {trouble.fault}; "
            f"{trouble.waiting} waiting",
            indent=2,
            style="red",
        )
    if log_path(dataset).is_file():
        _line(console, f"Log: {log_path(dataset)}", indent=2)


def _cells_of(cells: "pd.DataFrame") -> RenderableType:
    table = _table()
    table.add_column("place", overflow="fold")
    table.add_column("reason", no_wrap=True)
    for heading in ("item", "province"):
        table.add_column(heading, overflow="fold")
    for heading in ("year", "value"):
        table.add_column(heading, justify="right", overflow="fold")
    for heading in ("unit", "rule"):
        table.add_column(heading, overflow="fold")
    for cell in cells.itertuples(index=False):
        row = int(cell.source_row) if cell.source_row else None
        texts = (cell.item_printed, cell.province_printed, cell.year_printed, cell.value_printed)
        table.add_row(
            Text(place(cell.source_sheet, row, cell.source_column)),
            cell.reason,
            *(Text(visible(text)) for text in (*texts, cell.unit_printed, _words(cell.rule))),
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


def show_vintages(console: Console, dataset: "Dataset", vintages: "Sequence[Vintage]") -> None:
    """A row for each vintage, the first first."""
    _line(console, f"Vintages of {_named(dataset)}", style="bold")
    table = _table()
    for heading in ("vintage", "published (UTC)", "years", "indicators", "base", "options"):
        table.add_column(heading, no_wrap=heading != "options")
    for vintage in vintages:
        table.add_row(
            str(vintage.vintage),
            f"{vintage.published_at:%Y-%m-%d %H:%M}",
            vintage.years,
            str(vintage.n_indicators),
            str(vintage.base),
            ", ".join(f"{name} {value}" for name, value in vintage.options.items()),
        )
    console.print(table)


def show_revision(
    console: Console, dataset: "Dataset", revision: "Revision", *, everything: bool
) -> None:
    """What changed between two vintages: inputs by cause, then values with the parts of each."""
    from ami.revisions import INDEX_VARIABLES

    first = None if everything else FIRST_CELLS
    _line(
        console,
        f"{_named(dataset)}: vintage {revision.new.vintage} {revision.summary()}",
        style="bold",
    )
    for vintage in (revision.old, revision.new):
        _line(
            console,
            f"vintage {vintage.vintage}: published {vintage.published_at:%Y-%m-%d %H:%M} UTC, "
            f"{vintage.years}, {vintage.n_indicators} indicators",
            indent=2,
        )
    for name, (before, after) in revision.changed_options.items():
        _line(console, f"option {name}: {before} -> {after}", indent=2)
    if not revision.inputs.empty:
        _heading(console, "Inputs that changed")
        _show_inputs_by_item(console, revision, first)
    figures = revision.inputs.dropna(subset=["old_value", "new_value"])
    if not figures.empty:
        _heading(console, "Figures that have another value")
        console.print(_revised_figures(figures.head(first or len(figures))))
        _say_more(console, len(figures) - len(figures.head(first or len(figures))))
    if revision.values.empty:
        _line(console, "No value of a variable moved.")
        return
    _heading(console, "Values that moved, and the mean size of each cause's part")
    console.print(_moves_by_variable(revision))
    moved = revision.moved
    moved = moved[moved["variable"].isin(INDEX_VARIABLES if everything else ["ami"])]
    if not moved.empty:
        _heading(console, "Index values, the largest moves first: the parts add up to the change")
        console.print(_moves(moved.head(first or len(moved))))
        _say_more(console, len(moved) - len(moved.head(first or len(moved))))
    console.print()
    _line(
        console,
        "Causes are let in one after the other, each on top of those before: revised input, new "
        "coverage, new year, changed option (formulas and reference data too).",
        style="dim",
    )


def _show_inputs_by_item(console: Console, revision: "Revision", first: int | None) -> None:
    table = _table()
    table.add_column("cause", no_wrap=True)
    table.add_column("item", overflow="fold")
    for heading in ("figures", "provinces", "years"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("from", overflow="fold")
    groups = list(revision.inputs.groupby(["cause", "item"], sort=False))
    for (cause, item), rows in groups[:first]:
        files = sorted(rows["new_file"].dropna().unique())
        table.add_row(
            cause.replace("_", " "),
            item,
            f"{len(rows):,}",
            str(rows["province_code"].nunique()),
            _years(tuple(sorted(rows["year"].unique()))),
            Text(", ".join(map(visible, files)) or "no longer there"),
        )
    console.print(Padding(table, (0, 0, 0, 2)))
    _say_more(console, len(groups[first:]) if first else 0)


def _revised_figures(rows: "pd.DataFrame") -> RenderableType:
    table = _table()
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


def _edition(row: "Mapping[str, Any]", which: str) -> str:
    printed = row[f"{which}_edition_printed"]
    is_silent = isinstance(printed, str) and not printed.strip()
    return f"{row[f'{which}_edition']}{' (not stated)' if is_silent else ''}"


def _moves_by_variable(revision: "Revision") -> RenderableType:
    from ami.revisions import STEPS

    table = _table()
    table.add_column("variable", no_wrap=True)
    for heading in ("new", "gone", "moved", "largest", *_causes(STEPS), "ranks"):
        table.add_column(heading, justify="right")
    for variable, rows in revision.values.groupby("variable", sort=False):
        moved = rows[rows["change"].notna()]
        table.add_row(
            variable,
            f"{rows['came_with'].notna().sum():,}",
            f"{rows['went_with'].notna().sum():,}",
            f"{len(moved):,}",
            f"{moved['change'].loc[moved['change'].abs().idxmax()]:+.4g}" if len(moved) else "",
            *(f"{moved[step].abs().mean():.3g}" if len(moved) else "" for step in STEPS),
            f"{(moved['rank_change'] != 0).sum():,}",
        )
    return Padding(table, (0, 0, 0, 2))


def _moves(rows: "pd.DataFrame") -> RenderableType:
    from ami.revisions import STEPS

    table = _table()
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


def _causes(steps: "Sequence[str]") -> "list[str]":
    return [step.replace("_", " ") for step in steps]


def _named(dataset: "Dataset") -> str:
    return f"{dataset.name} (SYNTHETIC)" if dataset.synthetic else dataset.name


def _say_more(console: Console, n_more: int) -> None:
    if n_more:
        _line(console, f"{n_more:,} more: --all lists them, --json has the whole.", indent=2)


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
