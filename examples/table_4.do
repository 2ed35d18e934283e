* Table 4, column (1), again: ami on coagglo and the controls, with effects of provinces and years and
* errors clustered by province. Stata 14 or newer; from the folder of the project:
*
*   do examples/table_4.do results/demo
*
* Stops where the coefficient of coagglo or its error is not that of estimates.dta.

version 14
args folder
if "`folder'" == "" local folder "results/demo"

use "`folder'/estimates.dta", clear
keep if table == "4" & column == "1" & term == "coagglo"
local ours = estimate[1]
local error = dispersion[1]

use "`folder'/panel.dta", clear
describe, short
encode province, generate(province_id)
xtset province_id year
xtreg ami coagglo pdgp fdi hcl gov inv str inf i.year, fe vce(cluster province_id)

assert reldif(_b[coagglo], `ours') < 1e-6
assert reldif(_se[coagglo], `error') < 1e-6
display "Both are those of estimates.dta."
