"""One look after the other at real files that grow, are replaced, renamed, locked, taken away."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from yearbooks.errors import IntakeError
from yearbooks.inbox import Seen, listed, look
from yearbooks.source import content_hash

SETTLE = 15.0
Looks = Callable[[float], dict[str, Seen]]


@pytest.fixture
def looks(tmp_path: Path) -> Looks:
    """Looks at the inbox at a time, each given the last one as it would be remembered."""
    last: dict[str, Seen] = {}

    def at(now: float) -> dict[str, Seen]:
        nonlocal last
        last = look(tmp_path, last, now=now, settle_seconds=SETTLE)
        return last

    return at


def test_a_file_is_read_once_two_looks_find_it_unchanged(tmp_path: Path, looks: Looks) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"province,")
    assert looks(0)["a.csv"].waits_for == "a.csv to stay as it is"
    path.write_bytes(b"province,year")
    assert not looks(30)["a.csv"].content
    assert not looks(30)["a.csv"].content  # Two looks, but at the same time.
    assert not looks(40)["a.csv"].content  # Two looks, but too near each other.
    assert looks(45)["a.csv"].content == content_hash(b"province,year")
    assert looks(75)["a.csv"].waits_for == ""


def test_same_size_and_time_of_change_do_not_hide_another_content(
    tmp_path: Path, looks: Looks
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    looks(0)
    times = path.stat()
    assert looks(30)["a.csv"].content == content_hash(b"1")
    path.write_bytes(b"2")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert not looks(60)["a.csv"].content
    assert looks(90)["a.csv"].content == content_hash(b"2")


def test_a_touched_file_keeps_its_content(tmp_path: Path, looks: Looks) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    looks(0)
    before = looks(30)["a.csv"].content
    os.utime(path, (1, 1))
    assert looks(60)["a.csv"].waits_for
    assert looks(90)["a.csv"].content == before


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        ("~$a.xlsx", "a.xlsx to be closed (~$a.xlsx is there)"),
        (".~lock.a.xlsx#", "a.xlsx to be closed (.~lock.a.xlsx# is there)"),
        ("a.xlsx.part", "a.xlsx to arrive (a.xlsx.part is there)"),
        ("a.xlsx.crdownload", "a.xlsx to arrive (a.xlsx.crdownload is there)"),
        ("a.xlsx.filepart", "a.xlsx to arrive (a.xlsx.filepart is there)"),
    ],
)
def test_a_file_that_is_open_or_arriving_is_waited_for(
    tmp_path: Path, looks: Looks, sign: str, words: str
) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"")
    (tmp_path / sign).write_bytes(b"")
    looks(0)
    seen = looks(60)
    assert list(seen) == ["a.xlsx"]
    assert seen["a.xlsx"].waits_for == words
    (tmp_path / sign).unlink()
    assert looks(90)["a.xlsx"].content == content_hash(b"")


@pytest.mark.parametrize(
    "name",
    [
        "~$a.xlsx", ".~lock.a.xlsx#", "a.part", "a.xlsx.crdownload", "a.tmp", ".DS_Store",
        ".a.xlsx.swp", "a.xlsx~", "a.partial", "a.filepart", "Thumbs.db", "desktop.ini",
        "a.xlsx.mapping.yml",
    ],
)  # fmt: skip
def test_what_is_no_yearbook_is_not_looked_at(tmp_path: Path, looks: Looks, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder").mkdir()
    assert looks(0) == {}
    assert listed(tmp_path) == ([], sorted([name, "folder/"]))


def test_the_mapping_file_belongs_to_its_yearbook(tmp_path: Path, looks: Looks) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"1")
    looks(0)
    assert looks(30)["a.xlsx"].mapping == ""
    (tmp_path / "a.xlsx.mapping.yml").write_bytes(b"sheets: []")
    assert looks(60)["a.xlsx"].waits_for
    assert looks(90)["a.xlsx"].mapping == content_hash(b"sheets: []")


def test_a_link_is_seen_as_intake_sees_it_and_not_followed(tmp_path: Path, looks: Looks) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "target.csv").write_bytes(b"secret")
    (tmp_path / "link.csv").symlink_to(tmp_path / "folder" / "target.csv")
    looks(0)
    assert looks(30)["link.csv"].content == content_hash(b"")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads it all")
def test_a_file_that_cannot_be_read_now_is_waited_for(tmp_path: Path, looks: Looks) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    path.chmod(0)
    looks(0)
    assert "a.csv to be readable" in looks(30)["a.csv"].waits_for
    path.chmod(0o600)
    looks(60)
    assert looks(90)["a.csv"].content == content_hash(b"1")


def test_a_clock_put_back_waits_anew_and_one_put_forward_loses_nothing(
    tmp_path: Path, looks: Looks
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"1")
    looks(1_000_000)
    assert looks(0)["a.csv"].since == 0
    assert looks(30)["a.csv"].content == content_hash(b"1")
    # What is known is not forgotten when the clock goes back again.
    assert looks(-1_000)["a.csv"].content == content_hash(b"1")
    path.write_bytes(b"12")
    looks(60)
    # The clock leaps a year while the file still grows: read too early, and again when it changed.
    assert looks(31_536_060)["a.csv"].content == content_hash(b"12")
    path.write_bytes(b"123")
    looks(31_536_090)
    assert looks(31_536_120)["a.csv"].content == content_hash(b"123")


def test_an_inbox_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="does not exist"):
        look(tmp_path / "share", {}, now=0, settle_seconds=SETTLE)
