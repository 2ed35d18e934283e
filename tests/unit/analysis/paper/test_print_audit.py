"""Rules for printed figures: satisfied and violated at the edge of rounding, and on the paper."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.paper.print_audit.__main__ import TARGET, made
from analysis.paper.print_audit.findings import COLUMNS, audit
from analysis.paper.print_audit.printed import PrintedRange
from analysis.paper.print_audit.rules import RULES, summary

SEEDS = Path(__file__).parents[4] / "dbt/seeds/paper"
NO_DESCRIPTIVES = pd.DataFrame(columns=["variable", "obs", "mean", "sd", "min", "max"])
NO_INDICATORS = pd.DataFrame(
    columns=["dimension", "indicator", "overall_weight", "individual_weight"]
)
NO_TEXT = pd.DataFrame(
    columns=["fact", "section", "value", "stars", "table", "column", "term"], dtype=object
)
KEYS = ["table", "column", "sample", "outcome", "term"]
ESTIMATES = [*KEYS, "estimate", "stars", "dispersion", "dispersion_kind"]


def printed(*rows: str) -> pd.DataFrame:
    """Rows as in the seed, comma-separated; what is left away at the end is empty."""
    cells = [[*row.split(","), *[""] * len(ESTIMATES)][: len(ESTIMATES)] for row in rows]
    return pd.DataFrame(cells, columns=ESTIMATES)


def found(
    rule: str,
    *rows: str,
    descriptives: pd.DataFrame = NO_DESCRIPTIVES,
    indicators: pd.DataFrame = NO_INDICATORS,
    text: pd.DataFrame = NO_TEXT,
) -> pd.DataFrame:
    findings = audit(printed(*rows), descriptives, indicators, text)
    return findings[findings["rule"] == rule].reset_index(drop=True)


def verdicts(rule: str, *rows: str) -> list[str]:
    return list(found(rule, *rows)["verdict"])


def clustered(estimate: str, error: str, stars: str, sample: str = "all") -> str:
    return f"4,1,{sample},ami,coagglo,{estimate},{stars},{error},clustered_se"


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        (".184", ".1835", ".1845"),
        ("0.130", "0.1295", "0.1305"),
        ("0.13", "0.125", "0.135"),
        ("-0.10", "-0.105", "-0.095"),
        ("589", "588.5", "589.5"),
    ],
)
def test_a_printed_figure_stands_for_half_a_unit_of_its_last_decimal_either_way(
    text: str, lower: str, upper: str
) -> None:
    assert PrintedRange.printed(text) == PrintedRange(Decimal(lower), Decimal(upper))


@given(
    st.lists(st.floats(-50, 50), min_size=2, max_size=2),
    st.integers(0, 3),
)
def test_intervals_hold_what_arithmetic_gives(values: list[float], decimals: int) -> None:
    a, b = (PrintedRange.printed(f"{value:.{decimals}f}") for value in values)
    x, y = (Decimal(value) for value in values)
    for interval, value in ((a + b, x + y), (a - b, x - y), (a * b, x * y), (abs(a), abs(x))):
        assert interval.lower <= value <= interval.upper
    if y:
        quotient = abs(a).over_positive(abs(b))
        assert quotient.lower <= abs(x) / abs(y) <= quotient.upper


# The 10 % point of t(30) is 1.6973, of the normal 1.6449; 1.697 (1.000) leaves 1.6957 to 1.6983.
@pytest.mark.parametrize(
    ("estimate", "error", "stars", "by_t", "by_normal"),
    [
        ("1.697", "1.000", "*", "consistent", "consistent"),
        ("1.697", "1.000", "", "consistent", "inconsistent"),
        ("1.697", "1.000", "**", "inconsistent", "inconsistent"),
        ("1.695", "1.000", "*", "inconsistent", "consistent"),
        ("1.699", "1.000", "", "inconsistent", "inconsistent"),
        ("-2.751", "1.000", "***", "consistent", "consistent"),
        ("-2.600", "1.000", "***", "inconsistent", "consistent"),
        ("0.000", "1.000", "", "consistent", "consistent"),
        ("0.010", "0.000", "***", "consistent", "consistent"),
        ("0.010", "0.000", "", "inconsistent", "inconsistent"),
        ("0.001", "0.000", "***", "cannot be judged", "cannot be judged"),
        ("0.000", "0.000", "", "cannot be judged", "cannot be judged"),
    ],
)
def test_stars_of_a_coefficient(
    estimate: str, error: str, stars: str, by_t: str, by_normal: str
) -> None:
    row = clustered(estimate, error, stars)
    # Alone, or beside a mark that fits both, it goes by t; beside one of the normal alone by that.
    assert verdicts("stars", row) == [by_t]
    assert verdicts("stars", row, beside("2.600", "***"))[0] == by_normal
    assert verdicts("stars", row, beside("9.000", "***"))[0] == by_t


def beside(estimate: str, stars: str) -> str:
    return f"4,1,all,ami,pdgp,{estimate},{stars},1.000,clustered_se"


def test_a_mark_is_judged_once_by_what_the_others_fit() -> None:
    """2.600 has three stars by the normal and two by t(30)."""
    marks = [f"4,1,all,ami,x{number},2.600,***,1.000,clustered_se" for number in range(3)]
    odd = found("stars", *marks, clustered("2.600", "1.000", "**"), clustered_of_5("1.000", "*"))
    assert list(odd["verdict"]) == ["consistent"] * 3 + ["inconsistent"] * 2
    assert set(odd["implied"][:4]) == {"p-value by the normal"}
    assert odd["note"][3] == "implied stars: ***; the mark fits t(G-1) alone"
    # Another table has its own convention; alone in it a mark goes by t.
    assert odd["implied"][4] == "p-value by t(30)"
    assert odd["note"][4] == "implied stars: none; the mark fits neither convention"


def clustered_of_5(estimate: str, stars: str) -> str:
    return f"5,1,all,amt,coagglo,{estimate},{stars},1.000,clustered_se"


def test_a_mark_that_cannot_be_read_is_neither_judged_nor_evidence() -> None:
    rows = clustered("2.600", "1.000", "?"), beside("2.600", "***")
    findings = found("stars", *rows)
    assert list(findings["verdict"]) == ["not readable", "inconsistent"]
    again = "x1,1.00,?,0.10,clustered_se"
    twice = found("printed twice", *regression("4,1", "0.5", X1), *regression("7,1", "0.5", again))
    assert set(twice["verdict"]) == {"consistent"}


def test_more_decimals_judge_what_fewer_leave_open() -> None:
    assert verdicts("stars", clustered("1.7", "1.0", "")) == ["consistent"]
    assert verdicts("stars", clustered("1.7000", "1.0000", "")) == ["inconsistent"]


@pytest.mark.parametrize(
    ("sample", "df"),
    [("east", 9), ("central", 5), ("west", 11), ("northeast", 2), ("clusters", 17),
     ("no_clusters", 12), ("2016-2021", 30)],
)  # fmt: skip
def test_stars_of_a_part_of_the_provinces_go_by_their_number(sample: str, df: int) -> None:
    finding = found("stars", clustered("2.000", "1.000", "", sample)).iloc[0]
    assert finding["implied"] == f"p-value by t({df})"


def test_stars_in_an_unknown_sample_cannot_be_judged_by_t() -> None:
    row = clustered("2.000", "1.000", "**", "coast")
    finding = found("stars", row).iloc[0]
    assert finding["verdict"] == "cannot be judged"
    assert "how many provinces are in sample 'coast'?" in finding["note"]
    assert verdicts("stars", row, beside("2.600", "***"))[0] == "consistent"


@pytest.mark.parametrize(
    ("z", "stars", "verdict"),
    [
        ("1.64", "*", "consistent"),
        ("1.64", "", "consistent"),
        ("1.63", "*", "inconsistent"),
        ("-2.58", "***", "consistent"),
        ("-2.57", "***", "inconsistent"),
    ],
)
def test_stars_of_a_z_statistic_go_by_the_normal_alone(z: str, stars: str, verdict: str) -> None:
    row = f"11,1,main,ami,coagglo,0.468,{stars},{z},z"
    assert verdicts("stars", row) == [verdict]


@pytest.mark.parametrize(
    ("estimate", "z", "verdict"),
    [
        ("-0.05", "0.30", "inconsistent"),
        ("0.05", "0.30", "consistent"),
        ("0.00", "-0.04", "consistent"),
        ("0.01", "-0.01", "inconsistent"),
        ("0.01", "0.00", "consistent"),
    ],
)
def test_sign_of_z(estimate: str, z: str, verdict: str) -> None:
    assert verdicts("sign of z", f"11,1,main,ami,coagglo,{estimate},,{z},z") == [verdict]


# 10 % points: chi2(1) 2.7055, chi2(2) 4.6052.
def test_stars_of_tests_go_by_chi_squared() -> None:
    wx = ("11,2,wx,ami,coagglo,1.0,,1.0,z", "11,2,wx,ami,pdgp,1.0,,1.0,z", "11,2,wx,ami,_n,589")

    def verdict(term: str, value: str, stars: str, *more: str) -> list[str]:
        return verdicts("stars, chi2", f"5.6,tests,all,ami,{term},{value},{stars}", *more)

    assert verdict("lm_lag", "2.71", "*") == ["consistent"]
    assert verdict("lm_lag", "2.71", "") == ["consistent"]
    assert verdict("lm_lag", "2.70", "*") == ["inconsistent"]
    assert verdict("wald_sar", "4.61", "*", *wx) == ["consistent"]
    assert verdict("wald_sar", "4.59", "*", *wx) == ["inconsistent"]
    assert verdict("wald_sar", "4.61", "*") == ["cannot be judged"]
    assert verdict("moran", "4.61", "*", *wx) == ["cannot be judged"]


# chi2(1): 3.8 leaves 3.75 to 3.85, p from .0497 to .0528. F(1, 30): p from .059 to .0623.
@pytest.mark.parametrize(
    ("term", "stated", "expected"),
    [
        ("_kp_rk_lm", "0.05", ["consistent"]),
        ("_kp_rk_lm", "0.053", ["consistent"]),
        ("_kp_rk_lm", "0.06", ["inconsistent"]),
        ("_anderson_rubin_wald", "0.05", ["consistent", "inconsistent"]),
        ("_anderson_rubin_wald", "0.06", ["inconsistent", "consistent"]),
    ],
)
def test_stated_p_values(term: str, stated: str, expected: list[str]) -> None:
    rows = (f"4,3,all,ami,{term},3.8", f"4,3,all,ami,{term}_p,{stated}", "4,3,all,ami,_n,558")
    assert verdicts("p-value", *rows) == expected


# The 5 % point of chi2(8) is 15.507, of chi2(2) 5.991.
@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (("_hausman,15.507", "_hausman_df,8", "_hausman_p,0.0500"), "consistent"),
        (("_hausman,15.507", "_hausman_df,9", "_hausman_p,0.0500"), "inconsistent"),
        (("coagglo,1,,1,clustered_se", "pdgp,1,,1,clustered_se", "constant,1,,1,clustered_se",
          "_hausman,5.991", "_hausman_p,0.0500"), "consistent"),
    ],
)  # fmt: skip
def test_p_value_of_a_hausman_test(rows: tuple[str, ...], verdict: str) -> None:
    rows = tuple(f"4,1,all,ami,{row}" for row in (*rows, "_n,589"))
    assert verdicts("p-value", *rows) == [verdict]


# 2.0 (1.0) leaves t from 1.857 to 2.158, its square from 3.449 to 4.657.
@pytest.mark.parametrize(
    ("f", "verdict"),
    [("4.7", "consistent"), ("4.8", "inconsistent"), ("3.4", "consistent"), ("3.3", "inconsistent")]
)  # fmt: skip
def test_first_stage_f_is_the_square_of_the_instruments_t(f: str, verdict: str) -> None:
    rows = (
        "4,2,all,coagglo,L.coagglo,2.0,,1.0,clustered_se",
        "4,2,all,coagglo,_n,558",
        f"4,3,all,ami,_first_stage_f,{f}",
        "4,3,all,ami,_n,558",
    )
    assert verdicts("first-stage F", *rows) == [verdict]


# 9.0 + 3.0 - 2.0 leaves 9.85 to 10.15; 10.2 may be 10.15, 10.3 may not.
@pytest.mark.parametrize(("lag", "verdict"), [("10.2", "consistent"), ("10.3", "inconsistent")])
def test_lagrange_multipliers_share_their_joint_test(lag: str, verdict: str) -> None:
    rows = [
        f"5.6,tests,all,ami,{term},{value},***"
        for term, value in (
            ("lm_lag", lag),
            ("robust_lm_error", "2.0"),
            ("lm_error", "9.0"),
            ("robust_lm_lag", "3.0"),
        )
    ]
    assert verdicts("Lagrange multipliers", *rows) == [verdict]


# -.1 + .35 leaves .195 to .305 for the total.
@pytest.mark.parametrize(
    ("total", "verdict"),
    [("0.31", "consistent"), ("0.311", "inconsistent"), ("0.2", "consistent"),
     ("0.3050", "consistent")],
)  # fmt: skip
def test_total_effect_is_direct_and_indirect(total: str, verdict: str) -> None:
    rows = [
        f"11,{column},{kind},ami,coagglo,{value},,1.00,z"
        for column, kind, value in (
            (3, "direct", "-0.1"),
            (4, "indirect", "0.35"),
            (5, "total", total),
        )
    ]
    assert verdicts("direct + indirect", *rows) == [verdict]


def mediation(indirect: str = "0.06", direct: str = "0.40") -> list[str]:
    return [
        "7,1,all,ami,coagglo,0.46,,0.10,clustered_se",
        "7,1,all,ami,pdgp,1.00,,1.00,clustered_se",
        "7,1,all,ami,_n,589",
        "7,3,all,uic,coagglo,0.20,,0.10,clustered_se",
        "7,3,all,uic,pdgp,1.00,,1.00,clustered_se",
        "7,3,all,uic,_n,589",
        "7,4,all,ami,coagglo,0.40,,0.10,clustered_se",
        "7,4,all,ami,uic,0.30,,0.10,clustered_se",
        "7,4,all,ami,pdgp,1.00,,1.00,clustered_se",
        "7,4,all,ami,_n,589",
        f"8,effect,all,ami,indirect,{indirect},,0.02,bootstrap_se",
        f"8,effect,all,ami,direct,{direct},,0.10,bootstrap_se",
    ]


# .20 x .30 leaves .195 x .295 = .057525 to .205 x .305 = .062525.
@pytest.mark.parametrize(
    ("indirect", "verdict"),
    [
        ("0.06", "consistent"),
        ("0.0625", "consistent"),
        ("0.0626", "inconsistent"),
        ("0.0575", "consistent"),
        ("0.0574", "inconsistent"),
    ],
)
def test_indirect_effect_is_the_product_of_its_steps(indirect: str, verdict: str) -> None:
    assert verdicts("product a x b", *mediation(indirect)) == [verdict]


def test_effects_of_a_mediation_meet_the_regressions_they_are_made_of() -> None:
    assert verdicts("direct + indirect", *mediation()) == ["consistent"]
    assert verdicts("direct + indirect", *mediation("0.09")) == ["inconsistent"]
    assert verdicts("printed twice", *mediation()) == ["consistent"]
    assert verdicts("printed twice", *mediation(direct="0.42")) == ["inconsistent"]


# [0.20, 0.60] has its middle at .395 to .405; the error .05 is .045 to .055.
@pytest.mark.parametrize(
    ("effect", "contained", "centred"),
    [
        ("0.40", "consistent", "consistent"),
        ("0.46", "consistent", "consistent"),
        ("0.47", "consistent", "cannot be judged"),
        ("0.61", "consistent", "cannot be judged"),
        ("0.62", "inconsistent", "cannot be judged"),
        ("0.19", "consistent", "cannot be judged"),
        ("0.18", "inconsistent", "cannot be judged"),
    ],
)
def test_intervals(effect: str, contained: str, centred: str) -> None:
    rows = (
        f"8,effect,all,ami,indirect,{effect},,0.05,bootstrap_se",
        "8,ci_lower,all,ami,indirect,0.20",
        "8,ci_upper,all,ami,indirect,0.60",
    )
    assert verdicts("interval contains", *rows) == [contained]
    assert verdicts("interval centred", *rows) == [centred]


def regression(column: str, r2: str, *terms: str, n: str = "589") -> list[str]:
    below = (f"_n,{n}", f"_r2,{r2}")
    return [f"{column},all,ami,{term}" for term in (*terms, *below)]


X1, X2 = "x1,1.00,***,0.10,clustered_se", "x2,1.00,***,0.10,clustered_se"


@pytest.mark.parametrize(
    ("again", "note"),
    [
        (X1, ""),
        ("x1,1.0,***,0.1,clustered_se", ""),
        ("x1,1.01,***,0.10,clustered_se", ""),
        ("x1,1.02,***,0.10,clustered_se", "the figures differ"),
        ("x1,1.00,***,0.12,clustered_se", "the figures below differ"),
        ("x1,1.00,*,0.10,clustered_se", "stars differ: *** and *"),
    ],
)
def test_a_regression_printed_twice(again: str, note: str) -> None:
    findings = found(
        "printed twice", *regression("4,1", "0.5", X1), *regression("7,1", "0.5", again)
    )
    slope = findings[findings["term"] == "x1"].iloc[0]
    assert slope["verdict"] == ("inconsistent" if note else "consistent")
    assert slope["note"] == note
    assert set(findings["term"]) == {"x1", "_n", "_r2"}


@pytest.mark.parametrize(
    ("r2", "n", "expected"),
    [("0.50", "589", ["consistent"]), ("0.49", "589", ["consistent"]),
     ("0.48", "589", ["inconsistent"]), ("0.48", "558", [])],
)  # fmt: skip
def test_r2_does_not_fall_with_a_regressor_more(r2: str, n: str, expected: list[str]) -> None:
    rows = regression("7,1", "0.50", X1), regression("7,4", r2, X1, X2, n=n)
    assert verdicts("nested R2", *rows[0], *rows[1]) == expected


def within_fit(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Slopes, errors without clusters, R2 within, of a balanced panel (provinces, years)."""

    def swept(values: np.ndarray) -> np.ndarray:
        return values - values.mean(0) - values.mean(1, keepdims=True) + values.mean()

    left = np.column_stack([swept(column).ravel() for column in x])
    right = swept(y).ravel()
    slopes = np.linalg.lstsq(left, right, rcond=None)[0]
    ssr = ((right - left @ slopes) ** 2).sum()
    provinces, years = y.shape
    df = provinces * years - provinces - (years - 1) - left.shape[1]
    errors = np.sqrt(ssr / df * np.diag(np.linalg.inv(left.T @ left)))
    return slopes, errors, 1 - ssr / ((y - y.mean(1, keepdims=True)) ** 2).sum()


