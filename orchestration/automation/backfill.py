"""Months of the past, brought in and built one after the other: only what isn't in is asked for, so that it resumes."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestration.certification.monthly_report import Steps, ask_month, build_if_due
from orchestration.partitions import months_named
from orchestration.runtime.errors import Refused
from orchestration.runtime.progress import tell
from orchestration.warehouse.month import open_month


@dataclass(frozen=True)
class Backfilled:
    """What became of a month: no `problems` when it is in, built and tested."""

    month: str
    asked: int  # how many answers were asked for, one for each system, day and site
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
        yield _brought_in(name, steps)


def _brought_in(name: str, steps: Steps) -> Backfilled:
    asked = ask_month(name, steps, "missing")
    try:
        build_if_due(open_month(name), steps)
    except Refused as refused:
        return Backfilled(name, asked.count, asked.messages or (str(refused),))
    return Backfilled(name, asked.count, ())
