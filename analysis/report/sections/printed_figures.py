"""The section on whether the paper's printed figures agree with each other."""

from __future__ import annotations

from analysis.paper.print_audit.rules import RULES, summary
from analysis.report.blocks import Folded, Section, TextTable, numbers, texts
from analysis.report.frames import PRINT_AUDIT
from analysis.report.inputs import ReportInputs, needs
from analysis.report.wording import count


@needs(PRINT_AUDIT)
def printed_figures(inputs: ReportInputs) -> Section:
    """Whether the paper's printed figures agree with each other."""
    found, title = inputs[PRINT_AUDIT], "The paper’s printed figures against each other"
    findings = found[found["verdict"] != "not readable"]
    if findings.empty:
        return Section("print-audit", title, "No printed figure was compared.")
    counts = findings["verdict"].value_counts()
    differing = findings[findings["verdict"] == "inconsistent"]
    applied = summary(findings)
    applied = applied[applied["rule"].isin(set(findings["rule"]))]
    lead = (
        f"Of {len(findings):,} comparisons among the paper’s own printed figures "
        f"{counts.get('consistent', 0):,} agree within rounding, {len(differing):,} do not and "
        f"{counts.get('cannot be judged', 0):,} cannot be judged; "
        f"{count(len(found) - len(findings), 'mark')} that cannot be read on the page "
        f"{'is' if len(found) - len(findings) == 1 else 'are'} not counted. No data of this "
        "dataset enters, and a difference may come from the paper, from typesetting or from "
        "reading the page."
    )
    rules = TextTable(
        "print-audit-rules",
        "Comparisons by rule",
        {
            "Rule": texts(applied["rule"]),
            "Meaning": texts(applied["meaning"]),
            "Agree": numbers(applied["consistent"]),
            "Do not agree": numbers(applied["inconsistent"]),
            "Cannot be judged": numbers(applied["cannot be judged"]),
        },
        of_dataset=False,
    )
    places = differing.assign(
        place=[
            f"Table {row['table']} ({row['column']}) {row['outcome']} {row['term']}".strip()
            for row in differing.to_dict("records")
        ]
    )
    by_rule = [
        Folded(
            f"{rule}: {count(len(rows), 'figure')} outside what the others imply",
            [
                TextTable(
                    f"print-audit-{list(RULES).index(str(rule))}",
                    f"Outside what the other figures imply: {rule}",
                    {
                        "Place": texts(rows["place"]),
                        "Printed": texts(rows["printed"]),
                        "Implied": texts(rows["implied"]),
                        "From": numbers(rows["lower"], 4),
                        "To": numbers(rows["upper"], 4),
                        "Remark": texts(rows["note"]),
                    },
                    of_dataset=False,
                )
            ],
        )
        for rule, rows in places.groupby("rule", sort=False)
    ]
    return Section("print-audit", title, lead, [rules, *by_rule])
