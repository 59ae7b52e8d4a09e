"""What deserves an alert by Dagster's history: runs that failed and weren't made good, and the ledger's own check."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from orchestration.alerts.conditions import Condition, UnsureError
from orchestration.alerts.file_conditions import TOLD_FOR, Moment
from orchestration.assets.certified import LEDGER_CHECK
from orchestration.automation.schedules import RANGE_END, days_asked
from orchestration.jobs import PULL_JOB
from orchestration.landing.day_status import system_days

_MOST_RUNS = 200
_PARTITION = "dagster/partition"
# What a failure says of itself where days and build.json say the same: nothing but this, and it isn't told twice.
_TOLD_BY_FILES = {"refused", "in", "failed", "missing_day", "quarantined_day", "check_failed"}


def runs(at: Moment, instance: dg.DagsterInstance) -> Iterator[Condition]:
    """The newest failed run of each job and partition, until a later one succeeds, or the days it asked for are in.

    Raises:
        CalendarError: the working-day calendar doesn't know the year of a day that was asked for.
    """
    # Dagster compares with what it stores, which is UTC, and converts nothing.
    begin = at.now.astimezone(dt.UTC) - TOLD_FOR
    since = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], created_after=begin)
    newest: dict[str, dg.RunRecord] = {}
    for record in instance.get_run_records(since, limit=_MOST_RUNS):
        newest.setdefault(_what(record.dagster_run), record)
    for what, record in newest.items():
        run = record.dagster_run
        messages = [] if _is_mended(at, instance, record) else _messages(instance, run.run_id)
        if messages:
            yield Condition(
                "failure",
                key=f"runs {what}",
                subject=f"run of {what}",
                text=f"failed: {messages[0]}",
                next_step=f"look at run {run.run_id[:8]} in Dagster's page, mend the cause, re-execute it there",
                happened=dt.datetime.fromtimestamp(record.end_time, dt.UTC) if record.end_time else at.now,
            )


def _what(run: dg.DagsterRun) -> str:
    """Job and partition; of a range its last day, for it grows each day, and what ails it stays the same.

    A run of chosen assets from Dagster's page has no job of its own, and is called by its assets.
    """
    assets = ", ".join(sorted(key.to_user_string() for key in run.asset_selection or ()))
    tags = run.tags
    partition = tags.get(_PARTITION) or tags.get(RANGE_END, "")
    return f"{assets if assets and run.job_name.startswith('__') else run.job_name} {partition}".rstrip()


def _is_mended(at: Moment, instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    run = record.dagster_run
    chosen = run.asset_selection or frozenset()
    if run.job_name == PULL_JOB or {key.path[0] for key in chosen} == {"landing"}:
        systems = {key.path[-1] for key in chosen} or set(at.hall.systems)
        statuses = system_days(at.hall, at.home, at.calendar, sorted(days_asked(run)))
        return all(status.is_in for status in statuses if status.system in systems)
    later = dg.RunsFilter(
        job_name=run.job_name, statuses=[dg.DagsterRunStatus.SUCCESS], created_after=record.create_timestamp
    )
    return any(_what(each.dagster_run) == _what(run) for each in instance.get_run_records(later, limit=_MOST_RUNS))


def _messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Why a run failed, less what the files say."""
    logged = instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE})
    events = [entry.dagster_event for entry in logged if entry.dagster_event]
    steps = [event for event in events if event.is_step_failure]
    if not steps:
        return [_one_line(event.message) for event in events] or ["it ended without a word"]
    return [_message(step) for step in steps if not _is_told_by_files(step)]


def _is_told_by_files(step: dg.DagsterEvent) -> bool:
    said = step.step_failure_data.user_failure_data
    return bool(said and said.metadata and set(said.metadata) <= _TOLD_BY_FILES)


def _message(step: dg.DagsterEvent) -> str:
    failure = step.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return _one_line(failure.user_failure_data.description)
    # Dagster wraps what a step raised; the wrapper's cause is ours, with a message made for the reader.
    error = (failure.error.cause or failure.error) if failure.error else None
    return _one_line(error.message if error else step.message)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def ledger(instance: dg.DagsterInstance) -> Iterator[Condition]:
    """The daily verification of the ledger, where its newest result is that it isn't sound.

    Raises:
        UnsureError: it is being verified just now.
    """
    record = instance.get_latest_asset_check_evaluation_record(LEDGER_CHECK)
    if record is None:
        return
    result = record.event.asset_check_evaluation if record.event else None
    if result is None:
        raise UnsureError
    if not result.passed:
        yield Condition(
            "check_failed",
            key=f"ledger {LEDGER_CHECK.name}",
            subject=f"check {LEDGER_CHECK.name}",
            text=f"failed: {_one_line(result.description)}",
            next_step="yuebao verify",
        )
