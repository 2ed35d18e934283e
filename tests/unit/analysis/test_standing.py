"""The index under its two names, and the years in which it stands."""

import numpy as np
import pandas as pd

from analysis.paper.estimable import lacking
from analysis.standing import in_standing_years, index_variable

YEARS = pd.DataFrame(
    {
        "year": [2018, 2019, 2020, 2021],
        "ami": [1.0, 2.0, 3.0, np.nan],
        "ami_partial": np.nan,
        "is_provisional": [False, False, True, False],
    }
)
PARTIAL = YEARS.assign(ami=np.nan, ami_partial=YEARS["ami"])


def test_the_index_goes_by_the_name_under_which_it_has_values() -> None:
    assert index_variable(YEARS) == "ami"
    assert index_variable(PARTIAL) == "ami_partial"
    assert index_variable(YEARS.assign(ami=np.nan)) == "ami"
    assert index_variable(YEARS.drop(columns="ami_partial")) == "ami"


def test_what_is_ranked_is_a_year_that_stands_where_there_is_one() -> None:
    for frame, name in ((YEARS, "ami"), (PARTIAL, "ami_partial")):
        standing = in_standing_years(frame)
        assert standing["year"].tolist() == [2018, 2019, 2021]
        assert standing.loc[standing[name].notna(), "year"].max() == 2019
    none_stands = YEARS.assign(is_provisional=[True, True, True, False])
    assert in_standing_years(none_stands)["year"].tolist() == [2018, 2019, 2020, 2021]


def test_a_column_of_a_partial_index_says_why_it_is_not_estimable() -> None:
    assert lacking(YEARS, ["fdi", "ami"]) == "without any value: fdi, ami"
    assert lacking(PARTIAL, ["fdi", "ami"]) == (
        "without any value: fdi, ami; the index of this dataset is a partial one (ami_partial)"
    )
    assert lacking(PARTIAL, ["amt"]).endswith("is a partial one (ami_partial)")
    assert lacking(PARTIAL, ["fdi"]) == "without any value: fdi"
