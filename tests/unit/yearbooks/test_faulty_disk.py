"""Files that change, vanish or cannot be read at the moment of a refresh, and clocks that jump."""

import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from inboxes import NO_RELEASES, Raw

from yearbooks import source
from yearbooks.errors import IntakeError, MomentaryFault
from yearbooks.intake import IntakeReport, land
from yearbooks.source import Source

Tidy = Callable[..., Path]
GDP = "北京,{year},地区生产总值,{value},亿元"


def row(value: float, year: int = 2020) -> str:
    return GDP.format(value=value, year=year)


def write_meanwhile(monkeypatch: pytest.MonkeyPatch, write: Callable[[], object]) -> None:
    """Let somebody write once a file is opened and its size is known, before it is read."""
    real = os.fstat
    waiting = [write]

    def fstat(descriptor: int) -> os.stat_result:
        status = real(descriptor)
        while waiting:
            waiting.pop()()
        return status

    monkeypatch.setattr(source.os, "fstat", fstat)


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


class TestChangingFile:
    def test_a_file_that_grows_is_set_aside_and_said_then_read(
        self, raw: Raw, tidy: Tidy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tidy([row(1)])
        write_meanwhile(monkeypatch, lambda: append(path, row(2, 2021) + "\n"))
        assert raw.land().files[0].reasons == {"changed_while_read": 1}
        monkeypatch.undo()
        report = raw.land()
        assert (report.cells_landed, report.files[0].is_new) == (2, True)
        assert raw.table("files")["source_hash"].iloc[-1] == (
            hashlib.sha256(path.read_bytes()).hexdigest()
        )

    @pytest.mark.parametrize("change", ["shrinks", "same size"])
    def test_other_changes(self, tidy: Tidy, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
        path = tidy([row(1), row(2, 2021)])
        text = path.read_text(encoding="utf-8")
        new = text[:-20] if change == "shrinks" else text.replace("1", "3")
        write_meanwhile(monkeypatch, lambda: path.write_text(new, encoding="utf-8"))
        with pytest.raises(MomentaryFault, match="changed_while_read"):
            Source.open(path)

    def test_a_file_replaced_while_it_is_read_is_read_as_it_was(
        self, tidy: Tidy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tidy([row(1)])
        before = path.read_bytes()

        def replace() -> None:
            other = path.with_name("other")
            other.write_bytes(before * 2)
            other.replace(path)

        write_meanwhile(monkeypatch, replace)
        read = Source.open(path)
        assert (read.content, read.hash) == (before, hashlib.sha256(before).hexdigest())


class TestUnreadableNow:
    @pytest.fixture
    def two(self, raw: Raw, tidy: Tidy) -> tuple[Path, Path]:
        """Two files of the same edition that disagree: the one that came later counts."""
        first, second = tidy([row(1)], name="a.csv"), tidy([row(2)], name="b.csv")
        raw.land()
        return first, second

    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        """Let the disk fail under the files of this name."""

        def fail(name: str) -> None:
            real = os.open

            def broken(path: str | Path, flags: int, *rest: int) -> int:
                # Of this file every system call for its content answers with an I/O error.
                return real("/proc/self/mem" if Path(path).name == name else path, flags, *rest)

            if not Path("/proc/self/mem").exists():
                pytest.skip("there is no file here of which reading fails with an I/O error")
            monkeypatch.setattr(source.os, "open", broken)

        return fail

    def test_what_it_said_before_counts_and_nothing_is_newer_for_it(
        self,
        raw: Raw,
        two: tuple[Path, Path],
        failing: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        before = {name: raw.table(name) for name in ("files", "observations", "set_aside")}
        failing("a.csv")
        report = raw.land()
        assert "Input/output error" in report.files[0].not_now
        assert "could not be read now; what it said before counts" in report.summary()
        monkeypatch.undo()
        assert raw.land().new_files == ()
        for name, table in before.items():
            assert raw.table(name).equals(table), name

    def test_a_file_that_never_landed_is_set_aside_and_lands_later(
        self,
        raw: Raw,
        two: tuple[Path, Path],
        tidy: Tidy,
        failing: Callable[[str], None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        tidy([row(3, 2021)], name="c.csv")
        failing("c.csv")
        assert raw.land().files[2].reasons == {"unreadable_file": 1}
        assert raw.land().new_files == ()
        monkeypatch.undo()
        assert raw.land().cells_landed == 1

    def test_an_inbox_that_cannot_be_listed(
        self, raw: Raw, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(path: Path) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(Path, "iterdir", fail)
        with pytest.raises(IntakeError, match="cannot be read: Input/output error"):
            raw.land()


class TestClock:
    """A year is still to come by the clock; a clock that was wrong once must not count for ever."""

    def land_in(self, raw: Raw, year: int) -> IntakeReport:
        moment = datetime(year, 6, 1, tzinfo=UTC)
        return land(raw.inbox, "test", raw.connection, raw.catalogue, NO_RELEASES, loaded_at=moment)

    @pytest.mark.parametrize("wrong", [1970, 2010, 2099])
    def test_after_a_jump_the_figures_are_those_of_a_clean_refresh(
        self, raw: Raw, tidy: Tidy, tmp_path: Path, wrong: int
    ) -> None:
        tidy([row(1), row(2, 2021), row(3, 2060)])
        clean = Raw(Path(shutil.copytree(raw.inbox, tmp_path / "clean")), raw.catalogue)
        self.land_in(clean, 2026)
        self.land_in(raw, wrong)
        assert self.land_in(raw, 2026).new_files
        # Settled: the third time nothing is new.
        assert not self.land_in(raw, 2026).new_files
        newest = "select max(load_seq) from raw.files"
        for table in ("observations", "set_aside"):
            query = (
                f"select * exclude (load_seq, loaded_at) from raw.{table}"
                f" where load_seq = ({newest}) order by all"
            )
            ours, theirs = (each.connection.execute(query).fetchall() for each in (raw, clean))
            assert ours == theirs, table
        clean.connection.close()

    def test_a_year_that_has_come_is_no_longer_set_aside(self, raw: Raw, tidy: Tidy) -> None:
        tidy([row(1, 2026), row(2, 2027)])
        assert self.land_in(raw, 2026).files[0].reasons == {"future_year": 1}
        assert self.land_in(raw, 2027).files[0].cells_landed == 2
