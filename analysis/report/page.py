"""Puts the report together: the sections in their order, the readings taken, the templates."""

from __future__ import annotations

from analysis import figures
from analysis.report import evidence, opening, regressions, results, revision, space, spillovers
from analysis.report.inputs import ReportInputs, coverage_sentence
from analysis.report.words import span

SECTIONS = (
    results.index,
    space.index_map,
    results.agglomeration,
    results.relation,
    results.weights,
    results.descriptives,
    regressions.baseline,
    regressions.dimensions,
    regressions.regions,
    regressions.mediation,
    regressions.mediated_effects,
    regressions.intelligence,
    regressions.cooperation,
    space.autocorrelation,
    space.clusters,
    spillovers.durbin,
    spillovers.small_sample,
    spillovers.pathways,
    regressions.robustness,
    regressions.print_audit,
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
        loader=PackageLoader("analysis"),
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
        palette=figures.PALETTE,
        mark=figures.SYNTHETIC_MARK,
    )
