"""A data service on this machine, and a dataset into whose inbox is fetched from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from nbs_cases import HASTY, REGIONS, ROWS, YEARS, Run, full_tree
from nbs_server import NbsServer, nbs_server

from ami.dataset import Dataset
from ami.nbs.client import CallPatience, Service
from ami.nbs.fetching import Fetch, Outcome
from ami.nbs.plan import PlanRow


@pytest.fixture
def server() -> Iterator[NbsServer]:
    with nbs_server(full_tree(), dict(REGIONS)) as running:
        yield running


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    dataset = Dataset("mine", tmp_path / "inbox", tmp_path)
    dataset.inbox.mkdir()
    dataset.folder.mkdir(parents=True)
    return dataset


@pytest.fixture
def run(server: NbsServer, dataset: Dataset) -> Run:
    def fetch(
        rows: list[PlanRow] = ROWS, years: range = YEARS, patience: CallPatience = HASTY
    ) -> list[Outcome]:
        return list(Fetch(dataset, Service(server.address, patience), rows, years).run())

    return fetch
