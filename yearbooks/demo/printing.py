"""How the demo yearbooks print the raw items: labels, units, editions, marks, gaps and misprints.

Belongs here: every deliberate imperfection, all listed in docs/demo-data.md. Does not belong here:
the figures themselves (`items`). One tidy table a yearbook, columns `COLUMNS`, all text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from yearbooks.demo.draws import Draws
from yearbooks.demo.process import LAST_YEAR

COLUMNS = ("province", "year", "item", "value", "unit", "edition", "yearbook", "table", "footnote")
FILES = {
    "csy": "china_statistical_yearbook",
    "cisy": "china_industrial_statistical_yearbook",
    "cstsy": "china_science_technology_yearbook",
    "cesy": "china_environmental_yearbook",
    "clsy": "china_labour_yearbook",
    "ctey": "china_trade_external_economic_yearbook",
    "eps": "eps_provincial_series",
    "miit": "national_innovation_centres",
}
UNITS_ZH = {
    "100m_yuan": "亿元",
    "10k_yuan": "万元",
    "yuan": "元",
    "count": "个",
    "persons": "人",
    "person_years": "人年",
    "10k_persons": "万人",
    "10k_tonnes": "万吨",
    "10k_usd": "万美元",
}
UNITS_EN = {
    "100m_yuan": "100 million yuan",
    "10k_usd": "USD 10 000",
    "persons": "persons",
    "count": "pieces",
}
DIGITS = {"100m_yuan": 2, "10k_persons": 2, "10k_tonnes": 3}


@dataclass(frozen=True)
class Label:
    """An item's label in data years up to `until`; the current label comes after."""

    item_code: str
    until: int
    label: str


EARLIER_LABELS = (
    Label("employed_it_10k_persons", 2011, "信息传输、计算机服务和软件业城镇单位就业人员"),
    Label("employed_research_10k_persons", 2011, "科学研究、技术服务和地质勘查业城镇单位就业人员"),
    Label("selling_expenses_100m_yuan", 2006, "营业费用"),
    Label("average_wage_manufacturing_yuan", 2008, "制造业职工平均工资"),
)
# the later labels: from this data year on, "operating" in place of "main business"
OPERATING_FROM = 2012
OPERATING = {
    "main_business_revenue_100m_yuan": "规模以上工业企业营业收入",
    "main_business_cost_100m_yuan": "规模以上工业企业营业成本",
    "main_business_taxes_100m_yuan": "规模以上工业企业税金及附加",
}
# yearbooks printed these items in another unit up to a data year: (unit, factor, digits)
EARLIER_UNITS = {
    ("clsy", "10k_persons"): (2005, "人", 10_000, 0),
    ("cisy", "100m_yuan"): (2004, "万元", 10_000, 0),
}
# not published after this data year: sales of new products take its place
LAST_PUBLISHED = {"new_product_output_10k_yuan": 2010}
# first editions of regional accounts, revised after the economic census of 2018
REVISED_ITEMS = (
    "gdp_100m_yuan",
    "gdp_per_capita_yuan",
    "secondary_value_added_100m_yuan",
    "tertiary_value_added_100m_yuan",
    "industrial_value_added_100m_yuan",
)
REVISED_YEARS, REVISED_EDITION = range(2014, 2018), 2019
# national rows that differ from the provincial sum: (item, year) -> relative difference
NATIONAL_DISCREPANCIES = {
    ("gdp_100m_yuan", 2009): -0.006,
    ("total_profit_100m_yuan", 2013): 0.004,
}
GAP_SHARE = 0.012
GAP_FORMS = ("…", "-", "", "absent", "absent")
MISPRINT = ("rd_expenditure_10k_yuan", "420000", 2012)


def number(value: float, digits: int) -> str:
    """Fixed decimals, as yearbooks print; no minus sign before a zero."""
    return f"{value + 0.0:.{digits}f}"


