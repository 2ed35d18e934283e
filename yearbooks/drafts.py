"""The draft of a mapping file: what a file does not say, as lines for a person to complete.

`ami inspect --write` saves it beside the yearbook. What all cells of a sheet say stands in it; a
question is a line behind a `#`, so that the draft changes nothing until a person answers. Where an
answer can be tried, the file is read with it, and the line says how many cells it releases. Which
keys there are is `yearbooks.mapping`'s; what to do about other reasons is `yearbooks.remedies`'.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from yearbooks.accepted import FileReleases
from yearbooks.catalogue import Catalogue
from yearbooks.cells import read_year
from yearbooks.errors import YearbookError
from yearbooks.labels import languages
from yearbooks.mapping import MAX_BYTES
from yearbooks.reading import read
from yearbooks.reference import PROVINCE
from yearbooks.remedies import FIELD, quoted, sheet_key, suggestions
from yearbooks.resolution import resolve
from yearbooks.source import MAPPING_SUFFIX, Source
from yearbooks.untrusted import visible

# How much of a printed label a question repeats.
_LABEL = 60


@dataclass(frozen=True)
class Question:
    """What a person is asked about a sheet, or about one line of it.

    line: the letter of a column (number of a row, where provinces go across); empty for the sheet.
    answer: key and value, the value in capitals where it is the person's to give. waiting: how many
    cells are set aside for want of it. trial: an answer that can be tried, if there is one.
    released: how many cells land with it.
    """

    sheet: str
    line: str
    answer: str
    asked: str
    waiting: int
    trial: str = ""
    released: int = 0

    def __str__(self) -> str:
        cells = f"{self.waiting:,} cell{'' if self.waiting == 1 else 's'}"
        gain = f"releases {self.released:,} of {cells}" if self.trial else f"for {cells}"
        return f"{visible(self.asked)} ({gain})"


@dataclass(frozen=True)
class Draft:
    """The text of a mapping file, and the questions in it."""

    text: str
    questions: tuple[Question, ...]

    @classmethod
    def of(
        cls, source: Source, catalogue: Catalogue, this_year: int, releases: FileReleases
    ) -> "Draft | None":
        """The draft for a file that has no mapping; None where there is nothing to ask.

        Raises `YearbookError` where the questions are more than a mapping file may hold.
        """
        reading = read(source, catalogue)
        landed, aside = resolve(reading.cells, catalogue, this_year, releases)
        mixed = reading.mixed(landed)
        questions = [
            question
            for sheet, cells in aside.groupby("source_sheet", sort=False)
            for question in _questions(str(sheet), cells, catalogue, is_mixed=sheet in mixed)
        ]

        def lands_with(trial: str) -> pd.Series:
            sheets = {question.sheet for question in questions if question.trial == trial}
            stated = "".join(f"  {sheet_key(sheet)}: {{{trial}}}\n" for sheet in sheets)
            answered = replace(source, mapping=f"sheets:\n{stated}".encode())
            cells = read(answered, catalogue).cells
            return resolve(cells, catalogue, this_year, releases)[0]["source_sheet"].value_counts()

        before = landed["source_sheet"].value_counts()
        trials = {question.trial for question in questions if question.trial}
        gains = {trial: lands_with(trial).sub(before, fill_value=0) for trial in trials}
        questions = [
            replace(each, released=int(gains[each.trial].get(each.sheet, 0)))
            if each.trial
            else each
            for each in questions
        ]
        rows = list(_rows(aside, catalogue))
        if not questions and not rows:
            return None
        lines = [
            f"# What {visible(source.name)} does not say. Take the # from a line that is right and",
            "# put your answer in the place of the capitals; then ami inspect says what lands.",
            *_blocks(pd.concat([landed, aside]), questions, catalogue),
            *rows,
        ]
        text = "\n".join(lines) + "\n"
        if len(text.encode()) > MAX_BYTES:
            raise YearbookError(
                f"{len(questions)} questions are more than a mapping file of {MAX_BYTES // 1024} "
                "KiB can hold: part the file, or correct its headings"
            )
        return cls(text, tuple(questions))

    def save(self, file: Path) -> Path:
        """Writes it beside the file. Raises `YearbookError` where it cannot, or one is there."""
        path = file.with_name(file.name + MAPPING_SUFFIX)
        try:
            with path.open("x", encoding="utf-8") as mapping:
                mapping.write(self.text)
        except FileExistsError:
            raise YearbookError(f"{path} exists and is not written over: complete it") from None
        except OSError as error:
            raise YearbookError(f"{path} cannot be written: {error.strerror}") from None
        return path


def _questions(
    sheet: str, cells: pd.DataFrame, catalogue: Catalogue, *, is_mixed: bool
) -> Iterator[Question]:
    """What to ask about the cells of one sheet that are set aside.

    is_mixed: a scope of the sheet would hold for cells that landed without it.
    """
    of = {str(reason): of_reason for reason, of_reason in cells.groupby("reason")}
    if "unrecognised_layout" in of:
        n = len(of["unrecognised_layout"])
        yield Question(sheet, "", "provinces: COLUMN", "Which column names the provinces?", n)
        yield Question(sheet, "", "headings: FIRST-LAST", "Which rows hold headings?", n)
        yield Question(sheet, "", "body: FIRST-LAST", "Which rows hold figures?", n)
    if "item_not_stated" in of:
        without_unit = of["item_not_stated"]["unit_printed"].str.strip() == ""
        n, asked = len(without_unit), "What are the figures? A label of item_aliases.csv."
        yield Question(sheet, "", "item: ITEM", asked, n)
        if without_unit.any() and "unit_not_stated" not in of:
            asked = "In which unit are they? A unit of units.csv."
            yield Question(sheet, "", "unit: UNIT", asked, int(without_unit.sum()))
    if "province_not_stated" in of:
        asked, n = "Of which province are the figures?", len(of["province_not_stated"])
        name = next(name for name, place in catalogue.provinces.items() if place.kind == PROVINCE)
        yield Question(sheet, "", "province: PROVINCE", asked, n, f"province: {quoted(name)}")
    if "scope_not_stated" in of:
        yield from _scopes(sheet, of["scope_not_stated"], is_mixed)
    if "unit_not_stated" in of:
        yield from _units(sheet, of["unit_not_stated"], catalogue)
    if "ambiguous_heading" in of:
        for line, of_line in _by_line(of["ambiguous_heading"]):
            asked = f"What is {_label(of_line)}?"
            answer = "item: ITEM, unit: UNIT, year: YEAR"
            yield Question(sheet, line, answer, asked, len(of_line))


def _scopes(sheet: str, cells: pd.DataFrame, is_mixed: bool) -> Iterator[Question]:
    """Who is counted in the sheet, or in each of its lines."""
    for line, of_line in _by_line(cells) if is_mixed else [("", cells)]:
        wanted = [fault.answers for fault in of_line["fault"]]
        for words in dict.fromkeys(word for answers in wanted for word in answers):
            n = sum(words in answers for answers in wanted)
            asked, answer = "Does the table count these?", f"scope: {quoted(words)}"
            if line:
                answer = f"item: {quoted(words + of_line['item_printed'].iloc[0])}"
            trial = f"columns: {{{line}: {{{answer}}}}}" if line else answer
            yield Question(sheet, line, answer, asked, n, trial)


def _units(sheet: str, cells: pd.DataFrame, catalogue: Catalogue) -> Iterator[Question]:
    """The unit of the sheet, or of each line where the items measure several things."""
    items = [item for text in cells["item_printed"].unique() if (item := catalogue.item(text))]
    if len({item.measure for item in items}) == 1:
        measure = items[0].measure
        units: dict[float, str] = {}
        for unit in catalogue.units.values():
            if unit.measure == measure and languages(unit.name)[0]:
                units.setdefault(unit.factor, unit.name)
        asked = f"In which unit of {measure} are the figures, such as {', '.join(units.values())}?"
        trial = f"unit: {quoted(items[0].canonical_unit)}"
        yield Question(sheet, "", "unit: UNIT", asked, len(cells), trial)
        return
    for line, of_line in _by_line(cells):
        asked = f"In which unit is {_label(of_line)}?"
        yield Question(sheet, line, "unit: UNIT", asked, len(of_line))


def _by_line(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The cells by column; by row, where one row has figures of several provinces."""
    is_across = cells.groupby("source_row")["province_printed"].nunique().max() > 1
    for line, of_line in cells.groupby("source_row" if is_across else "source_column", sort=False):
        yield str(line), of_line


