"""The quarantine: what stands set aside in a warehouse, found, filtered, summed up and exported.

Reads `raw.files` and `raw.set_aside` of a finished warehouse and changes nothing. Why a cell is set
aside is said by the readers and `yearbooks.resolution`, what to do about it by
`yearbooks.remedies`.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from yearbooks.catalogue import Catalogue
from yearbooks.cells import PRINTED_COLUMNS, read_year
from yearbooks.errors import YearbookError
from yearbooks.labels import match_key
from yearbooks.remedies import ADVICE, advice
from yearbooks.untrusted import put_text, spreadsheet_safe

# The columns of raw.set_aside that are shown; a warehouse of an earlier version lacks some.
COLUMNS = ("source_file", *PRINTED_COLUMNS, "rule", "reason", "expected")
# What an export adds to them.
WHAT_TO_DO = "what_to_do"
# The rows of an .xlsx sheet.
MAX_ROWS = 1_048_576


@dataclass(frozen=True)
class Filters:
    """Which cells are wanted; an empty text asks for all.

    reason: the code, exactly. file, sheet: a part of the name. item, province: a part of the
    printed text, or any name of the same item or province. year: as printed, or the year itself.
    """

    reason: str = ""
    file: str = ""
    sheet: str = ""
    item: str = ""
    province: str = ""
    year: str = ""


@dataclass(frozen=True, eq=False)
class Quarantine:
    """The cells set aside by the newest load of each file.

    cells: one row a cell, the columns `COLUMNS` as text, empty where there is nothing.
    editions: by file, the edition of its figures that landed, where there is exactly one.
    """

    cells: pd.DataFrame
    editions: dict[str, int]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, dataset: str) -> "Quarantine":
        """Reads a warehouse without changing it."""
        held = {
            name
            for (name,) in connection.execute(
                "select column_name from duckdb_columns()"
                " where schema_name = 'raw' and table_name = 'set_aside'"
            ).fetchall()
        }
        columns = ", ".join(
            f"coalesce(cast({name} as varchar), '') as {name}" if name in held else f"'' as {name}"
            for name in COLUMNS
        )
        newest = (
            "select load_seq from raw.files where dataset = $dataset"
            " qualify load_seq = max(load_seq) over (partition by source_file)"
        )
        parameters = {"dataset": dataset}
        cells = connection.execute(
            f"select {columns} from raw.set_aside"
            f" where dataset = $dataset and load_seq in ({newest})"
            " order by source_file, source_sheet, raw.set_aside.source_row, source_column",
            parameters,
        ).df()
        editions = connection.execute(
            "select source_file, any_value(edition) from raw.observations"
            f" where dataset = $dataset and load_seq in ({newest})"
            " group by source_file having count(distinct edition) = 1",
            parameters,
        ).fetchall()
        return cls(cells.astype(object), dict(editions))

    def filtered(self, filters: Filters, catalogue: Catalogue) -> "Quarantine":
        """Only the cells that pass every filter.

        Raises `YearbookError` for a reason that no reader gives.
        """
        if filters.reason and filters.reason not in ADVICE:
            known = sorted(set(self.cells["reason"])) or sorted(ADVICE)
            raise YearbookError(
                f"'{filters.reason}' is not a reason to set a cell aside; "
                f"expected one of {', '.join(known)}"
            )
        cells = self.cells
        if filters.reason:
            cells = cells[cells["reason"] == filters.reason]
        for column, part in (("source_file", filters.file), ("source_sheet", filters.sheet)):
            if part:
                cells = cells[_holds(cells[column], part)]
        for column, text, meaning in (
            ("item_printed", filters.item, catalogue.item),
            ("province_printed", filters.province, catalogue.province),
            ("year_printed", filters.year, read_year),
        ):
            if text:
                asked = meaning(text)
                same = {
                    printed
                    for printed in cells[column].unique()
                    if asked is not None and meaning(printed) == asked
                }
                cells = cells[_holds(cells[column], text) | cells[column].isin(same)]
        return Quarantine(cells, self.editions)

    def by_reason(self) -> pd.DataFrame:
        """reason, cells, files and one text of what was expected; the commonest reason first."""
        return (
            self.cells.groupby("reason", sort=True)
            .agg(
                cells=("reason", "size"),
                files=("source_file", "nunique"),
                expected=("expected", "first"),
            )
            .reset_index()
            .sort_values("cells", ascending=False, kind="stable", ignore_index=True)
        )

    def by_file(self) -> pd.DataFrame:
        """source_file, cells and reasons (their codes with counts), in the order of the names."""
        counted = self.cells.groupby(["source_file", "reason"], sort=True).size().reset_index()
        counted.columns = ["source_file", "reason", "n"]
        counted["text"] = counted["reason"] + " " + counted["n"].map("{:,}".format)
        return (
            counted.groupby("source_file", sort=True)
            .agg(cells=("n", "sum"), reasons=("text", ", ".join))
            .reset_index()
        )

    def export(self, path: Path) -> None:
        """Writes the cells, and what to do about each, as .csv (UTF-8) or .xlsx.

        No text becomes a formula: a workbook holds texts as they are, and in CSV an apostrophe
        leads those that would be one (see `yearbooks.untrusted`). Raises `YearbookError` for
        another ending, a path that exists, and one that cannot be written.
        """
        if path.suffix.lower() not in (".csv", ".xlsx"):
            raise YearbookError(f"{path}: an export is named .csv or .xlsx")
        about = self.cells[["reason", "source_file", "source_sheet"]]
        what = [advice(reason, file, (sheet,)) for reason, file, sheet in about.to_numpy()]
        cells = self.cells.assign(**{WHAT_TO_DO: what})
        write = _write_csv if path.suffix.lower() == ".csv" else _write_xlsx
        try:
            write(cells, path)
        except FileExistsError:
            raise YearbookError(f"{path} exists; name a file that does not") from None
        except OSError as error:
            raise YearbookError(f"{path} cannot be written: {error.strerror}") from None


def _holds(texts: pd.Series, part: str) -> pd.Series:
    """Whether each text holds the part, as labels are compared."""
    key = match_key(part)
    return texts.map(lambda text: key in match_key(text)).astype(bool)


def _write_csv(cells: pd.DataFrame, path: Path) -> None:
    # With a byte-order mark, for spreadsheet programs would take the text for another encoding.
    with path.open("x", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(cells.columns)
        for row in cells.itertuples(index=False, name=None):
            writer.writerow([spreadsheet_safe(text) for text in row])


def _write_xlsx(cells: pd.DataFrame, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    if len(cells) >= MAX_ROWS:
        raise YearbookError(
            f"{path}: {len(cells):,} cells are more than a sheet holds; name a .csv"
        )
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "set aside"
    for position, name in enumerate(cells.columns, start=1):
        put_text(sheet.cell(1, position), name)
        sheet.cell(1, position).font = Font(bold=True)
        longest = max((len(text) for text in cells[name].head(1000)), default=0)
        sheet.column_dimensions[get_column_letter(position)].width = min(
            max(len(name), longest) + 2, 60
        )
        for number, text in enumerate(cells[name], start=2):
            cell = sheet.cell(number, position)
            if name == "source_row" and text:
                cell.value = int(text)
            elif text:
                put_text(cell, text)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    with path.open("xb") as file:
        book.save(file)