@pytest.mark.parametrize(
    ("inflate", "decimals", "verdict"),
    [(1.0, 4, "inconsistent"), (1.5, 4, "consistent"), (1.0, 2, "cannot be judged")],
)
def test_errors_without_clusters_follow_from_two_r2(
    inflate: float, decimals: int, verdict: str
) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(2, 31, 19))
    y = x[0] + 0.3 * x[1] + 0.5 * rng.normal(size=(31, 19)) + rng.normal(size=19)
    _, _, r2_without = within_fit(y, x[:1])
    slopes, errors, r2 = within_fit(y, x)
    added = f"x2,{slopes[1]:.3f},***,{inflate * errors[1]:.3f},clustered_se"
    rows = (
        regression("7,1", f"{r2_without:.{decimals}f}", X1),
        regression("7,4", f"{r2:.{decimals}f}", X1, added),
    )
    finding = found("clustered error", *rows[0], *rows[1]).iloc[0]
    assert finding["verdict"] == verdict
    assert finding["lower"] < slopes[1] / errors[1] < finding["upper"]


def test_errors_printed_as_zero_do_not_say_whether_they_are_clustered() -> None:
    added = "x2,0.010,***,0.000,clustered_se"
    rows = regression("7,1", "0.500", X1), regression("7,4", "0.600", X1, added)
    assert verdicts("clustered error", *rows[0], *rows[1]) == ["cannot be judged"]


