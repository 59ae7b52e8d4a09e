"""What Dagster's history says of runs: which there were, what a pull asked for, and why a step failed."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import dagster as dg

from orchestration.config.hall import Hall
from reports.figures.months import days_between

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"
PARTITION = "dagster/partition"
_FROM_FAILURE = "dagster/is_resume_retry"


def run_records(
    instance: dg.DagsterInstance,
    *,
    after: dt.datetime | None = None,
    before: dt.datetime | None = None,
    limit: int | None = None,
    **wanted: Any,
) -> Sequence[dg.RunRecord]:
    """The runs that were created after or before a moment, the newest first; `wanted` is as `RunsFilter` has it."""
    # Dagster compares with what it stores, which is UTC, and converts nothing.
    begin, end = (each and each.astimezone(dt.UTC) for each in (after, before))
    return instance.get_run_records(dg.RunsFilter(created_after=begin, created_before=end, **wanted), limit=limit)


def systems_asked(run: dg.DagsterRun | None, hall: Hall) -> tuple[str, ...]:
    """The systems that a pull asks, in the hall's order; one executed again asks those of its steps."""
    chosen = run.asset_selection if run else None
    names = {key.path[-1] for key in chosen} if chosen else hall.systems.keys()
    asked = tuple(name for name in hall.systems if name in names)
    steps = (run.step_keys_to_execute if run else None) or ()
    # A run that names no step of a landing is of all its systems: nothing asked would count as everything in.
    return tuple(name for name in asked if f"landing__{name}" in steps) or asked


def days_asked(run: dg.DagsterRun) -> list[dt.date]:
    """The days that a pull asks for."""
    first = run.tags.get(RANGE_START) or run.tags.get(PARTITION)
    if first is None:
        return []
    return days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(run.tags.get(RANGE_END, first)))


def from_failure(run: dg.DagsterRun) -> bool:
    """Whether a run does again what failed of another, and nothing else."""
    return run.tags.get(_FROM_FAILURE) == "true"


def why_failed(step: dg.DagsterEvent) -> str:
    """What a step that failed says."""
    failure = step.step_failure_data
    if failure.user_failure_data and failure.user_failure_data.description:
        return failure.user_failure_data.description
    # Dagster wraps what a step raised; the wrapper's cause is ours, with a message made for the reader.
    error = (failure.error.cause or failure.error) if failure.error else None
    return (error.message if error else step.message or "").strip()
