"""What dbt keeps of a project that it has parsed, and when it may not be used."""

import shutil
from pathlib import Path

import pytest

from ami import dbt_project

PROJECT = """
name: tiny
profile: ami_warehouse
seed-paths: [seeds]
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dbt project of one seed in the place of ours."""
    (seeds := tmp_path / "here" / "seeds").mkdir(parents=True)
    (seeds / "limits.csv").write_text("bound\n1\n", encoding="utf-8")
    (tmp_path / "here" / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    shutil.copyfile(
        dbt_project.DBT_PROJECT_DIR / "profiles.yml", tmp_path / "here" / "profiles.yml"
    )
    monkeypatch.setattr(dbt_project, "DBT_PROJECT_DIR", tmp_path / "here")
    return tmp_path / "here"


def test_a_project_that_was_moved_looks_for_its_seeds_where_it_is_now(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places() -> set[str]:
        return {node.root_path for node in dbt_project._parse(tmp_path / "target").nodes.values()}

    kept = tmp_path / "target" / dbt_project.PARTIAL_PARSE
    assert places() == {str(tiny)}
    made = kept.stat().st_mtime_ns
    assert places() == {str(tiny)} and kept.stat().st_mtime_ns == made

    monkeypatch.setattr(dbt_project, "DBT_PROJECT_DIR", tiny.rename(tmp_path / "there"))
    assert places() == {str(tmp_path / "there")}
