"""Everything that runs by itself, in one table: when it ticks (hall time), which job it starts, and what decides.

A tick asks the files what is to be done and starts nothing where nothing is. Which environment may run which of these
is declared in the hall's settings (`[environments]`); in any other they stand stopped, and skip when switched on.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import dagster as dg

from expectations.rules import RULES
from orchestration.assets.certified import QUESTIONS_CHECK, REVISION_CHECK
from orchestration.assets.landing import landing_key
from orchestration.automation.deadlines import days_looked_after
from orchestration.automation.months import MONTHS_BACK, candidates
from orchestration.automation.planning import Pull, catch_up, nightly, pull_times, without_those_under_way
from orchestration.automation.retention import RETENTION_JOB
from orchestration.certification.author_files import are_written
from orchestration.certification.certify import archive_of
from orchestration.config.automation import AutomationName
from orchestration.config.catalogue import working_days
from orchestration.config.hall import Hall, HallFolder, load_hall, why_not_here
from orchestration.jobs import DESK_JOB, HEALTH_JOB, LEDGER_JOB, MONTH_JOB, PULL_JOB
from orchestration.landing.day_status import system_days
from orchestration.runtime.paths import Home, current_home
from reports.figures.months import months_before

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
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


@dataclass(frozen=True)
class Tick:
    """What a decision is made from: the moment in hall time, the hall, its files, and Dagster's runs by the context."""

    now: dt.datetime
    hall: HallFolder
    home: Home
    context: dg.ScheduleEvaluationContext


Decision = Callable[[Tick], Iterable[dg.RunRequest | dg.SkipReason]]


@dataclass(frozen=True)
class ScheduleRow:
    """One automation.

    Attributes:
        automation: its name in `[environments]`; several ticks may share one.
    """

    name: str
    automation: AutomationName
    cron: str
    job: str
    decide: Decision
    description: str


def schedule_rows(hall: Hall) -> list[ScheduleRow]:
    """The table."""
    return [
        *(_nightly_pull(at) for at in pull_times(hall)),
        ScheduleRow("catch_up", "catch_up", "47 * * * *", PULL_JOB, _catch_up, "Ask again for days that aren't in."),
        ScheduleRow(
            *("month_end", "month_end", "17 * * * *", MONTH_JOB, _month_end),
            "From the first working day on: build a month that is in whole, have it certified, emit its section.",
        ),
        ScheduleRow(
            *("authors_desk", "authors_desk", "37 * * * *", DESK_JOB, _authors_desk),
            "Write documents, workbook and page of each month that was certified or revised since.",
        ),
        ScheduleRow(
            *("verify_ledger", "verify_ledger", "0 5 * * *", LEDGER_JOB, _always),
            "Verify every certificate, and to the byte what each vouches for.",
        ),
        ScheduleRow(
            *("health_page", "health_page", "5 7,12,17 * * *", HEALTH_JOB, _always),
            "Write the health page and its metrics, while people are about.",
        ),
        ScheduleRow(
            *("retention", "retention", "40 4 * * 0", RETENTION_JOB, _always),
            "Delete runs of longer ago than `keep_runs_days`, less those that the page needs.",
        ),
    ]


