"""Every rule applied to the printed figures."""

from __future__ import annotations

from dataclasses import asdict, fields

import pandas as pd

from analysis.paper.print_audit import repetitions, significance, sums
from analysis.paper.print_audit.printed import Finding, cells_of, cells_of_text, columns_of
from analysis.paper.print_audit.rules import RULES

COLUMNS = [field.name for field in fields(Finding)]


def audit(
    estimates: pd.DataFrame,
    descriptives: pd.DataFrame,
    indicators: pd.DataFrame,
    text: pd.DataFrame,
) -> pd.DataFrame:
    """Every rule of `RULES` on the printed figures, one row per application, in `COLUMNS`.

    The frames have the columns of the seeds `published_estimates`, `published_descriptives`,
    `published_indicators` (Tables 4-11, 3 and 2) and `published_text`, and hold text as printed,
    because .130 says more than .13: read them with `dtype=str`.

    verdict: `consistent` where the implied range meets what the printed figure may stand for,
    `inconsistent` where it does not, `cannot be judged` where print leaves everything open, or
    the rule holds only roughly; `not readable` where the page leaves a mark open, which is counted
    nowhere.

    Raises ValueError for missing columns, figures that are not text or no numbers, unknown stars,
    and cells that occur twice.
    """
    cells = cells_of(estimates)
    columns = columns_of(cells)
    findings = [
        *significance.stars(cells, columns),
        *significance.signs(cells),
        *significance.p_values(columns),
        *significance.first_stage(columns),
        *significance.lagrange(cells),
        *sums.effects(cells),
        *sums.mediation(cells, columns),
        *repetitions.repeated(columns),
        *repetitions.in_text(cells_of_text(text), cells),
        *repetitions.nested(columns),
        *repetitions.rows(columns),
        *sums.intervals(cells),
        *sums.weights(indicators),
        *sums.descriptives(descriptives),
    ]
    findings.sort(key=lambda finding: list(RULES).index(finding.rule))
    return pd.DataFrame([asdict(finding) for finding in findings], columns=COLUMNS)
