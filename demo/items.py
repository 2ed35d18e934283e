"""From wanted scores to the raw items a yearbook prints, in canonical units.

Belongs here: plausible ranges of the indicators, the accounts of industry (stocks, revenue,
costs, profits), and the amounts that the ratios are ratios of. Does not belong here: how a value
is printed (`printing`). Identities hold by construction: assets = liabilities + equity, main
business profit = revenue - cost - taxes, parts do not exceed their totals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from demo.draws import Array, Draws, standardise
from demo.process import SECTORS, Panel, T, trend
from demo.scores import (
    SCORES,
    TOTAL_DIVERGENCE,
    correct,
    divergence,
    latent,
    min_max,
    shape,
)

# the value of an indicator at score 0 and at score 1, in its unit
RANGES = {
    "new_product_share": (1.0, 46.0),
    "rd_institution_share": (1.5, 56.0),
    "rd_intensity": (0.15, 3.6),
    "rd_self_funding_share": (62.0, 99.0),
    "inventory_turnover": (3.2, 13.5),
    "cost_profit_ratio": (0.5, 7.0),
    "debt_asset_ratio": (78.0, 35.0),
    "asset_contribution_rate": (5.5, 17.5),
    "log_average_wage": (9.15, 11.75),
    "rd_high_educated_share": (18.0, 88.0),
    "rd_personnel_share": (0.03, 2.4),
    "wastewater_compliance": (30.0, 100.0),
    "so2_compliance": (25.0, 100.0),
    "pm_compliance": (25.0, 100.0),
    "solid_waste_utilisation": (12.0, 100.0),
    "capital_preservation_rate": (98.0, 190.0),
    "value_added_rate": (30.0, 75.0),
    "operating_profit_share": (1.5, 11.5),
    "log_main_business_profit": (22.4, 28.6),
}
GREEN = tuple(name for name, score in SCORES.items() if score.dimension == "gam")


@dataclass(frozen=True)
class Accounts:
    """Stocks and flows of industry, 100 million yuan; stocks (n, 20) from 2002, flows (n, 19)."""

    equity: Array
    assets: Array
    inventories: Array
    revenue: Array
    cost: Array
    taxes: Array
    profit: Array
    scores: dict[str, Array]


def value_of(name: str, score: Array) -> Array:
    """The indicator's value at a score."""
    low, high = RANGES[name]
    return low + score * (high - low)


def accounts(
    z: dict[str, Array], tuned: dict[str, tuple[float, float]], tax: Array, log_size: float
) -> Accounts:
    """The accounts on which the planned scores rest.

    Profit is shaped first. Equity grows at the rate of capital preservation from a start that
    makes it follow profit; leverage gives assets; turnover of assets gives revenue; turnover of
    inventories gives inventories. tuned: wanted mean and divergence of each planned score. tax:
    taxes over revenue, shape (n, 1). log_size: of `Geography`.
    """

    def planned(name: str) -> Array:
        return shape(z[name], SCORES[name], *tuned[name])

    logarithm = value_of("log_main_business_profit", planned("log_main_business_profit"))
    profit = np.exp(logarithm + log_size) / 1e8
    name = "capital_preservation_rate"
    rise = np.diff(np.log(profit), axis=1, prepend=np.log(profit[:, :1]))
    rise[:, 0] = rise[:, 1:].mean(axis=1)
    follows = standardise(z[name] + 0.7 * standardise(rise))
    growth = value_of(name, shape(follows, SCORES[name], *tuned[name])) / 100
    equity = np.asarray(
        np.cumprod(np.hstack([np.ones((len(tax), 1)), growth]), axis=1), dtype=float
    )
    middle = (equity[:, 1:] + equity[:, :-1]) / 2
    equity *= np.exp((np.log(profit / 0.40) - np.log(middle)).mean(axis=1, keepdims=True))
    debt = value_of("debt_asset_ratio", planned("debt_asset_ratio")) / 100
    assets = equity / (1 - np.hstack([debt[:, :1], debt]))
    mean_assets = (assets[:, 1:] + assets[:, :-1]) / 2
    revenue = np.sqrt(1.1 * mean_assets * (profit / 0.125))
    revenue = np.minimum(np.minimum(revenue, profit / 0.12), 1.5 * mean_assets)
    taxes = tax * revenue
    cost = revenue - taxes - profit
    turnover = value_of("inventory_turnover", planned("inventory_turnover"))
    inventories = cost / turnover
    inventories = np.hstack([inventories[:, :1] / 1.08, inventories])
    # to the printed hundredth, so that identities hold to the last digit
    equity, inventories, assets = decimals(equity), decimals(inventories), decimals(assets)
    revenue, taxes, profit = decimals(revenue), decimals(taxes), decimals(profit)
    cost = decimals(revenue - taxes - profit)
    liabilities = assets - equity
    turned = cost / ((inventories[:, 1:] + inventories[:, :-1]) / 2)
    scores = {
        "inventory_turnover": min_max(turned),
        "equity_ratio": min_max((liabilities / equity)[:, 1:]),
        "debt_asset_ratio": min_max((liabilities / assets)[:, 1:], negative=True),
        "capital_preservation_rate": min_max(equity[:, 1:] / equity[:, :-1]),
        "log_main_business_profit": min_max(np.log(profit)),
    }
    return Accounts(equity, assets, inventories, revenue, cost, taxes, profit, scores)


