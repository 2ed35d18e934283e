"""A year of yearbook tables read whole, beside pandas that reads their cells alone.

`python -m benchmarks.reading` writes SYNTHETIC workbooks, a hundred sheets of 31 provinces by 20
columns, reads them with the project's readers down to observations, and with `pandas.read_excel`
down to bare cells, and prints time and memory as ratios. Here: the command and the workbooks. Not
here: how it is measured.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from rich.console import Console

from benchmarks.measure import Contestant, Run, in_own_process, ratio_table, timed

N_BOOKS, N_SHEETS, N_COLUMNS = 10, 10, 20
REFERENCE_SEEDS = Path(__file__).resolve().parents[1] / "dbt" / "seeds" / "reference"
REPETITIONS = 5


def write_workbooks(folder: Path) -> None:
    """`N_BOOKS` workbooks of `N_SHEETS` sheets, each sheet a year of `N_COLUMNS` items."""
    import csv

    from openpyxl import Workbook

    with (REFERENCE_SEEDS / "items.csv").open(encoding="utf-8") as file:
        items = list(csv.DictReader(file))[: N_COLUMNS * 2]
    with (REFERENCE_SEEDS / "provinces.csv").open(encoding="utf-8") as file:
        provinces = [row["province_zh"] for row in csv.DictReader(file)]
    for number in range(N_BOOKS):
        # Even and odd books print different items, so that no figure is printed twice.
        printed = items[number % 2 :: 2]
        book = Workbook()
        book.remove(book.worksheets[0])
        for year in range(2021 - N_SHEETS * (number // 2 + 1), 2021 - N_SHEETS * (number // 2)):
            sheet = book.create_sheet(str(year))
            sheet.append([f"分地区主要指标（{year}年）"])
            sheet.append(["地区", *(item["label_zh"] for item in printed)])
            sheet.append(["Region", *(f"({item['canonical_unit']})" for item in printed)])
            for row, province in enumerate(provinces):
                sheet.append([province, *(year + row + column / 8 for column in range(N_COLUMNS))])
            sheet.append(["资料来源：SYNTHETIC"])
        book.save(folder / f"{number}.xlsx")


def with_readers(folder: Path) -> int:
    """The number of observations that the project reads."""
    from yearbooks.catalogue import Catalogue
    from yearbooks.reading import read
    from yearbooks.resolution import resolve
    from yearbooks.source import Source

    catalogue = Catalogue.load(REFERENCE_SEEDS)
    found = 0
    for path in sorted(folder.iterdir()):
        observations, _ = resolve(read(Source.open(path), catalogue).cells, catalogue, 2022)
        found += len(observations)
    return found


def with_pandas(folder: Path) -> int:
    """The number of figures in the cells that pandas reads; it does not know what they mean."""
    import pandas as pd

    return sum(
        int(frame.iloc[3:-1, 1:].notna().to_numpy().sum())
        for path in sorted(folder.iterdir())
        for frame in pd.read_excel(path, sheet_name=None, header=None).values()
    )


CONTESTANTS = {"readers": with_readers, "pandas": with_pandas}


def run_once(contestant: str, folder: Path) -> tuple[int, Run]:
    """One measured run, in the process this is called in, imports included."""
    return timed(lambda: CONTESTANTS[contestant](folder))


def main() -> None:
    """Write the workbooks, let both read them in turn, and print the ratios."""
    runs: dict[str, list[Run]] = {contestant: [] for contestant in CONTESTANTS}
    expected = N_BOOKS * N_SHEETS * N_COLUMNS * 31
    with TemporaryDirectory() as name:
        folder = Path(name)
        in_own_process(write_workbooks, folder)
        for _ in range(REPETITIONS):
            for contestant in CONTESTANTS:
                found, run = in_own_process(run_once, contestant, folder)
                if found != expected:
                    raise SystemExit(f"{contestant} found {found:,} figures of {expected:,}")
                runs[contestant].append(run)
    title = f"{N_BOOKS * N_SHEETS} SYNTHETIC sheets: {expected:,} figures"
    contestants = [Contestant(contestant, found) for contestant, found in runs.items()]
    Console().print(ratio_table(title, contestants))


if __name__ == "__main__":
    typer.run(main)
