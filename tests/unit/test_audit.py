"""What `make audit` makes of pip-audit's answer; the service itself is not asked here."""

import importlib.util
from pathlib import Path

import pytest

SOUND = {"name": "one", "version": "1.0", "vulns": []}
UNKNOWN = {"name": "two", "skip_reason": "Dependency not found on PyPI"}
FOUND = {"name": "three", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"]}]}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([SOUND], 0, "None of 1 packages has a known vulnerability"),
        ([SOUND, FOUND], 1, "three 3.0: PYSEC-1, fixed in 3.1"),
        ([SOUND, UNKNOWN], 2, "knows nothing of 1 of 2 packages (two ...)"),
        ([UNKNOWN, FOUND], 1, "1 of 2 packages have known vulnerabilities"),
        ([], 2, ""),
    ],
)
def test_silence_is_no_all_clear(
    packages: list[dict], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = importlib.util.spec_from_file_location(
        "audit", Path(__file__).parents[2] / ".ci" / "audit.py"
    )
    assert spec is not None and spec.loader is not None
    audit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(audit)
    assert audit.tell(packages) == code
    assert words in capsys.readouterr().out
