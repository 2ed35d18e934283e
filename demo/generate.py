"""From the true process to the CSV files: the one place that runs the generator end to end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.draws import Array, Draws
from demo.items import build, extreme
from demo.printing import FILES, tables
from demo.process import TRUTH, YEARS, Truth, simulate

SEEDS = Path(__file__).parents[1] / "dbt" / "seeds" / "yearbooks"
REFERENCE = SEEDS.parent / "reference"


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


def generate(truth: Truth = TRUTH) -> dict[str, pd.DataFrame]:
    """The tidy tables of all yearbooks by short name, every cell text. SYNTHETIC."""
    rates = pd.read_csv(REFERENCE / "exchange_rates.csv").set_index("year")["yuan_per_usd"]
    draws = Draws(truth.seed + 1)
    items, fixed = build(simulate(truth), draws, rates.loc[list(YEARS)].to_numpy())
    gaps = {code: open_cells(values, fixed) for code, values in items.items()}
    return tables(items, gaps, REFERENCE, draws)


def write(folder: Path = SEEDS, truth: Truth = TRUTH) -> dict[Path, int]:
    """Writes the tables as CSV (UTF-8, LF) into `folder`; rows by path."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for book, frame in generate(truth).items():
        path = folder / f"{FILES[book]}.csv"
        frame.to_csv(path, index=False, lineterminator="\n")
        written[path] = len(frame)
    return written
