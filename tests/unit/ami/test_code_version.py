"""The version of code changes with all that it consists of, and with nothing else."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ami import code_version
from ami.code_version import version_of
from ami.dataset import PROJECT_ROOT
from analysis.results_tables import ESTIMATES

SURETY, CODES = "analysis.paper.surety", "analysis.paper.trial_tables"


def forget() -> None:
    for cached in (version_of, code_version._imports, code_version._installed):
        cached.cache_clear()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what estimates consist of, which stands for the project."""
    ignored = shutil.ignore_patterns("__pycache__")
    for package in ("analysis", "ami", "yearbooks"):
        shutil.copytree(PROJECT_ROOT / package, tmp_path / package, ignore=ignored)
    # Has the name of a library, and is no package.
    (tmp_path / "dbt").mkdir()
    seed = tmp_path / "dbt" / "variables.csv"
    shutil.copyfile(code_version._READ_BY_CODE, seed)
    monkeypatch.setattr(code_version, "PROJECT_ROOT", tmp_path)
    monkeypatch.setattr(code_version, "_READ_BY_CODE", seed)
    yield tmp_path
    forget()


def versions() -> dict[str, str]:
    forget()
    return {module: version_of(module) for module in (SURETY, CODES)}


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("analysis/paper/surety.py", {SURETY}),
        # Of another, and through others.
        ("analysis/regressions/wild_bootstrap.py", {SURETY}),
        ("analysis/trial/entropy_codes.py", {CODES}),
        ("analysis/panel.py", {SURETY, CODES}),
        # The packages that modules are in.
        ("analysis/trial/__init__.py", {CODES}),
        ("dbt/variables.csv", {SURETY, CODES}),
        ("analysis/report/page.py", set()),
        ("analysis/results_tables.py", set()),
        ("ami/warehouse.py", set()),
    ],
)
def test_it_changes_with_what_the_module_imports(
    project: Path, file: str, changed: set[str]
) -> None:
    before = versions()
    path = project / file
    path.write_text(path.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    after = versions()
    assert {module for module in before if after[module] != before[module]} == changed


def test_an_import_where_it_is_used_counts_too(project: Path) -> None:
    levels = project / "analysis" / "levels.py"
    levels.write_text("def later():\n    from analysis.spatial import moran\n", encoding="utf-8")
    before = versions()
    moran = project / "analysis" / "spatial" / "moran.py"
    moran.write_text("", encoding="utf-8")
    after = versions()
    assert {module for module in before if after[module] != before[module]} >= {SURETY}


def test_it_changes_with_what_is_installed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = versions()
    monkeypatch.setattr("sys.version", "3.99")
    after = versions()
    assert all(after[module] != before[module] for module in before)


def test_a_module_alone_is_without_what_it_imports(project: Path) -> None:
    def alone() -> str:
        forget()
        return version_of(CODES, alone=(SURETY,))

    before = alone()
    bootstrap = project / "analysis" / "regressions" / "wild_bootstrap.py"
    bootstrap.write_text("", encoding="utf-8")
    assert alone() == before
    surety = project / "analysis" / "paper" / "surety.py"
    surety.write_text(surety.read_text(encoding="utf-8") + "# more\n", encoding="utf-8")
    assert alone() != before


def test_nothing_that_makes_estimates_reads_or_imports_what_is_not_seen_here() -> None:
    """Files, and modules named at run time, would decide results without being in the version."""
    hidden = {"open", "read_text", "read_bytes", "read_csv", "import_module", "__import__"}
    forget()
    imports = code_version._imports()
    files = {path for of in ESTIMATES for path in imports.behind(of.make.__module__).values()}
    assert len(files) > 50
    for path in files - {PROJECT_ROOT / "analysis" / "variables.py"}:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = getattr(called, "attr", getattr(called, "id", ""))
                assert name not in hidden, f"{path}:{node.lineno}"
