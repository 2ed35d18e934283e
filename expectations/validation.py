"""Runs the suites of a layer and says what was found.

Frames in, a `CheckReport` out. Which checks there are is said in `suites`. A known outlier, a row
of known_outliers.csv with its reason, is found by its check like any other value and told, but the
check does not fail for it; one that is found no more is told too, so that the list stays true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from expectations.check_frames import Evidence
from expectations.suites import Check, Layer, Severity, checks, frames_needed, suite

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition

LIMITS_FILE = Path(__file__).parent / "limits.csv"
ORDERS_FILE = Path(__file__).parent / "item_orders.csv"
ROWS_SHOWN = 5


class KnownOutlierError(ValueError):
    """A row of known_outliers.csv names no check, gives no reason, or is there twice."""


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    `n_checked` values, of which `n_unexpected` break the expectation and are no known outliers;
    `first_rows` are the first five of these: subject, province, province_code, year, value, low,
    high, each where the row has it. `known_outliers` are rows of the same kind with their reason.
    """

    layer: Layer
    name: str
    frame: str
    column: str
    severity: Severity
    passed: bool
    expected: str
    observed: str
    n_checked: int
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
    frames: Mapping[str, pd.DataFrame],
    *,
    dataset: str,
    synthetic: bool,
    last_coverage: pd.DataFrame | None = None,
) -> CheckReport:
    """Run every check of `layer` on `frames`.

    `frames` are the models and seeds of `frames_needed(layer)` by name; `last_coverage` is
    fct_coverage of the last published vintage, None where there is none. `synthetic` data are held
    to the paper's Tables 2 and 3, real data to `limits.csv`.

    Raises `ValueError` naming the frame and columns that are missing, and `KnownOutlierError`.
    """
    _require(layer, frames)
    known = _known_outliers(frames["known_outliers"], synthetic, layer)
    evidence = Evidence(
        {**frames, "known_outliers": known},
        pd.read_csv(LIMITS_FILE),
        pd.read_csv(ORDERS_FILE),
        synthetic=synthetic,
        last_coverage=last_coverage,
    )
    provinces = frames["provinces"].astype({"province_code": str})
    province_names = provinces.set_index("province_code")["province"]
    batches = _batches()

    results = []
    for check in checks(layer):
        if check.holds_for not in ("both", "synthetic" if synthetic else "real"):
            results.append(_not_applied(layer, check))
            continue
        rows = check.rows(evidence)
        broken = _unexpected(batches, check, rows)
        broken.insert(1, "province", broken["province_code"].map(province_names))
        keys = _keys(broken)
        excuses = known[known["check_name"] == check.name]
        # The last check of a layer asks which known outliers the others found.
        there = excuses[excuses["key"].isin(_keys(rows.dropna(subset="value")))]
        known.loc[there.index, "is_found"] = there["key"].isin(keys).astype(float)
        reasons = keys.map(excuses.set_index("key")["reason"])
        results.append(_result(layer, check, rows, broken.assign(reason=reasons)))
    return CheckReport(layer, dataset, synthetic, tuple(results))


def _require(layer: Layer, frames: Mapping[str, pd.DataFrame]) -> None:
    for name, columns in frames_needed(layer).items():
        if name not in frames:
            raise ValueError(f"the checks of {layer} need the frame {name}; got {sorted(frames)}")
        absent = [column for column in columns if column not in frames[name]]
        if absent:
            raise ValueError(f"the checks of {layer} need the columns {absent} of {name}")


def _known_outliers(rows: pd.DataFrame, synthetic: bool, layer: Layer) -> pd.DataFrame:
    """The known outliers of this kind of data and this layer, with their key and is_found."""
    rows = rows.assign(key=_keys(rows), reason=rows["reason"].fillna("").astype(str).str.strip())
    names = {check.name for each in get_args(Layer) for check in checks(each)}
    for fault, faulty in {
        "gives no reason": rows["reason"] == "",
        "names no check there is": ~rows["check_name"].isin(names),
        "is there twice": rows.duplicated(["synthetic", "check_name", "key"]),
    }.items():
        if faulty.any():
            row = rows[faulty].iloc[0]
            raise KnownOutlierError(
                f"known_outliers.csv: the row {row['check_name']}, {row['key']} {fault}"
            )
    of_layer = {check.name for check in checks(layer)}
    rows = rows[(rows["synthetic"] == synthetic) & rows["check_name"].isin(of_layer)]
    return rows.assign(is_found=np.nan)


def _keys(rows: pd.DataFrame) -> pd.Series:
    """The keys of each row as one text, however the columns are typed."""
    codes = pd.to_numeric(rows["province_code"]).astype("Int64").astype("string").fillna("")
    years = pd.to_numeric(rows["year"]).astype("Int64").astype("string").fillna("")
    return rows["subject"].astype("string").fillna("") + " " + codes + " " + years


def _batches() -> "BatchDefinition":
    """One definition for all check frames: each new one costs more than the check itself."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    frames = context.data_sources.add_pandas("expectations").add_dataframe_asset("check_frames")
    return frames.add_batch_definition_whole_dataframe("all_rows")


def _unexpected(batches: "BatchDefinition", check: Check, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the check frame that break the expectation."""
    if rows["value"].isna().all():
        return rows.iloc[:0].copy()
    batch = batches.get_batch({"dataframe": rows})
    outcome = batch.validate(suite(check, rows), result_format={"result_format": "COMPLETE"})
    broken: set[int] = set()
    for result in outcome.results:
        if "unexpected_index_list" not in result.result:
            raise RuntimeError(f"{check.name} could not be run: {result.exception_info}")
        broken.update(result.result["unexpected_index_list"])
    return rows.loc[sorted(broken)]


def _result(layer: Layer, check: Check, rows: pd.DataFrame, broken: pd.DataFrame) -> CheckResult:
    """`broken` are the rows outside, with a reason where they are known outliers."""
    is_known = broken["reason"].notna()
    unexpected = broken[~is_known].drop(columns="reason")
    values = rows["value"].dropna()
    if values.empty:
        observed = "no data"
    else:
        observed = f"{len(values)} values, {values.min():.6g} to {values.max():.6g}"
        if len(unexpected):
            observed += f"; {len(unexpected)} outside"
        if is_known.any():
            observed += f"; known outliers: {is_known.sum()}"
    same = rows[["low", "high"]].drop_duplicates()
    bounds = _bounds_in_words(*same.iloc[0]) if len(same) == 1 else ""
    return CheckResult(
        layer=layer,
        name=check.name,
        frame=check.frame,
        column=check.column,
        severity=check.severity,
        passed=unexpected.empty,
        expected=f"{check.expected}: {bounds}" if bounds else check.expected,
        observed=observed,
        n_checked=len(values),
        n_unexpected=len(unexpected),
        first_rows=_records(unexpected.head(ROWS_SHOWN)),
        known_outliers=_records(broken[is_known]),
    )


def _not_applied(layer: Layer, check: Check) -> CheckResult:
    return CheckResult(
        layer=layer,
        name=check.name,
        frame=check.frame,
        column=check.column,
        severity=check.severity,
        passed=True,
        expected=check.expected,
        observed=f"not applied: about {check.holds_for} data",
        n_checked=0,
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
