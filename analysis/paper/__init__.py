"""What the paper estimates, as tables, and what it prints.

* `specifications`: the regressions of Tables 4 to 7, 9 and 10, and the table `estimates`
* `indirect_effects`: Table 8 and what stands beside the columns
* `moran_tables`, `table_11`: section 5.6: weights, Moran's I, spatial panels
* `print_audit`: whether the printed figures agree with each other

Not here: estimators (`analysis.regressions`, `analysis.spatial`), pages, files.
"""
