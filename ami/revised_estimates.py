"""By how much each coefficient moved between two vintages, and which cause moved it.

The coefficients are estimated again on the panels that `counterfactuals` has left in memory; both
ends are as published. Not here: those panels, how a coefficient is estimated
(`analysis.paper.main_coefficients`).
"""

from collections.abc import Sequence

import duckdb
import pandas as pd

from ami.counterfactuals import STEPS
from ami.vintage_store import Vintage
from analysis.paper.long_form import KEY
from analysis.paper.main_coefficients import is_main, main_coefficients
from analysis.variables import PANEL_VARIABLES

# Two ways to the same estimate may differ by so much, relative to it or to 1.
_SAME = 1e-9
_KEPT = f"""
select {", ".join(f'"{name}"' for name in KEY)}, estimate
from warehouse.vintages.estimates
where vintage = ?
"""
_PANEL = """
pivot (
    select province_code, province, region, has_national_cluster, year, variable, value
    from results
    inner join warehouse.reference.provinces using (province_code)
    where step = {}
)
on variable
using max(value)
group by province_code, province, region, has_national_cluster, year
order by province_code, year
"""


def revised_estimates(
    connection: duckdb.DuckDBPyConnection, old: Vintage, new: Vintage
) -> pd.DataFrame:
    """The coefficients of interest that moved, came or went between two vintages.

    `connection` as `compute_states` leaves it. Columns: those of `KEY`, old_estimate, new_estimate,
    change, a part of it for each of `STEPS`; came_with or went_with as in `Revision.values`.
    A vintage from before estimates were kept has those of today's estimators, which between others
    are a changed option where they give other figures.
    """
    states = _estimated(connection)
    before = _kept(connection, old, otherwise=states[0])
    return split_moves(before, _kept(connection, new, otherwise=states[-1]), states[:-1])


def split_moves(old: pd.Series, new: pd.Series, states: Sequence[pd.Series]) -> pd.DataFrame:
    """The moves of coefficients from `old` to `new`, as `revised_estimates` returns them.

    states: estimates before any cause and after each but the last. A coefficient that is missing
    after a step moves by nothing in it. What the estimators of today find otherwise than `old` says
    on the same panel is moved by the last step.
    """
    keys = old.index.union(new.index, sort=False)
    before, after = old.reindex(keys), new.reindex(keys)
    found = [state.reindex(keys) for state in states]
    apart = (before - found[0]).fillna(0.0)
    room = _SAME * pd.concat([before.abs(), after.abs()], axis=1).max(axis=1).clip(lower=1.0)

    last, parts = before, {}
    for step, state in zip(STEPS, found[1:], strict=False):
        now = (state + apart).fillna(last)
        # So that a cause that was not there has no part, and the parts still add up.
        for anchor in (after, last):
            now = anchor.where((now - anchor).abs() <= room, now)
        parts[step] = now - last
        last = now
    parts[STEPS[-1]] = after - last
    there = [of.notna() for of in (before, *found[1:], after)]
    turned = pd.Series(None, keys, dtype=object)
    for step, was, is_there in zip(STEPS, there, there[1:], strict=False):
        turned = turned.mask(was != is_there, step)
    moves = pd.DataFrame(
        {"old_estimate": before, "new_estimate": after, "change": after - before}
        | {step: part.where(before.notna() & after.notna()) for step, part in parts.items()},
        index=keys,
    ).assign(
        came_with=turned.where(before.isna(), None), went_with=turned.where(after.isna(), None)
    )
    is_moved = (moves[list(STEPS)].abs() > 0).any(axis=1)
    shown = moves[is_moved | moves[["came_with", "went_with"]].notna().any(axis=1)]
    return shown.rename_axis(KEY).reset_index()


def _estimated(connection: duckdb.DuckDBPyConnection) -> list[pd.Series]:
    """The coefficients after each step; a panel that is that of the step before only once."""
    capitals, borders = (
        connection.execute(f"from warehouse.reference.{seed}").df()
        for seed in ("province_capitals", "province_borders")
    )
    panels = [
        # A vintage from before a variable is without any value of it.
        panel.reindex(columns=panel.columns.union(list(PANEL_VARIABLES)))
        for panel in (
            connection.execute(_PANEL.format(step)).df() for step in range(len(STEPS) + 1)
        )
    ]
    estimates: list[pd.Series] = []
    for step, panel in enumerate(panels):
        again = next((n for n in range(step) if panels[n].equals(panel)), None)
        estimates.append(
            main_coefficients(panel, capitals, borders) if again is None else estimates[again]
        )
    return estimates


def _kept(
    connection: duckdb.DuckDBPyConnection, vintage: Vintage, otherwise: pd.Series
) -> pd.Series:
    try:
        rows = connection.execute(_KEPT, [vintage.vintage]).df()
    except duckdb.CatalogException:  # No vintage of this warehouse has any.
        return otherwise
    main = rows[is_main(rows)]
    return main.set_index(KEY)["estimate"].dropna() if len(main) else otherwise
