"""Every sentence that reads a figure, against an example computed here from the same tables.

A section whose lead has a digit must be in `HELD`, with a computation that does not go by the
report's code: counts by loops, least squares by numpy, effects in space by letting one province
have a unit more.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_frames import altered, demo

from analysis.paper import spatial_pathways
from analysis.report import frames
from analysis.report.blocks import Paragraph, Section
from analysis.report.inputs import ReportInputs
from analysis.report.page import SECTIONS
from analysis.report.sections import other_readings, spillovers, tables_4_to_6, tables_7_to_10
from analysis.report.sections.paper_section import judged
from analysis.spatial.pathways import spatial_mediation
from analysis.spatial.weights_matrix import SpatialWeights


def text(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-", "−")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(row) for row in frame.to_dict("records")]


def cell(inputs: ReportInputs, table: str, column: str, term: str) -> dict[str, Any]:
    (row,) = (
        row
        for row in records(inputs[frames.ESTIMATES])
        if (row["table"], row["column"], row["term"]) == (table, column, term)
    )
    return row


def index(inputs: ReportInputs) -> list[str]:
    last = [row for row in records(inputs[frames.INDEX]) if row["year"] == 2021]
    ten = sorted(last, key=lambda row: -row["ami"])[:10]
    printed = "Jiangsu Zhejiang Shanghai Guangdong Anhui Liaoning Jiangxi Tianjin Hunan Beijing"
    shared = len(set(printed.split()) & {row["province"] for row in ten})
    verb = "is" if shared == 1 else "are"
    return [
        "the 10 provinces with the highest index in 2021 through the years 2012–2021",
        f"all {len(last)} provinces",
        f"{shared} {verb} among the first 10 of 2021 here",
    ]


def index_map(inputs: ReportInputs) -> list[str]:
    last = {row["ami"]: row["province"] for row in records(inputs[frames.INDEX])
            if row["year"] == 2021}  # fmt: skip
    low, high = min(last), max(last)
    return [f"In 2021 the index runs from {last[low]} {low:.1f} to {last[high]} {high:.1f}"]


def agglomeration(inputs: ReportInputs) -> list[str]:
    return ["available for 2003–2021, 589 of 589 province-years (0 with an interpolated input)"]


def relation(inputs: ReportInputs) -> list[str]:
    panel = inputs[frames.PANEL]
    slope, _ = np.polyfit(panel["coagglo"], panel["ami"], 1)
    correlation = np.corrcoef(panel["coagglo"], panel["ami"])[0, 1]
    return [f"ami rises by {slope:.2f} points per unit of coagglo (correlation {correlation:.2f})"]


def weights(inputs: ReportInputs) -> list[str]:
    gaps = [abs(row["overall_weight"] - row["published_overall_weight"])
            for row in records(inputs[frames.WEIGHTS])]  # fmt: skip
    return [f"differ by {max(gaps):.3f} at most and {sum(gaps) / len(gaps):.3f} on average"]


def descriptives(inputs: ReportInputs) -> list[str]:
    return ["the 17 of 17 variables that have a value"]


def baseline(inputs: ReportInputs) -> list[str]:
    row, second = (cell(inputs, "4", column, "coagglo") for column in "13")
    return [
        f"a unit more of coagglo goes with {text(row['estimate'], 3)} points of ami (standard "
        f"error {text(row['dispersion'], 3)}, wild bootstrap p 0.012, 0.767 in the paper)",
        f"by its value of the year before it is {text(second['estimate'], 3)} (95 % "
        "Anderson-Rubin set from −∞ to 1.43)",
    ]


def dimensions(inputs: ReportInputs) -> list[str]:
    rows = [cell(inputs, "5", str(column), "coagglo") for column in range(1, 6)]
    largest = max(rows, key=lambda row: row["estimate"])
    positive = sum(row["estimate"] > 0 for row in rows)
    return [
        f"positive for {positive} of 5 dimensions",
        f"largest for {largest['outcome']} ({text(largest['estimate'], 3)})",
    ]


def regions(inputs: ReportInputs) -> list[str]:
    values = [
        text(cell(inputs, "6", str(place), "coagglo")["estimate"], 3) for place in range(1, 7)
    ]
    return [
        f"{values[0]} in the East, {values[1]} in the Centre, {values[2]} in the West and "
        f"{values[3]} in the Northeast; {values[4]} with national clusters and {values[5]} without",
        "6 samples of 6 significant at 5 %",
    ]


def mediation(inputs: ReportInputs) -> list[str]:
    a, b = cell(inputs, "7", "3", "coagglo"), cell(inputs, "7", "4", "uic")
    total, direct = (cell(inputs, "7", column, "coagglo")["estimate"] for column in "14")
    return [
        f"of coagglo on uic is {text(a['estimate'], 3)}, ",
        f"of uic on ami {text(b['estimate'], 3)}, ",
        f"goes from {text(total, 3)} to {text(direct, 3)}",
    ]


def mediated_effects(inputs: ReportInputs) -> list[str]:
    return ["is 0.200 of a total of 0.600", "(0.040 to 0.360) does not contain zero"]


def moderation(table: str) -> Callable[[ReportInputs], list[str]]:
    moderator = {"9": "mi", "10": "icc"}[table]

    def of(inputs: ReportInputs) -> list[str]:
        product = cell(inputs, table, "1", f"coagglo*{moderator}")["estimate"]
        return [
            f"has the coefficient {text(product, 3)} for ami",
            f"goes from 0.200 to 0.400 between the 16th and the 84th percentile of {moderator}",
            "the index of moderated mediation (−0.060 to 0.260) contains zero",
        ]

    return of


def moran(inputs: ReportInputs) -> list[str]:
    found = []
    for variable in ("coagglo", "ami"):
        rows = [row for row in records(inputs[frames.MORANS_I])
                if (row["variable"], row["weights"]) == (variable, "nested")]  # fmt: skip
        certain = [row for row in rows if row["moran_i"] > -1 / 30 and row["p_permutation"] < 0.05]
        found.append(f"in {len(certain)} of 19 years for {variable} under nested weights")
    return found


def local_moran(inputs: ReportInputs) -> list[str]:
    found = []
    for variable in ("coagglo", "ami"):
        p, p_fdr = (
            [row[name] for row in records(inputs[frames.LOCAL_MORAN])
             if (row["variable"], row["weights"]) == (variable, "nested")]
            for name in ("p", "p_fdr")
        )  # fmt: skip
        n, kept = (sum(value < 0.05 for value in of) for of in (p, p_fdr))
        found.append(
            f"{variable} in 2021 has {n} province{'' if n == 1 else 's'} with p below 0.05"
        )
        found.append(f"{kept} of which stay so when the false discovery rate over all {len(p)}")
    return found


def a_unit_more(change: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """What a unit more in one province does at home, in the others together, in each of these; and
    what a unit more everywhere does in every province. change: (N, N), column j what one in j does.
    """
    n = len(change)
    home, together, each = [], [], []
    for province in range(n):
        one_has_more = change @ np.eye(n)[province]
        elsewhere = np.delete(one_has_more, province)
        home.append(one_has_more[province])
        together.append(elsewhere.sum())
        each.append(elsewhere.mean())
    return np.mean(home), np.mean(together), np.mean(each), change @ np.ones(n)


def nested_weights(inputs: ReportInputs) -> SpatialWeights:
    return SpatialWeights.from_long(inputs[frames.SPATIAL_WEIGHTS], "nested")


def spillover(inputs: ReportInputs) -> list[str]:
    W = nested_weights(inputs).matrix
    found = []
    for estimator, words in (("ml", "direct maximum likelihood"),
                             ("lee_yu", "Lee-Yu transformation")):  # fmt: skip
        of = {
            (row["part"], row["term"]): row["estimate"]
            for row in records(inputs[frames.SPATIAL_MODELS])
            if (row["weights"], row["estimator"], row["model"]) == ("nested", estimator, "sdm")
        }
        rho, beta, theta = of["fit", "rho"], of["main", "coagglo"], of["wx", "coagglo"]
        change = np.linalg.solve(np.eye(31) - rho * W, beta * np.eye(31) + theta * W)
        home, together, each, everywhere = a_unit_more(change)
        # Alike in every province, for the rows of W add up to one.
        np.testing.assert_allclose(everywhere, everywhere[0])
        found += [
            f"by {words} {text(home, 2)} (z ",
            f"{text(together, 2)} (z ",
            f"in the other 30 together, {text(each, 2)} in each on average; everywhere, "
            f"{text(everywhere[0], 2)} (z ",
        ]
    return found


def rho(inputs: ReportInputs) -> list[str]:
    rows = {row["estimator"]: row for row in records(inputs[frames.RHO_BOOTSTRAP])
            if row["weights"] == "nested"}  # fmt: skip
    direct, transformed = rows["ml"], rows["lee_yu"]
    return [
        f"in 200 panels drawn from the fitted model, 31 provinces and 19 years with a true rho of "
        f"{text(direct['truth'], 3)}, direct maximum likelihood finds {text(direct['mean'], 3)}",
        f"transformation {text(transformed['mean'], 3)}: ",
        f"is off by {text(direct['mean'] - direct['truth'], 3)}",
    ]


def pathways(inputs: ReportInputs) -> list[str]:
    """The path through uic by two regressions' own matrices, one province having a unit more."""
    matrix = nested_weights(inputs)
    _, (outcome, treatment, mediator), controls = spatial_pathways._columns(
        inputs[frames.PANEL], matrix, "uic"
    )
    made = spatial_mediation(outcome, treatment, mediator, controls, matrix.matrix, reps=200)
    eye, W = np.eye(31), matrix.matrix
    (a, a_w), (b, b_w) = (
        (of.beta.iloc[place], of.theta.iloc[place])
        for of, place in ((made.mediator, 0), (made.outcome, 1))
    )
    to_uic = np.linalg.solve(eye - made.mediator.rho * W, a * eye + a_w * W)
    to_ami = np.linalg.solve(eye - made.outcome.rho * W, b * eye + b_w * W)
    home, together, _, _ = a_unit_more(to_ami @ to_uic)
    return [
        f"through uic a unit more of coagglo in one province moves ami by {text(home, 2)} at home",
        f"and by {text(together, 2)} in the other provinces together",
    ]


