"""Official figures fetched from the service on this machine are those of the official files."""

import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from ami_command import run_ami_here
from nbs_server import AT_ONCE, FIGURES, NbsServer, Series, nbs_server

from ami.dataset import REFERENCE_SEEDS, Dataset
from ami.nbs import client, plan
from ami.nbs.fetching import province_regions
from dagster_project.definitions import build_defs
from yearbooks.catalogue import Catalogue
from yearbooks.reading import read
from yearbooks.resolution import resolve
from yearbooks.source import Source

# All cells that a refresh computes with, and what comes of them.
VALUES = {
    "intermediate.int_items__preferred": "item_code, province_code, year, value_used",
    "marts.fct_panel": "*",
    "marts.fct_index": "*",
    "marts.fct_coverage": "*",
}


def official(folder: Path) -> dict[tuple[str, ...], list[Series]]:
    """The figures of the official files, as the service would show them: a leaf for each item."""
    catalogue = Catalogue.load(REFERENCE_SEEDS)
    rows = {row.item: row for row in plan.rows()}
    tree: dict[tuple[str, ...], list[Series]] = {}
    for path in sorted(folder.glob("*.csv")):
        landed, _ = resolve(read(Source.open(path), catalogue).cells, catalogue, 2026)
        row = rows[landed["item_code"].iloc[0]]
        wanted = catalogue.unit(row.unit)
        assert wanted is not None
        figures = {}
        for cell in landed.itertuples():
            printed = catalogue.unit(cell.unit)
            assert printed is not None
            times = Decimal(str(printed.factor)) / Decimal(str(wanted.factor))
            if cell.mark is None and cell.province_code != "000000":
                text = f"{Decimal(cell.value_printed) * times:f}"
                figures[f"{cell.province_code}000000", cell.year] = text
        tree.setdefault(row.path or ("分省", row.name), []).append(
            Series(row.name, row.unit, figures)
        )
    return tree


@pytest.fixture(scope="module")
def served(real_data: Path) -> Iterator[NbsServer]:
    with nbs_server(official(real_data), province_regions()) as running:
        yield running


def build_marts(dataset: Dataset) -> None:
    """A refresh up to its marts and their gate: what follows hangs on them alone."""
    marts = dg.AssetSelection.all() - dg.AssetSelection.groups("estimates", "figures", "results")
    defs = dg.Definitions.merge(
        build_defs(dataset),
        dg.Definitions(jobs=[dg.define_asset_job("marts", selection=marts)]),
    )
    with dg.DagsterInstance.ephemeral() as instance:
        done = defs.resolve_job_def("marts").execute_in_process(instance=instance)
    checks = {check.check_name for check in done.get_asset_check_evaluations()}
    assert {"items_in_range", "pdgp_in_range"} <= checks


def values(database: Path, table: str, columns: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(f"select {columns} from {table} order by all").fetchall()


def is_same(one: object, other: object) -> bool:
    """Whether two values are one; a unit that the service prints otherwise costs the last digit."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return one == other


@pytest.mark.slow
def test_what_is_fetched_is_what_the_files_say(
    served: NbsServer, nbs_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMI_NBS_SERVICE", served.address)
    monkeypatch.setattr(client, "PATIENCE", AT_ONCE)
    (tmp_path / "inbox").mkdir()
    items = {each.name for leaf in served.tree.values() for each in leaf}
    asked = [f"--item={row.item}" for row in plan.rows() if row.name in items]
    answer = run_ami_here(tmp_path, "fetch", "nbs", "-d", "nbs", "--inbox", "inbox", *asked)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert len(served.asked(FIGURES)) == len(asked) == 22
    dataset, of_files = (Dataset("nbs", home / "inbox", home) for home in (tmp_path, nbs_home))
    build_marts(dataset)
    for table, columns in VALUES.items():
        from_files = values(of_files.database, table, columns)
        fetched = values(dataset.build_database, table, columns)
        assert len(fetched) == len(from_files) > 0, table
        differing = [
            (ours, theirs)
            for ours, theirs in zip(fetched, from_files, strict=True)
            if not all(map(is_same, ours, theirs))
        ]
        assert differing == [], table
