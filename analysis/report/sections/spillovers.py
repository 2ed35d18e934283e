"""The sections on spatial spillovers: Table 11 with its tests, small samples, and pathways.

What the direct estimator finds stands beside what the transformation estimator finds, always. Not
here: weights, maps and Moran's I (`analysis.report.sections.neighbours`).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.paper import table_11
from analysis.report.blocks import (
    Block,
    Folded,
    Numbers,
    Paragraph,
    Picture,
    Section,
    TextTable,
    numbers,
    ranges,
    texts,
)
from analysis.report.figures.effects_plot import spatial_effects
from analysis.report.frames import (
    ESTIMATES,
    OF_PAPER_TABLES,
    OTHER_WEIGHTS,
    PUBLISHED_ESTIMATES,
    RHO_BOOTSTRAP,
    SPATIAL_MODELS,
    SPATIAL_PATHWAYS,
    SPATIAL_TESTS,
)
from analysis.report.inputs import ReportInputs, needs
from analysis.report.paper_tables import SPATIAL_NOTE
from analysis.report.sections.paper_section import (
    absent,
    fixed_or_random,
    interval,
    note_below,
    notes_on,
    opened,
    p_words,
    paper_table,
)
from analysis.report.wording import count, in_words, listed, number, percent
from analysis.spatial.impacts import EFFECTS
from analysis.variables import MEDIATOR, TREATMENT

ESTIMATORS = {"ml": "direct maximum likelihood", "lee_yu": "Lee-Yu transformation"}
TESTS = {
    "lm_lag": "LM, lag",
    "robust_lm_lag": "LM, lag, robust to errors",
    "lm_error": "LM, errors",
    "robust_lm_error": "LM, errors, robust to lag",
    "wald_sar": "Wald, SDM against SAR",
    "wald_sem": "Wald, SDM against SEM",
    "lr_sar": "LR, SDM against SAR",
    "lr_sem": "LR, SDM against SEM",
    "hausman": "Hausman, fixed against random effects",
}
PATHS = {
    "mediated": f"through {MEDIATOR}",
    "unmediated": f"not through {MEDIATOR}",
    "both": "both together",
}


@needs(*OF_PAPER_TABLES, SPATIAL_MODELS, OTHER_WEIGHTS, SPATIAL_TESTS)
def durbin(inputs: ReportInputs) -> Section:
    """Table 11, both estimators and matrices side by side, and the tests."""
    title, table = "Spatial spillovers", table_11.TABLE
    models = inputs[SPATIAL_MODELS]
    if models.empty:
        return absent(inputs, "spillovers", title, table)
    of_effects = models[(models["model"] == "sdm") & (models["term"] == TREATMENT)]
    first = str(models["weights"].iloc[0])
    sentences = []
    for estimator, words in ESTIMATORS.items():
        rows = of_effects[
            (of_effects["weights"] == first) & (of_effects["estimator"] == estimator)
        ].set_index("part")
        n_others = int(rows["n_units"].iloc[0]) - 1
        home, others, total = (
            f"{number(rows['estimate'][name], 2)} (z {number(rows['z_stat'][name], 2)})"
            for name in EFFECTS
        )
        each = number(rows["estimate"]["indirect"] / n_others, 2)
        sentences.append(
            f"by {words} {home} at home and {others} in the other {n_others} together, {each} in "
            f"each on average; everywhere, {total} in every province"
        )
    sentence = (
        f"under {in_words(first)} weights a unit more of coagglo in one province moves ami by "
        f"so many points, on average over provinces: {'; '.join(sentences)}"
    )
    blocks: list[Block] = []
    if (inputs[ESTIMATES]["table"] == table).any():
        blocks += [paper_table(inputs, table), note_below(inputs, SPATIAL_NOTE)]
    blocks += [
        TextTable(
            "spillovers-side-by-side",
            "coagglo and the spatial lag in the spatial Durbin model, both estimators under both "
            "matrices of the paper",
            _side_by_side(models),
        ),
        Paragraph(
            "z from the expected information and, clustered, from a sandwich that holds where "
            "errors of a province are correlated over time and differ in size between provinces. "
            f"With {int(models['n_units'].max())} provinces neither is exact."
        ),
        *_other_weights(inputs),
        Picture.of(
            "spatial-effects",
            f"Direct, indirect and total effects under {in_words(first)} weights with 95 % "
            "intervals (delta method), by both estimators.",
            f"Points with intervals. {sentence}.",
            spatial_effects(table_11.effects_frame(models, first), synthetic=inputs.synthetic),
        ),
        Folded("Every model: SDM, SAR and SEM", [_models(models)]),
        _tests(inputs),
        *_effects_of_provinces(inputs),
        *notes_on(inputs, table),
    ]
    return Section("spillovers", title, opened(inputs, sentence), blocks)


@needs(*OF_PAPER_TABLES, RHO_BOOTSTRAP)
def small_sample(inputs: ReportInputs) -> Section:
    """What the estimators find of a known rho in panels of this size."""
    rows = inputs[RHO_BOOTSTRAP]
    if rows.empty:
        return absent(inputs, "rho", "What so few provinces can say about rho", "bias of rho")
    one = rows.iloc[0]
    title = f"What {one['n_units']} provinces can say about rho"
    by_estimator = rows[rows["weights"] == one["weights"]].set_index("estimator")
    direct, transformed = by_estimator.loc["ml"], by_estimator.loc["lee_yu"]
    sentence = (
        f"in {direct['reps']:,} panels drawn from the fitted model, {one['n_units']} provinces and "
        f"{one['n_times']} years with a true rho of {number(direct['truth'], 3)}, direct maximum "
        f"likelihood finds {number(direct['mean'], 3)} on average and the Lee-Yu transformation "
        f"{number(transformed['mean'], 3)}: in so small a sample the direct estimator, which most "
        f"programs print, is off by {number(direct['bias'], 3)}, and a rho near zero or below it "
        "is no evidence against spillovers"
    )
    table = TextTable(
        "rho-bootstrap",
        "rho of ami in the spatial Durbin model: parametric bootstrap with the Lee-Yu fit as truth",
        {
            "Weights": [in_words(name) for name in rows["weights"]],
            "Estimator": [ESTIMATORS[name] for name in rows["estimator"]],
            "rho found": numbers(rows["estimate"], 3),
            "True rho of the draws": numbers(rows["truth"], 3),
            "Mean over draws": numbers(rows["mean"], 3),
            "Bias": numbers(rows["bias"], 3),
            "Standard deviation": numbers(rows["std_error"], 3),
            "95 % interval, bias removed": ranges(rows["lower"], rows["upper"], 3),
            "Draws": numbers(rows["reps"]),
            "Draws without a top": numbers(rows["n_at_end"]),
        },
    )
    remark = Paragraph(
        "The interval subtracts the quantiles of the draws’ deviation from their truth from the "
        "estimate, which corrects for bias. A draw whose likelihood has no maximum within the "
        "range of rho counts as the end of that range."
    )
    return Section("rho", title, opened(inputs, sentence), [table, remark])


@needs(*OF_PAPER_TABLES, SPATIAL_PATHWAYS)
def pathways(inputs: ReportInputs) -> Section:
    """Mediation and moderation with spillovers, which the paper leaves to others."""
    title, rows = "Beyond the paper: pathways in space", inputs[SPATIAL_PATHWAYS]
    if rows.empty:
        return absent(inputs, "pathways", title, "spatial mediation")
    blocks: list[Block] = []
    sentences = []
    mediation = rows[rows["kind"] == "mediation"]
    if len(mediation):
        through = mediation[(mediation["of"] == "mediated")].set_index("reach")
        own, other = (through.loc[reach].to_dict() for reach in ("own", "spillover"))
        sentences.append(
            f"through {MEDIATOR} a unit more of coagglo in one province moves ami by "
            f"{number(own['estimate'], 2)} at home ({_percentile(own)}) and by "
            f"{number(other['estimate'], 2)} in the other provinces together ({_percentile(other)})"
        )
        blocks.append(_pathway_table(mediation, "Path", PATHS))
    moderation = rows[rows["kind"] == "moderation"]
    for moderator, of in moderation.groupby("moderator", sort=False):
        slope = of[(of["of"] == "slope") & (of["reach"] == "spillover")].iloc[0].to_dict()
        sentences.append(
            f"a standard deviation more of {moderator} everywhere changes what it does in the "
            f"others together by {number(slope['estimate'], 2)} ({_percentile(slope)})"
        )
        words = {"slope": "change per standard deviation"}
        blocks.append(_pathway_table(of, f"Where {moderator} is", words))
    reps = int(rows["reps"].iloc[0])
    at_end = int(rows["n_at_end"].max())
    blocks.append(
        Paragraph(
            f"95 % percentile intervals in brackets, {reps:,} draws of a wild bootstrap in which "
            "all errors of a province turn their sign together; Lee-Yu transformation, "
            f"{in_words(rows['weights'].iloc[0])} weights. "
            + (
                f"In up to {count(at_end, 'draw')} ({percent(at_end, reps)}) the likelihood of a "
                "rho rises to its end, where effects have no bound. These draws count, and an end "
                "of an interval that lies among them is unbounded."
                if at_end
                else "Every draw has its estimate."
            )
        )
    )
    for table in ("spatial mediation", "moderated spillovers"):
        blocks += notes_on(inputs, table)
    return Section("pathways", title, opened(inputs, "; ".join(sentences)), blocks)


def _side_by_side(models: pd.DataFrame) -> dict[str, list[str]]:
    sdm = models[models["model"] == "sdm"]
    columns: dict[str, list[str]] = {"Figure": []}
    wanted = [("main", TREATMENT, "coagglo"), ("wx", TREATMENT, "W coagglo")]
    wanted += [(name, TREATMENT, f"{name} effect of coagglo") for name in EFFECTS]
    wanted += [("fit", "rho", "rho")]
    for _, _, words in wanted:
        columns["Figure"] += [words, f"{words}: z", f"{words}: z, clustered"]
    for (weights, estimator), of in sdm.groupby(["weights", "estimator"], sort=False):
        cells: list[str] = []
        for part, term, _ in wanted:
            (row,) = of[(of["part"] == part) & (of["term"] == term)].to_dict("records")
            clustered = row["estimate"] / row["std_error_cluster"]
            cells += [number(row["estimate"], 3), number(row["z_stat"], 2), number(clustered, 2)]
        label = "direct ML" if estimator == "ml" else "Lee-Yu"
        columns[f"{in_words(str(weights))}, {label}"] = Numbers(cells)
    return columns


def _other_weights(inputs: ReportInputs) -> list[Block]:
    """The effects under weights that the sample cannot have moved, in words and as a table."""
    models = inputs[OTHER_WEIGHTS]
    if models.empty:
        return []
    totals = models[(models["part"] == "total") & (models["term"] == TREATMENT)]
    said = [
        f"{number(row['estimate'], 2)} under {in_words(row['weights'])} weights by "
        f"{ESTIMATORS[row['estimator']]} (z {number(row['z_stat'], 2)})"
        for row in totals.to_dict("records")
    ]
    return [
        Paragraph(
            "The paper’s weights are made of mean incomes of the years that are estimated, which "
            "ami may have moved. Under weights of distances alone, and of the first year’s "
            f"incomes with the panel beginning after it, the total effect of coagglo is "
            f"{listed(said)}."
        ),
        TextTable(
            "spillovers-other-weights",
            "The spatial Durbin model under weights that the sample cannot have moved",
            _side_by_side(models),
        ),
    ]


def _models(models: pd.DataFrame) -> TextTable:
    return TextTable(
        "spatial-models",
        "Spatial panels of ami: every coefficient, effect and figure of fit",
        {
            "Model": [name.upper() for name in models["model"]],
            "Weights": [in_words(name) for name in models["weights"]],
            "Estimator": [
                "direct ML" if name == "ml" else "Lee-Yu" for name in models["estimator"]
            ],
            "Part": texts(models["part"]),
            "Term": texts(models["term"]),
            "Estimate": numbers(models["estimate"], 3),
            "Standard error": numbers(models["std_error"], 3),
            "observed": numbers(models["std_error_observed"], 3),
            "clustered": numbers(models["std_error_cluster"], 3),
            "simulated": numbers(models["std_error_simulated"], 3),
            "p": numbers(models["p_value"], 3),
        },
    )


def _tests(inputs: ReportInputs) -> Block:
    rows = inputs[SPATIAL_TESTS]
    published = inputs[PUBLISHED_ESTIMATES]
    of_tests = published[published["table"] == table_11.TESTS_TABLE]
    printed = of_tests.set_index("term")["estimate"]
    beside = rows["test"].where(table_11.as_printed(rows)).map(printed)
    return TextTable(
        "spatial-tests",
        "Tests for spatial dependence and between models",
        {
            "Test": [TESTS[name] for name in rows["test"]],
            "Weights": [in_words(name) for name in rows["weights"]],
            "Effects": texts(rows["effects"]),
            "Estimator": [ESTIMATORS.get(name, "") for name in rows["estimator"]],
            "χ² or F": numbers(rows["statistic"], 2),
            "df": numbers(rows["df"]),
            "p": numbers(rows["p_value"], 4),
            **({"Paper": numbers(beside, 2)} if len(of_tests) else {}),
            "Remark": texts(rows["note"]),
        },
    )


def _effects_of_provinces(inputs: ReportInputs) -> list[Block]:
    rows = inputs[SPATIAL_TESTS]
    rows = rows[(rows["test"] == "hausman") & rows["p_value"].notna()]
    said = [
        f"p {p_words(row['p_value'])} under {in_words(row['weights'])} weights by "
        f"{ESTIMATORS[row['estimator']]}"
        for row in rows.to_dict("records")
    ]
    if not said:
        return []
    rejected = bool((rows["p_value"] < 0.05).any())
    tests = f"the Hausman test of the spatial model has {listed(said)}"
    return [fixed_or_random(inputs, tests, rejected)]


def _pathway_table(rows: pd.DataFrame, header: str, words: dict[str, str]) -> TextTable:
    kind, moderator = rows["kind"].iloc[0], rows["moderator"].iloc[0]
    caption = {
        "mediation": f"Effects of coagglo on ami by path, {MEDIATOR} as mediator with spillovers",
        "moderation": f"Effects of coagglo on ami where {moderator} differs, with spillovers",
    }[kind]
    return TextTable(
        f"pathways-{kind}-{moderator}".rstrip("-"),
        caption,
        {
            header: [words.get(name, name) for name in rows["of"]],
            "On": [
                {"own": "the own province", "spillover": "all others", "total": "all"}[name]
                for name in rows["reach"]
            ],
            "Estimate": numbers(rows["estimate"], 3),
            "Percentile, 95 %": Numbers(
                interval(row, "percentile") for row in rows.to_dict("records")
            ),
            "Bias-corrected": Numbers(interval(row) for row in rows.to_dict("records")),
        },
    )


def _percentile(row: Mapping[Hashable, Any]) -> str:
    return interval(row, "percentile")
