"""The index on trial: what it hangs on, as functions of arrays.

Here: recipes of a composite indicator (what is done about gaps and outliers, scale, weights, sum),
their scores and ranks, and what these say: uncertainty, sensitivity, coherence, comparability over
time. Not here: the index itself, which is SQL; tables of results (`analysis.paper.trial_tables`).
"""
