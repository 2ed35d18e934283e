"""The dbt project, run in this process: what it consists of, and what became of a build.

dbt is called as it documents for programs (`dbtRunner`), so that it is loaded once and parses once
in a refresh. What a model computes is said in `dbt/`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from filelock import FileLock

from ami import atomic
from ami.dataset import DBT_PROJECT_DIR, Dataset
from ami.vintages import VARIABLES
from ami.warehouse import Warehouse

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

# Of the rows that break a test; as many as of an expectation.
ROWS_SHOWN = 5
# Not what dbt run by hand writes to, be it with other vars.
TARGET = DBT_PROJECT_DIR / "target" / "ami"


class DbtError(RuntimeError):
    """What dbt could not do, in its words."""


def read_manifest() -> dict[str, Any]:
    """The dbt manifest, after parsing the project anew if it changed since it was parsed last."""
    TARGET.mkdir(parents=True, exist_ok=True)
    parsed = TARGET / "parsed_sources.txt"
    with FileLock(TARGET / "parse.lock"):
        sources = _sources()
        # Written after the manifest, so that one whose parsing was killed half way does not count.
        if not parsed.is_file() or parsed.read_text(encoding="utf-8") != sources:
            parsed.unlink(missing_ok=True)
            _invoke(["parse"], TARGET)
            atomic.write_text(parsed, sources)
        return json.loads((TARGET / "manifest.json").read_text(encoding="utf-8"))


def _sources() -> str:
    """Changes with any file of the dbt project; no comparison of times, for clocks jump."""
    digest = hashlib.sha256()
    for path in sorted(DBT_PROJECT_DIR.rglob("*")):
        made = path.relative_to(DBT_PROJECT_DIR).parts[0] in {"target", "logs"}
        if not made and path.suffix in {".csv", ".md", ".sql", ".yml"}:
            digest.update(f"{path}\0{path.stat().st_mtime_ns}\0{path.stat().st_size}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Dbt:
    """The dbt project as one dataset is built by it."""

    dataset: Dataset

    @property
    def _target(self) -> Path:
        """The same folder for all refreshes: dbt parses only what has changed since."""
        return self.dataset.folder / "dbt"

    @cached_property
    def _manifest(self) -> "Manifest":
        manifest: Manifest = _invoke(["parse", *self._vars], self._target)
        return manifest

    @property
    def _vars(self) -> list[str]:
        chosen = self.dataset.dbt_vars
        return ["--vars", json.dumps(chosen)] if chosen else []

    def build(self, selection: Sequence[str]) -> list[dict[str, Any]]:
        """Build and test a part of the project in the database of `AMI_WAREHOUSE`.

        Returns the results as dbt writes them to run_results.json, those of failures too. Raises
        `DbtError` where dbt did not come so far.
        """
        arguments = [
            "build",
            *("--select", *selection),
            # Formulas are proved by `make test`; a refresh tests the data.
            *("--exclude-resource-type", "unit_test"),
            # A test that also looks at a later layer waits for that layer.
            *("--indirect-selection", "buildable"),
            *self._vars,
        ]
        _invoke(arguments, self._target, self._manifest)
        text = (self._target / "run_results.json").read_text(encoding="utf-8")
        results: list[dict[str, Any]] = json.loads(text)["results"]
        return results


def _invoke(arguments: Sequence[str], target: Path, manifest: "Manifest | None" = None) -> Any:
    """What dbt returns. Raises `DbtError` unless it has done its work, be it with failed nodes."""
    # Slow to load, and not needed by who only looks.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folders = [
        *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
        *("--target-path", str(target), "--log-path", str(target)),
    ]
    command, *options = arguments
    try:
        answer = dbtRunner(manifest=manifest).invoke(
            ["--no-use-colors", command, *folders, *options]
        )
    finally:
        # dbt keeps the database open to the end of its process, which is ours.
        DuckDBConnectionManager.close_all_connections()
    if answer.exception is not None:
        raise DbtError(str(answer.exception)) from answer.exception
    return answer.result


def failures(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """What did not work and what a test found, a sentence each; none that only warn."""
    return [
        f"{result['unique_id'].split('.')[2]}: {result['message']}"
        for result in results
        if result["status"] in {"error", "fail"}
    ]


def first_rows_of_tests(
    warehouse: Warehouse, results: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The first rows that break each failed test, in a line, by its dbt unique id."""
    shown = {}
    with warehouse.connect() as connection:
        for result in results:
            unique_id = result["unique_id"]
            if not unique_id.startswith("test.") or result["status"] not in {"fail", "warn"}:
                continue
            broken = connection.sql(result["compiled_code"]).limit(ROWS_SHOWN)
            shown[unique_id] = "; ".join(
                ", ".join(
                    f"{name} {value}"
                    for name, value in zip(broken.columns, row, strict=True)
                    if value is not None
                )
                for row in broken.fetchall()
            )
    return shown


def frame_of_tests(
    results: Sequence[Mapping[str, Any]], layer: str, first_rows: Mapping[str, str]
) -> pd.DataFrame:
    """The tests of a build in the columns of `expectations.CheckReport.frame()`.

    `first_rows` that break a test are given by its unique id.
    """
    # By name: with more threads dbt reports them as these end, each time in another order.
    tests = sorted(
        (result for result in results if result["unique_id"].startswith("test.")),
        key=lambda test: test["unique_id"],
    )
    return pd.DataFrame(
        {
            "layer": layer,
            "check": [test["unique_id"].split(".")[2] for test in tests],
            "severity": ["WARN" if test["status"] == "warn" else "ERROR" for test in tests],
            "passed": [test["status"] == "pass" for test in tests],
            "expected": "no row that breaks the rule",
            "observed": [test["message"] or test["status"] for test in tests],
            "n_unexpected": [test["failures"] or 0 for test in tests],
            "first_rows": [first_rows.get(test["unique_id"], "") for test in tests],
        }
    )


def frame_of_recipe(
    results: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any], database: str
) -> pd.DataFrame:
    """What the variables are made from: seeds first, then models, each after those it reads.

    Each relation by its `schema.name`, with the statement that was compiled for it, no longer tied
    to the file `database`; a seed has none.
    """
    relations = {
        unique_id: f"{node['schema']}.{node['name']}"
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in {"model", "seed"}
    }
    needed: set[str] = set()
    waiting = [unique_id for unique_id, relation in relations.items() if relation == VARIABLES]
    while waiting:
        needed.add(unique_id := waiting.pop())
        parents = manifest["nodes"][unique_id]["depends_on"].get("nodes", [])
        waiting += [parent for parent in parents if parent in relations and parent not in needed]
    seeds = sorted(unique_id for unique_id in needed if unique_id.startswith("seed."))
    recipe: dict[str, str | None] = {relations[unique_id]: None for unique_id in seeds}
    for result in results:
        if result["unique_id"] in needed and result["compiled_code"]:
            statement = result["compiled_code"].replace(f'"{database}".', "")
            recipe[relations[result["unique_id"]]] = statement
    return pd.DataFrame(
        {"position": range(len(recipe)), "relation": recipe.keys(), "statement": recipe.values()}
    )
