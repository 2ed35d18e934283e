"""What the figures must look like before anyone may use them.

Frames in, a `CheckReport` out. Ranges, plausibility and the identities an index must satisfy belong
here; keys, types and the formulas themselves are tested by dbt. Nothing here knows of Dagster,
DuckDB or where a frame came from, and great_expectations is imported only when a suite runs.

* `suites/`: what is expected of the columns of each mart, for Great Expectations, as data
* `declared`: every check, those of the suites and those that are models of `dbt/models/checks`
* `checkpoints`: runs the suites
* `validation`: runs a layer's checks and says what was found
* `data_docs`: the page a person reads

Bounds that are judgement are seed `limits`, what must not exceed what is seed `item_orders`.
"""

from expectations.data_docs import build_data_docs
from expectations.declared import Check, Layer, checks, tables_needed
from expectations.validation import CheckReport, CheckResult, KnownOutlierError, in_words, validate

__all__ = [
    "Check",
    "CheckReport",
    "CheckResult",
    "KnownOutlierError",
    "Layer",
    "build_data_docs",
    "checks",
    "in_words",
    "tables_needed",
    "validate",
]