def tables(
    items: dict[str, pd.DataFrame],
    gaps_allowed: dict[str, np.ndarray],
    reference: Path,
    draws: Draws,
) -> dict[str, pd.DataFrame]:
    """One frame of text a yearbook, sorted by table, item, edition, year and province.

    items: raw items in canonical units, 31 provinces x years. gaps_allowed: boolean arrays of the
    same shape, True where a cell may be left out.
    reference: folder of the reference seeds, from which labels, units and names come.
    """
    catalogue = pd.read_csv(reference / "items.csv").set_index("item_code")
    provinces = pd.read_csv(reference / "provinces.csv", dtype=str)
    labels = {(label.item_code): label for label in EARLIER_LABELS}
    rows: list[tuple[object, ...]] = []
    for position, (code, entry) in enumerate(catalogue.iterrows()):
        book, unit = str(entry["yearbook"]), str(entry["canonical_unit"])
        english = book == "eps"
        names = provinces["province" if english else "province_zh"].tolist()
        frame = items[str(code)]
        gaps = _gaps(gaps_allowed[str(code)], draws) if book != "miit" else {}
        for column, year in enumerate(frame.columns):
            if year > LAST_PUBLISHED.get(str(code), LAST_YEAR):
                continue
            if book == "miit" and year < 2016:
                continue
            label = str(entry["label_en" if english else "label_zh"])
            if str(code) in labels and year <= labels[str(code)].until:
                label = labels[str(code)].label
            if str(code) in OPERATING and year >= OPERATING_FROM:
                label = OPERATING[str(code)]
            digits = DIGITS.get(unit, 0)
            printed_unit = (UNITS_EN if english else UNITS_ZH)[unit]
            factor = 1
            earlier = EARLIER_UNITS.get((book, unit))
            if earlier is not None and year <= earlier[0]:
                _, printed_unit, factor, digits = earlier
            values = frame[year].to_numpy()
            revised = str(code) in REVISED_ITEMS and year in REVISED_YEARS
            first = values / (1 + 0.005 * (year - 2012) * _revision(len(values)))
            editions = [(year + 1, first if revised else values, "")]
            if revised and year + 1 < REVISED_EDITION:
                editions.append((REVISED_EDITION, values, "数据根据第四次全国经济普查修订"))
            elif revised:
                editions = [
                    (year + 1, first, "初步核算数"),
                    (REVISED_EDITION, values, "数据根据第四次全国经济普查修订"),
                ]
            for edition, numbers, footnote in editions:
                for row, name in enumerate(names):
                    form = gaps.get((row, column))
                    if form == "absent":
                        continue
                    text = number(numbers[row] * factor, digits) if form is None else form
                    if (str(code), provinces["province_code"][row], year) == MISPRINT:
                        text = text[:2] + ".." + text[2:3]
                    rows.append(
                        (position, row, edition, name, year, label, text, printed_unit)
                        + (book, entry["yearbook_table"], footnote)
                    )
                if entry["is_additive"] and book != "miit":
                    total = numbers.sum() * (
                        1 + NATIONAL_DISCREPANCIES.get((str(code), year), 0.0)
                    )
                    note = "各地区合计与全国数不等" if (code, year) in NATIONAL_DISCREPANCIES else ""
                    rows.append(
                        (position, -1, edition, "National" if english else "全国", year, label)
                        + (number(total * factor, digits), printed_unit, book)
                        + (entry["yearbook_table"], note or footnote)
                    )
    return {book: _outside(_book(rows, book), book) for book in FILES}


def _revision(n: int) -> np.ndarray:
    """How strongly each province was revised, shape (n,): a fixed pattern around two per cent."""
    return 1 + 0.8 * np.cos(np.arange(n))


def _gaps(allowed: np.ndarray, draws: Draws) -> dict[tuple[int, int], str]:
    """Cells that are not printed, with the form their absence takes."""
    open_cells = np.flatnonzero(allowed.ravel())
    count = min(len(open_cells), round(GAP_SHARE * allowed.size))
    chosen = open_cells[draws.choose(len(open_cells), count)]
    forms = draws.choose(10 * count, count) % len(GAP_FORMS)
    return {
        (int(cell) // allowed.shape[1], int(cell) % allowed.shape[1]): GAP_FORMS[form]
        for cell, form in zip(chosen, forms, strict=True)
    }


def _book(rows: list[tuple[object, ...]], book: str) -> pd.DataFrame:
    """The rows of one yearbook in their order of print."""
    keep = [row for row in rows if row[8] == book]
    keep.sort(key=lambda row: (str(row[9]), row[0], row[2], row[4], row[1]))
    return pd.DataFrame(
        [
            (name, str(year), label, text, unit, str(edition), book, table, note)
            for _, _, edition, name, year, label, text, unit, _, table, note in keep
        ],
        columns=list(COLUMNS),
        dtype=str,
    )


def _outside(frame: pd.DataFrame, book: str) -> pd.DataFrame:
    """Adds the rows of Hong Kong, Macao and Taiwan that the trade yearbook prints."""
    if book != "ctey":
        return frame
    label = "经营单位所在地进出口总额"
    extra = [
        (name, "2021", label, value, "万美元", "2022", book, "3-5", "")
        for name, value in (("香港", "131200000"), ("澳门", "2050000"), ("台湾省", "82800000"))
    ]
    return pd.concat([frame, pd.DataFrame(extra, columns=list(COLUMNS), dtype=str)])
