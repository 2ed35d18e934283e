"""The same models on DuckDB, PostgreSQL and Spark: every relation and every test (`make engines`).

Minutes long, and in need of a server and of Java: run where `AMI_ENGINES` is set, and each engine
skipped, saying why, where the machine lacks it. What a published refresh of the demo and of the
real files began with is built again on each.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from engines import DuckDb, Engine, NotHere, PostgreSql, Spark, build, keep_given
from same_relations import differences

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("AMI_ENGINES" not in os.environ, reason="run by make engines"),
]

ENGINES: dict[str, Callable[[Path], Engine]] = {
    "postgres": lambda _: PostgreSql(),
    "spark": Spark,
}


@dataclass(frozen=True)
class Built:
    """What one engine made of what a refresh began with."""

    outcomes: dict[str, tuple[str, int | None]]
    relations: dict[str, pd.DataFrame]


def built(engine: Engine, folder: Path, given: Path, dataset: str) -> Built:
    with engine:
        engine.load(given)
        outcomes = build(engine, folder, dataset)
        return Built(outcomes, dict(engine.relations()))


@pytest.fixture(scope="module", params=["demo", "nbs"])
def dataset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def given(
    dataset: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    home: Path = request.getfixturevalue(f"{dataset}_home")
    folder = tmp_path_factory.mktemp("given")
    keep_given(home / "warehouse" / dataset / "warehouse.duckdb", folder)
    return folder


@pytest.fixture(scope="module")
def on_duckdb(given: Path, dataset: str, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("duckdb")
    return built(DuckDb(folder), folder, given, dataset)


@pytest.fixture(scope="module", params=sorted(ENGINES))
def on_another(
    request: pytest.FixtureRequest,
    given: Path,
    dataset: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Built:
    folder = tmp_path_factory.mktemp(request.param)
    try:
        engine = ENGINES[request.param](folder)
    except NotHere as lacking:
        pytest.skip(f"{request.param}: {lacking}")
    return built(engine, folder, given, dataset)


def test_every_test_comes_out_alike(on_duckdb: Built, on_another: Built) -> None:
    """Unit tests and data tests, those that warn with as many rows; and all else is built."""
    assert {
        node: (on_duckdb.outcomes.get(node), found)
        for node, found in on_another.outcomes.items()
        if on_duckdb.outcomes.get(node) != found
    } == {}
    assert on_another.outcomes.keys() == on_duckdb.outcomes.keys()
    assert {"error", "fail", "skipped"}.isdisjoint(
        status for status, _ in on_another.outcomes.values()
    )


def test_every_relation_is_the_same(
    on_duckdb: Built, on_another: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = on_duckdb.relations, on_another.relations
    assert one.keys() == other.keys()
    found = {name: differences(one[name], other[name]) for name in one}
    assert {name: words for name, (words, _) in found.items() if words} == {}
    with capsys.disabled():
        rows = sum(len(frame) for frame in one.values())
        worst = max(found, key=lambda name: found[name][1])
        print(
            f"\n{len(one)} relations, {rows:,} rows: equal; the largest relative difference is"
            f" {found[worst][1]:.1e}, in {worst}"
        )


@pytest.mark.parametrize("columns", [("ami", "ami_partial"), ("province",)])
def test_a_planted_difference_is_found(
    on_duckdb: Built, on_another: Built, columns: tuple[str, ...]
) -> None:
    name = "marts.fct_index"
    index = on_another.relations[name]
    column = next(each for each in columns if index[each].notna().any())
    planted = index.astype({column: object})
    row = planted[column].first_valid_index()
    cell = planted.loc[row, column]
    planted.loc[row, column] = cell + "?" if isinstance(cell, str) else float(cell) * (1 + 1e-8)
    found = [words.split()[0] for words in differences(on_duckdb.relations[name], planted)[0]]
    # Rows are laid beside each other by their texts, so that another text moves its row.
    assert column in found if isinstance(cell, str) else found == [column]
