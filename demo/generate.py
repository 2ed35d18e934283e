"""From the true process to the CSV files: the one place that runs the generator end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.draws import Array, Draws
from demo.items import build, extreme
from demo.prefectures import prefectures, provinces_frame, write_reference
from demo.printing import FILES, tables
from demo.process import TRUTH, YEARS, Truth, simulate
from demo.provinces import PAPERS, Geography

SEEDS = Path(__file__).parents[1] / "dbt" / "seeds" / "yearbooks"
REFERENCE = SEEDS.parent / "reference"
# Of a file: intake takes none above 64 MiB. The items of more go into several.
_MOST_ROWS = 600_000


def open_cells(values: Array, fixed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Where a gap may be: True in cells that the filling of gaps would bring back within 5 %.

    Not at the zeros and extremes of the item, nor where an indicator is extreme (`fixed`, the
    years of the panel), nor beside any of them: a gap is interpolated from its neighbours.
    """
    marked = (values == 0) | extreme(values, 5)
    marked[:, -fixed.shape[1] :] |= fixed
    near = marked.copy()
    near[:, 1:] |= marked[:, :-1]
    near[:, :-1] |= marked[:, 1:]
    filled = np.empty_like(values)
    filled[:, 1:-1] = (values[:, :-2] + values[:, 2:]) / 2
    filled[:, 0], filled[:, -1] = values[:, 1], values[:, -2]
    return np.asarray(~near & (np.abs(filled - values) < 0.05 * values))


def generate(
    truth: Truth = TRUTH, places: Geography = PAPERS, provinces: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """The tidy tables of all yearbooks by short name, every cell text. SYNTHETIC.

    `provinces` has the names of `places`, in the columns of the seed of the same name, which is
    read where none are given.
    """
    rates = pd.read_csv(REFERENCE / "exchange_rates.csv").set_index("year")["yuan_per_usd"]
    draws = Draws(truth.seed + 1, places)
    items, fixed = build(simulate(truth, places), draws, rates.loc[list(YEARS)].to_numpy())
    gaps = {code: open_cells(values, fixed) for code, values in items.items()}
    if provinces is None:
        provinces = pd.read_csv(REFERENCE / "provinces.csv", dtype=str)
    catalogue = pd.read_csv(REFERENCE / "items.csv", dtype=str)
    return tables(items, gaps, catalogue, provinces, draws)


def write(folder: Path = SEEDS, truth: Truth = TRUTH) -> dict[Path, int]:
    """Writes the tables as CSV (UTF-8, LF) into `folder`; rows by path."""
    return _written(folder, generate(truth))


def write_prefectures(folder: Path, places: Geography | None = None) -> dict[Path, int]:
    """Writes the second demo: yearbooks into `inbox/`, units into `reference/` of `folder`.

    `places`: some of the prefectures; by default all.
    """
    places = places or prefectures()
    names = provinces_frame(places, REFERENCE)
    written = _written(folder / "inbox", generate(places=places, provinces=names))
    return written | dict.fromkeys(write_reference(folder / "reference", places, names), places.n)


def _written(folder: Path, made: dict[str, pd.DataFrame]) -> dict[Path, int]:
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for book, frame in made.items():
        items, parts = frame["item"].unique(), -(-len(frame) // _MOST_ROWS)
        for part in range(parts):
            number = f"_{part + 1}" if parts > 1 else ""
            path = folder / f"{FILES[book]}{number}.csv"
            rows = frame[frame["item"].isin(items[part::parts])]
            rows.to_csv(path, index=False, lineterminator="\n")
            written[path] = len(rows)
    return written
