"""The tables of the warehouse by name: the one place for what estimates and the report read.

Imports nothing, so that whoever needs but a name pays for no more.
"""

PANEL = "marts.fct_panel"
INDEX = "marts.fct_index"
AGGLOMERATION = "marts.fct_agglomeration"
WEIGHTS = "marts.dim_indicator"
INDICATOR_SCORES = "marts.fct_indicator_score"
INDEX_STANDING = "marts.dim_index_standing"
DESCRIPTIVES = "marts.fct_descriptives"
COVERAGE = "marts.fct_coverage"
INDEX_FROZEN = "marts.fct_index_frozen"
ESTIMATES = "estimates.estimates"
NOTES = "estimates.notes"
NOT_ESTIMABLE = "estimates.not_estimable"
MEDIATION = "estimates.mediation"
CONDITIONAL_EFFECTS = "estimates.conditional_effects"
SIGNIFICANT_REGIONS = "estimates.significant_regions"
DEPENDENCE = "estimates.dependence"
REDUCED_TABLE_4 = "estimates.reduced_table_4"
SAMPLED_RECIPES = "estimates.sampled_recipes"
INDEX_UNCERTAINTY = "estimates.index_uncertainty"
INDEX_SENSITIVITY = "estimates.index_sensitivity"
INDEX_COHERENCE = "estimates.index_coherence"
INDEX_CHANGES = "estimates.index_changes"
ENTROPY_CODES = "estimates.entropy_codes"
SURETY = "estimates.surety"
COEFFICIENT_PARTS = "estimates.coefficient_parts"
ROBUSTNESS = "estimates.robustness"
SPECIFICATION_CURVE = "estimates.specification_curve"
SPATIAL_WEIGHTS = "estimates.spatial_weights"
MORANS_I = "estimates.morans_i"
LOCAL_MORAN = "estimates.local_moran"
SPATIAL_MODELS = "estimates.spatial_models"
SPATIAL_TESTS = "estimates.spatial_tests"
RHO_BOOTSTRAP = "estimates.rho_bootstrap"
SPATIAL_PATHWAYS = "estimates.spatial_pathways"
PUBLISHED_ESTIMATES = "paper.published_estimates"
PUBLISHED_TEXT = "paper.published_text"
PRINT_AUDIT = "paper.print_audit"
TILES = "reference.province_tiles"
FORMULA_INPUTS = "reference.formula_inputs"
SERIES_BREAKS = "reference.series_breaks"
PREFERRED = "intermediate.int_items__preferred"
EDITIONS = "intermediate.int_items__editions"
FILLED = "intermediate.int_items__filled"
RECONCILIATION = "intermediate.int_items__national_reconciliation"
FILES = "staging.stg_raw__files"
SET_ASIDE = "staging.stg_raw__set_aside"
STANDING = "audit.standing"
NEEDED = "audit.needs"
VINTAGE = "audit.vintage"
REVISED_INPUTS = "audit.revision_inputs"
REVISED_VALUES = "audit.revision_values"
# What dbt's tests and the gates of a refresh found.
TESTS = ("audit.clean_tests", "audit.marts_tests")
GATES = ("audit.clean_expectations", "audit.marts_expectations")
CHECKS = (*TESTS, *GATES)
# What the files of the paper's tables are made of.
OF_TYPESET_TABLES = (WEIGHTS, DESCRIPTIVES, ESTIMATES, PUBLISHED_ESTIMATES)
# What a table of the paper is shown with: print, labels, notes, and what is not estimable.
OF_PAPER_TABLES = (ESTIMATES, PUBLISHED_ESTIMATES, DESCRIPTIVES, NOTES, NOT_ESTIMABLE)
