"""An answer is made once of the same values, and again of others."""

import numpy as np
import pandas as pd

from analysis.remembered import remembered


def test_an_answer_is_made_once_of_the_same_values() -> None:
    asked: list[float] = []

    @remembered(last=2)
    def total(frame: pd.DataFrame, by: float = 1.0) -> float:
        asked.append(by)
        return float(frame["a"].sum() * by)

    frame = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]})
    assert [total(frame), total(frame.copy()), total(frame, by=2.0)] == [1.0, 1.0, 2.0]
    assert asked == [1.0, 2.0]
    # By what is in it, not by which object it is.
    frame.loc[1, "a"] = 5.0
    assert total(frame) == 6.0
    # The first of them is forgotten, the last two are not.
    assert [total(frame, by=2.0), total(frame)] == [12.0, 6.0]
    assert asked == [1.0, 2.0, 1.0, 2.0]
    assert total(pd.DataFrame({"a": [1.0, np.nan], "b": ["x", "y"]})) == 1.0
    assert asked == [1.0, 2.0, 1.0, 2.0, 1.0]
