"""Every table of results, declared once.

An entry here is a table of the warehouse, a CSV and a Parquet file of `results/<dataset>/`, an
asset, and a part of the data dictionary. Estimates say what they are made of and by which function
of `analysis.paper`; marts are described beside their SQL. Nothing is computed here.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.estimate_tables import Estimate
from analysis.paper import (
    coefficient_parts,
    dependence,
    indicator_readings,
    indirect_effects,
    matrices,
    moran_tables,
    other_weights,
    row_influence,
    sensitivity,
    significant_regions,
    spatial_pathways,
    surety,
    table_11,
    tables_4_to_11,
)
from analysis.report.frames import (
    CELL_MOVES,
    COVERAGE,
    DESCRIPTIVES,
    ESTIMATES_BY_VINTAGE,
    FORMULA_INPUTS,
    INDEX,
    INDEX_FROZEN,
    INDEX_READING,
    INDEX_STANDING,
    INDEX_UNCERTAINTY,
    INDICATOR_READINGS,
    INDICATOR_SCORES,
    MEDIATION,
    NEEDED,
    PANEL,
    PRINT_AUDIT,
    PUBLISHED_ESTIMATES,
    REDUCED_TABLE_4,
    REVISED_ESTIMATES,
    REVISED_INPUTS,
    REVISED_VALUES,
    SPATIAL_MODELS,
    SPATIAL_TESTS,
    SPATIAL_WEIGHTS,
    WEIGHTS,
)
from analysis.report.frames import ESTIMATES as PAPER_TABLES
from analysis.trial_estimates import OF_THE_TRIAL


@dataclass(frozen=True)
class ResultsTable:
    """A table of the warehouse that is kept as a file too.

    name: of the file. source: schema and name in the warehouse.
    beside: another of the warehouse, by province and year, whose columns follow in the file.
    of_dataset: false where no figure of the dataset enters, so that it cannot be synthetic.
    always: false where a refresh may have nothing to say. for_stata: whether it is also kept for
    Stata.
    """

    name: str
    source: str
    beside: str = ""
    of_dataset: bool = True
    always: bool = True
    for_stata: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source, self.beside) if self.beside else (self.source,)


# Each after those that it needs.
ESTIMATES = (
    Estimate(
        "mediation",
        "Table 8: direct, indirect and total effect with bootstrap intervals.",
        "effect",
        (PANEL,),
        indirect_effects.mediation,
        indirect_effects.COLUMNS,
    ),
    Estimate(
        "conditional_effects",
        "What Tables 9 and 10 leave out: effects where the moderator is low, average and high, and "
        "the index of moderated mediation.",
        "table, level, effect",
        (PANEL,),
        indirect_effects.conditional_effects,
        indirect_effects.COLUMNS,
    ),
    Estimate(
        "significant_regions",
        "For which values of the moderator the effects of Tables 9 and 10 differ from zero "
        "(Johnson-Neyman).",
        "table, column, region_lower",
        (PANEL,),
        significant_regions.significant_regions,
        significant_regions.COLUMNS,
    ),
    Estimate(
        "reduced_table_4",
        "Table 4 with the controls that have a value, where others have none: beside the refusal "
        "of Table 4, never in its place. Without rows where every control has a value.",
        "table, column, sample, outcome, term",
        (PANEL,),
        sensitivity.reduced_table_4,
        sensitivity.REDUCED_COLUMNS,
    ),
    Estimate(
        "robustness",
        "The baseline coefficient winsorised, without each province in turn, with logarithms of "
        "zero read otherwise, and of each measure of agglomeration.",
        "kind, option",
        (PANEL,),
        sensitivity.robustness,
        sensitivity.ROBUSTNESS_COLUMNS,
    ),
    Estimate(
        "indicator_readings",
        "The index, its ranks and the baseline coefficient where an indicator is read by another "
        "definition, beside those in use over the same province-years.",
        "reading, definition",
        (PANEL, INDEX_READING, INDICATOR_READINGS),
        indicator_readings.indicator_readings,
        indicator_readings.COLUMNS,
    ),
    Estimate(
        "spatial_weights",
        "How much each province is another's neighbour, one row a pair with a weight: the nested "
        "and economic-distance matrices of the paper, and others beside them.",
        "weights, province_code, neighbour_code",
        (PANEL, "reference.province_capitals", "reference.province_borders"),
        matrices.spatial_weights,
        matrices.COLUMNS,
    ),
    Estimate(
        "morans_i",
        "Moran's I of coagglo and ami in every year under every matrix, with normal, randomisation "
        "and permutation p-values.",
        "variable, weights, year",
        (PANEL, SPATIAL_WEIGHTS),
        moran_tables.morans_i,
        moran_tables.MORAN_COLUMNS,
    ),
    Estimate(
        "local_moran",
        "Local Moran's I of each province in the last year, its cluster, and p-values with and "
        "without control of the false discovery rate.",
        "variable, weights, province_code",
        (PANEL, SPATIAL_WEIGHTS),
        moran_tables.local_moran,
        moran_tables.LOCAL_COLUMNS,
    ),
    Estimate(
        "spatial_models",
        "SDM, SAR and SEM of ami by both estimators under both matrices of the paper: "
        "coefficients, direct, indirect and total effects, with four kinds of errors.",
        "weights, estimator, model, part, term",
        (PANEL, SPATIAL_WEIGHTS),
        table_11.models,
        table_11.MODEL_COLUMNS,
    ),
    Estimate(
        "other_weights",
        "The SDM of Table 11 under weights that the sample cannot have moved: of distances alone, "
        "and of the incomes of the first year, the panel beginning after it.",
        "weights, estimator, model, part, term",
        (PANEL, SPATIAL_WEIGHTS, "reference.province_capitals"),
        other_weights.other_weights,
        table_11.MODEL_COLUMNS,
    ),
    Estimate(
        "spatial_tests",
        "LM tests by effects, Wald and LR tests of the SDM against SAR and SEM, Hausman tests of "
        "fixed against random effects.",
        "weights, estimator, effects, test",
        (PANEL, SPATIAL_WEIGHTS),
        table_11.tests,
        table_11.TEST_COLUMNS,
    ),
    Estimate(
        "rho_bootstrap",
        "How far from the truth each estimator's rho falls in panels of this size.",
        "weights, estimator",
        (PANEL, SPATIAL_WEIGHTS),
        spatial_pathways.small_sample,
        spatial_pathways.RHO_COLUMNS,
    ),
    Estimate(
        "spatial_pathways",
        "Beyond the paper: mediation by uic with spillovers, and spillovers that mi and icc "
        "moderate, with bootstrap intervals.",
        "weights, kind, moderator, of, reach",
        (PANEL, SPATIAL_WEIGHTS),
        spatial_pathways.pathways,
        spatial_pathways.PATHWAY_COLUMNS,
    ),
    Estimate(
        "dependence",
        "What each coefficient of interest of Tables 4 to 11 rests on: its range without a "
        "province, and the provinces and province-years that decide its sign or significance.",
        "table, column, term",
        (PANEL, SPATIAL_WEIGHTS),
        dependence.dependence,
        dependence.COLUMNS,
    ),
    Estimate(
        "row_influence",
        "What leaving province-years out does to each coefficient of interest of Tables 4 to 7 and "
        "9 to 11 and of the reduced Table 4: the twenty that matter most, and the fewest that to "
        "first order turn sign or significance, each tried; and the twenty figures of indicators "
        "and variables, and the twenty raw cells, that move it most. Of Table 11 given rho, "
        "without significance and figures.",
        "table, column, sample, outcome, term, kind, influence_rank",
        (PANEL, INDICATOR_SCORES, WEIGHTS, SPATIAL_WEIGHTS, CELL_MOVES),
        row_influence.row_influence,
        row_influence.COLUMNS,
    ),
    Estimate(
        "estimates",
        "Tables 4 to 11 of the paper, in the columns of the published estimates: coefficients, "
        "clustered errors, wild bootstrap p-values and tests, each beside what the paper prints.",
        "table, column, sample, outcome, term",
        (
            PANEL,
            MEDIATION,
            SPATIAL_MODELS,
            SPATIAL_TESTS,
            PUBLISHED_ESTIMATES,
        ),
        tables_4_to_11.estimates,
        tables_4_to_11.COLUMNS,
    ),
    Estimate(
        "surety",
        "How sure each coefficient of interest of Tables 4 to 7, 9 and 10 and of the reduced "
        "Table 4 is: effective number of clusters, jackknife, wild bootstrap, Driscoll-Kraay and "
        "Conley errors, randomisation, the sample without bridges; adjusted for many tests; "
        "equality between samples, leads, bounds of the instrumented coefficient; tests of the "
        "residuals; unit roots of the variables.",
        "table, column, sample, outcome, term, measure, direct_effect",
        (PANEL, PAPER_TABLES, REDUCED_TABLE_4, "reference.province_capitals"),
        surety.surety,
        surety.COLUMNS,
    ),
    *OF_THE_TRIAL,
    Estimate(
        "coefficient_parts",
        "What carries each coefficient on ami or a dimension: its parts by dimension and "
        "indicator, which add up to it, and what is left without indicators that share a raw item "
        "with the right-hand side.",
        "table, column, sample, outcome, term, kind, component",
        (PANEL, INDICATOR_SCORES, FORMULA_INPUTS, SPATIAL_WEIGHTS),
        coefficient_parts.coefficient_parts,
        coefficient_parts.COLUMNS,
    ),
)
# What is said of all estimates; read in the report, no files of their own.
REMARKS = {
    "notes": "What a reader of an estimate must know: rows left out, tests that are undefined.",
    "not_estimable": "What the dataset cannot carry, with the variables that are missing.",
}

RESULTS_TABLES = (
    ResultsTable("panel", PANEL, for_stata=True),
    # Whoever opens the index meets how far it would move.
    ResultsTable("index", INDEX, beside=INDEX_UNCERTAINTY, for_stata=True),
    ResultsTable("weights", WEIGHTS),
    ResultsTable("descriptives", DESCRIPTIVES),
    ResultsTable("coverage", COVERAGE),
    ResultsTable("standing", INDEX_STANDING),
    ResultsTable("needs", NEEDED),
    ResultsTable("index_frozen", INDEX_FROZEN),
    ResultsTable("index_reading", INDEX_READING),
    ResultsTable("index_vintage", "marts.fct_index_vintage"),
    ResultsTable("estimate_vintage", ESTIMATES_BY_VINTAGE),
    *(
        ResultsTable(estimate.name, estimate.source, for_stata=estimate.name == "estimates")
        for estimate in ESTIMATES
    ),
    ResultsTable("index_by_recipe", "marts.fct_index_recipe"),
    ResultsTable("print_audit", PRINT_AUDIT, of_dataset=False),
    ResultsTable("revision_inputs", REVISED_INPUTS, always=False),
    ResultsTable("revision_values", REVISED_VALUES, always=False),
    ResultsTable("revision_estimates", REVISED_ESTIMATES, always=False),
)
