"""The section that says what is still to be got: a shopping list, in the order of what it brings.

What is missing, and what each item would release, is in the tables `audit.standing` and
`audit.needs`; here it is only shown.
"""

from __future__ import annotations

import pandas as pd

from analysis.report.blocks import Folded, Section, TextTable, shortened, texts
from analysis.report.frames import COVERAGE, NEEDED, STANDING
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_cells import ABSENT
from analysis.report.wording import count, listed, split

STATES = ("standing", "partial", "missing")


@needs(STANDING, NEEDED, COVERAGE)
def missing(inputs: ReportInputs) -> Section:
    """Which items to get, where they are printed, and what they would release."""
    title, standing, needed = "What is still to be got", inputs[STANDING], inputs[NEEDED]
    if needed.empty:
        return Section("missing", title, "Nothing: every item that something needs is here.")
    counts = [
        f"{(of_kind['state'] == STATES[0]).sum()} of {len(of_kind)} {kind}s stand whole"
        for kind, of_kind in standing.groupby("kind", sort=False)
    ]
    lead = f"{listed(counts)}; {count(len(needed), 'item')} would bring more"
    first = needed[needed["step"].notna()].head(1)
    for words, number in zip(first["releases"], first["step"], strict=True):
        items = needed.loc[needed["step"] == number, "label_en"]
        lead += f", first {listed(list(items))}, which would release {words}"
    if n_due := int((needed["due"] != "").sum()):
        lead += f"; of {n_due} later figures should be out by now"
    table = TextTable(
        "needs",
        "Items to get, most useful per item first",
        {
            "Item": [
                f"{zh} {en}"
                for zh, en in zip(texts(needed["label_zh"]), texts(needed["label_en"]), strict=True)
            ],
            "Step": texts(needed["step"], ABSENT),
            "Wanted": texts(needed["lacking"], ABSENT),
            "Out by now": texts(needed["due"], ABSENT),
            "Printed in": [
                tables or f"{zh}, {en}"
                for tables, zh, en in zip(
                    texts(needed["official_tables"]),
                    texts(needed["yearbook_zh"]),
                    texts(needed["yearbook"]),
                    strict=True,
                )
            ],
            "How to get it": [
                " or ".join(filter(None, ways))
                for ways in zip(texts(needed["fetch"]), texts(needed["template"]), strict=True)
            ],
            "Remark": texts(needed["note"], ABSENT),
            "The step releases": texts(needed["releases"], ABSENT),
        },
    )
    waiting = standing[standing["state"] != STATES[0]]
    folded = Folded(f"What the other {len(waiting)} wait for", [_waiting_table(inputs, waiting)])
    return Section("missing", title, f"{lead}.", [*shortened(table, "items"), folded])


def _waiting_table(inputs: ReportInputs, waiting: pd.DataFrame) -> TextTable:
    return TextTable(
        "waiting",
        "Indicators, variables and columns of the paper’s tables that are not whole",
        {
            "Name": texts(waiting["subject"]),
            "Kind": texts(waiting["kind"]),
            "State": texts(waiting["state"]),
            "Years": texts(waiting["years"], ABSENT),
            "Waits for": [
                "; ".join(inputs.item_labels(split(items))) or ABSENT
                for items in waiting["waits_for"]
            ],
        },
    )
