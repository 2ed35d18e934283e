"""Results in the long form of the table `estimates`, one row a term, beside what the paper prints.

Here: from estimated columns to rows, and the paper's rows beside them. Not here: what is estimated
(`fits`), and how a table is typeset (`analysis.report.paper_tables`).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.panel import CONSTANT
from analysis.paper.estimable import EstimatesTable, NotEstimable
from analysis.paper.fits import Estimated, Result
from analysis.paper.result_columns import types_of
from analysis.regressions.clustering import t_quantile

KEY = ["table", "column", "sample", "outcome", "term"]
# Stated, so that a table without rows has the types of one with rows.
COLUMNS = types_of(
    "table", "column", "sample", "outcome", "term", "estimate", "stars", "dispersion",
    "dispersion_kind", "statistic", "p_value", "wild_p_value", "n_clusters",
)  # fmt: skip
PRINTED = ("estimate", "stars", "dispersion")
# What a vintage keeps of the table.
KEPT = types_of(*KEY, "estimate", "std_error", "p_value", "lower", "upper", "n_clusters")
_STARS = ((0.01, "***"), (0.05, "**"), (0.10, "*"))


def stars(p_value: float) -> str:
    """The paper's marks: *** below 1 %, ** below 5 %, * below 10 %."""
    return next((mark for level, mark in _STARS if p_value < level), "")


def as_table(results: Iterable[Result]) -> EstimatesTable:
    """The columns' rows, their notes, and those that are not estimable."""
    results = list(results)
    estimated = [result for result in results if isinstance(result, Estimated)]
    return EstimatesTable(
        rows(results),
        tuple(
            (result.specification.table, result.specification.column, note)
            for result in estimated
            for note in result.notes
        ),
        tuple(result for result in results if isinstance(result, NotEstimable)),
    )


def rows(results: Iterable[Result]) -> pd.DataFrame:
    """The table `estimates`: one row per table, column and term, in `COLUMNS`.

    Terms are the regressors, `constant`, and, led by an underscore, what stands below a column:
    `_n`, `_r2` (within), `_n_clusters`, `_n_dropped`, and for each test its statistic, `_p`
    (p-value) and `_df`; `statistic` and `p_value` of a test's row repeat them. `dispersion` is
    the clustered standard error, `p_value` by t(G-1), `wild_p_value` by the wild cluster
    bootstrap, for the coefficients of interest. A NotEstimable has no rows.
    """
    return as_rows(
        {**result.specification.place, "n_clusters": result.fit.n_clusters, **record}
        for result in results
        if isinstance(result, Estimated)
        for record in _records(result)
    )


def as_rows(records: Iterable[Mapping[Hashable, Any]]) -> pd.DataFrame:
    """Records in the columns and types of the table `estimates`."""
    return pd.DataFrame(list(records), columns=list(COLUMNS)).astype(COLUMNS)


def beside_published(estimates: pd.DataFrame, published: pd.DataFrame) -> pd.DataFrame:
    """Our rows with the paper's estimate, stars and dispersion beside them, where it prints one.

    published: the columns of the seed `published_estimates`; `table` and `column` are text in
    both. Raises ValueError if they are not, or if a row occurs twice.
    """
    for name, frame in (("estimates", estimates), ("published", published)):
        if not all(pd.api.types.is_string_dtype(frame[key]) for key in ("table", "column")):
            raise ValueError(f"{name}: columns 'table' and 'column' must be read as text")
    printed = published[[*KEY, *PRINTED]].rename(
        columns={name: f"published_{name}" for name in PRINTED}
    )
    return estimates.merge(printed, on=KEY, how="left", validate="one_to_one")


def with_intervals(estimates: pd.DataFrame) -> pd.DataFrame:
    """The rows in the columns `KEPT`, each coefficient with its standard error and 95 % interval.

    By t(G - 1) where errors are clustered, by the normal for Sobel's test and Table 11, which has z
    in the place of an error; of Table 8 the bias-corrected interval, which stands beside it in rows
    of its own. Empty for what has none. Raises ValueError for a kind of dispersion that is not
    known.
    """
    kind, below = estimates["dispersion_kind"], estimates["dispersion"]
    known = {"", "clustered_se", "bootstrap_se", "sobel_se", "z"}
    if unknown := set(kind.fillna("")) - known:
        raise ValueError(f"dispersion_kind {', '.join(sorted(unknown))}: expected one of {known}")
    error = below.where(kind != "z", (estimates["estimate"] / below).abs())
    by_t = t_quantile(0.975, estimates["n_clusters"].astype(float))
    reach = error * np.where(kind == "clustered_se", by_t, float(special.ndtri(0.975)))
    ends = {"lower": estimates["estimate"] - reach, "upper": estimates["estimate"] + reach}
    bootstrapped = kind == "bootstrap_se"
    for end, values in ends.items():
        beside = estimates[estimates["column"] == f"ci_{end}"].set_index("term")["estimate"]
        ends[end] = values.where(~bootstrapped, estimates["term"].map(beside))
    return estimates.assign(std_error=error, **ends)[list(KEPT)].astype(KEPT)


def _records(result: Estimated) -> list[dict[Hashable, Any]]:
    fit = result.fit
    coefficients = pd.DataFrame(
        {
            "estimate": fit.params,
            "dispersion": fit.std_errors,
            "statistic": fit.t_stats,
            "p_value": fit.p_values,
        }
    )
    coefficients.loc[CONSTANT] = [
        fit.constant.estimate,
        fit.constant.std_error,
        fit.constant.t_stat,
        fit.constant.p_value,
    ]
    coefficients["wild_p_value"] = pd.Series(result.wild, dtype=float)
    coefficients["stars"] = coefficients["p_value"].map(stars)
    coefficients["dispersion_kind"] = "clustered_se"
    records = coefficients.rename_axis("term").reset_index().to_dict("records")
    below: list[tuple[str, float]] = [
        ("_n", fit.n),
        ("_r2", fit.r2_within),
        ("_n_clusters", fit.n_clusters),
        ("_n_dropped", fit.n_dropped),
    ]
    for term, test in result.tests.items():
        if pd.isna(test.p_value):
            below.append((term, test.statistic))
            continue
        records.append(
            {
                "term": term,
                "estimate": test.statistic,
                "stars": stars(test.p_value),
                "statistic": test.statistic,
                "p_value": test.p_value,
            }
        )
        below.append((f"{term}_p", test.p_value))
        below += [] if test.df is None else [(f"{term}_df", test.df)]
    records += [{"term": term, "estimate": value} for term, value in below]
    return records
