"""Tidy tables in CSV and Parquet: columns, optional columns, faults of a row and of a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from inboxes import Raw

from yearbooks.catalogue import Catalogue
from yearbooks.observed_units import ObservedUnits

ROWS = (
    "Beijing,2020,Gross Regional Product,36102.6,100 million yuan",
    '天津,2020,地区生产总值,"14,083.7",亿元',
    "全国,2020,GDP,1013567.0,亿元",
)
VALUES = [
    ("110000", 2020, 36102.6, None),
    ("120000", 2020, 14083.7, None),
    ("000000", 2020, 1013567.0, None),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_reads_the_same(raw: Raw, tidy: Callable[..., Path], encoding: str) -> None:
    tidy(ROWS, encoding=encoding)
    report = raw.land()
    assert report.files[0].reader == "tidy"
    assert raw.values() == VALUES


def test_names_of_columns_in_any_case_and_order(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(
        ["亿元,36102.6,x,GDP,2020,Beijing"],
        header="Unit, VALUE ,remark,ｉｔｅｍ,Year,Province",
    )
    raw.land()
    assert raw.values() == VALUES[:1]
    assert raw.table("observations")["source_column"][0] == " VALUE "


@pytest.fixture
def of_counties(inbox: Path, catalogue: Catalogue) -> Raw:
    """An inbox whose units are called counties, and named as the provinces are."""
    called = ObservedUnits("county", "counties", "县", "各县", level="other")
    return Raw(inbox, replace(catalogue, observed=called))


@pytest.mark.parametrize("heading", ["County", "县", "province"])
def test_other_units_are_headed_by_their_own_word_or_as_provinces(
    of_counties: Raw, tidy: Callable[..., Path], heading: str
) -> None:
    tidy(ROWS, header=f"{heading},year,item,value,unit")
    assert of_counties.land().files[0].reader == "tidy"
    assert of_counties.values() == VALUES


def test_the_province_of_a_county_is_not_taken_for_it(
    of_counties: Raw, tidy: Callable[..., Path]
) -> None:
    tidy([f"Hebei,{row}" for row in ROWS], header="province,county,year,item,value,unit")
    of_counties.land()
    assert of_counties.values() == VALUES


def test_what_is_missing_is_said_in_the_word_of_the_units(
    of_counties: Raw, tidy: Callable[..., Path]
) -> None:
    tidy(["2020,GDP,1,亿元"], header="year,item,value,unit")
    of_counties.land()
    (aside,) = of_counties.table("set_aside").to_dict("records")
    assert aside["reason"] == "missing_column"
    assert aside["expected"] == "the columns county, year, item, value, unit; county missing"


def test_tabs(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(
        ["Beijing\t2020\tGDP\t36,102.6\t亿元"],
        header="province\tyear\titem\tvalue\tunit",
    )
    raw.land()
    assert raw.values() == VALUES[:1]


def test_what_the_file_states_goes_before_the_catalogue(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    tidy(
        [
            "Beijing,2020,GDP,1,亿元,2023,EPS data platform series,T-1,revised",
            "Beijing,2021,GDP,2,亿元,,,,",
        ],
        header="province,year,item,value,unit,edition,yearbook,table,footnote",
    )
    raw.land()
    columns = ["edition", "yearbook", "yearbook_table", "footnotes"]
    stated, silent = raw.table("observations")[columns].to_numpy(dtype=object).tolist()
    assert stated == [2023, "eps", "T-1", "revised"]
    # Silent: the year after the last data year of the file stands in for the edition only.
    assert silent[0] == 2022
    assert pd.isna(silent[1:]).all()


@pytest.mark.parametrize(
    ("row", "reason", "expected"),
    [
        ("Beijing,2020,Sunshine,1,亿元,,", "unknown_item", "item_aliases.csv"),
        ("Beijing,2020,GDP,1,公顷,,", "unknown_unit", "units.csv"),
        ("Beijing,2020,GDP,1,,,", "unit_not_stated", "单位"),
        ("Beijing,2020,GDP,1,万人,,", "unit_measure_mismatch", "a unit of yuan, such as 100m_yuan"),
        ("Beijing,2020,GDP,1,亿元,,Almanac", "unknown_yearbook", "yearbooks.csv"),
        ("Atlantis,2020,GDP,1,亿元,,", "unknown_province", "province_names.csv"),
        ("香港,2020,GDP,1,亿元,,", "outside_sample", "one of the 31 provinces"),
        ("Macao,2020,GDP,1,亿元,,", "outside_sample", "one of the 31 provinces"),
        ("台湾省,2020,GDP,1,亿元,,", "outside_sample", "one of the 31 provinces"),
        ("Beijing,20,GDP,1,亿元,,", "unreadable_year", "from 1949 to 2100"),
        ("Beijing,2020,GDP,1,亿元,soon,", "unreadable_edition", "year of publication"),
        ("Beijing,2020,GDP,1①,亿元,,", "unreadable_value", "value_marks.csv"),
        ("Beijing,2020,GDP,inf,亿元,,", "unreadable_value", "value_marks.csv"),
        ("Beijing,2020,GDP,1e999,亿元,,", "unreadable_value", "value_marks.csv"),
        # Finite as printed, without bound in yuan.
        ("Beijing,2020,GDP,-1e305,亿元,,", "unreadable_value", "1e+100 base units at most"),
        ("Beijing,2020,GDP,1,234,亿元,,", "ragged_row", "7 fields"),
        ("Beijing,2020,GDP", "ragged_row", "7 fields"),
    ],
)
def test_each_reason_to_set_a_cell_aside(
    raw: Raw, tidy: Callable[..., Path], row: str, reason: str, expected: str
) -> None:
    good = "Tianjin,2020,GDP,5,亿元,,"
    tidy([row, good], header="province,year,item,value,unit,edition,yearbook")
    report = raw.land()
    aside = raw.table("set_aside")
    assert list(aside["reason"]) == [reason]
    assert expected in aside["expected"][0]
    assert aside["source_row"][0] == 2
    assert aside["item_printed"][0] == row.split(",")[2]
    assert raw.values() == [("120000", 2020, 5.0, None)]
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (2, 1, 1)


def test_a_separator_without_quotes_never_shifts_a_figure(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    tidy(
        ["Beijing,2020,GDP,亿元,1,234", "Tianjin,2020,GDP,亿元,1,234,"],
        header="province,year,item,unit,value,",
        name="blank_heading.csv",
    )
    tidy(
        ["Beijing,2020,GDP,亿元,1,234,"],
        header="province,year,item,unit,value,footnote",
        name="trailing_blank.csv",
    )
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["ragged_row"] * 3


def test_line_numbers_count_lines_not_records(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(
        ['Beijing,2020,GDP,1,亿元,"two', 'lines"', "", "Tianjin,2020,GDP,x,亿元,"],
        header="province,year,item,value,unit,footnote",
    )
    raw.land()
    assert list(raw.table("observations")["source_row"]) == [2]
    assert list(raw.table("set_aside")["source_row"]) == [5]


def test_a_figure_printed_twice_lands_once(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(["Beijing,2020,GDP,1000,亿元", '北京,2020,地区生产总值,"1,000",亿元'])
    raw.land()
    assert raw.values() == [("110000", 2020, 1000.0, None)]
    aside = raw.table("set_aside")
    assert list(aside["reason"]) == ["duplicate_cell"]
    assert list(aside["source_row"]) == [3]
    assert "same figure" in aside["expected"][0]


@pytest.mark.parametrize("other", ["2,亿元", "1,万元", ",亿元"])
def test_of_contradicting_figures_none_is_kept(
    raw: Raw, tidy: Callable[..., Path], other: str
) -> None:
    tidy(["Beijing,2020,GDP,1,亿元", "Beijing,2020,GDP,1,亿元", f"Beijing,2020,GDP,{other}"])
    raw.land()
    assert raw.values() == []
    assert raw.reasons() == ["duplicate_cell"] * 3
    assert "none is kept" in raw.table("set_aside")["expected"][0]


def test_two_editions_of_a_figure_are_no_duplicate(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(
        ["Beijing,2020,GDP,1,亿元,2021", "Beijing,2020,GDP,2,亿元,2022"],
        header="province,year,item,value,unit,edition",
    )
    raw.land()
    assert list(raw.table("observations")["edition"]) == [2021, 2022]
    assert raw.reasons() == []


def test_a_missing_column_is_named_with_the_file(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(["Beijing,2020,GDP,1"], header="province,year,item,value", name="no_unit.csv")
    raw.land()
    aside = raw.table("set_aside")
    assert list(aside["reason"]) == ["missing_column"]
    assert aside["expected"][0] == ("the columns province, year, item, value, unit; unit missing")


def test_a_column_named_twice(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(["Beijing,2020,GDP,1,亿元,2"], header="province,year,item,value,unit,Value")
    raw.land()
    assert raw.reasons() == ["unrecognised_layout"]


def test_a_header_alone_is_an_empty_file(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy([])
    raw.land()
    assert raw.reasons() == ["empty_file"]


def test_parquet_reads_back_what_was_written(raw: Raw, inbox: Path) -> None:
    pd.DataFrame(
        {
            "Province": pd.Categorical(["Beijing", "天津", "全国", "重庆"]),
            "year": [2020, 2020, 2020, 2020],
            "item": ["GDP"] * 4,
            "value": [36102.6, 0.1 + 0.2, None, 5e-324],
            "unit": ["亿元"] * 4,
            "edition": [2021, None, 2022, 2021],
            "other": [[1], [2], [3], [4]],
        }
    ).to_parquet(inbox / "tidy.parquet")
    raw.land()
    assert raw.values() == [
        ("110000", 2020, 36102.6, None),
        ("120000", 2020, 0.1 + 0.2, None),
        ("000000", 2020, None, "not_published"),
        ("500000", 2020, 5e-324, None),
    ]
    assert list(raw.table("observations")["source_row"]) == [1, 2, 3, 4]
    assert list(raw.table("observations")["edition"]) == [2021, 2021, 2022, 2021]


def test_parquet_with_figures_that_are_none(raw: Raw, inbox: Path) -> None:
    """What a division by zero leaves in a file is set aside or taken for a mark, never a figure."""
    pd.DataFrame(
        {
            "province": ["Beijing", "Tianjin", "Hebei"],
            "year": 2020,
            "item": "GDP",
            "value": [float("inf"), float("nan"), 5.0],
            "unit": "亿元",
        }
    ).to_parquet(inbox / "divided.parquet")
    raw.land()
    assert raw.reasons() == ["unreadable_value"]
    assert raw.values()[0][:3] == ("120000", 2020, None)
    assert raw.values()[1:] == [("130000", 2020, 5.0, None)]


def test_no_figure_without_bound_lands_by_another_way(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(ROWS)
    raw.land()
    for text in ("inf", "-inf", "nan"):
        with pytest.raises(duckdb.ConstraintException):
            raw.connection.execute(f"update raw.observations set value = '{text}'::double")


def test_parquet_without_a_column_and_broken_parquet(raw: Raw, inbox: Path) -> None:
    frame = pd.DataFrame({"province": ["Beijing"], "item": ["GDP"], "value": [1.0]})
    frame.to_parquet(inbox / "a.parquet")
    whole = (inbox / "a.parquet").read_bytes()
    (inbox / "b.parquet").write_bytes(whole[: len(whole) // 2])
    raw.land()
    assert raw.reasons() == ["missing_column", "unreadable_file"]


def test_a_mapping_speaks_for_rows_that_are_silent(raw: Raw, tidy: Callable[..., Path]) -> None:
    path = tidy(["北京,2020,GDP,1,", "天津,2020,GDP,2,万元", "河北,2020,GDP,3, "])
    mapping = path.with_name(path.name + ".mapping.yml")
    mapping.write_text('sheets: {"*": {unit: 亿元, edition: 2023}}', encoding="utf-8")
    raw.land()
    landed = raw.table("observations")
    assert list(landed["unit"]) == ["亿元", "万元", "亿元"]
    assert set(landed["edition"]) == {2023}


def test_a_mapping_says_who_is_counted(raw: Raw, tidy: Callable[..., Path]) -> None:
    path = tidy(["北京,2020,GDP,1,亿元", "北京,2020,利润总额,2,亿元"])
    raw.land()
    assert raw.reasons() == ["scope_not_stated"]
    mapping = path.with_name(path.name + ".mapping.yml")
    mapping.write_text('sheets: {"*": {scope: 规模以上工业企业}}', encoding="utf-8")
    raw.land()
    codes = raw.table("observations").query("load_seq == load_seq.max()")["item_code"]
    assert list(codes) == ["gdp_100m_yuan", "total_profit_100m_yuan"]
