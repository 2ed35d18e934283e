"""The comparison of two refreshes finds what differs, and nothing else."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

SCRIPT = Path(__file__).parents[1] / "compare_results.py"


@pytest.fixture(scope="module")
def script() -> object:
    spec = importlib.util.spec_from_file_location("compare_results", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(**changed: object) -> pd.DataFrame:
    columns = {
        "name": ["a", "b", None],
        "value": [1.0, float("nan"), 0.0],
        "n": [1, 2, 3],
        "made": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03"]),
    }
    return pd.DataFrame(columns | changed)


def test_equal_tables_do_not_differ(script) -> None:
    almost = table(value=[1.0 + 1e-12, float("nan"), 0.0])
    later = table(made=pd.to_datetime(["2025-01-01"] * 3))
    empty = table(name=["a", "b", ""])
    for other in (table(), almost, later, empty):
        assert script.differences({"t": table()}, {"t": other}) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"value": [1.0 + 1e-8, float("nan"), 0.0]},
            "1 of 3 rows differ, at most by 1.0e-08",
        ),
        ({"value": [1.0, 2.0, 0.0]}, "value: 1 of 3 rows differ"),
        ({"value": [1.0, float("nan"), 1e-300]}, "the first, row 2"),
        ({"name": ["a", "c", None]}, "'b' before, 'c' after"),
        ({"name": ["a", "b", "c"]}, "before, 'c' after"),
        ({"other": [1, 2, 3]}, "columns differ: other"),
    ],
)
def test_what_differs_is_named(script, changed: dict[str, list], words: str) -> None:
    (found,) = script.differences({"t": table()}, {"t": table(**changed)})
    assert found.startswith("t: ") and words in found


def test_rows_and_tables_are_counted(script) -> None:
    assert script.differences({"t": table()}, {"t": table().head(2)}) == [
        "t: 3 rows before, 2 after"
    ]
    assert script.differences({"t": table()}, {"u": table()}) == ["only after: u", "only before: t"]


def test_a_report_may_be_made_at_another_moment(script, tmp_path: Path) -> None:
    found = []
    for folder, text in (
        ("one", "made 3 May 2026, 10:00"),
        ("two", "made 4 June 2026, 11:11"),
        ("three", "made 3 May 2026, 10:00, of 31 provinces"),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "report.html").write_text(text, encoding="utf-8")
        found.append(script.texts(tmp_path / folder))
    assert found[0] == found[1] != found[2]
