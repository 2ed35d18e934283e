"""The tables the checks look at, derived from the models with plain pandas.

Every function takes the `Evidence` and returns a check frame: one row for each thing checked, with

    subject, province_code, year    what the row is about; missing where the row has no such key
    value                           the figure
    low, high                       its bounds, both included; missing where there is none

Here is what is compared with what. Which check uses it, and how serious a failure is, is said in
`suites`; judgement about bounds is in `limits.csv`, what must not exceed what in `item_orders.csv`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

KEYS = ["subject", "province_code", "year"]
NUMBERS = ["value", "low", "high"]

DIMENSIONS = ("amt", "amm", "amw", "gam", "ame")
INDICES = ("ami", *DIMENSIONS)
PANEL_VARIABLES = (
    *INDICES, "coagglo", "pdgp", "fdi", "hcl", "gov", "inv", "str", "inf", "uic", "mi", "icc",
)  # fmt: skip

# Sums of some twenty products of doubles, on a scale of 100 and on a scale of 1.
INDEX_TOLERANCE = 1e-6
SHARE_TOLERANCE = 1e-9

# How near the synthetic demo was calibrated to the paper's Tables 2 and 3.
RANGE_MARGIN = 0.10
MEAN_TOLERANCE = 0.05
SD_TOLERANCE = 0.15
WEIGHT_TOLERANCE = 0.03


@dataclass(frozen=True)
class Evidence:
    """What the checks of a layer may look at.

    `frames` are the models by name; `limits` is `limits.csv`, `orders` `item_orders.csv`;
    `last_coverage` is fct_coverage of the last published vintage, None where this is the first.
    """

    frames: Mapping[str, pd.DataFrame]
    limits: pd.DataFrame
    orders: pd.DataFrame
    synthetic: bool
    last_coverage: pd.DataFrame | None


def check_frame(
    rows: pd.DataFrame,
    *,
    subject: str | pd.Series,
    value: pd.Series,
    low: float | pd.Series = np.nan,
    high: float | pd.Series = np.nan,
) -> pd.DataFrame:
    """`rows` as a check frame; its columns province_code and year are the keys, if it has them."""
    columns = {
        "subject": subject,
        "province_code": rows.get("province_code"),
        "year": rows.get("year"),
        "value": value,
        "low": low,
        "high": high,
    }
    dtypes = {"province_code": "string", "year": "Int64"} | dict.fromkeys(NUMBERS, "float64")
    frame = pd.DataFrame(columns, index=rows.index).astype(dtypes)
    # A database returns rows in any order; the first ones told are to be the same every time.
    return frame.sort_values(KEYS, ignore_index=True)


def _limits(evidence: Evidence, rule: str, subjects: pd.Series) -> pd.DataFrame:
    """low and high of `rule` for each of `subjects`: its own row, else that of every other (*)."""
    limits = evidence.limits[evidence.limits["rule"] == rule].set_index("subject")[["low", "high"]]
    names = subjects.where(subjects.isin(limits.index), "*")
    return limits.reindex(names).set_index(subjects.index)


def _long(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
    """province_code, year, subject, value: one row for each of `columns`, missing values left out.

    >>> wide = pd.DataFrame({"province_code": ["110000"], "year": [2003], "ami": [33.0]})
    >>> _long(wide, ("ami",)).to_dict("records")
    [{'province_code': '110000', 'year': 2003, 'subject': 'ami', 'value': 33.0}]
    """
    long = frame.melt(["province_code", "year"], list(columns), var_name="subject")
    return long.dropna(subset="value")


def _after_previous_year(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with `previous`, the same subject's and province's value of the year before."""
    previous = rows[[*KEYS, "value"]].assign(year=rows["year"] + 1)
    return rows.merge(previous.rename(columns={"value": "previous"}), how="left", on=KEYS)


# --- clean layer --------------------------------------------------------------------------------


