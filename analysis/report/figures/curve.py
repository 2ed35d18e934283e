"""The specification curve: one coefficient under every reading of what goes into its regression."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.report.figures.style import (
    ALERT,
    FILLED,
    INK,
    LEGEND_GAP,
    MUTED,
    OBSERVED,
    WIDTH,
    styled,
)

if TYPE_CHECKING:
    import altair as alt

# What is left of the plots for labels, and the plots.
_LABELS_WIDTH = 176
_CURVE_WIDTH = WIDTH - _LABELS_WIDTH
_POSITIVE, _OTHERWISE, _NEGATIVE = "positive, p < 0.05", "p of 0.05 or more", "negative, p < 0.05"
_CURVE_STATES = {_POSITIVE: OBSERVED, _OTHERWISE: FILLED, _NEGATIVE: ALERT}
# Choices with a bar an option; of controls and what is left out of the index there is one each.
_CHOICES = ("treatment", "sample", "controls", "imputation", "outliers", "normalisation",
            "weighting", "aggregation")  # fmt: skip


def specification_curve(rows: pd.DataFrame, *, synthetic: bool) -> alt.VConcatChart:
    """Standardised coefficients by size, with 95 % intervals; below, what each is made of.

    rows: in the columns of the table `specification_curve`, fits at even distances in the order;
    the axis says of how many. The main one has a mark and its figure. Raises ValueError where there
    is none.
    """
    import altair as alt

    shown = fits_shown(rows)
    n = int(shown["n_fits"].iloc[0])
    x = alt.Scale(domain=[0.5, n + 0.5], nice=False)
    parts = [_estimates(shown, x)]
    runs = choices_shown(shown)
    parts += [_choice(bars, str(name), x) for name, bars in runs.groupby("choice", sort=False)]
    words = f"{n:,} fits in order of size"
    words += f", {len(shown)} of them drawn" if len(shown) < n else ""
    caption = (
        alt.Chart(pd.DataFrame({"words": [words]}))
        .mark_text(align="center", fontSize=12.5, color=MUTED.light)
        .encode(text="words:N", x=alt.value(_CURVE_WIDTH / 2), y=alt.value(8))
        .properties(width=_CURVE_WIDTH, height=16)
    )
    return styled(alt.vconcat(*parts, caption, spacing=8), synthetic)


def _estimates(shown: pd.DataFrame, x: alt.Scale) -> Any:
    """The estimates with their intervals, the main one marked."""
    import altair as alt

    occurring = [state for state in _CURVE_STATES if (shown["state"] == state).any()]
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(
            domain=occurring, range=[_CURVE_STATES[state].light for state in occurring]
        ),
        legend=alt.Legend(
            title=None, orient="top", offset=14, symbolOpacity=1, columnPadding=LEGEND_GAP
        ),
    )
    y = alt.Axis(
        title="SDs of the index per SD of the measure",
        titleX=-46,
        minExtent=_LABELS_WIDTH,
        maxExtent=_LABELS_WIDTH,
        tickCount=6,
    )
    # A sample of three provinces has intervals beside which nothing else would be seen.
    reach = 1.5 * max(shown["standardised"].abs().max(), 1e-9)
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    cut = {end: shown[end].clip(-reach, reach) for end in ("from", "to")}
    base = alt.Chart(shown.assign(**cut))
    across = alt.X("place:Q", scale=x, axis=None)
    intervals = base.mark_rule(strokeWidth=1, opacity=0.45).encode(
        x=across, y=alt.Y("from:Q", axis=y, scale=scale), y2="to:Q", color=colour
    )
    points = base.mark_circle(size=9, opacity=1).encode(x=across, y="standardised:Q", color=colour)
    zero = (
        alt.Chart(pd.DataFrame({"standardised": [0.0]}))
        .mark_rule(strokeWidth=1, color=MUTED.light)
        .encode(y="standardised:Q")
    )
    half = shown["n_fits"].iloc[0] / 2
    main = _main(shown[shown["main"]], across, on_the_left=half)
    return alt.layer(intervals, zero, points, *main).properties(width=_CURVE_WIDTH, height=230)


def _main(main: pd.DataFrame, across: alt.X, on_the_left: float) -> list[Any]:
    """Mark and figure of the main fit, where it has an estimate."""
    import altair as alt

    if main.empty:
        return []
    right = main["place"].item() > on_the_left
    place = alt.Chart(main.assign(words=f"main fit: {main['standardised'].item():.2f}"))
    return [
        place.mark_rule(strokeWidth=1, color=INK.light).encode(
            x=across, y="standardised:Q", y2=alt.value(-14)
        ),
        place.mark_point(shape="diamond", size=95, filled=True, color=INK.light, opacity=1).encode(
            x=across, y="standardised:Q"
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


def fits_shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The fits with the ends of their intervals, from and to, in standard deviations; their state.

    Raises ValueError without a fit.
    """
    if rows.empty:
        raise ValueError("no specification of the curve has an estimate")
    value = rows["standardised"]
    # Both ends of an interval are in the units of the estimate.
    scale = np.divide(value, rows["estimate"], out=np.ones(len(rows)), where=rows["estimate"] != 0)
    significant = rows["p_value"] < 0.05
    ends = {"from": rows["lower"] * scale, "to": rows["upper"] * scale}
    state = np.select(
        [significant & (value > 0), significant & (value < 0)], [_POSITIVE, _NEGATIVE], _OTHERWISE
    )
    return rows.assign(**ends, state=state).reset_index(drop=True)


def choices_shown(shown: pd.DataFrame) -> pd.DataFrame:
    """The bars under the curve: choice, option, start and end (places), neighbours joined.

    shown: what `fits_shown` gives. A choice of one option has no bar.
    """
    options: list[tuple[str, str, np.ndarray]] = []
    for choice in _CHOICES:
        if choice == "controls":
            sets = [str(names).split(",") for names in shown["controls"]]
            # All of them stand in the longest set, in their order.
            longest = max(sets, key=len)
            options += [
                (choice, name, np.array([name in names for names in sets]))
                for name in longest
                if name
            ]
            continue
        # The options of the main fit first.
        ordered = shown.sort_values("main", ascending=False, kind="stable")[choice]
        if ordered.nunique() > 1:
            first, *others = ordered.drop_duplicates()
            options += [
                (choice, name, (shown[choice] == name).to_numpy())
                for name in (first, *sorted(others))
            ]
    if shown["left_out"].nunique() > 1:
        options.append(("left out", "nothing", (shown["left_out"] == "nothing").to_numpy()))
    # Each fit drawn stands for the places half way to its neighbours.
    place = shown["place"].to_numpy(float)
    halves = (place[1:] + place[:-1]) / 2
    start = np.append(0.5, halves)
    end = np.append(halves, shown["n_fits"].iloc[0] + 0.5)
    rows = []
    for choice, name, chosen in options:
        edges = np.diff(np.concatenate([[0], chosen.astype(int), [0]]))
        firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        for begin, last in zip(firsts, lasts, strict=True):
            rows.append((choice, name, start[begin], end[last - 1]))
    return pd.DataFrame(rows, columns=["choice", "option", "start", "end"])
