"""The benchmark measures the project's SQL against peers that compute the same: no test of time."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer import Typer
from typer.testing import CliRunner

from benchmarks.index_contestants import (
    LONG_TABLE_MODEL,
    IndexSql,
    render_index_sql,
    with_sql,
)
from benchmarks.index_peers import with_numpy, with_pandas, with_polars
from benchmarks.index_sql import Disagreement, largest_difference, main, make_long_table
from benchmarks.measure import in_own_process

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def index_sql() -> IndexSql:
    return in_own_process(render_index_sql)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, index_sql: IndexSql) -> dict[str, Path]:
    """What each contestant computes where one indicator is constant and one is not there at all."""
    long_table = make_long_table(tmp_path_factory.mktemp("long") / "table", n_units=4)
    values = pd.read_parquet(long_table.values)
    values.loc[values["indicator"] == "rd_intensity", "value"] = 7.0
    values.loc[values["indicator"] == "pm_compliance", "value"] = None
    values.to_parquet(long_table.values)

    contestants = ("sql", "polars", "pandas", "numpy")
    folders = {name: tmp_path_factory.mktemp(name) for name in contestants}
    with_sql(index_sql, long_table, tmp_path_factory.mktemp("work"))(folders["sql"])
    with_polars(long_table)(folders["polars"])
    with_pandas(long_table)(folders["pandas"])
    with_numpy(long_table)(folders["numpy"])
    return folders


def test_what_is_measured_are_the_dbt_models_between_values_and_index(index_sql: IndexSql) -> None:
    assert index_sql.inputs.keys() == {LONG_TABLE_MODEL, "indicators", "provinces", "limits"}
    models = list(index_sql.models)
    assert models.index("int_index__sample") < models.index("int_indicators__normalised")
    assert models.index("int_indicators__weights") < models.index("fct_index")
    assert not any("{{" in select for *_, select in index_sql.models.values())


@pytest.mark.parametrize("peer", ["polars", "pandas", "numpy"])
def test_peers_agree_with_the_sql_on_awkward_values(results: dict[str, Path], peer: str) -> None:
    assert largest_difference(results["sql"], results[peer]) <= 1e-9
    index = pd.read_parquet(results[peer] / "index.parquet")
    assert {"ami", "amt", "amm", "amw", "gam", "ame", "ami_eq17", "ami_rank"} <= set(index.columns)
    assert index["ami"].notna().any()
    weights = pd.read_parquet(results[peer] / "weights.parquet").set_index("indicator")
    assert weights.loc["rd_intensity", "overall_weight"] == 0
    assert "pm_compliance" not in weights.index


@pytest.mark.parametrize(
    ("table", "column", "wrong"),
    [
        ("index", "ami", lambda column: column + 1e-6),
        ("index", "is_interpolated", lambda column: ~column),
        ("scores", "contribution", lambda column: column.fillna(0.0)),
        (
            "scores",
            "dimension",
            lambda column: column.cat.rename_categories({"amt": "amm", "amm": "amt"}),
        ),
        ("weights", "entropy", lambda column: column.mask(column.index == 3)),
    ],
)
def test_a_difference_is_found(
    results: dict[str, Path],
    tmp_path: Path,
    table: str,
    column: str,
    wrong: Callable[[pd.Series], pd.Series],
) -> None:
    for name in ("index", "scores", "weights"):
        frame = pd.read_parquet(results["pandas"] / f"{name}.parquet")
        if name == table:
            frame[column] = wrong(frame[column])
        frame.to_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(Disagreement, match=rf"{table}\.{column}"):
        largest_difference(results["sql"], tmp_path)


def test_a_missing_row_is_found(results: dict[str, Path], tmp_path: Path) -> None:
    for name in ("index", "scores", "weights"):
        frame = pd.read_parquet(results["pandas"] / f"{name}.parquet")
        frame.iloc[1:].to_parquet(tmp_path / f"{name}.parquet")
    with pytest.raises(Disagreement):
        largest_difference(results["sql"], tmp_path)


def test_the_command_compares_in_one_run_and_prints_ratios() -> None:
    app = Typer()
    app.command()(main)
    arguments = ["--units", "4", "--repetitions", "1"]
    outcome = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    assert outcome.exit_code == 0, outcome.output
    assert "4 SYNTHETIC units x 19 years: 1,596 rows" in outcome.output
    for words in ("time ratio", "memory ratio", "SQL", "polars", "pandas", "numpy", "All agree"):
        assert words in outcome.output
