"""Which entities and which single rows a coefficient's sign and significance rest on.

Here: leaving out each entity, and the fewest rows found without which a two-way fixed-effects
coefficient has another sign or crosses 5 %. Not here: what a regression is without them
(`deletions`), which coefficients (`analysis.paper`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.regressions.clustering import no_error_left
from analysis.regressions.deletions import Deletions

LEVEL = 0.05
# Share of the rows that are left out at most: what needs more of them rests on no few rows.
MOST_ROWS = 0.02
# Up to so many rows the next one is found among all by exact deletion, quadratic in them.
ONE_BY_ONE = 2000

Rows = tuple[tuple[Any, Any], ...]


@dataclass(frozen=True, eq=False)
class Influence:
    """A coefficient, without each entity, and without the fewest rows found that turn it.

    without: `Deletions.without_each_entity`.
    sign_rows, significance_rows: entity and time of the rows without which it has another sign, or
        is on the other side of 5 %; none where no `MOST_ROWS` of the rows do that. Not looked for,
        None, among more than `ONE_BY_ONE`.
    """

    estimate: float
    p_value: float
    without: pd.DataFrame
    sign_rows: Rows | None
    significance_rows: Rows | None


def influence(
    panel: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    term: str,
    *,
    entity: str = "province",
    time: str = "year",
) -> Influence:
    """What one coefficient of a two-way fixed-effects regression rests on.

    Rows are left out one after the other, each time the one that moves the estimate, or its t,
    farthest to the turn, given those that are gone. Fewer rows in another order may do too: their
    number is an upper bound, as that of Broderick, Giordano and Meager (2020) is.

    Parameters
    ----------
    panel : DataFrame
        One row per entity and time, which need not be balanced.
    outcome : str
    regressors : sequence of str
    term : str
        The regressor whose coefficient is looked at.
    entity, time : str
        Columns of the keys; errors are clustered by entity.

    Returns
    -------
    Influence

    Raises
    ------
    EstimationError
        As `two_way_fe`.

    References
    ----------
    Broderick, Giordano and Meager (2020), An automatic finite-sample robustness metric,
    arXiv 2011.14999.
    """
    names = [term, *(name for name in regressors if name != term)]
    regression = Deletions.of_panel(panel, outcome, names, entity=entity, time=time)
    sample = regression.sample
    estimate, p_value = regression.without([])
    if np.isnan(p_value):
        raise no_error_left(sample)
    keys = sample.rows()[[entity, time]]

    def fewest(toward: Callable[[list[int]], np.ndarray], turned: _Turned) -> Rows | None:
        if len(keys) > ONE_BY_ONE:
            return None
        gone: list[int] = []
        for _ in range(int(MOST_ROWS * len(keys))):
            gone.append(int(np.nanargmin(toward(gone))))
            if turned(*regression.without(gone)):
                return tuple(keys.iloc[sorted(gone)].itertuples(index=False, name=None))
        return ()

    sign, significant = np.sign(estimate), p_value < LEVEL
    away = -1 if significant else 1
    return Influence(
        estimate=estimate,
        p_value=p_value,
        without=regression.without_each_entity(),
        sign_rows=fewest(
            lambda gone: sign * regression.estimates_without_one_more(gone),
            lambda found, _: np.sign(found) == -sign,
        ),
        significance_rows=fewest(
            lambda gone: -away * np.abs(regression.t_without_one_more(gone)),
            lambda _, p: not np.isnan(p) and (p < LEVEL) != significant,
        ),
    )


_Turned = Callable[[float, float], bool]