def _items(evidence: Evidence) -> pd.DataFrame:
    items = evidence.frames["int_items__filled"]
    items = items[["item_code", "province_code", "year", "value"]]
    return items.rename(columns={"item_code": "subject"}).dropna(subset="value")


def item_grid(evidence: Evidence) -> pd.DataFrame:
    """Provinces of each item in each year, from the item's first year to the last year of all.

    A province that is there twice counts against the item as much as one that is not there.
    """
    items = evidence.frames["int_items__filled"]
    last_year = items["year"].max()
    expected = pd.MultiIndex.from_tuples(
        [
            (item, year)
            for item, first_year in items.groupby("item_code")["year"].min().items()
            for year in range(int(first_year), int(last_year) + 1)
        ]
        # No items at all is not balanced either.
        or [("any item", pd.NA)],
        names=["item_code", "year"],
    )
    provinces = items.groupby(["item_code", "year"])["province_code"].agg(["size", "nunique"])
    rows = provinces.reindex(expected, fill_value=0).reset_index()
    n_provinces = len(evidence.frames["provinces"])
    return check_frame(
        rows,
        subject=rows["item_code"],
        value=rows["nunique"].where(rows["size"] <= n_provinces, rows["size"]),
        low=n_provinces,
        high=n_provinces,
    )


def item_values(evidence: Evidence) -> pd.DataFrame:
    rows = _items(evidence)
    limits = _limits(evidence, "item_value", rows["subject"])
    return check_frame(
        rows, subject=rows["subject"], value=rows["value"], low=limits["low"], high=limits["high"]
    )


def item_jumps(evidence: Evidence) -> pd.DataFrame:
    """The factor, 1 or more, between two years: a slipped decimal point makes it ten.

    Only of positive amounts: a profit that turns into a loss has no factor.
    """
    rows = _after_previous_year(_items(evidence))
    rows = rows[(rows["value"] > 0) & (rows["previous"] > 0)]
    ratio = rows["value"] / rows["previous"]
    return check_frame(
        rows,
        subject=rows["subject"],
        value=ratio.where(ratio >= 1, 1 / ratio),
        high=_limits(evidence, "item_jump", rows["subject"])["high"],
    )


def item_orders(evidence: Evidence, *, severity: str) -> pd.DataFrame:
    """Items, or sums of items, as shares of what they must not exceed (`item_orders.csv`).

    In base units, for one may be printed in wan yuan and the other in yi yuan; and of figures as
    published only, for a line drawn through a gap is no statement that could be wrong.
    """
    items = evidence.frames["int_items__filled"]
    observed = items[items["fill_method"] == "observed"]
    wide = observed.pivot_table(
        index=["province_code", "year"], columns="item_code", values="base_value"
    )
    orders = evidence.orders[evidence.orders["severity"] == severity]
    rows = []
    for order in orders.to_dict("records"):
        smaller, larger = (
            wide.reindex(columns=str(order[side]).split(" + ")).sum(axis=1, skipna=False)
            for side in ("smaller", "larger")
        )
        subject = f"{order['smaller']} / {order['larger']}"
        share = (smaller / larger).rename("value").dropna().reset_index()
        rows.append(share.assign(subject=subject, high=float(order["factor"])))
    shares = pd.concat(rows, ignore_index=True)
    return check_frame(
        shares, subject=shares["subject"], value=shares["value"], high=shares["high"]
    )


def national_gaps(evidence: Evidence, *, rule: str) -> pd.DataFrame:
    """Provincial sums relative to the national row, where every province is in the sum."""
    rows = evidence.frames["int_items__national_reconciliation"]
    rows = rows[rows["n_provinces"] == len(evidence.frames["provinces"])]
    limits = _limits(evidence, rule, rows["item_code"])
    return check_frame(
        rows,
        subject=rows["item_code"],
        value=rows["relative_difference"],
        low=limits["low"],
        high=limits["high"],
    )


