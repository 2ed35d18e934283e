"""The page of `analysis.report`: complete, safe, self-contained, and true to its inputs."""

import re
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from pages import Page
from report_frames import SEEDS, altered, demo, partial, real, with_checks

from analysis.report import frames
from analysis.report.inputs import ReportInputs
from analysis.report.page import NEEDS, READINGS, SECTIONS, render

HOSTILE = "<script>alert('x')</script>&\"<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def demo_inputs() -> ReportInputs:
    return demo()


@pytest.fixture(scope="module")
def demo_html(demo_inputs: ReportInputs) -> str:
    return render(demo_inputs)


@pytest.fixture(scope="module")
def real_html() -> str:
    return render(real())


def test_every_figure_and_table_of_the_demo_says_synthetic(demo_html: str) -> None:
    page = Page.of(demo_html)

    assert len(page.figures) == 13
    assert all("SYNTHETIC DATA" in text for text in page.figures)
    assert len(page.table_texts) >= 30
    # The paper's printed figures are not of the dataset, nor are definitions.
    of_print = [text for text in page.table_texts if "SYNTHETIC" not in text]
    n_rules = len([name for name in page.tables if name.startswith("print-audit")])
    assert len(of_print) - 1 == n_rules > 1
    assert "SYNTHETIC DATA" in page.text.split("In short")[0]


def test_no_report_of_real_data_says_synthetic(real_html: str) -> None:
    assert "synthetic" not in real_html.lower()


@pytest.mark.parametrize("name", ["demo_html", "real_html"])
def test_page_needs_nothing_from_elsewhere(name: str, request: pytest.FixtureRequest) -> None:
    html = request.getfixturevalue(name)
    page = Page.of(html)

    links = page.attribute("href") + page.attribute("src") + page.attribute("xlink:href")
    assert links
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"@import|url\(|<script|<link|<iframe", html)
    # A namespace is a name, not an address that anything loads.
    addresses = set(re.findall(r"https?://[^\"' <]+", html))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


@pytest.mark.parametrize("name", ["demo_html", "real_html"])
def test_page_is_sound_and_accessible(name: str, request: pytest.FixtureRequest) -> None:
    page = Page.of(request.getfixturevalue(name))

    ids = page.attribute("id")
    assert [each for each, count in Counter(ids).items() if count > 1] == []
    targets = [link.removeprefix("#") for link in page.attribute("href")]
    for attribute in ("aria-labelledby", "aria-describedby", "headers"):
        targets += [each for value in page.attribute(attribute) for each in value.split()]
    assert set(targets) <= set(ids)
    tags = Counter(tag for tag, _ in page.tags)
    assert tags["html"] == tags["main"] == tags["h1"] == tags["nav"] == tags["header"] == 1
    assert [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)][1:] == ["h2"] * tags["h2"]
    assert ("main", "content") in {(tag, a.get("id")) for tag, a in page.tags}
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    labels = [a["aria-label"] for _, a in page.tags if a.get("role") == "img"]
    assert len(labels) == tags["svg"] and all(len(label) > 40 for label in labels)
    assert tags["caption"] == tags["table"]
    boxes = [a for _, a in page.tags if "scroll" in a.get("class", "").split()]
    assert len(boxes) == tags["table"] + tags["svg"]
    assert all(a["tabindex"] == "0" and a["aria-label"] and a["role"] for a in boxes)
    assert all(row[0] for rows in page.tables.values() for row in rows[1:] if row)


