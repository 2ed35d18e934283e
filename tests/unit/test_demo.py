"""The SYNTHETIC demo yearbooks: what the generator makes, how it is calibrated, what is planted.

The calibration is proved through a second computation of the index, in pandas and from the CSV
files alone, which shares no code with the generator or with the SQL. Tolerances: weights .03
absolute, means 5 %, standard deviations 15 %, ; extremes within the printed range
widened by a tenth of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from demo import TRUTH, simulate, write
from demo.process import CONTROLS, YEARS, Panel

SEEDS = Path(__file__).parents[2] / "dbt" / "seeds"
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


def newest_editions(printed: pd.DataFrame, provinces: pd.Index) -> dict[str, pd.DataFrame]:
    """The newest figure of every item, province x year, NaN in gaps."""
    newest = printed.drop_duplicates(["item_code", "province_code", "year"], keep="last")
    newest = newest[newest["province_code"].isin(provinces)]
    return {
        str(code): rows.pivot(index="province_code", columns="year", values="figure").reindex(
            provinces
        )
        for code, rows in newest.groupby("item_code")
    }


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
        "equity_ratio": share(now("total_liabilities_100m_yuan"), now("owners_equity_100m_yuan")),
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
    w_m = m.sum(axis=0) / (m + ps).sum(axis=0)
    w_ps = 1 - w_m
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
        self.observed = newest_editions(self.printed, self.provinces)
        self.items = {
            code: grid.interpolate(axis=1, limit_direction="both")
            for code, grid in self.observed.items()
        }
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


@pytest.fixture(scope="module")
def truth() -> Panel:
    return simulate()


def regression(
    variables: Mapping[str, Array], outcome: Array, terms: tuple[str, ...]
) -> pd.DataFrame:
    """A column of Tables 4 to 10: moderators and the parts of products are standardised."""
    scaled = {name: standardised(variables[name]) for name in ("coagglo", "mi", "icc", "uic")}
    regressors: dict[str, Array] = {}
    for term in terms:
        first, *second = term.split("*")
        if second:
            regressors[term] = scaled[first] * scaled[second[0]]
        else:
            regressors[term] = scaled[term] if term in ("mi", "icc") else variables[term]
    return regress(outcome, regressors | {name: variables[name] for name in CONTROLS})


# --- 1. the files are what the generator makes ---------------------------------------------------


def test_committed_files_are_what_the_generator_makes(tmp_path: Path) -> None:
    written = write(tmp_path)
    committed = sorted((SEEDS / "yearbooks").glob("*.csv"))
    assert sorted(path.name for path in written) == [path.name for path in committed]
    for path in committed:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


# --- 2. what the figures must obey ---------------------------------------------------------------


def test_every_cell_names_a_known_item_province_and_unit(demo: Pipeline) -> None:
    known = demo.printed[["item_code", "province_code"]].notna().all(axis=1)
    assert known.all()
    marks = demo.printed["value"].isin(["…", "-", ""])
    unread = demo.printed["figure"].isna() & ~marks
    assert demo.printed.loc[unread, "value"].tolist() == ["12..5"]
    assert marks.sum() > 300


def test_grid_is_complete_and_gaps_are_rare(demo: Pipeline) -> None:
    items = set(pd.read_csv(SEEDS / "reference/items.csv")["item_code"])
    assert set(demo.observed) == items
    gaps = pd.Series({code: grid.isna().to_numpy().mean() for code, grid in demo.observed.items()})
    assert gaps.drop("innovation_centres_count").between(0, 0.02).all()
    assert 0.009 < gaps.mean() < 0.02
    assert all(grid.notna().to_numpy().all() for grid in demo.items.values())


def test_accounts_balance(demo: Pipeline) -> None:
    def at(code: str) -> pd.DataFrame:
        return demo.observed[f"{code}_100m_yuan"]

    def never_above(part: pd.DataFrame, whole: pd.DataFrame) -> bool:
        return not (part > whole + 1e-6).to_numpy().any()

    gap = at("total_assets") - at("total_liabilities") - at("owners_equity")
    assert gap.abs().max().max() < 1e-6
    gap = at("main_business_revenue") - at("main_business_cost") - at("main_business_taxes")
    assert (gap - at("main_business_profit")).abs().max().max() < 1e-6
    assert never_above(at("secondary_value_added") + at("tertiary_value_added"), at("gdp"))
    assert never_above(at("industrial_value_added"), at("secondary_value_added"))
    assert never_above(at("interest_expenses"), at("financial_expenses"))


def test_parts_do_not_exceed_their_totals(demo: Pipeline) -> None:
    pairs = [
        ("wastewater_compliant_10k_tonnes", "wastewater_discharged_10k_tonnes"),
        ("so2_compliant_10k_tonnes", "so2_emitted_10k_tonnes"),
        ("so2_emitted_10k_tonnes", "so2_emitted_total_10k_tonnes"),
        ("pm_compliant_10k_tonnes", "pm_emitted_10k_tonnes"),
        ("rd_own_funds_10k_yuan", "rd_expenditure_10k_yuan"),
        ("rd_personnel_highly_educated_persons", "rd_personnel_persons"),
        ("rd_personnel_fte_person_years", "rd_personnel_persons"),
        ("enterprises_with_rd_institutions_count", "enterprises_count"),
        ("manufacturing_fdi_10k_usd", "fdi_10k_usd"),
        ("manufacturing_trade_10k_usd", "trade_total_10k_usd"),
        ("employed_urban_10k_persons", "employed_10k_persons"),
    ]
    for part, whole in pairs:
        assert not (demo.observed[part] > demo.observed[whole]).to_numpy().any(), part
    sectors = [demo.observed[f"employed_{s}_10k_persons"] for s in PRODUCER_SERVICES]
    both = sum(sectors) + demo.observed["employed_manufacturing_10k_persons"]
    assert not (both > demo.observed["employed_urban_10k_persons"]).to_numpy().any()


def test_no_figure_is_negative_and_large_provinces_are_large(demo: Pipeline) -> None:
    assert all((grid.fillna(0) >= 0).to_numpy().all() for grid in demo.observed.values())
    guangdong, tibet = demo.items["gdp_100m_yuan"].loc[["440000", "540000"], 2021]
    assert guangdong > 20 * tibet


def test_national_rows_are_sums_but_for_two_known_discrepancies(demo: Pipeline) -> None:
    national = demo.printed[demo.printed["province_code"] == "000000"]
    national = national.drop_duplicates(["item_code", "year"], keep="last")
    differences = {}
    for (code, year), figure in national.set_index(["item_code", "year"])["figure"].items():
        parts = demo.observed[code][year]
        if parts.notna().all():
            differences[code, year] = figure / parts.sum() - 1 if parts.sum() else figure
    apart = {key: value for key, value in differences.items() if abs(value) > 1e-4}
    assert set(apart) == {("gdp_100m_yuan", 2010), ("total_profit_100m_yuan", 2016)}
    assert max(abs(value) for value in apart.values()) < 0.01


def test_revised_edition_differs_from_the_first(demo: Pipeline) -> None:
    gdp = demo.printed[
        (demo.printed["item_code"] == "gdp_100m_yuan") & (demo.printed["year"] == 2015)
    ]
    editions = gdp.pivot(index="province_code", columns="edition", values="figure").dropna()
    assert list(editions.columns) == [2016, 2019]
    ratio = editions[2019] / editions[2016]
    assert ratio.between(1.005, 1.03).all()


# --- 3. calibration: Tables 2 and 3 --------------------------------------------------------------


def test_weights_are_those_of_table_2(demo: Pipeline) -> None:
    for kind in ("overall_weight", "individual_weight"):
        gap = (demo.weights[kind] - demo.published[kind]).abs()
        assert gap.max() < 0.03, f"{kind}: {gap.idxmax()}"


@pytest.mark.parametrize(
    "variable", pd.read_csv(SEEDS / "paper/published_descriptives.csv")["variable"]
)
def test_descriptives_are_those_of_table_3(demo: Pipeline, variable: str) -> None:
    table = pd.read_csv(SEEDS / "paper/published_descriptives.csv").set_index("variable")
    printed, values = table.loc[variable], demo.variables[variable]
    assert np.isfinite(values).sum() == printed["obs"] == N * T
    assert values.mean() == pytest.approx(printed["mean"], rel=0.05)
    assert values.std(ddof=1) == pytest.approx(printed["sd"], rel=0.15)
    margin = 0.1 * (printed["max"] - printed["min"])
    assert values.min() >= printed["min"] - margin
    assert values.max() <= printed["max"] + margin


def test_green_dimension_reaches_one_hundred(demo: Pipeline) -> None:
    assert demo.variables["gam"].max() == pytest.approx(100)


def test_index_is_the_planted_one(demo: Pipeline, truth: Panel) -> None:
    """What gaps and rounding leave: a tenth of a point, as standard deviation."""
    assert (demo.variables["ami"] - truth.variables["ami"]).std() < 0.15


# --- 4. the planted coefficients are recovered ---------------------------------------------------

COLUMNS = {
    "4.1": ("ami", ("coagglo",), ("coagglo", *CONTROLS)),
    "7.2": ("ami", ("uic",), ("uic", *CONTROLS)),
    "7.3": ("uic", ("coagglo",), ("coagglo", *CONTROLS)),
    "7.4": ("ami", ("coagglo", "uic"), ("coagglo", "uic", *CONTROLS)),
    "9.1": ("ami", ("coagglo", "mi", "coagglo*mi"), ("coagglo", "mi", "coagglo*mi")),
    "9.3": ("uic", ("coagglo", "mi", "coagglo*mi"), ("coagglo", "mi", "coagglo*mi")),
    "10.1": ("ami", ("coagglo", "icc", "coagglo*icc"), ("coagglo", "icc", "coagglo*icc")),
    "10.3": ("uic", ("coagglo", "icc", "coagglo*icc"), ("coagglo", "coagglo*icc")),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_estimates_cover_what_the_true_process_implies(
    demo: Pipeline, truth: Panel, column: str
) -> None:
    """Each implied coefficient, from noise-free outcomes, lies in the 95 % interval."""
    outcome, terms, tested = COLUMNS[column]
    estimated = regression(demo.variables, demo.variables[outcome], terms)
    implied = regression(truth.variables, truth.expected[outcome], terms)
    away = (estimated["estimate"] - implied["estimate"]).abs() / estimated["error"]
    assert (away[list(tested)] < CRITICAL).all(), away.round(2).to_dict()


@pytest.mark.parametrize(
    ("column", "term"),
    [("4.1", "coagglo"), ("7.2", "uic"), ("7.3", "coagglo"), ("7.4", "coagglo"), ("7.4", "uic")],
)
def test_estimates_cover_the_printed_coefficients(demo: Pipeline, column: str, term: str) -> None:
    outcome, terms, _ = COLUMNS[column]
    rows = pd.read_csv(SEEDS / "paper/published_estimates.csv", dtype=str)
    rows = rows[(rows["table"] + "." + rows["column"] == column) & (rows["term"] == term)]
    printed = float(rows["estimate"].item())
    estimate, error = regression(demo.variables, demo.variables[outcome], terms).loc[term]
    assert abs(estimate - printed) < CRITICAL * error


def test_agglomeration_and_its_moderation_are_significant(demo: Pipeline) -> None:
    def t(column: str, term: str) -> float:
        outcome, terms, _ = COLUMNS[column]
        row = regression(demo.variables, demo.variables[outcome], terms).loc[term]
        return float(row["estimate"] / row["error"])

    assert t("4.1", "coagglo") > 2.75  # 1 %, t(30)
    assert t("7.3", "coagglo") > 2.75
    assert t("7.4", "uic") > 2.75
    for column in ("9.1", "9.3"):
        assert t(column, "coagglo*mi") > CRITICAL
    for column in ("10.1", "10.3"):
        assert t(column, "coagglo*icc") > CRITICAL


def test_baseline_fits_as_well_as_the_printed_one(demo: Pipeline) -> None:
    table = regression(demo.variables, demo.variables["ami"], ("coagglo",))
    assert table.attrs["r2"] == pytest.approx(0.527, abs=0.05)


def test_lagged_agglomeration_is_a_strong_instrument(demo: Pipeline) -> None:
    """FE-2SLS of Table 4 (2) and (3): 558 rows, one instrument."""
    later = {name: demo.variables[name][:, 1:] for name in ("ami", "coagglo", *CONTROLS)}
    regressors = {"L.coagglo": demo.variables["coagglo"][:, :-1]}
    regressors |= {name: later[name] for name in CONTROLS}
    first = regress(later["coagglo"], regressors)
    reduced = regress(later["ami"], regressors)
    assert first.loc["L.coagglo", "estimate"] == pytest.approx(0.6, abs=0.1)
    assert (first.loc["L.coagglo", "estimate"] / first.loc["L.coagglo", "error"]) ** 2 > 47
    instrumented = reduced.loc["L.coagglo", "estimate"] / first.loc["L.coagglo", "estimate"]
    assert 0 < instrumented < 1.5


def test_other_measures_respond_too(demo: Pipeline) -> None:
    """EG in place of coagglo (Table 4 col. 4) and centres in place of ami (col. 5)."""
    eg = regression(demo.variables, demo.variables["ami"], ("eg",)).loc["eg"]
    assert eg["estimate"] / eg["error"] > CRITICAL
    recent = {name: demo.variables[name][:, -6:] for name in ("center", "coagglo", *CONTROLS)}
    centre = regress(recent.pop("center"), recent).loc["coagglo"]
    assert abs(centre["estimate"] - TRUTH.center_coagglo) < CRITICAL * centre["error"]
    assert (np.diff(demo.variables["center"][:, -6:]) % 1 == 0).all()
