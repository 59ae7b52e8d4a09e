"""What the commands do: pull days, and bring a month from the systems to its section."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from orchestration.cli.runs import Runs
from orchestration.dbt_manifest import DbtError, build_checks
from orchestration.home import current_home
from orchestration.landing import LandingError
from orchestration.month import open_month, problems_of, refusal
from orchestration.partitions import MonthError, reportable_days, today
from orchestration.progress import tell
from orchestration.settings import Hall, SettingsError, load_hall
from orchestration.working_days import CalendarError
from reports.proofreading import DocumentError, RegisterError
from reports.readiness import EvidenceError, Problem


class Refused(Exception):
    """What was asked for can't be given now; the message names each reason and what to do."""


def user_errors() -> tuple[type[Exception], ...]:
    """Errors that a user can mend, and whose message is all that they need."""
    return (
        SettingsError,
        MonthError,
        CalendarError,
        DbtError,
        LandingError,
        EvidenceError,
        DocumentError,
        RegisterError,
    )


def write_report(name: str, *, pull_first: bool) -> Path:
    """Pull a month, build it if anything behind it changed, and return the folder of its section.

    Raises:
        Refused: a day, a check or an answer isn't right.
    """
    month = open_month(name)
    runs = Runs(current_home())
    if pull_first:
        _pull(runs, month.days, tuple(month.hall.systems), data_docs=False)
        month = open_month(name)
    problems = problems_of(month, build_checks())
    _refuse(name, [problem for problem in problems if not _a_build_mends(problem)])
    if problems or not month.section_is_written():
        tell("building and testing %s", name)
        outcome = runs.build(name)
        if not outcome.success:
            raise Refused("\n".join(outcome.messages))
    else:
        tell("nothing behind %s has changed; nothing is rebuilt", name)
    return month.release


def pull_days(text: str, systems: Sequence[str] | None, *, data_docs: bool) -> list[str]:
    """Pull days of some systems (all when none is named) and say how it went.

    Raises:
        Refused: at least one day of one system didn't land; the others did.
    """
    hall = load_hall().hall
    names = tuple(systems or hall.systems)
    unknown = [name for name in names if name not in hall.systems]
    if unknown:
        raise SettingsError(f"no system {', '.join(unknown)}; the hall has {', '.join(hall.systems)}")
    days = _days(text, hall)
    home = current_home()
    run_id = _pull(Runs(home), days, names, data_docs=data_docs)
    lines = [f"{len(days)} day{'s' if len(days) > 1 else ''} of {', '.join(names)} are in."]
    if data_docs:
        lines.append(f"Data Docs: {home.docs / run_id}")
    return lines


def _pull(runs: Runs, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool) -> str:
    tell("asking %d systems for %d days", len(systems), len(days))
    outcome = runs.pull(days, systems, data_docs=data_docs)
    if not outcome.success:
        raise Refused(
            "\n".join([*outcome.messages, "What is in stays in. Mend what is named, then run the same again."])
        )
    return outcome.run_id


def _days(text: str, hall: Hall) -> list[dt.date]:
    try:
        first, _, last = text.partition("..")
        if len(text) == len("2025-03"):
            return reportable_days(text, hall)
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError as error:
        if isinstance(error, MonthError):
            raise
        raise MonthError(
            f"{text!r} is no day, range or month; write 2025-03-12, 2025-03-01..2025-03-07 or 2025-03"
        ) from error
    if not hall.first_day <= begin <= end < today(hall):
        raise MonthError(f"{text}: days can be pulled from {hall.first_day} to yesterday, the earlier one first")
    return [begin + dt.timedelta(days=offset) for offset in range((end - begin).days + 1)]


def _a_build_mends(problem: Problem) -> bool:
    return problem.kind in {"build_missing", "build_stale"} or problem.subject in build_checks()


def _refuse(name: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(refusal(name, problems))
