"""Puts the report together: the sections in their order, the readings taken, the templates."""

from __future__ import annotations

from analysis.report import opening
from analysis.report.figures import drawings
from analysis.report.inputs import ReportInputs, coverage_sentence
from analysis.report.sections import (
    descriptive,
    evidence,
    neighbours,
    revision,
    spillovers,
    tables_4_to_10,
)
from analysis.report.words import span

SECTIONS = (
    descriptive.index,
    neighbours.index_map,
    descriptive.agglomeration,
    descriptive.relation,
    descriptive.weights,
    descriptive.descriptives,
    tables_4_to_10.baseline,
    tables_4_to_10.dimensions,
    tables_4_to_10.regions,
    tables_4_to_10.mediation,
    tables_4_to_10.mediated_effects,
    tables_4_to_10.intelligence,
    tables_4_to_10.cooperation,
    neighbours.autocorrelation,
    neighbours.clusters,
    spillovers.durbin,
    spillovers.small_sample,
    spillovers.pathways,
    tables_4_to_10.robustness,
    tables_4_to_10.print_audit,
    revision.revision,
    evidence.coverage,
    evidence.interpolation,
    evidence.set_aside,
    evidence.corrections,
    evidence.withheld,
    evidence.reconciliation,
    evidence.checks,
)
# The values of the dbt vars, in words.
READINGS = {
    "edition_policy": {
        "latest": "of several editions of a figure the newest counts, so that later revisions win",
        "first_published": "of several editions of a figure the one first published counts",
    },
    "edge_fill": {
        "nearest": "years before the first and after the last figure of a province carry the "
        "nearest figure, within the years in which the item is published at all",
        "linear": "years before the first and after the last figure of a province extend the line "
        "through the two nearest figures, within the years in which the item is published at all",
        "none": "years before the first and after the last figure of a province stay missing",
    },
    "index_scope": {
        "pooled": "minimum, maximum and sums run over all province-years together",
        "year": "minimum, maximum and sums run over the provinces of each year by itself, so that "
        "weights differ by year (Table 2 shows their means)",
    },
}


def render(inputs: ReportInputs) -> str:
    """The page as one string: no script, no network, figures inline.

    Raises KeyError where a frame lacks a column that `ReportInputs` names, or `options` a value.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        inputs=inputs,
        years=span(inputs.panel["year"]),
        coverage_sentence=coverage_sentence(inputs),
        facts=opening.facts(inputs),
        summary=opening.summary(inputs),
        sections=[section(inputs) for section in SECTIONS],
        readings={name: words[inputs.options[name]] for name, words in READINGS.items()},
        palette=drawings.PALETTE,
        mark=drawings.SYNTHETIC_MARK,
    )