def robustness(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.SPECIFICATION_CURVE])
    positive = [row for row in rows if row["estimate"] > 0]
    certain = [row for row in positive if row["p_value"] < 0.05]
    return [
        f"over {len(rows)} fits, recipes of the index crossed with measures, samples and controls, "
        "the coefficient of agglomeration has a median of 0.33 standard deviations, is positive in "
        f"{100 * len(positive) / len(rows):.1f} %",
        "what moves it most is sample; curves without any effect have as large a median in 1.2 %",
        f"significant at 5 % by t(G − 1) in {100 * len(certain) / len(rows):.1f} %",
        "lies between 0.700 (without Shanghai) and 0.900",
        "of 3 coefficients of interest in Tables 4 to 11 the sign of 1 and significance at 5 % of "
        "2 hang on one province, or on 2 % of the province-years or fewer",
    ]


def definitions(inputs: ReportInputs) -> list[str]:
    n = len(inputs[frames.INDICATOR_READINGS])
    return [
        f"In the SYNTHETIC data, beside the index stand {n} other readings",
        "the index moves by up to 1.50 points (sales of new products in main business revenue)",
        "a rank of the newest year by up to 4 (Tibet, sales of new products in main business",
        "that moves most is 0.820 as in use and 0.700 otherwise.",
    ]


