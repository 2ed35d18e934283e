"""What the paper estimates, as tables, and what it prints.

* `specifications`, `fits`, `long_form`: the columns of Tables 4 to 7, 9 and 10 as data, estimated,
  and as rows
* `indirect_effects`: Table 8; `sensitivity`: how far the baseline depends on its choices
* `matrices`, `moran_tables`, `balanced_panel`, `table_11`, `spatial_pathways`: section 5.6;
  `other_weights`: Table 11 under weights that the sample cannot have moved
* `surety`, of which `joint_nulls` and `instrument`: how sure each coefficient is
* `dependence`, `significant_regions`: what coefficients rest on, and where moderated ones differ
  from zero
* `row_influence`: which province-years matter most to each, and the fewest that turn it
* `coefficient_parts`: which indicators carry each coefficient, and items on both sides
* `indicator_readings`, `trial_tables`: what hangs on definitions, and the index on trial;
  `recipe_curve`: the coefficient over recipes; `imputed_tables`: what of it is invention
* `main_coefficients`: what these are about, estimated on any panel without tests
* `tables_4_to_11`: the table `estimates`, of all of these
* `estimable`: tables with notes, and the way to "not estimable"; `result_columns`: their columns
* `print_audit`: whether the printed figures agree with each other

Which tables there are is declared in `analysis.results_tables`. Not here: estimators
(`analysis.regressions`, `analysis.spatial`), pages, files.
"""
