"""The figures of the report: frames in, Altair charts out, and `to_svg` for showing them.

Here: what a figure shows and how it looks, in colours that colour-blind readers can tell apart.
Not here: captions and the page around them (`analysis.report`). A figure of synthetic data says so
inside the picture, because pictures travel without their captions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import altair as alt

    from analysis.regressions.specification_curve import SpecificationCurve

SYNTHETIC_MARK = "SYNTHETIC DATA"
TOP = 10
# Figure 2 of the paper starts here.
FIRST_YEAR_SHOWN = 2012
AXIS_TITLES = {
    "ami": "Advanced Manufacturing Index (ami), 0-100, from {n_indicators} indicators",
    "coagglo": "Industrial synergy agglomeration (coagglo)",
}
PANEL_VARIABLES = (
    *("ami", "amt", "amm", "amw", "gam", "ame", "coagglo", "pdgp", "fdi", "hcl", "gov", "inv"),
    *("str", "inf", "uic", "mi", "icc", "eg", "center", "coagglo_urban"),
)


class Colour(NamedTuple):
    """A colour on a light page, which is the one drawn, and what stands for it on a dark page."""

    light: str
    dark: str


PAPER = Colour("#ffffff", "#161b21")
INK = Colour("#1f2933", "#e6eaee")
MUTED = Colour("#5a6776", "#a7b1bc")
GRID = Colour("#e4e8ec", "#2d3640")
ALERT = Colour("#b4430a", "#ffab70")
OBSERVED = Colour("#2f6690", "#6ca9d6")
FILLED = Colour("#f0a830", "#f2b950")
# After Paul Tol's "muted" scheme; the light ones are darkened to stand out as lines on white.
SERIES = (
    Colour("#332288", "#a79ff5"),
    Colour("#cc6677", "#ee97a5"),
    Colour("#117733", "#5cc17c"),
    Colour("#2a8fbd", "#88ccee"),
    Colour("#b8862b", "#e2cc77"),
    Colour("#882255", "#de7caf"),
    Colour("#3a9e8d", "#66d3c1"),
    Colour("#8a8a26", "#c9c960"),
    Colour("#aa4499", "#dc8cd0"),
    Colour("#6b7280", "#c0c7d0"),
)
# From low to high. On the first three letters are INK, on the others PAPER, on either page.
RAMP = (
    Colour("#e3edf5", "#22303c"),
    Colour("#b5cfe3", "#2c4a63"),
    Colour("#80acd0", "#35648b"),
    Colour("#38719f", "#7db3dd"),
    Colour("#1c4e79", "#cfe4f6"),
)
# What differs from its neighbours, upwards and downwards; letters on them are INK.
ABOVE = Colour("#f6c9a8", "#6b3410")
BELOW = Colour("#cfe0ec", "#24506f")
PALETTE = (PAPER, INK, MUTED, GRID, ALERT, OBSERVED, FILLED, *SERIES, *RAMP, ABOVE, BELOW)

# More specifications than this are drawn as every so-many-th: a pixel or two is left for each.
MOST_SPECIFICATIONS = 380

_WIDTH, _HEIGHT = 760, 400
_LABEL_HEIGHT = 17
# Of the specification curve: what is left of its plots for labels, and the plots.
_LABELS_WIDTH = 176
_CURVE_WIDTH = _WIDTH - _LABELS_WIDTH
_POSITIVE, _OTHERWISE, _NEGATIVE = "positive, p < 0.05", "p of 0.05 or more", "negative, p < 0.05"
_CURVE_STATES = {_POSITIVE: OBSERVED, _OTHERWISE: FILLED, _NEGATIVE: ALERT}


class FittedLine(NamedTuple):
    """Least squares of ami on coagglo over `n` province-years, and their correlation."""

    intercept: float
    slope: float
    correlation: float
    n: int


def top_provinces(index: pd.DataFrame, *, synthetic: bool, measure: str = "ami") -> alt.LayerChart:
    """Figure 2: `measure` over time in the ten provinces that lead in its last year.

    index: columns province, year and the measure, and n_indicators for ami. See `leaders` for the
    years shown.
    """
    import altair as alt

    shown = leaders(index, measure)
    last_year, first_year = int(shown["year"].max()), int(shown["year"].min())
    names = list(shown.loc[shown["year"] == last_year, "province"])
    colours = alt.Scale(domain=names, range=[colour.light for colour in SERIES[: len(names)]])
    colour = alt.Color("province:N", scale=colours, legend=None)
    # A year's breadth is kept free on the right for the labels.
    breadth = max(last_year - first_year, 1)
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[first_year, last_year + 0.24 * breadth], nice=False),
        axis=alt.Axis(
            values=sorted(shown["year"].unique().tolist()), format="d", grid=False, labelFlush=False
        ),
    )

    ends = shown[shown["year"] == last_year].copy()
    low, high = shown[measure].min(), shown[measure].max()
    # Of a flat picture any height will do.
    margin = 0.05 * (high - low) or 1.0
    distance = (high - low + 2 * margin) * _LABEL_HEIGHT / _HEIGHT
    ends["label_at"] = apart(ends[measure].to_numpy(), distance)
    domain = [
        min(low - margin, ends["label_at"].min() - distance / 2),
        max(high + margin, ends["label_at"].max() + distance / 2),
    ]
    y = alt.Y(
        f"{measure}:Q",
        title=_axis_title(index, measure),
        scale=alt.Scale(domain=domain, nice=False),
    )
    ends["label"] = [
        f"{province}  {value:.1f}"
        for province, value in zip(ends["province"], ends[measure], strict=True)
    ]
    ends["label_from"] = last_year + 0.012 * breadth
    ends["label_to"] = last_year + 0.034 * breadth

    lines = (
        alt.Chart(shown)
        .mark_line(strokeWidth=2, strokeJoin="round", point=alt.OverlayMarkDef(size=16))
        .encode(x=x, y=y, color=colour)
    )
    leader = (
        alt.Chart(ends)
        .mark_rule(strokeWidth=1)
        .encode(x="label_from:Q", x2="label_to:Q", y=f"{measure}:Q", y2="label_at:Q", color=colour)
    )
    labels = (
        alt.Chart(ends)
        .mark_text(align="left", dx=4, fontSize=12.5, color=INK.light)
        .encode(x="label_to:Q", y="label_at:Q", text="label:N")
    )
    chart = alt.layer(lines, leader, labels).properties(width=_WIDTH, height=_HEIGHT)
    return styled(chart, synthetic)


def leaders(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The rows that `top_provinces` draws: province, year, measure; last year's order first.

    Years run from 2012, as in the paper; where fewer than two years since then have figures, from
    the first year that has any. Raises ValueError where no province has a figure.
    """
    known = frame.loc[frame[measure].notna(), "year"]
    if known.empty:
        raise ValueError(f"no province has a figure of {measure}")
    last_year = known.max()
    recent = known[known >= FIRST_YEAR_SHOWN]
    first_year = FIRST_YEAR_SHOWN if recent.nunique() >= 2 else known.min()
    first_year = max(first_year, known.min())
    last = frame[frame["year"] == last_year].dropna(subset=[measure])
    names = list(last.nlargest(TOP, measure, keep="first")["province"])
    shown = frame.loc[
        frame["province"].isin(names) & frame["year"].between(first_year, last_year),
        ["province", "year", measure],
    ]
    rank = shown["province"].map({name: place for place, name in enumerate(names)})
    return shown.assign(rank=rank).sort_values(["rank", "year"]).drop(columns="rank")


