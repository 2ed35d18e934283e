"""A small warehouse in which everything is as it must be: three provinces, twelve years.

The figures of the panel have the moments that Table 3 prints, and lie in its ranges, so that a test
has only to plant one fault. What the checks of dbt compared is one row each, within its bounds.
"""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from expectations import Layer, tables_needed
from expectations.checkpoints import COLUMNS
from expectations.declared import models

DBT = Path(__file__).parents[3] / "dbt"
SEEDS = DBT / "seeds"
PUBLISHED = pd.read_csv(SEEDS / "paper" / "published_descriptives.csv").set_index("variable")
LIMITS = (
    pd.read_csv(SEEDS / "reference" / "limits.csv")
    .query("not synthetic")
    .set_index(["rule", "subject"])
)
PLAUSIBLE = LIMITS.loc["panel_value", ["low", "high"]]
VARIABLES = tuple(PUBLISHED.index)
INDICES = VARIABLES[:6]
PROVINCES = {"110000": "Beijing", "310000": "Shanghai", "540000": "Tibet"}
YEARS = range(2003, 2015)
GRID = pd.MultiIndex.from_product([PROVINCES, YEARS], names=["province_code", "year"])

Frames = dict[str, pd.DataFrame]


def grid(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(index=GRID).reset_index().assign(**columns)


def as_printed(variable: str) -> list[float]:
    """As many low values, and else high ones, as give the mean and the sd that Table 3 prints."""
    printed = PUBLISHED.loc[variable]
    n = len(GRID)
    sd = printed["sd"] * ((n - 1) / n) ** 0.5
    for n_low in range(1, n):
        odds = (n_low / (n - n_low)) ** 0.5
        low, high = printed["mean"] - sd / odds, printed["mean"] + sd * odds
        if printed["min"] <= low and high <= printed["max"]:
            return [low] * n_low + [high] * (n - n_low)
    raise AssertionError(f"no such {variable}")


def panel(synthetic: bool) -> pd.DataFrame:
    """Official figures are not held to Table 3; here all are in the middle of what is plausible."""
    if synthetic:
        return grid(**{variable: as_printed(variable) for variable in VARIABLES})
    return grid(**PLAUSIBLE.mean(axis=1))


def bounds(synthetic: bool) -> pd.DataFrame:
    """Of the rules that suites name, as model `bounds` has them."""
    rules = {
        "panel_range": PUBLISHED[["min", "max"]],
        "table_3_print": PUBLISHED[["min", "max"]],
        "table_3_mean": PUBLISHED[["mean", "mean"]] * [0.95, 1.05],
        "table_3_sd": PUBLISHED[["sd", "sd"]] * [0.85, 1.15],
    }
    if not synthetic:
        rules["panel_range"] = PLAUSIBLE
    return pd.concat(
        frame.set_axis(["low", "high"], axis=1)
        .assign(rule=rule)
        .rename_axis("subject")
        .reset_index()
        for rule, frame in rules.items()
    )


def marts(synthetic: bool) -> Frames:
    weights = {"new_product_share": 0.3, "rd_intensity": 0.1, "value_added_rate": 0.6}
    scores = pd.concat(grid(indicator=indicator, score=0.4) for indicator in weights)
    return {
        "dim_indicator": pd.DataFrame(
            {
                "indicator": list(weights),
                "entropy": 0.9,
                "utility": 0.1,
                "overall_weight": list(weights.values()),
                "individual_weight": 1.0,
            }
        ),
        "fct_indicator_score": scores,
        "fct_index": grid(**dict.fromkeys(INDICES, 50.0), ami_partial=None),
        "fct_agglomeration": grid(share_manufacturing=0.6, share_producer_services=0.4),
        "fct_panel": panel(synthetic),
    }


def compared(*rows: dict[str, Any]) -> pd.DataFrame:
    """What a check of dbt compared."""
    good = {"subject": "gdp", "province_code": "110000", "year": 2003, "value": 1.0, "high": 2.0}
    return pd.DataFrame([good | {"is_outside": False} | row for row in rows], columns=COLUMNS)


def outliers(*rows: tuple[object, ...]) -> pd.DataFrame:
    columns = ["synthetic", "check_name", "subject", "province_code", "year", "reason"]
    return pd.DataFrame(list(rows), columns=columns)


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    """Of the checks, as dbt makes it from their YAML."""

    def nodes() -> Iterator[dict[str, Any]]:
        for path in DBT.glob("models/checks/*/*.yml"):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                fqn = ["ami_warehouse", "checks", path.parent.name, model["name"]]
                config = {"meta": {}} | model.get("config", {})
                yield model | {"resource_type": "model", "fqn": fqn, "config": config}

    return {"nodes": dict(zip(map(str, count()), nodes(), strict=False))}


@pytest.fixture(scope="session")
def good_frames(manifest: dict[str, Any]) -> Callable[[Layer, bool], Frames]:
    """Makes the good frames of a layer, of synthetic or of real data."""

    def make(layer: Layer, synthetic: bool = True) -> Frames:
        there = {
            "provinces": pd.DataFrame(
                {"province_code": list(PROVINCES), "province": list(PROVINCES.values())}
            ),
            "known_outliers": outliers(),
            "bounds": bounds(synthetic),
            **{check.name: compared({}) for check in models(layer, manifest)},
            **marts(synthetic),
        }
        return {name: there[name] for name in tables_needed(layer, manifest)}

    return make
