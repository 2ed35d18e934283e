"""The page's first words: the key figures in a strip, and the summary in sentences."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.report.frames import (
    CHECKS,
    COVERAGE,
    ESTIMATES,
    FILES,
    FILLED,
    INDEX,
    NOT_ESTIMABLE,
    NOTES,
    PANEL,
    PUBLISHED_ESTIMATES,
    REDUCED_TABLE_4,
    SET_ASIDE,
    WEIGHTS,
)
from analysis.report.inputs import EDGE_METHODS, ReportInputs, needs
from analysis.report.sentences import baseline_sentence, coverage_sentence, variables_sentence
from analysis.report.wording import count, in_words, listed, percent


@dataclass(frozen=True)
class Fact:
    """A figure of the strip; `state` is good, attention or empty."""

    label: str
    value: str
    note: str
    state: str = ""


@needs(INDEX, WEIGHTS, FILLED, FILES, *CHECKS)
def facts(inputs: ReportInputs) -> list[Fact]:
    """Five figures that say how complete and how sound the data are."""
    checks = inputs.check_counts
    read, aside = inputs.files["cells_read"].sum(), inputs.files["cells_set_aside"].sum()
    partly = "" if inputs.n_at_hand == inputs.n_expected else "attention"
    in_part = "" if inputs.n_indexed == len(inputs[INDEX]) else "attention"
    share = percent(inputs.n_filled, inputs.n_usable)
    return [
        Fact("Indicators", f"{inputs.n_at_hand} of {inputs.n_expected}", "at hand", partly),
        Fact("Index", f"{inputs.n_indexed:,} of {len(inputs[INDEX]):,}", "province-years", in_part),
        Fact("Interpolated", share, "of item figures used"),
        Fact("Set aside", f"{aside:,}", f"of {read:,} cells read"),
        Fact(
            "Checks passed",
            f"{checks.passed} of {checks.made}",
            f"{count(checks.errors, 'error')}, {count(checks.warnings, 'warning')}",
            "good" if checks.passed == checks.made else "attention",
        ),
    ]


@needs(
    *(INDEX, WEIGHTS, PANEL, COVERAGE, FILLED, FILES, SET_ASIDE),
    *(ESTIMATES, REDUCED_TABLE_4, PUBLISHED_ESTIMATES, NOT_ESTIMABLE, NOTES),
    *CHECKS,
)
def summary(inputs: ReportInputs) -> list[str]:
    """What was read, computed, filled, checked and estimated, a sentence each."""
    return [
        _intake_sentence(inputs),
        coverage_sentence(inputs),
        variables_sentence(inputs),
        _interpolation_sentence(inputs),
        *_what_hangs_on_a_bridge(inputs),
        _checks_sentence(inputs),
        baseline_sentence(inputs),
    ]


def _intake_sentence(inputs: ReportInputs) -> str:
    files, reasons = inputs.files, inputs.set_aside["reason"].value_counts()
    named = [f"{in_words(str(reason))} {n:,}" for reason, n in reasons.items()]
    return (
        f"{count(len(files), 'yearbook file')} with {files['cells_read'].sum():,} cells "
        f"{'was' if len(files) == 1 else 'were'} read: {files['cells_landed'].sum():,} cells "
        f"landed and {files['cells_set_aside'].sum():,} were set aside"
        + (f" ({listed(named)})." if named else ".")
    )


def _interpolation_sentence(inputs: ReportInputs) -> str:
    edges = int(inputs[FILLED]["fill_method"].isin(EDGE_METHODS).sum())
    share = percent(inputs.n_filled, inputs.n_usable)
    return (
        f"{inputs.n_filled:,} of the {inputs.n_usable:,} item figures used ({share}) are "
        f"interpolated, {edges:,} of them at the edge of a province’s series."
    )


def _what_hangs_on_a_bridge(inputs: ReportInputs) -> list[str]:
    """Said first thing where it is much; the section on filled cells has the rest."""
    notes = inputs[NOTES]
    return [f"{note}." for note in notes.loc[notes["table"] == "filled cells", "note"]]


def _checks_sentence(inputs: ReportInputs) -> str:
    failed, n_checks = inputs.failed_checks, inputs.check_counts.made
    if failed.empty:
        return f"All {n_checks} data checks passed."
    # A failed error stops the refresh before there is a report: what fails here is a warning.
    return f"{len(failed)} of {n_checks} data checks warn: {listed(list(failed['check']))}."
