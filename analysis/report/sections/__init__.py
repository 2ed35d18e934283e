"""The sections of the report: each names the tables it needs and makes a `Section` of them.

* `descriptive`: the index, agglomeration, weights and descriptives
* `tables_4_to_6`, `tables_7_to_10`: the paper's regressions; `paper_section`: what these share
* `what_carries`: coefficients by indicator, and items on both sides of an equation
* `choices`: how far the baseline depends on its choices; `printed_figures`: the audit of print
* `neighbours`: the map, Moran's I and its clusters; `spillovers`: Table 11 and pathways in space
* `revision`: what changed since the last vintage
* `evidence`: the data behind them: coverage, gaps, what was set aside, checks
"""
