"""Table 11 and its tests, as tables: spatial panels of ami on coagglo and the controls.

Here: which models are estimated, under which weights, in long form and in the form of the table
`estimates`. Not here: estimators (`analysis.spatial`), the rows of the panel (`balanced_panel`),
what goes beyond the paper (`spatial_pathways`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import pandas as pd
from scipy import special

from analysis.panel import NotIdentifiedError
from analysis.paper.balanced_panel import Balanced, arrays_of, balanced, by_matrix
from analysis.paper.estimable import EstimatesTable
from analysis.paper.long_form import as_rows, stars
from analysis.paper.matrices import PAPER_MATRICES
from analysis.paper.result_columns import types_of
from analysis.paper.specifications import BASELINE
from analysis.spatial.fitted import SIGMA2, SpatialModel
from analysis.spatial.impacts import EFFECTS
from analysis.spatial.information import Covariance
from analysis.spatial.likelihood import Estimator
from analysis.spatial.lm_tests import lm_tests
from analysis.spatial.model_tests import LRTest, WaldTest, hausman, lr_tests, wald_tests
from analysis.spatial.sample import AbsorbedEffects, PanelArrays
from analysis.spatial.spatial_panel import SpatialPanelResult, fit
from analysis.spatial.weights_matrix import SpatialWeights
from analysis.variables import CONTROLS, OUTCOME, TREATMENT

TABLE, TESTS_TABLE = "11", "5.6"
# The matrix that the paper's Table 11 is printed for, and the estimator that its program uses.
PRINTED_MATRIX = PAPER_MATRICES[0]
PRINTED_ESTIMATOR: Estimator = "ml"
LM_EFFECTS: tuple[AbsorbedEffects, ...] = ("pooled", "individual", "time", "twoway")
# Columns of Table 11: what each part is called there.
PARTS = {"main": "1", "wx": "2", "direct": "3", "indirect": "4", "total": "5"}
VARIABLES = (OUTCOME, TREATMENT, *CONTROLS)

# Rows of one matrix, and the notes on them.
Found = tuple[Sequence[pd.DataFrame], Sequence[str]]
MODEL_COLUMNS = types_of(
    "weights", "estimator", "model", "outcome", "part", "term", "estimate", "std_error",
    "z_stat", "p_value", "lower", "upper", "std_error_observed", "std_error_cluster",
    "p_value_cluster", "std_error_simulated", "lower_simulated", "upper_simulated", "n",
    "n_units",
)  # fmt: skip
TEST_COLUMNS = types_of(
    "weights", "estimator", "effects", "test", "null", "statistic", "df", "p_value", "note",
)  # fmt: skip


def models(panel: pd.DataFrame, weights: pd.DataFrame) -> EstimatesTable:
    """SDM, SAR and SEM of ami under each matrix by both estimators, two-way effects.

    Rows: part (`main`, `wx`, `direct`, `indirect`, `total`, `fit`), term, estimate; std_error,
    z_stat, p_value, lower and upper (95 %) from the expected information, for effects by the delta
    method; beside them errors from the observed information and clustered by province, and for
    effects simulated errors and intervals. `fit` has rho or lambda, sigma2, and without errors
    loglik, r2_within, r2_reduced.
    """

    def of(matrix: SpatialWeights) -> Found:
        data = balanced(panel, VARIABLES, matrix)
        found = []
        for estimator in get_args(Estimator):
            for model in get_args(SpatialModel):
                result = fitted(data, model, estimator)
                found.append(model_rows(result).assign(outcome=OUTCOME))
        return found, data.notes

    return by_matrix(panel, weights, VARIABLES, TABLE, MODEL_COLUMNS, of)


def tests(panel: pd.DataFrame, weights: pd.DataFrame) -> EstimatesTable:
    """LM tests by the effects of the residuals, Wald and LR of SDM against SAR and SEM, Hausman.

    Statistics are chi2(df); the Hausman test's is an F, whose degrees of freedom its note has.
    """

    def of(matrix: SpatialWeights) -> Found:
        data = balanced(panel, VARIABLES, matrix)
        arrays = arrays_of(data, BASELINE.regressors)
        records = _lm_records(data, arrays)
        for estimator in get_args(Estimator):
            records += _model_test_records(data, arrays, estimator)
        return [pd.DataFrame(records)], ()

    return by_matrix(panel, weights, VARIABLES, TESTS_TABLE, TEST_COLUMNS, of)


def published_form(models: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """The rows of `estimates` for Table 11 and the tests of section 5.6, in the keys of print.

    Table 11 holds z in `dispersion`, as the paper does: from the information matrix, for its z of
    sigma2, 17.16, is the root of 589 / 2, which no clustered error gives. LM tests are those on
    pooled residuals.
    """
    printed = models[
        (models["weights"] == PRINTED_MATRIX)
        & (models["estimator"] == PRINTED_ESTIMATOR)
        & (models["model"] == "sdm")
    ]
    if printed.empty:
        return as_rows([])
    clusters = int(printed["n_units"].iloc[0])
    common: dict[Any, Any] = {"outcome": OUTCOME, "n_clusters": clusters}
    records: list[dict[Any, Any]] = []
    for row in printed.to_dict("records"):
        part = "main" if row["part"] == "fit" else str(row["part"])
        term = "sigma2_e" if row["term"] == SIGMA2 else str(row["term"])
        place: dict[Any, Any] = {
            "table": TABLE,
            "column": PARTS[part],
            "sample": part,
            **common,
        }
        if pd.isna(row["std_error"]):
            records.append({**place, "term": f"_{term}", "estimate": row["estimate"]})
        else:
            records.append(
                {
                    **place,
                    "term": term,
                    "estimate": row["estimate"],
                    "stars": stars(row["p_value"]),
                    "dispersion": row["z_stat"],
                    "dispersion_kind": "z",
                    "statistic": row["z_stat"],
                    "p_value": row["p_value"],
                }
            )
    for part, column in PARTS.items():
        place = {"table": TABLE, "column": column, "sample": part, **common}
        records.append({**place, "term": "_n", "estimate": printed["n"].iloc[0]})
    for row in tests[as_printed(tests) & tests["statistic"].notna()].to_dict("records"):
        records.append(
            {
                "table": TESTS_TABLE,
                "column": "tests",
                "sample": "all",
                **common,
                "term": row["test"],
                "estimate": row["statistic"],
                "stars": stars(row["p_value"]),
                "statistic": row["statistic"],
                "p_value": row["p_value"],
            }
        )
    return as_rows(records)


def as_printed(tests: pd.DataFrame) -> pd.Series:
    """Which rows of `tests` stand beside the paper's, which does not say what its residuals were.

    Its matrix, and for LM tests pooled residuals, for the others its estimator.
    """
    like = (tests["effects"] == "pooled") | (tests["estimator"] == PRINTED_ESTIMATOR)
    return like & (tests["weights"] == PRINTED_MATRIX)


def effects_frame(models: pd.DataFrame, weights: str) -> pd.DataFrame:
    """Effects of the SDM under one matrix by both estimators, for `figures.spatial_effects`."""
    rows = models[
        (models["weights"] == weights) & (models["model"] == "sdm") & models["part"].isin(EFFECTS)
    ]
    return rows.rename(columns={"part": "effect"})[
        ["term", "effect", "estimator", "estimate", "lower", "upper"]
    ].reset_index(drop=True)


def fitted(data: Balanced, model: SpatialModel, estimator: Estimator) -> SpatialPanelResult:
    """An SDM, SAR or SEM of ami on coagglo and the controls, two-way effects."""
    arrays = arrays_of(data, BASELINE.regressors)
    return fit(
        arrays.y, arrays.X, data.algebra, model=model, estimator=estimator, names=arrays.names
    )


def model_rows(result: SpatialPanelResult) -> pd.DataFrame:
    """Coefficients, effects and fit of one model in the columns of `models`."""
    k = len(result.names)
    params = pd.DataFrame(
        {
            "estimate": result.params,
            "std_error": result.std_errors,
            "z_stat": result.z_stats,
            "p_value": result.p_values,
        }
    )
    kinds: tuple[Covariance, ...] = ("observed", "cluster")
    for kind in kinds:
        variances = result.covariance(kind).to_numpy().diagonal()
        params[f"std_error_{kind}"] = variances**0.5
    reach = float(special.ndtri(0.975))
    params["lower"] = params["estimate"] - reach * params["std_error"]
    params["upper"] = params["estimate"] + reach * params["std_error"]
    parts = [params.iloc[:k].assign(part="main", term=list(result.names))]
    if len(result.theta):
        parts.append(params.iloc[k : 2 * k].assign(part="wx", term=list(result.names)))
    parts.append(params.iloc[-2:].rename_axis("term").reset_index().assign(part="fit"))
    figures = {name: getattr(result, name) for name in ("loglik", "r2_within", "r2_reduced")}
    parts.append(
        pd.DataFrame({"term": list(figures), "estimate": list(figures.values()), "part": "fit"})
    )
    effects = result.effects().rows()
    for kind in kinds:
        effects[f"std_error_{kind}"] = result.effects(covariance=kind).rows()["std_error"]
    try:
        simulated = result.effects("simulation").rows()
    except NotIdentifiedError:  # rho is not known well enough; the delta method stands alone.
        simulated = effects.assign(std_error=float("nan"), lower=float("nan"), upper=float("nan"))
    for name in ("std_error", "lower", "upper"):
        effects[f"{name}_simulated"] = simulated[name]
    parts.append(effects.rename(columns={"effect": "part"}))
    rows = pd.concat(parts, ignore_index=True)
    z = (rows["estimate"] / rows["std_error_cluster"]).abs()
    return rows.assign(
        estimator=result.estimator,
        model=result.model,
        p_value_cluster=2 * special.ndtr(-z.to_numpy()),
        n=result.n,
        n_units=result.sample.n_units,
    )


def _lm_records(data: Balanced, arrays: PanelArrays) -> list[dict[Any, Any]]:
    records: list[dict[Any, Any]] = []
    for effects in LM_EFFECTS:
        found = lm_tests(arrays.y, arrays.X, data.algebra, effects=effects)
        for name in ("lag", "error", "robust_lag", "robust_error"):
            robust, _, kind = name.rpartition("_")
            records.append(
                {
                    "effects": effects,
                    "test": f"{'robust_' if robust else ''}lm_{kind}",
                    "null": {"lag": "rho = 0", "error": "lambda = 0"}[kind],
                    "statistic": getattr(found, name).statistic,
                    "df": 1,
                    "p_value": getattr(found, name).p_value,
                }
            )
    return records


def _model_test_records(
    data: Balanced, arrays: PanelArrays, estimator: Estimator
) -> list[dict[Any, Any]]:
    records: list[dict[Any, Any]] = []
    common: dict[Any, Any] = {"estimator": estimator, "effects": "twoway"}
    sdm = fitted(data, "sdm", estimator)
    ratios = lr_tests(arrays.y, arrays.X, data.algebra, estimator=estimator)
    pairs: list[tuple[str, LRTest | WaldTest]] = []
    for kind, both in (("wald", wald_tests(sdm)), ("lr", ratios)):
        pairs += [(f"{kind}_sar", both.sar), (f"{kind}_sem", both.sem)]
    for name, test in pairs:
        records.append({**common, "test": name, **vars(test)})
    try:
        random = hausman(arrays.y, arrays.X, data.algebra, estimator=estimator)
    except NotIdentifiedError as error:
        records.append({**common, "test": "hausman", "df": 0, "note": str(error)})
    else:
        records.append(
            {
                **common,
                "test": "hausman",
                "null": "province effects are random",
                "statistic": random.statistic,
                "df": random.df,
                "p_value": random.p_value,
                "note": f"F({random.df}, {random.df_denominator})",
            }
        )
    return records
