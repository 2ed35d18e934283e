"""The real folder, if it is there: every cell of every file is accounted for."""

import os
from pathlib import Path

import duckdb
import pytest

from yearbooks.catalogue import Catalogue
from yearbooks.intake import land

ROOT = Path(__file__).parents[3]
REAL_DATA = Path(os.environ.get("AMI_REAL_DATA", ROOT / ".." / "shared" / "data" / "nbs"))


@pytest.mark.skipif(
    not REAL_DATA.is_dir(), reason=f"no real files at {REAL_DATA}: set AMI_REAL_DATA to try them"
)
def test_all_real_files_land_whole(catalogue: Catalogue) -> None:
    connection = duckdb.connect()
    report = land(REAL_DATA, "nbs", connection, catalogue)
    assert len(report.files) == 22
    assert {file.reader for file in report.files} == {"nbs_export"}
    # 31 provinces in every file, so that the number of cells is a multiple of 31.
    assert all(file.cells_read % 31 == 0 for file in report.files)
    # Nothing in these files has to be set aside: no foreign rows, no unreadable figures.
    assert (report.cells_read, report.cells_landed, report.cells_set_aside) == (9_982, 9_982, 0)
    assert connection.execute(
        "select count(distinct item_code), count(distinct province_code), "
        "count(*) filter (where mark = 'not_published'), count(*) filter (where mark is not null) "
        "from raw.observations"
    ).fetchall() == [(22, 31, 96, 96)]
    assert land(REAL_DATA, "nbs", connection, catalogue).new_files == ()
