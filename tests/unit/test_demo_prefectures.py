"""The second demo: 333 prefectures that do not exist, with the truth of the first one planted."""

import numpy as np
import pandas as pd
import pytest

from demo import TRUTH, simulate
from demo.draws import standardise
from demo.generate import REFERENCE
from demo.prefectures import PREFECTURES, counties, prefectures, provinces_frame
from demo.process import CONTROLS, T, within


def test_there_are_333_and_no_name_or_code_of_them_is_a_province_s() -> None:
    places = prefectures()
    frame = provinces_frame(places, REFERENCE)
    known = set(pd.read_csv(REFERENCE / "province_names.csv", dtype=str)["name"])
    assert places.n == len(frame) == sum(PREFECTURES.values()) == 333
    for column in ("province_code", "province", "province_zh", "province_zh_full"):
        assert frame[column].is_unique, column
        assert known.isdisjoint(frame[column]), column
    # GB/T 2260 numbers prefectures from 01 on and leagues from 21, 22, ... to 34, districts at 90.
    assert frame["province_code"].str[2:4].astype(int).between(50, 89).all()
    # As dbt tests of the centres.
    assert ((places.level("latitude") >= 18) & (places.level("latitude") <= 54)).all()


def test_counties_divide_the_prefectures_and_no_two_are_in_one_place() -> None:
    places = counties(2_800)
    frame = provinces_frame(places, REFERENCE)
    assert places.n == len(frame) == 2_800
    for column in ("province_code", "province", "province_zh", "province_zh_full"):
        assert frame[column].is_unique, column
    of = frame["province_code"].str[:4].value_counts()
    assert len(of) == 333 and set(of) == {8, 9}
    at = {(level.latitude, level.longitude) for level in places.levels}
    assert len(at) == places.n
    ratio = places.level("employed").sum() / prefectures().level("employed").sum()
    assert ratio == pytest.approx(1, abs=0.01)


def test_the_workers_of_a_province_are_shared_among_its_prefectures() -> None:
    places = prefectures()
    in_hebei = [code.startswith("13") for code in places.codes]
    assert places.level("employed")[in_hebei].sum() == pytest.approx(4300, abs=1)


def test_least_squares_find_the_planted_coefficients_again() -> None:
    """Given the spatial lag; without it the errors of neighbours would depend on each other."""
    panel = simulate(places=prefectures())
    x, weights = panel.variables, panel.weights
    z = {name: standardise(x[name]) for name in ("coagglo", "mi", "icc", "uic")}
    terms = {
        "coagglo": x["coagglo"],
        "uic": x["uic"],
        "mi": z["mi"],
        "coagglo_mi": z["coagglo"] * z["mi"],
        "uic_mi": z["uic"] * z["mi"],
        "icc": z["icc"],
        "coagglo_icc": z["coagglo"] * z["icc"],
        "uic_icc": z["uic"] * z["icc"],
        "w_coagglo": weights @ x["coagglo"],
    }
    columns = [*terms.values(), *(x[name] for name in CONTROLS)]
    design = np.column_stack([within(values).ravel() for values in columns])
    outcome = within(x["ami"] - TRUTH.ami_rho * (weights @ x["ami"])).ravel()
    found, *_ = np.linalg.lstsq(design, outcome, rcond=None)
    residuals = (outcome - design @ found).reshape(333, T)
    # Clustered by prefecture, for disturbances depend on the year before.
    bread = np.linalg.inv(design.T @ design)
    scores = (design.reshape(333, T, -1) * residuals[:, :, None]).sum(axis=1)
    errors = np.sqrt(np.diag(bread @ scores.T @ scores @ bread))
    truth = np.array([*(getattr(TRUTH, f"ami_{name}") for name in terms), *TRUTH.ami_controls])
    distance = np.abs(found - truth) / errors
    assert distance.max() < 3.5
    assert (distance < 2).mean() >= 0.8
