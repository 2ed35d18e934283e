"""Small panels of indicators for the tests of the index on trial."""

import numpy as np
import pandas as pd

from analysis.trial.indicators import IndicatorArrays, indicator_arrays

DIMENSIONS = {"a": "amt", "b": "amt", "c": "amm", "d": "amm"}


def cells(units: int = 5, times: int = 4, seed: int = 3) -> pd.DataFrame:
    """SYNTHETIC cells of four indicators, one in eight of them filled."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product(
        [[f"{u:06d}" for u in range(units)], range(2010, 2010 + times), DIMENSIONS],
        names=["province_code", "year", "indicator"],
    )
    filled = rng.random(len(keys)) < 0.125
    return keys.to_frame(index=False).assign(
        province=lambda frame: "Unit " + frame["province_code"],
        value=np.exp(rng.normal(size=len(keys))),
        score=0.5,
        is_interpolated=filled,
        max_gap_length=np.where(filled, rng.integers(1, 3, len(keys)), 0),
    )


def indicators() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "indicator": list(DIMENSIONS),
            "dimension": list(DIMENSIONS.values()),
            "attribute": ["positive", "negative", "positive", "positive"],
            "sort_order": range(4),
            "published_overall_weight": 0.25,
            "published_individual_weight": 0.5,
        }
    )


def data(units: int = 5, times: int = 4, seed: int = 3) -> IndicatorArrays:
    return indicator_arrays(cells(units, times, seed), indicators())
