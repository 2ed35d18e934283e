"""Text files: what parts their fields, and what a quotation mark out of place costs."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import kinds, text

MANY = 1_000
TABLE = "地区,2021年,2020年\n北京,1,2\n天津,3,4\n"


def read(written: str) -> Sheet:
    return text.sheet(written, MANY)


def fields(written: str) -> list[list[str]]:
    return [row for _, row in read(written).rows]


def refused(written: str) -> tuple[str, str]:
    with pytest.raises(FileFault) as fault:
        read(written)
    return fault.value.reason, fault.value.expected


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "\t,"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_fields_are_parted_by_what_stands_on_most_lines(delimiter: str, end: str) -> None:
    written = "标题\n" + TABLE.replace(",", delimiter) + "注：a,b;c\td\n"
    expected = [["地区", "2021年", "2020年"], ["北京", "1", "2"], ["天津", "3", "4"]]
    assert fields(written.replace("\n", end))[1:4] == expected


def test_a_last_field_that_is_empty_in_every_row_of_the_table_goes() -> None:
    written = "标题 \n地区\t,2021年\t,\n北京市\t,\t,\n天津市\t,15\t,\n注：甲\n"
    expected = [["标题 "], ["地区", "2021年"], ["北京市", ""], ["天津市", "15"], ["注：甲"]]
    assert fields(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "地区,2021年,2020年\n北京,35,371,\n天津,14,083,\n",
        "地区,2021年,\n北京,1,2\n天津,3,\n",
        "地区,2021年,\n北京,1\n",
    ],
)
def test_a_last_field_stays_where_a_row_is_shorter_or_fills_it(written: str) -> None:
    assert fields(written) == [line.split(",") for line in written.splitlines()]


def test_a_quoted_field_may_hold_anything() -> None:
    written = '"地区\nRegion","a ""b"", c"\n"北京\nBeijing","1,234"\n"注：1,2\n3"\n'
    sheet = read(written)
    assert sheet.rows == (
        (1, ["地区\nRegion", 'a "b", c']),
        (3, ["北京\nBeijing", "1,234"]),
        (5, ["注：1,2\n3"]),
    )
    assert not sheet.faults


@pytest.mark.parametrize(
    "note",
    ['"注：甲', '"注：“甲"乙', '注：见"表1"', '"注：甲\n注：乙"丙', '"注：甲\n"注：乙'],
)
def test_a_stray_mark_in_a_note_costs_no_row(note: str) -> None:
    for written in (TABLE + note, f"{note}\n{TABLE}", f"{note}\n{TABLE}{note}"):
        sheet = read(written)
        rows = [row for _, row in sheet.rows if len(row) == 3]
        assert rows == [line.split(",") for line in TABLE.splitlines()]
        numbers = {number for number, row in sheet.rows if len(row) == 3}
        assert not {place for place in sheet.faults if place[0] in numbers}


def test_no_place_of_a_line_with_a_stray_mark_is_trusted() -> None:
    sheet = read(TABLE + '上海,"1,234,"x\n河北,5,6\n')
    assert [row for _, row in sheet.rows][-2:] == [["上海", "1", "234", "x"], ["河北", "5", "6"]]
    assert set(sheet.faults) == {(4, position) for position in range(4)}
    (fault,) = set(sheet.faults.values())
    assert fault.reason == "unreadable_value"
    assert "delete it" in fault.expected


@pytest.mark.parametrize("end", ['注：乙"\n', '上海,5,"\n'])
def test_a_mark_that_closes_after_rows_of_the_table_is_refused_with_its_line(end: str) -> None:
    reason, expected = refused('标题\n"注：甲\n' + TABLE + end)
    assert reason == "unreadable_file"
    assert "line 2 closes in line 6, and line 4 is a row" in expected
    assert expected.endswith("delete the mark in line 2")
    assert refused(TABLE + '"注：甲\n上海,5,"\n')[0] == "unreadable_file"


def test_many_stray_marks_are_refused_at_once() -> None:
    assert refused('"a"b\n' * (text.MAX_STRAY_MARKS + 1))[0] == "unreadable_file"
    assert len(read('"a"b\n' * text.MAX_STRAY_MARKS).rows) == text.MAX_STRAY_MARKS


def test_too_many_fields_are_refused() -> None:
    assert refused("a,b\n" * (MANY // 2 + 1))[0] == "too_large"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.lists(st.text('"ab1,\n;\t年', min_size=1, max_size=6), min_size=2, max_size=4),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_quoted_as_it_should_be_reads_back(grid: list[list[str]]) -> None:
    width = max(map(len, grid))
    full = [["x", "x", *row, *"x" * (width - len(row))] for row in grid]
    written = "\n".join(
        ",".join('"' + each.replace('"', '""') + '"' for each in row) for row in full
    )
    # Enough plain rows that the comma is what stands on most lines.
    written = ("x," * (width + 2))[:-1].join(["", ("\n" + written)]) + ("\n" + "x," * 9 + "x") * 60
    with suppress(FileFault):
        read_rows = fields(written)[1 : len(full) + 1]
        assert read_rows == [[each.strip("\t") for each in row] for row in full]


@settings(max_examples=300, deadline=None)
@given(st.text('",;\t\r\n a1年', max_size=60))
def test_no_row_is_lost_whatever_the_marks(written: str) -> None:
    """Each sign that is neither a mark, a break nor a blank is in the sheet, in its order."""
    with suppress(FileFault):
        if written.strip():
            found = "".join("".join(row) for row in fields(written))
            assert [s for s in found if s in "a1年"] == [s for s in written if s in "a1年"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_sheets_or_a_fault(content: bytes) -> None:
    assert kinds.kind_of(content)
    with suppress(FileFault):
        kinds.sheets(content)