def build_schedules(hall: Hall) -> list[dg.ScheduleDefinition]:
    """A schedule for each row of the table, running where the environment may run it.

    Raises:
        SettingsError: the environment isn't declared.
    """
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
    def decide(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        folder = load_hall()
        if reason := why_not_here(row.automation, folder.hall):
            yield dg.SkipReason(reason)
            return
        now = context.scheduled_execution_time.astimezone(ZoneInfo(folder.hall.timezone))
        yield from row.decide(Tick(now, folder, current_home(), context))

    return decide


def _always(tick: Tick) -> Iterator[dg.RunRequest | dg.SkipReason]:
    yield dg.RunRequest(run_key=f"{tick.now:%Y-%m-%dT%H:%M}")


def _nightly_pull(at: dt.time) -> ScheduleRow:
    def decide(tick: Tick) -> Iterator[dg.RunRequest | dg.SkipReason]:
        today = tick.now.date()
        yesterday = [today - dt.timedelta(days=1)]
        statuses = system_days(tick.hall.hall, tick.home, working_days(), yesterday)
        yield from _asked(tick, nightly(tick.hall.hall, at, today, statuses), "yesterday is in")

    return ScheduleRow(
        name=f"nightly_pull_{at:%H%M}",
        automation="nightly_pull",
        cron=f"{at.minute} {at.hour} * * *",
        job=PULL_JOB,
        decide=decide,
        description="Ask for yesterday, and for each system's window of late corrections.",
    )


def _catch_up(tick: Tick) -> Iterator[dg.RunRequest | dg.SkipReason]:
    hall = tick.hall.hall
    statuses = system_days(hall, tick.home, working_days(), days_looked_after(hall, tick.now.date()))
    yield from _asked(tick, catch_up(hall, tick.now, statuses), "every day that is due is in, or was asked for lately")


def _asked(tick: Tick, planned: list[Pull], otherwise: str) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run for each pull; in one tick none waits for another, for each lands what it asked for."""
    pulls = without_those_under_way(planned, _under_way(tick)) if planned else []
    if not pulls:
        yield dg.SkipReason("what is due is being asked for just now" if planned else otherwise)
    for pull in pulls:
        yield _request(pull, tick)


def _request(pull: Pull, tick: Tick) -> dg.RunRequest:
    chosen = [landing_key(system) for system in pull.systems]
    first, last = pull.days[0].isoformat(), pull.days[-1].isoformat()
    config = {"resources": {"hall_systems": {"config": {"sites": list(pull.sites)}}}} if pull.sites else {}
    return dg.RunRequest(
        run_key=f"{pull.cause} {tick.now:%Y-%m-%dT%H:%M} {first}..{last} {','.join(pull.systems)}",
        run_config=config,
        tags={RANGE_START: first, RANGE_END: last, CAUSE: pull.cause},
        asset_selection=chosen,
        # Whether a revision is pending or a question open is asked with every pull, whichever systems it asks.
        asset_check_keys=[
            *(dg.AssetCheckKey(key, rule.name) for key in chosen for rule in RULES),
            REVISION_CHECK,
            QUESTIONS_CHECK,
        ],
    )


def _under_way(tick: Tick) -> dict[str, set[dt.date]]:
    """By system, the days that runs in progress ask for."""
    # Dagster compares with what it stores, which is UTC, and converts nothing.
    since = tick.now.astimezone(dt.UTC) - _LONGEST_RUN
    lately = dg.RunsFilter(job_name=PULL_JOB, statuses=_UNDER_WAY, created_after=since)
    asked: dict[str, set[dt.date]] = {}
    for record in tick.context.instance.get_run_records(lately):
        run = record.dagster_run
        days = days_asked(run)
        systems = {key.path[-1] for key in run.asset_selection} if run.asset_selection else set(tick.hall.hall.systems)
        for system in systems:
            asked.setdefault(system, set()).update(days)
    return asked


def days_asked(run: dg.DagsterRun) -> set[dt.date]:
    """The days that a pull asks for."""
    first = run.tags.get(RANGE_START) or run.tags.get("dagster/partition")
    if first is None:
        return set()
    begin = dt.date.fromisoformat(first)
    end = dt.date.fromisoformat(run.tags.get(RANGE_END, first))
    return {begin + dt.timedelta(days=offset) for offset in range((end - begin).days + 1)}


def _month_end(tick: Tick) -> Iterator[dg.RunRequest | dg.SkipReason]:
    found = list(candidates(tick.hall, tick.home, tick.now))
    ready = next((each for each in found if each.fingerprint), None)
    if ready:
        # What failed is tried again once a day; anything new behind the month is tried at once.
        key = f"{ready.month} {ready.fingerprint[:12]} {tick.now:%Y-%m-%d}"
        yield dg.RunRequest(run_key=key, partition_key=f"{ready.month}-01", tags={CAUSE: "month_end"})
        return
    waiting = "; ".join(f"{each.month}: {each.waits_for}" for each in found)
    yield dg.SkipReason(waiting or "every month that is over is certified")


def _authors_desk(tick: Tick) -> Iterator[dg.RunRequest | dg.SkipReason]:
    archive = archive_of(tick.hall, tick.home)
    months = [months_before(f"{tick.now:%Y-%m}", back) for back in range(1, MONTHS_BACK + 1)]
    newest = [entry.certificate for month in months if (entry := archive.ledger.latest(month))]
    waiting = [each for each in newest if not are_written(archive, each)]
    for each in waiting:
        key = f"{each.name} {tick.now:%Y-%m-%d}"
        yield dg.RunRequest(run_key=key, partition_key=f"{each.month}-01", tags={CAUSE: "authors_desk"})
    if not waiting:
        yield dg.SkipReason("everything that is certified lies on the authors' desk")