def how_sure(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.SURETY])
    own = {row["measure"]: row for row in rows if (row["table"], row["term"]) == ("4", "coagglo")}
    worth = own["effective_clusters"]["statistic"]
    return [
        f"31 provinces that are worth {worth:.1f} of equal weight",
        f"Jackknife (CV3) {own['jackknife']['p_value']:.3f}",
        f"Randomisation {own['randomisation']['p_value']:.3f}",
    ]


def further_tests(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.SURETY])

    def p_of(measure: str, tables: str, sample: str = "all") -> list[float]:
        return [
            row["p_value"] for row in rows
            if row["measure"] == measure and row["table"] in tables.split()
            and row["sample"] == sample and row["outcome"] == "ami"
        ]  # fmt: skip

    alone, together = (p_of(name, "5 6 9 10") for name in ("wild_bootstrap", "romano_wolf"))
    (regions,), (groups,) = (p_of("equal_wild", "6", of) for of in ("regions", "clusters"))
    (leads,) = p_of("zero_wild", "leads")
    return [
        f"of {len(together)} coefficients of interest in Tables 5, 6, 9 and 10, "
        f"{sum(p < 0.05 for p in alone)} have a wild bootstrap p below 5 %, and "
        f"{sum(p < 0.05 for p in together)} keeps it when all are tested together",
        f"one coefficient is not rejected at 5 % for the four regions (wild bootstrap p "
        f"{regions:.3f}) and rejected at 5 % for provinces with and without national clusters "
        f"(wild bootstrap p {groups:.3f})",
        f"coagglo of the next two years does not tell of this year’s ami (wild bootstrap p "
        f"{leads:.3f})",
        "instrumented, coagglo has the wild bootstrap p 0.088, by Anderson-Rubin 0.098, and its "
        "95 % interval contains zero once the lag may have a direct effect of 0.023 on ami",
    ]


