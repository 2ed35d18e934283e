"""The DAGSTER_HOME of a dataset: made once, and then its owner's."""

from importlib import import_module
from pathlib import Path

import pytest
import sqlalchemy

from ami import run_history
from ami.dataset import Dataset

SYNCHRONOUS_OFF = 0


@pytest.mark.parametrize(
    ("there", "stays"),
    [
        ("storage:\n  postgres:\n    postgres_url: elsewhere\n", True),
        ("storage:\n  custom:\n    module: dagster_project.storage\n", False),
    ],
)
def test_settings_stay_but_for_those_of_a_storage_that_is_no_more(
    tmp_path: Path, there: str, stays: bool
) -> None:
    dataset = Dataset("mine", tmp_path, tmp_path)
    home = run_history.prepare(dataset)["DAGSTER_HOME"]
    settings = Path(home) / "dagster.yaml"
    made = settings.read_text(encoding="utf-8")
    settings.write_text(there, encoding="utf-8")
    run_history.prepare(dataset)
    assert settings.read_text(encoding="utf-8") == (there if stays else made)


def test_dagster_does_not_wait_until_the_disk_has_written_an_event(tmp_path: Path) -> None:
    import_module("dagster_project.definitions")
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/history.db")
    with engine.connect() as connection:
        (level,) = connection.execute(sqlalchemy.text("pragma synchronous")).one()
    assert level == SYNCHRONOUS_OFF
