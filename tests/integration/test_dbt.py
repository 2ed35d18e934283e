"""The formulas in SQL: every dbt unit test, on the tables of a refreshed demo."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ami.dataset import DBT_PROJECT_DIR, DEMO, DEMO_YEARBOOKS, Dataset
from dagster_project.definitions import build_defs

pytestmark = pytest.mark.slow


def dbt(database: Path, target: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            Path(sys.executable).with_name("dbt"),
            *arguments,
            *("--project-dir", DBT_PROJECT_DIR, "--profiles-dir", DBT_PROJECT_DIR),
            *("--target-path", target, "--log-path", target, "--no-use-colors"),
        ],
        env=os.environ | {"AMI_WAREHOUSE": str(database)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_every_formula_on_inputs_computed_by_hand(demo_home: Path, tmp_path: Path) -> None:
    database = demo_home / "warehouse" / "demo" / "build.duckdb"
    # As the refresh parsed it, which this test then need not.
    shutil.copy(demo_home / "warehouse" / "demo" / "dbt" / "partial_parse.msgpack", tmp_path)
    answer = dbt(database, tmp_path, "test", "--select", "test_type:unit")
    assert answer.returncode == 0, answer.stdout
    assert "PASS=0" not in answer.stdout


def test_every_reading_of_the_paper_builds(demo_home: Path, tmp_path: Path) -> None:
    """The options of dbt_project.yml that are not the default, all at once."""
    database = tmp_path / "options.duckdb"
    database.write_bytes((demo_home / "warehouse" / "demo" / "warehouse.duckdb").read_bytes())
    answer = dbt(
        database,
        tmp_path,
        "build",
        *("--exclude-resource-type", "unit_test", "--exclude", "path:seeds/yearbooks"),
        *("--vars", "{edition_policy: first_published, edge_fill: linear, index_scope: year}"),
    )
    assert answer.returncode == 0, answer.stdout
    weights = [
        duckdb.connect(str(path), read_only=True)
        .sql("select overall_weight from marts.dim_indicator order by indicator")
        .df()["overall_weight"]
        for path in (demo_home / "warehouse" / "demo" / "warehouse.duckdb", database)
    ]
    assert (weights[0] - weights[1]).abs().min() > 1e-6


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