def what_carries(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.COEFFICIENT_PARTS])
    indicators = [row for row in rows if row["kind"] == "indicator"]
    whole = sum(row["estimate"] for row in indicators)
    largest = max(indicators, key=lambda row: abs(row["estimate"]))
    shared = [row["component"] for row in indicators if row["shared_items"]]
    return [
        f"of the baseline coefficient of coagglo, {whole:.3f}, {largest['component']} carries "
        f"{100 * largest['estimate'] / whole:.1f} %",
        f"WARNING: {len(shared)} indicator ({shared[0]}) has raw items in common with the "
        "right-hand side (",
        f"an index of the other {len(indicators) - len(shared)} has the coefficient 0.250 "
        "(standard error 0.110, p 0.031)",
    ]


def through_vintages(inputs: ReportInputs) -> list[str]:
    places = ["table", "column", "term"]
    kept = {
        tuple(row[name] for name in places): row
        for row in records(inputs[frames.ESTIMATES_BY_VINTAGE])
        if row["lower"] == row["lower"]
    }
    main = {
        *(("4", column, "coagglo") for column in "135"),
        *((table, column, "coagglo") for table in "56" for column in "123456"),
    }
    stood = [
        row["estimate"] * kept[place]["lower"] > 0 and row["estimate"] * kept[place]["upper"] > 0
        for row in records(inputs[frames.PUBLISHED_ESTIMATES])
        if (place := tuple(row[name] for name in places)) in kept
        and row["stars"] in ("**", "***")
        and (place in main or _is_of_interest(*place))
    ]
    return [
        f"of {len(stood)} coefficients that the paper prints as different from zero at 5 %",
        f"{sum(stood)} stand in vintage 1",
    ]


def _is_of_interest(table: str, column: str, term: str) -> bool:
    """Of the tables that are about more than coagglo: what is no control, test or constant."""
    terms = {"coagglo", "uic", "mi", "icc", "eg", "L.coagglo"}
    moderated = {"coagglo*mi", "uic*mi", "coagglo*icc", "uic*icc"}
    if table == "4":
        return (column, term) in {("2", "L.coagglo"), ("4", "eg")}
    if table == "8":
        return column == "effect"
    if table == "11":
        return term == "coagglo" or (column, term) == ("1", "rho")
    return table in ("7", "9", "10") and term in terms | moderated


