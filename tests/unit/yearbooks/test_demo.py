"""The SYNTHETIC demo yearbooks: what the generator makes, how it is calibrated, what is planted.

The calibration is proved through a second computation of the index, in pandas and from the CSV
files alone, which shares no code with the generator or with the SQL. Tolerances: weights .03
absolute, means 5 %, standard deviations 15 %, as issue 2 asks; extremes within the printed range
widened by a tenth of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from yearbooks.demo import TRUTH, simulate, write
from yearbooks.demo.process import CONTROLS, YEARS

SEEDS = Path(__file__).parents[3] / "dbt" / "seeds"
N, T = 31, 19
PRODUCER_SERVICES = ("transport", "it", "finance", "leasing_business", "research")
# 97.5 % quantile of t with 30 degrees of freedom
CRITICAL = 2.042
Array = npt.NDArray[np.float64]


# --- an independent pipeline: CSV files -> items -> indicators -> index --------------------------


def read_printed() -> pd.DataFrame:
    """Every printed cell, canonical unit, newest edition last; marks and misprints are NaN."""
    printed = pd.concat(
        pd.read_csv(path, dtype=str, keep_default_na=False)
        for path in sorted((SEEDS / "yearbooks").glob("*.csv"))
    )
    aliases = pd.read_csv(SEEDS / "reference/item_aliases.csv").set_index("alias")["item_code"]
    factors = pd.read_csv(SEEDS / "reference/units.csv").set_index("unit")["factor"]
    names = pd.read_csv(SEEDS / "reference/province_names.csv", dtype=str)
    units = pd.read_csv(SEEDS / "reference/items.csv").set_index("item_code")["canonical_unit"]
    printed["item_code"] = printed["item"].map(aliases)
    printed["province_code"] = printed["province"].map(names.set_index("name")["province_code"])
    canonical = printed["item_code"].map(units).map(factors)
    printed["figure"] = (
        pd.to_numeric(printed["value"], errors="coerce") * printed["unit"].map(factors) / canonical
    )
    printed["year"] = printed["year"].astype(int)
    printed["edition"] = printed["edition"].astype(int)
    return printed.sort_values("edition", kind="stable")


def fill(printed: pd.DataFrame, provinces: pd.Index) -> dict[str, pd.DataFrame]:
    """Newest edition of every item, province x year, interpolated in time, edges carried."""
    newest = printed.drop_duplicates(["item_code", "province_code", "year"], keep="last")
    items = {}
    for code, rows in newest[newest["province_code"].isin(provinces)].groupby("item_code"):
        grid = rows.pivot(index="province_code", columns="year", values="figure")
        items[str(code)] = grid.reindex(provinces).interpolate(axis=1, limit_direction="both")
    return items


def indicators_of(item: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The 21 indicators by the formulas of dbt/seeds/reference/indicators.csv."""
    years = list(YEARS)

    def now(code: str) -> pd.DataFrame:
        return item[code][years]

    def opening(code: str) -> pd.DataFrame:
        return item[code].shift(axis=1)[years]

    def share(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
        return 100 * part / whole

    new_products = item["new_product_output_10k_yuan"].reindex(columns=years)
    new_products = new_products.fillna(now("new_product_sales_10k_yuan"))
    cost, profit = now("main_business_cost_100m_yuan"), now("total_profit_100m_yuan")
    taxes, revenue = now("main_business_taxes_100m_yuan"), now("main_business_revenue_100m_yuan")
    research = now("rd_expenditure_10k_yuan")
    expenses = sum(
        now(f"{kind}_expenses_100m_yuan") for kind in ("selling", "administrative", "financial")
    )
    returns = profit + taxes + now("vat_payable_100m_yuan") + now("interest_expenses_100m_yuan")
    wastes = now("solid_waste_generated_10k_tonnes")
    wastes = wastes + now("solid_waste_earlier_stocks_utilised_10k_tonnes")
    inventories = (now("inventories_100m_yuan") + opening("inventories_100m_yuan")) / 2
    assets = (now("total_assets_100m_yuan") + opening("total_assets_100m_yuan")) / 2
    return {
        "new_product_share": share(new_products / 1e4, now("industrial_output_100m_yuan")),
        "rd_institution_share": share(
            now("enterprises_with_rd_institutions_count"), now("enterprises_count")
        ),
        "rd_intensity": share(research / 1e4, revenue),
        "rd_self_funding_share": share(now("rd_own_funds_10k_yuan"), research),
        "inventory_turnover": cost / inventories,
        "cost_profit_ratio": share(profit, cost + expenses + taxes),
        "equity_ratio": share(
            now("total_liabilities_100m_yuan"), now("owners_equity_100m_yuan")
        ),
        "debt_asset_ratio": share(
            now("total_liabilities_100m_yuan"), now("total_assets_100m_yuan")
        ),
        "asset_contribution_rate": share(returns, assets),
        "log_manufacturing_employment": np.log(now("employed_manufacturing_10k_persons") * 1e4),
        "log_average_wage": np.log(now("average_wage_manufacturing_yuan")),
        "rd_high_educated_share": share(
            now("rd_personnel_highly_educated_persons"), now("rd_personnel_persons")
        ),
        "rd_personnel_share": share(
            now("rd_personnel_fte_person_years") / 1e4, now("employed_10k_persons")
        ),
        "wastewater_compliance": share(
            now("wastewater_compliant_10k_tonnes"), now("wastewater_discharged_10k_tonnes")
        ),
        "so2_compliance": share(now("so2_compliant_10k_tonnes"), now("so2_emitted_10k_tonnes")),
        "pm_compliance": share(now("pm_compliant_10k_tonnes"), now("pm_emitted_10k_tonnes")),
        "solid_waste_utilisation": share(now("solid_waste_utilised_10k_tonnes"), wastes),
        "capital_preservation_rate": share(
            now("owners_equity_100m_yuan"), opening("owners_equity_100m_yuan")
        ),
        "value_added_rate": share(
            now("industrial_value_added_100m_yuan"), now("industrial_output_100m_yuan")
        ),
        "operating_profit_share": share(now("operating_profit_100m_yuan"), revenue),
        "log_main_business_profit": np.log(now("main_business_profit_100m_yuan") * 1e8),
    }


def entropy_index(
    indicators: Mapping[str, pd.DataFrame], published: pd.DataFrame
) -> tuple[dict[str, Array], pd.DataFrame]:
    """Eq. 11-17: the index and its dimensions, and the overall and individual weights."""
    scores, utilities = {}, {}
    for name, frame in indicators.items():
        m = frame.to_numpy()
        spread = m.max() - m.min()
        negative = published.loc[name, "attribute"] == "-"
        y = (m.max() - m) / spread if negative else (m - m.min()) / spread
        p = y / y.sum()
        logs = np.log(p, where=p > 0, out=np.zeros_like(p))
        scores[name], utilities[name] = y, 1 + (p * logs).sum() / np.log(y.size)
    utility = pd.Series(utilities)
    weights = pd.DataFrame(
        {
            "overall_weight": utility / utility.sum(),
            "individual_weight": utility
            / utility.groupby(published["dimension"].reindex(utility.index)).transform("sum"),
        }
    )
    index = {"ami": 100 * sum(weights.loc[k, "overall_weight"] * y for k, y in scores.items())}
    for dimension, members in published.groupby("dimension").groups.items():
        index[str(dimension)] = 100 * sum(
            weights.loc[k, "individual_weight"] * scores[k] for k in members
        )
    return index, weights


def quotient(sector: Array, everyone: Array) -> Array:
    """Eq. 18 and 19."""
    return np.asarray((sector / sector.sum(axis=0)) / (everyone / everyone.sum(axis=0)))


def log_or_zero(values: Array) -> Array:
    return np.log(values, where=values > 0, out=np.zeros_like(values))


def variables_of(item: Mapping[str, pd.DataFrame]) -> dict[str, Array]:
    """Everything of Table 3 that is not the index, and the two robustness variables."""

    def at(code: str) -> Array:
        return np.asarray(item[code][list(YEARS)].to_numpy(), dtype=float)

    m = at("employed_manufacturing_10k_persons")
    ps = np.sum([at(f"employed_{s}_10k_persons") for s in PRODUCER_SERVICES], axis=0)
    everyone, gdp = at("employed_10k_persons"), at("gdp_100m_yuan")
    lq_m, lq_ps = quotient(m, everyone), quotient(ps, everyone)
    levels = [
        at(f"population_{level}_persons")
        for level in ("primary", "junior_secondary", "senior_secondary", "college")
    ]
    people = at("population_no_schooling_persons") + sum(levels)
    years = sum(k * level for k, level in zip((6, 9, 12, 16), levels, strict=True))
    rates = pd.read_csv(SEEDS / "reference/exchange_rates.csv").set_index("year")["yuan_per_usd"]
    cooperation = sum(
        at(f"manufacturing_{kind}_10k_usd") for kind in ("trade", "fdi", "contracted_projects")
    )
    square = [(part / part.sum(axis=0)) ** 2 - 1 / N for part in (m, ps, m + ps)]
    w_m, w_ps = m / (m + ps), ps / (m + ps)
    centres = item["innovation_centres_count"].reindex(columns=list(YEARS)).to_numpy()
    return {
        "coagglo": 1 - np.abs(lq_m - lq_ps) / (lq_m + lq_ps) + lq_m + lq_ps,
        "pdgp": np.log(at("gdp_per_capita_yuan")),
        "fdi": log_or_zero(at("fdi_10k_usd") * 1e4),
        "hcl": np.divide(years, people, where=people > 0, out=np.zeros_like(people)),
        "gov": log_or_zero(at("budget_expenditure_100m_yuan") * 1e8),
        "inv": log_or_zero(at("fixed_investment_100m_yuan") * 1e8),
        "str": 100 * at("tertiary_value_added_100m_yuan") / gdp,
        "inf": np.log(at("post_telecom_100m_yuan") * 1e8),
        "uic": at("invention_patents_granted_count") / 1e4,
        "mi": sum(at(f"robot_imports_{hs}_10k_usd") for hs in (84795010, 84795090, 84864031)) / 100,
        "icc": cooperation * 1e4 * rates.loc[list(YEARS)].to_numpy() / (gdp * 1e8),
        "eg": (square[2] - square[0] * w_m**2 - square[1] * w_ps**2) / (1 - w_m**2 - w_ps**2),
        "center": centres,
    }


class Pipeline:
    """The demo, read and computed once."""

    def __init__(self) -> None:
        self.provinces = pd.Index(
            pd.read_csv(SEEDS / "reference/provinces.csv", dtype=str)["province_code"]
        )
        self.published = pd.read_csv(SEEDS / "paper/published_indicators.csv").set_index(
            "indicator"
        )
        self.printed = read_printed()
        self.items = fill(self.printed, self.provinces)
        self.indicators = indicators_of(self.items)
        index, self.weights = entropy_index(self.indicators, self.published)
        self.variables = variables_of(self.items) | index


@pytest.fixture(scope="module")
def demo() -> Pipeline:
    return Pipeline()


# --- two-way fixed effects -----------------------------------------------------------------------


def two_way(values: Array) -> Array:
    """Deviations from province and year means of a balanced panel (provinces x years)."""
    return np.asarray(
        values
        - values.mean(axis=1, keepdims=True)
        - values.mean(axis=0, keepdims=True)
        + values.mean()
    )


def regress(outcome: Array, regressors: Mapping[str, Array]) -> pd.DataFrame:
    """Two-way within estimates, standard errors clustered by province (Stata's factor)."""
    x = np.column_stack([two_way(values).ravel() for values in regressors.values()])
    y = two_way(outcome).ravel()
    bread = np.linalg.inv(x.T @ x)
    estimates = bread @ (x.T @ y)
    residuals = y - x @ estimates
    provinces, years = outcome.shape
    meat = (x * residuals[:, None]).reshape(provinces, years, -1).sum(axis=1)
    n, k = x.shape
    factor = provinces / (provinces - 1) * (n - 1) / (n - k - years)
    errors = np.sqrt(np.diag(factor * bread @ (meat.T @ meat) @ bread))
    within = outcome - outcome.mean(axis=1, keepdims=True)
    table = pd.DataFrame({"estimate": estimates, "error": errors}, index=list(regressors))
    table.attrs["r2"] = 1 - (residuals**2).sum() / (within**2).sum()
    return table


def standardised(values: Array) -> Array:
    return np.asarray((values - values.mean()) / values.std())
