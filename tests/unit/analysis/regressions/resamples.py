"""Resamples written out as frames, and least squares with every dummy: nothing from `analysis`."""

import numpy as np
import pandas as pd


def resampled(panel: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Each province (in sorted order) as often as it is counted, every copy under its own name."""
    provinces = sorted(panel["province"].unique())
    return pd.concat(
        [
            panel[panel["province"] == province].assign(province=f"{province} {copy}")
            for province, count in zip(provinces, counts, strict=True)
            for copy in range(count)
        ],
        ignore_index=True,
    )


def slopes(
    panel: pd.DataFrame, outcome: str, regressors: list[str], effects: str = "twoway"
) -> np.ndarray:
    """Coefficients of the regressors, all dummies of the effects beside them."""
    dummies = [np.ones((len(panel), 1))]
    if effects in ("twoway", "entity"):
        dummies.append(pd.get_dummies(panel["province"]).to_numpy(float))
    if effects in ("twoway", "time"):
        dummies.append(pd.get_dummies(panel["year"]).to_numpy(float))
    everything = np.column_stack([panel[regressors].to_numpy(float), *dummies])
    solution = np.linalg.lstsq(everything, panel[outcome].to_numpy(float), rcond=None)[0]
    return solution[: len(regressors)]