def print_audit(inputs: ReportInputs) -> list[str]:
    verdicts = [row["verdict"] for row in records(inputs[frames.PRINT_AUDIT])]
    agree, differ, open_ = (
        verdicts.count(name) for name in ("consistent", "inconsistent", "cannot be judged")
    )
    return [
        f"Of {agree + differ + open_} comparisons",
        f"{agree} agree within rounding, {differ} do not and {open_} cannot be judged; "
        f"{verdicts.count('not readable')} marks",
    ]


def revision(inputs: ReportInputs) -> list[str]:
    return [str(inputs[frames.VINTAGE]["said"].item())]


def coverage(inputs: ReportInputs) -> list[str]:
    words = "1 break of series lies within these years"
    return ["21 of 21 indicators and 21 of 21 variables", words]


def interpolation(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.FILLED])
    filled = [row for row in rows if row["fill_method"] != "observed"]
    across = sum(bool(row["crosses_break"]) for row in filled)
    longest = max(row["gap_length"] for row in filled)
    return [
        f"{len(filled)} of {len(rows):,} figures ({100 * len(filled) / len(rows):.1f} %) in "
        f"{len({row['item_code'] for row in filled})} of 68 items",
        f"the longest gap is {longest} years",
        f"{across} of them rest on a figure from the other side",
    ]


def set_aside(inputs: ReportInputs) -> list[str]:
    read = sum(row["cells_read"] for row in records(inputs.files))
    rows = records(inputs.set_aside)
    reasons = {row["reason"] for row in rows}
    return [f"{len(rows)} of {read:,} cells read did not land, for {len(reasons)} reasons"]


def index_trial(inputs: ReportInputs) -> list[str]:
    rows = [row for row in records(inputs[frames.INDEX_UNCERTAINTY]) if row["year"] == 2021]
    narrow = sum(row["rank_upper"] <= row["rank_lower"] + 4 for row in rows)
    turned = sum(row["share_above_next"] < 0.75 for row in rows)
    outside = [
        row["province"]
        for row in sorted(rows, key=lambda row: row["score_rank"])
        if not row["rank_lower"] <= row["score_rank"] <= row["rank_upper"]
    ]
    moved = {
        row["choice"]: row["total_order"]
        for row in records(inputs[frames.INDEX_SENSITIVITY])
        if row["output"] == "mean_rank_shift"
    }
    most = max(moved, key=lambda choice: moved[choice])
    return [
        f"over 64 recipes, {narrow} of 31 ranks of 2021 {'stays' if narrow == 1 else 'stay'} "
        "within 5 places",
        f"{turned} pair",
        *outside[:12],
        f"moves ranks most is {most.replace('_', ' ')}, which takes part in",
        f"{100 * moved[most]:.1f} % of the variance",
    ]


def reconciliation(inputs: ReportInputs) -> list[str]:
    sizes = [row["relative_difference"] for row in records(inputs[frames.RECONCILIATION])]
    near = sum(abs(size) <= 0.01 for size in sizes)
    largest = max(sizes, key=abs)
    return [f"In {near} of {len(sizes)} item-years", f"difference is {100 * largest:+.2f} %"]


def checks(inputs: ReportInputs) -> list[str]:
    rows = records(inputs.checks)
    failed = [row for row in rows if not row["passed"]]
    return [f"{len(failed)} of {len(rows)} checks failed (0 errors, "]


def filled_cells(inputs: ReportInputs) -> list[str]:
    rows = records(inputs[frames.INDEX_FILLED])
    widths = [row["rank_upper"] - row["rank_lower"] for row in rows]
    return [
        f"{sum(row['n_filled'] for row in rows)} cells of the indicators were filled in",
        f"they move a rank over {sum(widths) / len(widths):.1f} places on average (90 % of 4 "
        "draws)",
        "52 of 589 cells of coagglo were, too, 7 of them across a break, and 25 % of the "
        "variance of its coefficient, 0.800 (0.510 to 1.090), is invention",
    ]


def one_printed(words: str) -> Callable[[ReportInputs], list[str]]:
    return lambda inputs: [f"1 printed figure {words}"]


