"""The dbt project by itself, as a dbt user has it; and what it says of options and rows.

In processes of its own where it is built from nothing; what is asked of it then runs in the process
of the test, which has loaded dbt.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pandas as pd
import pytest
from ami_command import printed

from ami import dbt_project
from ami.dataset import DBT_PROJECT_DIR, DEMO, DEMO_YEARBOOKS, PROJECT_ROOT, Dataset
from ami.warehouse import told_where_to_build
from dagster_project.definitions import build_defs

pytestmark = pytest.mark.slow

Answer = subprocess.CompletedProcess[str]
IN_ROOT = ("--project-dir", "dbt", "--profiles-dir", "dbt")
OPTIONS = "{edition_policy: first_published, edge_fill: linear, index_scope: year}"


def dbt(database: Path, target: Path, *arguments: str) -> Answer:
    return dbt_here(
        PROJECT_ROOT,
        *arguments,
        *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
        *("--target-path", str(target), "--log-path", str(target)),
        AMI_WAREHOUSE=str(database),
    )


def dbt_here(folder: Path, *arguments: str, **added: str) -> Answer:
    """The answer of `dbt` in `folder`, with no more than is `added` to say to it."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import cli

    with (
        mock.patch.dict(os.environ, surroundings() | added, clear=True),
        chdir(folder),
        printed() as said,
        pytest.raises(SystemExit) as ended,
    ):
        try:
            cli([*arguments, "--no-use-colors"], prog_name="dbt")
        finally:
            # dbt keeps the database open to the end of its process.
            DuckDBConnectionManager.close_all_connections()
    return Answer(arguments, int(ended.value.code or 0), said.stdout, said.stderr)


def surroundings() -> dict[str, str]:
    """The environment without what it says to the project."""
    return {name: said for name, said in os.environ.items() if not name.startswith("AMI_")}


