"""Audits the paper's printed figures and keeps the result as a seed.

    python -m analysis.paper.print_audit

The audit is a property of the paper: it is made again where a printed figure or a rule changes,
not in every refresh.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.paper.print_audit.findings import audit

SEEDS = Path(__file__).resolve().parents[3] / "dbt" / "seeds" / "paper"
TARGET = SEEDS / "print_audit.csv"
PRINTED = (
    "published_estimates",
    "published_descriptives",
    "published_indicators",
    "published_text",
)


def made() -> pd.DataFrame:
    """The audit of the seeds, read as text: .130 says more than .13."""
    printed = [
        pd.read_csv(SEEDS / f"{name}.csv", dtype=str, keep_default_na=False) for name in PRINTED
    ]
    return audit(*printed)


if __name__ == "__main__":
    findings = made()
    findings.to_csv(TARGET, index=False, lineterminator="\n")
    print(f"{TARGET.name}: {len(findings)} comparisons")
