"""Runs the checks of a layer and says what was found.

Frames in, a `CheckReport` out. Which checks there are is said in `declared`. A known outlier, a row
of known_outliers.csv with its reason, is found by its check like any other value and reported, but
the check does not fail for it; one that is found no more is reported too, so that the list stays
true.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from expectations import declared
from expectations.checkpoints import run_suites
from expectations.declared import Check, Layer, Severity
from yearbooks.observed_units import PROVINCES, ObservedUnits

ROWS_SHOWN = 5
KEYS = ["subject", "province_code", "year"]
DTYPES = {
    "province_code": "string",
    "year": "Int64",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "is_outside": "bool",
}


class KnownOutlierError(ValueError):
    """A row of known_outliers.csv names no check, gives no reason, or is there twice."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    `n_unexpected` values break the rule and are no known outliers; `first_rows` are the worst five
    of these, the worst first: subject, province, province_code, year, value, low, high, each where
    the row has it.
    `known_outliers` are rows of the same kind with their reason.
    """

    layer: Layer
    name: str
    frame: str
    column: str
    severity: Severity
    passed: bool
    expected: str
    observed: str
    n_unexpected: int
    first_rows: tuple[dict[str, Any], ...]
    known_outliers: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class CheckReport:
    """The results of one layer, in the order of its checks."""

    layer: Layer
    dataset: str
    synthetic: bool
    results: tuple[CheckResult, ...]

    @property
    def failures(self) -> tuple[CheckResult, ...]:
        """Every check that failed, blocking or not."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def blocking_failures(self) -> tuple[CheckResult, ...]:
        """The failed checks that stop the run."""
        return tuple(result for result in self.failures if result.severity == "ERROR")

    def frame(self) -> pd.DataFrame:
        """One row a check; `first_rows` and `known_outliers` as text a person reads."""
        return pd.DataFrame(
            [
                {
                    "layer": result.layer,
                    "check": result.name,
                    "frame": result.frame,
                    "severity": result.severity,
                    "passed": result.passed,
                    "expected": result.expected,
                    "observed": result.observed,
                    "n_unexpected": result.n_unexpected,
                    "first_rows": "; ".join(map(in_words, result.first_rows)),
                    "known_outliers": "; ".join(map(in_words, result.known_outliers)),
                }
                for result in self.results
            ]
        )


def in_words(row: Mapping[str, Any]) -> str:
    """One offending row in a phrase.

    >>> in_words({"subject": "ami", "province": "Beijing", "year": 2005, "value": 61.2, "high": 50})
    'Beijing 2005 ami: 61.2 (at most 50)'
    """
    about = " ".join(str(row[key]) for key in ("province", "year", "subject") if key in row)
    value = f": {row['value']:.6g}" if "value" in row else ""
    bounds = _bounds_in_words(row.get("low"), row.get("high"))
    reason = f" - {row['reason']}" if "reason" in row else ""
    return f"{about}{value}{f' ({bounds})' if bounds else ''}{reason}"


def validate(
    layer: Layer,
    manifest: Mapping[str, Any],
    frames: Mapping[str, pd.DataFrame],
    *,
    dataset: str,
    synthetic: bool,
    is_demo: bool,
    units: ObservedUnits = PROVINCES,
) -> CheckReport:
    """Run every check of `layer` that the suites and `manifest` of the dbt project declare.

    `frames` are the tables of `tables_needed(layer, manifest)` by name. The demo is held to
    the paper's Tables 2 and 3, other data, `synthetic` ones too, to what is plausible.

    Raises `KnownOutlierError`.
    """
    data = "synthetic" if is_demo else "real"
    known = _known_outliers(frames["known_outliers"], is_demo, layer, manifest)
    provinces = frames["provinces"].astype({"province_code": str})
    province_names = provinces.set_index("province_code")["province"]
    compared = {check.name: frames[check.name] for check in declared.models(layer, manifest)}
    if layer == "marts":
        compared |= run_suites(declared.suites(), frames, data=data)

    results = []
    for stated in declared.checks(layer, manifest):
        check = replace(stated, expected=units.worded(stated.expected))
        if check.holds_for not in ("both", data):
            results.append(_not_applied(check))
            continue
        # The last check of a layer asks which known outliers the others found.
        rows = compared.get(check.name, _still_found(known))
        rows = rows.assign(is_outside=rows["is_outside"].astype(bool))
        excuses = known[known["check_name"] == check.name]
        # Of millions of rows those that a person may be shown.
        told = _in_order(rows[rows["is_outside"] | rows["subject"].isin(excuses["subject"])])
        keys = _keys(told)
        there = excuses[excuses["key"].isin(keys[told["value"].notna()])]
        is_found = there["key"].isin(keys[told["is_outside"]])
        known.loc[there.index, "is_found"] = is_found.astype(float)
        told.insert(1, "province", told["province_code"].map(province_names))
        told["reason"] = keys.map(excuses.set_index("key")["reason"])
        results.append(_result(check, rows, told[told["is_outside"]]))
    return CheckReport(layer, dataset, synthetic, tuple(results))


