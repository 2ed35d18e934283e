"""Every check of the project, once: what it watches, how serious it is and what it expects.

A check is one Great Expectations suite over one check frame (see `check_frames`): every value lies
within its bounds. `ERROR` stops the run and leaves the last good marts untouched; `WARN` is told
and stops nothing. How a suite is run and what is made of its result belongs to `validation`.

This module is what Dagster reads when it loads, so great_expectations is imported where a suite is
built and not before.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from expectations import check_frames as derive
from expectations.check_frames import Evidence

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

Layer = Literal["clean", "marts"]
Severity = Literal["ERROR", "WARN"]


@dataclass(frozen=True)
class Check:
    """One expectation: `name` is stable and unique over both layers, `expected` says it in words.

    `frame` and `column` are the model it watches and what of it; `rows` derives the check frame.
    A check of synthetic data only compares with the paper what was calibrated to it; one of real
    data only is about the making of official figures. Elsewhere they pass, saying so.
    """

    name: str
    frame: str
    column: str
    severity: Severity
    expected: str
    rows: Callable[[Evidence], pd.DataFrame]
    holds_for: Literal["both", "synthetic", "real"] = "both"


CLEAN_CHECKS = (
    Check(
        "items_balanced",
        "int_items__filled",
        "province_code",
        "ERROR",
        "every province once for each item and year",
        derive.item_grid,
    ),
    Check(
        "items_in_range",
        "int_items__filled",
        "value",
        "ERROR",
        "no negative amount, but where the item is a balance",
        derive.item_values,
    ),
    Check(
        "item_orders_must_hold",
        "int_items__filled",
        "base_value",
        "ERROR",
        "manufacturing is part of urban units, and these of all employment (item_orders.csv)",
        partial(derive.item_orders, severity="ERROR"),
    ),
    # A warning: GDP may be revised after a census where the sectors are as first published.
    Check(
        "item_orders_should_hold",
        "int_items__filled",
        "base_value",
        "WARN",
        "no part exceeds its whole, nor what it is set against (item_orders.csv)",
        partial(derive.item_orders, severity="WARN"),
    ),
    Check(
        "item_jumps",
        "int_items__filled",
        "value",
        "WARN",
        "less than a tenfold change on the year before (other limits by item)",
        derive.item_jumps,
    ),
    Check(
        "provincial_sums_comparable",
        "int_items__national_reconciliation",
        "relative_difference",
        "ERROR",
        "provincial sums of the order of the national row (a slipped unit is not)",
        partial(derive.national_gaps, rule="national_order"),
    ),
    Check(
        "provincial_sums_match_national",
        "int_items__national_reconciliation",
        "relative_difference",
        "WARN",
        "provincial sums equal the national row within the tolerance of the item",
        partial(derive.national_gaps, rule="national_gap"),
    ),
    Check(
        "indicators_in_range",
        "int_indicators__values",
        "value",
        "ERROR",
        "shares between 0 and 100 %, other indicators in their plausible range",
        derive.indicator_values,
    ),
    Check(
        "mean_quotients_equal_one",
        "int_agglomeration__quotients",
        "magglo",
        "ERROR",
        "location quotients average 1 by employment in every year (eq. 18-19)",
        derive.mean_quotients,
    ),
    Check(
        "known_outliers_found_clean",
        "int_items__filled",
        "value",
        "WARN",
        "every known outlier is one still: take the row out of known_outliers.csv if not",
        derive.known_outliers_found,
    ),
)

MART_CHECKS = (
    Check(
        "panel_balanced",
        "fct_panel",
        "province_code",
        "ERROR",
        "one row for each province in each year",
        derive.panel_grid,
    ),
    Check(
        "panel_complete",
        "fct_panel",
        "province_code",
        "ERROR",
        "every variable in every province-year after interpolation",
        derive.panel_completeness,
        holds_for="synthetic",
    ),
    *(
        Check(
            f"{variable}_in_range",
            "fct_panel",
            variable,
            "ERROR",
            f"{variable} in its range",
            partial(derive.panel_range, variable=variable),
        )
        for variable in derive.PANEL_VARIABLES
    ),
    Check(
        "panel_in_printed_ranges",
        "fct_panel",
        "all variables",
        "WARN",
        "every variable between the minimum and maximum that Table 3 prints",
        derive.panel_printed_ranges,
        holds_for="synthetic",
    ),
    Check(
        "panel_jumps",
        "fct_panel",
        "all variables",
        "WARN",
        "changes on the year before within the limit of the variable",
        derive.panel_jumps,
    ),
    Check(
        "scores_in_unit_interval",
        "fct_indicator_score",
        "score",
        "ERROR",
        "scores between 0 and 1 (eq. 11-12)",
        derive.scores,
    ),
    Check(
        "overall_weights_sum_to_one",
        "fct_indicator_score",
        "overall_weight",
        "ERROR",
        "weights of all indicators add up to 1 (eq. 16)",
        partial(derive.weight_sums, weight="overall_weight"),
    ),
    Check(
        "individual_weights_sum_to_one",
        "fct_indicator_score",
        "individual_weight",
        "ERROR",
        "weights within each dimension add up to 1",
        partial(derive.weight_sums, weight="individual_weight"),
    ),
    Check(
        "weights_in_unit_interval",
        "dim_indicator",
        "overall_weight",
        "ERROR",
        "entropy, utility and weights between 0 and 1 (eq. 14-16)",
        derive.weight_parts,
    ),
    Check(
        "weights_near_published",
        "dim_indicator",
        "overall_weight",
        "WARN",
        "each weight within .03 of Table 2",
        derive.published_weight_gaps,
        holds_for="synthetic",
    ),
    Check(
        "index_in_0_100",
        "fct_index",
        "ami",
        "ERROR",
        "ami and its dimensions between 0 and 100",
        derive.index_values,
    ),
    Check(
        "index_contributions_add_up",
        "fct_index",
        "ami",
        "ERROR",
        "contributions of the indicators add up to ami (eq. 17)",
        derive.index_contribution_gaps,
    ),
    Check(
        "dimension_contributions_add_up",
        "fct_index",
        "ami",
        "ERROR",
        "contributions of its indicators add up to each dimension",
        derive.dimension_contribution_gaps,
    ),
    Check(
        "sector_shares_in_unit_interval",
        "fct_agglomeration",
        "share_manufacturing",
        "ERROR",
        "shares of the two sectors between 0 and 1 (eq. 21)",
        derive.sector_shares,
    ),
    Check(
        "means_near_published",
        "fct_descriptives",
        "mean",
        "WARN",
        "each mean within 5 % of Table 3",
        derive.published_mean_gaps,
        holds_for="synthetic",
    ),
    Check(
        "sds_near_published",
        "fct_descriptives",
        "sd",
        "WARN",
        "each standard deviation within 15 % of Table 3",
        derive.published_sd_gaps,
        holds_for="synthetic",
    ),
    Check(
        "coverage_not_lost",
        "fct_coverage",
        "n_missing",
        "ERROR",
        "what the last vintage had complete has no fewer cells, and nothing is gone altogether",
        derive.coverage_lost,
    ),
    Check(
        "coverage_not_reduced",
        "fct_coverage",
        "n_missing",
        "WARN",
        "nothing has fewer cells than in the last vintage",
        derive.coverage_reduced,
    ),
    Check(
        "figures_across_breaks",
        "fct_coverage",
        "n_across_breaks",
        "WARN",
        "no figure rests on both sides of a break of its series (series_breaks.csv)",
        derive.figures_across_breaks,
        holds_for="real",
    ),
    Check(
        "known_outliers_found_marts",
        "fct_panel",
        "all variables",
        "WARN",
        "every known outlier is one still: take the row out of known_outliers.csv if not",
        derive.known_outliers_found,
    ),
)

_LAYERS: dict[Layer, tuple[Check, ...]] = {"clean": CLEAN_CHECKS, "marts": MART_CHECKS}

_SEEDS = {
    "provinces": ("province_code", "province"),
    "known_outliers": ("synthetic", "check_name", "subject", "province_code", "year", "reason"),
}

_FRAMES_NEEDED: dict[Layer, dict[str, tuple[str, ...]]] = {
    "clean": {
        **_SEEDS,
        "int_items__filled": (
            "item_code",
            "province_code",
            "year",
            "value",
            "base_value",
            "fill_method",
        ),
        "int_items__national_reconciliation": (
            "item_code",
            "year",
            "n_provinces",
            "relative_difference",
        ),
        "int_indicators__values": ("indicator", "province_code", "year", "value"),
        "int_agglomeration__employment": (
            "province_code",
            "year",
            "whole_society",
            "urban_units",
        ),
        "int_agglomeration__quotients": (
            "province_code",
            "year",
            "employment_base",
            "magglo",
            "psagglo",
        ),
    },
    "marts": {
        **_SEEDS,
        "dim_indicator": (
            "indicator",
            "entropy",
            "utility",
            "overall_weight",
            "individual_weight",
            "published_overall_weight",
        ),
        "fct_indicator_score": (
            "province_code",
            "year",
            "indicator",
            "dimension",
            "score",
            "overall_weight",
            "individual_weight",
            "contribution",
            "dimension_contribution",
        ),
        "fct_index": ("province_code", "year", *derive.INDICES),
        "fct_agglomeration": (
            "province_code",
            "year",
            "share_manufacturing",
            "share_producer_services",
        ),
        "fct_panel": (
            "province_code",
            "year",
            *derive.PANEL_VARIABLES,
            "log_of_zero_variables",
        ),
        "fct_descriptives": (
            "variable",
            "mean",
            "sd",
            "published_mean",
            "published_sd",
            "published_min",
            "published_max",
        ),
        "fct_coverage": (
            "kind",
            "subject",
            "n_expected",
            "n_missing",
            "n_across_breaks",
            "status",
        ),
    },
}


def checks(layer: Layer) -> tuple[Check, ...]:
    """The checks of `layer`, clean (between clean models and marts) or marts (after the marts)."""
    return _LAYERS[layer]


def frames_needed(layer: Layer) -> dict[str, tuple[str, ...]]:
    """The models the checks of `layer` read, and the columns of each; others do no harm."""
    return _FRAMES_NEEDED[layer]


def suite(check: Check, rows: pd.DataFrame) -> "ExpectationSuite":
    """The suite of `check` for its check frame `rows`.

    A bound that is the same for every row is stated as a number, one that differs by row is
    compared column against column.
    """
    import great_expectations as gx
    import great_expectations.expectations as gxe

    told: dict[str, Any] = {
        "severity": "critical" if check.severity == "ERROR" else "warning",
        "meta": {"check": check.name, "frame": check.frame},
        "notes": check.expected,
    }
    if rows["low"].nunique(dropna=False) == 1 and rows["high"].nunique(dropna=False) == 1:
        low, high = rows["low"].iloc[0], rows["high"].iloc[0]
        expectations: list[gxe.Expectation] = [
            gxe.ExpectColumnValuesToBeBetween(
                column="value",
                min_value=None if pd.isna(low) else low,
                max_value=None if pd.isna(high) else high,
                **told,
            )
        ]
    else:
        expectations = [
            gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                column_A=greater,
                column_B=smaller,
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                **told,
            )
            for greater, smaller in (("value", "low"), ("high", "value"))
        ]
    return gx.ExpectationSuite(check.name, expectations=expectations)
