"""The dbt project, run in this process: what it consists of, and what became of a build.

dbt is called as it documents for programs (`dbtRunner`), so that it is loaded once and parses once
in a refresh. What a model computes is said in `dbt/`.
"""

import hashlib
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from ami import atomic, build_record
from ami.dataset import DBT_PROJECT_DIR, SEEDS, SEEDS_VARIABLE, Dataset
from ami.vintage_store import VARIABLES
from ami.warehouse import Warehouse, told_dbt, told_where_to_build

if TYPE_CHECKING:
    # Slow to load, and not needed to parse.
    import pandas as pd
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.contracts.graph.manifest import Manifest

# Of the rows that break a test; as many as of an expectation.
ROWS_SHOWN = 5
# Landed figures beyond which statements and no longer dbt are the work, so that two at a time save
# time by the clock. Each stays on one thread, and so gives the same last digit.
LARGE = 250_000
# Kinds of nodes that are tables or views.
STORED = {"model", "seed"}
# Not what dbt run by hand writes to, be it with other vars.
TARGET = DBT_PROJECT_DIR / "target" / "ami"
# Of which files the manifest there is.
PARSED = TARGET / "parsed_sources.txt"
# Where dbt keeps what it has parsed, and where the project was then: dbt keeps that of a seed, too,
# and looks for it there although the project is elsewhere now.
PARTIAL_PARSE, PARSED_IN = "partial_parse.msgpack", "parsed_in.txt"
# dbt parses all anew where its database has moved; to parse it opens none, so that one name will do
# for all homes: that by which statements call the database of a refresh.
PARSED_FOR = Path("build.duckdb")


class DbtError(RuntimeError):
    """What dbt could not do, in its words."""


def read_manifest() -> dict[str, Any]:
    """The dbt manifest, after parsing the project anew if it changed since it was parsed last."""
    parse_changed()
    return json.loads((TARGET / "manifest.json").read_text(encoding="utf-8"))


def is_parsed() -> bool:
    """Whether no file of the project has changed since it was parsed last."""
    return PARSED.is_file() and PARSED.read_text(encoding="utf-8") == _sources()


