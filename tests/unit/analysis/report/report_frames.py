"""Small frames shaped like the marts, for the report's tests: a full demo, partial real data."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from ami.shortfall import Assessment, Need, Standing
from analysis.levels import LEVELS
from analysis.paper import (
    imputed_tables,
    matrices,
    moran_tables,
    other_weights,
    spatial_pathways,
    table_11,
    trial_tables,
)
from analysis.paper.estimable import remarks_on
from analysis.paper.long_form import with_intervals
from analysis.report import frames
from analysis.report.inputs import ReportInputs
from analysis.variables import DIMENSIONS, PANEL_VARIABLES, PARTIAL_INDEX

SEEDS = Path(__file__).parents[4] / "dbt" / "seeds"
YEARS = range(2003, 2022)
REAL_YEARS = range(2009, 2021)
REAL_VARIABLES = {"coagglo", "pdgp", "gov", "inv", "str", "uic", "coagglo_urban", "eg", "eg_pair"}


def _panel(provinces: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    random = np.random.default_rng(7)
    panel = provinces.merge(pd.DataFrame({"year": YEARS}), how="cross")
    level = panel["province_code"].map(
        dict(zip(provinces["province_code"], random.normal(size=len(provinces)), strict=True))
    )
    trend = (panel["year"] - 2012) / 9
    moments = published.set_index("variable")[["mean", "sd"]].T.to_dict()
    for name in PANEL_VARIABLES:
        mean, sd = moments.get(name, {"mean": 2.0, "sd": 0.5}).values()
        noise = random.normal(scale=0.15, size=len(panel))
        panel[name] = mean + sd * (0.7 * level + 0.45 * trend + noise)
    panel["coagglo"] = 1.1 + np.exp(0.6 * level + 0.1 * trend + random.normal(0, 0.1, len(panel)))
    panel["ami"] = 28 + 0.8 * panel["coagglo"] + 3.5 * trend + random.normal(0, 1.5, len(panel))
    panel.loc[panel["year"] < 2016, "center"] = np.nan
    panel["interpolated_variables"] = np.where(
        (panel["year"] == 2003) | ((panel["year"] == 2011) & (level > 0)), "hcl,mi,icc,ami", ""
    )
    panel["bridged_variables"] = ""
    panel["n_indicators"] = 21
    panel["is_provisional"] = False
    panel["ami_partial"] = np.nan
    panel["is_interpolated"] = panel["interpolated_variables"] != ""
    return panel


def _coverage(panel: pd.DataFrame) -> pd.DataFrame:
    expected = len(panel)
    indicators = pd.read_csv(SEEDS / "reference/indicators.csv")
    variables = pd.read_csv(SEEDS / "reference/variables.csv")
    variables = variables[variables["role"] != "partial_index"]
    items = pd.read_csv(SEEDS / "reference/items.csv")
    subjects = pd.concat(
        [
            pd.DataFrame({"kind": "item", "subject": items.item_code, "label": items.label_en}),
            pd.DataFrame(
                {
                    "kind": "indicator",
                    "subject": indicators.indicator,
                    "label": indicators.indicator_label,
                }
            ),
            pd.DataFrame(
                {
                    "kind": "variable",
                    "subject": variables.variable,
                    "label": variables.variable_label,
                }
            ),
        ],
        ignore_index=True,
    )
    return subjects.assign(
        n_expected=expected,
        n_observed=expected - 40,
        n_interpolated=25,
        n_edge_filled=15,
        n_missing=0,
        n_across_breaks=5,
        longest_gap=4,
        n_withheld=0,
        n_provinces=31,
        first_year=2003,
        last_year=2021,
        coverage=1.0,
        status="complete",
        missing_inputs="",
        series_breaks="",
    )


def _filled(coverage: pd.DataFrame, n_cells: int) -> pd.DataFrame:
    items = coverage.loc[coverage["kind"] == "item", "subject"]
    filled = pd.DataFrame({"item_code": items}).merge(
        pd.DataFrame({"cell": range(n_cells)}), how="cross"
    )
    place = filled.groupby("item_code").ngroup()
    chosen = filled["cell"] < place % 30
    filled["fill_method"] = np.select(
        [chosen & (filled["cell"] % 3 == 0), chosen], ["nearest", "linear"], "observed"
    )
    filled["crosses_break"] = chosen & (filled["cell"] % 5 == 0)
    filled["gap_length"] = np.where(chosen, 1 + filled["cell"] % 4, 0)
    return filled.drop(columns="cell")


def _by_vintage(estimates: pd.DataFrame) -> pd.DataFrame:
    """The first vintage."""
    kept = with_intervals(estimates.assign(n_clusters=31))
    return kept.assign(vintage=1, published_at=pd.Timestamp("2025-11-02 10:00"))


def _estimates(published: pd.DataFrame) -> pd.DataFrame:
    """Every column that is printed outside space, near what is printed, with tests and notes."""
    tables = ["4", "5", "6", "7", "8", "9", "10"]
    rows = published[published["table"].isin(tables)].reset_index(drop=True)
    figures = ~rows["term"].str.startswith("_")
    own = rows.assign(
        estimate=rows["estimate"].where(~figures, rows["estimate"] * 1.07),
        dispersion=rows["dispersion"] * 0.93,
        p_value=np.where(figures, 0.004, np.nan),
        wild_p_value=np.where(rows["term"] == "coagglo", 0.0123, np.nan),
        statistic=np.nan,
        n_clusters=31,
        published_estimate=rows["estimate"],
        published_stars=rows["stars"],
        published_dispersion=rows["dispersion"],
    )
    tests = {
        "_n_clusters": 31,
        "_n_dropped": 0,
        "_hausman": 58.214,
        "_hausman_p": 0.0003,
        "_hausman_df": 8,
        "_hausman_robust": 4.871,
        "_hausman_robust_p": 0.012,
        "_hausman_robust_df": 8,
    }
    below = pd.DataFrame({"term": tests.keys(), "estimate": tests.values()}).assign(
        table="4", column="1", sample="all", outcome="ami", stars="", n_clusters=31
    )
    instrument = pd.DataFrame(
        {"term": ["_ar_set_1_lower", "_ar_set_1_upper"], "estimate": [-np.inf, 1.4321]}
    ).assign(table="4", column="3", sample="all", outcome="ami", stars="", n_clusters=31)
    effects = pd.DataFrame(
        [
            ("effect", "total", 0.8207, np.nan, np.nan),
            ("ci_lower", "total", 0.41, np.nan, np.nan),
            ("ci_upper", "total", 1.19, np.nan, np.nan),
            ("bca_lower", "indirect", 0.187, np.nan, np.nan),
            ("bca_upper", "indirect", 0.66, np.nan, np.nan),
            ("effect", "_n", 589, np.nan, np.nan),
            ("effect", "_reps", 5000, np.nan, np.nan),
            ("sobel", "indirect", 0.384, 3.226, 0.0013),
        ],
        columns=["column", "term", "estimate", "statistic", "p_value"],
    ).assign(table="8", sample="all", outcome="ami", n_clusters=31)
    return pd.concat([own, below, instrument, effects], ignore_index=True)


def _standing(whole: str, reason: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"is_partial": [bool(reason)], "standing_dimensions": [whole], "reason": [reason]}
    )


def _effects(table: str, moderator: str) -> pd.DataFrame:
    """Rows as of `indirect_effects`: unconditional, or at three levels and with the index."""
    levels = list(LEVELS) if moderator else [""]
    rows = [
        (level, effect, 10.0 * place, value + 0.1 * place)
        for place, level in enumerate(levels)
        for effect, value in (("indirect", 0.2), ("direct", 0.4), ("total", 0.6))
    ]
    rows += [("", "index", np.nan, 0.1)] if moderator else []
    frame = pd.DataFrame(rows, columns=["level", "effect", "moderator_value", "estimate"])
    limits = {
        f"{interval}_{end}": frame["estimate"] + reach
        for interval, size in (("percentile", 0.15), ("bias_corrected", 0.16), ("bca", 0.17))
        for end, reach in (("lower", -size), ("upper", size))
    }
    return frame.assign(
        table=table, moderator=moderator, se=0.08, **limits, n=589, n_clusters=31,
        reps=5000, n_degenerate=0,
    )  # fmt: skip


def _robustness() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "kind": ["winsorised"] * 3 + ["left_out"] * 3 + ["log_of_zero"] * 2 + ["measure"] * 2,
            "option": [
                "0",
                "0.01",
                "0.05",
                "Shanghai",
                "Hebei",
                "Tibet",
                "dummy",
                "asinh",
                "coagglo",
                "eg_pair",
            ],
            "estimate": [0.82, 0.8, 0.5, 0.7, 0.81, 0.9, 0.77, 0.83, 1.9, -0.2],
        }
    )
    return frame.assign(
        std_error=0.2, p_value=0.001, lower=frame["estimate"] - 0.4,
        upper=frame["estimate"] + 0.4, n=589, n_clusters=31, reason="", missing_controls="",
    )  # fmt: skip


def _readings_compared() -> pd.DataFrame:
    """Two readings that can be computed and one that cannot."""
    figures = {"n_indexed": 589, "std_error": 0.2, "p_value": 0.001, "n": 589, "n_clusters": 31}
    rows = []
    for reading, change, ranks, moved, estimate in (
        ("costs_without_taxes", 0.25, 2.0, "Hebei", 0.8),
        ("new_product_sales_in_revenue", 1.5, 4.0, "Tibet", 0.7),
    ):
        rows += [
            {"reading": reading, "definition": "in_use", "largest_change": 0.0,
             "rank_correlation": 1.0, "largest_rank_change": 0.0, "moved_most": "",
             "estimate": 0.82, "reason": "", **figures},
            {"reading": reading, "definition": "otherwise", "largest_change": change,
             "rank_correlation": 0.98, "largest_rank_change": ranks, "moved_most": moved,
             "estimate": estimate, "reason": "", **figures},
        ]  # fmt: skip
    absent = {"reading": "value_added_above_scale", "definition": "otherwise", "moved_most": "",
              "n_indexed": 0, "n": 0, "n_clusters": 0, "reason": "no province-year"}  # fmt: skip
    return pd.DataFrame([*rows, absent]).assign(indicator="x", missing_controls="")


def _dependence() -> pd.DataFrame:
    names = ["sign_provinces", "sign_rows", "significance_provinces", "significance_rows"]
    frame = pd.DataFrame(
        [
            ("4", "1", "coagglo", "", "", "", "Hebei 2003, Tibet 2004"),
            ("5", "2", "coagglo", "Hebei", "", "Hebei", ""),
            ("8", "effect", "indirect", "", "", "", ""),
        ],
        columns=["table", "column", "term", *names],
    )
    return frame.assign(
        sample="all", estimate=0.5, p_value=[0.01, 0.2, np.nan], lowest=-0.125,
        lowest_without="Hebei", highest=0.75, highest_without="Shanghai",
    )  # fmt: skip


def _regions(table: str, moderator: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        [("1", "ami", "coagglo", -1.5, 3.0, "positive", 0.75),
         ("3", "uic", "coagglo", np.nan, np.nan, "", 0.0)],
        columns=["column", "outcome", "term", "region_lower", "region_upper", "sign", "share"],
    )  # fmt: skip
    return frame.assign(
        table=table, moderator=moderator, moderator_min=-2.0, moderator_max=3.0, n=589,
        n_clusters=31,
    )  # fmt: skip


CURVE = ("specification_curve", "curve_by_option", "curve_sensitivity", "curve_test")


def _curve() -> dict[str, pd.DataFrame]:
    """Eight fits, all of them drawn, and what is said of them."""
    every = "pdgp,fdi,hcl,gov,inv,str,inf"
    frame = pd.DataFrame(
        {
            "treatment": ["coagglo"] * 4 + ["eg"] * 4,
            "sample": ["all province-years", "east"] * 4,
            "controls": [every, every, "", ""] * 2,
            "weighting": ["entropy", "equal"] * 4,
            "standardised": [0.36, 0.2, 0.5, -0.1, 0.4, 0.3, 0.1, 0.6],
            "p_value": [0.001] * 4 + [0.2] * 4,
            "main": [True] + [False] * 7,
        }
    ).sort_values("standardised", ignore_index=True)
    rows = frame.assign(
        place=range(1, 9), n_fits=8, imputation="linear", outliers="none", normalisation="minmax",
        aggregation="arithmetic", left_out="nothing",
        estimate=frame["standardised"] * 2, std_error=0.3,
        lower=frame["standardised"] * 2 - 0.6, upper=frame["standardised"] * 2 + 0.6,
        n=589, n_clusters=31, missing_controls="",
    )  # fmt: skip
    options = pd.DataFrame(
        {
            "choice": ["all", "weighting"], "option": ["", "equal"], "fits": [10, 5],
            "not_identified": [2, 5], "lowest_fit": [-0.1, np.nan], "median_fit": [0.33, np.nan],
            "highest_fit": [0.6, np.nan], "share_positive": [0.875, np.nan],
            "share_significant_positive": [0.375, np.nan],
            "share_significant_negative": [0.125, np.nan],
        }
    )  # fmt: skip
    moved = pd.DataFrame({"choice": ["weighting", "sample"], "n_fits": 1408}).assign(
        first_order=[0.1, 0.2], first_order_lower=0.0, first_order_upper=0.4,
        total_order=[0.3, 0.6], total_order_lower=0.1, total_order_upper=0.8,
    )  # fmt: skip
    test = pd.DataFrame(
        {"test": ["median", "share significant", "mean z"], "statistic": [0.33, 0.375, 1.5]}
    ).assign(p_value=[0.012, 0.02, 0.03], n_fits=8, reps=499)
    return dict(zip(CURVE, (rows, options, moved, test), strict=True))


def _filled_table() -> pd.DataFrame:
    """One coefficient over draws, a quarter of its variance invented."""
    return pd.DataFrame(
        {
            "table": ["4"], "column": ["1"], "sample": ["all"], "outcome": ["ami"],
            "term": ["coagglo"], "estimate": [0.82], "std_error": [0.12],
            "pooled_estimate": [0.8], "pooled_std_error": [0.14], "lower": [0.51],
            "upper": [1.09], "pooled_df": [25.0], "invented": [0.25], "n_filled": [52],
            "n_bridged": [7], "n": [589], "reps": [20],
        }
    )  # fmt: skip


def _surety() -> pd.DataFrame:
    """Two coefficients by every measure, one without a p-value by randomisation."""
    measures = ["clustered", "wild_bootstrap", "effective_clusters", "jackknife"]
    measures += ["driscoll_kraay", "conley", "randomisation", "without_bridges"]
    pairs = [("4", "1", "coagglo", measure) for measure in measures]
    pairs += [("6", "4", "coagglo", measure) for measure in measures]
    pairs += [("4", "1", "residuals", measure) for measure in ("pesaran_cd", "serial_correlation")]
    pairs += [("unit roots", "", "coagglo", "cips")]
    frame = pd.DataFrame(pairs, columns=["table", "column", "term", "measure"])
    each = frame.assign(
        sample="all", outcome="ami", estimate=0.82, std_error=0.2,
        statistic=8.6 + 0.001 * frame.index, p_value=0.011 * (frame.index + 1),
        critical_5=-2.15, n=589, n_clusters=31, reason="",
    )  # fmt: skip
    return pd.concat([each, _further_tests()], ignore_index=True)


def _further_tests() -> pd.DataFrame:
    """Families, equality, leads and the instrumented coefficient, with p-values on both sides."""
    columns = ["table", "column", "sample", "term", "measure", "p_value", "direct_effect"]
    rows = [
        ("6", "4", "all", "coagglo", "romano_wolf", 0.61, np.nan),
        ("6", "4", "all", "coagglo", "romano_wolf_table", 0.32, np.nan),
        ("9", "1", "all", "coagglo*mi", "wild_bootstrap", 0.004, np.nan),
        ("9", "1", "all", "coagglo*mi", "romano_wolf", 0.03, np.nan),
        ("9", "1", "all", "coagglo*mi", "romano_wolf_table", 0.02, np.nan),
        ("9", "2", "all", "mi", "wild_bootstrap", 0.02, np.nan),
        ("9", "2", "all", "mi", "romano_wolf", 0.2, np.nan),
        ("9", "2", "all", "mi", "romano_wolf_table", 0.08, np.nan),
        ("6", "", "regions", "coagglo", "equal", 0.01, np.nan),
        ("6", "", "regions", "coagglo", "equal_wild", 0.21, np.nan),
        ("6", "", "clusters", "coagglo", "equal", 0.012, np.nan),
        ("6", "", "clusters", "coagglo", "equal_wild", 0.03, np.nan),
        ("leads", "", "all", "F1.coagglo", "clustered", 0.5, np.nan),
        ("leads", "", "all", "leads", "zero", 0.4, np.nan),
        ("leads", "", "all", "leads", "zero_wild", 0.45, np.nan),
        ("4", "3", "all", "coagglo", "clustered", 0.04, np.nan),
        ("4", "3", "all", "coagglo", "wild_bootstrap", 0.088, np.nan),
        ("4", "3", "all", "coagglo", "anderson_rubin", 0.044, np.nan),
        ("4", "3", "all", "coagglo", "anderson_rubin_wild", 0.098, np.nan),
        ("4", "3", "all", "coagglo", "plausibly_exogenous", np.nan, 0.05),
        ("4", "3", "all", "coagglo", "tipping_direct_effect", np.nan, 0.023),
    ]
    return pd.DataFrame(rows, columns=columns).assign(
        outcome="ami", estimate=0.7, statistic=4.4, lower=-0.04, upper=1.5, n=558, n_clusters=31,
        reason="",
    )  # fmt: skip


def _coefficient_parts() -> pd.DataFrame:
    """The baseline from three indicators, one of which shares an item with coagglo."""
    employed = "employed_manufacturing_10k_persons"
    rows = [
        ("whole", "", 0.80, employed),
        ("dimension", "amt", 0.30, ""),
        ("dimension", "amw", 0.50, employed),
        ("indicator", "rd_intensity", 0.30, ""),
        ("indicator", "log_average_wage", -0.10, ""),
        ("indicator", "log_manufacturing_employment", 0.60, employed),
        ("without shared items", "", 0.20, ""),
        ("index of the others", "", 0.25, ""),
    ]
    frame = pd.DataFrame(rows, columns=["kind", "component", "estimate", "shared_items"])
    return frame.assign(
        table="4", column="1", sample="all", outcome="ami", term="coagglo", std_error=0.11,
        p_value=0.031, share_of_estimate=frame["estimate"] / 0.80,
    )  # fmt: skip


def _row_influence() -> pd.DataFrame:
    """Two province-years of the baseline, and the two that turn its significance."""
    rows = [
        ("row", 1, "Shanghai 2021", "", 1, -0.071, -0.082, np.nan, False),
        ("row", 2, "Tianjin 2010", "", 1, 0.060, 0.069, np.nan, False),
        ("significance", 0, "Shanghai 2021, Beijing 2021", "", 2, -0.130, -0.145, 0.071, True),
        ("figure", 1, "Hunan 2006", "value_added_rate", 1, -0.029, np.nan, np.nan, False),
        ("cell", 1, "Tianjin 2010", "employed_10k_persons", 1, -0.005, np.nan, np.nan, False),
    ]
    columns = ["kind", "influence_rank", "province_years", "figure", "n_rows", "change_first_order"]
    columns += ["change_exact", "refitted_p", "holds"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(
        table="4", column="1", sample="all", outcome="ami", term="coagglo", estimate=0.8,
        share_of_rows=frame["n_rows"] / 589,
    )  # fmt: skip


def _print_audit() -> pd.DataFrame:
    places = {"table": str, "column": str}
    return pd.read_csv(SEEDS / "paper/print_audit.csv", dtype=places, keep_default_na=False)


def _set_aside() -> pd.DataFrame:
    rows = [
        ("outside_sample", "Hong Kong", "2019", "7,482", "one of the 31 provinces or the nation"),
        ("unreadable_value", "Beijing", "2012", "12.3.4", "a number or a known mark"),
        ("unknown_item", "Hebei", "2015", "88", "a label of item_aliases.csv"),
    ]
    frame = pd.DataFrame(
        rows, columns=["reason", "province_printed", "year_printed", "value_printed", "expected"]
    )
    frame = pd.concat([frame] * 4 + [frame.head(1)] * 5, ignore_index=True)
    return frame.assign(
        dataset="demo",
        load_seq=1,
        source_file="china_statistical_yearbook.csv",
        source_hash="ab" * 32,
        source_sheet="",
        source_row=range(100, 100 + len(frame)),
        source_column="value",
        item_printed="Employed Persons",
        unit_printed="万人",
        loaded_at=pd.Timestamp("2026-11-23 21:00"),
    )


def _files(names: list[str], n_aside: int) -> pd.DataFrame:
    frame = pd.DataFrame({"source_file": names})
    frame["load_seq"] = range(1, len(frame) + 1)
    frame["cells_landed"] = 4_000 + 10 * frame["load_seq"]
    frame["cells_set_aside"] = [n_aside] + [0] * (len(frame) - 1)
    frame["cells_read"] = frame["cells_landed"] + frame["cells_set_aside"]
    return frame.assign(
        dataset="demo",
        source_hash="0123456789abcdef" * 4,
        reader="tidy",
        size_bytes=10_000,
        loaded_at=pd.Timestamp("2026-11-23 21:00"),
        is_newest_load=True,
    )


def _checks() -> pd.DataFrame:
    passed = [
        ("clean", "items_balanced", "ERROR", "every province once", "39,463 values"),
        *(("marts", f"{name}_in_range", "ERROR", f"{name} in its range", "589 values")
          for name in PANEL_VARIABLES if name != PARTIAL_INDEX),
    ]  # fmt: skip
    columns = ["layer", "check", "severity", "expected", "observed"]
    checks = pd.DataFrame(passed, columns=columns).assign(
        passed=True, n_unexpected=0, first_rows=""
    )
    failed = {
        "layer": "clean",
        "check": "item_jumps",
        "severity": "WARN",
        "expected": "less than a tenfold change on the year before",
        "observed": "37,386 values, 0.02 to 14.1; 2 outside",
        "passed": False,
        "n_unexpected": 2,
        "first_rows": "Tibet 2011 fdi_10k_usd: 14.1 (at most 10); "
        "Qinghai 2016 fdi_10k_usd: 0.02 (at least 0.1)",
    }
    return pd.concat([checks, pd.DataFrame([failed])], ignore_index=True)


def _space(panel: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What `analysis.spatial` makes of the panel as tables, under the paper's matrices."""
    codes = dict.fromkeys(("province_code", "province_code_a", "province_code_b"), str)
    capitals, borders, tiles, outlines = (
        pd.read_csv(SEEDS / f"reference/province_{name}.csv", dtype=codes)
        for name in ("capitals", "borders", "tiles", "outlines")
    )
    weights = matrices.spatial_weights(panel, capitals, borders)
    paper = weights.rows[weights.rows["weights"].isin(matrices.PAPER_MATRICES)]
    tables = {
        "spatial_weights": weights,
        "morans_i": moran_tables.morans_i(panel, paper, permutations=99),
        "local_moran": moran_tables.local_moran(panel, paper, permutations=99),
        "spatial_models": table_11.models(panel, paper),
        "other_weights": other_weights.other_weights(panel, weights.rows, capitals),
        "spatial_tests": table_11.tests(panel, paper),
        "rho_bootstrap": spatial_pathways.small_sample(panel, paper, reps=200),
        "spatial_pathways": spatial_pathways.pathways(panel, paper, reps=200),
    }
    return {
        **{name: table.rows for name, table in tables.items()},
        "tiles": tiles,
        "outlines": outlines,
        "not_estimable": pd.concat(
            [remarks_on(name, table)["not_estimable"] for name, table in tables.items()],
            ignore_index=True,
        ),
    }