def indicator_values(evidence: Evidence) -> pd.DataFrame:
    rows = evidence.frames["int_indicators__values"].dropna(subset="value")
    limits = _limits(evidence, "indicator_value", rows["indicator"])
    return check_frame(
        rows, subject=rows["indicator"], value=rows["value"], low=limits["low"], high=limits["high"]
    )


def mean_quotients(evidence: Evidence) -> pd.DataFrame:
    """Mean location quotient of each year, weighted by employment (eq. 18-19).

    The shares of the provinces in a sector add up to one, so the mean of the quotients is one.
    """
    quotients = evidence.frames["int_agglomeration__quotients"].melt(
        ["province_code", "year", "employment_base"], ["magglo", "psagglo"], var_name="quotient"
    )
    employment = evidence.frames["int_agglomeration__employment"].melt(
        ["province_code", "year"],
        ["whole_society", "urban_units"],
        var_name="employment_base",
        value_name="employed",
    )
    rows = quotients.dropna(subset="value").merge(
        employment, how="left", on=["province_code", "year", "employment_base"]
    )
    rows["weighted"] = rows["value"] * rows["employed"]
    years = rows.groupby(["quotient", "employment_base", "year"])[["weighted", "employed"]].sum()
    years = years.reset_index()
    return check_frame(
        years,
        subject=years["quotient"] + " " + years["employment_base"],
        value=years["weighted"] / years["employed"],
        low=1 - SHARE_TOLERANCE,
        high=1 + SHARE_TOLERANCE,
    )


# --- marts --------------------------------------------------------------------------------------


def panel_grid(evidence: Evidence) -> pd.DataFrame:
    """Rows of fct_panel for each province in each year: there is to be one."""
    panel = evidence.frames["fct_panel"].astype({"province_code": str})
    provinces = evidence.frames["provinces"]["province_code"].astype(str)
    # An empty panel has no years, and is not balanced for that.
    years = [*panel["year"].unique()] or [pd.NA]
    expected = pd.DataFrame(
        [(province, year) for province in provinces for year in years],
        columns=["province_code", "year"],
    )
    n = panel.groupby(["province_code", "year"]).size().rename("n").reset_index()
    rows = expected.merge(n, how="outer", on=["province_code", "year"]).fillna({"n": 0})
    known = rows["province_code"].isin(provinces)
    return check_frame(rows, subject="rows", value=rows["n"], low=known, high=known)


def panel_completeness(evidence: Evidence) -> pd.DataFrame:
    """How many province-years have each variable."""
    panel = evidence.frames["fct_panel"]
    rows = panel[list(PANEL_VARIABLES)].count().rename("n").reset_index()
    return check_frame(
        rows, subject=rows["index"], value=rows["n"], low=len(panel), high=len(panel)
    )


def _panel_values(evidence: Evidence, variables: tuple[str, ...]) -> pd.DataFrame:
    return _long(evidence.frames["fct_panel"], variables)


def _published(evidence: Evidence, subjects: pd.Series) -> pd.DataFrame:
    """min and max of Table 3 for each of `subjects`."""
    published = evidence.frames["fct_descriptives"].set_index("variable")
    return pd.DataFrame(
        {
            "min": subjects.map(published["published_min"]).astype("float64"),
            "max": subjects.map(published["published_max"]).astype("float64"),
        },
        index=subjects.index,
    )


def panel_range(evidence: Evidence, *, variable: str) -> pd.DataFrame:
    """One variable against Table 3 widened by a tenth of its range (synthetic) or plausibility."""
    rows = _panel_values(evidence, (variable,))
    if evidence.synthetic:
        published = _published(evidence, rows["subject"])
        margin = RANGE_MARGIN * (published["max"] - published["min"])
        low, high = published["min"] - margin, published["max"] + margin
    else:
        limits = _limits(evidence, "panel_value", rows["subject"])
        low, high = limits["low"], limits["high"]
    return check_frame(rows, subject=variable, value=rows["value"], low=low, high=high)