def _label(cells: pd.DataFrame) -> str:
    printed = " ".join(str(cells["item_printed"].iloc[0]).split())
    return f"'{printed[:_LABEL]}{'…' if len(printed) > _LABEL else ''}'"


def _blocks(
    cells: pd.DataFrame, questions: Sequence[Question], catalogue: Catalogue
) -> Iterator[str]:
    """The lines about each sheet: what all its cells say, then the questions."""
    if questions:
        yield "sheets:"
    for sheet in dict.fromkeys(question.sheet for question in questions):
        yield f"  {sheet_key(sheet)}:"
        # A block must state something; this much holds of the sheet anyway.
        yield "    read: true"
        yield from _facts(cells[cells["source_sheet"] == sheet], catalogue)
        of_sheet = [question for question in questions if question.sheet == sheet]
        for question in of_sheet:
            if not question.line:
                yield f"    # {question}"
                yield f"    # {question.answer}"
        lines = [question for question in of_sheet if question.line]
        if lines:
            yield "    # columns:"
        for question in lines:
            yield f"    #   {question.line}: {{{question.answer}}}  # {question}"


def _facts(cells: pd.DataFrame, catalogue: Catalogue) -> Iterator[str]:
    """What every cell of a sheet says alike, and the catalogue knows."""
    known = {
        "item": ("item_printed", catalogue.item),
        "unit": ("unit_printed", catalogue.unit),
        "yearbook": ("yearbook_printed", catalogue.yearbook),
        "year": ("year_printed", read_year),
        "edition": ("edition_printed", read_year),
    }
    for key, (column, meaning) in known.items():
        texts = cells[column].fillna("").unique()
        if len(texts) == 1 and meaning(texts[0]) is not None:
            found = meaning(texts[0])
            yield f"    {key}: {found if isinstance(found, int) else quoted(texts[0])}"


def _rows(aside: pd.DataFrame, catalogue: Catalogue) -> Iterator[str]:
    """Rows for reference files, as remarks, where a text is a slip for a known label."""
    for reason in ("unknown_item", "unknown_unit", "unknown_province"):
        field = FIELD[reason]
        texts = aside.loc[aside["reason"] == reason, f"{field}_printed"]
        for text, n in texts.value_counts(sort=False).items():
            for near in suggestions(field, str(text), catalogue):
                yield f"# Only if {quoted(str(text))} means {near.code} ({n:,} cells), add to "
                yield f"# dbt/seeds/reference/{near.row.file}: {visible(near.row.text)}"
