"""Plants a seeded sample of small faults, one at a time, and counts those that the tests notice.

Belongs here: which files compute, which tests are about them, the faults of SQL, and what is
printed. Does not belong here: the faults of Python, which are those of cosmic-ray. Run by `run`, in
a copy of the project: files are spoilt in place and put back.

A fault of Python is noticed where a test fails that imports the module or, where none does and
`--near` is not given, any test of the room; one of SQL where a unit test of dbt fails or, where
none does, a build. Whole refreshes (`tests/integration`) and tests marked slow are not run, so the
rate is a lower bound.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cosmic_ray.plugins
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import use_db

PYTHON = os.environ["PYTHON_OF_TESTS"]
SECONDS = 1200
HANGS = "what does not end"

# Where something is computed, with the tests that are about it.
PYTHON_ROOMS = {
    "analysis/regressions": ["tests/unit/analysis/regressions", "tests/reference"],
    "analysis/spatial": ["tests/unit/analysis/spatial", "tests/reference"],
    "analysis/paper": ["tests/unit/analysis"],
    "analysis/trial": ["tests/unit/analysis/trial"],
    "yearbooks": ["tests/unit/yearbooks"],
    "expectations": ["tests/unit/expectations"],
}
SQL_ROOMS = ("dbt/macros", "dbt/models/intermediate", "dbt/models/marts", "dbt/models/checks")

# `int | None` of an annotation is no computation, and a decorator none either.
NO_FAULTS = re.compile(r"ReplaceBinaryOperator_BitOr_|RemoveDecorator")

# What a slip of the pen makes of SQL: pattern, what stands there instead.
SQL_SLIPS = [
    (r"<=", "<"), (r">=", ">"), (r"(?<![<>=])<(?![=>])", "<="), (r"(?<![<>=-])>(?!=)", ">="),
    (r" = ", " <> "), (r" <> ", " = "), (r" \+ ", " - "), (r" - (?=\w|\()", " + "),
    (r" \* ", " / "), (r" / ", " * "), (r"\band\b", "or"), (r"\bor\b", "and"),
    (r"\bmin\(", "max("), (r"\bmax\(", "min("), (r"\bsum\(", "avg("), (r"\bavg\(", "sum("),
    (r"\bis not null\b", "is null"), (r"\bis null\b", "is not null"),
    (r"\binner join\b", "left join"), (r"\bleft join\b", "inner join"),
    (r"\bgreatest\(", "least("), (r"\bleast\(", "greatest("), (r"\bnot (?=[a-z(])", ""),
    (r"(?<![\w.'])\d+(?![\w.'])", "7"),
]  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One spoilt file: `spoilt` is its text, `line` the first that differs.

    checks: each says what fails now, or None; the first that fails notices the fault.
    """

    path: Path
    spoilt: str
    checks: tuple[Callable[[], str | None], ...]

    @property
    def line(self) -> tuple[int, str, str]:
        """Number of the first line that differs, the line as it is, the line as spoilt."""
        before, after = self.path.read_text().splitlines(), self.spoilt.splitlines()
        pairs = enumerate(zip(before, after, strict=False), start=1)
        return next(((n, a.strip(), b.strip()) for n, (a, b) in pairs if a != b), (0, "", ""))

    def noticed_by(self) -> str | None:
        """What fails while the file is spoilt; the file is put back."""
        text = self.path.read_text()
        self.path.write_text(self.spoilt)
        try:
            return next((failed for check in self.checks if (failed := check())), None)
        finally:
            self.path.write_text(text)


class Runner:
    """The process that runs tests (`runner.py`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [PYTHON, str(Path(__file__).with_name("runner.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def failed(self, tests: list[str]) -> str | None:
        """The first of the tests that fails; None where all pass."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps(tests), file=self._process.stdin, flush=True)
        found: str | None = json.loads(self._process.stdout.readline())
        # A fault that hangs is a fault that is noticed.
        return HANGS if found == "" else found

    @cache  # noqa: B019 (it lives as long as the trial)
    def require_sound(self, test: str) -> None:
        """Ends the trial where a test fails without a fault: then it says nothing about one."""
        if test != HANGS and self.failed([test] if "::" in test else ["--collect-only", test]):
            sys.exit(f"This fails without any fault: {test}")


def near(path: Path, room: list[str]) -> list[str]:
    """Test files that import the module, or where none does what imports it, and so on outwards.

    First those that have its name, then the short ones.
    """
    texts = {
        test: test.read_text(encoding="utf-8")
        for folder in room
        for test in sorted(Path(folder).rglob("test_*.py"))
    }
    others = {
        other: other.read_text(encoding="utf-8")
        for folder in PYTHON_ROOMS
        for other in sorted(Path(folder).rglob("*.py"))
    }
    reached = {path}
    while True:
        tests = [test for test, text in texts.items() if any(imports(text, m) for m in reached)]
        beyond = {o for o, text in others.items() if any(imports(text, m) for m in reached)}
        if tests or beyond <= reached:
            own = f"test_{path.stem}"
            return [str(t) for t in sorted(tests, key=lambda t: (t.stem != own, len(texts[t])))]
        reached |= beyond