@pytest.mark.parametrize(
    ("sample", "n", "more", "verdict"),
    [
        ("all", "589", (), "consistent"),
        ("all", "558", (), "inconsistent"),
        ("all", "558", ("L.coagglo,0.6,***,0.1,clustered_se",), "consistent"),
        ("all", "589", ("_first_stage_f,47.6",), "inconsistent"),
        ("2016-2021", "186", (), "consistent"),
        ("northeast", "57", (), "consistent"),
        ("northeast", "76", (), "inconsistent"),
        ("coast", "57", (), "cannot be judged"),
    ],
)
def test_rows_are_provinces_times_years(
    sample: str, n: str, more: tuple[str, ...], verdict: str
) -> None:
    rows = [f"4,1,{sample},ami,{term}" for term in (*more, f"_n,{n}")]
    assert verdicts("rows", *rows) == [verdict]


@pytest.mark.parametrize(("n", "verdict"), [("247", "consistent"), ("246", "inconsistent")])
def test_samples_that_divide_the_provinces_divide_the_rows(n: str, verdict: str) -> None:
    rows = ("4,1,all,ami,_n,589", "6,5,clusters,ami,_n,342", f"6,6,no_clusters,ami,_n,{n}")
    assert verdicts("rows of samples", *rows) == [verdict]


