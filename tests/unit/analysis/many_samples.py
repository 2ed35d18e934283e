"""Fits of many simulated samples at once, for one by one they are most of a simulation's time."""

import numpy as np
import pandas as pd

from analysis.regressions.many_regressions import Model, estimate_many

# Cross products grow with the square of the columns: more at once would be slower again.
AT_ONCE = 20


def fits(keys: pd.DataFrame, samples: list[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """`two_way_fe` of y on x in each sample (x, y): a row each, in the columns of `estimate_many`.

    keys: province and year, to which x and y, of as many values, belong. That these are the
    figures of `two_way_fe` is proved in `test_specification_curve.py`.
    """
    found = []
    for start in range(0, len(samples), AT_ONCE):
        some = samples[start : start + AT_ONCE]
        columns = {
            f"{name}{number}": values.ravel()
            for number, sample in enumerate(some)
            for name, values in zip("xy", sample, strict=True)
        }
        panel = keys.assign(**columns)
        models = [Model(f"y{number}", f"x{number}") for number in range(len(some))]
        found.append(estimate_many(panel, models, {"all": np.ones(len(panel), dtype=bool)}))
    return pd.concat(found, ignore_index=True)
