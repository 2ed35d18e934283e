"""The data-generating process of the demo at the level of the variables of Table 3.

Belongs here: the true coefficients, the regressors, the mechanism variables and the index that
the true equations give. Does not belong here: how an index value is spread over indicators
(`scores`), or what a yearbook prints (`items`, `printing`). Everything is SYNTHETIC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.variables import CONTROLS
from demo.draws import Array, Draws, standardise, with_moments
from demo.provinces import PAPERS, Geography

FIRST_YEAR, LAST_YEAR = 2003, 2021
YEARS = tuple(range(FIRST_YEAR, LAST_YEAR + 1))
T = len(YEARS)
# Controls that are logarithms of amounts, which are smaller in smaller units.
AMOUNTS = ("fdi", "gov", "inv", "inf")
SECTORS = ("transport", "it", "finance", "leasing_business", "research")


@dataclass(frozen=True)
class Truth:
    """The planted coefficients; where each comes from is in docs/demo-data.md.

    Two structural equations with province and year effects, `ami_*` and `uic_*`. Coagglo, the
    moderators mi and icc, and uic are standardised over all cells before they are multiplied;
    the main effect of a moderator is per standard deviation, those of coagglo and uic per unit.
    `ami_rho` and `ami_w_coagglo` belong to the spatial lags of ami and coagglo. Coefficients of
    the controls are in the order of `CONTROLS`.
    """

    # how this draw was chosen: docs/demo-data.md
    seed: int = 134
    ami_coagglo: float = 0.450
    ami_uic: float = 0.750
    ami_mi: float = 0.050
    ami_coagglo_mi: float = 0.150
    ami_uic_mi: float = 0.200
    ami_icc: float = 0.200
    ami_coagglo_icc: float = 0.180
    ami_uic_icc: float = 0.120
    ami_w_coagglo: float = 1.500
    ami_rho: float = 0.200
    ami_controls: tuple[float, ...] = (1.982, 0.057, 0.075, -0.063, -0.179, -0.003, 1.749)
    uic_coagglo: float = 0.260
    uic_mi: float = 0.600
    uic_coagglo_mi: float = 0.205
    uic_icc: float = 0.020
    uic_coagglo_icc: float = 0.050
    uic_controls: tuple[float, ...] = (0.093, 0.015, -0.030, -0.015, 0.015, 0.001, 0.264)
    center_coagglo: float = 0.812
    # standard deviation of the errors; that of uic is for the most inventive provinces
    noise_ami: float = 1.90
    noise_uic: float = 0.60


TRUTH = Truth()


@dataclass(frozen=True)
class Panel:
    """Everything the process fixes; arrays of shape (n, 19), n the places, unless stated.

    `employed` (10 000 persons) has one array a sector plus manufacturing, urban and all.
    `variables` has coagglo, the seven controls, uic, mi, icc, center and ami (the wanted value).
    `expected` has uic and ami without their noise: given the regressors, what the equations say.
    `weights` is the (n, n) spatial matrix of the true process.
    """

    employed: dict[str, Array]
    variables: dict[str, Array]
    expected: dict[str, Array]
    weights: Array


def trend(start: float, end: float, bend: float = 0.0) -> Array:
    """A smooth national path over the years, shape (19,); `bend` > 0 rises early."""
    time = np.arange(T) / (T - 1)
    return start + (end - start) * (time + bend * time * (1 - time))


def employment(draws: Draws) -> dict[str, Array]:
    """Employment whose location quotients give coagglo (eq. 18-20), rounded to 100 persons.

    Wanted quotients are divided by their employment-weighted mean of the year: eq. 18 and 19 then
    give them back, whatever the national totals are.
    """
    kilometres = draws.places.distances()
    near = np.where(kilometres > 0, 1 / np.maximum(kilometres, 1) ** 2, 0)
    near = near / near.sum(axis=1, keepdims=True)
    mix = np.linalg.inv(np.eye(draws.places.n) - 0.6 * near)
    mix = mix / np.sqrt((mix * mix).sum(axis=1, keepdims=True))
    shared = draws.series(draws.places.n, T, 0.75, mix)
    everyone = draws.places.level("employed")[:, None] * np.exp(
        trend(-0.03, 0.03) + 0.015 * draws.series(draws.places.n, T, 0.9)
    )
    share = everyone / everyone.sum(axis=0)

    def sector(quotient: str, of_all: Array) -> Array:
        own = draws.series(draws.places.n, T, 0.72)
        wanted = np.exp(
            1.08 * np.log(draws.places.level(quotient))[:, None] + 0.12 * shared + 0.17 * own
        )
        return np.asarray(wanted / (share * wanted).sum(axis=0) * everyone * of_all)

    manufacturing = sector("lq_m", trend(0.060, 0.062, 0.6))
    services = sector("lq_ps", trend(0.024, 0.031))
    drift = np.array([-0.25, 0.45, 0.1, 0.3, 0.0])[:, None, None] * (np.arange(T) / T - 0.5)
    parts = np.array([0.32, 0.12, 0.23, 0.15, 0.18])[:, None, None]
    parts = parts * np.exp(0.15 * draws.normal(5, draws.places.n, 1) + drift)
    parts = parts / parts.sum(axis=0)
    urban = manufacturing + services
    others = np.minimum(
        0.75, trend(0.14, 0.22) * np.exp(0.15 * draws.places.level("wealth"))[:, None]
    )
    urban = urban + (everyone - urban) * others
    employed = {"manufacturing": manufacturing, "urban": urban, "all": everyone}
    employed |= {name: part * services for name, part in zip(SECTORS, parts, strict=True)}
    return {name: np.round(values, 2) for name, values in employed.items()}


def coagglomeration(employed: dict[str, Array]) -> Array:
    """Eq. 18-20 with whole-society employment as P, shape (n, 19)."""

    def quotient(sector: Array) -> Array:
        everyone = employed["all"]
        return np.asarray((sector / sector.sum(axis=0)) / (everyone / everyone.sum(axis=0)))

    m = quotient(employed["manufacturing"])
    ps = quotient(np.sum([employed[sector] for sector in SECTORS], axis=0))
    return np.asarray(1 - np.abs(m - ps) / (m + ps) + m + ps)


def bounded(values: Array, mean: float, sd: float, low: float, high: float) -> Array:
    """`values` moved to a mean and standard deviation, tails bent to stay inside (low, high)."""
    z, middle, half = standardise(values), (low + high) / 2, (high - low) / 2
    knee = 0.7  # of the way from the middle to a bound, from where on a tail is bent
    room = 1 - knee

    def bend(centre: float, width: float) -> Array:
        u = (centre + width * z - middle) / half
        over = np.maximum(np.abs(u) - knee, 0)
        bent = np.minimum(np.abs(u), knee) + room * over / (room + over)
        return np.asarray(middle + half * np.sign(u) * bent)

    return with_moments(bend, mean, sd, spread, (low, high), (0.3 * sd, 3 * sd))


def heavy(values: Array, mean: float, sd: float, low: float, high: float) -> Array:
    """exp of an affine map of `values` with the wanted mean and sd, bent to stay in (low, high)."""
    z, centre = standardise(values), float(np.log(mean))

    def bend(centre: float, width: float) -> Array:
        x = np.exp(centre + width * z)
        return np.asarray(low + x / (1 + (x / (high - low)) ** 2) ** 0.5)

    return with_moments(bend, mean, sd, spread, (centre - 9, centre + 3), (0.3, 3.0))


def spread(values: Array) -> float:
    """Standard deviation over all cells."""
    return float(values.std())


def zero_cells(draws: Draws) -> dict[str, npt.NDArray[np.bool_]]:
    """Where a yearbook prints 0, as boolean (n, 19) arrays: the zeros behind Table 3's minima.

    Budget expenditure is printed as 0 in two scattered years of every province but the smallest
    (so that `gov` stays identified beside year effects), FDI in all but four years of Tibet,
    investment in five and schooling in six scattered cells of larger provinces.
    """
    cells = {
        name: np.zeros((draws.places.n, T), dtype=bool) for name in ("gov", "fdi", "inv", "hcl")
    }
    for province in np.flatnonzero(draws.places.level("innovation") > 0.25):
        cells["gov"][province, 1 + draws.choose(T - 2, 2)] = True
    for tibet in np.flatnonzero(draws.places.level("innovation") == 0):
        cells["fdi"][tibet] = True
        cells["fdi"][tibet, [4, 5, 6, 7]] = False
    large = np.flatnonzero(draws.places.level("innovation") > 2.0)
    for name, count in (("inv", 5), ("hcl", 6)):
        rows = large[draws.choose(len(large), count)]
        cells[name][rows, 2 + draws.choose(T - 4, count)] = True
    return cells


def controls(draws: Draws) -> dict[str, Array]:
    """The seven controls at the moments of Table 3, zeros included, shape (n, 19) each."""
    size = np.log(draws.places.level("employed"))
    size = (size - size.mean())[:, None]
    wealth = draws.places.level("wealth")[:, None]
    zeros = zero_cells(draws)

    def noise(sd: float) -> Array:
        return sd * draws.series(draws.places.n, T, 0.6)

    raw = {
        "pdgp": wealth + trend(-1.05, 0.85, 0.4) + noise(0.10),
        "fdi": 0.7 * size
        + 1.2 * wealth
        + 0.3 * draws.places.level("open")[:, None]
        + trend(-0.7, 0.7, 0.5)
        + noise(0.45),
        "hcl": draws.places.level("schooling")[:, None] + trend(-0.7, 0.7) + noise(0.30),
        "gov": 0.75 * size + 0.4 * wealth + trend(-1.1, 0.9, 0.3) + noise(0.15),
        "inv": 0.85 * size + 0.5 * wealth + trend(-1.5, 1.0, 0.5) + noise(0.22),
        "str": draws.places.level("tertiary")[:, None] + trend(-5.5, 6.5) + noise(2.6),
        "inf": 0.85 * size + 0.6 * wealth + trend(-1.2, 1.5) + noise(0.16),
    }
    # mean, sd, low, high of the cells that are not zero, from which Table 3's moments follow
    moments = {
        "pdgp": (10.29, 0.80, 8.06, 12.01),
        "fdi": (21.72, 1.55, 16.0, 24.85),
        "hcl": (10.88, 1.00, 7.5, 12.60),
        "gov": (24.10, 1.05, 20.5, 26.55),
        "inv": (27.12, 1.15, 22.5, 29.45),
        "str": (43.73, 9.49, 28.65, 83.80),
        "inf": (24.69, 1.25, 20.45, 28.30),
    }
    result = {}
    for name, values in raw.items():
        mean, sd, low, high = moments[name]
        moved = draws.places.log_size if name in AMOUNTS else 0.0
        filled = bounded(values, mean + moved, sd, low + moved, high + moved)
        result[name] = np.where(zeros[name], 0.0, filled) if name in zeros else filled
    return result


def robots(draws: Draws) -> Array:
    """mi, million US dollars of robot imports, rounded to 10 000 dollars."""
    values = (
        draws.places.level("robots")[:, None]
        + trend(-2.2, 1.6, 0.3)
        + 0.35 * draws.series(draws.places.n, T, 0.6)
    )
    return np.round(heavy(values, 97.28, 182.18, 0.13, 1090.0), 2)


def cooperation(draws: Draws) -> Array:
    """icc, ratio to GDP: small everywhere but in a handful of province-years."""
    values = (
        0.8 * draws.places.level("open")[:, None]
        + trend(-0.2, 0.2)
        + 0.35 * draws.series(draws.places.n, T, 0.6)
    )
    ratio = heavy(values, 0.066, 0.075, 0.004, 0.6)
    for code, year, value in (
        ("440000", 2015, 10.5),
        ("460000", 2018, 8.6),
        ("120000", 2010, 6.5),
        ("310000", 2008, 6.4),
        ("330000", 2006, 5.0),
        ("110000", 2012, 4.5),
    ):
        if code in draws.places.codes:
            ratio[draws.places.codes.index(code), year - FIRST_YEAR] = value
    return ratio


def within(values: Array) -> Array:
    """Deviations from province and year means, shape of `values`."""
    return np.asarray(
        values
        - values.mean(axis=1, keepdims=True)
        - values.mean(axis=0, keepdims=True)
        + values.mean()
    )


def controlled(coefficients: Sequence[float], x: Mapping[str, Array]) -> Array:
    """What the controls add, coefficients in the order of `CONTROLS`."""
    terms = [b * x[name] for b, name in zip(coefficients, CONTROLS, strict=True)]
    return np.asarray(np.sum(terms, axis=0))


def innovation(draws: Draws, x: dict[str, Array], truth: Truth) -> tuple[Array, Array]:
    """uic (10 000 patents, whole patents) and its expectation given the regressors, (n, 19) each.

    Province effects put every province near zero in its weakest years, for patents cannot be
    negative and the small provinces have next to none; the three weakest years are cut off at two
    patents.
    """
    z_co, z_mi, z_icc = (standardise(x[name]) for name in ("coagglo", "mi", "icc"))
    mechanisms = (
        truth.uic_coagglo * x["coagglo"]
        + truth.uic_mi * z_mi
        + truth.uic_coagglo_mi * z_co * z_mi
        + truth.uic_icc * z_icc
        + truth.uic_coagglo_icc * z_co * z_icc
    )
    by_controls = within(controlled(truth.uic_controls, x))
    share = draws.places.level("innovation")[:, None]
    noise = np.minimum(share / 8, 1) ** 1.3 * truth.noise_uic * draws.series(draws.places.n, T, 0.3)
    # year effects leave the provinces without robots where they are: mechanisms keep their mean
    moving = mechanisms + by_controls + noise
    floor = np.sort(moving, axis=1)[:, 3:4]
    base = np.where(share > 0.15, share * 0.003, 0.0002)
    values = np.maximum(moving - floor + base, 0.0002)
    return np.asarray(np.round(values, 4)), within(mechanisms) + by_controls


def index(draws: Draws, x: dict[str, Array], weights: Array, truth: Truth) -> tuple[Array, Array]:
    """The wanted ami and its expectation given the regressors (uic among them), shape (n, 19)."""
    names = ("coagglo", "mi", "icc", "uic")
    z_co, z_mi, z_icc, z_uic = (standardise(x[name]) for name in names)
    systematic = (
        truth.ami_coagglo * x["coagglo"]
        + truth.ami_uic * x["uic"]
        + truth.ami_mi * z_mi
        + truth.ami_coagglo_mi * z_co * z_mi
        + truth.ami_uic_mi * z_uic * z_mi
        + truth.ami_icc * z_icc
        + truth.ami_coagglo_icc * z_co * z_icc
        + truth.ami_uic_icc * z_uic * z_icc
        + truth.ami_w_coagglo * (weights @ x["coagglo"])
        + controlled(truth.ami_controls, x)
    )
    noise = truth.noise_ami * draws.series(draws.places.n, T, 0.25)
    spread = np.linalg.inv(np.eye(draws.places.n) - truth.ami_rho * weights)
    expected = spread @ systematic
    # province effects hold each province at its level, year effects hold the national path
    effects = draws.places.level("ami")[:, None] + trend(-3.2, 3.2)
    values = effects + within(expected) + spread @ noise
    return values - values.mean() + 32.96, within(expected)


def centres(draws: Draws, coagglo: Array, truth: Truth) -> Array:
    """National manufacturing innovation centres (whole numbers), 2016-2021 in the last columns."""
    recent = coagglo[:, -6:]
    share = draws.places.level("innovation")[:, None]
    wanted = (
        share / 5
        + truth.center_coagglo * (recent - recent.mean(axis=1, keepdims=True))
        + np.arange(6) * share / 40
        + 0.25 * draws.normal(draws.places.n, 6)
    )
    result = np.zeros_like(coagglo)
    result[:, -6:] = np.maximum(np.rint(wanted), 0)
    return result


def simulate(truth: Truth = TRUTH, places: Geography = PAPERS) -> Panel:
    """One draw of the whole process in `places`."""
    draws = Draws(truth.seed, places)
    employed = employment(draws)
    x = {"coagglo": coagglomeration(employed)} | controls(draws)
    x["mi"], x["icc"] = robots(draws), cooperation(draws)
    weights = places.nested_weights(np.exp(x["pdgp"]).mean(axis=1))
    x["uic"], expected_uic = innovation(draws, x, truth)
    x["ami"], expected_ami = index(draws, x, weights, truth)
    x["center"] = centres(draws, x["coagglo"], truth)
    return Panel(employed, x, {"uic": expected_uic, "ami": expected_ami}, weights)
