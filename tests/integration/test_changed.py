"""One file changed: what depends on it runs, the rest is taken over, no value comes out otherwise.

Official files in an inbox of the test's own. Each change is refreshed twice from the same state,
once as it comes and once with all made anew, and everything that both leave is compared, value by
value. Sequences of changes are in tests/unit/dagster_project/test_taking_over.py.
"""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from ami_command import run_ami

from ami.dataset import Dataset
from analysis.results_tables import ESTIMATES
from dagster_project.definitions import build_defs

pytestmark = pytest.mark.slow

# When something was made, and in how much time.
MOMENTS = re.compile(rb"<time.*?</time(?:stamp)?>|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?")
GDP, PER_PERSON = "地区生产总值.csv", "人均地区生产总值.csv"


@dataclass(frozen=True)
class Changed:
    """What two refreshes of the same change have left: as it came, and with all made anew."""

    said: str
    came: Dataset
    anew: Dataset


def refreshed(home: Path, inbox: Path, folder: Path) -> Changed:
    """Refresh what stands in `home` in two copies of it."""
    said, sets = [], []
    for name, options in (("came", ()), ("anew", ("--force",))):
        shutil.copytree(home, folder / name)
        answer = run_ami(
            folder / name, "refresh", "--dataset", "nbs", "--inbox", str(inbox), *options
        )
        assert answer.returncode == 0, answer.stdout + answer.stderr
        said.append(answer.stdout)
        sets.append(Dataset("nbs", inbox, folder / name))
    assert "tables of estimates stand" not in said[1]
    return Changed(said[0], *sets)


def values(dataset: Dataset) -> dict[str, str]:
    """Every value that is published, each row in its place, but when something was made."""
    with duckdb.connect(str(dataset.database), read_only=True) as connection:
        names = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where schema_name in"
            " ('raw', 'intermediate', 'marts', 'estimates', 'audit', 'vintages')"
        ).fetchall()
        moments = "select columns(lambda name: not name.ends_with('_at')) from"
        # Which product was noted first is no content.
        order = {"audit.versions": "order by all", "audit.made_from": "order by all"}
        return {
            name: repr(connection.execute(f"{moments} {name} {order.get(name, '')}").fetchall())
            for (name,) in names
        }


def files(dataset: Dataset) -> dict[str, bytes]:
    return {
        str(path.relative_to(dataset.results)): MOMENTS.sub(b"", path.read_bytes())
        for path in dataset.results.rglob("*")
        if path.suffix in {".csv", ".html", ".svg", ".tex"}
    }


def check(changed: Changed) -> None:
    came, anew = values(changed.came), values(changed.anew)
    assert len(came) > 100
    # Of content that hangs on the moment of a load or a vintage.
    timed = {"audit.made_from"}
    assert [name for name in anew if came.get(name) != anew[name] and name not in timed] == []
    assert came.keys() == anew.keys()
    pages, pages_anew = files(changed.came), files(changed.anew)
    assert pages.keys() == pages_anew.keys()
    assert [name for name in pages if pages[name] != pages_anew[name]] == []


@pytest.fixture
def inbox(real_data: Path, tmp_path: Path) -> Path:
    shutil.copytree(real_data, tmp_path / "inbox")
    return tmp_path / "inbox"


def n_standing(said: str) -> int:
    found = re.search(r"(\d+) of (\d+) tables of estimates stand", said)
    assert found is None or int(found[2]) == len(ESTIMATES)
    return int(found[1]) if found else 0


def test_figures_that_are_printed_again_change_no_estimate(
    nbs_home: Path, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "again.csv").write_bytes((inbox / GDP).read_bytes() + b"\r\n")
    changed = refreshed(nbs_home, inbox, tmp_path)
    assert n_standing(changed.said) == len(ESTIMATES)
    check(changed)
    monkeypatch.setenv("DAGSTER_HOME", str(changed.came.dagster_home))
    assert stale(changed.came) == []


def test_a_figure_that_changes_runs_what_hangs_on_it(
    nbs_home: Path, inbox: Path, tmp_path: Path
) -> None:
    path = inbox / PER_PERSON
    database, item, years, head, beijing, *others = path.read_text("utf-8").splitlines()
    place = head.split(",").index("2015年")
    figures = beijing.split(",")
    figures[place] = str(int(figures[place]) + 1)
    lines = [database, item, years, head, ",".join(figures), *others]
    path.write_text("\n".join(lines), encoding="utf-8")
    changed = refreshed(nbs_home, inbox, tmp_path)
    # It is a control, of which no table on the index alone is made.
    assert 0 < n_standing(changed.said) < len(ESTIMATES)
    check(changed)


def stale(dataset: Dataset) -> list[str]:
    """The assets that Dagster's UI shows as out of date."""
    # What the UI itself asks; there is no public name for it.
    from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
    from dagster._core.loader import LoadingContextForTest

    graph = build_defs(dataset).resolve_asset_graph()
    with dg.DagsterInstance.get() as instance:
        resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
        return [
            key.to_user_string()
            for key in graph.materializable_asset_keys
            if resolver.get_status(key) is not StaleStatus.FRESH
        ]
