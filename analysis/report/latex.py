r"""Tables for LaTeX, each a file for `\input` that needs booktabs, longtable and pdflscape.

A table is set in one size, whatever the class, and upright where the page is wide enough, else
across it; one that is wider still is broken by columns. longtable breaks it by pages, never between
an estimate and its error. Texts alone: what they mean is the business of others.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest

import pandas as pd

from analysis.report.paper_cells import ABSENT, LINE_END, hanging

PACKAGES = "booktabs,longtable,pdflscape"
# Points. No class has narrower text on A4 than LaTeX's article, across the page or upright.
_SIZE, _LEADING = 8, 9.6
_UPRIGHT, _ACROSS = 345, 590
# Three stars reach into the gap between columns.
_SEPARATION, _HANGING = 2, 10
# Of Computer Modern at this size, a little more than each mark takes.
_NARROW, _USUAL, _WIDE = 2.9, 4.4, 6.7
_NARROW_MARKS, _WIDE_MARKS = frozenset("fijlrt.,:;()[]{}|' "), frozenset("mw−<>×%")
# Characters of a line of a row's name.
_NAME = 28
_ESCAPED = str.maketrans(
    {
        **{mark: f"\\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        # What pdfTeX's usual fonts lack, or show as something else.
        "<": "$<$",
        ">": "$>$",
        "−": "$-$",
        "×": r"$\times$",
        "∞": r"$\infty$",
        "χ": r"$\chi$",
        "²": r"\textsuperscript{2}",
        "—": "---",
        "–": "--",
        "’": "'",
    }
)


@dataclass(frozen=True)
class LatexHeadings:
    """What stands around the cells; `said` follows the title in bold."""

    number: str
    title: str
    said: str
    stub: str
    spanners: Mapping[str, Mapping[str, str]]
    note: str


def escaped(text: str) -> str:
    """A text as LaTeX prints it."""
    return text.translate(_ESCAPED)


def table(headings: LatexHeadings, cells: pd.DataFrame, parts: Sequence[str]) -> str:
    """The file of one table, its label `tab:ami-` and number.

    cells, parts: as in `typeset.TypesetTable`. An estimate stands on the line of its name, what is
    below it in the cell on the lines after.
    """
    room, panels = _panels(headings, cells)
    lines = [
        f"% Table {headings.number} of the paper; needs \\usepackage{{{PACKAGES}}}",
        *([r"\begin{landscape}"] if room == _ACROSS else []),
        rf"\begingroup\fontsize{{{_SIZE}}}{{{_LEADING}}}\selectfont",
        rf"\setlength{{\tabcolsep}}{{{_SEPARATION}pt}}\setlength{{\LTcapwidth}}{{\linewidth}}",
        r"\setlength{\LTleft}{0pt}\setlength{\LTright}{0pt}",
    ]
    for number, panel in enumerate(panels):
        lines += _panel(headings, cells, parts, panel, continued=number > 0)
    if headings.note:
        lines.append(rf"\par\noindent {escaped(headings.note)}\par")
    lines += [r"\endgroup", *([r"\end{landscape}"] if room == _ACROSS else [])]
    return "\n".join(lines) + "\n"


def document(numbers: Sequence[str]) -> str:
    """A document of the files `table_4.tex` and so on, one for each of `numbers`."""
    return "\n".join(
        [
            "% Every table of this folder: pdflatex tables.tex, until it asks for no other run.",
            r"\documentclass[a4paper]{article}",
            r"\usepackage[margin=2cm]{geometry}",
            rf"\usepackage{{{PACKAGES}}}",
            r"\begin{document}",
            *(
                rf"\setcounter{{table}}{{{int(number) - 1}}}\input{{table_{number}}}\clearpage"
                for number in numbers
            ),
            r"\end{document}",
            "",
        ]
    )


def _panels(headings: LatexHeadings, cells: pd.DataFrame) -> tuple[float, list[list[str]]]:
    """How wide the text is, and which spanners stand side by side on it, as evenly as they go."""
    names = [line for name in cells.iloc[:, 0] for line in textwrap.wrap(name, _NAME)]
    stub = max(map(_points, [*names, headings.stub])) + _SEPARATION
    spanners = list(headings.spanners)
    widths = [_width(name, labels, cells) for name, labels in headings.spanners.items()]
    room = _UPRIGHT if stub + sum(widths) <= _UPRIGHT else _ACROSS
    for n_panels in range(1, len(spanners) + 1):
        size = -(-len(spanners) // n_panels)
        starts = range(0, len(spanners), size)
        if all(stub + sum(widths[at : at + size]) <= room for at in starts):
            break
    return room, [spanners[at : at + size] for at in starts]


def _width(spanner: str, labels: Mapping[str, str], cells: pd.DataFrame) -> float:
    """Of the columns below a spanner, or of the spanner where that is wider."""
    columns = 0.0
    for column, label in labels.items():
        lines = [line for cell in cells[column] for line in cell.split(LINE_END)]
        hung = _HANGING if _hangs(cells[column]) else 0
        longest = max(_points(hanging(line)[0]) + hung for line in lines)
        columns += max(longest, _points(label)) + 2 * _SEPARATION
    return max(columns, _points(spanner) + 2 * _SEPARATION)


def _points(text: str) -> float:
    return sum(
        _NARROW if mark in _NARROW_MARKS
        else _WIDE if mark in _WIDE_MARKS or mark.isupper()
        else _USUAL
        for mark in text
    )  # fmt: skip


def _hangs(column: pd.Series) -> bool:
    return any(hanging(line)[1] for cell in column for line in cell.split(LINE_END))


def _panel(
    headings: LatexHeadings,
    cells: pd.DataFrame,
    parts: Sequence[str],
    spanners: Sequence[str],
    *,
    continued: bool,
) -> Iterator[str]:
    """One longtable: the columns of some spanners."""
    labels = {spanner: headings.spanners[spanner] for spanner in spanners}
    columns = [column for below in labels.values() for column in below]
    # A row of dashes says nothing where the table is broken by columns.
    shown = (cells[columns] != ABSENT).any(axis=1) | (len(spanners) == len(headings.spanners))
    cells, parts = cells[shown], [part for part, kept in zip(parts, shown, strict=False) if kept]
    title, said = escaped(headings.title), ""
    if headings.said:
        said = rf" \textbf{{{escaped(headings.said)}}}"
    heads = list(_heads(headings.stub, labels))
    if continued:
        yield r"\clearpage\addtocounter{table}{-1}"
    yield rf"\begin{{longtable}}{{@{{\extracolsep{{\fill}}}}l{'r' * len(columns)}@{{}}}}"
    yield (
        rf"\caption[]{{{title}, continued.{said}}} \\*"
        if continued
        else rf"\caption[{{{title}}}]{{{title}.{said}}}"
        rf"\label{{tab:ami-{headings.number}}} \\*"
    )
    yield from [*heads, r"\endfirsthead", *heads, r"\endhead", r"\bottomrule", r"\endfoot"]
    names = cells.iloc[:, 0]
    hangs = {column: _hangs(cells[column]) for column in columns}
    for place, (name, row) in enumerate(zip(names, cells.to_dict("records"), strict=True)):
        if parts and (place == 0 or parts[place] != parts[place - 1]):
            space = r"\addlinespace " if place else ""
            yield rf"{space}\multicolumn{{{len(columns) + 1}}}{{@{{}}l}}" + (
                rf"{{\textit{{{escaped(parts[place])}}}}} \\*"
            )
        written = [_written(row[column], hangs[column]) for column in columns]
        yield from _row(textwrap.wrap(name, _NAME), written)
    yield r"\end{longtable}"


def _heads(stub: str, labels: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """The spanners, each with a rule over its columns, and the headings of the columns."""
    spans = [(spanner, len(below)) for spanner, below in labels.items()]
    ends = [1]
    for _, span in spans:
        ends.append(ends[-1] + span)
    over = [rf"\multicolumn{{{span}}}{{c}}{{{escaped(spanner)}}}" for spanner, span in spans]
    rules = [
        rf"\cmidrule(lr){{{before + 1}-{end}}}"
        for (spanner, _), (before, end) in zip(spans, pairwise(ends), strict=True)
        if spanner
    ]
    below = [escaped(label) for labels_below in labels.values() for label in labels_below.values()]
    yield r"\toprule"
    if rules:
        yield " & ".join(["", *over]) + r" \\*"
        yield " ".join(rules)
    yield " & ".join([escaped(stub), *below]) + r" \\*"
    yield r"\midrule"


def _written(cell: str, hangs: bool) -> list[str]:
    """The lines of a cell; where stars hang, all make room for them, so that decimals align."""
    lines = []
    for line in cell.split(LINE_END):
        number, rest = hanging(line)
        hung = rf"\makebox[{_HANGING}pt][l]{{{escaped(rest)}}}" if hangs else escaped(rest)
        lines.append(escaped(number) + hung)
    return lines


def _row(name: Sequence[str], cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a row, between which no page breaks."""
    lines = list(zip_longest(map(escaped, name), *cells, fillvalue=""))
    for place, line in enumerate(lines):
        last = place == len(lines) - 1
        # After a line has ended, TeX takes a bracket for a length and a star for no page break.
        guard = "{}" if line[0].startswith(("[", "*")) else ""
        yield guard + " & ".join(line) + (r" \\" if last else r" \\*")
