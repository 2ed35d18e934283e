"""The release calendar of the data service: when yearbooks are due."""

from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb
import pytest
from nbs_cases import (
    HASTY,
)
from nbs_server import AGENDA, NbsServer

from ami.dataset import Dataset
from ami.nbs import agenda
from ami.nbs.client import Service
from ami.overdue import due


@pytest.mark.parametrize(
    "entry",
    [
        {"title": "《中国统计年鉴—2026》出版", "releaseDate": "2026-11-05 09:30"},
        {"name": "中国统计年鉴", "day": "2026/11/5", "id": 7},
        {"content": "2026年11月05日 中国统计年鉴", "link": None},
        {"what": "中国统计年鉴", "time": 1793842200000},
    ],
)
@pytest.mark.parametrize("wrap", [lambda x: [x], lambda x: {"list": [{"days": [x, {"a": 1}]}]}])
def test_the_calendar_says_when_a_yearbook_is_due(
    server: NbsServer, dataset: Dataset, entry: dict[str, Any], wrap: Callable[[Any], Any]
) -> None:
    server.agenda = wrap(entry)
    service = Service(server.address, HASTY)
    agenda.keep(service, dataset.home, date(2026, 10, 2))
    assert server.asked(AGENDA)[0]["startDate"] == ["2026-01-01"]
    assert agenda.announced(dataset.home) == {("csy", 2025): date(2026, 11, 5)}


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        [{"title": "全国房地产市场基本情况", "date": "2026-10-19"}],
        [{"title": "中国统计年鉴"}],
        [{"title": "中国统计年鉴", "from": "2026-10-01", "to": "2026-10-31"}],
        [{"title": "中国统计年鉴、中国劳动统计年鉴", "date": "2026-10-19"}],
        [{"title": "中国统计年鉴", "date": "2026-19-39"}],
    ],
)
def test_what_the_calendar_does_not_say_clearly_is_passed_over(data: Any) -> None:
    assert agenda.announcements(data) == {}


def test_an_announced_day_counts_in_the_place_of_the_usual_one(
    server: NbsServer, dataset: Dataset
) -> None:
    with duckdb.connect(str(dataset.database)) as connection:
        connection.execute(
            "create schema raw; create table raw.observations as select 'mine' as dataset, "
            "'gdp_100m_yuan' as item_code, 2024 as year, 1.0 as value"
        )
    november = date(2026, 11, 3)
    (late,) = due(dataset, november)
    assert [each.years for each in late.items] == [(2025,)]
    server.agenda = [{"title": "中国统计年鉴", "date": "2026-11-05"}]
    agenda.keep(Service(server.address, HASTY), dataset.home, november)
    assert due(dataset, november) == []
    (late,) = due(dataset, date(2026, 11, 5))
    assert [each.since for each in late.items] == [date(2026, 11, 5)]
