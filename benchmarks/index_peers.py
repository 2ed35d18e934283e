"""Peers of the index SQL: polars and pandas on the long table, and numpy on a wide matrix.

Here: how each computes the tables of `index_contestants.MODELS`. Not here: what they are given, and
how they are measured and compared.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.index_contestants import THREADS, UNIT_YEAR, LongTable, Save

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl


def with_polars(long_table: LongTable) -> Save:
    """polars on the long table: lazy queries, each collected by the streaming engine.

    One query per table and not one for all: of a single plan polars 2.1 computes shared parts again
    and takes twice as long. Scores left as a plan until they are written save 6 % of the index
    alone and cost 27 % more with every table, so that they are collected, too.
    """
    # Read by polars when it is imported.
    os.environ["POLARS_MAX_THREADS"] = str(THREADS)
    import polars as pl

    def collect(query: "pl.LazyFrame") -> "pl.LazyFrame":
        return query.collect(engine="streaming").lazy()

    values = collect(pl.scan_parquet(long_table.values).drop("is_edge_filled", "is_bridged"))
    indicators = pl.read_parquet(
        long_table.indicators, columns=["indicator", "dimension", "attribute"]
    ).with_columns(pl.col("indicator").cast(pl.Categorical))
    provinces = pl.scan_parquet(long_table.provinces).with_columns(pl.all().cast(pl.Categorical))
    value, score, share = pl.col("value"), pl.col("score"), pl.col("share")

    n_available = pl.col("indicator").filter(value.is_not_null()).n_unique()
    unit_years = collect(
        values.group_by(UNIT_YEAR)
        .agg(n_indicators=value.count(), n_indicators_expected=pl.len())
        .join(values.select(n_available=n_available), how="cross")
        .with_columns(in_sample=pl.col("n_indicators") == pl.col("n_available"))
    )

    # Outside the index sample everything from here on is null, which aggregates skip.
    sampled, minimum, maximum = pl.col("sampled"), pl.col("value_min"), pl.col("value_max")
    is_positive = pl.col("attribute") == "positive"
    distance = pl.when(is_positive).then(sampled - minimum).otherwise(maximum - sampled)
    spread = pl.when(maximum > minimum).then(maximum - minimum).otherwise(1.0)
    scores = collect(
        values.join(unit_years.select(*UNIT_YEAR, "in_sample"), on=UNIT_YEAR)
        .join(indicators.lazy(), on="indicator")
        .with_columns(sampled=pl.when("in_sample").then(value))
        .with_columns(
            value_min=sampled.min().over("indicator"), value_max=sampled.max().over("indicator")
        )
        .with_columns(score=distance / spread)
        .with_columns(share=score / score.sum().over("indicator"))
        .drop("attribute", "in_sample", "sampled")
    )

    utility = pl.col("utility")
    p_ln_p = pl.when(share == 0).then(0.0).otherwise(share * share.log())
    weights = collect(
        scores.filter(score.is_not_null())
        .group_by("indicator", "dimension")
        .agg(
            minimum.first(),
            maximum.first(),
            n_observations=pl.len(),
            entropy=-p_ln_p.sum() / pl.len().log(),
        )
        .with_columns(pl.col("entropy").fill_nan(1.0))
        .with_columns(utility=1.0 - pl.col("entropy"))
        .with_columns(
            overall_weight=utility / utility.sum(),
            individual_weight=utility / utility.sum().over("dimension"),
        )
    )

    both_weights = pl.col("overall_weight", "individual_weight")
    scores = collect(
        scores.join(weights.select("indicator", both_weights), on="indicator", how="left")
        .with_columns(pl.when(score.is_not_null()).then(both_weights).name.keep())
        .with_columns(
            contribution=100.0 * pl.col("overall_weight") * score,
            dimension_contribution=100.0 * pl.col("individual_weight") * score,
        )
        .join(provinces, on="province_code")
        .drop("value_min", "value_max")
    )

    dimension_contribution = pl.col("dimension_contribution")
    points = (
        scores.filter(score.is_not_null())
        .group_by(UNIT_YEAR)
        .agg(
            pl.col("is_interpolated").any(),
            ami=pl.col("contribution").sum(),
            # A constant indicator has no shares: 0 / 0.
            ami_eq17=(1000.0 * pl.col("overall_weight") * share).fill_nan(0.0).sum(),
            **{
                dimension: dimension_contribution.filter(pl.col("dimension") == dimension).sum()
                for dimension in indicators["dimension"].unique()
            },
        )
    )
    index = collect(
        unit_years.drop("n_available", "in_sample")
        .join(points, on=UNIT_YEAR, how="left")
        .join(provinces, on="province_code")
        .with_columns(
            pl.col("is_interpolated").fill_null(False),
            ami_rank=pl.col("ami").rank("min", descending=True).over("year"),
        )
    )

    def save(folder: Path) -> None:
        tables = {"index": index, "scores": scores.drop("share"), "weights": weights}
        for table, frame in tables.items():
            frame.sink_parquet(folder / f"{table}.parquet")

    return save


def with_pandas(long_table: LongTable) -> Save:
    """pandas on the long table: grouped aggregates and transforms."""
    import numpy as np

    scores, indicators, provinces = _read(long_table)
    unit_years = scores.groupby(UNIT_YEAR, observed=True, sort=False)["value"]
    index = unit_years.agg(n_indicators="count", n_indicators_expected="size")
    n_available = scores.loc[scores["value"].notna(), "indicator"].nunique()
    in_sample = (unit_years.transform("count") == n_available) & scores["value"].notna()

    # Outside the index sample everything from here on is NaN, which aggregates skip.
    value = scores["value"].where(in_sample)
    by_indicator = value.groupby(scores["indicator"], observed=True)
    minimum, maximum = by_indicator.transform("min"), by_indicator.transform("max")
    is_positive = _look_up(indicators["attribute"] == "positive", scores["indicator"])
    distance = (value - minimum).where(is_positive, maximum - value)
    score = (distance / (maximum - minimum)).mask(in_sample & (maximum == minimum), 0.0)
    total = score.groupby(scores["indicator"], observed=True).transform("sum")
    share = score / total.where(total != 0)

    p_ln_p = (share * np.log(share.where(share > 0))).mask(share == 0, 0.0)
    sum_p_ln_p = p_ln_p.groupby(scores["indicator"], observed=True).sum(min_count=1)
    weights = by_indicator.agg(n_observations="count", value_min="min", value_max="max")
    weights = weights[weights["n_observations"] > 0]
    weights["entropy"] = (-sum_p_ln_p / np.log(weights["n_observations"])).fillna(1.0)
    weights = _weighted(weights, indicators)

    scores["score"] = score
    scores["dimension"] = _look_up(indicators["dimension"], scores["indicator"])
    for weight in ("overall_weight", "individual_weight"):
        scores[weight] = _look_up(weights[weight], scores["indicator"])
        scores[weight] = scores[weight].where(in_sample)
    scores["contribution"] = 100.0 * scores["overall_weight"] * score
    scores["dimension_contribution"] = 100.0 * scores["individual_weight"] * score

    points = scores[UNIT_YEAR].assign(
        ami=scores["contribution"],
        ami_eq17=1000.0 * scores["overall_weight"] * share,
        is_interpolated=scores["is_interpolated"] & in_sample,
    )
    points = points.groupby(UNIT_YEAR, observed=True, sort=False)
    dimensions = scores.groupby([*UNIT_YEAR, "dimension"], observed=True, sort=False)
    index = index.join(points[["ami", "ami_eq17"]].sum(min_count=1))
    index = index.join(points["is_interpolated"].any())
    index = index.join(dimensions["dimension_contribution"].sum(min_count=1).unstack("dimension"))
    return _saver(index.reset_index(), scores, weights, provinces)


def with_numpy(long_table: LongTable) -> Save:
    """numpy on matrices with a row per unit and year and a column per indicator."""
    import numpy as np
    import pandas as pd

    values, indicators, provinces = _read(long_table)
    units, years = values["province_code"].cat.categories, np.unique(values["year"])
    shape = (len(units) * len(years), len(indicators))
    row = values["province_code"].cat.codes.to_numpy(dtype="int64") * len(years)
    row += np.searchsorted(years, values["year"])
    cell = row * len(indicators) + values["indicator"].cat.codes.to_numpy()

    def as_matrix(column: str) -> "np.ndarray":
        matrix = np.empty(shape, dtype=values[column].dtype)
        matrix.ravel()[cell] = values[column]
        return matrix

    value, is_interpolated = as_matrix("value"), as_matrix("is_interpolated")
    is_available = ~np.isnan(value)
    n_indicators, has_data = is_available.sum(axis=1), is_available.any(axis=0)
    in_sample = n_indicators == has_data.sum()
    sample = value[np.ix_(in_sample, has_data)]
    is_positive = (indicators["attribute"] == "positive").to_numpy()[has_data]

    minimum, maximum = sample.min(axis=0), sample.max(axis=0)
    spread = np.where(maximum > minimum, maximum - minimum, 1.0)
    score = np.where(is_positive, sample - minimum, maximum - sample) / spread
    total = score.sum(axis=0)
    share = score / np.where(total > 0, total, np.nan)
    p_ln_p = share * np.log(share, where=share > 0, out=np.zeros_like(share))
    entropy = -p_ln_p.sum(axis=0) / np.log(len(sample))
    weights = pd.DataFrame(
        {
            "n_observations": len(sample),
            "value_min": minimum,
            "value_max": maximum,
            "entropy": np.nan_to_num(entropy, nan=1.0),
        },
        index=indicators.index[has_data],
    )
    weights = _weighted(weights, indicators)
    overall_weight = weights["overall_weight"].to_numpy()
    individual_weight = weights["individual_weight"].to_numpy()
    contribution = 100.0 * overall_weight * score
    dimension_contribution = 100.0 * individual_weight * score

    def in_long_form(figures: "np.ndarray") -> "np.ndarray":
        matrix = np.full(shape, np.nan)
        matrix[np.ix_(in_sample, has_data)] = figures
        return matrix.ravel()

    unit_years = {
        "province_code": pd.Categorical.from_codes(
            np.repeat(np.arange(len(units)), len(years)), units
        ),
        "year": np.tile(years, len(units)),
    }
    codes = pd.Categorical.from_codes(np.arange(len(indicators)), indicators.index)
    scores = pd.DataFrame(
        {
            **{key: column.repeat(len(indicators)) for key, column in unit_years.items()},
            "indicator": codes.take(np.tile(np.arange(len(indicators)), shape[0])),
            "dimension": indicators["dimension"].array.take(
                np.tile(np.arange(len(indicators)), shape[0])
            ),
            "value": value.ravel(),
            "score": in_long_form(score),
            "overall_weight": in_long_form(overall_weight),
            "individual_weight": in_long_form(individual_weight),
            "contribution": in_long_form(contribution),
            "dimension_contribution": in_long_form(dimension_contribution),
            "is_interpolated": is_interpolated.ravel(),
            "max_gap_length": as_matrix("max_gap_length").ravel(),
        }
    )
    index = pd.DataFrame(
        {
            **unit_years,
            "n_indicators": n_indicators,
            "n_indicators_expected": len(indicators),
            "is_interpolated": is_interpolated[:, has_data].any(axis=1) & in_sample,
        }
    )
    index.loc[in_sample, "ami"] = contribution.sum(axis=1)
    index.loc[in_sample, "ami_eq17"] = np.nansum(1000.0 * overall_weight * share, axis=1)
    for dimension in indicators["dimension"].cat.categories:
        of_dimension = (weights["dimension"] == dimension).to_numpy()
        index.loc[in_sample, dimension] = dimension_contribution[:, of_dimension].sum(axis=1)
    return _saver(index, scores, weights, provinces)


def _read(long_table: LongTable) -> "tuple[pd.DataFrame, pd.DataFrame, pd.Series]":
    """Values, indicators by code, names of units by code; categories in the order of the latter."""
    import pandas as pd

    values = pd.read_parquet(long_table.values).drop(columns=["is_edge_filled", "is_bridged"])
    indicators = pd.read_parquet(long_table.indicators).set_index("indicator")
    provinces = pd.read_parquet(long_table.provinces).set_index("province_code")["province"]
    provinces = provinces.astype("category").sort_index()
    indicators = indicators.sort_values("sort_order")
    values["province_code"] = values["province_code"].cat.set_categories(provinces.index)
    values["indicator"] = values["indicator"].cat.set_categories(indicators.index)
    return values, indicators, provinces


def _look_up(table: "pd.Series", keys: "pd.Series") -> "pd.Series":
    """`table` at each of `keys`, found by category and not row by row."""
    import pandas as pd

    found = table.reindex(keys.cat.categories).array.take(keys.cat.codes)
    return pd.Series(found, index=keys.index)


def _weighted(weights: "pd.DataFrame", indicators: "pd.DataFrame") -> "pd.DataFrame":
    """Utility and weights beside the entropy of each indicator (eq. 15 and 16)."""
    utility = 1.0 - weights["entropy"]
    dimension = indicators["dimension"].reindex(weights.index)
    return weights.assign(
        dimension=dimension,
        utility=utility,
        overall_weight=utility / utility.sum(),
        individual_weight=utility / utility.groupby(dimension, observed=True).transform("sum"),
    )


def _saver(
    index: "pd.DataFrame",
    scores: "pd.DataFrame",
    weights: "pd.DataFrame",
    provinces: "pd.Series",
) -> Save:
    """Rank the units of each year and name them, as pandas and numpy both end."""
    index["ami_rank"] = index.groupby("year")["ami"].rank("min", ascending=False)
    tables = {"index": index, "scores": scores, "weights": weights.reset_index()}
    for table in ("index", "scores"):
        tables[table]["province"] = _look_up(provinces, tables[table]["province_code"])

    def save(folder: Path) -> None:
        for table, frame in tables.items():
            frame.to_parquet(folder / f"{table}.parquet")

    return save
