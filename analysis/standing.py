"""Under which name the index goes, and in which years it stands.

Read from the columns of the marts, which have judged both (`dim_index_standing`,
`int_index__years`). Not here: that judgement, and what is said of it at length.
"""

from __future__ import annotations

import pandas as pd

from analysis.variables import OUTCOME, PARTIAL_INDEX

INDEX_TITLES = {
    OUTCOME: "Advanced Manufacturing Index",
    PARTIAL_INDEX: "Partial index",
}


def index_variable(frame: pd.DataFrame) -> str:
    """The column that holds the index: `ami`, or `ami_partial` where the index is a partial one.

    frame: of the panel or the index. Where neither has a value it is `ami`, which is then missing.
    """
    is_partial = PARTIAL_INDEX in frame and frame[PARTIAL_INDEX].notna().any()
    return PARTIAL_INDEX if is_partial else OUTCOME


def in_standing_years(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of years whose index stands; every row where no year with an index does.

    A year is provisional where most provinces only carry figures over to it: what is ranked,
    mapped or compared between provinces is a year that stands.
    """
    standing = frame[~frame["is_provisional"].astype(bool)]
    return standing if standing[index_variable(frame)].notna().any() else frame