HELD: dict[str, Callable[[ReportInputs], list[str]]] = {
    "index": index,
    "index-map": index_map,
    "index-on-trial": index_trial,
    "agglomeration": agglomeration,
    "relation": relation,
    "weights": weights,
    "descriptives": descriptives,
    "baseline": baseline,
    "dimensions": dimensions,
    "regions": regions,
    "mediation": mediation,
    "mediated-effects": mediated_effects,
    "moderation-mi": moderation("9"),
    "moderation-icc": moderation("10"),
    "moran": moran,
    "local-moran": local_moran,
    "spillovers": spillover,
    "rho": rho,
    "pathways": pathways,
    "robustness": robustness,
    "definitions": definitions,
    "how-sure": how_sure,
    "further-tests": further_tests,
    "what-carries": what_carries,
    "print-audit": print_audit,
    "revision": revision,
    "through-vintages": through_vintages,
    "coverage": coverage,
    "filled-cells": filled_cells,
    "interpolation": interpolation,
    "set-aside": set_aside,
    "corrections": one_printed("is replaced by a row of the corrections file"),
    "withheld": one_printed("is known to be wrong"),
    "reconciliation": reconciliation,
    "checks": checks,
}


@pytest.fixture(scope="module")
def sections() -> dict[str, Section]:
    return {section.id: section for section in (part(demo()) for part in SECTIONS)}


def test_no_sentence_reads_a_figure_that_nothing_holds(sections: dict[str, Section]) -> None:
    with_figures = {name for name, of in sections.items() if re.search("[0-9]", of.lead)}
    assert with_figures == set(HELD)


@pytest.mark.parametrize("name", HELD)
def test_a_sentence_says_what_the_example_gives(name: str, sections: dict[str, Section]) -> None:
    for words in HELD[name](demo()):
        assert words in sections[name].lead


def with_row(table: str, column: str, term: str, **figures: object) -> ReportInputs:
    """The demo with other figures in one cell of the table `estimates`."""
    estimates = demo()[frames.ESTIMATES].copy()
    place = (estimates[["table", "column", "term"]] == [table, column, term]).all(axis=1)
    assert place.any()
    estimates.loc[place, list(figures)] = list(figures.values())
    return altered(demo(), estimates=estimates)


@pytest.mark.parametrize(
    ("p_value", "wild", "words"),
    [
        (0.0002, 0.014, "significant at 5 % (wild bootstrap p 0.014)"),
        (0.0002, 0.009, "significant at 1 % (wild bootstrap p 0.009)"),
        (0.0002, 0.0001, "significant at 1 % (wild bootstrap p < 0.001)"),
        (0.0002, 0.21, "not significant at 10 % (wild bootstrap p 0.210)"),
        (0.3, 0.06, "significant at 10 % (wild bootstrap p 0.060)"),
        (0.0002, float("nan"), "significant at 1 % (t(G − 1) p < 0.001)"),
    ],
)
def test_the_wild_bootstrap_decides_the_words(p_value: float, wild: float, words: str) -> None:
    row = {"estimate": -0.4, "p_value": p_value, "wild_p_value": wild}
    assert judged(row) == f"negative and {words}"
    inputs = with_row("7", "3", "coagglo", p_value=p_value, wild_p_value=wild)
    assert f", positive and {words}," in tables_7_to_10.mediation(inputs).lead


def test_dimensions_are_called_significant_by_the_wild_bootstrap() -> None:
    inputs = with_row("5", "3", "coagglo", p_value=0.001, wild_p_value=0.2)
    lead = tables_4_to_6.dimensions(inputs).lead
    assert "significantly at 5 % for amt, amm, gam and ame, and" in lead


def paragraphs(section: Section, opening: str) -> list[str]:
    said = [block.text for block in section.blocks if isinstance(block, Paragraph)]
    return [text for text in said if text.startswith(opening)]