def imports(text: str, path: Path) -> bool:
    """Whether Python imports the module of a path."""
    module = ".".join(path.with_suffix("").parts)
    parent, _, name = module.rpartition(".")
    several = rf"from {re.escape(parent)} import (?:\([^)]*|.*)\b{name}\b"
    return re.search(rf"{re.escape(module)}\b|{several}", text) is not None


@cache
def mutations(path: Path) -> list[Any]:
    """All that cosmic-ray can do to a file."""
    with use_db(f".{'.'.join(path.parts)}.sqlite") as work:
        init([path], work, {})
        found = [mutation for item in work.work_items for mutation in item.mutations]
    return [mutation for mutation in found if not NO_FAULTS.search(mutation.operator_name)]


def python_faults(pick: random.Random, runner: Runner, only_near: bool) -> Iterator[Fault]:
    """Without end: a line of a room at random, one of cosmic-ray's faults on it at random."""
    rooms = {
        path: tests
        for folder, tests in PYTHON_ROOMS.items()
        for path in sorted(Path(folder).rglob("*.py"))
    }
    places = [
        (path, line)
        for path in rooms
        for line, _ in enumerate(path.read_text().splitlines(), start=1)
    ]
    pick.shuffle(places)
    for path, line in places:
        on_line = [mutation for mutation in mutations(path) if mutation.start_pos[0] == line]
        if not on_line:
            continue
        mutation = pick.choice(on_line)
        operator = cosmic_ray.plugins.get_operator(mutation.operator_name)()
        spoilt = mutate_code(path.read_text(), operator, mutation.occurrence)
        if spoilt:
            nearest = near(path, rooms[path])
            lots = [lot for lot in (nearest, [] if nearest and only_near else rooms[path]) if lot]
            yield Fault(path, spoilt, tuple(partial(runner.failed, lot) for lot in lots))


def sql_faults(pick: random.Random) -> Iterator[Fault]:
    """Without end: a place of a slip in SQL at random; unit tests first, then all of the graph."""
    places = []
    for path in sorted(path for room in SQL_ROOMS for path in Path(room).rglob("*.sql")):
        if path.name.startswith("engine"):
            continue  # Most of it is for engines that the tests run here do not start.
        text = path.read_text()
        quiet = [m.span() for m in re.finditer(r"--[^\n]*|\{#.*?#\}|'[^'\n]*'", text, re.S)]
        for pattern, slip in SQL_SLIPS:
            for found in re.finditer(pattern, text):
                if not any(start <= found.start() < end for start, end in quiet):
                    places.append((path, found.start(), found.end(), slip))
    pick.shuffle(places)
    unit = "test --select test_type:unit"
    build = "build --exclude resource_type:seed resource_type:snapshot"
    checks = (partial(failed_dbt, unit), partial(failed_dbt, build))
    for path, start, end, slip in places:
        text = path.read_text()
        yield Fault(path, text[:start] + slip + text[end:], checks)


def failed_dbt(words: str) -> str | None:
    """The words, where dbt fails with them."""
    options = ["--project-dir", "dbt", "--profiles-dir", "dbt", "--quiet", "--fail-fast"]
    command = [str(Path(PYTHON).with_name("dbt")), *words.split(), *options]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return HANGS
    return words if done.returncode else None


@cache
def require_sound_dbt(words: str) -> None:
    """Ends the trial where dbt fails without a fault, too."""
    if words != HANGS and failed_dbt(words):
        sys.exit(f"This fails without any fault: dbt {words}")


def say(line: str) -> None:
    """Printed at once: the trial is long."""
    print(line, flush=True)


def trial(faults: Iterator[Fault], many: int, require_sound: Callable[[str], None]) -> list[Fault]:
    """Plants the first `many` faults, and returns those that no test notices."""
    survivors = []
    for number, fault in enumerate(faults, start=1):
        if number > many:
            break
        line, before, after = fault.line
        by = fault.noticed_by()
        say(f"{number:>4} {fault.path}:{line} {f'noticed by {by}' if by else 'SURVIVED'}")
        if by:
            require_sound(by)
        else:
            survivors.append(fault)
            say(f"       - {before}\n       + {after}")
    return survivors


def main() -> int:
    """Print each fault and the rate; 1 where the rate is below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", type=int, default=60, help="faults in Python")
    parser.add_argument("--sql", type=int, default=20, help="faults in SQL")
    parser.add_argument("--seed", type=int, required=True, help="of the sample")
    parser.add_argument("--near", action="store_true", help="only tests that import the module")
    parser.add_argument("--least", type=float, default=97, help="rate asked for, in percent")
    asked = parser.parse_args()

    runner, pick = Runner(), partial(random.Random, asked.seed)
    rooms = {
        "Python": (python_faults(pick(), runner, asked.near), asked.python, runner.require_sound),
        "SQL": (sql_faults(pick()), asked.sql, require_sound_dbt),
    }
    survivors = 0
    for language, (faults, many, require_sound) in rooms.items():
        found = len(trial(faults, many, require_sound))
        survivors += found
        say(f"{language}, seed {asked.seed}: {many - found} of {many} noticed")
    rate = 100 * (1 - survivors / (asked.python + asked.sql))
    say(f"{rate:.1f} % of {asked.python + asked.sql} faults noticed; {asked.least:g} % asked for")
    return int(rate < asked.least)


if __name__ == "__main__":
    sys.exit(main())
