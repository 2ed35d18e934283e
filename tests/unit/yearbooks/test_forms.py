"""The forms of docs/needs.md, for what no public table has by province, are read as printed."""

import csv
import io
import re

import pytest
from inboxes import ROOT, Raw

PAGE = (ROOT / "docs" / "needs.md").read_text(encoding="utf-8")
FORMS = re.findall(r"^```csv\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SEEDS = ROOT / "dbt" / "seeds" / "reference"


@pytest.mark.parametrize("form", FORMS)
def test_a_form_lands_whole(raw: Raw, form: str) -> None:
    (raw.inbox / "form.csv").write_text(form, encoding="utf-8")
    report = raw.land()
    rows = list(csv.DictReader(io.StringIO(form)))
    assert (report.cells_landed, raw.reasons()) == (len(rows), [])
    assert [value for _, _, value, _ in raw.values()] == [float(row["value"]) for row in rows]


def test_every_item_without_a_public_table_has_a_form(raw: Raw) -> None:
    for at, form in enumerate(FORMS):
        (raw.inbox / f"{at}.csv").write_text(form, encoding="utf-8")
    raw.land()
    with (SEEDS / "publication_notes.csv").open(encoding="utf-8") as file:
        without = {row["item_code"] for row in csv.DictReader(file) if not row["last_data_year"]}
    assert without <= {*raw.table("observations")["item_code"]}