def panel_printed_ranges(evidence: Evidence) -> pd.DataFrame:
    """All variables against the minimum and maximum that Table 3 prints, to two decimals."""
    rows = _panel_values(evidence, PANEL_VARIABLES)
    published = _published(evidence, rows["subject"])
    return check_frame(
        rows,
        subject=rows["subject"],
        value=rows["value"].astype("float64").round(2),
        low=published["min"],
        high=published["max"],
    )


def panel_jumps(evidence: Evidence) -> pd.DataFrame:
    """Change of each variable on the year before, in its unit.

    A logarithm of zero is coded 0: the step from or to it is no change of anything.
    """
    panel = evidence.frames["fct_panel"]
    flagged = panel["log_of_zero_variables"].fillna("").str.split(",")
    observed = panel[["province_code", "year"]].assign(
        **{
            variable: panel[variable].where(~flagged.map(lambda names, v=variable: v in names))
            for variable in PANEL_VARIABLES
        }
    )
    rows = _after_previous_year(_long(observed, PANEL_VARIABLES)).dropna(subset="previous")
    limit = _limits(evidence, "panel_jump", rows["subject"])["high"]
    return check_frame(
        rows,
        subject=rows["subject"],
        value=rows["value"] - rows["previous"],
        low=-limit,
        high=limit,
    )


def index_values(evidence: Evidence) -> pd.DataFrame:
    rows = _long(evidence.frames["fct_index"], INDICES)
    return check_frame(
        rows,
        subject=rows["subject"],
        value=rows["value"],
        low=0,
        high=100 + INDEX_TOLERANCE,
    )


def index_contribution_gaps(evidence: Evidence) -> pd.DataFrame:
    """Sum of the contributions of all indicators less ami, which is eq. 17 in its level form."""
    scores = evidence.frames["fct_indicator_score"].assign(subject="ami")
    return _contribution_gaps(evidence, scores, "contribution", ("ami",))


def dimension_contribution_gaps(evidence: Evidence) -> pd.DataFrame:
    """The same for each dimension and the indicators in it."""
    scores = evidence.frames["fct_indicator_score"].rename(columns={"dimension": "subject"})
    return _contribution_gaps(evidence, scores, "dimension_contribution", DIMENSIONS)


def _contribution_gaps(
    evidence: Evidence, scores: pd.DataFrame, contribution: str, indices: tuple[str, ...]
) -> pd.DataFrame:
    total = scores.groupby(KEYS)[contribution].sum().rename("total")
    # An index figure to which nothing contributed is a gap of its whole size.
    rows = _long(evidence.frames["fct_index"], indices).merge(
        total.reset_index(), how="left", on=KEYS
    )
    return check_frame(
        rows,
        subject=rows["subject"],
        value=rows["total"].fillna(0) - rows["value"],
        low=-INDEX_TOLERANCE,
        high=INDEX_TOLERANCE,
    )


def scores(evidence: Evidence) -> pd.DataFrame:
    rows = evidence.frames["fct_indicator_score"].dropna(subset="score")
    return check_frame(rows, subject=rows["indicator"], value=rows["score"], low=0, high=1)


def weight_sums(evidence: Evidence, *, weight: str) -> pd.DataFrame:
    """Sum of the weights of a year, over all indicators or within each dimension."""
    weights = evidence.frames["fct_indicator_score"]
    weights = weights[["year", "indicator", "dimension", weight]].dropna().drop_duplicates()
    if weight == "overall_weight":
        weights = weights.assign(dimension="ami")
    rows = weights.groupby(["dimension", "year"])[weight].sum().reset_index()
    return check_frame(
        rows,
        subject=rows["dimension"],
        value=rows[weight],
        low=1 - SHARE_TOLERANCE,
        high=1 + SHARE_TOLERANCE,
    )


