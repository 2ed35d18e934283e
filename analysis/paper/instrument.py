"""How sure the instrumented coefficient of Table 4 (3) is, as rows of the table `surety`.

Here: its wild bootstrap, that of the Anderson-Rubin test, and bounds for a lag that is not quite
exogenous. Not here: the coefficient (`fits`), the tests (`analysis.regressions`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.panel import lagged
from analysis.paper.specifications import LAGGED_TREATMENT, SECOND_STAGE, Specification
from analysis.regressions.iv import fe_2sls
from analysis.regressions.joint_tests import all_zero
from analysis.regressions.plausibly_exogenous import plausibly_exogenous
from analysis.regressions.wild_iv import wild_2sls_p

# Direct effects of the lag that are allowed for, as shares of its whole effect on ami.
SHARES = (0.1, 0.25, 0.5)


def instrument(
    panel: pd.DataFrame, specification: Specification = SECOND_STAGE
) -> Iterator[dict[str, Any]]:
    """The rows of Table 4 (3): by t, by both wild bootstraps, and with direct effects of the lag.

    panel: on which the column, the paper's or a reduced one, is estimable.
    """
    outcome, (treatment, *controls) = specification.outcome, specification.regressors
    model = [outcome, treatment, *controls, LAGGED_TREATMENT]
    rows = panel.assign(**{LAGGED_TREATMENT: lagged(panel, treatment)})
    # The reduced form is on the rows of both stages.
    rows = rows[rows[model].notna().all(axis=1)]
    fit = fe_2sls(rows, outcome, [treatment], [LAGGED_TREATMENT], controls)
    wild = wild_2sls_p(rows, outcome, treatment, [LAGGED_TREATMENT], controls)
    lag_alone = all_zero(rows, outcome, [LAGGED_TREATMENT, *controls], [LAGGED_TREATMENT])
    bounds = plausibly_exogenous(rows, outcome, treatment, LAGGED_TREATMENT, controls)
    place: dict[str, Any] = {**specification.place, "term": treatment}
    place |= {"estimate": fit.params[treatment], "n": fit.n, "n_clusters": fit.n_clusters}
    yield place | {
        "measure": "clustered",
        "std_error": fit.std_errors[treatment],
        "statistic": fit.t_stats[treatment],
        "p_value": fit.p_values[treatment],
    }
    yield place | {"measure": "wild_bootstrap", "p_value": wild.p_value}
    yield place | {"measure": "anderson_rubin", "statistic": fit.ar_f, "p_value": fit.ar_p}
    yield place | {"measure": "anderson_rubin_wild", "p_value": lag_alone.wild_p_value}
    whole = abs(bounds.reduced_form.estimate)
    for share in SHARES:
        lower, upper = bounds.interval(share * whole)
        yield place | {
            "measure": "plausibly_exogenous",
            "direct_effect": share * whole,
            "lower": lower,
            "upper": upper,
        }
    yield place | {"measure": "tipping_direct_effect", "direct_effect": bounds.tipping_bound}
