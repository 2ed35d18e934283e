"""Plants a seeded sample of small faults, one at a time, and counts those that the tests notice.

Belongs here: which files compute, which tests are about them, the faults of SQL, and what is
printed. Does not belong here: the faults of Python, which are those of cosmic-ray. Run by `run`, in
a copy of the project: files are spoilt in place and put back.

A fault is noticed where a test that names the module fails or, where none does, any test of the
room. Whole refreshes (`tests/integration`) are not run, so the rate is a lower bound.
"""

import argparse
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cosmic_ray.plugins
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import use_db

PYTHON = os.environ["PYTHON_OF_TESTS"]
PYTEST = [PYTHON, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
SECONDS = 1200

# Where something is computed, with the tests that are about it.
PYTHON_ROOMS = {
    "analysis/regressions": ["tests/unit/analysis/regressions", "tests/reference"],
    "analysis/spatial": ["tests/unit/analysis/spatial", "tests/reference"],
    "analysis/paper": ["tests/unit/analysis"],
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
    """One spoilt file: `spoilt` is its text, `line` the first that differs."""

    path: Path
    spoilt: str
    tests: tuple[tuple[str, ...], ...]

    @property
    def line(self) -> tuple[int, str, str]:
        """Number of the first line that differs, the line as it is, the line as spoilt."""
        before, after = self.path.read_text().splitlines(), self.spoilt.splitlines()
        pairs = enumerate(zip(before, after, strict=False), start=1)
        return next(((n, a.strip(), b.strip()) for n, (a, b) in pairs if a != b), (0, "", ""))

    def is_noticed(self) -> bool:
        """Whether a test fails while the file is spoilt; the file is put back."""
        text = self.path.read_text()
        self.path.write_text(self.spoilt)
        try:
            failed = next((command for command in self.tests if not passes(command)), None)
        finally:
            self.path.write_text(text)
        if failed:
            require_sound(failed)
        return failed is not None


@cache
def require_sound(command: tuple[str, ...]) -> None:
    """Ends the trial where tests fail without a fault, too: then they say nothing about one."""
    if not passes(command):
        sys.exit(f"These tests fail without any fault: {' '.join(command)}")


def passes(command: tuple[str, ...]) -> bool:
    """Whether the tests pass in time: a fault that hangs is a fault that is noticed."""
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def tests_of(path: Path, room: list[str]) -> tuple[tuple[str, ...], ...]:
    """Test files that import the module, in one process, then the whole room in two."""
    module = ".".join(path.with_suffix("").parts)
    parent, _, name = module.rpartition(".")
    imports = re.compile(rf"{re.escape(module)}\b|from {re.escape(parent)} import .*\b{name}\b")
    near = [
        str(test)
        for folder in room
        for test in sorted(Path(folder).rglob("test_*.py"))
        if imports.search(test.read_text(encoding="utf-8"))
    ]
    whole = (*PYTEST, "-n", "2", *room)
    return ((*PYTEST, "-n", "0", *near), whole) if near else (whole,)


def python_faults(pick: random.Random) -> Iterator[Fault]:
    """Without end: a line of a room at random, one of cosmic-ray's faults on it at random."""
    rooms = {
        path: tests
        for folder, tests in PYTHON_ROOMS.items()
        for path in sorted(Path(folder).rglob("*.py"))
    }
    lines: dict[tuple[Path, int], list] = {}
    with use_db(".session.sqlite") as work:
        init(rooms, work, {})
        for item in work.work_items:
            (mutation,) = item.mutations
            if not NO_FAULTS.search(mutation.operator_name):
                lines.setdefault((mutation.module_path, mutation.start_pos[0]), []).append(mutation)
    order = sorted(lines)
    pick.shuffle(order)
    for path, line in order:
        mutation = pick.choice(lines[path, line])
        operator = cosmic_ray.plugins.get_operator(mutation.operator_name)()
        spoilt = mutate_code(path.read_text(), operator, mutation.occurrence)
        if spoilt:
            yield Fault(path, spoilt, tests_of(path, rooms[path]))


def sql_faults(pick: random.Random, dbt: str) -> Iterator[Fault]:
    """Without end: a place of a slip in SQL at random; unit tests first, then all of the graph."""
    places = []
    for path in sorted(path for room in SQL_ROOMS for path in Path(room).rglob("*.sql")):
        text = path.read_text()
        quiet = [m.span() for m in re.finditer(r"--[^\n]*|\{#.*?#\}|'[^'\n]*'", text, re.S)]
        for pattern, slip in SQL_SLIPS:
            for found in re.finditer(pattern, text):
                if not any(start <= found.start() < end for start, end in quiet):
                    places.append((path, found.start(), found.end(), slip))
    pick.shuffle(places)
    options = ("--project-dir", "dbt", "--profiles-dir", "dbt", "--quiet", "--fail-fast")
    unit = (dbt, "test", *options, "--select", "test_type:unit")
    build = (dbt, "build", *options, "--exclude", "resource_type:seed", "resource_type:snapshot")
    for path, start, end, slip in places:
        text = path.read_text()
        yield Fault(path, text[:start] + slip + text[end:], (unit, build))


def trial(faults: Iterator[Fault], many: int, say: Callable[[str], None]) -> list[Fault]:
    """Plants the first `many` faults, and returns those that no test notices."""
    survivors = []
    for number, fault in enumerate(faults, start=1):
        if number > many:
            break
        line, before, after = fault.line
        noticed = fault.is_noticed()
        say(f"{number:>4} {'noticed ' if noticed else 'SURVIVED'} {fault.path}:{line}")
        if not noticed:
            survivors.append(fault)
            say(f"       - {before}\n       + {after}")
    return survivors


def main() -> int:
    """Print each fault and the rate; 1 where the rate is below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", type=int, default=60, help="faults in Python")
    parser.add_argument("--sql", type=int, default=20, help="faults in SQL")
    parser.add_argument("--seed", type=int, required=True, help="of the sample")
    parser.add_argument("--least", type=float, default=97, help="rate asked for, in percent")
    asked = parser.parse_args()

    def say(line: str) -> None:
        print(line, flush=True)

    dbt = str(Path(PYTHON).with_name("dbt"))
    rooms = {
        "Python": (python_faults(random.Random(asked.seed)), asked.python),
        "SQL": (sql_faults(random.Random(asked.seed), dbt), asked.sql),
    }
    survivors = 0
    for language, (faults, many) in rooms.items():
        found = len(trial(faults, many, say))
        survivors += found
        say(f"{language}, seed {asked.seed}: {many - found} of {many} noticed")
    rate = 100 * (1 - survivors / (asked.python + asked.sql))
    say(f"{rate:.1f} % of {asked.python + asked.sql} faults noticed; {asked.least:g} % asked for")
    return int(rate < asked.least)


if __name__ == "__main__":
    sys.exit(main())
