"""Space: who is whose neighbour, whether values cluster, and how effects spill over (section 5.6).

* `weights`: spatial weights matrices from coordinates, borders and incomes, always row-standardised
* `moran`: global and local Moran's I
* `autocorrelation`: both for the paper's variables under its weights, as tables
* `figures`: tile map, Moran scatter plot, Moran's I over the years, effects with their intervals
* `panel`: SAR, SEM and SDM panels by exact maximum likelihood and by the Lee-Yu transformation
* `sample`, `algebra`, `likelihood`: what these need of the data, of W and of each other
* `lm_tests`: Lagrange multiplier tests for a spatial lag and a spatial error, classic and robust
* `specification`: Wald, likelihood-ratio and Hausman tests among the panel models
* `bootstrap`: how far from the truth rho falls in samples of this size
* `pathways`: mediation and moderation with spillovers, beyond the paper
* `resampling`: many simulated panels fitted at once, for both
* `spillovers`: all of these for the paper's variables, as tables: Table 11 and what goes with it

Units are whatever a panel has: here provinces, elsewhere counties or states. Data that are unfit
raise `analysis.panel.EstimationError` in words. Not here: regressions without space
(`analysis.estimates`), pages, files.
"""
