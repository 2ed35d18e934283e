"""The regressions of moderated mediation: products, centring, one sample, refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from brute_force import lsdv, random_panel

from analysis.panel import EstimationError
from analysis.regressions.many_regressions import Model, estimate_many
from analysis.regressions.moderation import ModeratedMediation, regressions, significant_where

X, M, Y, W, C = "x1", "x2", "y", "x4", ["x3"]
COLUMNS = {
    "total": (Y, [X, W, "x1*x4", "x3"]),
    "mediator": (M, [X, W, "x3"]),
    "moderated_mediator": (M, [X, W, "x1*x4", "x3"]),
    "outcome": (Y, [M, W, "x3"]),
    "moderated_outcome": (Y, [M, W, "x2*x4", "x3"]),
}


@pytest.fixture
def panel() -> pd.DataFrame:
    return random_panel(0, provinces=9, years=6, k=4, missing=0.1)


def run(panel: pd.DataFrame, **options: Any) -> ModeratedMediation:
    return regressions(panel, X, M, Y, W, C, **options)


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_its_equation_with_standardised_products(
    panel: pd.DataFrame, column: str
) -> None:
    numbers = panel[[X, M, W]]
    z = (numbers - numbers.mean()) / numbers.std(ddof=0)
    written_out = panel.assign(**{W: z[W], "x1*x4": z[X] * z[W], "x2*x4": z[M] * z[W]})
    outcome, regressors = COLUMNS[column]
    fit, expected = getattr(run(panel), column), lsdv(written_out, outcome, regressors)
    assert list(fit.params.index) == regressors
    np.testing.assert_allclose(fit.params, expected.slopes, rtol=1e-9)
    np.testing.assert_allclose(fit.std_errors, expected.std_errors, rtol=1e-8)


def test_centring_changes_the_origin_of_main_effects_and_nothing_else(panel: pd.DataFrame) -> None:
    fits = {name: run(panel, centring=name).total for name in ("standardise", "mean", "none")}
    spread = panel[[X, W]].std(ddof=0)
    mean = panel[[X, W]].mean()
    by_mean, raw, z = fits["mean"].params, fits["none"].params, fits["standardise"].params
    assert by_mean["x1*x4"] == pytest.approx(raw["x1*x4"], rel=1e-9)
    assert z["x1*x4"] == pytest.approx(raw["x1*x4"] * spread[X] * spread[W], rel=1e-9)
    # The effect of the treatment at the mean of the moderator, in the treatment's own unit.
    at_mean = raw[X] + raw["x1*x4"] * mean[W]
    assert by_mean[X] == pytest.approx(at_mean, rel=1e-9)
    assert z[X] == pytest.approx(at_mean, rel=1e-9)
    assert len({round(fit.r2_within, 12) for fit in fits.values()}) == 1


def test_all_columns_share_one_sample(panel: pd.DataFrame) -> None:
    panel.loc[3, X] = np.nan
    panel.loc[8, M] = np.nan
    panel.loc[11, "y"] = np.nan
    result = run(panel)
    assert {(getattr(result, c).n, getattr(result, c).n_dropped) for c in COLUMNS} == {
        (len(panel) - 3, 3)
    }
    complete = panel.drop(index=[3, 8, 11])
    pd.testing.assert_series_equal(
        result.outcome.params, run(complete).outcome.params, check_exact=False, rtol=1e-9
    )


def test_what_is_refused_names_it(panel: pd.DataFrame) -> None:
    with pytest.raises(EstimationError, match="named more than once in the model: x1"):
        regressions(panel, X, M, Y, X, C)
    with pytest.raises(EstimationError, match="centring 'median': expected standardise, mean"):
        run(panel, centring="median")
    with pytest.raises(EstimationError, match="controls must be a list of column names, not 'x3'"):
        regressions(panel, X, M, Y, W, "x3")
    area = panel["province"].str[1:].astype(float)
    with pytest.raises(EstimationError, match="absorbed by the province and year effects: x4"):
        run(panel.assign(x4=area))


@pytest.mark.parametrize("seed", range(6))
def test_johnson_neyman_regions_are_where_a_grid_finds_the_effect_significant(seed: int) -> None:
    """The t of the effect at w is that of the variable with the moderator taken from w."""
    panel = random_panel(seed, provinces=9, years=6, k=4)
    fit = run(panel, centring="none").total
    regions = significant_where(fit, X, "x1*x4", 1.0)
    grid = np.linspace(-6, 6, 49)
    moved = {f"x4 from {w}": panel[W] - w for w in grid}
    products = {f"x1 * ({name})": panel[X] * of for name, of in moved.items()}
    models = [Model(Y, X, (*pair, "x3")) for pair in zip(moved, products, strict=True)]
    whole = pd.concat([panel, pd.DataFrame(moved | products)], axis=1)
    found = estimate_many(whole, models, {"all": np.ones(len(panel), dtype=bool)})
    for w, p in zip(grid, found["p_value"], strict=True):
        assert any(low < w < high for low, high in regions) == (p < 0.05)


def test_the_factor_of_a_product_scales_the_region() -> None:
    panel = random_panel(1, provinces=9, years=6, k=4)
    raw = significant_where(run(panel, centring="none").total, X, "x1*x4", 1.0)
    z = run(panel).total
    scaled = significant_where(z, X, "x1*x4", 1 / panel[X].std(ddof=0))
    mean, spread = panel[W].mean(), panel[W].std(ddof=0)
    ends = [mean + spread * end for region in scaled for end in region]
    assert ends == pytest.approx([end for region in raw for end in region])
