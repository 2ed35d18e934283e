"""No file and no function of the product is longer than a reader holds in mind.

Tests are apart, and benchmarks, where a contestant is written out in one piece as its users would.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def too_long(name: str, text: str) -> Iterator[str]:
    """What is too long in one Python file.

    A docstring does not count in a function: it is read instead of the lines below it, and one of
    an estimator has its shapes, units, errors and sources to give.
    """
    if (n_lines := len(text.splitlines())) > LONGEST_FILE:
        yield f"{name}: {n_lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            n_lines = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                docstring = node.body[0]
                n_lines -= (docstring.end_lineno or 0) - docstring.lineno + 1
            if n_lines > LONGEST_FUNCTION:
                yield f"{name}: {node.name} has {n_lines} lines"


def test_files_and_functions_are_short() -> None:
    paths = [
        path
        for folder in ROOT.iterdir()
        if folder.name[0] != "." and folder.name not in {"benchmarks", "tests"}
        for path in folder.rglob("*.py")
    ]
    assert len(paths) > 200
    assert [
        fault
        for path in paths
        for fault in too_long(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(("n_lines", "faults"), [(60, []), (61, ["m.py: f has 61 lines"])])
@pytest.mark.parametrize("docstring", ["", '    """A line.\n\n    Another.\n    """\n'])
def test_a_docstring_does_not_count(n_lines: int, faults: list[str], docstring: str) -> None:
    text = "def f() -> None:\n" + docstring + "    a = 1\n" * (n_lines - 1)
    assert [*too_long("m.py", text)] == faults


def test_a_long_file_is_found() -> None:
    assert [*too_long("m.py", "a = 1\n" * 400)] == []
    assert [*too_long("m.py", "a = 1\n" * 401)] == ["m.py: 401 lines"]
