"""Months of the past, brought in and built one after the other: only what isn't in is asked for, so that it resumes."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.automation.planning import gaps
from orchestration.certification.monthly_report import Steps, build_if_due, pull_boundary
from orchestration.partitions import months_named
from orchestration.runtime.errors import Refused
from orchestration.runtime.progress import tell
from orchestration.warehouse.month import Month, open_month
from reports.figures.day_verdict import VERDICTS


@dataclass(frozen=True)
class Backfilled:
    """What became of a month: no `problems` when it is in, built and tested."""

    month: str
    asked: int  # how many answers were asked for, one for each system and day
    problems: tuple[str, ...]


def backfill(text: str, steps: Steps) -> Iterator[Backfilled]:
    """Each month of a range (`2023-01..2025-03`, or one month), in order; one that fails doesn't hold the next.

    Raises:
        MonthError, SettingsError: the range isn't one, or the hall can't report on a month of it.
    """
    names = months_named(text)
    for name in names:
        # Before anything is asked: a range that the hall can't report on is a mistake of the command.
        open_month(name)
    for number, name in enumerate(names, start=1):
        tell("backfilling %s, month %d of %d", name, number, len(names))
        yield _brought_in(open_month(name), steps)


def _brought_in(month: Month, steps: Steps) -> Backfilled:
    asked, messages = pull_boundary(month, steps), list[str]()
    absent = (day for day in month.system_days if VERDICTS[day.verdict].problem)
    for days, systems in gaps((day.day, day.system) for day in absent):
        asked += len(days) * len(systems)
        messages += steps.pull(days, systems).messages
    try:
        build_if_due(month.reread(), steps)
    except Refused as refused:
        return Backfilled(month.name, asked, tuple(messages) or (str(refused),))
    return Backfilled(month.name, asked, ())