def parse_changed() -> None:
    """Parse the project anew if it changed since it was parsed last."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / "parse.lock"):
        if not is_parsed():
            # Written after the manifest, so that one whose parsing was killed half way does not
            # count.
            PARSED.unlink(missing_ok=True)
            sources = _sources()
            _parse(TARGET)
            atomic.write_text(PARSED, sources)


def _sources() -> str:
    """Changes with any file of the dbt project; no comparison of times, for clocks jump."""
    digest = hashlib.sha256(f"{PARSED_FOR}\n".encode())
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
        if not _is_parsed_here(self._target) and _is_parsed_here(TARGET):
            # In a new home dbt need not parse what it has parsed for the definitions of Dagster.
            self._target.mkdir(parents=True, exist_ok=True)
            for name in (PARTIAL_PARSE, PARSED_IN):
                shutil.copyfile(TARGET / name, self._target / name)
        return _parse(self._target, "--no-write-json", *self._vars, seeds=self._seeds)

    @cached_property
    def _seeds(self) -> str:
        """Copied once in a refresh, which has joined them before dbt is asked for anything."""
        return seeds_of(self.dataset)

    @property
    def _vars(self) -> list[str]:
        chosen = self.dataset.dbt_vars
        return ["--vars", json.dumps(chosen)] if chosen else []

    @property
    def _is_large(self) -> bool:
        with Warehouse(self.dataset).connect() as connection:
            landed = connection.execute(
                "select estimated_size from duckdb_tables()"
                " where schema_name = 'raw' and table_name = 'observations'"
            ).fetchall()
        return any(rows > LARGE for (rows,) in landed)

    def build(self, selection: Sequence[str]) -> list[dict[str, Any]]:
        """Build and test a part of the project in the database of `AMI_WAREHOUSE`.

        Returns of each result, those of failures too, what is read here, named as dbt names it in
        run_results.json. Raises `DbtError` where dbt did not come so far.
        """
        arguments = [
            "build",
            *("--select", *selection),
            # Formulas are proved by `make test`; a refresh tests the data.
            *("--exclude-resource-type", "unit_test"),
            # A test that also looks at a later layer waits for that layer.
            *("--indirect-selection", "buildable"),
            # It would write the whole manifest beside what is returned, for each layer.
            "--no-write-json",
            *("--threads", str(2 if self._is_large else 1)),
            *self._vars,
        ]
        found: RunExecutionResult = _invoke(arguments, self._target, self._manifest, self._seeds)
        return [
            {
                "unique_id": result.node.unique_id,
                "status": result.status.value,
                "message": result.message,
                "failures": result.failures,
                "execution_time": result.execution_time,
                "compiled_code": getattr(result.node, "compiled_code", None),
            }
            for result in found.results
        ]


def seeds_of(dataset: Dataset) -> str:
    """The folder of a dataset's seeds, as dbt is told of it: a path below the project.

    Of a dataset with a reference of its own a copy is made there: what dbt has run it writes to the
    path of the file below its target, and so over a seed that lies elsewhere.
    """
    if dataset.seeds == SEEDS:
        return SEEDS.name
    home = hashlib.sha256(str(dataset.home).encode()).hexdigest()[:8]
    copy = DBT_PROJECT_DIR / "target" / "seeds" / f"{dataset.name}_{home}"
    atomic.remove(copy)
    shutil.copytree(dataset.seeds, copy)
    return copy.relative_to(DBT_PROJECT_DIR).as_posix()


def _is_parsed_here(target: Path) -> bool:
    """Whether what dbt keeps in `target` is of the project where it is now."""
    place = target / PARSED_IN
    known = place.read_text(encoding="utf-8") if place.is_file() else ""
    return known == str(DBT_PROJECT_DIR) and (target / PARTIAL_PARSE).is_file()


def _parse(target: Path, *options: str, seeds: str = SEEDS.name) -> "Manifest":
    """The project, of which dbt parses only what has changed since it was parsed in `target`."""
    target.mkdir(parents=True, exist_ok=True)
    if not _is_parsed_here(target):
        (target / PARTIAL_PARSE).unlink(missing_ok=True)
        atomic.write_text(target / PARSED_IN, str(DBT_PROJECT_DIR))
    with told_where_to_build(PARSED_FOR):
        manifest: Manifest = _invoke(["parse", *options], target, seeds=seeds)
        return manifest


def _invoke(
    arguments: Sequence[str],
    target: Path,
    manifest: "Manifest | None" = None,
    seeds: str = SEEDS.name,
) -> Any:
    """What dbt returns. Raises `DbtError` unless it has done its work, be it with failed nodes."""
    # Slow to load, and not needed by who only looks.
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folders = [
        *("--project-dir", str(DBT_PROJECT_DIR), "--profiles-dir", str(DBT_PROJECT_DIR)),
        *("--target-path", str(target), "--log-path", str(target)),
        # Whoever calls has what dbt prints, which the file would say again.
        *("--log-level-file", "none"),
    ]
    command, *options = arguments
    try:
        with told_dbt(SEEDS_VARIABLE, seeds):
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
        f"{_name(result['unique_id'])}: {result['message']}"
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
) -> "pd.DataFrame":
    """The tests of a build in the columns of `expectations.CheckReport.frame()`.

    `first_rows` that break a test are given by its unique id.
    """
    import pandas as pd

    # By name: with more threads dbt reports them as these end, each time in another order.
    tests = sorted(
        (result for result in results if result["unique_id"].startswith("test.")),
        key=lambda test: test["unique_id"],
    )
    return pd.DataFrame(
        {
            "layer": layer,
            "check": [_name(test["unique_id"]) for test in tests],
            "severity": ["WARN" if test["status"] == "warn" else "ERROR" for test in tests],
            "passed": [test["status"] == "pass" for test in tests],
            "expected": "no row that breaks the rule",
            "observed": [test["message"] or test["status"] for test in tests],
            "n_unexpected": [test["failures"] or 0 for test in tests],
            "first_rows": [first_rows.get(test["unique_id"], "") for test in tests],
        }
    )


def relations(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The table of every model, seed and source, `schema.name`, by its dbt unique id."""
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in STORED]
    return {
        node["unique_id"]: f"{node['schema']}.{node['name']}"
        for node in [*nodes, *manifest["sources"].values()]
    }


