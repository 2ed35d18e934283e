"""Workbooks of OpenDocument (.ods): what an element means, and that no file does any harm."""

import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_documents import NAMESPACES, ods, table

from yearbooks.cells import Sheet
from yearbooks.errors import FileFault
from yearbooks.files import ods as ods_files
from yearbooks.files import workbook, workbook_cells


def text(written: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{written}</text:p></table:table-cell>"


def value(kind: str, stored: str, attributes: str = "") -> str:
    name = {"date": "date-value", "boolean": "boolean-value"}.get(kind, "value")
    cell = f'office:value-type="{kind}" office:{name}="{stored}" {attributes}'
    return f"<table:table-cell {cell}><text:p>shown</text:p></table:table-cell>"


def only(content: bytes) -> Sheet:
    (sheet,) = workbook.sheets(content)
    return sheet


def texts(*rows: str) -> list[list[str]]:
    return [row for _, row in only(ods(table(*rows))).rows]


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(FileFault) as fault:
        workbook.sheets(content)
    return fault.value.reason, fault.value.expected


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        (value("float", "36102.6"), "36102.6"),
        (value("float", "0.30000000000000004"), "0.3"),
        (value("currency", "1E3"), "1000"),
        (value("percentage", "0.35"), "35%"),
        (value("date", "2020-12-31"), "2020-12-31"),
        (value("date", "2020-01-01T12:30:00"), "2020-01-01 12:30:00"),
        (value("date", "-20"), "shown"),
        (value("time", "PT08H15M00S"), "shown"),
        (value("boolean", "true"), "TRUE"),
        (text("地区</text:p><text:p>Region"), "地区\nRegion"),
        (text("a<text:s text:c='2'/>b<text:tab/>c<text:line-break/>d\n e"), "a  b\tc\nd e"),
        (text("<text:span>12</text:span><text:a>3</text:a><text:note>9</text:note>"), "123"),
        (text("<text:ruby><text:ruby-base>京</text:ruby-base><text:ruby-text>j</text:ruby-text>"
              "</text:ruby>"), "京"),
        ("<table:table-cell office:value-type='string' office:string-value='a'/>", "a"),
        ("<table:table-cell><office:annotation><text:p>no</text:p></office:annotation><text:p>1"
         "</text:p></table:table-cell>", "1"),
    ],
)  # fmt: skip
def test_a_cell_shows_what_is_stored(cell: str, shown: str) -> None:
    assert texts(cell) == [[shown]]


def test_what_is_repeated_stands_in_each_of_its_places() -> None:
    rows = '<table:table-row table:number-rows-repeated="2">{}</table:table-row>'
    many = text("x", 'table:number-columns-repeated="2"')
    tail = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/>'
    content = ods(
        f'<table:table table:name="S">{rows.format("<table:table-cell/>")}'
        f"<table:table-row-group>{rows.format(f'<table:table-cell/>{many}')}</table:table-row-group>"
        f"{tail}</table:table-row></table:table>"
    )
    assert only(content).rows == ((3, ["", "x", "x"]), (4, ["", "x", "x"]))


def test_merged_cells_arrays_and_texts_hidden_under_them() -> None:
    spans = 'table:number-columns-spanned="2" table:number-rows-spanned="2"'
    covered = "<table:covered-table-cell><text:p>h</text:p></table:covered-table-cell>"
    matrix = 'table:formula="of:={1;2}" table:number-matrix-columns-spanned="2"'
    sheet = only(
        ods(
            table(
                text("a", spans) + "<table:covered-table-cell/>",
                "<table:covered-table-cell/>" + covered,
                value("float", "1", matrix) + value("float", "2"),
            )
        )
    )
    assert sheet.merged == {(1, 1): (1, 0), (2, 0): (1, 0), (2, 1): (1, 0)}
    assert sheet.faults.keys() == {(2, 1)}
    assert sheet.computed == {(3, 0), (3, 1)}


def test_the_stored_result_of_a_formula_is_taken_and_flagged() -> None:
    formula = 'table:formula="of:=SUM([.A1:.B1])"'
    sheet = only(ods(table(value("float", "3", formula) + f"<table:table-cell {formula}/>")))
    assert sheet.rows == ((1, ["3", "=SUM([.A1:.B1])"]),)
    assert sheet.computed == {(1, 0), (1, 1)}
    assert {place: fault.reason for place, fault in sheet.faults.items()} == {
        (1, 1): "formula_without_value"
    }


FORMATS = (
    '<number:number-style style:name="N1"><number:number number:display-factor="1000"/>'
    '</number:number-style><number:number-style style:name="N2"><number:number/>'
    '<style:map style:apply-style-name="N1"/></number:number-style>'
    '<style:style style:name="c1" style:data-style-name="N2"/>'
    '<style:style style:name="c2" style:parent-style-name="c1"/>'
    '<style:style style:name="c3" style:data-style-name="N3" style:parent-style-name="c3"/>'
)


