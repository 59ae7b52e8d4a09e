"""Everything that runs by itself, in one table: when it ticks (hall time), which job it starts, and what decides.

A tick asks the files what is to be done and starts nothing where nothing is. Which environment may run which of these
is declared in the hall's settings (`[environments]`); in any other they stand stopped, and skip when switched on.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dagster as dg

from orchestration.assets.landing import landing_key
from orchestration.automation.deadlines import Moment, moment
from orchestration.automation.months import MONTHS_BACK, candidates
from orchestration.automation.planning import (
    Pull,
    catch_up,
    days_of_windows,
    nightly,
    pull_times,
    without_those_under_way,
)
from orchestration.automation.retention import RETENTION_JOB
from orchestration.certification.author_files import are_written
from orchestration.certification.certify import current_archive
from orchestration.config.automation import AutomationName
from orchestration.config.hall import Hall, why_not_here
from orchestration.jobs import DESK_JOB, HEALTH_JOB, LEDGER_JOB, MONTH_JOB, PULL_JOB
from orchestration.partitions import month_key
from orchestration.run_records import RANGE_END, RANGE_START, days_asked, run_records, systems_asked

CAUSE = "yuebao/cause"
_UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]
# A run that was killed with its machine stays "started" in the history for ever, and mustn't hold what it asked for.
_LONGEST_RUN = dt.timedelta(hours=6)


Asked = Iterator[dg.RunRequest | dg.SkipReason]
# From the moment of the tick and Dagster's runs.
Decision = Callable[[Moment, dg.DagsterInstance], Asked]


@dataclass(frozen=True)
class ScheduleRow:
    """One automation; several ticks may share one of `[environments]`, each with a `time` in its name."""

    automation: AutomationName
    cron: str
    job: str
    decide: Decision
    description: str
    time: str = ""

    @property
    def name(self) -> str:
        """As Dagster calls the schedule."""
        return f"{self.automation}_{self.time}" if self.time else self.automation


def schedule_rows(hall: Hall) -> list[ScheduleRow]:
    """The table."""
    return [
        *(_nightly_pull(at) for at in pull_times(hall)),
        ScheduleRow("catch_up", "47 * * * *", PULL_JOB, _catch_up, "Ask again for days that aren't in."),
        ScheduleRow(
            *("month_end", "17 * * * *", MONTH_JOB, _month_end),
            "From the first working day on: build a month that is in whole, have it certified, emit its section.",
        ),
        ScheduleRow(
            *("authors_desk", "37 * * * *", DESK_JOB, _authors_desk),
            "Write documents, workbook and page of each month that was certified or revised since.",
        ),
        ScheduleRow(
            *("verify_ledger", "0 5 * * *", LEDGER_JOB, _always),
            "Verify every certificate, and to the byte what each vouches for.",
        ),
        ScheduleRow(
            *("health_page", "5 7,12,17 * * *", HEALTH_JOB, _always),
            "Write the health page and its metrics, while people are about.",
        ),
        ScheduleRow(
            *("retention", "40 4 * * 0", RETENTION_JOB, _always),
            "Delete runs of longer ago than `keep_runs_days`, less those that the page needs.",
        ),
    ]


def build_schedules(hall: Hall) -> list[dg.ScheduleDefinition]:
    """A schedule for each row; SettingsError where the hall doesn't know the environment that may run it."""
    return [_schedule(row, hall) for row in schedule_rows(hall)]


def _schedule(row: ScheduleRow, hall: Hall) -> dg.ScheduleDefinition:
    runs_here = not why_not_here(row.automation, hall)

    @dg.schedule(
        name=row.name,
        cron_schedule=row.cron,
        job_name=row.job,
        execution_timezone=hall.timezone,
        description=row.description,
        default_status=dg.DefaultScheduleStatus.RUNNING if runs_here else dg.DefaultScheduleStatus.STOPPED,
    )
    def decide(context: dg.ScheduleEvaluationContext) -> Asked:
        at = moment(context.scheduled_execution_time)
        if reason := why_not_here(row.automation, at.hall):
            yield dg.SkipReason(reason)
            return
        yield from row.decide(at, context.instance)

    return decide


