"""What ran in the last 30 days and how long it took, from Dagster's history: a view, and no truth about days."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import TYPE_CHECKING

from orchestration.health.model import JobHistory, RunLine
from orchestration.run_records import PARTITION, RANGE_END, RANGE_START, run_records

if TYPE_CHECKING:
    from dagster import DagsterInstance, RunRecord

RUN_DAYS = 30
_MOST_RUNS = 5000


def job_histories(instance: DagsterInstance, now: dt.datetime) -> tuple[JobHistory, ...]:
    """The runs of each job, by the job's name."""
    records = run_records(instance, after=now - dt.timedelta(days=RUN_DAYS), limit=_MOST_RUNS)
    by_job = groupby(sorted(records, key=_job), key=_job)
    return tuple(_history(job, [_line(record, now) for record in of_job]) for job, of_job in by_job)


def _job(record: RunRecord) -> str:
    return record.dagster_run.job_name


def _history(job: str, runs: Sequence[RunLine]) -> JobHistory:
    took = [run.seconds for run in runs if run.seconds is not None]
    return JobHistory(
        job=job.removeprefix("__"),
        runs=tuple(sorted(runs, key=lambda run: run.started, reverse=True)),
        by_status=dict(Counter(run.status for run in runs)),
        median=median(took) if took else None,
        longest=max(took, default=None),
    )


def _line(record: RunRecord, now: dt.datetime) -> RunLine:
    begun = dt.datetime.fromtimestamp(record.start_time, now.tzinfo) if record.start_time else None
    return RunLine(
        run_id=record.dagster_run.run_id,
        status=record.dagster_run.status.value.lower(),
        started=begun or record.create_timestamp.astimezone(now.tzinfo),
        seconds=record.end_time - record.start_time if record.start_time and record.end_time else None,
        about=_about(record.dagster_run.tags),
    )


def _about(tags: Mapping[str, str]) -> str:
    ends = dict.fromkeys(tags[name] for name in (RANGE_START, RANGE_END) if name in tags)
    return "..".join(ends) or tags.get(PARTITION, "")
