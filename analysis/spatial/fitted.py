"""The estimates of a spatial panel, before anything is inferred from them.

Here: coefficients, residuals and what they are made of. Not here: how they are found
(`spatial_panel`), their covariance (`information`), direct and indirect effects (`impacts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from analysis.spatial.likelihood import Concentrated, Estimator
from analysis.spatial.sample import SpatialSample

SpatialModel = Literal["sdm", "sar", "sem"]
SIGMA2 = "sigma2"


@dataclass(frozen=True, eq=False)
class SpatialFit:
    """The estimates of a spatial panel; Series are indexed by the regressors, in the order given.

    y = rho W y + X beta + W X theta + effects + e (SDM; theta = 0 in SAR), or
    y = X beta + effects + u, u = lam W u + e (SEM).

    rho, lam: the spatial coefficient; the one that the model lacks is None.
    beta, theta: of X and of W X; theta is empty but in SDM.
    sigma2: ssr / (N T) for `ml`, ssr / (degrees of freedom that the effects leave) for `lee_yu`.
    loglik: of the data for `ml`, of the transformed data for `lee_yu`: not to be compared.
    r2_within: share of the variation that effects leave which lags, regressors and W y explain.
    r2_reduced: squared correlation of that variation with what X alone predicts, spillovers
        included (I - rho W)^-1 (X beta + W X theta).
    residuals: (T, N), effects taken out.
    """

    model: SpatialModel
    estimator: Estimator
    names: tuple[str, ...]
    spatial: float
    beta: pd.Series
    theta: pd.Series
    sigma2: float
    loglik: float
    r2_within: float
    r2_reduced: float
    residuals: np.ndarray
    sample: SpatialSample
    likelihood: Concentrated

    @property
    def rho(self) -> float | None:
        return None if self.model == "sem" else self.spatial

    @property
    def lam(self) -> float | None:
        return self.spatial if self.model == "sem" else None

    @property
    def spatial_name(self) -> str:
        return "lambda" if self.model == "sem" else "rho"

    @property
    def n(self) -> int:
        """Observations, N T."""
        return self.sample.y.size

    @cached_property
    def params(self) -> pd.Series:
        """All parameters in one Series, named as `cov`."""
        lagged = map(lagged_name, self.theta.index)
        values = [*self.beta, *self.theta, self.spatial, self.sigma2]
        return pd.Series(values, index=[*self.names, *lagged, self.spatial_name, SIGMA2])

    @cached_property
    def regressors(self) -> np.ndarray:
        """X, in an SDM W X too, without effects, (n, k)."""
        return regressors(self.sample, self.model)

    @cached_property
    def systematic(self) -> np.ndarray:
        """X beta + W X theta, (T, N)."""
        return systematic(self.sample, self.beta, self.theta)


def lagged_name(name: str) -> str:
    """What W x is called."""
    return f"W {name}"


def regressors(sample: SpatialSample, model: SpatialModel) -> np.ndarray:
    """X, in an SDM W X too, without effects, (n, k)."""
    own = sample.own_columns
    return np.column_stack([own, sample.lagged_columns]) if model == "sdm" else own


def systematic(sample: SpatialSample, beta: pd.Series, theta: pd.Series) -> np.ndarray:
    """X beta + W X theta, (T, N)."""
    found = sample.X @ beta.to_numpy()
    return found + sample.wx @ theta.to_numpy() if len(theta) else found