def fit(draws: Draws, panel: Panel) -> tuple[dict[str, Array], Accounts]:
    """Scores of the 21 indicators and the accounts behind them.

    Divergences handed to `shape` are moved until those that come out after the correction are
    the wanted ones; twelve rounds suffice.
    """
    z = latent(draws, panel.variables["ami"], panel.variables["coagglo"])
    greenest = np.sum([z[name] for name in GREEN], axis=0)
    best = np.unravel_index(greenest.argmax(), z[GREEN[0]].shape)
    for name in GREEN:  # one province-year meets every standard: gam reaches 100 there
        z[name][best] = z[name].max() + 0.1
    wanted = {name: (s.mean, s.weight * TOTAL_DIVERGENCE) for name, s in SCORES.items()}
    tuned = dict(wanted)
    employed = min_max(np.log(panel.employed["manufacturing"] * 1e4))
    tax = 0.013 * np.exp(0.2 * draws.normal(draws.places.n, 1))
    for _ in range(12):
        books = accounts(z, tuned, tax, draws.places.log_size)
        raw = {"log_manufacturing_employment": employed} | books.scores
        for name, score in SCORES.items():
            if name not in raw:
                raw[name] = shape(z[name], score, *tuned[name])
        scores = correct(raw, panel.variables["ami"])
        for name in SCORES:
            mean, spread = wanted[name]
            ratio = float(np.clip(spread / divergence(scores[name]), 0.5, 2.0))
            tuned[name] = (mean, tuned[name][1] * ratio**0.7)
    return scores, books


def decimals(values: Array, digits: int = 2) -> Array:
    """Rounded to printed digits."""
    return np.asarray(np.round(values, digits))


def build(
    panel: Panel, draws: Draws, yuan_per_usd: Array
) -> tuple[dict[str, Array], npt.NDArray[np.bool_]]:
    """Every raw item in canonical units, shape (n, 19), stocks (n, 20): up to 2021, from 2002 on.

    The second result is True in the province-years in which some indicator is near its minimum or
    maximum, shape (n, 19). yuan_per_usd: shape (19,).
    """
    x, employed = panel.variables, panel.employed
    scores, books = fit(draws, panel)
    value = {name: value_of(name, scores[name]) for name in RANGES}
    people = employed["all"] * 1.75
    items = regional_accounts(draws, x, people)
    gdp, industry = items["gdp_100m_yuan"], items["industrial_value_added_100m_yuan"]
    items |= industrial_enterprises(draws, value, books, industry)
    items |= research(draws, value, items, employed["all"])
    items |= environment(draws, value, industry)
    for sector in ("manufacturing", *SECTORS, "urban"):
        items[f"employed_{sector}_10k_persons"] = employed[sector]
    items["employed_10k_persons"] = employed["all"]
    items["average_wage_manufacturing_yuan"] = np.rint(np.exp(value["log_average_wage"]))
    items |= trade(draws, x, gdp / yuan_per_usd * 1e4)
    items |= series(draws, x)
    items |= schooling(x["hcl"], people)
    items["innovation_centres_count"] = x["center"]
    return items, np.any([extreme(score, 2) for score in scores.values()], axis=0)


def wobble(draws: Draws, sd: float) -> Array:
    """A persistent factor around one, shape (n, 19)."""
    return np.asarray(np.exp(sd * draws.series(draws.places.n, T, 0.7)))


def regional_accounts(draws: Draws, x: dict[str, Array], people: Array) -> dict[str, Array]:
    """Gross regional product and its parts. people: 10 000 persons, shape (n, 19)."""
    gdp_per_capita = np.rint(np.exp(x["pdgp"]))
    gdp = decimals(gdp_per_capita * people / 1e4)
    tertiary = decimals(gdp * x["str"] / 100)
    primary_share = np.clip(0.13 - 0.09 * draws.places.level("wealth")[:, None], 0.01, 0.2) * trend(
        1.1, 0.8
    )
    primary = np.minimum(gdp * primary_share, 0.35 * (gdp - tertiary))
    secondary = decimals(gdp - tertiary - primary)
    return {
        "gdp_100m_yuan": gdp,
        "gdp_per_capita_yuan": gdp_per_capita,
        "secondary_value_added_100m_yuan": secondary,
        "tertiary_value_added_100m_yuan": tertiary,
        "industrial_value_added_100m_yuan": decimals(secondary * 0.62 * wobble(draws, 0.02)),
    }


