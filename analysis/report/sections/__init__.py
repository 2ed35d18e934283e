"""The sections of the report: each names the tables it needs and makes a `Section` of them.

* `descriptive`: the index, agglomeration, weights and descriptives
* `tables_4_to_6`, `tables_7_to_10`: the paper's regressions; `reduced_table`: Table 4 with fewer
  controls; `paper_section`: what these share
* `what_carries`: coefficients by indicator, and items on both sides of an equation
* `index_trial`: what the ranks hang on
* `choices`: how far the baseline depends on its choices; `other_readings`: on definitions of
  indicators; `printed_figures`: the audit of print
* `how_sure`, `further_tests`: each coefficient by every measure, and many of them together
* `neighbours`: the map, Moran's I and its clusters; `spillovers`: Table 11 and pathways in space
* `revision`: what changed since the last vintage; `through_vintages`: each coefficient by vintage
* `coverage`, `missing`: what is there, what is missing and where to get it
* `filled_cells`: how much of ranks and of Table 4 hangs on filled cells
* `evidence`: the data behind them: gaps, what was set aside, checks
"""
