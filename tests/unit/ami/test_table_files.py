"""What a file for another program keeps of a table, and what that program cannot hold."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ami.table_files import MAX_DOUBLE, write_csv, write_stata
from yearbooks.files.text import decoded


def test_our_own_reader_takes_the_mark_of_a_csv_for_no_cell(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_csv(duckdb.sql("select '北京' as province_zh, 1.5 as value"), path)

    assert path.read_bytes().startswith(b"\xef\xbb\xbfprovince_zh")
    assert decoded(path.read_bytes()).startswith("province_zh")
    assert pd.read_csv(path).columns[0] == "province_zh"
    assert duckdb.read_csv(str(path)).columns[0] == "province_zh"


def test_stata_is_told_truths_absence_and_what_has_no_bound_in_its_own_terms(
    tmp_path: Path,
) -> None:
    frame = pd.DataFrame(
        {
            "name": pd.Series(["广东", None], dtype="str"),
            "value": [np.nan, -np.inf],
            "certain": [True, False],
        }
    )
    words = {"name": "Of the province.", "value": "x" * 70 + " and much more."}
    path = tmp_path / "table.dta"
    write_stata(frame, path, words, synthetic=False)

    with pd.io.stata.StataReader(path) as reader:
        read, labels = reader.read(), reader.variable_labels()
        assert reader.data_label == ""
    assert list(read["name"]) == ["广东", ""]
    assert np.isnan(read["value"][0]) and read["value"][1] == -MAX_DOUBLE
    assert list(read["certain"]) == [1, 0]
    assert labels == {"name": "Of the province", "value": "x" * 70 + " and much…", "certain": ""}
