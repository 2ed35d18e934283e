"""What is declared of results: complete, in an order in which it can be made, and kept."""

from pathlib import Path

from analysis.paper.result_columns import words_of
from analysis.report.figures.kept import FIGURES
from analysis.report.frames import CELL_MOVES
from analysis.report.page import NEEDS
from analysis.results_tables import ESTIMATES, REMARKS, RESULTS_TABLES

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