def weight_parts(evidence: Evidence) -> pd.DataFrame:
    """Entropy, utility and both weights of every indicator (eq. 14-16): each is a share."""
    parts = ["entropy", "utility", "overall_weight", "individual_weight"]
    rows = evidence.frames["dim_indicator"].melt("indicator", parts).dropna(subset="value")
    return check_frame(
        rows,
        subject=rows["indicator"] + " " + rows["variable"],
        value=rows["value"],
        low=-SHARE_TOLERANCE,
        high=1 + SHARE_TOLERANCE,
    )


def published_weight_gaps(evidence: Evidence) -> pd.DataFrame:
    """Overall weights less those of Table 2."""
    rows = evidence.frames["dim_indicator"]
    return check_frame(
        rows,
        subject=rows["indicator"],
        value=rows["overall_weight"] - rows["published_overall_weight"],
        low=-WEIGHT_TOLERANCE,
        high=WEIGHT_TOLERANCE,
    )


def published_mean_gaps(evidence: Evidence) -> pd.DataFrame:
    return _published_gaps(evidence, "mean", MEAN_TOLERANCE)


def published_sd_gaps(evidence: Evidence) -> pd.DataFrame:
    return _published_gaps(evidence, "sd", SD_TOLERANCE)


def _published_gaps(evidence: Evidence, statistic: str, tolerance: float) -> pd.DataFrame:
    """A statistic of every variable relative to that of Table 3."""
    rows = evidence.frames["fct_descriptives"]
    return check_frame(
        rows,
        subject=rows["variable"],
        value=rows[statistic] / rows[f"published_{statistic}"] - 1,
        low=-tolerance,
        high=tolerance,
    )


def sector_shares(evidence: Evidence) -> pd.DataFrame:
    """The shares of manufacturing and of producer services in both, w of eq. 21."""
    rows = _long(
        evidence.frames["fct_agglomeration"], ("share_manufacturing", "share_producer_services")
    )
    return check_frame(rows, subject=rows["subject"], value=rows["value"], low=0, high=1)


def coverage_lost(evidence: Evidence) -> pd.DataFrame:
    """Cells of what was complete in the last vintage; of the rest whether any is left."""
    rows = _coverage(evidence)
    must = rows["n_before"].where(rows["was_complete"], 1)
    return check_frame(rows, subject=rows["subject"], value=rows["n"], low=must)


def coverage_reduced(evidence: Evidence) -> pd.DataFrame:
    """Cells of everything that was there in the last vintage."""
    rows = _coverage(evidence)
    return check_frame(rows, subject=rows["subject"], value=rows["n"], low=rows["n_before"])


def _coverage(evidence: Evidence) -> pd.DataFrame:
    """Cells available now (n) and in the last vintage (n_before), for what was there at all.

    Cells, not shares: a new year of which little is published yet lowers the share of everything
    and loses nothing.
    """
    if evidence.last_coverage is None:
        return pd.DataFrame(columns=["subject", "n", "n_before", "was_complete"])
    before, now = (
        coverage.assign(n=coverage["n_expected"] - coverage["n_missing"])
        for coverage in (evidence.last_coverage, evidence.frames["fct_coverage"])
    )
    rows = before.merge(
        now[["kind", "subject", "n"]], how="left", on=["kind", "subject"], suffixes=("_before", "")
    )
    rows = rows[rows["n_before"] > 0]
    return rows.assign(n=rows["n"].fillna(0), was_complete=rows["status"] == "complete")


def figures_across_breaks(evidence: Evidence) -> pd.DataFrame:
    """Province-years of each item, indicator and variable that rest on both sides of a break."""
    rows = evidence.frames["fct_coverage"]
    return check_frame(rows, subject=rows["subject"], value=rows["n_across_breaks"], high=0)


# --- both layers --------------------------------------------------------------------------------


def known_outliers_found(evidence: Evidence) -> pd.DataFrame:
    """Whether each known outlier of the layer is one still; missing where it has no value now."""
    rows = evidence.frames["known_outliers"]
    return check_frame(
        rows, subject=rows["check_name"] + " " + rows["subject"], value=rows["is_found"], low=1
    )