def industrial_enterprises(
    draws: Draws, value: dict[str, Array], books: Accounts, industry: Array
) -> dict[str, Array]:
    """The accounts as printed. Expenses are what main business profit exceeds operating profit by,
    value-added tax what the contribution of assets exceeds profit, taxes and interest by.

    industry: industrial value added, 100 million yuan, shape (n, 19).
    """
    operating = decimals(value["operating_profit_share"] / 100 * books.revenue)
    expenses = books.profit - operating
    costs = books.cost + books.taxes + expenses
    total = decimals(value["cost_profit_ratio"] / 100 * costs)
    financial = decimals(expenses * 0.18 * wobble(draws, 0.08))
    selling = decimals(expenses * 0.32 * wobble(draws, 0.05))
    mean_assets = (books.assets[:, 1:] + books.assets[:, :-1]) / 2
    contribution = value["asset_contribution_rate"] / 100 * mean_assets
    interest = decimals(np.minimum(financial * 0.85, 0.1 * contribution))
    # what enterprises above designated size make of it, by place
    above_scale = np.linspace(0.82, 0.97, draws.places.n)[:, None]
    scale = 14 * draws.places.level("employed")[:, None] ** 0.85 * trend(0.55, 1.0, 0.8)
    return {
        "enterprises_count": np.rint(400 + scale * wobble(draws, 0.05)),
        "industrial_output_100m_yuan": decimals(100 * industry / value["value_added_rate"]),
        "industrial_value_added_above_scale_100m_yuan": decimals(industry * above_scale),
        "main_business_revenue_100m_yuan": books.revenue,
        "main_business_cost_100m_yuan": books.cost,
        "main_business_taxes_100m_yuan": books.taxes,
        "main_business_profit_100m_yuan": books.profit,
        "selling_expenses_100m_yuan": selling,
        "financial_expenses_100m_yuan": financial,
        "administrative_expenses_100m_yuan": decimals(expenses - selling - financial),
        "interest_expenses_100m_yuan": interest,
        "operating_profit_100m_yuan": operating,
        "total_profit_100m_yuan": total,
        "vat_payable_100m_yuan": decimals(contribution - total - books.taxes - interest),
        "inventories_100m_yuan": books.inventories,
        "total_assets_100m_yuan": books.assets,
        "total_liabilities_100m_yuan": decimals(books.assets - books.equity),
        "owners_equity_100m_yuan": books.equity,
    }


def research(
    draws: Draws, value: dict[str, Array], items: dict[str, Array], everyone: Array
) -> dict[str, Array]:
    """New products and R&D of industrial enterprises. everyone: employment, 10 000 persons."""

    def part(share: str, whole: Array) -> Array:
        return np.asarray(np.rint(value[share] / 100 * whole))

    new_products = part("new_product_share", items["industrial_output_100m_yuan"] * 1e4)
    expenditure = part("rd_intensity", items["main_business_revenue_100m_yuan"] * 1e4)
    person_years = part("rd_personnel_share", everyone * 1e4)
    persons = np.rint(person_years * 1.32 * wobble(draws, 0.03))
    institutions = part("rd_institution_share", items["enterprises_count"])
    return {
        "new_product_output_10k_yuan": new_products,
        "new_product_sales_10k_yuan": new_products,
        "enterprises_with_rd_institutions_count": institutions,
        "rd_expenditure_10k_yuan": expenditure,
        "rd_own_funds_10k_yuan": part("rd_self_funding_share", expenditure),
        "rd_personnel_persons": persons,
        "rd_personnel_highly_educated_persons": part("rd_high_educated_share", persons),
        "rd_personnel_fte_person_years": person_years,
    }


