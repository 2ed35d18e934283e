"""Regressions of any panel, errors clustered by entity as Stata has them, and their bootstraps.

* `fixed_effects`, `iv`: two-way fixed effects, and two-stage least squares with them
* `clustering`: their errors, by the convention of Stata, and what each of them reports
* `weak_instruments`, `stock_yogo`: tests of the instruments, and critical values
* `hausman`: fixed or random effects
* `mediation`, `moderation`: effects through a mediator, and effects that a moderator changes
* `cluster_bootstrap`, `wild_bootstrap`: resampling whole entities, and the signs of their errors
* `one_coefficient`, `residual_tests`: how sure one coefficient is, and what its errors are like
* `joint_tests`, `multiple_testing`: several coefficients at once, and families of tests
* `wild_iv`, `plausibly_exogenous`: an instrumented coefficient by the wild bootstrap, and where the
  instrument has an effect of its own
* `influence`, `maximum_influence`: what a coefficient is without an entity, or without the rows
  that decide it, exactly and to first order
* `many_regressions`, `many_outcomes`: two-way regressions by the hundred, solved together; one
  coefficient for every part of an outcome
* `crossed_fits`, `specification_curve`, `curve_test`: one coefficient of thousands of outcomes by
  hundreds of specifications, and whether all of it could come of nothing
* `robustness`: one coefficient in many samples

Not here: which regressions the paper runs (`analysis.paper`), space (`analysis.spatial`).
"""
