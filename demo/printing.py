"""How the demo yearbooks print the raw items: labels, units, editions, marks, gaps and a misprint.

Belongs here: every deliberate imperfection, all listed in docs/demo-data.md. Does not belong here:
the figures themselves (`items`). One tidy table a yearbook, columns `COLUMNS`, all text.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from demo.draws import Array, Draws
from demo.process import LAST_YEAR

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
# yearbooks with English labels, names and units
ENGLISH = frozenset({"eps"})
# canonical unit -> printed in Chinese, printed in English, decimals
UNITS = {
    "100m_yuan": ("亿元", "100 million yuan", 2),
    "10k_yuan": ("万元", "10 000 yuan", 0),
    "yuan": ("元", "yuan", 0),
    "count": ("个", "pieces", 0),
    "persons": ("人", "persons", 0),
    "person_years": ("人年", "person-years", 0),
    "10k_persons": ("万人", "10 000 persons", 2),
    "10k_tonnes": ("万吨", "10 000 tons", 3),
    "10k_usd": ("万美元", "USD 10 000", 0),
}
# (yearbook, canonical unit) -> last data year printed so, unit, factor, decimals
EARLIER_UNITS = {
    ("clsy", "10k_persons"): (2005, "人", 10_000, 0),
    ("cisy", "100m_yuan"): (2004, "万元", 10_000, 0),
}
# item -> last data year under the label
EARLIER_LABELS = {
    "employed_it_10k_persons": (2011, "信息传输、计算机服务和软件业城镇单位就业人员"),
    "employed_research_10k_persons": (2011, "科学研究、技术服务和地质勘查业城镇单位就业人员"),
    "selling_expenses_100m_yuan": (2006, "规模以上工业企业营业费用"),
    "average_wage_manufacturing_yuan": (2008, "制造业职工平均工资"),
}
# item -> first data year under the label: "operating" in place of "main business"
LATER_LABELS = {
    "main_business_revenue_100m_yuan": (2012, "规模以上工业企业营业收入"),
    "main_business_cost_100m_yuan": (2012, "规模以上工业企业营业成本"),
    "main_business_taxes_100m_yuan": (2012, "规模以上工业企业税金及附加"),
}
# item -> first and last data year of publication, where not all; new products: sales go on
PUBLISHED = {
    "industrial_value_added_above_scale_100m_yuan": (2003, 2007),
    "new_product_output_10k_yuan": (2003, 2010),
    "innovation_centres_count": (2016, LAST_YEAR),
}
# regional accounts revised after a census: first editions of these years, then this edition
REVISED_YEARS, REVISED_EDITION = range(2014, 2018), 2019
REVISED_ITEMS = frozenset(
    {
        "gdp_100m_yuan",
        "gdp_per_capita_yuan",
        "secondary_value_added_100m_yuan",
        "tertiary_value_added_100m_yuan",
        "industrial_value_added_100m_yuan",
    }
)
PRELIMINARY, REVISED = "初步核算数", "根据全国经济普查结果修订"
# national rows that differ from the provincial sum: (item, data year) -> relative difference
NATIONAL_DISCREPANCIES = {
    ("gdp_100m_yuan", 2010): -0.006,
    ("total_profit_100m_yuan", 2016): 0.004,
}
DISCREPANCY = "各地区合计与全国数不等"
GAP_SHARE = 0.014
GAP_FORMS = ("…", "-", "", "row absent", "row absent")
# (item, row of the province, data year) -> what is printed instead of the figure
MISPRINTS = {("rd_expenditure_10k_yuan", 16, 2012): "12..5"}
# rows that the trade yearbook prints beside the provinces
OUTSIDE = (("香港", "131200000"), ("澳门", "2050000"), ("台湾省", "82800000"))
OUTSIDE_ITEM, OUTSIDE_YEAR = "trade_total_10k_usd", 2021


class Printing(NamedTuple):
    """One item of one data year in one edition: what its rows share, and its figures."""

    item_code: str
    year: int
    edition: int
    label: str
    unit: str
    digits: int
    figures: Array
    footnote: str


def tables(
    items: Mapping[str, Array],
    open_cells: Mapping[str, npt.NDArray[np.bool_]],
    catalogue: pd.DataFrame,
    provinces: pd.DataFrame,
    draws: Draws,
) -> dict[str, pd.DataFrame]:
    """One frame of text a yearbook, in the order table, item, edition, data year, province.

    items: raw items in canonical units, places x data years, the last of them 2021.
    open_cells: arrays of the same shapes, True where a figure may be left out. catalogue,
    provinces: the seeds `items` and `provinces`, from which labels, tables and names come.
    """
    catalogue = catalogue.sort_values(["yearbook", "yearbook_table"], kind="stable")
    rows: dict[str, list[tuple[str, ...]]] = {book: [] for book in FILES}
    for entry in catalogue.to_dict("records"):
        code, book = entry["item_code"], entry["yearbook"]
        names = provinces["province" if book in ENGLISH else "province_zh"]
        gaps = _gaps(open_cells[code], draws) if code not in PUBLISHED else {}
        first = LAST_YEAR + 1 - items[code].shape[1]
        for printing in _printings(entry, items[code], first):
            lines = []
            if entry["is_additive"] == "true" and code not in PUBLISHED:
                lines.append(("National" if book in ENGLISH else "全国", *_national(printing)))
            for row, name in enumerate(names):
                text = _number(printing.figures[row], printing.digits)
                text = gaps.get((row, printing.year - first), text)
                text = MISPRINTS.get((code, row, printing.year), text)
                if text != "row absent":
                    lines.append((name, text, printing.footnote))
            if (code, printing.year) == (OUTSIDE_ITEM, OUTSIDE_YEAR):
                lines += [(name, text, "") for name, text in OUTSIDE]
            year, edition, table = (
                str(printing.year),
                str(printing.edition),
                entry["yearbook_table"],
            )
            rows[book] += [
                (name, year, printing.label, text, printing.unit, edition, book, table, footnote)
                for name, text, footnote in lines
            ]
    return {
        book: pd.DataFrame(lines, columns=list(COLUMNS), dtype=str) for book, lines in rows.items()
    }


def _printings(entry: Mapping[Hashable, str], values: Array, first: int) -> Iterator[Printing]:
    """The printings of an item: first editions by data year, then the revised edition."""
    code, book, canonical = entry["item_code"], entry["yearbook"], entry["canonical_unit"]
    published = PUBLISHED.get(code, (first, LAST_YEAR))
    revised = []
    for year in range(published[0], published[1] + 1):
        label = entry["label_en" if book in ENGLISH else "label_zh"]
        if code in EARLIER_LABELS and year <= EARLIER_LABELS[code][0]:
            label = EARLIER_LABELS[code][1]
        if code in LATER_LABELS and year >= LATER_LABELS[code][0]:
            label = LATER_LABELS[code][1]
        zh, en, digits = UNITS[canonical]
        unit, factor = (en if book in ENGLISH else zh), 1
        if (book, canonical) in EARLIER_UNITS and year <= EARLIER_UNITS[book, canonical][0]:
            _, unit, factor, digits = EARLIER_UNITS[book, canonical]
        figures = values[:, year - first] * factor
        newest = Printing(code, year, year + 1, label, unit, digits, figures, "")
        if code in REVISED_ITEMS and year in REVISED_YEARS:
            revised.append(newest._replace(edition=REVISED_EDITION, footnote=REVISED))
            preliminary = figures / _revision(len(figures), year)
            yield newest._replace(figures=preliminary, footnote=PRELIMINARY)
        else:
            yield newest
    yield from revised


def _revision(provinces: int, year: int) -> Array:
    """Revised over first figure, shape (provinces,): grows to some three per cent, unevenly."""
    return np.asarray(1 + 0.005 * (year - 2012) * (1 + (np.arange(provinces) % 5 - 2) / 4))


def _national(printing: Printing) -> tuple[str, str]:
    """Figure and footnote of the national row: the sum of the provinces, or nearly."""
    difference = NATIONAL_DISCREPANCIES.get((printing.item_code, printing.year))
    total = printing.figures.sum() * (1 + (difference or 0))
    return _number(total, printing.digits), DISCREPANCY if difference else printing.footnote


def _gaps(open_cells: npt.NDArray[np.bool_], draws: Draws) -> dict[tuple[int, int], str]:
    """Cells without a figure, by row and column, with what stands in their place."""
    cells = np.flatnonzero(open_cells)
    count = min(len(cells), round(GAP_SHARE * open_cells.size))
    chosen = cells[draws.choose(len(cells), count)]
    forms = draws.choose(len(GAP_FORMS) * count, count) % len(GAP_FORMS)
    rows, columns = np.divmod(chosen, open_cells.shape[1])
    return {
        (int(row), int(column)): GAP_FORMS[form]
        for row, column, form in zip(rows, columns, forms, strict=True)
    }


def _number(value: float, digits: int) -> str:
    """Fixed decimals, as yearbooks print."""
    return f"{value:.{digits}f}"
