"""The health as Prometheus gauges, in the text format that node_exporter's textfile collector reads."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestration.health.model import CELL_WORDS, Health

_Samples = Mapping[tuple[str, ...], float]


def write_metrics(health: Health, path: Path) -> None:
    """Write all gauges; a reader meets the old file or the new one."""
    from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

    registry = CollectorRegistry()
    for name, help_text, labels, samples in _gauges(health):
        gauge = Gauge(f"yuebao_{name}", help_text, labels, registry=registry)
        for values, number in samples.items():
            (gauge.labels(*values) if labels else gauge).set(number)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry)


def _gauges(health: Health) -> Iterable[tuple[str, str, tuple[str, ...], _Samples]]:
    """Name, help, labels, and a number for each combination of the labels' values."""
    jobs, months = health.jobs, health.months
    refused = Counter(refusal.system for refusal in health.refusals if refusal.answered)
    return [
        ("days", "Days of the last 60 by system and state.", ("system", "state"), _days(health)),
        ("last_landed_timestamp_seconds", "When something last landed.", ("system",), _last_landed(health)),
        (
            *("runs", "Runs of the last 30 days.", ("job", "status")),
            {(job.job, status): count for job in jobs for status, count in job.by_status.items()},
        ),
        (
            *("run_last_duration_seconds", "How long the last run that ended took.", ("job",)),
            {
                (job.job,): ended[0]
                for job in jobs
                if (ended := [run.seconds for run in job.runs if run.seconds is not None])
            },
        ),
        (
            *("build_checks", "Checks of a month's newest build.", ("month", "status")),
            {(month.month, status): count for month in months for status, count in month.checks.items()},
        ),
        (
            *("missing_answers", "Answers of a month that are late or refused.", ("month",)),
            {(month.month,): month.missing for month in months},
        ),
        (
            *("quarantine_open_items", "Refused answers that no good answer followed; silence is none.", ("system",)),
            {(system,): refused[system] for system in health.system_names.keys() | refused.keys()},
        ),
        ("certified_months", "Months with a certificate.", (), {(): health.certified_months}),
        (
            "revisions_pending",
            "Certified months, of the hall and of sites, that wait for a revision.",
            (),
            {(): len(health.pending)},
        ),
        ("actions", "Things that wait for a person.", (), {(): len(health.actions)}),
        ("snoozed", "Things that somebody snoozed; the other numbers count them too.", (), {(): len(health.snoozed)}),
        (
            *("deadline_timestamp_seconds", "The day, at midnight in hall time.", ("month", "deadline")),
            {(each.month, each.what): _midnight(each.day, health.now) for each in health.deadlines},
        ),
        (
            *("state_bytes", "What a part of the state folder takes.", ("part",)),
            {(part,): size for part, size in health.bytes_by_part.items()},
        ),
        ("free_bytes", "Room on the disk of the state folder.", (), {(): health.free_bytes}),
        ("health_timestamp_seconds", "When all this was looked at.", (), {(): health.now.timestamp()}),
    ]


def _days(health: Health) -> _Samples:
    counted = Counter((cell.system, cell.state) for cell in health.cells)
    # A state that no day has is 0 and not absent, or an alert on it would never end.
    return {(system, state): counted[system, state] for system in health.system_names for state in CELL_WORDS}


def _last_landed(health: Health) -> _Samples:
    landed = [((cell.system,), cell.landed_at.timestamp()) for cell in health.cells if cell.landed_at]
    return dict(sorted(landed, key=lambda pair: pair[1]))


def _midnight(day: dt.date, now: dt.datetime) -> float:
    return dt.datetime.combine(day, dt.time(), now.tzinfo).timestamp()
