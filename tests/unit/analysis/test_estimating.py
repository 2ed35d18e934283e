"""Estimates are made in an order in which each has what it needs, here or by another process."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from threading import Event
from typing import Any

import pandas as pd
import pytest

from analysis.estimate_tables import Estimate
from analysis.estimating import estimated
from analysis.paper.estimable import EstimatesTable, NotEstimable, remarks_on
from analysis.results_tables import REMARKS


@pytest.mark.parametrize("stands", [False, True])
@pytest.mark.parametrize("beside", [False, True])
def test_tables_are_made_of_those_before_and_what_is_said_of_them_is_gathered(
    monkeypatch: pytest.MonkeyPatch, stands: bool, beside: bool
) -> None:
    def first(panel: pd.DataFrame) -> EstimatesTable:
        return EstimatesTable(panel * 2, (("4", "1", "doubled"),))

    def last(panel: pd.DataFrame, doubled: pd.DataFrame) -> EstimatesTable:
        refused = NotEstimable("4", "2", ("x",), "without any value: x")
        return EstimatesTable(panel + doubled, not_estimable=(refused,))

    entries = (
        Estimate("doubled", "", "", ("marts.fct_panel",), first, {}),
        Estimate("estimates", "", "", ("marts.fct_panel", "estimates.doubled"), last, {}),
    )
    monkeypatch.setattr("analysis.estimating.ESTIMATES", entries)
    read: list[str] = []
    made: dict[str, pd.DataFrame | None] = {}
    stand = {"doubled"} if stands else set()
    kept = remarks_on("doubled", first(pd.DataFrame()))

    def reader(table: str) -> pd.DataFrame:
        read.append(table)
        return pd.DataFrame({"x": [1.0 if table == "marts.fct_panel" else 2.0]})

    with ThreadPoolExecutor(max_workers=1) as second:
        said = kept if stands else {}
        for name, frame in estimated(reader, stand.__contains__, said, second if beside else None):
            made[name] = frame
            if name == "doubled":
                assert (frame is None) == stands
    assert list(made) == ["doubled", "estimates", "notes", "not_estimable"]
    # One that stands and one that was made are read alike.
    assert read == ["marts.fct_panel", "estimates.doubled"]
    assert made["notes"]["estimates_table"].tolist() == ["doubled"]
    assert made["not_estimable"]["estimates_table"].tolist() == ["estimates"]
    assert made["estimates"]["x"].item() == 3.0
    assert made["notes"]["note"].item() == "doubled"
    assert made["not_estimable"]["missing_variables"].item() == "x"


class Slow(ThreadPoolExecutor):
    """Ends what it has begun only when told to go on."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self.goes_on = Event()

    def submit(self, make: Callable[..., Any], *arguments: Any) -> Future[Any]:  # type: ignore[override]
        def later() -> Any:
            self.goes_on.wait(timeout=60)
            return make(*arguments)

        return super().submit(later)


@pytest.mark.parametrize("stand", [set(), {"b"}, {"a", "d"}, {"a", "b", "c", "d"}])
def test_what_another_process_has_not_begun_is_taken_back_and_each_comes_after_its_needs(
    monkeypatch: pytest.MonkeyPatch, stand: set[str]
) -> None:
    called: list[str] = []

    def entry(name: str, *needs: str) -> Estimate:
        def make(*frames: pd.DataFrame) -> EstimatesTable:
            called.append(name)
            return EstimatesTable(pd.DataFrame({"made_of": [len(frames)]}), (("4", "1", name),))

        return Estimate(name, "", "", needs, make, {})

    entries = (entry("a", "marts.x"), entry("b"), entry("c", "estimates.a"), entry("d", "marts.x"))
    monkeypatch.setattr("analysis.estimating.ESTIMATES", entries)
    there = {"marts.x"}

    def read(table: str) -> pd.DataFrame:
        assert table in there
        return pd.DataFrame()

    kept = {
        name: pd.DataFrame({"estimates_table": sorted(stand), "note": sorted(stand)})
        for name in REMARKS
    }
    made = {}
    with Slow() as second:
        for name, rows in estimated(read, stand.__contains__, kept, second):
            made[name] = rows
            there.add(f"estimates.{name}")
            # What it has begun is all that is left.
            if len(made) == 3:
                second.goes_on.set()
    assert sorted(called) == sorted({"a", "b", "c", "d"} - stand)
    assert made["notes"]["note"].tolist() == ["a", "b", "c", "d"]


# Python 3.11 says that of what was taken back none can hear of the death.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_process_that_died_does_not_make_is_made_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one() -> EstimatesTable:
        return EstimatesTable(pd.DataFrame({"made_by": [os.getpid()]}))

    def dies() -> EstimatesTable:
        if os.getpid() != here:
            os._exit(1)
        return one()

    here = os.getpid()
    entries = tuple(Estimate(name, "", "", (), one, {}) for name in "abc")
    entries += (Estimate("d", "", "", (), dies, {}),)
    monkeypatch.setattr("analysis.estimating.ESTIMATES", entries)
    # A fork knows what was put in the place of the estimates.
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as second:
        made = dict(estimated(pd.DataFrame, lambda name: False, {}, second))
    assert {made[name]["made_by"].item() for name in "abcd"} == {here}
