"""Table 4 with the controls that have a value, shown beside the refusal of the paper's."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.panel import CONSTANT
from analysis.paper.specifications import BASELINE, reduced
from analysis.report.blocks import Folded, Numbers, Section, TextTable, numbers, texts
from analysis.report.frames import REDUCED_TABLE_4
from analysis.report.inputs import ReportInputs
from analysis.report.paper_cells import ABSENT
from analysis.report.sections.paper_section import notes_on
from analysis.report.sentences import reduced_sentence
from analysis.report.wording import number

TABLE = reduced(BASELINE, ()).table


def with_reduced(inputs: ReportInputs, section: Section) -> Section:
    """The section that says why there is no Table 4, with the reduced table below, if there is one.

    inputs: with `REDUCED_TABLE_4`.
    """
    frame = inputs[REDUCED_TABLE_4]
    slopes = frame[~frame["term"].str.startswith("_") & (frame["term"] != CONSTANT)]
    if slopes.empty:
        return section
    said = reduced_sentence(inputs)
    return replace(
        section,
        lead=f"{section.lead} {said}" if said else section.lead,
        blocks=[
            *section.blocks,
            _table(frame, slopes),
            Folded("Notes on the reduced table", notes_on(inputs, TABLE)),
        ],
    )


def _table(frame: pd.DataFrame, slopes: pd.DataFrame) -> TextTable:
    n = frame[frame["term"] == "_n"].set_index("column")["estimate"]
    missing = slopes["missing_controls"].iloc[0].replace(",", ", ")
    return TextTable(
        "reduced-table-4",
        f"Table 4 reduced{f', without {missing}' if missing else ''}: not the paper’s regressions",
        {
            "Column": [
                f"({column}) {outcome}"
                for column, outcome in zip(slopes["column"], slopes["outcome"], strict=True)
            ],
            "Term": texts(slopes["term"]),
            "Estimate": Numbers(
                f"{number(value, 3)}{stars}"
                for value, stars in zip(slopes["estimate"], texts(slopes["stars"]), strict=True)
            ),
            "Standard error": numbers(slopes["dispersion"], 3),
            "p": numbers(slopes["p_value"], 3),
            "Wild bootstrap p": Numbers(
                ABSENT if pd.isna(value) else number(value, 3) for value in slopes["wild_p_value"]
            ),
            "Province-years": numbers(slopes["column"].map(n)),
            "Provinces": numbers(slopes["n_clusters"]),
        },
    )
