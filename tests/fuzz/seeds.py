"""Writes small sound inputs of every kind and form into a folder: what the fuzzer starts from."""

import io
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import xlwt
from forms import FORMS, document, records, worksheet

from yearbooks.files import compound

ROWS = [
    ["3-9 分地区生产总值 (2019年)"],
    ["单位：亿元"],
    ["地区", "地区生产总值"],
    ["北京", 35371.3],
    ["天津", "…"],
]
NBS = '数据库：分省年度数据\n指标：地区生产总值(亿元)\n地区\t,2020年\t,\n北京市\t,1\t,\n"注：甲\n'
TIDY = "province,year,item,value,unit\nBeijing,2020,GDP,1,亿元\n"
PAGE = "<table><caption>3-9 GDP (2019年)<tr><td rowspan=2>地区<td colspan=2>GDP&nbsp;</table>"
JSON = (
    '{"data":[{"code":"2021YY","values":[{"i_showname":"GDP","du_name":"亿元","da":"110000000000",'
    '"da_name":"北京市","value":"1"}]}]}'
)
DOCUMENT = """<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:spreadsheet><table:table
table:name="a"><table:table-row table:number-rows-repeated="2"><table:table-cell
table:number-columns-spanned="2"><t:p>地区<t:s t:c="2"/></t:p></table:table-cell><table:table-cell
table:formula="of:=1" o:value-type="float" o:value="1.5"/></table:table-row></table:table>
</o:spreadsheet></o:body></o:document-content>"""


def saved(book: openpyxl.Workbook | xlwt.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    book, old_book = openpyxl.Workbook(), xlwt.Workbook()
    old_sheet = old_book.add_sheet("3-9")
    for row, texts in enumerate(ROWS):
        for column, text in enumerate(texts):
            book.active.cell(row + 1, column + 1, text)
            old_sheet.write(row, column, text)
    old_sheet.merge(0, 0, 0, 1)
    xls = saved(old_book)
    with zipfile.ZipFile(io.BytesIO(saved(book))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    stream = compound.Compound(xls).stream("workbook").rstrip(b"\0")
    parts = {worksheet: sheet, document: DOCUMENT.encode(), records: stream}
    table = "\n".join(",".join(map(str, row)) for row in ROWS)
    parquet = io.BytesIO()
    pd.read_csv(io.StringIO(TIDY), dtype=str).to_parquet(parquet)
    seeds = {
        "table.csv": table.encode("gb18030"),
        "nbs.csv": NBS.encode("gb18030"),
        "tidy.csv": TIDY.encode(),
        "page.html": PAGE.encode(),
        "answer.json": JSON.encode(),
        "tidy.parquet": parquet.getvalue(),
        **{form.__name__: sign + parts[form] for sign, form in FORMS.items()},
        **{f"{form.__name__}.file": form(part) for form, part in parts.items()},
    }
    for name, seed in seeds.items():
        (folder / name).write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