def weights(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NO_INDICATORS.columns)


# .5 and .2 leave .6 to .8, so that the last must leave something between .2 and .4.
@pytest.mark.parametrize(
    ("last", "expected"),
    [("0.3", "consistent"), ("0.400", "consistent"), ("0.401", "inconsistent"),
     ("0.200", "consistent"), ("0.199", "inconsistent"), ("0.1995", "inconsistent"),
     ("0.2000", "consistent")],
)  # fmt: skip
def test_overall_weights_add_up(last: str, expected: str) -> None:
    rows = [("a", "i", "0.5", "1.0"), ("b", "j", "0.2", "1.0"), ("c", "k", last, "1.0")]
    findings = found("weights add up", indicators=weights(*rows))
    assert list(findings["column"]) == ["overall", "individual", "individual", "individual"]
    assert list(findings["verdict"]) == [expected, "consistent", "consistent", "consistent"]


def test_individual_weights_add_up_within_each_dimension() -> None:
    rows = [("a", "i", "0.5", "0.60"), ("a", "j", "0.2", "0.42"), ("b", "k", "0.3", "0.99")]
    findings = found("weights add up", indicators=weights(*rows)).set_index("outcome")
    # .60 + .42 leaves 1.01 to 1.03, .99 leaves .985 to .995.
    assert findings.loc["a", "verdict"] == "inconsistent"
    assert findings.loc["b", "verdict"] == "inconsistent"
    assert findings.loc["a", "lower"] == 1.01