def environment(draws: Draws, value: dict[str, Array], industry: Array) -> dict[str, Array]:
    """Waste water, sulphur dioxide, particulate matter and solid waste, 10 000 tonnes."""
    scale = np.sqrt(industry)
    items: dict[str, Array] = {}
    for substance, verb, tonnes, digits in (
        ("wastewater", "discharged", 900 * scale * trend(1.1, 0.7), 0),
        ("so2", "emitted", 0.75 * scale * trend(1.2, 0.4), 3),
        ("pm", "emitted", 0.6 * scale * trend(1.2, 0.5), 3),
    ):
        released = decimals(tonnes * wobble(draws, 0.1), digits)
        compliant = released * value[f"{substance}_compliance"] / 100
        items[f"{substance}_{verb}_10k_tonnes"] = released
        items[f"{substance}_compliant_10k_tonnes"] = decimals(compliant, digits)
    others = 1.1 + 0.05 * draws.uniform(draws.places.n, T)
    items["so2_emitted_total_10k_tonnes"] = decimals(items["so2_emitted_10k_tonnes"] * others, 3)
    generated = np.rint(85 * scale * trend(0.8, 1.5) * wobble(draws, 0.1))
    earlier = np.rint(generated * 0.01 * wobble(draws, 0.3))
    utilised = (generated + earlier) * value["solid_waste_utilisation"] / 100
    items["solid_waste_generated_10k_tonnes"] = generated
    items["solid_waste_earlier_stocks_utilised_10k_tonnes"] = earlier
    items["solid_waste_utilised_10k_tonnes"] = np.rint(utilised)
    return items


def trade(draws: Draws, x: dict[str, Array], gdp: Array) -> dict[str, Array]:
    """FDI, and the three parts of icc in manufacturing. gdp: 10 000 US dollars, shape (n, 19)."""
    fdi = np.where(x["fdi"] > 0, np.rint(np.exp(x["fdi"]) / 1e4), 0)
    cooperation = x["icc"] * gdp
    in_manufacturing = np.rint(np.minimum(fdi * 0.55, 0.35 * cooperation))
    projects = np.rint(0.08 * cooperation * wobble(draws, 0.2))
    traded = np.rint(cooperation - in_manufacturing - projects)
    return {
        "fdi_10k_usd": fdi,
        "manufacturing_fdi_10k_usd": in_manufacturing,
        "manufacturing_contracted_projects_10k_usd": projects,
        "manufacturing_trade_10k_usd": traded,
        "trade_total_10k_usd": np.rint(traded * (1.08 + 0.05 * draws.uniform(draws.places.n, T))),
    }


def series(draws: Draws, x: dict[str, Array]) -> dict[str, Array]:
    """Amounts of which gov, inv and inf are logarithms, patents, and robot imports by HS code."""

    def amount(name: str) -> Array:
        return np.where(x[name] > 0, decimals(np.exp(x[name]) / 1e8), 0.0)

    robots = np.rint(x["mi"] * 100)
    parts = np.array([0.42, 0.38, 0.20])[:, None, None] * np.exp(
        0.3 * draws.normal(3, draws.places.n, T)
    )
    first, second, _ = np.floor(x["mi"] * 100 * parts / parts.sum(axis=0))
    return {
        "budget_expenditure_100m_yuan": amount("gov"),
        "fixed_investment_100m_yuan": amount("inv"),
        "post_telecom_100m_yuan": amount("inf"),
        "invention_patents_granted_count": np.rint(x["uic"] * 1e4),
        "robot_imports_84795010_10k_usd": first,
        "robot_imports_84795090_10k_usd": second,
        "robot_imports_84864031_10k_usd": robots - first - second,
    }


def extreme(values: Array, count: int) -> npt.NDArray[np.bool_]:
    """True in the `count` smallest and the `count` largest cells."""
    ranks = values.ravel().argsort(kind="stable").argsort(kind="stable").reshape(values.shape)
    return np.asarray((ranks < count) | (ranks >= values.size - count))


def schooling(years: Array, people: Array) -> dict[str, Array]:
    """Population of a one-per-thousand sample by attained level, whose mean years are `years`.

    Where `years` is 0 all five counts are 0. people: shape (n, 19), 10 000 persons.
    """
    # shares proportional to base x exp(t x level), t by bisection so that the mean is `years`
    levels = np.array([0.0, 6.0, 9.0, 12.0, 16.0])[:, None, None]
    base = np.array([0.05, 0.25, 0.38, 0.18, 0.14])[:, None, None]
    sample = np.rint(people * 10 * 0.93)
    shares = np.broadcast_to(base, (5, *years.shape))
    low, high = np.full(years.shape, -2.0), np.full(years.shape, 2.0)
    for _ in range(60):
        middle = (low + high) / 2
        shares = base * np.exp(middle * levels)
        shares = shares / shares.sum(axis=0)
        above = (levels * shares).sum(axis=0) > years
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    counts = np.rint(shares[1:] * sample)
    counts = np.where(years > 0, counts, 0)
    # Rounding may give the others one more than a small sample has.
    none = np.where(years > 0, np.maximum(sample - counts.sum(axis=0), 0), 0)
    names = ("primary", "junior_secondary", "senior_secondary", "college")
    items = {f"population_{name}_persons": n for name, n in zip(names, counts, strict=True)}
    return {"population_no_schooling_persons": none} | items
