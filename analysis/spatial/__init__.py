"""Space: who is whose neighbour, whether values cluster, and how effects spill over.

* `weights`, `weights_matrix`: matrices from coordinates, borders and incomes, row-standardised
* `near_distances`: which of thousands of units are near each other, without looking at all pairs
* `moran`, `cross_sections`: global and local Moran's I, and the values and orders they start from
* `spatial_panel`: SAR, SEM and SDM by exact maximum likelihood and by the Lee-Yu transformation
* `fitted`, `information`, `impacts`: their estimates, covariances, direct and indirect effects
* `sample`, `likelihood`: what these need of the data, and the search for rho
* `algebra`: what they need of W: `operations`, by `eigenvalues` or `factorised` at each rho
* `unit_order`: a W of libpysal put into the order of the data
* `outcomes_given_rho`: a coefficient for every part of an outcome, given rho
* `lm_tests`: Lagrange multiplier tests for a spatial lag and a spatial error, classic and robust
* `model_tests`: Wald, likelihood-ratio and Hausman tests among the panel models
* `rho_bootstrap`: how far from the truth rho falls in samples of this size
* `pathways`: mediation and moderation with spillovers, beyond the paper
* `resampling`: many simulated panels fitted at once, for both

Units are whatever a panel has: here provinces, elsewhere counties or states. Data that are unfit
raise `analysis.panel.EstimationError` in words. Not here: regressions without space
(`analysis.regressions`), the paper's variables and weights (`analysis.paper`), pages, files.
"""
