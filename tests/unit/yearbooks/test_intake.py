"""Landing an inbox: nothing lost, nothing overwritten, one bad file never stops the others."""

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from inboxes import NO_RELEASES, Raw

from yearbooks import intake
from yearbooks.catalogue import Catalogue
from yearbooks.errors import IntakeError, YearbookError
from yearbooks.intake import land
from yearbooks.raw import FileResult

REFERENCE_SEEDS = Path(__file__).parents[3] / "dbt" / "seeds" / "reference"
ROW = "Beijing,2020,GDP,1,亿元"


def test_a_file_loaded_twice_changes_nothing(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy([ROW, "Atlantis,2020,GDP,1,亿元"])
    first = raw.land()
    before = {name: raw.table(name) for name in ("files", "observations", "set_aside")}
    again = raw.land()
    for name, table in before.items():
        pd.testing.assert_frame_equal(raw.table(name), table)
    assert [file.is_new for file in first.files] == [True]
    assert [file.is_new for file in again.files] == [False]
    assert (again.files[0].cells_read, again.files[0].reasons) == (2, {"unknown_province": 1})
    assert (again.cells_read, again.cells_landed, again.cells_set_aside) == (0, 0, 0)


def test_a_changed_file_lands_beside_the_old_one(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy([ROW])
    raw.land()
    path = tidy([ROW.replace(",1,", ",2,")])
    raw.land()
    observations = raw.table("observations")
    assert list(observations["load_seq"]) == [1, 2]
    assert list(observations["value"]) == [1.0, 2.0]
    assert raw.table("files")["source_hash"][1] == hashlib.sha256(path.read_bytes()).hexdigest()
    # The old content again is a change too: the file as it is now must be the newest load.
    tidy([ROW])
    raw.land()
    assert list(raw.table("observations")["value"]) == [1.0, 2.0, 1.0]


def test_a_row_added_to_the_catalogue_releases_what_was_set_aside(
    raw: Raw, tidy: Callable[..., Path], tmp_path: Path
) -> None:
    tidy([ROW, ROW.replace("Beijing,2020", "Jing,2019")])
    raw.land()
    assert raw.reasons() == ["unknown_province"]

    folder = Path(shutil.copytree(REFERENCE_SEEDS, tmp_path / "reference"))
    with (folder / "province_names.csv").open("a", encoding="utf-8") as names:
        names.write("Jing,en,110000,province,\n")
    assert raw.land().new_files == ()
    raw.catalogue = Catalogue.load(folder)
    (file,) = raw.land().new_files
    assert (file.load_seq, file.cells_read, file.cells_set_aside) == (2, 2, 0)
    assert raw.land().new_files == ()


def test_load_seq_counts_arrivals_within_a_dataset(raw: Raw, tidy: Callable[..., Path]) -> None:
    for name in ("b.csv", "a.csv"):
        tidy([ROW], name=name)
    raw.land()
    land(raw.inbox, "other", raw.connection, raw.catalogue, NO_RELEASES)
    files = raw.table("files").sort_values(["dataset", "load_seq"])
    assert files[["dataset", "load_seq", "source_file"]].to_numpy().tolist() == [
        ["other", 1, "a.csv"],
        ["other", 2, "b.csv"],
        ["test", 1, "a.csv"],
        ["test", 2, "b.csv"],
    ]


def test_bad_files_are_recorded_and_the_good_one_lands(
    raw: Raw, inbox: Path, tidy: Callable[..., Path]
) -> None:
    (inbox / "a_empty.csv").write_bytes(b"")
    (inbox / "b_bom_only.csv").write_bytes(b"\xef\xbb\xbf\r\n")
    (inbox / "c_no_encoding.csv").write_bytes(b"province,year,item,value,unit\n\xff\xff,2020\n")
    (inbox / "d_workbook.xlsx").write_bytes(b"PK\x03\x04\0\0")
    (inbox / "e_readme.md").write_text("# Not a yearbook\n", encoding="utf-8")
    (inbox / "f_gone.csv").symlink_to(inbox / "nowhere.csv")
    tidy([ROW], name="z_good.csv")
    report = raw.land()
    assert [(file.source_file, file.reasons) for file in report.files] == [
        ("a_empty.csv", {"empty_file": 1}),
        ("b_bom_only.csv", {"empty_file": 1}),
        ("c_no_encoding.csv", {"unreadable_file": 1}),
        ("d_workbook.xlsx", {"unreadable_file": 1}),
        ("e_readme.md", {"no_table": 1}),
        ("f_gone.csv", {"unsafe_file": 1}),
        ("z_good.csv", {}),
    ]
    assert raw.values() == [("110000", 2020, 1.0, None)]
    assert raw.table("set_aside")["source_row"].isna().all()
    assert raw.land().new_files == ()


def test_what_lies_beside_yearbooks_is_left_alone_and_named(
    raw: Raw, inbox: Path, tidy: Callable[..., Path]
) -> None:
    for name in (".DS_Store", "~$open.xlsx", "seeds.yml", "half.csv.part"):
        (inbox / name).write_text("x", encoding="utf-8")
    # A mapping file of a yearbook that is not here, and what belongs to one that is.
    for name in ("gone.csv.mapping.yml", "tidy.csv.mapping.yml", "_yearbooks.yml"):
        (inbox / name).write_text("{}", encoding="utf-8")
    (inbox / "older").mkdir()
    tidy([ROW])
    report = raw.land()
    assert [file.source_file for file in report.files] == ["tidy.csv"]
    assert report.not_yearbooks == (
        ".DS_Store",
        "gone.csv.mapping.yml",
        "half.csv.part",
        "older/",
        "seeds.yml",
        "~$open.xlsx",
    )
    assert "not taken for yearbooks: .DS_Store" in report.summary()


def test_the_report_states_the_arithmetic(
    raw: Raw, nbs: Callable[..., Path], tidy: Callable[..., Path]
) -> None:
    nbs(["北京市,1,2", "香港,3,4"], name="1.csv")
    tidy([ROW, ROW, "Beijing,2021,GDP,x,亿元"], name="2.csv")
    report = raw.land()
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (7, 3, 4)
    assert len(raw.table("observations")) == 3
    assert len(raw.table("set_aside")) == 4
    assert report.summary().splitlines() == [
        "test: 2 of 2 files new; 7 cells read = 3 landed + 4 set aside",
        "  1.csv: load 1, 4 cells read = 2 landed + 2 set aside (outside_sample 2)",
        "  2.csv: load 2, 3 cells read = 1 landed + 2 set aside "
        "(duplicate_cell 1, unreadable_value 1)",
    ]


def test_counts_that_do_not_add_up_raise() -> None:
    with pytest.raises(
        ArithmeticError, match=r"a\.csv: 3 cells read, but 1 landed and 1 set aside"
    ):
        FileResult("a.csv", 1, "tidy", True, 3, 1, 1, {"unknown_item": 1})


def test_a_lost_cell_rolls_the_file_back(
    raw: Raw, tidy: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    tidy([ROW, ROW.replace("2020", "2021")])
    honest = intake.resolve

    def loses_one(*arguments: object) -> tuple[pd.DataFrame, pd.DataFrame]:
        observations, aside = honest(*arguments)
        return observations.iloc[1:], aside

    monkeypatch.setattr(intake, "resolve", loses_one)
    with pytest.raises(ArithmeticError):
        raw.land()
    assert raw.values() == []
    assert len(raw.table("files")) == 0
    monkeypatch.undo()
    assert raw.land().cells_landed == 2


def test_one_time_for_the_whole_run_in_utc(
    inbox: Path, catalogue: Catalogue, tidy: Callable[..., Path]
) -> None:
    tidy([ROW], name="a.csv")
    tidy(["Atlantis,2020,GDP,1,亿元"], name="b.csv")
    connection = duckdb.connect()
    noon_in_beijing = datetime(2024, 9, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    land(inbox, "test", connection, catalogue, NO_RELEASES, loaded_at=noon_in_beijing)
    times = connection.execute(
        "select loaded_at from raw.files union all select loaded_at from raw.observations "
        "union all select loaded_at from raw.set_aside"
    ).fetchall()
    assert times == [(datetime(2024, 9, 1, 4),)] * 4
    assert land(inbox, "x", connection, catalogue, NO_RELEASES).loaded_at <= datetime.now(
        UTC
    ).replace(tzinfo=None)


@pytest.mark.parametrize("kind", ["missing", "file", "empty", "nothing to read"])
def test_mistakes_about_the_inbox_are_told(tmp_path: Path, catalogue: Catalogue, kind: str) -> None:
    inbox = tmp_path / "inbox"
    expected = {
        "missing": "does not exist",
        "file": "is a file: expected the folder",
        "empty": "holds no yearbook files: expected workbooks",
        "nothing to read": "found only .DS_Store, sub/",
    }[kind]
    if kind == "file":
        inbox.write_text("", encoding="utf-8")
    elif kind != "missing":
        inbox.mkdir()
    if kind == "nothing to read":
        (inbox / ".DS_Store").touch()
        (inbox / "sub").mkdir()
    with pytest.raises(IntakeError, match=expected) as raised:
        land(inbox, "test", duckdb.connect(), catalogue, NO_RELEASES)
    assert isinstance(raised.value, YearbookError)
    assert str(inbox) in str(raised.value)


@pytest.mark.parametrize("name", ["Inner Mongolia", "内蒙古自治区", "内 蒙 古", "内蒙古"])
def test_province_variants_land_under_one_code_as_printed(
    raw: Raw, tidy: Callable[..., Path], name: str
) -> None:
    tidy([f"{name},2020,GDP,1,亿元"])
    raw.land()
    cell = raw.table("observations").iloc[0]
    assert (cell["province_code"], cell["province_printed"]) == ("150000", name)


def test_values_stay_in_the_printed_unit(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(["Beijing,2020,GDP,5,万元"])
    raw.land()
    cell = raw.table("observations").iloc[0]
    assert (cell["value_printed"], cell["value"], cell["unit_printed"]) == ("5", 5.0, "万元")


def test_a_year_to_come_or_an_edition_before_its_year_is_a_typing_mistake(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    header = "province,year,item,value,unit,edition"
    tidy(
        ["Beijing,2099,GDP,1,亿元,", "Beijing,2012,GDP,1,亿元,2005", "Beijing,2012,GDP,1,亿元,"],
        header=header,
    )
    raw.land()
    assert sorted(raw.reasons()) == ["edition_before_year", "future_year"]
    # The mistyped year does not make the file an edition of its own.
    assert list(raw.table("observations")["edition"]) == [2013]


def test_a_corrected_meaning_in_the_catalogue_is_read_anew(
    raw: Raw, tidy: Callable[..., Path], tmp_path: Path
) -> None:
    tidy([ROW])
    raw.land()
    folder = Path(shutil.copytree(REFERENCE_SEEDS, tmp_path / "reference"))
    aliases = folder / "item_aliases.csv"
    text = aliases.read_text(encoding="utf-8")
    aliases.write_text(text.replace("GDP,gdp_100m_yuan", "GDP,fixed_investment_100m_yuan"))
    raw.catalogue = Catalogue.load(folder)
    raw.land()
    items = list(raw.table("observations")["item_code"])
    assert items == ["gdp_100m_yuan", "fixed_investment_100m_yuan"]
    assert raw.land().new_files == ()


def test_the_unit_lands_as_the_catalogue_spells_it(raw: Raw, tidy: Callable[..., Path]) -> None:
    tidy(
        [ROW.replace("亿元", "亿 元"), ROW.replace("亿元", "100 Million YUAN").replace("0,", "1,")]
    )
    raw.land()
    observations = raw.table("observations")
    assert list(observations["unit"]) == ["亿元", "100 million yuan"]
    assert list(observations["unit_printed"]) == ["亿 元", "100 Million YUAN"]


def test_a_file_taken_away_is_named_because_it_still_counts(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    gone = tidy([ROW], name="gone.csv")
    tidy([ROW.replace("2020", "2019")], name="stays.csv")
    raw.land()
    gone.unlink()
    report = raw.land()
    assert report.no_longer_there == ("gone.csv",)
    assert "still in the warehouse, and counted: gone.csv" in report.summary()


def test_a_file_name_in_the_encoding_of_a_chinese_archive(
    raw: Raw, tidy: Callable[..., Path]
) -> None:
    path = tidy([ROW])
    path.rename(os.fsdecode(os.fsencode(path.parent) + b"/" + "产值.csv".encode("gb18030")))
    (file,) = raw.land().files
    assert file.source_file == "产值.csv"
    assert file.cells_landed == 1
