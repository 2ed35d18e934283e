"""A small warehouse in which everything is as it must be: three provinces, four years.

The figures satisfy the identities by being computed, so that a test has only to plant one fault.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from expectations.check_frames import INDICES, PANEL_VARIABLES

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
PROVINCES = {"110000": "Beijing", "310000": "Shanghai", "540000": "Tibet"}
YEARS = range(2003, 2007)
GRID = pd.MultiIndex.from_product([PROVINCES, YEARS], names=["province_code", "year"])

# Amounts of each item in the first province and year; they grow by 5 % a year.
ITEMS = {
    "employed_10k_persons": 1000.0,
    "employed_urban_10k_persons": 400.0,
    "employed_manufacturing_10k_persons": 100.0,
    "gdp_100m_yuan": 5000.0,
    "secondary_value_added_100m_yuan": 2000.0,
    "tertiary_value_added_100m_yuan": 2900.0,
    "industrial_value_added_100m_yuan": 1700.0,
    "main_business_revenue_100m_yuan": 8000.0,
    "rd_expenditure_10k_yuan": 1_200_000.0,
    "total_profit_100m_yuan": -30.0,
    "inventories_100m_yuan": 300.0,
}

# indicator: dimension, overall weight, weight within the dimension
WEIGHTS = {
    "new_product_share": ("amt", 0.3, 0.75),
    "rd_intensity": ("amt", 0.1, 0.25),
    "inventory_turnover": ("amm", 0.2, 1.0),
    "log_average_wage": ("amw", 0.15, 1.0),
    "wastewater_compliance": ("gam", 0.05, 1.0),
    "value_added_rate": ("ame", 0.2, 1.0),
}


def grid(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(index=GRID).reset_index().assign(**columns)


def size() -> pd.Series:
    """A factor that differs between provinces and grows by 5 % a year."""
    rows = grid()
    province = rows["province_code"].map({"110000": 1.0, "310000": 1.4, "540000": 0.2})
    return province * 1.05 ** (rows["year"] - YEARS[0])


def clean_frames() -> dict[str, pd.DataFrame]:
    items = pd.concat(
        [grid(item_code=item, value=size() * value) for item, value in ITEMS.items()],
        ignore_index=True,
    )
    base = items["item_code"].str.extract(r"_(100m|10k)_")[0].map({"100m": 1e8, "10k": 1e4})
    items = items.assign(base_value=items["value"] * base, fill_method="observed")
    employment = grid(
        manufacturing=size() ** 1.1, producer_services=size() ** 0.9,
        whole_society=size() * 9, urban_units=size() * 4 + 0.1,
    )  # fmt: skip
    national = employment.groupby("year")[list(employment.columns[2:])].transform("sum")
    quotients = pd.concat(
        [
            employment[["province_code", "year"]].assign(
                employment_base=base,
                magglo=employment["manufacturing"] / national["manufacturing"]
                / (employment[base] / national[base]),
                psagglo=employment["producer_services"] / national["producer_services"]
                / (employment[base] / national[base]),
            )
            for base in ("whole_society", "urban_units")
        ],
        ignore_index=True,
    )  # fmt: skip
    reconciliation = pd.DataFrame(
        {"item_code": "gdp_100m_yuan", "year": YEARS, "n_provinces": 3, "relative_difference": 0.1}
    )
    indicators = pd.concat(
        [
            grid(indicator="wastewater_compliance", value=90.0),
            grid(indicator="log_average_wage", value=10.0),
        ],
        ignore_index=True,
    )
    return seeds() | {
        "int_items__filled": items,
        "int_items__national_reconciliation": reconciliation,
        "int_indicators__values": indicators,
        "int_agglomeration__employment": employment,
        "int_agglomeration__quotients": quotients,
    }


def mart_frames() -> dict[str, pd.DataFrame]:
    scores = pd.concat(
        [
            grid(
                indicator=indicator,
                dimension=dimension,
                score=0.4 + size() / 20,
                overall_weight=overall,
                individual_weight=individual,
            )
            for indicator, (dimension, overall, individual) in WEIGHTS.items()
        ],
        ignore_index=True,
    )
    scores["contribution"] = 100 * scores["overall_weight"] * scores["score"]
    scores["dimension_contribution"] = 100 * scores["individual_weight"] * scores["score"]

    keys = ["province_code", "year"]
    index = scores.pivot_table("dimension_contribution", keys, "dimension", aggfunc="sum")
    index["ami"] = scores.groupby(keys)["contribution"].sum()
    index = index.reset_index()[[*keys, *INDICES]]

    published = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv")
    published = published.set_index("variable")[["mean", "sd", "min", "max"]]
    descriptives = published.add_prefix("published_").join(published[["mean", "sd"]] * 1.02)

    panel = grid(log_of_zero_variables="")
    for variable in PANEL_VARIABLES:
        panel[variable] = published.at[variable, "mean"] + size() * published.at[variable, "sd"] / 4

    return seeds() | {
        "dim_indicator": pd.DataFrame(
            {
                "indicator": list(WEIGHTS),
                "entropy": 0.9,
                "utility": 0.1,
                "overall_weight": [weight for _, weight, _ in WEIGHTS.values()],
                "individual_weight": [weight for _, _, weight in WEIGHTS.values()],
                "published_overall_weight": [weight + 0.01 for _, weight, _ in WEIGHTS.values()],
            }
        ),
        "fct_indicator_score": scores,
        "fct_index": index,
        "fct_agglomeration": grid(share_manufacturing=0.6, share_producer_services=0.4),
        "fct_panel": panel,
        "fct_descriptives": descriptives.reset_index(),
        "fct_coverage": coverage(),
    }


def seeds() -> dict[str, pd.DataFrame]:
    return {
        "provinces": pd.DataFrame(
            {"province_code": list(PROVINCES), "province": list(PROVINCES.values())}
        ),
        "known_outliers": outliers(),
    }


def outliers(*rows: tuple[object, ...]) -> pd.DataFrame:
    columns = ["synthetic", "check_name", "subject", "province_code", "year", "reason"]
    return pd.DataFrame(list(rows), columns=columns)


def coverage() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "kind": ["item", "indicator", "indicator", "variable"],
            "subject": ["gdp_100m_yuan", "value_added_rate", "rd_intensity", "pdgp"],
            "n_expected": 12,
            "n_missing": [0, 3, 6, 0],
            "n_across_breaks": 0,
            "status": ["complete", "partial", "partial", "complete"],
        }
    )


@pytest.fixture(scope="session")
def good_frames() -> Callable[[], dict[str, dict[str, pd.DataFrame]]]:
    """Makes the good frames of both layers."""
    return lambda: {"clean": clean_frames(), "marts": mart_frames()}


@pytest.fixture
def frames(
    good_frames: Callable[[], dict[str, dict[str, pd.DataFrame]]],
) -> dict[str, dict[str, pd.DataFrame]]:
    """The good frames of both layers, fresh for every test."""
    return good_frames()
