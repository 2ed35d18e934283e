"""The same way on real official files: partial coverage, said as such, and nothing faked."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ami.dataset import REFERENCE_SEEDS

pytestmark = pytest.mark.slow

PRODUCER_SERVICES = (
    "交通运输、仓储和邮政业",
    "信息传输、软件和信息技术服务业",
    "金融业",
    "租赁和商务服务业",
    "科学研究和技术服务业",
)


@pytest.fixture(scope="module")
def results(nbs_home: Path) -> Path:
    return nbs_home / "results" / "nbs"


def printed(folder: Path, item: str) -> pd.DataFrame:
    """Province x year, read by pandas alone."""
    path = folder / f"{item}.csv"
    content = path.read_bytes()
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
    lines = [line for line in content.decode(encoding).splitlines() if line.count(",") > 2]
    rows = [line.split(",") for line in lines]
    table = pd.DataFrame(rows[1:], columns=rows[0]).set_index("地区")
    table.columns = [int(year.removesuffix("年")) for year in table.columns]
    return table.replace("", np.nan).astype(float).sort_index(axis=1)


def test_coagglo_equals_equations_18_to_20_by_hand(results: Path, real_data: Path) -> None:
    manufacturing = printed(real_data, "制造业城镇单位就业人员")
    services = sum(printed(real_data, f"{sector}城镇单位就业人员") for sector in PRODUCER_SERVICES)
    whole = printed(real_data, "就业人员").reindex(columns=range(2005, 2025))
    whole = whole.interpolate(axis=1, method="linear")

    def quotient(sector: pd.DataFrame) -> pd.DataFrame:
        years = sector.columns
        return (sector / sector.sum()) / (whole[years] / whole[years].sum())

    m, ps = quotient(manufacturing), quotient(services)
    by_hand = 1 - (m - ps).abs() / (m + ps) + (m + ps)

    panel = pd.read_parquet(results / "panel.parquet")
    provinces = pd.read_parquet(results / "panel.parquet")[["province", "province_code"]]
    assert provinces["province_code"].nunique() == 31
    computed = panel.dropna(subset="coagglo").pivot(
        index="province_code", columns="year", values="coagglo"
    )
    assert list(computed.columns) == list(range(2009, 2021))
    # NBS prints the provinces in the order of their codes.
    by_code = by_hand.loc[whole.index]
    np.testing.assert_allclose(computed.to_numpy(), by_code.to_numpy(), rtol=1e-12)


def test_employment_is_interpolated_across_its_gap_and_says_so(results: Path) -> None:
    panel = pd.read_parquet(results / "panel.parquet")
    interpolated = panel["interpolated_variables"].fillna("").str.split(",").map(set)
    filled = panel.loc[interpolated.map(lambda names: "coagglo" in names), "year"]
    assert sorted(filled.unique()) == list(range(2011, 2020))


def test_interpolation_across_a_census_says_so(results: Path) -> None:
    coverage = pd.read_parquet(results / "coverage.parquet").set_index(["kind", "subject"])
    employed = coverage.loc[("item", "employed_10k_persons")]
    assert employed["series_breaks"] == "2020"
    assert employed["n_across_breaks"] == 31 * 9


def test_a_figure_known_to_be_wrong_is_withheld_and_shown(results: Path) -> None:
    wrong = pd.read_csv(REFERENCE_SEEDS / "known_wrong_figures.csv", dtype={"province_code": str})
    tertiary = wrong[wrong["item_code"] == "tertiary_value_added_100m_yuan"]
    panel = pd.read_parquet(results / "panel.parquet").set_index(["province_code", "year"])
    shares = panel.loc[list(tertiary[["province_code", "year"]].itertuples(index=False)), "str"]
    # Quarters and halves of a year made shares of GDP from 8 to 41 percent.
    assert len(shares) == 5 and shares.isna().sum() + shares.between(30, 65).sum() == 5
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "What was withheld" in report
    for reason in wrong["reason"].unique():
        assert reason in report


def test_the_index_equals_equations_11_to_17_by_hand(results: Path, real_data: Path) -> None:
    """From the printed figures by pandas alone; many province-years lie outside the sample."""
    persons = printed(real_data, "制造业城镇单位就业人员") * 10_000
    wage = printed(real_data, "制造业城镇单位就业人员平均工资")
    whole = printed(real_data, "就业人员").reindex(columns=range(2005, 2025))
    whole = whole.interpolate(axis=1, method="linear") * 10_000
    researchers = printed(real_data, "规模以上工业企业R&D人员全时当量")
    values = {
        "log_manufacturing_employment": np.log(persons),
        "log_average_wage": np.log(wage),
        "rd_personnel_share": 100 * researchers / whole,
    }
    every = pd.DataFrame({name: table.stack() for name, table in values.items()})
    sample = every.dropna()
    assert len(sample) == 31 * 9 and every.notna().sum().max() > len(sample)

    def index_and_weights(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        score = (rows - rows.min()) / (rows.max() - rows.min())
        share = score / score.sum()
        n = score.notna().sum()
        entropy = -(share * np.log(share.where(share > 0, 1.0))).sum() / np.log(n)
        weight = (1 - entropy) / (1 - entropy).sum()
        return 100 * (score * weight).sum(axis=1, skipna=False), weight

    by_hand, weight = index_and_weights(sample)
    found = pd.read_parquet(results / "index.parquet").dropna(subset="ami_partial")
    # NBS prints the provinces in the order of their codes.
    codes = dict(zip(whole.index, sorted(found["province_code"].unique()), strict=True))
    by_hand.index = pd.MultiIndex.from_tuples([(codes[name], year) for name, year in by_hand.index])
    computed = found.set_index(["province_code", "year"])["ami_partial"]
    np.testing.assert_allclose(computed, by_hand.loc[list(computed.index)], rtol=0, atol=1e-9)
    ranks = by_hand.groupby(level=1).rank(method="min", ascending=False)
    assert (found["ami_partial_rank"].to_numpy() == ranks.loc[list(computed.index)]).all()
    weights = pd.read_parquet(results / "weights.parquet").set_index("indicator")["overall_weight"]
    np.testing.assert_allclose(weights[weight.index], weight, rtol=1e-9)
    # Over all that is there, rather than the sample, it would be another index: this test can tell.
    wrong, _ = index_and_weights(every)
    wrong.index = pd.MultiIndex.from_tuples([(codes[name], year) for name, year in wrong.index])
    assert (wrong.loc[list(computed.index)] - computed.to_numpy()).abs().max() > 1


def test_index_says_how_many_of_its_indicators_it_has(results: Path) -> None:
    index = pd.read_parquet(results / "index.parquet")
    with_index = index.dropna(subset="ami_partial")
    assert index["ami"].isna().all() and index["ami_rank"].isna().all()
    # All three are of the workforce: the index under its own name would have been amw.
    np.testing.assert_allclose(with_index["ami_partial"], with_index["amw"], rtol=1e-12)
    assert index[["amt", "amm", "gam", "ame"]].isna().all(axis=None)
    assert (with_index["n_indicators"] == 3).all()
    assert (with_index["n_indicators_expected"] == 21).all()
    assert sorted(with_index["year"].unique()) == list(range(2012, 2021))


def test_regressions_are_not_estimable_and_say_what_is_missing(results: Path) -> None:
    for name in ("estimates", "mediation"):
        assert pd.read_csv(results / f"{name}.csv").empty, name
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "the dataset has no value of ami, fdi, hcl and inf" in report
    assert "the index of this dataset is a partial one (ami_partial)" in report
    for number in range(4, 11):
        assert f"Table {number} is not estimable" in report
        assert not (results / f"table_{number}.html").exists()
    assert "3 of 21" in report


def test_bridges_across_the_census_are_named_beside_the_figure(results: Path) -> None:
    panel = pd.read_parquet(results / "panel.parquet")
    bridged = panel["bridged_variables"].str.split(",").explode().value_counts()
    # Whole-society employment is there for 2010 and on the next census's base from 2020 on.
    assert bridged[["coagglo", "ami_partial", "amw"]].tolist() == [31 * 9, 31 * 8, 31 * 8]
    assert set(panel.loc[panel["bridged_variables"].str.contains("coagglo"), "year"]) == set(
        range(2011, 2020)
    )
    coverage = pd.read_parquet(results / "coverage.parquet").set_index(["kind", "subject"])
    assert coverage.loc[("variable", "coagglo"), "longest_gap"] == 9
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "279 of 372 figures of coagglo (the longest gap 9 years)" in report


def test_table_4_is_reduced_to_the_controls_at_hand_and_called_so(results: Path) -> None:
    panel = pd.read_parquet(results / "panel.parquet")
    names = ["coagglo", "pdgp", "gov", "inv", "str"]
    rows = panel.dropna(subset=["ami_partial", *names])
    x = pd.concat(
        [rows[names], pd.get_dummies(rows[["province_code", "year"]].astype(str))], axis=1
    )
    by_hand = np.linalg.lstsq(x.to_numpy(float), rows["ami_partial"].to_numpy(float), rcond=None)[
        0
    ][0]
    reduced = pd.read_csv(results / "reduced_table_4.csv", dtype={"column": str})
    first = reduced[reduced["column"] == "1"].set_index("term")
    assert first.loc["_n", "estimate"] == len(rows) == 186
    assert first.loc["coagglo", "estimate"] == pytest.approx(by_hand, rel=1e-6)
    for name in ("reduced_table_4", "robustness", "specification_curve"):
        assert set(pd.read_csv(results / f"{name}.csv")["missing_controls"]) == {"fdi,hcl,inf"}
    report = (results / "report.html").read_text(encoding="utf-8")
    assert "Reduced, without fdi, hcl and inf" in report


def test_morans_i_of_coagglo_equals_its_definition_by_hand(results: Path) -> None:
    codes = {"province_code_a": str, "province_code_b": str}
    borders = pd.read_csv(REFERENCE_SEEDS / "province_borders.csv", dtype=codes)
    pairs = borders[["province_code_a", "province_code_b"]]
    panel = pd.read_parquet(results / "panel.parquet").set_index(["year", "province_code"])
    found = pd.read_parquet(results / "morans_i.parquet").query("weights == 'contiguity'")
    found = found.dropna(subset="moran_i")
    years = found.groupby("variable")["year"].agg(["min", "max", "count"])
    assert years.loc["coagglo"].tolist() == [2009, 2020, 12]
    assert years.loc["ami_partial"].tolist() == [2012, 2020, 9]
    for row in found.query("variable == 'coagglo'").itertuples():
        values = panel.loc[row.year, "coagglo"]
        z = values - values.mean()
        touching = {code: [] for code in z.index}
        for one, other in pairs.itertuples(index=False, name=None):
            touching[one].append(z[other])
            touching[other].append(z[one])
        lag = pd.Series({code: np.mean(of) for code, of in touching.items()})
        assert row.moran_i == pytest.approx((z * lag).sum() / (z**2).sum())


def test_nothing_synthetic_reaches_it(results: Path) -> None:
    assert "SYNTHETIC" not in (results / "report.html").read_text(encoding="utf-8")
    for path in results.glob("*.svg"):
        assert "SYNTHETIC" not in path.read_text(encoding="utf-8")
