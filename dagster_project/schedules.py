"""What happens by the calendar: the refresh of the autumn, and by when the marts are stale.

Off, as Dagster's schedules are, unless `ami watch` started the process.
"""

from datetime import timedelta

import dagster as dg

from ami.dataset import Dataset
from ami.dates import CHINA
from ami.overdue import tell_what_is_due
from ami.server import is_watched

# 1 November: by then most yearbooks of the data year before are out.
AUTUMN = "0 9 1 11 *"
# Of every mart: built anew between 1 November and 1 December, or shown as stale until it is.
BUILT_IN_AUTUMN = dg.FreshnessPolicy.cron(
    deadline_cron="0 9 1 12 *", lower_bound_delta=timedelta(days=30), timezone=CHINA
)


def build_autumn_schedule(dataset: Dataset, job_name: str) -> dg.ScheduleDefinition:
    """On 1 November says which yearbooks are due, and refreshes with what is in the inbox."""

    @dg.schedule(
        name="autumn",
        job_name=job_name,
        cron_schedule=AUTUMN,
        execution_timezone=CHINA,
        default_status=(
            dg.DefaultScheduleStatus.RUNNING if is_watched() else dg.DefaultScheduleStatus.STOPPED
        ),
        description="On 1 November: which yearbooks are due, and a refresh.",
    )
    def autumn(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        tell_what_is_due(dataset, context.scheduled_execution_time.date())
        if dataset.in_use:
            return dg.SkipReason("A refresh is running already.")
        return dg.RunRequest(run_key=f"{context.scheduled_execution_time:%Y-%m-%d}")

    return autumn
