"""Which way imports may go: the command over Dagster's part over the application over the rest."""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {
    path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "benchmarks"
}
KNOW_DAGSTER = {"command", "dagster_project"}
# Of extras for those who run the project; where one is imported, its absence is said in words.
OF_EXTRAS = {"psycopg2"}


def imported(package: str) -> Iterator[tuple[Path, str]]:
    """Each module of the package with what it imports, at its top or where it is used."""
    for path in (ROOT / package).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path} imports by dots"
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)


def arrows() -> dict[str, set[str]]:
    """The other packages of the project that each imports."""
    return {
        package: {name.partition(".")[0] for _, name in imported(package)} & PACKAGES - {package}
        for package in PACKAGES
    }


def test_the_packages_are_those_that_are_known() -> None:
    assert {
        "ami", "analysis", "command", "dagster_project", "demo", "expectations", "yearbooks",
    } == PACKAGES  # fmt: skip


def test_only_what_dagster_loads_and_the_command_know_dagster() -> None:
    for package in PACKAGES - KNOW_DAGSTER:
        for path, name in imported(package):
            assert not name.startswith("dagster"), f"{path} imports {name}"


def test_nothing_imports_the_command() -> None:
    assert [package for package, others in arrows().items() if "command" in others] == []


def test_nothing_private_of_a_library_is_imported() -> None:
    private = [
        f"{path.relative_to(ROOT)}: {name}"
        for package in PACKAGES
        for path, name in imported(package)
        if name.partition(".")[0] not in {*PACKAGES, "__future__"} and "._" in f".{name}"
    ]
    assert private == []


def test_what_runs_imports_nothing_that_only_the_tests_install() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"^[a-z0-9-]+", lock, re.MULTILINE))
    ours = {*PACKAGES, *OF_EXTRAS, *sys.stdlib_module_names}
    bring = {
        module: {re.sub("[-_.]+", "-", each).lower() for each in distributions}
        for module, distributions in packages_distributions().items()
    }
    assert bring["pytest"].isdisjoint(locked)
    not_locked = {
        f"{path.relative_to(ROOT)}: {name}"
        for package in PACKAGES
        for path, name in imported(package)
        if (module := name.partition(".")[0]) not in ours
        and locked.isdisjoint(bring.get(module, set()))
    }
    assert not_locked == set()


def test_packages_form_no_circle() -> None:
    try:
        TopologicalSorter(arrows()).prepare()
    except CycleError as error:
        raise AssertionError(f"a circle: {' -> '.join(error.args[1])}") from None


def test_no_module_or_public_class_has_the_name_of_another() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            where = str(path.relative_to(ROOT))
            places[path.parent.name if path.stem == "__init__" else path.stem].append(where)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    places[node.name].append(where)
    # The name that Python demands of what `python -m` runs.
    del places["__main__"]
    assert len(places) > 200
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
