"""Puts the report together: the sections in their order, the readings taken, the templates."""

from __future__ import annotations

from analysis.report import opening
from analysis.report.figures import style
from analysis.report.frames import INDEX, PANEL, WEIGHTS
from analysis.report.inputs import ReportInputs
from analysis.report.sections import (
    choices,
    coverage,
    descriptive,
    evidence,
    filled_cells,
    further_tests,
    how_sure,
    index_trial,
    missing,
    neighbours,
    other_readings,
    printed_figures,
    revision,
    spillovers,
    tables_4_to_6,
    tables_7_to_10,
    through_vintages,
    what_carries,
)
from analysis.report.sentences import coverage_sentence
from analysis.report.wording import span

SECTIONS = (
    descriptive.index,
    neighbours.index_map,
    index_trial.index_trial,
    descriptive.agglomeration,
    descriptive.relation,
    descriptive.weights,
    descriptive.descriptives,
    tables_4_to_6.baseline,
    tables_4_to_6.dimensions,
    tables_4_to_6.regions,
    tables_7_to_10.mediation,
    tables_7_to_10.mediated_effects,
    tables_7_to_10.intelligence,
    tables_7_to_10.cooperation,
    neighbours.autocorrelation,
    neighbours.clusters,
    spillovers.durbin,
    spillovers.small_sample,
    spillovers.pathways,
    what_carries.what_carries,
    choices.robustness,
    other_readings.other_readings,
    how_sure.how_sure,
    further_tests.further_tests,
    printed_figures.printed_figures,
    revision.revision,
    through_vintages.through_vintages,
    coverage.coverage,
    missing.missing,
    filled_cells.filled_cells,
    evidence.interpolation,
    evidence.set_aside,
    evidence.corrections,
    evidence.withheld,
    evidence.reconciliation,
    evidence.checks,
)
# Sections that are about the paper alone, with which other units are not compared.
OF_THE_PAPERS_UNITS = (printed_figures.printed_figures,)
# The tables of the warehouse that some part of the page is made of.
NEEDS = tuple(
    dict.fromkeys(
        table
        for part in (opening.facts, opening.summary, *SECTIONS)
        for table in (*part.needs, PANEL, INDEX, WEIGHTS)
    )
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

    inputs: with the tables of `NEEDS`. Raises KeyError where one of them, a column or an option is
    not there.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analysis.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # What the project says is written of provinces; markup stays markup.
    environment.filters["worded"] = lambda text: type(text)(inputs.units.worded(text))
    return environment.get_template("report.html").render(
        inputs=inputs,
        years=span(inputs[PANEL]["year"]),
        coverage_sentence=coverage_sentence(inputs),
        facts=opening.facts(inputs),
        summary=opening.summary(inputs),
        sections=[
            section(inputs)
            for section in SECTIONS
            if inputs.units.are_provinces or section not in OF_THE_PAPERS_UNITS
        ],
        readings={name: words[inputs.options[name]] for name, words in READINGS.items()},
        palette=style.PALETTE,
        mark=style.SYNTHETIC_MARK,
    )