def _always(at: Moment, _instance: dg.DagsterInstance) -> Asked:
    yield dg.RunRequest(run_key=f"{at.now:%Y-%m-%dT%H:%M}")


def _nightly_pull(time: dt.time) -> ScheduleRow:
    def decide(at: Moment, instance: dg.DagsterInstance) -> Asked:
        yield from _asked(at, instance, nightly(at, time, at.system_days(days_of_windows(at))), "yesterday is in")

    return ScheduleRow(
        *("nightly_pull", f"{time.minute} {time.hour} * * *", PULL_JOB, decide),
        "Ask for yesterday, and for each system's window of late corrections, also where a downtime passed it by.",
        time=f"{time:%H%M}",
    )


def _catch_up(at: Moment, instance: dg.DagsterInstance) -> Asked:
    planned = catch_up(at, at.system_days(at.days_looked_after))
    yield from _asked(at, instance, planned, "every day that is due is in, or was asked for lately")


def _asked(at: Moment, instance: dg.DagsterInstance, planned: list[Pull], otherwise: str) -> Asked:
    """A run for each pull; in one tick none waits for another, for each lands what it asked for."""
    pulls = without_those_under_way(planned, _under_way(at, instance)) if planned else []
    if not pulls:
        yield dg.SkipReason("what is due is being asked for just now" if planned else otherwise)
    for pull in pulls:
        yield _request(pull, at)


def _request(pull: Pull, at: Moment) -> dg.RunRequest:
    chosen = [landing_key(system) for system in pull.systems]
    first, last = pull.days[0].isoformat(), pull.days[-1].isoformat()
    config = {"resources": {"hall_systems": {"config": {"sites": list(pull.sites)}}}} if pull.sites else {}
    return dg.RunRequest(
        run_key=f"{pull.cause} {at.now:%Y-%m-%dT%H:%M} {first}..{last} {','.join(pull.systems)}",
        run_config=config,
        tags={RANGE_START: first, RANGE_END: last, CAUSE: pull.cause},
        asset_selection=chosen,
    )


def _under_way(at: Moment, instance: dg.DagsterInstance) -> dict[str, set[dt.date]]:
    """By system, the days that runs in progress ask for."""
    asked: dict[str, set[dt.date]] = {}
    for record in run_records(instance, after=at.now - _LONGEST_RUN, job_name=PULL_JOB, statuses=_UNDER_WAY):
        for system in systems_asked(record.dagster_run, at.hall):
            asked.setdefault(system, set()).update(days_asked(record.dagster_run))
    return asked


def _month_end(at: Moment, _instance: dg.DagsterInstance) -> Asked:
    found = list(candidates(at))
    ready = next((each for each in found if each.fingerprint), None)
    if ready:
        # What failed is tried again once a day; anything new behind the month is tried at once.
        key = f"{ready.month} {ready.fingerprint[:12]} {at.today}"
        yield dg.RunRequest(run_key=key, partition_key=month_key(ready.month, at.hall), tags={CAUSE: "month_end"})
        return
    waiting = "; ".join(f"{each.month}: {each.waits_for}" for each in found)
    yield dg.SkipReason(waiting or "every month that is over is certified")


def _authors_desk(at: Moment, _instance: dg.DagsterInstance) -> Asked:
    archive = current_archive()
    newest = [entry.certificate for month in at.months_back(MONTHS_BACK) if (entry := archive.ledger.latest(month))]
    waiting = [each for each in newest if not are_written(archive, each)]
    for each in waiting:
        key = f"{each.name} {at.today}"
        yield dg.RunRequest(run_key=key, partition_key=month_key(each.month, at.hall), tags={CAUSE: "authors_desk"})
    if not waiting:
        yield dg.SkipReason("everything that is certified lies on the authors' desk")
