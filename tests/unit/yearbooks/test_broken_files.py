"""Every broken file gets the verdict that docs/broken-files.md states, and stops no other file."""

import re
from pathlib import Path

import pandas as pd
import pytest
from broken_files import FILES, Broken, write_all
from inboxes import Raw

PAGE = Path(__file__).parents[3] / "docs" / "broken-files.md"
GOOD = "province,year,item,value,unit\n上海,2018,就业人员,1375.66,万人\n"


@pytest.mark.parametrize("broken", FILES, ids=lambda broken: broken.name)
def test_verdict(raw: Raw, inbox: Path, broken: Broken) -> None:
    (inbox / broken.name).write_bytes(broken.make())
    (file,) = raw.land().files
    assert (file.reasons, file.cells_landed) == (broken.reasons, broken.landed)
    aside = raw.table("set_aside")
    assert aside["expected"].str.len().gt(0).all()
    assert raw.land().new_files == ()


@pytest.mark.slow
def test_none_stops_the_others_and_nothing_is_lost(raw: Raw, inbox: Path) -> None:
    write_all(inbox)
    (inbox / "good.csv").write_text(GOOD, encoding="utf-8")
    report = raw.land()
    assert report.not_yearbooks == ("folder.csv/",)
    verdicts = {broken.name: (broken.reasons, broken.landed) for broken in FILES}
    verdicts["good.csv"] = ({}, 1)
    assert {file.source_file: (file.reasons, file.cells_landed) for file in report.files} == (
        verdicts
    )
    rows = pd.concat([raw.table("observations"), raw.table("set_aside")])
    assert len(rows) == report.cells_read


def test_the_page_states_the_verdicts() -> None:
    page = PAGE.read_text(encoding="utf-8")
    stated = {
        name: (set(re.findall(r"`(\w+)`", verdict)), re.search(r"(\d+) lands?\b", verdict))
        for name, verdict in re.findall(r"^\| `([\w.]+)` \|[^|]*\|([^|]*)\|", page, re.MULTILINE)
    }
    for broken in FILES:
        reasons, landed = stated[broken.name]
        assert reasons == set(broken.reasons), broken.name
        assert (int(landed[1]) if landed else 0) == broken.landed, broken.name
    assert stated.keys() == {broken.name for broken in FILES}
