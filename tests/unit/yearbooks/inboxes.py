"""An inbox landed in memory, and the text of an NBS export, for the tests of the readers."""

from collections.abc import Iterable
from pathlib import Path

import duckdb
import pandas as pd

from yearbooks.accepted import Releases
from yearbooks.catalogue import Catalogue
from yearbooks.intake import IntakeReport, land

ROOT = Path(__file__).parents[3]
NO_RELEASES = Releases(readings={}, corrections={}, fingerprint="")


class Raw:
    """An inbox landed into an in-memory database, and what is in it afterwards."""

    def __init__(self, inbox: Path, catalogue: Catalogue) -> None:
        self.inbox = inbox
        self.catalogue = catalogue
        self.releases = NO_RELEASES
        self.connection = duckdb.connect()

    def land(self) -> IntakeReport:
        return land(self.inbox, "test", self.connection, self.catalogue, self.releases)

    def table(self, name: str) -> pd.DataFrame:
        return self.connection.execute(
            f"select * from raw.{name} order by load_seq, source_row, source_column"
            if name != "files"
            else "select * from raw.files order by load_seq"
        ).df()

    def reasons(self) -> list[str]:
        return list(self.table("set_aside")["reason"])

    def values(self) -> list[tuple[object, ...]]:
        """(province_code, year, value, mark) of all observations, in the order of the file."""
        return self.connection.execute(
            "select province_code, year, value, mark from raw.observations "
            "order by load_seq, source_row, year desc"
        ).fetchall()


def nbs_lines(
    rows: Iterable[str],
    title: str = "地区生产总值(亿元)",
    header: str = "地区,2020年,2019年",
    notes: Iterable[str] = ("数据来源：国家统计局",),
) -> str:
    lines = ["数据库：分省年度数据", f"指标：{title}", "时间：最近20年", header, *rows, *notes]
    return "\r\n".join(lines) + "\r\n"