def scatter(panel: pd.DataFrame, *, synthetic: bool) -> alt.LayerChart:
    """Figure 3: ami against coagglo, one point a province-year, with the fitted line and n.

    panel: columns province, year, coagglo, ami, n_indicators. Raises as `fitted_line`.
    """
    import altair as alt

    fit = fitted_line(panel)
    points = panel[["province", "year", "coagglo", "ami"]].dropna()
    ends = pd.DataFrame({"coagglo": [points["coagglo"].min(), points["coagglo"].max()]})
    ends["ami"] = fit.intercept + fit.slope * ends["coagglo"]
    x = alt.X(
        "coagglo:Q",
        title=AXIS_TITLES["coagglo"],
        scale=alt.Scale(zero=False),
        axis=alt.Axis(grid=False, tickCount=10),
    )
    y = alt.Y("ami:Q", title=_axis_title(panel, "ami"), scale=alt.Scale(zero=False))
    cloud = alt.Chart(points).mark_circle(size=26, opacity=0.45, color=OBSERVED.light)
    line = alt.Chart(ends).mark_line(strokeWidth=2.5, color=ALERT.light)
    words = f"n = {fit.n};  ami = {fit.intercept:.2f} {_signed(fit.slope)} coagglo"
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
        width=_WIDTH, height=_HEIGHT
    )
    return styled(chart, synthetic)


def fitted_line(panel: pd.DataFrame) -> FittedLine:
    """The line of Figure 3. Raises ValueError where coagglo does not vary beside an ami."""
    points = panel[["coagglo", "ami"]].dropna()
    if points["coagglo"].nunique() < 2:
        raise ValueError("a line needs two values of coagglo beside an ami")
    x, y = points["coagglo"].to_numpy(float), points["ami"].to_numpy(float)
    slope, intercept = np.polyfit(x, y, 1)
    correlation = np.corrcoef(x, y)[0, 1] if y.std() > 0 else np.nan
    return FittedLine(float(intercept), float(slope), float(correlation), len(points))


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
        .properties(width=_WIDTH - 60, height=15)
    )
    header = alt.Header(
        title=None, labelAngle=0, labelAlign="left", labelFontSize=12, labelColor=INK.light
    )
    names = [name for name in PANEL_VARIABLES if name in panel]
    chart = bars.facet(row=alt.Row("variable:N", sort=names, header=header), spacing=4)
    return styled(chart, synthetic, view_fill=GRID.light)


