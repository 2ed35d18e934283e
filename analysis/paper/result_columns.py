"""The columns of the tables of estimates: what each is called, its type, and what it holds.

One name means one thing in every table; the data dictionary is made of these words.
"""

from __future__ import annotations

_TEXT, _NUMBER, _COUNT, _YES = "str", "float64", "int64", "bool"

_WORDS = {
    _TEXT: {
        "table": "Table of the paper, or what is beside its tables.",
        "column": "Column of that table, or the row's name where it has none.",
        "sample": "Which province-years are used, or the kind of effect.",
        "outcome": "Left-hand side.",
        "term": "Regressor or statistic; L. = lagged, * = product, _ = below the column.",
        "stars": "*** below 1 %, ** below 5 %, * below 10 %.",
        "dispersion_kind": "What the dispersion is: clustered_se, bootstrap_se, sobel_se or z.",
        "published_stars": "Stars that the paper prints.",
        "moderator": "Moderator; empty where there is none.",
        "level": "Where the moderator is: mean - sd, mean or mean + sd; of an interval, its level.",
        "effect": "direct, indirect or total effect, or the index of moderated mediation.",
        "kind": "What was done: see the table.",
        "option": "Share drawn in at either end, or the province left out.",
        "reason": "Why there is no estimate; empty where there is one.",
        "treatment": "Measure of agglomeration.",
        "controls": "Controls, comma-joined.",
        "weights": "Spatial weights matrix.",
        "province_code": "GB/T 2260 code of the province.",
        "province": "Name of the province.",
        "neighbour_code": "GB/T 2260 code of its neighbour.",
        "variable": "Variable that is looked at.",
        "missing": "Provinces without a value, comma-joined.",
        "quadrant": "Own value and neighbours' mean, high (H) or low (L).",
        "cluster": "The quadrant where p is below 0.05.",
        "cluster_fdr": "The quadrant where p_fdr is below 0.05.",
        "estimator": "ml = direct maximum likelihood, lee_yu = transformation.",
        "model": "sdm, sar or sem.",
        "part": "main, wx, direct, indirect, total or fit.",
        "effects": "What the residuals are free of.",
        "test": "Which test.",
        "null": "Its null hypothesis.",
        "note": "What a reader must know.",
        "of": "Path, level of the moderator, or slope.",
        "reach": "own = at home, spillover = in all other provinces, total = both.",
        "measure": "How it is judged: a kind of error, a test, or another sample.",
        "missing_controls": "Controls of the paper that have no value and are left out, "
        "comma-joined: the estimate is reduced, not the paper's. Empty where there are none.",
        "missing_variables": "Variables without any value, comma-joined.",
    },
    _NUMBER: {
        "estimate": "Estimate, in units of the outcome per unit of the term.",
        "dispersion": "What stands below the estimate: a standard error, or z in Table 11.",
        "statistic": "t, z or the statistic of a test.",
        "p_value": "Two-sided p-value: t(G - 1), or the normal for spatial panels.",
        "critical_5": "Below which the test rejects at 5 %, where it has no p-value.",
        "wild_p_value": "p-value of the wild cluster bootstrap, of the terms a column is about.",
        "published_estimate": "Estimate that the paper prints.",
        "published_dispersion": "Figure that the paper prints below it.",
        "moderator_value": "Value of the moderator there.",
        "se": "Bootstrap standard error.",
        "percentile_lower": "Lower end of the 95 % percentile interval.",
        "percentile_upper": "Upper end of it.",
        "bias_corrected_lower": "Lower end of the 95 % bias-corrected interval.",
        "bias_corrected_upper": "Upper end of it.",
        "bca_lower": "Lower end of the 95 % BCa interval.",
        "bca_upper": "Upper end of it.",
        "std_error": "Standard error.",
        "t_stat": "Estimate over its standard error.",
        "lower": "Lower end of the 95 % interval, or of the band of random orders.",
        "upper": "Upper end of it.",
        "standardised": "Estimate in standard deviations of the outcome per one of the treatment.",
        "weight": "Weight of the neighbour; the weights of a province add up to one.",
        "distance_km": "Great-circle distance between the capitals.",
        "moran_i": "Moran's I.",
        "expectation": "Its expectation without dependence.",
        "variance_normality": "Its variance under normality.",
        "z_normality": "z under normality.",
        "p_normality": "p-value under normality.",
        "variance_randomisation": "Its variance under randomisation.",
        "z_randomisation": "z under randomisation.",
        "p_randomisation": "p-value under randomisation.",
        "p_permutation": "p-value by random orders of the provinces.",
        "value": "The province's value.",
        "z": "Its distance from the mean in standard deviations.",
        "lag": "Weighted mean of the neighbours' z.",
        "local_i": "Local Moran's I.",
        "p": "p-value by conditional permutation.",
        "p_fdr": "The same with the false discovery rate controlled.",
        "z_stat": "Estimate over its standard error.",
        "std_error_observed": "Standard error from the observed information.",
        "std_error_cluster": "Standard error clustered by province.",
        "p_value_cluster": "p-value of that.",
        "std_error_simulated": "Standard error of simulated effects.",
        "lower_simulated": "Lower end of the 95 % interval of simulated effects.",
        "upper_simulated": "Upper end of it.",
        "truth": "rho of the panels drawn.",
        "mean": "Mean of what is found in them.",
        "bias": "Mean less truth.",
    },
    _COUNT: {
        "n_clusters": "Provinces.",
        "n": "Province-years, or provinces with a value.",
        "reps": "Draws.",
        "n_degenerate": "Draws that do not identify the effects.",
        "year": "Year.",
        "permutations": "Random orders drawn.",
        "n_units": "Provinces.",
        "n_times": "Years.",
        "df": "Degrees of freedom.",
        "n_at_end": "Draws without a top of the likelihood, left out.",
    },
    _YES: {"main": "Whether it is the main specification."},
}
_TYPES = {name: kind for kind, words in _WORDS.items() for name in words}


def types_of(*names: str) -> dict[str, str]:
    """The types of some columns, in their order."""
    return {name: _TYPES[name] for name in names}


def words_of(name: str) -> str:
    """What a column holds."""
    return _WORDS[_TYPES[name]][name]
