"""The rules that printed figures are held to, in words, and findings counted by them."""

from __future__ import annotations

from typing import get_args

import pandas as pd

from analysis.paper.print_audit.printed import Verdict

RULES = {
    "stars": "The stars are those of estimate / standard error by t(G-1) or by the normal, "
    "whichever the other marks of the table fit best; those of a z by the normal.",
    "stars, chi2": "The stars are those of the test statistic by its chi-squared distribution.",
    "sign of z": "A z statistic has the sign of its estimate.",
    "p-value": "The stated p-value is that of its statistic.",
    "first-stage F": "With one instrument the first-stage F is the square of its t.",
    "Lagrange multipliers": "LM lag + robust LM error = LM error + robust LM lag.",
    "direct + indirect": "The total effect is the direct plus the indirect effect.",
    "product a x b": "The indirect effect is treatment on mediator times mediator on outcome.",
    "printed twice": "What is printed twice, the running text included, has the same figures and "
    "stars both times.",
    "nested R2": "A regressor more does not lower the R2 of least squares on the same sample.",
    "clustered error": "The printed error is another than the one without clusters, which follows "
    "from the R2 with and without the regressor: the notes say that errors are clustered.",
    "rows": "N is provinces x years, a year fewer with a lag.",
    "rows of samples": "Samples that divide the provinces have together the N of all.",
    "interval contains": "The interval contains its estimate.",
    "interval centred": "The middle of the interval is within a standard error of the estimate.",
    "weights add up": "Overall weights add up to one, individual ones within each dimension.",
    "weights proportional": "An individual weight is the overall one's share in its dimension.",
    "mean in range": "The mean can be had with one row at the minimum and one at the maximum.",
    "sd in range": "The standard deviation can be had with that minimum, maximum, mean and N.",
}


def summary(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings counted: rule, meaning and a column for each verdict; all rules."""
    counts = pd.crosstab(findings["rule"], findings["verdict"])
    counts = counts.reindex(index=list(RULES), columns=list(get_args(Verdict)), fill_value=0)
    counts.insert(0, "meaning", pd.Series(RULES))
    return counts.rename_axis(index="rule", columns=None).reset_index()
