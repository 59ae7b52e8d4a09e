"""What deserves an alert by Dagster's history: failed runs that weren't made good, the ledger's check, and ticks."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from orchestration.alerts.conditions import Condition, UnsureError
from orchestration.alerts.file_conditions import TOLD_FOR
from orchestration.assets.certified import LEDGER_CHECK
from orchestration.automation.deadlines import Moment
from orchestration.automation.ticks import tick_faults
from orchestration.jobs import PULL_JOB
from orchestration.run_records import PARTITION, RANGE_END, days_asked, run_records, systems_asked, why_failed

_MOST_RUNS = 200
# What a failure says of itself where days and build.json say the same: nothing but this, and it isn't told twice.
_TOLD_BY_FILES = {"refused", "in", "failed", "missing_day", "quarantined_day", "check_failed"}


def runs(at: Moment, instance: dg.DagsterInstance) -> Iterator[Condition]:
    """The newest failed run of each job and partition, until a later one succeeds, or the days it asked for are in."""
    failed = [dg.DagsterRunStatus.FAILURE]
    newest: dict[str, dg.RunRecord] = {}
    for record in run_records(instance, after=at.now - TOLD_FOR, statuses=failed, limit=_MOST_RUNS):
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
    partition = tags.get(PARTITION) or tags.get(RANGE_END, "")
    return f"{assets if assets and run.job_name.startswith('__') else run.job_name} {partition}".rstrip()


def _is_mended(at: Moment, instance: dg.DagsterInstance, record: dg.RunRecord) -> bool:
    run = record.dagster_run
    chosen = run.asset_selection or frozenset()
    if run.job_name == PULL_JOB or {key.path[0] for key in chosen} == {"landing"}:
        systems = systems_asked(run, at.hall)
        return all(status.is_in for status in at.system_days(days_asked(run)) if status.system in systems)
    good, since = [dg.DagsterRunStatus.SUCCESS], record.create_timestamp
    later = run_records(instance, after=since, job_name=run.job_name, statuses=good, limit=_MOST_RUNS)
    return any(_what(each.dagster_run) == _what(run) for each in later)


def _messages(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """Why a run failed, less what the files say."""
    logged = instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE})
    events = [entry.dagster_event for entry in logged if entry.dagster_event]
    steps = [event for event in events if event.is_step_failure]
    if not steps:
        return [_one_line(event.message) for event in events] or ["it ended without a word"]
    return [_one_line(why_failed(step)) for step in steps if not _is_told_by_files(step)]


def _is_told_by_files(step: dg.DagsterEvent) -> bool:
    said = step.step_failure_data.user_failure_data
    return bool(said and said.metadata and set(said.metadata) <= _TOLD_BY_FILES)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def ledger(instance: dg.DagsterInstance) -> Iterator[Condition]:
    """The ledger's daily verification, where its newest result isn't sound; UnsureError while it is being verified."""
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
            check=LEDGER_CHECK.name,
        )


def ticks(at: Moment, instance: dg.DagsterInstance) -> Iterator[Condition]:
    """What runs by itself and didn't tick lately, ticked in the future, or ticked twice."""
    for fault in tick_faults(at, instance):
        yield Condition(
            "failure",
            key=f"ticks {fault.name}",
            subject=f"Dagster's {fault.name}",
            text=fault.text,
            next_step=fault.next_step,
        )
