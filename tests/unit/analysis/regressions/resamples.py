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


def slopes(panel: pd.DataFrame, outcome: str, regressors: list[str]) -> np.ndarray:
    """Coefficients of the regressors, the dummies of both effects beside them."""
    dummies = [pd.get_dummies(panel[name]).to_numpy(float) for name in ("province", "year")]
    everything = np.column_stack([panel[regressors].to_numpy(float), *dummies])
    solution = np.linalg.lstsq(everything, panel[outcome].to_numpy(float), rcond=None)[0]
    return solution[: len(regressors)]