# .20 of .20 + .30: from .195 / (.195 + .305) = .39 to .205 / (.205 + .295) = .41.
@pytest.mark.parametrize(
    ("individual", "verdict"),
    [("0.40", "consistent"), ("0.410", "consistent"), ("0.4106", "inconsistent"),
     ("0.39", "consistent"), ("0.38", "inconsistent"), ("0.3894", "inconsistent")],
)  # fmt: skip
def test_weights_are_proportional(individual: str, verdict: str) -> None:
    rows = [("a", "i", "0.20", individual), ("a", "j", "0.30", "0.60"), ("b", "k", "0.50", "1.00")]
    findings = found("weights proportional", indicators=weights(*rows)).set_index("term")
    assert findings.loc["i", "verdict"] == verdict
    assert findings.loc["j", "verdict"] == "consistent"
    assert findings.loc["k", "lower"] == findings.loc["k", "upper"] == 1


def described(n: str, mean: str, sd: str, low: str, high: str) -> pd.DataFrame:
    return pd.DataFrame([["x", n, mean, sd, low, high]], columns=NO_DESCRIPTIVES.columns)


# Three values, of which one is 0 and one 9: the mean is from 3 to 6, give or take rounding.
@pytest.mark.parametrize(
    ("mean", "verdict"),
    [("3.0", "consistent"), ("6.0", "consistent"), ("2.9", "consistent"), ("2.8", "inconsistent"),
     ("6.2", "inconsistent"), ("9.5", "inconsistent")],
)  # fmt: skip
def test_means_lie_between_the_extremes(mean: str, verdict: str) -> None:
    findings = found("mean in range", descriptives=described("3", mean, "4.0", "0.0", "9.0"))
    assert list(findings["verdict"]) == [verdict]


