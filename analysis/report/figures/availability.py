"""Which variables have figures in which years, as published or interpolated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.figures.style import FILLED, GRID, INK, OBSERVED, WIDTH, styled
from analysis.standing import index_variable
from analysis.variables import PANEL_VARIABLES, PARTIAL_INDEX

if TYPE_CHECKING:
    import altair as alt


def availability(panel: pd.DataFrame, *, synthetic: bool) -> alt.FacetChart:
    """Each variable in each year: the share of provinces as published, interpolated, missing.

    panel: province, year, the variables and `interpolated_variables` (comma-joined names).
    """
    import altair as alt

    shares = shares_available(panel)
    years = sorted(shares["year"].unique().tolist())
    states = alt.Scale(domain=["as published", "interpolated"], range=[OBSERVED[0], FILLED[0]])
    bars = (
        alt.Chart(shares)
        .mark_bar()
        .encode(
            x=alt.X(
                "year:O",
                title=None,
                scale=alt.Scale(domain=years, paddingInner=0.12, paddingOuter=0.06),
                axis=alt.Axis(labelAngle=0, ticks=False, domain=False, labelFontSize=11),
            ),
            y=alt.Y("share:Q", title=None, axis=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "state:N", scale=states, legend=alt.Legend(title=None, orient="top", offset=6)
            ),
            order=alt.Order("state:N"),
        )
        .properties(width=WIDTH - 60, height=15)
    )
    header = alt.Header(
        title=None, labelAngle=0, labelAlign="left", labelFontSize=12, labelColor=INK.light
    )
    names = _drawn(panel)
    chart = bars.facet(row=alt.Row("variable:N", sort=names, header=header), spacing=4)
    return styled(chart, synthetic, view_fill=GRID.light)


def shares_available(panel: pd.DataFrame) -> pd.DataFrame:
    """Rows variable, year, state (`as published`, `interpolated`), share of provinces, 0-1."""
    filled = panel["interpolated_variables"].fillna("").astype(str).str.split(",")
    pieces = []
    for name in _drawn(panel):
        is_filled = filled.map(lambda names, name=name: name in names)
        is_known = panel[name].notna()
        for state, chosen in (
            ("as published", is_known & ~is_filled),
            ("interpolated", is_known & is_filled),
        ):
            share = chosen.groupby(panel["year"]).mean().rename("share").reset_index()
            pieces.append(share.assign(variable=name, state=state))
    return pd.concat(pieces, ignore_index=True)[["variable", "year", "state", "share"]]


def _drawn(panel: pd.DataFrame) -> list[str]:
    """An index that is whole has no partial one beside it."""
    absent = {PARTIAL_INDEX} - {index_variable(panel)}
    return [name for name in PANEL_VARIABLES if name in panel and name not in absent]
