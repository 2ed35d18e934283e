"""What day it is where yearbooks are published, and years as a person reads them.

Which yearbook is due by which day belongs to `ami.overdue`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

# The day changes here for yearbooks, for the data service and for whoever waits for them.
CHINA = "Asia/Shanghai"


def now_in_china() -> datetime:
    """The moment, to the second."""
    return datetime.now(ZoneInfo(CHINA)).replace(microsecond=0)


def today_in_china() -> date:
    """The day of today where yearbooks are published."""
    return now_in_china().date()


def day_in_china(moment: datetime) -> date:
    """The day that a moment, of whichever time zone, belongs to where yearbooks are published."""
    return moment.astimezone(ZoneInfo(CHINA)).date()


def years_in_words(years: Iterable[int]) -> str:
    """2019-2021, 2023: runs of years, and single ones; `years` in their order."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
