"""What is declared of results: complete, in an order in which it can be made, and kept."""

from pathlib import Path

import pandas as pd
import pytest

from analysis.estimate_tables import Estimate
from analysis.paper.estimable import EstimatesTable, NotEstimable, remarks_on
from analysis.paper.result_columns import words_of
from analysis.report.figures.kept import FIGURES
from analysis.report.frames import CELL_MOVES
from analysis.report.page import NEEDS
from analysis.results_tables import ESTIMATES, REMARKS, RESULTS_TABLES, estimated

DBT = Path(__file__).parents[3] / "dbt"
OF_DBT = {
    f"{path.relative_to(DBT).parts[1]}.{path.stem}"
    for pattern in ("models/**/*.sql", "seeds/**/*.csv")
    for path in DBT.glob(pattern)
}
MADE = {estimate.source for estimate in ESTIMATES} | {f"estimates.{name}" for name in REMARKS}


def test_every_table_needed_is_made_before_or_by_dbt() -> None:
    # By an asset of its own, between dbt and the estimates.
    made = {CELL_MOVES}
    for estimate in ESTIMATES:
        assert set(estimate.needs) <= OF_DBT | made, estimate.name
        made.add(estimate.source)
    needed = {table for figure in FIGURES for table in figure.needs} | set(NEEDS)
    kept = {table.source for table in RESULTS_TABLES}
    assert {table for table in needed | kept if not table.startswith("audit.")} <= OF_DBT | MADE


def test_names_are_given_once_and_columns_have_words() -> None:
    for names in (
        [table.name for table in RESULTS_TABLES],
        [figure.name for figure in FIGURES],
        [figure.file or figure.name for figure in FIGURES],
    ):
        assert len(names) == len(set(names))
    for estimate in ESTIMATES:
        assert set(estimate.grain.split(", ")) <= set(estimate.columns)
        assert all(words_of(name).endswith(".") for name in estimate.columns)


@pytest.mark.parametrize("stands", [False, True])
def test_tables_are_made_of_those_before_and_what_is_said_of_them_is_gathered(
    monkeypatch: pytest.MonkeyPatch, stands: bool
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
    monkeypatch.setattr("analysis.results_tables.ESTIMATES", entries)
    read: list[str] = []
    made: dict[str, pd.DataFrame | None] = {}
    stand = {"doubled"} if stands else set()
    kept = remarks_on("doubled", first(pd.DataFrame()))

    def reader(table: str) -> pd.DataFrame:
        read.append(table)
        return pd.DataFrame({"x": [1.0 if table == "marts.fct_panel" else 2.0]})

    for name, frame in estimated(reader, stand.__contains__, kept if stands else {}):
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
