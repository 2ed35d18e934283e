"""The sections of the report, each a function from its inputs to a `Section`.

* `descriptive`: the index, agglomeration, weights and descriptives
* `tables_4_to_10`: the paper's regressions, robustness and the audit of print
* `neighbours`: the map, Moran's I and its clusters; `spillovers`: Table 11 and pathways in space
* `revision`: what changed since the last vintage
* `evidence`: the data behind them: coverage, gaps, what was set aside, checks
"""
