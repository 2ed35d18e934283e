"""Writes small sound files of every kind into a folder: what the fuzzer starts from."""

import io
import sys
from pathlib import Path

import pandas as pd
import xlwt
from openpyxl import Workbook

ROWS = [
    ["3-9 分地区生产总值 (2019年)", "", ""],
    ["单位：亿元", "", ""],
    ["地区", "地区生产总值", "第二产业增加值"],
    ["北京", 35371.3, 5715.1],
    ["天津", 14104.3, "…"],
    ["资料来源：中国统计年鉴", "", ""],
]
NBS = "数据库：分省年度数据\n指标：地区生产总值(亿元)\n地区,2020年,2019年\n北京市,1,2\n注：甲\n"
TIDY = "province,year,item,value,unit\nBeijing,2020,GDP,1,亿元\n"


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    old_book = xlwt.Workbook()
    old_sheet = old_book.add_sheet("3-9")
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            book.active.cell(row + 1, column + 1, text)
            old_sheet.write(row, column, text)
    book.save(folder / "table.xlsx")
    old_book.save(folder / "table.xls")
    (folder / "table.csv").write_text(
        "\n".join(",".join(map(str, row)) for row in ROWS), encoding="gb18030"
    )
    (folder / "nbs.csv").write_text(NBS, encoding="gb18030")
    (folder / "tidy.csv").write_text(TIDY, encoding="utf-8")
    pd.read_csv(io.StringIO(TIDY), dtype=str).to_parquet(folder / "tidy.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
