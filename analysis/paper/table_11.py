"""Section 5.6's regressions as tables: Table 11, its tests, and what goes beyond the paper.

Here: which spatial panels are estimated, on which provinces and years, under which weights; their
results in long form, and in the form of the table `estimates`. Not here: estimators
(`analysis.spatial.models` and the modules beside it), weights (`analysis.paper.moran_tables`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import pandas as pd
from scipy import special

from analysis.panel import NotIdentifiedError, some
from analysis.paper.columns import (
    BASELINE,
    CONTROLS,
    MEDIATOR,
    MODERATORS,
    OUTCOME,
    TREATMENT,
    NotEstimable,
    as_rows,
    stars,
    without_values,
)
from analysis.paper.indirect_effects import Table
from analysis.paper.moran_tables import PAPER_MATRICES
from analysis.regressions.cluster_bootstrap import BootstrapEffect
from analysis.spatial.algebra import SpatialAlgebra, spatial_algebra
from analysis.spatial.likelihood import Estimator
from analysis.spatial.lm_tests import lm_tests
from analysis.spatial.models import (
    EFFECTS,
    SIGMA2,
    Covariance,
    Model,
    PanelArrays,
    SpatialPanelResult,
    fit,
    panel_arrays,
)
from analysis.spatial.pathways import (
    ModeratedSpillovers,
    SpatialMediation,
    moderated_spillovers,
    spatial_mediation,
)
from analysis.spatial.rho_bootstrap import rho_bootstrap
from analysis.spatial.sample import Effects
from analysis.spatial.specification import LRTest, WaldTest, hausman, lr_tests, wald_tests
from analysis.spatial.weights import SpatialWeights

TABLE, TESTS_TABLE = "11", "5.6"
# The matrix that the paper's Table 11 is printed for, and the estimator that its program uses.
PRINTED_MATRIX, PRINTED_ESTIMATOR = PAPER_MATRICES[0], "ml"
LM_EFFECTS: tuple[Effects, ...] = ("pooled", "individual", "time", "twoway")
# Draws that the refresh has time for; intervals at 95 % need a tenth.
RHO_DRAWS, PATHWAY_DRAWS = 999, 1999
ENTITY, TIME = "province_code", "year"
# Columns of Table 11: what each part is called there.
PARTS = {"main": "1", "wx": "2", "direct": "3", "indirect": "4", "total": "5"}

# What a table has of one matrix, and the notes on it.
_Of = Callable[[SpatialWeights], tuple[list[pd.DataFrame], tuple[str, ...]]]
_PLACE = dict.fromkeys(("weights", "estimator", "model"), "str")
_MODEL_TYPES = {
    **_PLACE,
    **dict.fromkeys(("outcome", "part", "term"), "str"),
    **dict.fromkeys(
        ("estimate", "std_error", "z_stat", "p_value", "lower", "upper",
         "std_error_observed", "std_error_cluster", "p_value_cluster",
         "std_error_simulated", "lower_simulated", "upper_simulated"),
        "float64",
    ),
    **dict.fromkeys(("n", "n_units"), "int64"),
}  # fmt: skip
_TEST_TYPES = {
    **dict.fromkeys(("weights", "estimator", "effects", "test", "null"), "str"),
    "statistic": "float64",
    "df": "int64",
    "p_value": "float64",
    "note": "str",
}
_RHO_TYPES = {
    **dict.fromkeys(("weights", "estimator"), "str"),
    **dict.fromkeys(
        ("truth", "estimate", "mean", "bias", "std_error", "lower", "upper", "level"), "float64"
    ),
    **dict.fromkeys(("reps", "n_at_end", "n_units", "n_times"), "int64"),
}
_PATHWAY_TYPES = {
    **dict.fromkeys(("weights", "estimator", "kind", "moderator", "of", "reach"), "str"),
    **dict.fromkeys(
        ("estimate", "se", "percentile_lower", "percentile_upper",
         "bias_corrected_lower", "bias_corrected_upper"),
        "float64",
    ),
    **dict.fromkeys(("n", "n_units", "reps", "n_at_end"), "int64"),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Balanced:
    """The provinces and years that a spatial panel can be estimated on, and their weights.

    rows: complete in every variable for every unit of W in every year that is kept.
    """

    rows: pd.DataFrame
    algebra: SpatialAlgebra
    units: pd.Index
    notes: tuple[str, ...]


def balanced(panel: pd.DataFrame, variables: Sequence[str], weights: SpatialWeights) -> Balanced:
    """What is left of a panel where a hole in the map is not allowed.

    Provinces without a single complete year leave the map: W is restricted to the others and its
    rows are standardised again. Then only years stay in which every province left is complete.
    The notes say what went. Raises NotIdentifiedError where fewer than two years remain.
    """
    complete = panel[panel[list(variables)].notna().all(axis=1)]
    units = weights.ids[weights.ids.isin(set(complete[ENTITY]))]
    notes = []
    if len(gone := weights.ids.difference(units)):
        notes.append(f"provinces without a complete year are not on the map: {some(gone)}")
        weights = weights.restricted(units)
    complete = complete[complete[ENTITY].isin(set(units))]
    per_year = complete.groupby(TIME)[ENTITY].nunique()
    years = per_year.index[per_year == len(units)]
    if len(years) < 2:
        words = ", ".join(variables)
        raise NotIdentifiedError(
            f"{len(years)} years have {words} in every province: a spatial panel needs two or more"
        )
    if len(gaps := per_year.index.difference(years)):
        notes.append(f"years in which a province lacks a variable are left out: {some(gaps)}")
    rows = complete[complete[TIME].isin(set(years))]
    return Balanced(rows, spatial_algebra(weights.matrix), units, tuple(notes))


def models(panel: pd.DataFrame, matrices: Iterable[SpatialWeights]) -> Table:
    """SDM, SAR and SEM of ami under each matrix by both estimators, two-way effects.

    Rows: part (`main`, `wx`, `direct`, `indirect`, `total`, `fit`), term, estimate; std_error,
    z_stat, p_value, lower and upper (95 %) from the expected information, for effects by the delta
    method; beside them errors from the observed information and clustered by province, and for
    effects simulated errors and intervals. `fit` has rho or lambda, sigma2, and without errors
    loglik, r2_within, r2_reduced.
    """

    def of(weights: SpatialWeights) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
        data = balanced(panel, (OUTCOME, TREATMENT, *CONTROLS), weights)
        found = []
        for estimator in get_args(Estimator):
            for model in get_args(Model):
                result = _fit(data, model, estimator)
                found.append(_model_rows(result).assign(weights=weights.name, outcome=OUTCOME))
        return found, data.notes

    return _table(panel, matrices, (OUTCOME, TREATMENT, *CONTROLS), TABLE, of, _MODEL_TYPES)


def tests(panel: pd.DataFrame, matrices: Iterable[SpatialWeights]) -> Table:
    """LM tests by the effects of the residuals, Wald and LR of SDM against SAR and SEM, Hausman.

    Statistics are chi2(df); the Hausman test's is an F, whose degrees of freedom its note has.
    """

    def of(weights: SpatialWeights) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
        data = balanced(panel, (OUTCOME, TREATMENT, *CONTROLS), weights)
        arrays = _arrays(data)
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
        for estimator in get_args(Estimator):
            common: dict[Any, Any] = {"estimator": estimator, "effects": "twoway"}
            sdm = _fit(data, "sdm", estimator)
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
        return [pd.DataFrame(records).assign(weights=weights.name)], ()

    return _table(panel, matrices, (OUTCOME, TREATMENT, *CONTROLS), TESTS_TABLE, of, _TEST_TYPES)


def small_sample(
    panel: pd.DataFrame, matrices: Iterable[SpatialWeights], *, reps: int = RHO_DRAWS
) -> Table:
    """What both estimators find of rho in panels drawn from the Lee-Yu fit, as many as ours."""

    def of(weights: SpatialWeights) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
        data = balanced(panel, (OUTCOME, TREATMENT, *CONTROLS), weights)
        fits = {name: _fit(data, "sdm", name) for name in get_args(Estimator)}
        rho = {name: result.spatial for name, result in fits.items()}
        found = rho_bootstrap(fits["lee_yu"], rho, reps=reps)
        records = [
            {
                **{name: getattr(one, name) for name in _RHO_TYPES if hasattr(one, name)},
                "lower": one.interval.lower,
                "upper": one.interval.upper,
                "reps": len(one.draws),
                "n_units": fits["lee_yu"].sample.n_units,
                "n_times": fits["lee_yu"].sample.n_times,
            }
            for one in found
        ]
        return [pd.DataFrame(records).assign(weights=weights.name)], ()

    variables = (OUTCOME, TREATMENT, *CONTROLS)
    return _table(panel, matrices, variables, "bias of rho", of, _RHO_TYPES)


def pathways(
    panel: pd.DataFrame, matrices: Iterable[SpatialWeights], *, reps: int = PATHWAY_DRAWS
) -> Table:
    """Beyond the paper: mediation by uic in space, and spillovers that mi and icc moderate.

    Under the paper's first matrix that there is, by the Lee-Yu estimator. Rows: kind
    (`mediation`, `moderation`), moderator, of (the path, or the moderator's level, or `slope`),
    reach (`own`, `spillover`, `total`), and the estimate with two 95 % intervals.
    """
    first = list(matrices)[:1]

    def mediation(weights: SpatialWeights) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
        data, (outcome, treatment, mediator), controls = _columns(panel, weights, MEDIATOR)
        made = spatial_mediation(outcome, treatment, mediator, controls, data.algebra, reps=reps)
        return [_pathway_rows(made.effects, made, weights, "mediation", "")], data.notes

    def moderation(
        moderator: str,
    ) -> _Of:
        def of(weights: SpatialWeights) -> tuple[list[pd.DataFrame], tuple[str, ...]]:
            data, (outcome, treatment, values), controls = _columns(panel, weights, moderator)
            made = moderated_spillovers(
                outcome, treatment, values, controls, data.algebra, reps=reps
            )
            slopes = {("slope", reach): effect for reach, effect in made.slopes.items()}
            rows = _pathway_rows(made.effects | slopes, made, weights, "moderation", moderator)
            return [rows], data.notes

        return of

    parts: list[tuple[str, str, _Of]] = [(MEDIATOR, "spatial mediation", mediation)]
    parts += [(name, "moderated spillovers", moderation(name)) for name in MODERATORS.values()]
    tables = [
        _table(panel, first, (OUTCOME, TREATMENT, other, *CONTROLS), table, of, _PATHWAY_TYPES)
        for other, table, of in parts
    ]
    return Table(
        pd.concat([table.rows for table in tables], ignore_index=True),
        tuple(note for table in tables for note in table.notes),
        tuple(refused for table in tables for refused in table.not_estimable),
    )


def published_form(models: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """The rows of `estimates` for Table 11 and the tests of section 5.6, in the keys of print.

    Table 11 holds z in `dispersion`, as the paper does: from the information matrix, for its z of
    sigma2, 17.16, is the root of 589 / 2, which no clustered error gives. LM tests are those on
    pooled residuals.
    """
    if models.empty:
        return as_rows([])
    printed = models[
        (models["weights"] == PRINTED_MATRIX)
        & (models["estimator"] == PRINTED_ESTIMATOR)
        & (models["model"] == "sdm")
    ]
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


def _fit(data: Balanced, model: Model, estimator: Estimator) -> SpatialPanelResult:
    arrays = _arrays(data)
    return fit(
        arrays.y, arrays.X, data.algebra, model=model, estimator=estimator, names=arrays.names
    )


def _arrays(data: Balanced) -> PanelArrays:
    return panel_arrays(
        data.rows, OUTCOME, BASELINE.regressors, entity=ENTITY, time=TIME, units=list(data.units)
    )


def _columns(
    panel: pd.DataFrame, weights: SpatialWeights, other: str
) -> tuple[Balanced, tuple[Any, Any, Any], Any]:
    """The balanced rows; outcome, treatment and the other variable, (T, N) each; the controls."""
    variables = (TREATMENT, other, *CONTROLS)
    data = balanced(panel, (OUTCOME, *variables), weights)
    arrays = panel_arrays(
        data.rows, OUTCOME, variables, entity=ENTITY, time=TIME, units=list(data.units)
    )
    return data, (arrays.y, arrays.X[..., 0], arrays.X[..., 1]), arrays.X[..., 2:]


def _model_rows(result: SpatialPanelResult) -> pd.DataFrame:
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


def _pathway_rows(
    effects: dict[tuple[str, str], BootstrapEffect],
    made: SpatialMediation | ModeratedSpillovers,
    weights: SpatialWeights,
    kind: str,
    moderator: str,
) -> pd.DataFrame:
    fitted = made.outcome if isinstance(made, SpatialMediation) else made.fit
    common = {
        "weights": weights.name,
        "estimator": fitted.estimator,
        "kind": kind,
        "moderator": moderator,
        "n": fitted.n,
        "n_units": fitted.sample.n_units,
        "reps": made.reps,
        "n_at_end": made.n_at_end,
    }
    return pd.DataFrame(
        [
            {
                **common,
                "of": of,
                "reach": reach,
                "estimate": effect.estimate,
                "se": effect.se,
                "percentile_lower": effect.percentile.lower,
                "percentile_upper": effect.percentile.upper,
                "bias_corrected_lower": effect.bias_corrected.lower,
                "bias_corrected_upper": effect.bias_corrected.upper,
            }
            for (of, reach), effect in effects.items()
        ]
    )


def _table(
    panel: pd.DataFrame,
    matrices: Iterable[SpatialWeights],
    variables: Sequence[str],
    table: str,
    of: _Of,
    types: dict[str, str],
) -> Table:
    """What `of` gives for each of the paper's matrices, and what the data cannot carry.

    A matrix that the dataset cannot make is listed among the weights already.
    """
    missing = without_values(panel, variables)
    pieces, notes, refused = [], [], []
    wanted = [] if missing else [one for one in matrices if one.name in PAPER_MATRICES]
    if missing:
        words = f"without any value: {', '.join(missing)}"
        refused.append(NotEstimable(table, "every column", missing, words))
    for weights in wanted:
        try:
            found, said = of(weights)
        except NotIdentifiedError as error:
            refused.append(NotEstimable(table, weights.name, (), str(error)))
            continue
        pieces += found
        notes += [(table, weights.name, note) for note in said]
    rows = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(types))
    rows = rows.reindex(columns=list(types))
    texts = [name for name, kind in types.items() if kind == "str"]
    return Table(rows.fillna(dict.fromkeys(texts, "")).astype(types), tuple(notes), tuple(refused))
