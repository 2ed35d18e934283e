"""What the demo knows about each province: invented levels, in the order of GB/T 2260 codes.

Belongs here: one line of round, made-up structural levels a province, and the geography from
which the spatial weights follow. Does not belong here: anything that varies over time, and any
published figure. Only the coordinates of the capitals are facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class ProvinceLevel(NamedTuple):
    """Structural level of one province.

    employed: whole-society employment, 10 000 persons. lq_m, lq_ps: location quotients of
    manufacturing and of producer services before the national totals are imposed. ami: mean of the
    index. wealth: log of GDP per person against the mean. tertiary: share of the tertiary sector
    against the mean, points. schooling: years against the mean. innovation: share of the
    country's patents, roughly %. robots: log of robot imports against the mean. open: log of
    manufacturing trade over GDP against the mean. latitude, longitude: of the capital, degrees.
    """

    code: str
    employed: float
    lq_m: float
    lq_ps: float
    ami: float
    wealth: float
    tertiary: float
    schooling: float
    innovation: float
    robots: float
    open: float
    latitude: float
    longitude: float


PROVINCES = (
    ProvinceLevel("110000", 1000, 2.4, 8.8, 38.0, 0.85, 32.0, 1.5, 9.5, 0.4, 1.0, 39.9, 116.4),
    ProvinceLevel("120000", 650, 5.2, 4.6, 35.5, 0.75, 6.0, 1.1, 2.2, 1.0, 0.9, 39.1, 117.2),
    ProvinceLevel("130000", 4300, 0.6, 0.65, 31.0, 0.00, -5.0, 0.0, 1.8, 0.1, -0.4, 38.0, 114.5),
    ProvinceLevel("140000", 1550, 1.5, 2.3, 29.0, -0.10, -2.0, 0.3, 1.0, -0.5, -0.6, 37.9, 112.5),
    ProvinceLevel("150000", 1050, 1.7, 2.7, 30.0, 0.30, -4.0, 0.0, 0.5, -1.0, -0.8, 40.8, 111.7),
    ProvinceLevel("210000", 2000, 2.4, 2.5, 35.0, 0.30, 1.0, 0.5, 2.4, 1.0, 0.5, 41.8, 123.4),
    ProvinceLevel("220000", 1150, 2.2, 2.6, 31.5, 0.10, -2.0, 0.3, 1.1, 0.6, -0.5, 43.9, 125.3),
    ProvinceLevel("230000", 1550, 1.6, 2.5, 30.5, -0.05, 1.0, 0.3, 1.7, -0.3, -0.5, 45.8, 126.6),
    ProvinceLevel("310000", 1000, 4.4, 5.0, 38.8, 0.90, 17.0, 1.2, 7.5, 1.4, 1.4, 31.2, 121.5),
    ProvinceLevel("320000", 5200, 1.5, 0.85, 40.0, 0.60, -1.0, 0.2, 9.0, 1.8, 1.0, 32.1, 118.8),
    ProvinceLevel("330000", 3600, 1.6, 1.1, 39.5, 0.50, 0.0, 0.0, 7.5, 1.2, 0.8, 30.3, 120.2),
    ProvinceLevel("340000", 4700, 0.5, 0.5, 36.0, -0.30, -3.0, -0.4, 3.8, 0.5, -0.3, 31.8, 117.2),
    ProvinceLevel("350000", 2000, 2.8, 1.6, 34.5, 0.35, -3.0, -0.1, 2.0, 0.4, 0.7, 26.1, 119.3),
    ProvinceLevel("360000", 2400, 1.0, 0.9, 34.0, -0.30, -4.0, -0.2, 0.9, -0.2, -0.3, 28.7, 115.9),
    ProvinceLevel("370000", 6600, 0.85, 0.62, 36.5, 0.25, -3.0, 0.0, 4.8, 1.1, 0.5, 36.7, 117.0),
    ProvinceLevel("410000", 6900, 0.5, 0.42, 31.5, -0.20, -8.0, -0.1, 2.3, 0.3, -0.3, 34.7, 113.7),
    ProvinceLevel("420000", 3400, 1.0, 1.0, 34.0, 0.00, -1.0, 0.2, 3.4, 0.6, -0.4, 30.6, 114.3),
    ProvinceLevel("430000", 4400, 0.48, 0.48, 35.0, -0.15, 0.0, 0.1, 2.6, 0.3, -0.6, 28.2, 113.0),
    ProvinceLevel("440000", 6300, 1.75, 1.15, 38.5, 0.45, 4.0, 0.3, 12.5, 1.7, 1.2, 23.1, 113.3),
    ProvinceLevel("450000", 3200, 0.45, 0.55, 29.0, -0.35, -3.0, -0.2, 1.6, -0.5, 0.0, 22.8, 108.4),
    ProvinceLevel("460000", 380, 1.2, 4.0, 28.5, -0.10, 6.0, 0.1, 0.2, -2.0, 0.6, 20.0, 110.3),
    ProvinceLevel("500000", 1500, 2.0, 2.2, 34.0, 0.05, 0.0, 0.0, 1.8, 0.6, 0.1, 29.6, 106.6),
    ProvinceLevel("510000", 5600, 0.42, 0.5, 32.5, -0.25, -2.0, -0.4, 3.2, 0.3, -0.2, 30.7, 104.1),
    ProvinceLevel("520000", 2300, 0.4, 0.5, 28.0, -0.70, 1.0, -1.1, 0.7, -1.3, -1.2, 26.6, 106.7),
    ProvinceLevel("530000", 3100, 0.38, 0.45, 28.0, -0.45, 0.0, -1.0, 0.8, -1.2, -0.3, 25.0, 102.7),
    ProvinceLevel("540000", 280, 0.8, 0.3, 23.5, -0.35, 8.0, -2.2, 0.0, -4.0, -0.8, 29.7, 91.1),
    ProvinceLevel("610000", 1850, 1.5, 2.3, 32.5, -0.05, -3.0, 0.3, 2.7, 0.2, -0.3, 34.3, 108.9),
    ProvinceLevel("620000", 1450, 0.7, 1.1, 27.5, -0.55, 1.0, -0.6, 0.5, -1.4, -0.9, 36.1, 103.8),
    ProvinceLevel("630000", 250, 1.6, 3.1, 26.0, -0.25, -1.0, -0.9, 0.1, -3.0, -1.6, 36.6, 101.8),
    ProvinceLevel("640000", 270, 2.4, 3.0, 28.5, -0.10, 0.0, -0.2, 0.2, -1.8, -0.9, 38.5, 106.3),
    ProvinceLevel("650000", 900, 1.3, 2.9, 27.0, -0.05, -3.0, -0.1, 0.4, -1.6, -0.2, 43.8, 87.6),
)


@dataclass(frozen=True)
class Geography:
    """The units whose yearbooks are made up: their levels, and how they lie.

    Arrays are in the order of `levels`, n of them.
    """

    levels: tuple[ProvinceLevel, ...]

    @property
    def n(self) -> int:
        return len(self.levels)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(each.code for each in self.levels)

    @property
    def log_size(self) -> float:
        """Log of the size of a unit against that of a province: amounts of money shift by it."""
        return float(np.log(len(PROVINCES) / self.n))

    def level(self, name: str) -> Array:
        """One column of `levels` as an array of shape (n,)."""
        return np.array([getattr(each, name) for each in self.levels])

    def distances(self) -> Array:
        """Great-circle distances between capitals, shape (n, n), km rounded to whole kilometres.

        The rounding keeps the weights the same wherever the trigonometric functions differ in
        their last digit.
        """
        latitude, longitude = (np.radians(self.level(name)) for name in ("latitude", "longitude"))
        half = np.sin((latitude[:, None] - latitude) / 2) ** 2
        half += (
            np.cos(latitude)[:, None]
            * np.cos(latitude)
            * np.sin((longitude[:, None] - longitude) / 2) ** 2
        )
        return np.rint(2 * 6371 * np.arcsin(np.sqrt(half)))

    def nested_weights(self, gdp_per_capita: Array) -> Array:
        """Economic-geographic nested weights, shape (n, n), rows sum to one.

        Inverse distance times the neighbour's mean GDP per person (shape (n,)) against the
        average of all units: the default reading of the paper, section 5.6.
        """
        kilometres = self.distances()
        weights = np.where(kilometres > 0, 1 / np.where(kilometres > 0, kilometres, 1), 0)
        weights = weights * (gdp_per_capita / gdp_per_capita.mean())
        return weights / weights.sum(axis=1, keepdims=True)


PAPERS = Geography(PROVINCES)
