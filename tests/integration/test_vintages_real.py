"""Vintages on real files: the year 2020 arrives, GDP is revised by a census, the policy is changed.

One dataset, refreshed three times. First every file ends with 2019, and GDP is as each year's first
publication gave it; GDP per person is put beside it as first published GDP implies it. Then the
files come as they are today. Then the person asks for first published figures again.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from ami_command import Ami
from test_real_data import printed
from vintage_recipes import compute_again

from ami.counterfactuals import STEPS
from ami.revisions import Revision, compare
from analysis.paper.long_form import KEY
from analysis.paper.main_coefficients import is_main

pytestmark = pytest.mark.slow

GDP = "地区生产总值"
PER_PERSON = "人均地区生产总值"
LAST_YEAR_BEFORE = 2019


def written(table: pd.DataFrame, item: str, unit: str) -> bytes:
    """Province x year in the layout of the data site, the newest year first."""
    years = sorted(table.columns, reverse=True)
    lines = ["数据库：分省年度数据", f"指标：{item}({unit})", f"时间：{years[-1]}-{years[0]}"]
    lines.append(",".join(["地区", *(f"{year}年" for year in years)]))
    for province, row in table.iterrows():
        cells = ("" if np.isnan(row[year]) else repr(float(row[year])) for year in years)
        lines.append(",".join([str(province), *cells]))
    return "\n".join([*lines, "数据来源：国家统计局"]).encode("gb18030")


def unit_of(path: Path) -> str:
    content = path.read_bytes()
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "gb18030"
    title = content.decode(encoding).splitlines()[1]
    return title[title.rindex("(" if "(" in title else "（") + 1 : -1].rstrip(",)）")


def upto_2019(table: pd.DataFrame) -> pd.DataFrame:
    return table[[year for year in table.columns if year <= LAST_YEAR_BEFORE]]


@dataclass
class History:
    """What the three refreshes left and said; `gdp` first and `revised`, province x year."""

    database: Path
    results: Path
    said: list[str]
    first: pd.DataFrame
    revised: pd.DataFrame
    per_person_first: pd.DataFrame
    per_person: pd.DataFrame


@pytest.fixture(scope="module")
def history(
    ami: Ami, home: Path, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> History:
    first_folder = real_data.with_name("nbs_first_published")
    if not first_folder.is_dir():
        pytest.skip(f"no first published figures at {first_folder}")
    inbox = tmp_path_factory.mktemp("inbox")
    first, revised = printed(first_folder, GDP), printed(real_data, GDP)
    per_person = printed(real_data, PER_PERSON)
    both = revised.columns.intersection(per_person.columns).intersection(first.columns)
    per_person_first = per_person.copy()
    per_person_first[both] = (per_person[both] * first[both] / revised[both]).round(0)

    tables = {path.stem: printed(real_data, path.stem) for path in real_data.glob("*.csv")}
    early = tables | {GDP: first, PER_PERSON: per_person_first}
    for name, table in early.items():
        cut = upto_2019(table)
        if cut.columns.empty:
            continue
        unit = unit_of(real_data / f"{name}.csv")
        (inbox / f"{name}.csv").write_bytes(written(cut, name, unit))
    said = []
    for arguments in (["--inbox", str(inbox)], [], ["--edition-policy", "first_published"]):
        if not arguments:
            for path in real_data.glob("*.csv"):
                (inbox / path.name).write_bytes(path.read_bytes())
        answer = ami("refresh", "--dataset", "annual", *arguments)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        said.append(answer.stdout)
    return History(
        home / "warehouse" / "annual" / "warehouse.duckdb",
        home / "results" / "annual",
        said,
        upto_2019(first),
        upto_2019(revised),
        upto_2019(per_person_first),
        upto_2019(per_person),
    )


@pytest.fixture(scope="module")
def arrival(history: History) -> Revision:
    return compare(history.database, 1, 2)


def test_each_refresh_made_a_vintage_and_said_so(history: History) -> None:
    for number, said in enumerate(history.said, start=1):
        assert f"Vintage {number}" in said
    assert "it is the first" in history.said[0]
    assert "inputs revised" in history.said[1]
    assert "by a changed option" in history.said[2]
    vintages = pd.read_parquet(history.results / "index_vintage.parquet")
    assert sorted(vintages["vintage"].unique()) == [1, 2, 3]
    assert vintages.groupby("vintage")["published_at"].nunique().eq(1).all()
    ami = vintages[vintages["variable"].eq("ami_partial") & vintages["value"].notna()]
    years = ami.groupby("vintage")["year"].agg(["min", "max"]).to_numpy().tolist()
    assert years == [[2012, 2019], [2012, 2020], [2012, 2020]]


def test_every_vintage_computed_again_is_what_it_published(history: History) -> None:
    vintages = pd.read_parquet(history.results / "index_vintage.parquet")
    for number in (1, 2, 3):
        again = compute_again(history.database, number)
        kept = vintages[vintages["vintage"].eq(number) & vintages["variable"].ne("ami_frozen")]
        both = again.merge(kept, on=["province_code", "year", "variable"], suffixes=("", "_kept"))
        assert len(both) == len(again) == len(kept)
        np.testing.assert_allclose(both["value"], both["value_kept"], rtol=1e-12)


def test_parts_add_up_for_every_variable_and_province_year(history: History) -> None:
    for old, new in ((1, 2), (2, 3), (1, 3)):
        values = compare(history.database, old, new).values
        moved = values[values["change"].notna()]
        assert len(moved)
        gap = (moved["change"] - moved[list(STEPS)].sum(axis=1)).abs()
        assert (gap <= 1e-9 * moved["new_value"].abs().clip(lower=1)).all()


def test_2020_moves_the_index_by_the_indicator_that_it_lets_in(arrival: Revision) -> None:
    """Employment is known for 2010 and 2020: the later year bridges the nine between them, and with
    them R&D personnel enters the index. No indicator of these files contains GDP, so a census
    cannot move the index.
    """
    assert arrival.new_indicators == ("rd_personnel_share",) and not arrival.gone_indicators
    ami = arrival.values[arrival.values["variable"] == "ami_partial"]
    moved = ami[ami["change"].notna()]
    assert set(moved["year"]) <= set(range(2012, 2020)) and len(moved) > 100
    assert moved["changed_composition"].abs().median() > 1
    for cause in set(STEPS) - {"changed_composition", "new_year"}:
        assert (moved[cause] == 0).all(), cause
    came = ami[ami["came_with"].notna()]
    assert set(came["came_with"]) == {"new_year"} and len(came) == 31
    assert set(came["year"]) == {2020}


def test_the_census_shows_in_gdp_and_in_pdgp(history: History, arrival: Revision) -> None:
    revised = arrival.inputs[arrival.inputs["cause"] == "revised_input"]
    for item, first, later in (
        ("gdp_100m_yuan", history.first, history.revised),
        ("gdp_per_capita_yuan", history.per_person_first, history.per_person),
    ):
        rows = revised[revised["item_code"] == item]
        years = first.columns.intersection(later.columns)
        differs = (first[years] != later[years]) & first[years].notna() & later[years].notna()
        in_panel = [year for year in years if year >= 2003]
        assert len(rows) == int(differs[in_panel].to_numpy().sum()) > 300, item
        liaoning = rows[(rows["province"] == "Liaoning") & (rows["year"] == 2014)].iloc[0]
        assert liaoning["old_value"] == first.loc["辽宁省", 2014]
        assert liaoning["new_value"] == later.loc["辽宁省", 2014]
    pdgp = arrival.values[
        arrival.values["variable"].eq("pdgp") & arrival.values["change"].notna()
    ].set_index(["province", "year"])
    ratio = history.per_person.loc["辽宁省", 2014] / history.per_person_first.loc["辽宁省", 2014]
    moved = pdgp.loc[("Liaoning", 2014)]
    assert moved["change"] == pytest.approx(np.log(ratio), abs=1e-9)
    assert moved["revised_input"] == pytest.approx(moved["change"], abs=1e-12)


def test_the_policy_brings_first_published_figures_back(history: History) -> None:
    revision = compare(history.database, 2, 3)
    assert revision.changed_options == {"edition_policy": ("latest", "first_published")}
    assert set(revision.inputs["cause"]) == {"changed_option"}
    values = revision.values[revision.values["change"].notna()]
    assert (values["changed_option"] - values["change"]).abs().max() <= 1e-9
    with duckdb.connect(str(history.database), read_only=True) as connection:
        panel = connection.execute(
            "select pdgp from marts.fct_panel where province = 'Liaoning' and year = 2014"
        ).fetchone()
    assert panel is not None
    assert panel[0] == pytest.approx(np.log(history.per_person_first.loc["辽宁省", 2014]))


def test_a_partial_index_sets_no_frozen_base(history: History) -> None:
    frozen = pd.read_parquet(history.results / "index_frozen.parquet")
    assert frozen["ami_frozen"].isna().all() and (frozen["n_indicators_base"] == 0).all()
    with duckdb.connect(str(history.database), read_only=True) as connection:
        assert connection.execute("from vintages.base_indicators").fetchall() == []


def test_the_panel_is_given_as_it_was_published_on_a_day(
    history: History, ami: Ami, tmp_path: Path
) -> None:
    """The day on which all three were published has the last; the view tells them apart."""
    kept = pd.read_parquet(history.results / "index_vintage.parquet")
    with duckdb.connect(str(history.database), read_only=True) as connection:
        periods = connection.execute(
            "select distinct vintage, published_at, superseded_at from marts.fct_panel_vintage"
            " order by vintage"
        ).fetchall()
        # A moment after the first was published and before the second.
        moment = periods[0][2] - (periods[0][2] - periods[0][1]) / 2
        then = connection.execute(
            "select vintage, province, year, coagglo, pdgp from marts.fct_panel_vintage"
            " where published_at <= $moment and superseded_at > $moment",
            {"moment": moment},
        ).df()
    assert [superseded for *_, superseded in periods[:2]] == [of for _, of, _ in periods[1:]]
    assert periods[2][2] is None and set(then["vintage"]) == {1}
    liaoning = then[(then["province"] == "Liaoning") & (then["year"] == 2014)]
    assert liaoning["pdgp"].item() == pytest.approx(
        np.log(history.per_person_first.loc["辽宁省", 2014])
    )
    day = f"{periods[2][1]:%Y-%m-%d}"
    file = tmp_path / "panel.csv"
    answer = ami("panel", "--as-of", day, "--dataset", "annual", "--output", str(file))
    assert answer.returncode == 0, answer.stderr
    assert "vintage 3" in answer.stdout and file.read_bytes()[:3] == b"\xef\xbb\xbf"
    last = pd.read_csv(file, dtype={"province_code": str}).set_index(["province_code", "year"])
    assert not last["is_synthetic"].any() and set(last["vintage"]) == {3}
    for name in ("coagglo", "pdgp", "ami_partial"):
        rows = kept[(kept["vintage"] == 3) & (kept["variable"] == name)]
        published = rows.set_index(["province_code", "year"])["value"]
        np.testing.assert_allclose(last[name], published.reindex(last.index), rtol=1e-14)
    again = ami("panel", "--as-of", day, "--dataset", "annual", "--output", str(file))
    assert again.returncode == 2 and "name a file that does not" in again.stderr
    early = ami("panel", "--as-of", "2020-05-01", "--dataset", "annual")
    assert early.returncode == 2 and early.stdout == ""
    assert "nothing of 'annual' was published by 2020-05-01" in early.stderr
    assert f"its first vintage is of {periods[0][1]:%Y-%m-%d %H:%M} UTC" in early.stderr


def test_coefficients_have_vintages_and_their_moves_add_up(history: History, ami: Ami) -> None:
    kept = pd.read_parquet(history.results / "estimate_vintage.parquet")
    main = kept[is_main(kept)]
    assert set(main["vintage"]) == {1, 2, 3} and not kept["is_synthetic"].any()
    for old, new in ((1, 2), (2, 3), (1, 3)):
        moves = compare(history.database, old, new).estimates
        moved = moves[moves["change"].notna()]
        assert len(moves)
        for end, vintage in (("old_estimate", old), ("new_estimate", new)):
            own = main[main["vintage"] == vintage].set_index(KEY)["estimate"]
            found = moved.set_index(KEY)[end]
            pd.testing.assert_series_equal(found, own.reindex(found.index), check_names=False)
        gap = (moved["change"] - moved[list(STEPS)].sum(axis=1)).abs()
        assert (gap <= 1e-12 * moved["new_estimate"].abs().clip(lower=1)).all()
    policy = compare(history.database, 2, 3).estimates.dropna(subset="change")
    assert (policy["changed_option"] == policy["change"]).all() and len(policy)
    assert "Coefficients that moved" in ami("diff", "2", "3", "--dataset", "annual").stdout
    report = (history.results / "report.html").read_text(encoding="utf-8")
    assert "Would the paper stand on today" in report


def test_the_command_and_the_report_tell_it(history: History, ami: Ami) -> None:
    answer = ami("diff", "1", "2", "--dataset", "annual")
    assert answer.returncode == 0, answer.stderr
    for words in ("revised input", "new year", "Gross Regional Product", "parts add up"):
        assert words in answer.stdout
    whole = json.loads(ami("diff", "1", "2", "--dataset", "annual", "--json").stdout)
    assert whole["is_synthetic"] is False and whole["old"]["vintage"] == 1
    assert len(whole["values"]) == len(compare(history.database, 1, 2).values)
    wrong = ami("diff", "1", "9", "--dataset", "annual")
    assert wrong.returncode == 2 and "no vintage 9" in wrong.stderr
    listed = ami("vintages", "--dataset", "annual").stdout
    assert "first_published" in listed
    report = (history.results / "report.html").read_text(encoding="utf-8")
    assert "What changed since the last vintage" in report
    assert "by a changed option" in report