# Of 0, 9 and a third with mean 4.5 the third is 4.5: sd 4.5. The rule bounds it by
# sqrt(4.5 x 4.5 x 2 / 2) = 4.5 and sqrt(4.5 x 4.5 x 3 / 2) = 5.51.
@pytest.mark.parametrize(
    ("sd", "verdict"),
    [("4.50", "consistent"), ("4.49", "consistent"), ("4.47", "inconsistent"),
     ("5.52", "consistent"), ("5.54", "inconsistent")],
)  # fmt: skip
def test_standard_deviations_suit_mean_and_extremes(sd: str, verdict: str) -> None:
    findings = found("sd in range", descriptives=described("3", "4.50", sd, "0.00", "9.00"))
    assert list(findings["verdict"]) == [verdict]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1000, 1000).map(lambda value: round(value, 4)), min_size=2, max_size=12),
    st.integers(0, 3),
)
def test_descriptives_of_any_data_are_never_called_inconsistent(
    values: list[float], decimals: int
) -> None:
    x = np.array(values)
    figures = [f"{v:.{decimals}f}" for v in (x.mean(), x.std(ddof=1), x.min(), x.max())]
    for rule in ("mean in range", "sd in range"):
        findings = found(rule, descriptives=described(str(len(x)), *figures))
        assert list(findings["verdict"]) == ["consistent"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.floats(0.01, 1), min_size=1, max_size=5), min_size=1, max_size=4))
