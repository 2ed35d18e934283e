"""The index on trial: what it hangs on, as functions of arrays.

Here: recipes of a composite indicator (what is done about gaps and outliers, scale, weights, sum),
their scores and ranks, and what these say: uncertainty, sensitivity, coherence, comparability over
time.

* `indicators`, `recipes`: the arrays, and every recipe there is
* `treatment`, `normalisation`, `weighting`, `scoring`: the steps of a recipe, and many at once
* `index_gradient`: what a small move of each value does to a figure made of the index
* `rank_uncertainty`, `sobol_indices`, `coherence`, `comparability`, `entropy_codes`: what is asked
* `multiple_imputation`: filled cells as draws, and Rubin's rules

Not here: the index itself, which is SQL; tables of results (`analysis.paper.trial_tables`).
"""
