"""What the figures must look like before anyone may use them: Great Expectations suites as code.

Frames in, a `CheckReport` out. Ranges, plausibility and the identities an index must satisfy belong
here; keys, types and the formulas themselves are tested by dbt. Nothing here knows of Dagster,
DuckDB or where a frame came from, and great_expectations is imported only when a suite runs.

* `suites`: every check, once: its name, the table it watches, its severity and what it expects
* `check_frames`: the tables the checks look at, derived from the models
* `item_orders.csv`: which item, or sum of items, must not exceed which, by what factor and why
* `limits.csv`: bounds that are judgement rather than arithmetic, one row each with its reason
* `validation`: runs a layer's suites and says what was found
* `data_docs`: the page a person reads
"""

from expectations.data_docs import build_data_docs
from expectations.suites import Check, Layer, checks, frames_needed
from expectations.validation import CheckReport, CheckResult, KnownOutlierError, validate

__all__ = [
    "Check",
    "CheckReport",
    "CheckResult",
    "KnownOutlierError",
    "Layer",
    "build_data_docs",
    "checks",
    "frames_needed",
    "validate",
]