def shares_available(panel: pd.DataFrame) -> pd.DataFrame:
    """Rows variable, year, state (`as published`, `interpolated`), share of provinces, 0-1."""
    filled = panel["interpolated_variables"].fillna("").astype(str).str.split(",")
    pieces = []
    for name in (name for name in PANEL_VARIABLES if name in panel):
        is_filled = filled.map(lambda names, name=name: name in names)
        is_known = panel[name].notna()
        for state, chosen in (
            ("as published", is_known & ~is_filled),
            ("interpolated", is_known & is_filled),
        ):
            share = chosen.groupby(panel["year"]).mean().rename("share").reset_index()
            pieces.append(share.assign(variable=name, state=state))
    return pd.concat(pieces, ignore_index=True)[["variable", "year", "state", "share"]]


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
    layers = [intervals, zero, points]
    main = shown[shown["main"]]
    if len(main):
        right = main["rank"].item() > n / 2
        main = main.assign(words=f"main specification: {main['value'].item():.2f}")
        place = alt.Chart(main)
        layers += [
            place.mark_rule(strokeWidth=1, color=INK.light).encode(
                x=across, y="value:Q", y2=alt.value(-14)
            ),
            place.mark_point(
                shape="diamond", size=95, filled=True, color=INK.light, opacity=1
            ).encode(x=across, y="value:Q"),
            place.mark_text(
                align="right" if right else "left",
                dx=-6 if right else 6,
                fontSize=12.5,
                fontWeight=600,
                color=INK.light,
            ).encode(x=across, y=alt.value(-9), text="words:N"),
        ]
    top = alt.layer(*layers).properties(width=_CURVE_WIDTH, height=230)

    parts = [top]
    runs = choices_shown(curve, shown)
    for choice, rows in runs.groupby("choice", sort=False):
        options = list(rows["option"].drop_duplicates())
        parts.append(
            alt.Chart(rows)
            .mark_bar(color=INK.light, height=8)
            .encode(
                x=alt.X("start:Q", scale=x, axis=None),
                x2="end:Q",
                y=alt.Y(
                    "option:N",
                    sort=options,
                    scale=alt.Scale(domain=options, padding=0),
                    axis=alt.Axis(
                        title=str(choice),
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
                    ),
                ),
            )
            .properties(width=_CURVE_WIDTH, height=14 * len(options))
        )
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


def to_svg(chart: alt.TopLevelMixin) -> str:
    """The chart as an SVG element that needs nothing else, scaling with its container."""
    import vl_convert

    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg


def styled(chart: Any, synthetic: bool, *, view_fill: str | None = None) -> Any:
    """The chart in the style of the report, marked where its data are synthetic."""
    import altair as alt

    if synthetic:
        chart = chart.properties(
            title=alt.TitleParams(
                SYNTHETIC_MARK, anchor="start", fontSize=11, fontWeight=700, color=ALERT.light
            )
        )
    text = {"labelColor": MUTED.light, "titleColor": MUTED.light}
    return (
        chart.properties(background=PAPER.light)
        .configure(
            # The page says in words what a figure shows; a label on each mark would drown it.
            aria=False,
            font="system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', sans-serif",
            padding={"left": 4, "right": 8, "top": 6, "bottom": 6},
        )
        .configure_view(stroke=None, **({"fill": view_fill} if view_fill else {}))
        .configure_axis(
            **text,
            labelFontSize=12,
            titleFontSize=12.5,
            titleFontWeight="normal",
            titlePadding=10,
            gridColor=GRID.light,
            domainColor=MUTED.light,
            tickColor=MUTED.light,
            labelPadding=5,
        )
        .configure_legend(labelColor=INK.light, labelFontSize=12.5, symbolType="square")
    )


def _axis_title(frame: pd.DataFrame, measure: str) -> str:
    """An index says in the picture itself how many of the 21 indicators it has."""
    if measure != "ami":
        return AXIS_TITLES[measure]
    n_indicators = int(frame.loc[frame["ami"].notna(), "n_indicators"].max())
    return AXIS_TITLES["ami"].format(n_indicators=n_indicators)


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {abs(value):.2f}"


def apart(values: np.ndarray, distance: float) -> np.ndarray:
    """Positions near `values`, in their order, at least `distance` from each other.

    Neighbours that would overlap form a block centred on the mean of its values.
    """
    order = np.argsort(values, kind="stable")
    blocks: list[list[float]] = []
    for value in values[order]:
        blocks.append([float(value)])
        while len(blocks) > 1 and _bottom(blocks[-1], distance) < _top(blocks[-2], distance):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    placed = [
        _bottom(block, distance) + distance * (place + 0.5)
        for block in blocks
        for place in range(len(block))
    ]
    positions = np.empty(len(values))
    positions[order] = placed
    return positions


def _bottom(block: list[float], distance: float) -> float:
    return float(np.mean(block)) - distance * len(block) / 2


def _top(block: list[float], distance: float) -> float:
    return float(np.mean(block)) + distance * len(block) / 2
