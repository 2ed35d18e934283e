"""Direct, indirect and total effects of a spatial panel with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.report.figures.style import ALERT, INK, LEGEND_GAP, MUTED, OBSERVED, styled
from analysis.spatial.impacts import EFFECTS

if TYPE_CHECKING:
    import altair as alt

ESTIMATORS = {"ml": "direct ML", "lee_yu": "Lee-Yu"}
_EFFECTS_WIDTH = 190


def spatial_effects(effects: pd.DataFrame, *, synthetic: bool) -> alt.FacetChart:
    """Direct, indirect and total effects with 95 % intervals, the estimators side by side.

    effects: term, effect (direct, indirect, total), estimator (ml, lee_yu), estimate, lower, upper.
    Each effect has its own scale of values; terms keep their order. Raises ValueError for no rows
    and for an effect or estimator it does not know.
    """
    import altair as alt

    if effects.empty:
        raise ValueError("no effect to draw")
    for column, expected in (("effect", EFFECTS), ("estimator", tuple(ESTIMATORS))):
        if unknown := sorted(set(effects[column]) - set(expected)):
            raise ValueError(f"{column} {', '.join(unknown)}: expected {', '.join(expected)}")
    rows = effects.assign(estimator=effects["estimator"].map(ESTIMATORS), zero=0.0)
    names = [words for words in ESTIMATORS.values() if words in set(rows["estimator"])]
    terms = list(rows["term"].drop_duplicates())
    y = alt.Y(
        "term:N",
        sort=terms,
        title=None,
        scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2),
        axis=alt.Axis(ticks=False, domain=False, labelColor=INK.light),
    )
    offset = alt.YOffset("estimator:N", sort=names, scale=alt.Scale(paddingInner=0.2))
    colour = alt.Color(
        "estimator:N",
        scale=alt.Scale(domain=names, range=[ALERT.light, OBSERVED.light][: len(names)]),
        legend=alt.Legend(title=None, orient="top", offset=6, columnPadding=LEGEND_GAP),
    )
    base = alt.Chart(rows)
    zero = base.mark_rule(color=MUTED.light, strokeWidth=1).encode(x="zero:Q")
    intervals = base.mark_rule(strokeWidth=1.5).encode(
        x=alt.X("lower:Q", title=None, axis=alt.Axis(tickCount=4)),
        x2="upper:Q",
        y=y,
        yOffset=offset,
        color=colour,
    )
    points = base.mark_point(filled=True, size=52, opacity=1).encode(
        x="estimate:Q",
        y=y,
        yOffset=offset,
        color=colour,
        shape=alt.Shape("estimator:N", sort=names, legend=None),
    )
    header = alt.Header(title=None, labelFontSize=12.5, labelColor=INK.light)
    shown = [name for name in EFFECTS if name in set(rows["effect"])]
    chart = (
        alt.layer(zero, intervals, points)
        .properties(width=_EFFECTS_WIDTH, height=alt.Step(15))
        .facet(column=alt.Column("effect:N", sort=shown, header=header), spacing=16)
        .resolve_scale(x="independent")
    )
    return styled(chart, synthetic)