def test_true_weights_are_never_called_inconsistent(utilities: list[list[float]]) -> None:
    everything = sum(map(sum, utilities))
    rows = [
        (f"d{d}", f"d{d}i{i}", f"{value / everything:.3f}", f"{value / sum(dimension):.3f}")
        for d, dimension in enumerate(utilities)
        for i, value in enumerate(dimension)
    ]
    findings = audit(printed(), NO_DESCRIPTIVES, weights(*rows), NO_TEXT)
    assert set(findings["verdict"]) == {"consistent"}


def test_figures_printed_as_zero_or_one_are_judged_as_far_as_they_go() -> None:
    rows = [("a", "i", "0.0", "0.5"), ("b", "j", "1.0", "1.0")]
    assert len(audit(printed(), described("1", "2", "0", "2", "2"), weights(*rows), NO_TEXT)) == 7
    one = regression("7,1", "0.9", X1), regression("7,4", "1.0", X1, X2)
    assert verdicts("clustered error", *one[0], *one[1]) == ["cannot be judged"]
    few = regression("7,1", "0.9", X1, n="31"), regression("7,4", "0.95", X1, X2, n="31")
    assert verdicts("clustered error", *few[0], *few[1]) == []


def test_findings_have_their_columns_even_without_any() -> None:
    findings = audit(printed(), NO_DESCRIPTIVES, NO_INDICATORS, NO_TEXT)
    assert list(findings.columns) == COLUMNS
    assert findings.empty
    assert list(summary(findings)["rule"]) == list(RULES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="stars"), "published_estimates: columns missing: stars"),
        (lambda f: f.assign(estimate=0.767), "'estimate' must be text as printed, found 0.767"),
        (lambda f: f.assign(estimate="O.767"), r"table 4 \(1\), coagglo: 'O.767' is not a number"),
        (lambda f: f.assign(estimate=""), "'' is not a number"),
        (lambda f: f.assign(estimate="NaN"), "'NaN' is not a number"),
        (
            lambda f: f.assign(stars="#"),
            r"stars '#', expected \*, \*\*, \*\*\*, none, or \? for one",
        ),
        (lambda f: f.assign(dispersion="-0.1"), "standard error -0.1 is negative"),
        (lambda f: f.assign(dispersion=""), "dispersion '' of kind 'clustered_se', expected both"),
        (lambda f: f.assign(dispersion_kind="se"), "of kind 'se'"),
        (lambda f: pd.concat([f, f]), "more than once: 4, 1, all, ami, coagglo"),
    ],
)
def test_unfit_frames_are_refused_in_words(
    change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    frame = printed(clustered("0.767", "0.130", "***"))
    with pytest.raises(ValueError, match=message):
        audit(change(frame), NO_DESCRIPTIVES, NO_INDICATORS, NO_TEXT)


def test_unfit_figures_of_the_other_tables_are_refused_too() -> None:
    with pytest.raises(ValueError, match=r"published_descriptives: x: '\?' is not a number"):
        audit(printed(), described("589", "?", "1", "0", "2"), NO_INDICATORS, NO_TEXT)
    with pytest.raises(ValueError, match=r"table 3 \(obs\), x: '5.5' is not a count"):
        audit(printed(), described("5.5", "1", "1", "0", "2"), NO_INDICATORS, NO_TEXT)
    with pytest.raises(ValueError, match="published_indicators: i: 'x' is not a number"):
        audit(printed(), NO_DESCRIPTIVES, weights(("a", "i", "x", "1")), NO_TEXT)


def test_missing_values_read_as_empty_text() -> None:
    frame = printed("4,1,all,ami,_n,589").replace("", np.nan)
    assert set(audit(frame, NO_DESCRIPTIVES, NO_INDICATORS, NO_TEXT)["verdict"]) == {"consistent"}


@pytest.fixture(scope="module")
def paper() -> pd.DataFrame:
    return made()


def at(findings: pd.DataFrame, rule: str, table: str, column: str, term: str) -> list[str]:
    place = (findings["table"] == table) & (findings["column"] == column)
    chosen = (findings["rule"] == rule) & place & (findings["term"] == term)
    return list(findings.loc[chosen, "verdict"])


def test_table_6_has_the_stars_of_t_but_for_seven(paper: pd.DataFrame) -> None:
    # .739 / .206 = 3.59: tables of t(2) give 2.92 at 10 % and 4.30 at 5 %, the normal 2.58 at 1 %.
    assert at(paper, "stars", "6", "4", "coagglo") == ["consistent"]
    # .354 / .136 = 2.60, and t(9) has 3.25 at 1 %: three stars are the normal's.
    assert at(paper, "stars", "6", "1", "coagglo") == ["inconsistent"]
    of_table = paper[(paper["table"] == "6") & (paper["rule"] == "stars")]
    odd = of_table[of_table["verdict"] == "inconsistent"]
    assert len(odd) == 7 and odd["note"].str.endswith("the mark fits normal alone").all()


def test_the_instrument_has_no_stars_though_its_t_is_seven(paper: pd.DataFrame) -> None:
    assert at(paper, "stars", "4", "2", "L.coagglo") == ["inconsistent"]
    assert at(paper, "first-stage F", "4", "3", "_first_stage_f") == ["consistent"]


def test_anderson_rubin_statistic_and_p_value_do_not_belong_together(paper: pd.DataFrame) -> None:
    # The 5 % point of chi2(1) is 3.84, above 3.753, so that p cannot be .005.
    term = "_anderson_rubin_wald_p"
    assert at(paper, "p-value", "4", "3", term) == ["inconsistent", "inconsistent"]
    assert at(paper, "p-value", "4", "3", "_kp_rk_lm_p") == ["consistent"]


def test_weights_of_table_2_add_up_but_are_not_proportional(paper: pd.DataFrame) -> None:
    assert set(paper.loc[paper["rule"] == "weights add up", "verdict"]) == {"consistent"}
    # .037 of .020 + .021 + .031 + .037 is .339, printed .384.
    solid_waste = "solid_waste_utilisation"
    assert at(paper, "weights proportional", "2", "individual", solid_waste) == ["inconsistent"]


def test_effects_of_the_paper_add_up_and_multiply(paper: pd.DataFrame) -> None:
    for rule in ("direct + indirect", "product a x b", "Lagrange multipliers", "interval contains"):
        assert set(paper.loc[paper["rule"] == rule, "verdict"]) == {"consistent"}


def test_table_7_repeats_table_4_but_for_stars(paper: pd.DataFrame) -> None:
    again = paper[(paper["rule"] == "printed twice") & (paper["verdict"] == "inconsistent")]
    again = again[again["table"] == "7"]
    assert dict(zip(again["term"], again["note"], strict=True)) == {
        "inv": "stars differ: *** and none",
        "constant": "stars differ: ** and none",
    }


def test_the_marks_that_nobody_can_read_are_in_no_count(paper: pd.DataFrame) -> None:
    unread = paper[paper["verdict"] == "not readable"]
    assert set(zip(unread["table"], unread["column"], unread["term"], strict=True)) == {
        ("7", "3", "constant"), ("9", "5", "uic"),
    }  # fmt: skip


def test_five_printed_errors_are_those_without_clusters(paper: pd.DataFrame) -> None:
    findings = paper[(paper["rule"] == "clustered error") & (paper["verdict"] == "inconsistent")]
    places = zip(findings["table"], findings["column"], findings["term"], strict=True)
    assert set(places) == {
        ("7", "4", "uic"), ("7", "4", "coagglo"), ("9", "2", "mi"), ("9", "3", "coagglo*mi"),
        ("9", "4", "mi"),
    }  # fmt: skip


def test_the_running_text_and_table_4_differ(paper: pd.DataFrame) -> None:
    # Section 5.2.1 has 47.850, and calls the instrument significant; Table 4 has 47.580, no mark.
    assert at(paper, "printed twice", "4", "3", "_first_stage_f") == ["inconsistent"]
    assert at(paper, "printed twice", "4", "2", "L.coagglo") == ["inconsistent"]


def test_every_rule_finds_something_to_judge_in_the_paper(paper: pd.DataFrame) -> None:
    counts = summary(paper).set_index("rule")
    assert list(counts.index) == list(RULES)
    assert (counts["consistent"] + counts["inconsistent"] > 0).all()


def test_the_kept_audit_is_what_the_seeds_and_the_rules_give() -> None:
    kept = pd.read_csv(TARGET, dtype={"table": str, "column": str}, keep_default_na=False)
    pd.testing.assert_frame_equal(kept, made(), check_dtype=False, rtol=1e-9)
