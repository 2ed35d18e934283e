"""Least squares with every dummy written out: slow, plain, and nothing shared with `analysis`."""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Lsdv:
    slopes: np.ndarray
    std_errors: np.ndarray
    constant: float
    constant_std_error: float
    r2_within: float


def lsdv(panel: pd.DataFrame, outcome: str, regressors: list[str]) -> Lsdv:
    """Two-way fixed effects: all entity dummies, all time dummies but the first.

    Errors clustered by province, G/(G-1) * (n-1)/(n-K), K without entity dummies but with one
    constant. The constant is the mean over rows of the entity dummies' coefficients.
    """
    panel = panel.dropna(subset=[outcome, *regressors])
    y = panel[outcome].to_numpy(float)
    x = panel[regressors].to_numpy(float)
    provinces = pd.get_dummies(panel["province"]).to_numpy(float)
    years = pd.get_dummies(panel["year"]).to_numpy(float)[:, 1:]
    everything = np.column_stack([x, years, provinces])

    inverse = np.linalg.pinv(everything.T @ everything)
    coefficients = inverse @ everything.T @ y
    residuals = y - everything @ coefficients
    meat = np.zeros_like(inverse)
    for province in provinces.T.astype(bool):
        score = everything[province].T @ residuals[province]
        meat += np.outer(score, score)
    n, groups = len(y), provinces.shape[1]
    n_coefficients = np.linalg.matrix_rank(everything) - groups + 1
    covariance = inverse @ meat @ inverse * groups / (groups - 1) * (n - 1) / (n - n_coefficients)

    k = len(regressors)
    average = np.zeros(everything.shape[1])
    average[-groups:] = provinces.mean(axis=0)
    own_mean = provinces @ np.linalg.lstsq(provinces, y, rcond=None)[0]
    return Lsdv(
        slopes=coefficients[:k],
        std_errors=np.sqrt(np.diag(covariance))[:k],
        constant=float(average @ coefficients),
        constant_std_error=float(np.sqrt(average @ covariance @ average)),
        r2_within=float(1 - (residuals @ residuals) / ((y - own_mean) @ (y - own_mean))),
    )


def random_panel(
    seed: int, *, provinces: int = 6, years: int = 6, k: int = 2, missing: float = 0.0
) -> pd.DataFrame:
    """SYNTHETIC panel with province and year effects, x's tied to both, y = 1 x1 + 2 x2 + ..."""
    rng = np.random.default_rng(seed)
    index = pd.MultiIndex.from_product(
        [[f"P{i:02d}" for i in range(provinces)], range(2003, 2003 + years)],
        names=["province", "year"],
    )
    province_effect = np.repeat(rng.normal(size=provinces), years)
    year_effect = np.tile(rng.normal(size=years), provinces)
    panel = pd.DataFrame(index=index).reset_index()
    y = 3 + province_effect + year_effect + rng.normal(size=len(panel))
    for j in range(1, k + 1):
        x = rng.normal(size=len(panel)) + 0.5 * province_effect - 0.5 * year_effect
        panel[f"x{j}"] = x
        y = y + j * x
    panel["y"] = y
    return panel[rng.random(len(panel)) >= missing].reset_index(drop=True)


def without(panel: pd.DataFrame, singletons: tuple[tuple[str, int], ...]) -> pd.DataFrame:
    """The panel without some province-years."""
    pairs = pd.MultiIndex.from_frame(panel[["province", "year"]])
    return panel[~pairs.isin(singletons)] if singletons else panel