@pytest.mark.parametrize(
    ("classical", "robust", "rejected"),
    [(0.329, 0.102, False), (0.001, 0.2, False), (0.4, 0.01, True), (0.001, 0.001, True)],
)
def test_what_hausman_tests_mean_for_fixed_effects(
    classical: float, robust: float, rejected: bool
) -> None:
    estimates = demo()[frames.ESTIMATES].copy()
    for term, p in (("_hausman_p", classical), ("_hausman_robust_p", robust)):
        estimates.loc[estimates["term"] == term, "estimate"] = p
    section = tables_4_to_6.baseline(altered(demo(), estimates=estimates))
    (said,) = paragraphs(section, "Fixed or random effects: ")
    assert f"cluster-robust Hausman test has F 4.87, p {robust:.3f}" in said.replace(
        "< 0.001", "0.001"
    )
    assert ("are not rejected at 5 %" in said) is not rejected
    assert ("not because a test demands them" in said) is not rejected
    assert ("only fixed effects are consistent" in said) is rejected


def test_column_4_of_table_4_is_called_a_measure_of_size_with_its_correlations() -> None:
    panel = demo()[frames.PANEL]
    (said,) = paragraphs(tables_4_to_6.baseline(demo()), "Column (4): ")
    assert "s_m · s_ps − 1/n" in said and "measure of a province’s size" in said
    with_coagglo, with_pair = (
        np.corrcoef(panel["eg"], panel[name])[0, 1] for name in ("coagglo", "eg_pair")
    )
    assert f"correlation with coagglo is {text(with_coagglo, 2)} here" in said
    assert f"which size does not enter, {text(with_pair, 2)}. " in said


def test_readings_that_nothing_can_be_computed_of_are_stated_all_the_same() -> None:
    compared = demo()[frames.READINGS_COMPARED].query("n_indexed == 0")
    section = other_readings.other_readings(altered(demo(), readings_compared=compared))
    assert "none can be computed, for no province-year" in section.lead
    stated, figures = section.blocks[:2]
    assert len(stated.rows) == 4 and "Ministry of Finance" in str(stated.rows[0])
    assert figures.rows[0][-1] == "no province-year"


def test_the_spatial_hausman_tests_say_the_same() -> None:
    def told(*p_values: float) -> list[str]:
        tests = demo()[frames.SPATIAL_TESTS].copy()
        tests.loc[tests["test"] == "hausman", "p_value"] = p_values
        section = spillovers.durbin(altered(demo(), spatial_tests=tests))
        return paragraphs(section, "Fixed or random")

    (said,) = told(0.12, 0.2, 0.6, 0.65)
    assert "p 0.120 under nested weights by direct maximum likelihood" in said
    assert "are not rejected" in said
    (said,) = told(0.12, 0.2, 0.01, 0.65)
    assert "Random effects are rejected" in said
    assert told(np.nan, np.nan, np.nan, np.nan) == []


def test_other_weights_say_what_a_unit_more_everywhere_does(sections: dict[str, Section]) -> None:
    (said,) = paragraphs(sections["spillovers"], "The paper’s weights are made of")
    W = SpatialWeights.from_long(demo()[frames.SPATIAL_WEIGHTS], "inverse_distance").matrix
    for estimator, words in (("ml", "direct maximum likelihood"),
                             ("lee_yu", "Lee-Yu transformation")):  # fmt: skip
        of = {
            (row["part"], row["term"]): row["estimate"]
            for row in records(demo()[frames.OTHER_WEIGHTS])
            if (row["weights"], row["estimator"]) == ("inverse_distance", estimator)
        }
        rho, beta, theta = of["fit", "rho"], of["main", "coagglo"], of["wx", "coagglo"]
        change = np.linalg.solve(np.eye(31) - rho * W, beta * np.eye(31) + theta * W)
        everywhere = a_unit_more(change)[-1]
        assert f"{text(everywhere[0], 2)} under inverse distance weights by {words} (z " in said


def test_zeros_read_otherwise(sections: dict[str, Section]) -> None:
    of = {row["option"]: row["estimate"] for row in records(demo()[frames.ROBUSTNESS])}
    (said,) = paragraphs(sections["robustness"], "The logarithm of an amount of zero")
    assert f"for such zeros the coefficient of coagglo is {of['dummy']:.3f}, with" in said
    assert f"place of the logarithm {of['asinh']:.3f}." in said