@pytest.mark.slow
def test_texts_from_data_are_escaped(demo_inputs: ReportInputs) -> None:
    def poisoned(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        return frame.assign(**{column: HOSTILE + frame[column].astype(str) for column in columns})

    checks = poisoned(demo_inputs.checks, "check", "expected", "observed", "first_rows")
    html = render(
        altered(
            with_checks(replace(demo_inputs, dataset=HOSTILE), checks),
            panel=poisoned(demo_inputs[frames.PANEL], "province"),
            index=poisoned(demo_inputs[frames.INDEX], "province"),
            agglomeration=poisoned(demo_inputs[frames.AGGLOMERATION], "province"),
            weights=poisoned(demo_inputs[frames.WEIGHTS], "indicator_label", "dimension_label"),
            descriptives=poisoned(demo_inputs[frames.DESCRIPTIVES], "variable_label"),
            coverage=poisoned(demo_inputs[frames.COVERAGE], "label", "missing_inputs"),
            estimates=poisoned(demo_inputs[frames.ESTIMATES], "stars", "outcome"),
            preferred=poisoned(demo_inputs[frames.PREFERRED], "correction_reason"),
            editions=poisoned(demo_inputs[frames.EDITIONS], "source_file", "withheld_reason"),
            series_breaks=poisoned(demo_inputs[frames.SERIES_BREAKS], "change", "source"),
            files=poisoned(demo_inputs.files, "source_file", "reader"),
            set_aside=poisoned(
                demo_inputs.set_aside, "source_file", "value_printed", "reason", "expected"
            ),
        )
    )

    assert "<script" not in html.lower()
    assert "<img" not in html.lower()
    assert html.count("&lt;script&gt;") > 100
    Page.of(html)


def test_tables_show_the_figures_of_their_inputs(demo_inputs: ReportInputs, demo_html: str) -> None:
    tables = Page.of(demo_html).tables

    def shown(table: str, label: str) -> list[str]:
        return next(row for row in tables[table] if row and row[0].strip() == label)[1:]

    weight = demo_inputs[frames.WEIGHTS].set_index("indicator").loc["rd_intensity"]
    assert shown("table-2", weight["indicator_label"]) == [
        "+",
        f"{weight['overall_weight']:.3f}",
        f"{weight['published_overall_weight']:.3f}",
        "+0.004",
        f"{weight['individual_weight']:.3f}",
        f"{weight['published_individual_weight']:.3f}",
        "−0.011",
    ]

    mean = demo_inputs[frames.PANEL]["coagglo"].mean()
    assert shown("table-3", "Industrial Synergy Agglomeration (coagglo)")[:4] == [
        "589", "589", f"{mean:.2f}", "3.99",
    ]  # fmt: skip

    assert shown("table-4", "Industrial Synergy Agglomeration (coagglo)") == [
        f"{0.767 * 1.07:.3f}***({0.130 * 0.93:.3f}){{0.012}}",
        "0.767***(0.130)",
        "—",
        "—",
        f"{1.337 * 1.07:.3f}***({0.515 * 0.93:.3f}){{0.012}}",
        "1.337***(0.515)",
        "—",
        "—",
        f"{0.812 * 1.07:.3f}***({0.187 * 0.93:.3f}){{0.012}}",
        "0.812***(0.187)",
    ]
    assert shown("table-4", "Government Support Intensity (gov)")[1] == "−0.088***(0.027)"
    assert shown("table-4", "Hausman test, classical: χ² [p-value]")[:2] == ["58.21[< 0.001]", "—"]
    assert shown("table-4", "Hausman test, cluster-robust: F [p-value]")[0] == "4.87[0.012]"

    assert shown("table-4", "Anderson-Rubin set at 95 %: from")[4] == "−∞"
    assert shown("table-6", "Observations (province-years)")[:4] == ["190", "190", "114", "114"]
    assert shown("table-8", "Indirect")[:4] == [
        f"{0.367 * 1.07:.3f}({0.093 * 0.93:.3f})", "0.367(0.093)",
        f"{0.202 * 1.07:.3f} to {0.591 * 1.07:.3f}", "0.202 to 0.591",
    ]  # fmt: skip
    assert shown("conditional-mi", "index of moderated mediation")[4] == "−0.050 to 0.250"

    assert shown("regions-mi", "coagglo on ami, column (1)") == [
        "−1.50", "3.00", "positive", "75 %",
    ]  # fmt: skip
    assert shown("regions-icc", "coagglo on uic, column (3)") == ["—", "—", "—", "0 %"]
    assert shown("dependence", "5 (2)") == [
        "coagglo", "0.500", "0.200", "−0.125", "Hebei", "0.750", "Shanghai", "Hebei", "—", "Hebei",
        "—",
    ]  # fmt: skip

    last = demo_inputs[frames.INDEX][demo_inputs[frames.INDEX]["year"] == 2021].set_index(
        "province"
    )
    assert len(tables["ranking"]) == 32
    assert shown("ranking", "Beijing")[:2] == [
        f"{last.loc['Beijing', 'ami_rank']:.0f}",
        f"{last.loc['Beijing', 'ami']:.2f}",
    ]

    fdi = demo_inputs[frames.FILLED][demo_inputs[frames.FILLED]["item_code"] == "fdi_10k_usd"]
    counts = fdi["fill_method"].value_counts()
    rows = tables["interpolation-table"] + tables["interpolation-table-rest"]
    assert [
        *counts[["observed", "linear", "nearest"]].astype(str),
        str(fdi["crosses_break"].sum()),
        str(fdi["gap_length"].max()),
    ] in [row[1:] for row in rows if row[0] == "Foreign Direct Investment Actually Utilized"]

    reasons = demo_inputs.set_aside["reason"].value_counts()
    assert shown("set-aside-reasons", "outside sample")[0] == str(reasons["outside_sample"])
    assert shown("corrections-table", "Foreign Direct Investment Actually Utilized")[3:5] == [
        "64,970", "6,497",
    ]  # fmt: skip
    assert shown("withheld-table", "Value Added of the Tertiary Industry") == [
        "Tibet", "2021", "612.5", "csy.csv",
        "a quarter of the year: the sectors add up to 26 % of GDP",
    ]  # fmt: skip
    # The other break lies before the figures begin.
    assert [row[1:3] for row in tables["series-breaks"][1:]] == [
        ["2011", "projects from one million dollars on"]
    ]


def test_failed_checks_stand_first_and_errors_before_warnings(demo_inputs: ReportInputs) -> None:
    checks = demo_inputs.checks.copy()
    checks.loc[checks["check"] == "uic_in_range", ["passed", "n_unexpected"]] = [False, 3]
    page = Page.of(render(with_checks(demo_inputs, checks)))

    assert [row[0] for row in page.tables["checks-failed"][1:]] == ["uic_in_range", "item_jumps"]
    assert "uic_in_range" not in [row[0] for row in page.tables["checks-passed"]]
    assert page.text.index("Checks that failed") < page.text.index("Checks that passed")
    assert "2 of 23 checks failed (1 error, which stop" in page.text


def test_sums_are_compared_where_no_province_is_missing(demo_inputs: ReportInputs) -> None:
    reconciliation = pd.DataFrame(
        {
            "item_code": ["gdp_100m_yuan"] * 3 + ["fdi_10k_usd"],
            "year": [2010, 2011, 2012, 2010],
            "provincial_sum": [100.0, 103.0, 60.0, 10.0],
            "national_value": [100.0, 100.0, 100.0, 20.0],
            "n_provinces": [31, 31, 30, 29],
            "relative_difference": [0.0, 0.03, -0.4, -0.5],
        }
    )
    page = Page.of(render(altered(demo_inputs, reconciliation=reconciliation)))

    assert page.tables["reconciliation-table"][1:] == [
        ["Gross Regional Product", "2", "+1.50 %", "+3.00 %", "2011", "103.0", "100.0"]
    ]
    assert "In 1 of 2 item-years in which all 31 provinces have a figure" in page.text
    assert "2 item-years with a province missing are not compared." in page.text


def test_the_panel_says_how_sure_the_baseline_is_by_every_measure(
    demo_inputs: ReportInputs, demo_html: str
) -> None:
    page, frame = Page.of(demo_html), demo_inputs[frames.SURETY]
    own = frame[
        (frame[["table", "column", "term"]] == ["4", "1", "coagglo"]).all(axis=1)
    ].set_index("measure")
    order = ["clustered", "jackknife", "wild_bootstrap", "driscoll_kraay", "conley"]
    order += ["randomisation"]
    row = next(row for row in page.tables["how-sure-panel"] if row[0] == "4 (1) coagglo")
    assert row[1:5] == ["ami", "0.820", "31", f"{own['statistic']['effective_clusters']:.1f}"]
    assert row[5:] == [f"{own['p_value'][name]:.3f}" for name in order]
    said = "rests on 31 provinces that are worth 8.6 of equal weight"
    assert said in page.text
    assert page.tables["how-sure-residuals"][-1][0] == "4 (1) ami"
    assert page.tables["how-sure-unit-roots"][-1][:3] == ["coagglo", "8.62", "−2.15"]


def test_what_carries_the_headline_is_shown_by_dimension_and_beside_table_4(
    demo_html: str, real_html: str
) -> None:
    page = Page.of(demo_html)
    names = [row[0] for row in page.tables["what-carries-baseline"][-8:]]
    assert names == [
        "whole", "amt", "– rd_intensity", "amw", "– log_manufacturing_employment",
        "– log_average_wage", "without shared items", "index of the others",
    ]  # fmt: skip
    beside = page.tables["baseline-without-shared"][-1]
    assert beside == ["4 (1) coagglo", "ami", "0.800", "0.110", "0.200", "25.0", "0.250", "0.110",
                      "0.031"]  # fmt: skip
    assert page.tables["what-carries-rows"][1] == ["Shanghai 2021", "−0.0710", "−0.0820"]
    assert page.tables["what-carries-figures"][1:] == [
        ["value_added_rate", "Hunan 2006", "−0.0290"]
    ]
    turned = page.tables["what-carries-turned"][-1]
    assert turned == ["4 (1) coagglo", "significance", "2", "0.3", "0.800", "0.670", "0.655",
                      "0.071", "yes"]  # fmt: skip
    assert "what-carries-baseline" not in Page.of(real_html).tables


def test_a_reduced_table_stands_beside_the_refusal_and_is_called_so(
    real_html: str, demo_html: str
) -> None:
    page = Page.of(real_html)
    assert "Table 4 is not estimable" in page.text
    coefficient = next(
        row for row in page.tables["reduced-table-4"] if row[:2] == ["(1) ami", "coagglo"]
    )
    assert coefficient[2] == f"{0.767 * 1.07:.3f}***"
    said = "Reduced, without fdi, hcl and inf, it puts the effect of coagglo on ami at"
    said += f" {0.767 * 1.07:.3f}"
    assert page.text.count(said) == 2  # in short, and with the table
    assert "reduced-table-4" not in Page.of(demo_html).tables


def test_partial_real_data_say_what_is_there_and_why_the_rest_is_not(real_html: str) -> None:
    page = Page.of(real_html)

    assert "No index: 3 of 21 indicators are at hand" in page.text
    assert "Figure 2 and the ranking of provinces are absent" in page.text
    assert "Figure 3, ami against coagglo, is absent: ami has no value." in page.text
    assert "the dataset has no value of ami, fdi, hcl and inf" in page.text
    assert "available for 2009–2020, 372 of 589 province-years" in page.text
    assert {a["id"] for tag, a in page.tags if tag == "figure"} == {
        "figure-2b", "figure-coverage", "morans-i", "moran-scatter-coagglo", "cluster-map-coagglo",
    }  # fmt: skip
    assert page.tables["agglomeration-table"][0][0] == "Province"
    assert len(page.tables["agglomeration-table"]) == 32
    assert not {"table-2", "ranking", *(f"table-{n}" for n in range(4, 11))} & set(page.tables)
    for n in range(4, 11):
        assert f"Table {n} is not estimable: the dataset has no value of ami" in page.text
    assert page.tables["not-estimable-4"][1][0] == "Table 4, column (1)"
    assert "nan" not in re.findall(r"[a-z]+", page.text.lower())


def test_a_partial_index_is_called_so_everywhere_and_ranks_the_newest_year_that_stands() -> None:
    page = Page.of(render(partial()))

    # By its own name only where the page says that it is not it.
    named = page.text.replace("not the Advanced Manufacturing Index", "")
    assert "Advanced Manufacturing Index" not in named
    assert page.text.lstrip().startswith("Partial index: nbs")
    assert (
        "Partial index, not the Advanced Manufacturing Index, computed from 3 of 21 indicators, in "
        "279 of 589 province-years. 2020 is provisional" in page.text
    )
    assert "It is a partial index: 3 of 21 indicators, and less than 50 % of those" in page.text
    assert "By itself stands amw." in page.text
    assert "Figure 2. Partial index, from 3 of 21 indicators: the 10 leading provinces of 2019" in (
        page.text
    )
    ranking = page.tables["ranking"]
    assert ranking[0][2] == "ami_partial" and len(ranking) == 32
    assert "Ranks, figures and maps are those of 2019, the newest year that stands" in page.text
    assert "In 2019 the partial index runs from" in page.text
    pictures = [tag for tag in page.tags if tag[0] == "figure"]
    assert {"figure-2", "figure-3", "index-map-figure"} <= {a["id"] for _, a in pictures}


def test_where_no_year_stands_the_ranking_says_that_it_is_provisional(
    demo_inputs: ReportInputs,
) -> None:
    index = demo_inputs[frames.INDEX].assign(is_provisional=True)
    html = render(altered(demo_inputs, index=index))
    assert "No year stands, so that the ranking is provisional, too" in Page.of(html).text
    assert "ami in 2021 (provisional)" in html


def test_index_of_some_indicators_says_so_beside_every_use(demo_inputs: ReportInputs) -> None:
    at_hand = demo_inputs[frames.WEIGHTS].index < 9
    weights = demo_inputs[frames.WEIGHTS].assign(is_available=at_hand)
    for name in ("overall_weight", "individual_weight"):
        weights[name] = weights[name].where(at_hand)
    index = demo_inputs[frames.INDEX].assign(n_indicators=9)
    index.loc[index["year"] > 2018, ["ami", "ami_rank"]] = np.nan
    page = Page.of(render(altered(demo_inputs, weights=weights, index=index)))

    years = index["ami"].notna().sum()
    assert f"Index computed from 9 of 21 indicators, in {years} of 589 province-years." in page.text
    assert "from 9 of 21 indicators: the 10 leading provinces of 2018, 2012–2018" in page.text
    assert "Computed from 9 of 21 indicators, this is not the index of the paper" in page.text
    assert "Weights add up to 1 over 9 indicators here and over 21 in the paper" in page.text
    assert page.tables["ranking"][1][-2] == "9 of 21"


def test_a_dataset_without_any_figure_still_makes_a_page() -> None:
    inputs = real()
    agglomeration = inputs[frames.AGGLOMERATION].assign(coagglo=np.nan)
    coverage = inputs[frames.COVERAGE].copy()
    coverage.loc[coverage["subject"] == "coagglo", "missing_inputs"] = "employed_10k_persons"
    page = Page.of(
        render(
            altered(
                with_checks(inputs, inputs.checks[inputs.checks["passed"].astype(bool)]),
                panel=inputs[frames.PANEL].assign(coagglo=np.nan),
                agglomeration=agglomeration,
                coverage=coverage,
                weights=inputs[frames.WEIGHTS].assign(is_available=False),
                set_aside=inputs.set_aside.head(0),
                reconciliation=inputs[frames.RECONCILIATION].head(0),
                filled=inputs[frames.FILLED][inputs[frames.FILLED]["fill_method"] == "observed"],
            )
        )
    )

    assert "is absent: the dataset lacks Employed Persons." in page.text
    assert "No index: 0 of 21 indicators are at hand." in page.text
    assert "Nothing: every cell read has landed." in page.text
    assert "All 22 data checks passed." in page.text


def test_every_option_has_words_for_every_value() -> None:
    text = (SEEDS.parent / "dbt_project.yml").read_text(encoding="utf-8")
    allowed = yaml.safe_load(text)["vars"]["allowed_values"]
    assert {name: list(words) for name, words in READINGS.items()} == allowed


@pytest.mark.slow
def test_methods_state_the_options_of_the_build(demo_inputs: ReportInputs) -> None:
    options = {"edition_policy": "first_published", "edge_fill": "none", "index_scope": "year"}
    page = Page.of(render(replace(demo_inputs, options=options)))

    assert "the one first published counts" in page.text
    assert "after the last figure of a province stay missing" in page.text
    assert "run over the provinces of each year by itself" in page.text


def test_what_a_reader_must_know_of_an_estimate_stands_below_it(demo_html: str) -> None:
    note = "classical Hausman test: prefer the &lt;b&gt;robust&lt;/b&gt; test."
    assert f"Note on column (1): {note}" in demo_html


def test_sections_on_regressions_open_with_their_figures_in_words(demo_html: str) -> None:
    text = Page.of(demo_html).text

    assert text.count("In the SYNTHETIC data, ") == 20
    assert (
        f"coagglo goes with {0.767 * 1.07:.3f} points of ami (standard error {0.13 * 0.93:.3f}, "
        "wild bootstrap p 0.012, 0.767 in the paper)"
    ) in text
    assert "(95 % Anderson-Rubin set from −∞ to 1.43)" in text
    assert f"largest for amw ({2.237 * 1.07:.3f})" in text
    assert f"{0.354 * 1.07:.3f} in the East" in text
    assert "the effect of coagglo through uic is 0.200 of a total of 0.600" in text
    assert "(0.040 to 0.360) does not contain zero" in text
    assert "the index of moderated mediation (−0.060 to 0.260) contains zero" in text
    assert "the effect through uic goes from 0.200 to 0.400" in text
    assert "over 8 fits, recipes of the index crossed with measures, samples and controls" in text
    assert "is positive in 87.5 %" in text
    assert "lies between 0.700 (without Shanghai) and 0.900" in text


def test_audit_of_print_counts_every_comparison(demo_inputs: ReportInputs, demo_html: str) -> None:
    page, found = Page.of(demo_html), demo_inputs[frames.PRINT_AUDIT]
    findings = found[found["verdict"] != "not readable"]
    rules = page.tables["print-audit-rules"][1:]
    counted = pd.DataFrame([row[2:] for row in rules]).astype(int)

    assert counted.to_numpy().sum() == len(findings)
    assert counted[1].sum() == (findings["verdict"] == "inconsistent").sum()
    listed = [rows for name, rows in page.tables.items() if re.fullmatch(r"print-audit-\d+", name)]
    assert sum(len(rows) - 1 for rows in listed) == counted[1].sum()
    assert f"Of {len(findings)} comparisons" in page.text
    assert "2 marks that cannot be read on the page are not counted" in page.text


def test_the_printed_ranking_stands_beside_ours(demo_inputs: ReportInputs) -> None:
    index = demo_inputs[frames.INDEX].copy()
    names = ["Anhui", "Jiangsu", "Tibet", "Beijing", "Gansu", "Hebei", "Hunan", "Hainan", "Jilin",
             "Shanxi"]  # fmt: skip
    place = {name: rank for rank, name in enumerate(names, start=1)}
    of_year = index["year"] == 2021
    index.loc[of_year, "ami_rank"] = index["province"].map(place).fillna(20.0)
    page = Page.of(render(altered(demo_inputs, index=index)))
    rows = page.tables["ranking-beside-print"]
    assert rows[1] == ["1", "Jiangsu", "2", "Anhui"]
    assert rows[5] == ["5", "Anhui", "1", "Gansu"]
    assert rows[10] == ["10", "Beijing", "4", "Shanxi"]
    # Jiangsu, Anhui, Hunan and Beijing.
    words = "Of the 10 provinces that the paper names as leading in 2021, 4 are among the first 10"
    assert f"{words} of 2021 here." in page.text
    # Where the dataset does not reach that year, its last one stands beside.
    early = index.assign(ami=index["ami"].where(index["year"] < 2019))
    assert (
        "among the first 10 of 2018 here" in Page.of(render(altered(demo_inputs, index=early))).text
    )


@pytest.mark.slow
def test_a_table_whose_first_column_is_missing_shows_the_others(demo_inputs: ReportInputs) -> None:
    estimates = demo_inputs[frames.ESTIMATES]
    first = (estimates["table"] == "4") & (estimates["column"] == "1")
    refused = pd.DataFrame(
        [("4", "1", "", "constant in the complete rows: hcl")],
        columns=["table", "column", "missing_variables", "reason"],
    )
    inputs = altered(demo_inputs, estimates=estimates[~first], not_estimable=refused)
    page = Page.of(render(inputs))

    assert "not estimable in its first column: constant in the complete rows: hcl" in page.text
    assert "(5) center, 2016-2021" in page.text


def test_morans_i_stands_beside_the_claim_of_the_paper(
    demo_inputs: ReportInputs, demo_html: str
) -> None:
    page, table = Page.of(demo_html), demo_inputs[frames.MORANS_I]
    claim = "The paper says of its nested matrix that all Moran’s I are significantly positive."
    assert f"{claim} In the SYNTHETIC data, Moran’s I is" in page.text
    for (variable, weights), rows in table.groupby(["variable", "weights"]):
        certain = ((rows["moran_i"] > -1 / 30) & (rows["p_permutation"] < 0.05)).sum()
        low, high = (f"{end:.3f}".replace("-", "−") for end in rows["moran_i"].agg(["min", "max"]))
        assert (
            f"in {certain} of 19 years for {variable} under {weights.replace('_', ' ')} weights "
            f"(I from {low} to {high})"
        ) in page.text
    assert len(page.tables["moran-years"]) == 1 + len(table) == 77
    first = table.iloc[0]
    shown = page.tables["moran-years"][1]
    assert shown[:4] == ["coagglo", "nested", "2003", "31"]
    assert shown[4] == f"{first['moran_i']:.3f}".replace("-", "−")
    assert shown[-1] == f"{first['p_permutation']:.4f}"
    assert [row[0] for row in page.tables["spatial-weights"][1:]] == [
        "nested", "economic distance", "nested convex", "inverse distance", "contiguity",
        "nearest 4",
    ]  # fmt: skip


def test_local_clusters_are_those_of_the_table(demo_inputs: ReportInputs, demo_html: str) -> None:
    page, local = Page.of(demo_html), demo_inputs[frames.LOCAL_MORAN]
    for variable in ("coagglo", "ami"):
        rows = local[(local["variable"] == variable) & (local["weights"] == "nested")]
        n = (rows["p"] < 0.05).sum()
        kept = (rows["p_fdr"] < 0.05).sum()
        provinces = "1 province" if n == 1 else f"{n} provinces"
        assert (
            f"under nested weights {variable} in 2021 has {provinces} with p below 0.05, {kept} of "
            "which stay so"
        ) in page.text
        shown = page.tables[f"local-{variable}"][1:]
        assert len(shown) == 31
        assert sum(row[-2] != "not significant" for row in shown) == n


def test_an_end_among_draws_without_bound_is_unbounded_with_their_share(
    demo_inputs: ReportInputs,
) -> None:
    rows = demo_inputs[frames.SPATIAL_PATHWAYS].copy()
    spillover = (rows["of"] == "mediated") & (rows["reach"] == "spillover")
    rows.loc[rows["kind"] == "mediation", "n_at_end"] = 19
    rows.loc[spillover, ["percentile_lower", "percentile_upper"]] = [-1.25, np.inf]
    rows.loc[spillover, "bias_corrected_lower"] = -np.inf
    page = Page.of(render(altered(demo_inputs, spatial_pathways=rows)))

    assert "in the other provinces together (−1.250 to unbounded)" in page.text
    assert "In up to 19 draws (9.5 %) the likelihood of a rho rises to its end" in page.text
    shown = next(row for row in page.tables["pathways-mediation"] if "all others" in row)
    assert shown[3] == "−1.250 to unbounded"
    assert shown[4].startswith("unbounded to ")


def test_what_space_lacks_is_listed_and_incomplete_years_are_told(real_html: str) -> None:
    page = Page.of(real_html)
    refused = {row[0]: row[1:] for row in page.tables["not-estimable-space"][1:]}
    assert refused["Moran's I of ami"] == ["ami", "without any value: ami"]
    assert refused["local Moran's I of ami"] == ["ami", "without any value: ami"]
    years = "2003, 2004, 2005, 2006, 2007, 2008 and 2021"
    assert f"Without Moran’s I of coagglo: {years} (0 units have a value" in page.text
    assert "of 12 years for coagglo under nested weights" in page.text


def test_without_income_the_weights_of_distance_are_shown_and_named() -> None:
    inputs = real()
    rows = [
        frame[frame["weights"] == "nested"].assign(weights="inverse_distance")
        for frame in (
            inputs[frames.SPATIAL_WEIGHTS],
            inputs[frames.MORANS_I],
            inputs[frames.LOCAL_MORAN],
        )
    ]
    refused = pd.DataFrame(
        [("5.6", "weights nested", "pdgp", "without any value: pdgp", "spatial_weights")],
        columns=inputs[frames.NOT_ESTIMABLE].columns,
    )
    page = Page.of(
        render(
            altered(
                inputs,
                spatial_weights=rows[0],
                morans_i=rows[1],
                local_moran=rows[2],
                not_estimable=pd.concat([inputs[frames.NOT_ESTIMABLE], refused]),
            )
        )
    )
    assert "of 12 years for coagglo under inverse distance weights" in page.text
    assert "Under inverse distance weights coagglo in 2020 has" in page.text
    assert ["weights nested", "pdgp", "without any value: pdgp"] in page.tables[
        "not-estimable-space"
    ]
    assert not any(a.get("id") == "morans-i" for _, a in page.tags)


def test_weights_that_some_provinces_are_not_on_say_so(demo_inputs: ReportInputs) -> None:
    words = "among 30 provinces: pdgp is in no year known of 540000"
    notes = pd.DataFrame(
        [("5.6", f"weights {name}", words) for name in ("nested", "economic_distance")],
        columns=demo_inputs[frames.NOTES].columns,
    )
    page = Page.of(render(altered(demo_inputs, notes=notes)))
    assert f"Weights nested and weights economic distance: {words}." in page.text


def test_provinces_without_a_value_in_the_last_year_are_named() -> None:
    inputs = demo()
    local = inputs[frames.LOCAL_MORAN].assign(missing="540000,650000")
    morans_i = inputs[frames.MORANS_I].assign(
        missing=np.where(inputs[frames.MORANS_I]["year"] == 2021, "540000,650000", "")
    )
    page = Page.of(render(altered(inputs, local_moran=local, morans_i=morans_i)))
    assert "Without ami in 2021 and left out, weights restated: Tibet and Xinjiang." in page.text
    assert "Not every province has coagglo in 2021: there the weights are restated" in page.text


@pytest.mark.parametrize("number", range(len(SECTIONS)))
def test_each_section_names_the_tables_that_it_reads(
    demo_inputs: ReportInputs, number: int
) -> None:
    seen: set[str] = set()

    class Watched(dict):  # type: ignore[type-arg]
        def __getitem__(self, table: str) -> pd.DataFrame:
            seen.add(table)
            return super().__getitem__(table)

        def get(self, table: str, default: object = None) -> object:
            seen.add(table)
            return super().get(table, default)

    part = SECTIONS[number]
    part.make(replace(demo_inputs, frames=Watched(demo_inputs.frames)))
    assert seen
    assert seen <= set(part.needs) <= set(NEEDS)


def test_what_hangs_on_a_bridge_is_said_first_thing(demo_inputs: ReportInputs) -> None:
    words = "279 of 372 cells of coagglo hang on a bridge"
    note = pd.DataFrame({"table": ["filled cells"], "column": [""], "note": [words]})
    found = Page.of(render(altered(demo_inputs, notes=note))).text
    assert found.count(f"{words}.") == 2
    assert found.index(words) < found.index("data checks")
