"""Estimators, tests, tables and figures of the paper.

* `panel`, `design`: what every room asks of a panel: complete rows, effects, full rank, and
  refusals in words
* `intervals`: intervals of bootstrap draws, with space and without
* `variables`: the variables by their part, from the seed that lists them
* `regressions`: estimators without space, of any panel
* `spatial`: weights, statistics and estimators of space, of any units
* `paper`: what this paper estimates with both, as tables, and its printed figures
* `trial`: recipes of an index, of any units, and what hangs on them
* `results_tables`, with `estimate_tables` and `trial_estimates`: every table of results, once
* `large_audit`: some of them from larger samples
* `report`: the page, its tables and its figures

What belongs here: pure functions of arrays or frames that return frozen dataclasses, frames or
charts. What does not: Dagster, DuckDB, files and paths; whoever calls loads and stores.
Slow libraries are imported inside the functions that use them.
"""
