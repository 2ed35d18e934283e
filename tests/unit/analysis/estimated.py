"""A coefficient of a column of the paper's tables on some panel, by the estimators themselves."""

import pandas as pd

from analysis.paper.fits import rows_used
from analysis.paper.specifications import Specification
from analysis.regressions.fixed_effects import two_way_fe
from analysis.regressions.iv import fe_2sls


def coefficient_of(panel: pd.DataFrame, column: Specification, term: str) -> float:
    used = rows_used(panel, column)
    if not column.instrument:
        return float(two_way_fe(used, column.outcome, column.regressors).params[term])
    treatment, *controls = column.regressors
    iv = fe_2sls(used, column.outcome, [treatment], [column.instrument], controls)
    return float(iv.params[term])