def run(folder: Path, program: str, *arguments: str) -> Answer:
    """A program of this environment, started in `folder`."""
    return subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as a dbt user meets it: a copy in which nothing was ever run."""
    folder = tmp_path_factory.mktemp("checkout")
    made = shutil.ignore_patterns("target", "logs", "*.duckdb*", ".user.yml", "__pycache__")
    for name in ("ami", "analysis", "command", "dbt", "yearbooks"):
        shutil.copytree(PROJECT_ROOT / name, folder / name, ignore=made)
    return folder


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    """The checkout after all that the page for dbt users says, in its order."""
    before = run(checkout, "dbt", "build", *IN_ROOT, "--no-use-colors")
    assert before.returncode != 0
    assert "No yearbook file has been landed in dbt/ami_demo.duckdb yet" in before.stdout
    assert "Run this first: ami land" in before.stdout
    assert "Traceback" not in before.stdout + before.stderr

    landed = run(checkout, "python", "-m", "command", "land")
    assert landed.returncode == 0, landed.stderr
    assert "40,618 cells read = 40,614 landed + 4 set aside" in landed.stdout
    assert "Landed demo (SYNTHETIC)" in landed.stdout
    assert "Next, in the folder dbt: dbt build\n" in landed.stdout

    answer = run(checkout / "dbt", "dbt", "build", "--no-use-colors")
    assert answer.returncode == 0, answer.stdout
    # Every formula on inputs computed by hand, too.
    assert answer.stdout.count(" PASS ") > answer.stdout.count(" START unit_test ") > 60
    return checkout


class TestByHand:
    def test_each_command_works_in_either_folder(self, built: Path) -> None:
        fresh = dbt_here(built, "source", "freshness", *IN_ROOT)
        assert fresh.returncode == 0, fresh.stdout
        assert "PASS freshness of raw.observations" in fresh.stdout
        for arguments in (
            ["test", "--select", "fct_index"],
            ["docs", "generate"],
            ["ls", "--select", "+exposure:report", "--output", "name"],
        ):
            answer = dbt_here(built / "dbt", *arguments)
            assert answer.returncode == 0, answer.stdout
        assert {"raw.files", "raw.observations", "fct_index"} <= {*answer.stdout.split()}

    def test_it_has_a_database_of_its_own(self, built: Path) -> None:
        made = {path.name for path in built.rglob("*.duckdb*")}
        assert made == {"ami_demo.duckdb"}

    def test_every_exposure_is_reached_from_the_yearbooks(self, built: Path) -> None:
        graph = json.loads((built / "dbt" / "target" / "manifest.json").read_text("utf-8"))
        without = [
            exposure["name"]
            for unique_id, exposure in graph["exposures"].items()
            if not any(node.startswith("source.") for node in _upstream(graph, unique_id))
        ]
        # It looks at what the paper prints.
        assert without == ["print_audit"]

    def test_every_reading_of_the_paper_builds(self, built: Path) -> None:
        """The options of dbt_project.yml that are not the default, all at once."""
        database = built / "dbt" / "ami_demo.duckdb"
        before = weights(database)
        answer = dbt_here(built / "dbt", "run", "--vars", OPTIONS)
        assert answer.returncode == 0, answer.stdout
        assert (before - weights(database)).abs().min() > 1e-6


def _upstream(graph: dict[str, Any], unique_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [unique_id]
    while waiting:
        parents = set(graph["parent_map"].get(waiting.pop(), [])) - found
        found |= parents
        waiting += parents
    return found


def weights(database: Path) -> pd.Series:
    with duckdb.connect(str(database), read_only=True) as connection:
        query = "select overall_weight from marts.dim_indicator order by indicator"
        return connection.sql(query).df()["overall_weight"]


def test_statements_side_by_side_give_the_same_last_digit(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = Dataset(DEMO, DEMO_YEARBOOKS, Path(shutil.copytree(demo_home, tmp_path / "home")))
    monkeypatch.setattr(dbt_project, "LARGE", 0)
    with told_where_to_build(dataset.build_database):
        built = dbt_project.Dbt(dataset).build(["path:models/intermediate", "path:models/marts"])
    assert not dbt_project.failures(built)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{dataset.database}' as stood (read_only)")
        connection.execute(f"attach '{dataset.build_database}' as again (read_only)")
        tables = connection.execute(
            "select format('{}.{}', schema_name, table_name) from duckdb_tables()"
            " where database_name = 'again' and schema_name in ('intermediate', 'marts')"
        ).fetchall()
        for (table,) in tables:
            apart = f"(from stood.{table} except all from again.{table})"
            assert connection.execute(apart).fetchall() == [], table
    assert len(tables) > 30


def test_an_unknown_option_is_refused_by_name(demo_home: Path, tmp_path: Path) -> None:
    database = demo_home / "warehouse" / "demo" / "build.duckdb"
    answer = dbt(database, tmp_path, "compile", "--vars", "{edge_fill: nearset}")
    assert answer.returncode != 0
    assert "edge_fill" in answer.stdout
    assert "nearest" in answer.stdout


def test_rows_that_release_nothing_any_more_are_told(demo_home: Path, tmp_path: Path) -> None:
    """Of each kind one row that finds its text and others that miss it in one thing each."""
    database = tmp_path / "stale.duckdb"
    database.write_bytes((demo_home / "warehouse" / "demo" / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            """
            create temp table cell as
            select * from raw.observations
            where province_code <> '000000' and value is not null
            order by all
            limit 1
            """
        )
        readings = {
            "source_file, null, 'item', item_printed": 0,
            "source_file, null, 'edition', edition_printed": 0,
            "source_file, null, 'item', 'no such label'": 1,
            "source_file, null, 'unit', item_printed": 1,
            "source_file, 'no such sheet', 'item', item_printed": 1,
            "'no_such_file.csv', null, 'item', item_printed": 1,
        }
        for reading in readings:
            connection.execute(
                f"insert into reference.accepted_readings select dataset, {reading}, 'x', 'x', 'x',"
                " date '2024-01-01' from cell"
            )
        corrections = {"year, edition, ' ' || value_printed": 0, "year, edition, 'x'": 1}
        corrections |= {"year, edition + 50, value_printed": 1}
        for correction in corrections:
            connection.execute(
                "insert into reference.corrections select dataset, item_code, province_code,"
                f" {correction}, 1, unit, 'x', 'x', date '2024-01-01' from cell"
            )
        # Another dataset's rows are not this one's business.
        connection.execute(
            "insert into reference.accepted_readings"
            " values ('other', 'x', null, 'item', 'x', 'x', 'x', 'x', date '2024-01-01')"
        )
    expected = {
        "accepted_readings_match_a_printed_text": sum(readings.values()),
        "corrections_match_a_printed_value": sum(corrections.values()),
    }
    answer = dbt(database, tmp_path, "test", "--select", *expected)
    for test, n_stale in expected.items():
        assert f"WARN {n_stale} {test}" in answer.stdout, answer.stdout


@pytest.mark.parametrize("chosen", ["model", "test"])
def test_a_person_may_build_one_model_or_run_one_test_in_the_ui(
    demo_home: Path, tmp_path: Path, chosen: str
) -> None:
    home = Path(shutil.copytree(demo_home, tmp_path / "home"))
    index = dg.AssetKey(["marts", "fct_index"])
    grain = dg.AssetCheckKey(index, "unique_grain_fct_index_province_code__year")
    selection = {
        "model": dg.AssetSelection.assets(index).without_checks(),
        "test": dg.AssetSelection.checks(grain),
    }[chosen]
    defs = dg.Definitions.merge(
        build_defs(Dataset(DEMO, DEMO_YEARBOOKS, home)),
        dg.Definitions(jobs=[dg.define_asset_job("part", selection=selection)]),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        part = defs.resolve_job_def("part").execute_in_process(instance=instance)
    built = [event.asset_key for event in part.get_asset_materialization_events()]
    judged = [check.asset_check_key for check in part.get_asset_check_evaluations()]
    assert (built, judged) == (([index], []) if chosen == "model" else ([], [grain]))