@pytest.mark.parametrize(
    ("cell", "column", "is_divided"),
    [("c1", "", True), ("c2", "", True), ("c3", "c2", False), ("", "c2", True), ("", "", False)],
)
def test_a_figure_that_its_format_divides_is_set_aside(
    cell: str, column: str, is_divided: bool
) -> None:
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        f'<table:table-column table:default-cell-style-name="{column}"/>'
    )
    style = f'table:style-name="{cell}"' if cell else ""
    row = '<table:table-cell table:number-columns-repeated="2"/>' + value("float", "12345", style)
    sheet = only(ods(table(row, columns=columns), formats=FORMATS))
    assert sheet.rows == ((1, ["", "", "12345"]),)
    assert [fault.reason for fault in sheet.faults.values()] == ["unreadable_value"] * is_divided


def test_styles_that_all_sheets_share_are_known() -> None:
    styles = (
        f"<office:document-styles {NAMESPACES}><office:styles>{FORMATS}</office:styles>"
        "</office:document-styles>"
    )
    cell = value("float", "1", 'table:style-name="c1"')
    assert only(ods(table(cell), **{"styles.xml": styles})).faults


def test_sheets_that_are_none_are_passed_over() -> None:
    changes = (
        "<table:tracked-changes><table:cell-content-change><table:previous><table:table-cell>"
        "<text:p>old</text:p></table:table-cell></table:previous></table:cell-content-change>"
        "</table:tracked-changes>"
    )
    links = f"<table:dde-links>{table(text('x'))}</table:dde-links>"
    shapes = "<table:shapes><draw><text:p>picture</text:p></draw></table:shapes>"
    found = workbook.sheets(
        ods(changes + table(text("a"), columns=shapes) + links + table(text("b"), name="T"))
    )
    assert [(sheet.name, sheet.rows) for sheet in found] == [
        ("S", ((1, ["a"]),)),
        ("T", ((1, ["b"]),)),
    ]


@pytest.mark.parametrize(
    ("content", "reason", "word"),
    [
        (ods("", **{"META-INF/manifest.xml": "<a><encryption-data/></a>"}), "unreadable_file",
         "password"),
        (ods("", **{"content.xml": f"<office:document-content {NAMESPACES}><office:body/>"
                    "</office:document-content>"}), "unreadable_file", "another kind"),
        (ods("", **{"content.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), "unsafe_file",
         "document type"),
        (ods(""), "empty_file", "sheet"),
        (ods("<"), "unreadable_file", "damaged"),
        (ods(table() + table()), "unreadable_file", "name"),
        (ods(table(value("float", "1_000"))), "unreadable_file", "1_000"),
        (ods(table(value("float", "nan"))), "unreadable_file", "nan"),
        (ods(table(text("a", 'table:number-columns-repeated="0"'))), "unreadable_file", "'0'"),
        (ods(table(text("a", 'table:number-columns-repeated="9999999"'))), "unreadable_file", "9"),
        (ods(table(text("a", 'table:number-columns-repeated="1000000"'))), "too_large", "cells"),
        (ods(table(text("<text:s text:c='1000000'/>" * 60))), "too_large", "characters"),
        (ods(table(text("<text:span>" * 70 + "</text:span>" * 70))), "unsafe_file", "levels"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(content: bytes, reason: str, word: str) -> None:
    found = refused(content)
    assert found[0] == reason
    assert word in found[1]


@pytest.mark.parametrize(
    "limit", ["MAX_CELLS", "MAX_SHEETS", "MAX_AREA", "MAX_CHARACTERS", "MAX_ELEMENTS", "MAX_ROWS"]
)
def test_each_limit_is_kept_and_named(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    content = ods(table("", text("ab") + text("cd")) + table(name="T"))
    workbook.sheets(content)
    for module in (workbook_cells, ods_files):
        monkeypatch.setattr(module, limit, 1, raising=False)
    assert refused(content)[0] == "too_large"


EXAMPLE = (
    table(
        text("a", 'table:number-columns-spanned="2" table:number-rows-spanned="2"'),
        value("float", "12.5", 'table:style-name="c1"') + value("date", "2020-01-01"),
        text("x", 'table:number-columns-repeated="3"') + '<table:table-cell table:formula="=1"/>',
        columns='<table:table-column table:default-cell-style-name="c2"/>',
    )
    + table(text("<text:s text:c='3'/>b"), name="T")
).encode()


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_any_damage_to_the_content_ends_in_sheets_or_a_fault(chance: random.Random) -> None:
    damaged = bytearray(EXAMPLE)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(damaged))
        if chance.random() < 0.5:
            damaged[place] = chance.choice(b"<>'\"/=09ax")
        else:
            length = chance.randint(1, 40)
            start = chance.randrange(len(EXAMPLE))
            damaged[place : place + length * chance.randint(0, 1)] = EXAMPLE[start : start + length]
    with suppress(FileFault):
        workbook.sheets(ods(damaged.decode("utf-8", "replace"), formats=FORMATS))
