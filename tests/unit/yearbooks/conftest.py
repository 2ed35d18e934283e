"""Fixtures of the tests of the readers; every figure is invented."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from inboxes import ROOT, Raw, nbs_lines

from yearbooks.catalogue import Catalogue


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue of the project itself, not a toy."""
    return Catalogue.load(ROOT / "dbt" / "seeds" / "reference")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


@pytest.fixture
def raw(inbox: Path, catalogue: Catalogue) -> Iterator[Raw]:
    landed = Raw(inbox, catalogue)
    yield landed
    landed.connection.close()


@pytest.fixture
def nbs(inbox: Path) -> Callable[..., Path]:
    """Writes an NBS export: `nbs(rows, title=, header=, notes=, encoding=, name=)`."""

    def write(
        rows: Iterable[str], *, encoding: str = "gb18030", name: str = "nbs.csv", **parts: object
    ) -> Path:
        path = inbox / name
        path.write_bytes(nbs_lines(rows, **parts).encode(encoding))  # type: ignore[arg-type]
        return path

    return write


@pytest.fixture
def tidy(inbox: Path) -> Callable[..., Path]:
    """Writes a tidy CSV: `tidy(rows, header=, encoding=, name=)`."""

    def write(
        rows: Iterable[str],
        *,
        header: str = "province,year,item,value,unit",
        encoding: str = "utf-8",
        name: str = "tidy.csv",
    ) -> Path:
        path = inbox / name
        path.write_bytes("\n".join([header, *rows, ""]).encode(encoding))
        return path

    return write