NOTHING = Assessment((Standing("variable", "fdi", "standing", 589, 589, "2003-2021", ""),), ())
FDI = Assessment(
    (Standing("variable", "fdi", "missing", 0, 589, "", "fdi_10k_usd"),),
    (
        Need(
            step=1,
            item_code="fdi_10k_usd",
            label_zh="实际使用外商直接投资金额",
            label_en="Foreign Direct Investment Actually Utilized",
            state="missing",
            lacking="2003-2021 everywhere",
            newest_year=None,
            due="",
            due_since=None,
            yearbook="EPS data platform series",
            yearbook_zh="EPS数据平台",
            official_tables="",
            fetch="",
            template="ami template eps",
            note="no national table by province",
            releases="fdi (2003-2021, 589 province-years)",
        ),
    ),
)


def _needed(found: Assessment) -> dict[str, pd.DataFrame]:
    tables = found.frames()
    return {"standing": tables["standing"], "needed": tables["needs"]}


TRIAL = (
    "index_uncertainty", "index_filled", "index_sensitivity", "index_coherence", "index_changes",
    "entropy_codes",
)  # fmt: skip


def _trial(panel: pd.DataFrame, weights: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The index on trial, of random indicators in the panel's last three years."""
    random = np.random.default_rng(11)
    years = panel.loc[panel["year"] >= 2019, ["province_code", "province", "year"]]
    cells = years.merge(weights[["indicator"]], how="cross")
    cells = cells.assign(
        value=np.exp(random.normal(size=len(cells))), score=0.5,
        is_interpolated=(cells["year"] == 2020) & (cells["indicator"] == "rd_intensity"),
        max_gap_length=0,
    )  # fmt: skip
    index = years.assign(ami=1.0, ami_frozen=1.0, ami_partial=np.nan)
    limits = pd.read_csv(SEEDS / "reference/limits.csv")
    made = (
        trial_tables.uncertainty(cells, weights, index, n=64),
        imputed_tables.index_filled(cells, weights, n=4),
        trial_tables.sensitivity(cells, weights, n=16),
        trial_tables.coherent(cells, weights, limits),
        trial_tables.changes(cells, weights, index),
        trial_tables.codes(cells, weights),
    )
    return dict(zip(TRIAL, (table.rows for table in made), strict=True))


def with_checks(inputs: ReportInputs, checks: pd.DataFrame) -> ReportInputs:
    """The inputs with other findings of the gates, all of the first one."""
    first, *others = frames.CHECKS
    found = {first: checks} | dict.fromkeys(others, checks.head(0))
    return replace(inputs, frames={**inputs.frames, **found})


def altered(inputs: ReportInputs, **changed: pd.DataFrame) -> ReportInputs:
    """The inputs with other tables, by the names that `analysis.report.frames` has for them."""
    tables = {getattr(frames, name.upper()): frame for name, frame in changed.items()}
    return replace(inputs, frames={**inputs.frames, **tables})


@cache
def demo() -> ReportInputs:
    """Everything there: 31 provinces, 2003-2021, 21 of 21 indicators, an estimate."""
    codes = {"province_code": str}
    provinces = pd.read_csv(SEEDS / "reference/provinces.csv", dtype=codes)[
        ["province_code", "province", "region", "has_national_cluster"]
    ]
    descriptives = pd.read_csv(SEEDS / "paper/published_descriptives.csv")
    indicators = pd.read_csv(SEEDS / "paper/published_indicators.csv")
    published = pd.read_csv(
        SEEDS / "paper/published_estimates.csv", dtype={"table": str, "column": str}
    )
    panel = _panel(provinces, descriptives)
    index = panel[["province_code", "province", "year", "ami", *DIMENSIONS]].assign(
        ami_eq17=1.0, n_indicators=21, n_indicators_expected=21,
        ami_rank=panel.groupby("year")["ami"].rank(ascending=False),
        ami_partial=np.nan, ami_partial_rank=np.nan, is_provisional=False,
        is_interpolated=panel["is_interpolated"],
    )  # fmt: skip
    agglomeration = panel[["province_code", "province", "year", "coagglo", "coagglo_urban"]].assign(
        magglo=panel["coagglo"] / 2 - 0.4, psagglo=panel["coagglo"] / 2 - 0.6, is_interpolated=False
    )
    reference = pd.read_csv(SEEDS / "reference/indicators.csv").drop(
        columns=["attribute", "dimension_label", "dimension"]
    )
    weights = indicators.merge(reference, on="indicator").rename(
        columns={name: f"published_{name}" for name in ("overall_weight", "individual_weight")}
    )
    weights = weights.assign(
        attribute=weights["attribute"].map({"+": "positive", "-": "negative"}),
        is_available=True,
        n_observations=589,
        overall_weight=weights["published_overall_weight"] + 0.004,
        individual_weight=weights["published_individual_weight"] - 0.011,
    )
    described = panel[list(descriptives["variable"])].agg(["count", "mean", "std", "min", "max"]).T
    described.columns = ["obs", "mean", "sd", "min", "max"]
    labels = descriptives[["variable", "label"]].rename(columns={"label": "variable_label"})
    described = (
        labels.assign(sort_order=range(len(labels)), unit="")
        .merge(described.rename_axis("variable").reset_index(), on="variable")
        .merge(
            descriptives.drop(columns=["label", "unit_note"]).rename(
                columns=lambda name: name if name == "variable" else f"published_{name}"
            ),
            on="variable",
        )
    )
    coverage = _coverage(panel)
    coverage.loc[coverage["subject"] == "fdi_10k_usd", "series_breaks"] = "2011"
    set_aside = _set_aside()
    reconciliation = (
        coverage[coverage["kind"] == "item"]
        .head(24)[["subject"]]
        .merge(pd.DataFrame({"year": YEARS}), how="cross")
    )
    reconciliation = reconciliation.rename(columns={"subject": "item_code"}).assign(
        provincial_sum=1012.5, national_value=1000.0, n_provinces=31,
        relative_difference=lambda frame: 0.0005 * (frame.index % 37 - 10),
    )  # fmt: skip
    empty = ReportInputs(
        dataset="demo",
        synthetic=True,
        made_at=datetime(2026, 11, 23, 21, 34, tzinfo=UTC),
        options={"edition_policy": "latest", "edge_fill": "nearest", "index_scope": "pooled"},
        frames={},
    )
    return altered(
        with_checks(empty, _checks()),
        panel=panel,
        index=index,
        index_standing=_standing(",".join(DIMENSIONS), ""),
        agglomeration=agglomeration,
        weights=weights,
        descriptives=described,
        estimates=_estimates(published),
        estimates_by_vintage=_by_vintage(_estimates(published)),
        published_estimates=published,
        **_space(panel),
        **_trial(panel, weights),
        notes=pd.DataFrame(
            {
                "table": ["4"],
                "column": ["1"],
                "note": ["classical Hausman test: prefer the <b>robust</b> test"],
            }
        ),
        mediation=_effects("8", ""),
        conditional_effects=pd.concat(
            [_effects("9", "mi"), _effects("10", "icc")], ignore_index=True
        ),
        significant_regions=pd.concat(
            [_regions("9", "mi"), _regions("10", "icc")], ignore_index=True
        ),
        dependence=_dependence(),
        reduced_table_4=_estimates(published).head(0).assign(missing_controls=""),
        robustness=_robustness(),
        indicator_readings=pd.read_csv(
            SEEDS / "reference/indicator_readings.csv", keep_default_na=False
        ),
        readings_compared=_readings_compared(),
        surety=_surety(),
        coefficient_parts=_coefficient_parts(),
        row_influence=_row_influence(),
        **_curve(),
        table_4_filled=_filled_table(),
        print_audit=_print_audit(),
        published_text=pd.read_csv(SEEDS / "paper/published_text.csv", keep_default_na=False),
        coverage=coverage,
        index_frozen=pd.DataFrame(
            {"is_outside_base": [False] * len(panel), "indicators_without_base": ""}
        ),
        vintage=pd.DataFrame(
            {"said": ["Vintage 1; it is the first, so there is none to compare it with."]}
        ),
        filled=_filled(coverage, len(panel)),
        preferred=pd.DataFrame(
            {
                "is_corrected": [True],
                "item_code": ["fdi_10k_usd"],
                "province_code": ["540000"],
                "year": [2011],
                "edition": [2012],
                "value_as_printed": [64_970.0],
                "value_used": [6_497.0],
                "correction_reason": ["one digit too many; the edition of 2013 prints 6,497"],
            }
        ),
        editions=pd.DataFrame(
            {
                "verdict": ["withheld"],
                "item_code": ["tertiary_value_added_100m_yuan"],
                "province_code": ["540000"],
                "year": [2021],
                "value_as_printed": [612.5],
                "source_file": ["csy.csv"],
                "withheld_reason": ["a quarter of the year: the sectors add up to 26 % of GDP"],
            }
        ),
        series_breaks=pd.DataFrame(
            {
                "item_code": ["fdi_10k_usd", "gdp_100m_yuan"],
                "year": [2011, 1998],
                "change": ["projects from one million dollars on", "before the figures begin"],
                "source": ["explanatory notes", "explanatory notes"],
            }
        ),
        reconciliation=reconciliation,
        files=_files([f"{name}.csv" for name in ("csy", "cisy", "cstsy", "cesy")], len(set_aside)),
        set_aside=set_aside,
        **_needed(NOTHING),
    )


@cache
def real() -> ReportInputs:
    """Partial: coagglo and some controls for 2009-2020, 3 of 21 indicators, no ami, no estimate."""
    full = demo()
    panel = full[frames.PANEL].copy()
    outside = ~panel["year"].isin(REAL_YEARS)
    for name in PANEL_VARIABLES:
        panel.loc[outside | (name not in REAL_VARIABLES), name] = np.nan
    panel["interpolated_variables"] = np.where(
        panel["year"].between(2011, 2015), "coagglo,eg,coagglo_urban", ""
    )
    panel["bridged_variables"] = np.where(panel["year"].between(2011, 2015), "coagglo", "")
    index = full[frames.INDEX].assign(
        **{name: np.nan for name in ("ami", *DIMENSIONS, "ami_eq17", "ami_rank")}, n_indicators=0
    )
    agglomeration = full[frames.AGGLOMERATION].copy()
    agglomeration.loc[outside, ["coagglo", "coagglo_urban", "magglo", "psagglo"]] = np.nan
    agglomeration["is_interpolated"] = agglomeration["year"].between(2011, 2015)
    at_hand = full[frames.WEIGHTS]["indicator"].isin(
        ["log_manufacturing_employment", "log_average_wage", "rd_personnel_share"]
    )
    weights = full[frames.WEIGHTS].assign(is_available=at_hand, overall_weight=np.nan)
    weights["individual_weight"] = np.nan
    descriptives = full[frames.DESCRIPTIVES].copy()
    without = ~descriptives["variable"].isin(REAL_VARIABLES)
    descriptives.loc[without, ["mean", "sd", "min", "max"]] = np.nan
    descriptives["obs"] = np.where(without, 0, 31 * len(REAL_YEARS))
    coverage = full[frames.COVERAGE].copy()
    absent = (coverage["kind"] == "variable") & ~coverage["subject"].isin(REAL_VARIABLES)
    absent |= (coverage["kind"] == "indicator") & ~coverage["subject"].isin(
        weights.loc[at_hand, "indicator"]
    )
    coverage.loc[absent, ["n_observed", "n_interpolated", "n_edge_filled", "n_provinces"]] = 0
    coverage.loc[absent, "n_missing"] = coverage["n_expected"]
    coverage.loc[absent, ["first_year", "last_year"]] = np.nan
    coverage.loc[absent, ["status", "coverage"]] = ["absent", 0.0]
    coverage.loc[absent, "missing_inputs"] = "fdi_10k_usd,post_telecom_100m_yuan"
    estimates = full[frames.ESTIMATES].head(0)
    reduced = full[frames.ESTIMATES].query("table == '4' and term not in ('fdi', 'hcl', 'inf')")
    reduced = reduced.assign(table="reduced table 4", missing_controls="fdi,hcl,inf")
    refused = pd.DataFrame(
        [
            (table, column, "ami, fdi, hcl, inf", "without any value: ami, fdi, hcl, inf")
            for table, column in [
                *((table, "1") for table in ("4", "5", "6", "7", "9", "10")),
                ("4", "2"),
                ("8", "effect"),
                ("9", "conditional effects"),
                ("10", "conditional effects"),
                ("robustness", ""),
                ("specification curve", ""),
            ]
        ],
        columns=["table", "column", "missing_variables", "reason"],
    )
    space = _space(panel)
    refused = pd.concat([refused, space["not_estimable"]], ignore_index=True)
    return altered(
        replace(full, dataset="nbs", synthetic=False),
        panel=panel,
        index=index,
        index_standing=_standing("amw", "3 of 21 indicators, and less than 50 % of those of gam"),
        agglomeration=agglomeration,
        weights=weights,
        descriptives=descriptives,
        estimates=estimates,
        estimates_by_vintage=full[frames.ESTIMATES_BY_VINTAGE].head(0),
        reduced_table_4=reduced,
        notes=pd.DataFrame(columns=["table", "column", "note"]),
        **space | {"not_estimable": refused},
        mediation=full[frames.MEDIATION].head(0),
        conditional_effects=full[frames.CONDITIONAL_EFFECTS].head(0),
        significant_regions=full[frames.SIGNIFICANT_REGIONS].head(0),
        dependence=full[frames.DEPENDENCE].head(0),
        robustness=full[frames.ROBUSTNESS].head(0),
        readings_compared=full[frames.READINGS_COMPARED].query("n_indexed == 0"),
        surety=full[frames.SURETY].head(0),
        **{name: full[getattr(frames, name.upper())].head(0) for name in TRIAL},
        coefficient_parts=full[frames.COEFFICIENT_PARTS].head(0),
        row_influence=full[frames.ROW_INFLUENCE].head(0),
        **{name: full[getattr(frames, name.upper())].head(0) for name in CURVE},
        table_4_filled=full[frames.TABLE_4_FILLED].head(0),
        coverage=coverage,
        preferred=full[frames.PREFERRED].head(0),
        editions=full[frames.EDITIONS].head(0),
        **_needed(FDI),
        files=_files(["就业人员.csv", "地区生产总值.csv"], len(full[frames.SET_ASIDE])),
    )


@cache
def partial() -> ReportInputs:
    """As `real`, with a partial index from 2012 on, which is amw; 2020 is provisional."""
    made = real()
    index, panel = made[frames.INDEX].copy(), made[frames.PANEL].copy()
    full = demo()[frames.INDEX]
    known = full["year"].isin(range(2012, 2021))
    for frame in (index, panel):
        frame.loc[known, ["ami_partial", "amw"]] = full.loc[known, "amw"]
        frame["is_provisional"] = frame["year"] == 2020
        frame["n_indicators"] = np.where(known, 3, 0)
    index["ami_partial_rank"] = index.groupby("year")["ami_partial"].rank(ascending=False)
    return altered(made, index=index, panel=panel)
