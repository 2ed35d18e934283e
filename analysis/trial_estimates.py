"""The tables of the index on trial, and of the coefficient over its recipes, declared.

They are among those of `results_tables`. Nothing is computed here.
"""

from __future__ import annotations

from analysis.estimate_tables import Estimate
from analysis.paper import imputed_tables, recipe_curve, trial_tables
from analysis.report.frames import INDEX, INDEX_FROZEN, INDICATOR_SCORES, PANEL, WEIGHTS

OF_THE_TRIAL = (
    Estimate(
        "sampled_recipes",
        "Recipes of the index that were sampled, the published one first, and how far each moves "
        "ranks.",
        "recipe_number",
        (INDICATOR_SCORES, WEIGHTS),
        trial_tables.recipes,
        trial_tables.RECIPE_COLUMNS,
    ),
    Estimate(
        "index_uncertainty",
        "Scores and ranks of the index with 90 % intervals over these recipes, how often a "
        "province is in the top ten, and how often above the next.",
        "province_code, year",
        (INDICATOR_SCORES, WEIGHTS, INDEX),
        trial_tables.uncertainty,
        trial_tables.UNCERTAINTY_COLUMNS,
    ),
    Estimate(
        "index_sensitivity",
        "Which choice of the recipe moves scores and ranks of the last year: Sobol indices with "
        "bootstrap intervals.",
        "output, province_code, choice",
        (INDICATOR_SCORES, WEIGHTS),
        trial_tables.sensitivity,
        trial_tables.SENSITIVITY_COLUMNS,
    ),
    Estimate(
        "index_coherence",
        "Whether indicators belong together and count for what their weights say: alpha, "
        "correlations, components, KMO, Bartlett's test, effective weights, compensability.",
        "measure, subject, other",
        (INDICATOR_SCORES, WEIGHTS, "reference.limits"),
        trial_tables.coherent,
        trial_tables.COHERENCE_COLUMNS,
    ),
    Estimate(
        "index_changes",
        "Each year's change of a score as it was seen then: the province's own figures, moved "
        "bounds, moved weights, which add up exactly; the frozen index beside it.",
        "province_code, year",
        (INDICATOR_SCORES, WEIGHTS, INDEX_FROZEN),
        trial_tables.changes,
        trial_tables.CHANGE_COLUMNS,
    ),
    Estimate(
        "entropy_codes",
        "Weights by the entropy codes that circulate, beside those of Table 2.",
        "code, indicator",
        (INDICATOR_SCORES, WEIGHTS),
        trial_tables.codes,
        trial_tables.CODE_COLUMNS,
    ),
    Estimate(
        "index_filled",
        "Scores and ranks of the published index with 90 % intervals over draws of the filled "
        "cells: how much of a rank is invention.",
        "province_code, year",
        (INDICATOR_SCORES, WEIGHTS),
        imputed_tables.index_filled,
        imputed_tables.INDEX_COLUMNS,
    ),
    Estimate(
        "table_4_filled",
        "The coefficients that Table 4 is about, by Rubin's rules over draws of the filled cells, "
        "and how much of their variance is invention.",
        "table, column, term",
        (PANEL, INDICATOR_SCORES, WEIGHTS),
        imputed_tables.table_4_filled,
        imputed_tables.TABLE_COLUMNS,
    ),
    Estimate(
        "specification_curve",
        "The coefficient of coagglo over recipes of the index x measures, samples and control "
        "subsets: fits at even distances in the order of all of them, each with what made it.",
        "place",
        (PANEL, INDICATOR_SCORES, WEIGHTS),
        recipe_curve.curve,
        recipe_curve.CURVE_COLUMNS,
    ),
    Estimate(
        "curve_by_option",
        "All fits of the specification curve by option of each choice: range, signs, and how many "
        "are significant.",
        "choice, option",
        (PANEL, INDICATOR_SCORES, WEIGHTS),
        recipe_curve.by_option,
        recipe_curve.OPTION_COLUMNS,
    ),
    Estimate(
        "curve_sensitivity",
        "Which choice of recipe or specification moves the coefficient: Sobol indices with "
        "bootstrap intervals.",
        "choice",
        (PANEL, INDICATOR_SCORES, WEIGHTS),
        recipe_curve.moved_by,
        recipe_curve.MOVED_COLUMNS,
    ),
    Estimate(
        "curve_test",
        "Whether the specification curve could come of no effect at all: the joint test of "
        "Simonsohn, Simmons and Nelson, by provinces.",
        "test",
        (PANEL, INDICATOR_SCORES, WEIGHTS),
        recipe_curve.joint,
        recipe_curve.TEST_COLUMNS,
    ),
)