def _known_outliers(
    rows: pd.DataFrame, is_demo: bool, layer: Layer, manifest: Mapping[str, Any]
) -> pd.DataFrame:
    """The known outliers of this kind of data and this layer, with their key and is_found."""
    rows = rows.assign(key=_keys(rows), reason=rows["reason"].fillna("").astype(str).str.strip())
    for fault, faulty in {
        "gives no reason": rows["reason"] == "",
        "names no check there is": ~rows["check_name"].isin(declared.names(manifest)),
        "is there twice": rows.duplicated(["synthetic", "check_name", "key"]),
    }.items():
        if faulty.any():
            row = rows[faulty].iloc[0]
            raise KnownOutlierError(
                f"known_outliers.csv: the row {row['check_name']}, {row['key']} {fault}"
            )
    of_layer = {check.name for check in declared.checks(layer, manifest)}
    rows = rows[(rows["synthetic"] == is_demo) & rows["check_name"].isin(of_layer)]
    return rows.assign(is_found=np.nan)


def _still_found(known: pd.DataFrame) -> pd.DataFrame:
    """Whether each known outlier is one still; missing where it has no value now."""
    return known[["province_code", "year"]].assign(
        subject=known["check_name"] + " " + known["subject"],
        value=known["is_found"],
        low=1.0,
        high=np.nan,
        is_outside=known["is_found"] < 1,
    )


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """A database returns rows in any order; the first ones shown are to be the same every time."""
    return rows.astype(DTYPES).sort_values(KEYS, ignore_index=True)


def _keys(rows: pd.DataFrame) -> pd.Series:
    """The keys of each row as one text, however the columns are typed."""
    codes = pd.to_numeric(rows["province_code"]).astype("Int64").astype("string").fillna("")
    years = pd.to_numeric(rows["year"]).astype("Int64").astype("string").fillna("")
    return rows["subject"].astype("string").fillna("") + " " + codes + " " + years


def _result(check: Check, rows: pd.DataFrame, broken: pd.DataFrame) -> CheckResult:
    """`rows` are what the check compared, `broken` those outside; a known one has a reason."""
    broken = broken.drop(columns="is_outside")
    is_known = broken["reason"].notna()
    unexpected = broken[~is_known].drop(columns="reason")
    values = rows["value"].astype("float64").dropna()
    if values.empty:
        observed = "no data"
    else:
        observed = f"{len(values)} values, {values.min():.6g} to {values.max():.6g}"
        if len(unexpected):
            observed += f"; {len(unexpected)} outside"
        if is_known.any():
            observed += f"; known outliers: {is_known.sum()}"
    same = rows[["low", "high"]].astype("float64").drop_duplicates()
    bounds = _bounds_in_words(*same.iloc[0]) if len(same) == 1 else ""
    return CheckResult(
        layer=check.layer,
        name=check.name,
        frame=check.frame,
        column=check.column,
        severity=check.severity,
        passed=unexpected.empty,
        expected=f"{check.expected}: {bounds}" if bounds else check.expected,
        observed=observed,
        n_unexpected=len(unexpected),
        first_rows=_records(_worst_first(unexpected).head(ROWS_SHOWN)),
        known_outliers=_records(broken[is_known]),
    )


def _worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """By how far a value lies beyond its bound, measured by the bound, for units differ.

    Beyond a bound of zero a value has the wrong sign, which is worse than any wrong size.
    """
    is_below = rows["value"] < rows["low"]
    bound = rows["low"].where(is_below, rows["high"])
    excess = (rows["value"] - bound).abs()
    with np.errstate(divide="ignore"):
        share = excess / bound.abs()
    order = pd.DataFrame({"share": -share, "excess": -excess}).fillna(0)
    return rows.loc[order.sort_values(["share", "excess"], kind="stable").index]


def _not_applied(check: Check) -> CheckResult:
    return CheckResult(
        layer=check.layer,
        name=check.name,
        frame=check.frame,
        column=check.column,
        severity=check.severity,
        passed=True,
        expected=check.expected,
        observed=f"not applied: about {check.holds_for} data",
        n_unexpected=0,
        first_rows=(),
        known_outliers=(),
    )


def _records(rows: pd.DataFrame) -> tuple[dict[str, Any], ...]:
    """Rows as dicts of plain Python values, without what a row does not have."""
    return tuple(
        {str(key): value for key, value in record.items() if not pd.isna(value)}
        for record in rows.astype(object).to_dict("records")
    )


def _bounds_in_words(low: float | None, high: float | None) -> str:
    least, most = ("" if pd.isna(bound) else f"{bound:.6g}" for bound in (low, high))
    if least == most:
        return f"exactly {least}" if least else ""
    if not (least and most):
        return f"at least {least}" if least else f"at most {most}"
    return f"{least} to {most}"
