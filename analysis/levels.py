"""Where a moderator is low, typical and high, for every conditional effect.

Percentiles of the rows used, as Hayes (2022, section 7.4) advises: for a normal moderator they are
its mean and a standard deviation either side, and of a skewed one they lie within the data too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LEVELS = {"16th percentile": 0.16, "median": 0.5, "84th percentile": 0.84}


def level_values(moderator: Any) -> np.ndarray:
    """The moderator's values at `LEVELS`, in their order, (3,)."""
    return np.quantile(np.asarray(moderator, dtype=float), list(LEVELS.values()))