def descriptions(manifest: Mapping[str, Any], schema: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Of each source of a schema what it is and what its columns hold, by its `schema.name`."""
    return {
        f"{schema}.{source['name']}": (
            source["description"].strip(),
            {name: of["description"] for name, of in source["columns"].items()},
        )
        for source in manifest["sources"].values()
        if source["schema"] == schema
    }


def made_from(
    results: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What each model, seed and test of a build was made from, as `build_record` notes it."""
    tables = relations(manifest)
    made: dict[str, list[str]] = {}
    for result in results:
        unique_id = result["unique_id"]
        inputs = _inputs(unique_id, manifest, tables)
        if result["status"] == "success" and unique_id in tables:
            made[tables[unique_id]] = [*inputs, tables[unique_id]]
        elif unique_id.startswith("test.") and result["status"] in {"pass", "fail", "warn"}:
            made[build_record.check(_name(unique_id))] = inputs
    return made


def read_by(names: Collection[str], manifest: Mapping[str, Any]) -> set[str]:
    """The tables that some models or tests read and that are not among them."""
    tables = relations(manifest)
    nodes = [unique_id for unique_id, node in manifest["nodes"].items() if node["name"] in names]
    read = {table for unique_id in nodes for table in _inputs(unique_id, manifest, tables)}
    return read - {tables[unique_id] for unique_id in nodes if unique_id in tables}


def _inputs(unique_id: str, manifest: Mapping[str, Any], tables: Mapping[str, str]) -> list[str]:
    parents = manifest["nodes"].get(unique_id, {}).get("depends_on", {}).get("nodes", [])
    return [tables[parent] for parent in parents if parent in tables]


def frame_of_recipe(
    results: Sequence[Mapping[str, Any]], manifest: Mapping[str, Any], database: str
) -> "pd.DataFrame":
    """What the variables are made from: seeds first, then models, each after those it reads.

    Each relation by its `schema.name`, with the statement that was compiled for it, no longer tied
    to the file `database`; a seed has none. Models that were not built now are left out; those that
    were keep their position whatever was built with them.
    """
    import pandas as pd

    tables = relations(manifest)
    needed: dict[str, list[str]] = {}
    waiting = [unique_id for unique_id, table in tables.items() if table == VARIABLES]
    while waiting:
        parents = manifest["nodes"][unique_id := waiting.pop()]["depends_on"].get("nodes", [])
        needed[unique_id] = sorted(set(parents) & manifest["nodes"].keys())
        waiting += [parent for parent in needed[unique_id] if parent not in needed]
    ordered = [*TopologicalSorter(needed).static_order()]
    seeds = [unique_id for unique_id in ordered if unique_id.startswith("seed.")]
    models = [unique_id for unique_id in ordered if unique_id not in seeds]
    compiled = {
        result["unique_id"]: result["compiled_code"].replace(f'"{database}".', "")
        for result in results
        if result["compiled_code"]
    }
    steps = pd.DataFrame({"unique_id": [*seeds, *models]})
    steps = steps.assign(
        position=steps.index,
        relation=steps["unique_id"].map(tables),
        statement=steps["unique_id"].map(compiled).astype(object),
    )
    built = steps["unique_id"].isin([*seeds, *compiled])
    return steps.loc[built, ["position", "relation", "statement"]].reset_index(drop=True)


def _name(unique_id: str) -> str:
    """The name of a model or test."""
    return unique_id.split(".")[2]
