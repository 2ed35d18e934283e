"""The specification curve: one coefficient under every reading of what goes into its regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.figures.style import ALERT, FILLED, INK, MUTED, OBSERVED, WIDTH, styled

if TYPE_CHECKING:
    import altair as alt

    from analysis.regressions.specification_curve import SpecificationCurve

# More specifications than this are drawn as every so-many-th: a pixel or two is left for each.
MOST_SPECIFICATIONS = 380
# Of the specification curve: what is left of its plots for labels, and the plots.
_LABELS_WIDTH = 176
_CURVE_WIDTH = WIDTH - _LABELS_WIDTH
_POSITIVE, _OTHERWISE, _NEGATIVE = "positive, p < 0.05", "p of 0.05 or more", "negative, p < 0.05"
_CURVE_STATES = {_POSITIVE: OBSERVED, _OTHERWISE: FILLED, _NEGATIVE: ALERT}


def specification_curve(curve: SpecificationCurve, *, synthetic: bool) -> alt.VConcatChart:
    """Estimates of every specification by size, with 95 % intervals; below, what each is made of.

    The main specification has a mark and its figure. Of more than `MOST_SPECIFICATIONS`, those
    at even distances in the order are drawn, first, last and main always; the axis says so.
    Raises ValueError where no specification has an estimate.
    """
    import altair as alt

    shown = specifications_shown(curve)
    n = len(curve.identified)
    x = alt.Scale(domain=[0.5, n + 0.5], nice=False)
    parts = [_estimates(curve, shown, x)]
    runs = choices_shown(curve, shown)
    parts += [_choice(rows, str(name), x) for name, rows in runs.groupby("choice", sort=False)]
    left_out = len(curve.specifications) - n
    words = f"{n:,} specifications in order of size"
    words += f", {len(shown)} of them drawn" if len(shown) < n else ""
    words += f"; {left_out:,} are not identified" if left_out else ""
    caption = (
        alt.Chart(pd.DataFrame({"words": [words]}))
        .mark_text(align="center", fontSize=12.5, color=MUTED.light)
        .encode(text="words:N", x=alt.value(_CURVE_WIDTH / 2), y=alt.value(8))
        .properties(width=_CURVE_WIDTH, height=16)
    )
    return styled(alt.vconcat(*parts, caption, spacing=8), synthetic)


def _estimates(curve: SpecificationCurve, shown: pd.DataFrame, x: alt.Scale) -> Any:
    """The estimates with their intervals, the main one marked."""
    import altair as alt

    occurring = [state for state in _CURVE_STATES if (shown["state"] == state).any()]
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(
            domain=occurring, range=[_CURVE_STATES[state].light for state in occurring]
        ),
        legend=alt.Legend(title=None, orient="top", offset=14, symbolOpacity=1),
    )
    first = shown.iloc[0]
    title = (
        f"Coefficient of {first['treatment']} on {first['outcome']}"
        if curve.measure == "estimate"
        else "SDs of outcome per SD of treatment"
    )
    y = alt.Axis(
        title=title, titleX=-46, minExtent=_LABELS_WIDTH, maxExtent=_LABELS_WIDTH, tickCount=6
    )
    base = alt.Chart(shown)
    across = alt.X("rank:Q", scale=x, axis=None)
    intervals = base.mark_rule(strokeWidth=1, opacity=0.45).encode(
        x=across, y=alt.Y("lower:Q", axis=y), y2="upper:Q", color=colour
    )
    points = base.mark_circle(size=9, opacity=1).encode(x=across, y="value:Q", color=colour)
    zero = (
        alt.Chart(pd.DataFrame({"value": [0.0]}))
        .mark_rule(strokeWidth=1, color=MUTED.light)
        .encode(y="value:Q")
    )
    main = _main(shown[shown["main"]], across, on_the_left=len(curve.identified) / 2)
    return alt.layer(intervals, zero, points, *main).properties(width=_CURVE_WIDTH, height=230)


def _main(main: pd.DataFrame, across: alt.X, on_the_left: float) -> list[Any]:
    """Mark and figure of the main specification, where it has an estimate."""
    import altair as alt

    if main.empty:
        return []
    right = main["rank"].item() > on_the_left
    place = alt.Chart(main.assign(words=f"main specification: {main['value'].item():.2f}"))
    return [
        place.mark_rule(strokeWidth=1, color=INK.light).encode(
            x=across, y="value:Q", y2=alt.value(-14)
        ),
        place.mark_point(shape="diamond", size=95, filled=True, color=INK.light, opacity=1).encode(
            x=across, y="value:Q"
        ),
        place.mark_text(
            align="right" if right else "left",
            dx=-6 if right else 6,
            fontSize=12.5,
            fontWeight=600,
            color=INK.light,
        ).encode(x=across, y=alt.value(-9), text="words:N"),
    ]


def _choice(rows: pd.DataFrame, choice: str, x: alt.Scale) -> Any:
    """The bars of one choice: which specifications take each of its options."""
    import altair as alt

    options = list(rows["option"].drop_duplicates())
    axis = alt.Axis(
        title=choice,
        titleAngle=0,
        titleAlign="left",
        titleBaseline="top",
        titleX=-_LABELS_WIDTH,
        titleY=0,
        titleFontWeight=600,
        minExtent=_LABELS_WIDTH,
        maxExtent=_LABELS_WIDTH,
        grid=True,
        ticks=False,
        domain=False,
        labelFontSize=11.5,
        labelLimit=_LABELS_WIDTH,
    )
    return (
        alt.Chart(rows)
        .mark_bar(color=INK.light, height=8)
        .encode(
            x=alt.X("start:Q", scale=x, axis=None),
            x2="end:Q",
            y=alt.Y(
                "option:N", sort=options, scale=alt.Scale(domain=options, padding=0), axis=axis
            ),
        )
        .properties(width=_CURVE_WIDTH, height=14 * len(options))
    )


def specifications_shown(curve: SpecificationCurve) -> pd.DataFrame:
    """The rows of the curve that are drawn: rank from 1, value, lower, upper, state and choices."""
    rows = curve.identified
    if rows.empty:
        raise ValueError("no specification of the curve has an estimate")
    value = rows[curve.measure]
    # Both ends of an interval are in the units of the estimate.
    scale = np.divide(value, rows["estimate"], out=np.ones(len(rows)), where=rows["estimate"] != 0)
    significant = rows["p_value"] < 0.05
    rows = rows.assign(
        rank=np.arange(1, len(rows) + 1),
        value=value,
        lower=rows["lower"] * scale,
        upper=rows["upper"] * scale,
        state=np.select(
            [significant & (value > 0), significant & (value < 0)],
            [_POSITIVE, _NEGATIVE],
            _OTHERWISE,
        ),
    )
    places = np.linspace(0, len(rows) - 1, min(len(rows), MOST_SPECIFICATIONS)).round().astype(int)
    return rows.iloc[np.union1d(places, np.flatnonzero(rows["main"]))].reset_index(drop=True)


def choices_shown(curve: SpecificationCurve, shown: pd.DataFrame) -> pd.DataFrame:
    """The bars under the curve: choice, option, start and end (ranks), neighbours joined.

    shown: what `specifications_shown` gives. A choice of one option has no bar.
    """
    options: list[tuple[str, str, np.ndarray]] = []
    for choice in ("outcome", "treatment", "sample"):
        names = curve.specifications[choice].drop_duplicates()
        if len(names) > 1:
            options += [(choice, name, (shown[choice] == name).to_numpy()) for name in names]
    for name in curve.controls:
        within = [name in names for names in shown["controls"]]
        options.append(("controls", name, np.array(within)))
    # Each specification drawn stands for the ranks half way to its neighbours.
    rank = shown["rank"].to_numpy(float)
    halves = (rank[1:] + rank[:-1]) / 2
    start = np.append(0.5, halves)
    end = np.append(halves, len(curve.identified) + 0.5)
    rows = []
    for choice, name, chosen in options:
        edges = np.diff(np.concatenate([[0], chosen.astype(int), [0]]))
        firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        for first, last in zip(firsts, lasts, strict=True):
            rows.append((choice, name, start[first], end[last - 1]))
    return pd.DataFrame(rows, columns=["choice", "option", "start", "end"])
