"""The variables of the panel by their part in the paper's regressions.

The seed `variables` is the one list; SQL reads it as a table, Python here. The only file that
`analysis` reads.
"""

from __future__ import annotations

import csv
from pathlib import Path

_SEED = Path(__file__).resolve().parents[1] / "dbt" / "seeds" / "reference" / "variables.csv"


def _in_role(role: str) -> tuple[str, ...]:
    return tuple(name for name, of in _ROLES.items() if of == role)


with _SEED.open(encoding="utf-8", newline="") as _file:
    _ROLES = {row["variable"]: row["role"] for row in csv.DictReader(_file)}

# In the order of Table 3, measures for robustness last.
PANEL_VARIABLES = tuple(_ROLES)
(OUTCOME,) = _in_role("index")
# The index under another name, where too little is at hand for it to be called by its own.
(PARTIAL_INDEX,) = _in_role("partial_index")
(TREATMENT,) = _in_role("treatment")
(MEDIATOR,) = _in_role("mediator")
DIMENSIONS = _in_role("dimension")
CONTROLS = _in_role("control")
MODERATORS = _in_role("moderator")
INDICES = (OUTCOME, PARTIAL_INDEX)
INDEX_VARIABLES = (*INDICES, *DIMENSIONS)
