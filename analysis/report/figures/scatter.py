"""Figure 3 of the paper: the index against industrial synergy agglomeration, with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from analysis.report.figures.leaders import axis_title
from analysis.report.figures.style import ALERT, HEIGHT, INK, MUTED, OBSERVED, WIDTH, styled
from analysis.standing import index_variable
from analysis.variables import TREATMENT

if TYPE_CHECKING:
    import altair as alt


class FittedLine(NamedTuple):
    """Least squares of the index on coagglo over `n` province-years, and their correlation."""

    intercept: float
    slope: float
    correlation: float
    n: int


def scatter(panel: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """Figure 3: the index against coagglo, one point a province-year, with the fitted line and n.

    panel: in the columns of fct_panel. Raises as `fitted_line`.
    """
    import altair as alt

    fit, measure = fitted_line(panel), index_variable(panel)
    points = panel[["province", "year", "coagglo", measure]].dropna()
    ends = pd.DataFrame({"coagglo": [points["coagglo"].min(), points["coagglo"].max()]})
    ends[measure] = fit.intercept + fit.slope * ends["coagglo"]
    x = alt.X(
        "coagglo:Q",
        title=axis_title(panel, TREATMENT),
        scale=alt.Scale(zero=False),
        axis=alt.Axis(grid=False, tickCount=10),
    )
    y = alt.Y(f"{measure}:Q", title=axis_title(panel, measure), scale=alt.Scale(zero=False))
    cloud = alt.Chart(points).mark_circle(size=26, opacity=0.45, color=OBSERVED.light)
    line = alt.Chart(ends).mark_line(strokeWidth=2.5, color=ALERT.light)
    words = f"n = {fit.n};  {measure} = {fit.intercept:.2f} {_signed(fit.slope)} coagglo"
    note = (
        alt.Chart(pd.DataFrame({"words": [words]}))
        .mark_text(align="left", baseline="top", fontSize=13, color=INK.light)
        .encode(x=alt.value(12), y=alt.value(8), text="words:N")
    )
    farthest = points.nlargest(3, "coagglo").drop_duplicates("province")
    farthest["name"] = farthest["province"] + " " + farthest["year"].astype(str)
    names = (
        alt.Chart(farthest)
        .mark_text(align="right", dx=-8, fontSize=11.5, color=MUTED.light)
        .encode(x=x, y=y, text="name:N")
    )
    chart = alt.layer(cloud.encode(x=x, y=y), line.encode(x=x, y=y), names, note).properties(
        width=WIDTH, height=HEIGHT
    )
    return styled(chart, synthetic)


def fitted_line(panel: pd.DataFrame) -> FittedLine:
    """The line of Figure 3. Raises ValueError where coagglo does not vary beside an index."""
    measure = index_variable(panel)
    points = panel[["coagglo", measure]].dropna()
    if points["coagglo"].nunique() < 2:
        raise ValueError("a line needs two values of coagglo beside an index")
    x, y = points["coagglo"].to_numpy(float), points[measure].to_numpy(float)
    slope, intercept = np.polyfit(x, y, 1)
    correlation = np.corrcoef(x, y)[0, 1] if y.std() > 0 else np.nan
    return FittedLine(float(intercept), float(slope), float(correlation), len(points))


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value):.2f}"
