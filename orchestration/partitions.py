"""The two partitions of the hall's time: days for what is pulled, months for what is built and printed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import dagster as dg

from orchestration.config.hall import Hall
from orchestration.runtime.errors import UserError
from reports.figures.months import days_between, first_day, months_before

AssetDecorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


class MonthError(UserError, ValueError):
    """A text that names no month, or a month that the hall can't report on."""


def daily(hall: Hall) -> dg.DailyPartitionsDefinition:
    """Days in hall time, from the hall's first day to yesterday."""
    return dg.DailyPartitionsDefinition(start_date=hall.first_day.isoformat(), timezone=hall.timezone)


def monthly(hall: Hall) -> dg.MonthlyPartitionsDefinition:
    """Months in hall time, keyed by their first day, from the hall's first month to the last one that is over.

    Where the day on which months begin was changed, older months have the key that they would have by today's rule.
    """
    first = month_key(hall.months.name_of(hall.first_day), hall)
    day = int(first[-2:])
    return dg.MonthlyPartitionsDefinition(start_date=first, timezone=hall.timezone, day_offset=day)


def month_key(month: str, hall: Hall) -> str:
    """The key of a month's partition; of the hall as it is today, whatever settings the month is worked on under."""
    return hall.months.newest.first_day(month).isoformat()


def month_of_key(key: str, hall: Hall) -> str:
    """The month of a partition; `hall` as for `month_key`."""
    return hall.months.newest.name_of(dt.date.fromisoformat(key))


def monthly_asset(hall: Hall, key: dg.AssetKey, group: str, owner: str, **told: Any) -> AssetDecorator:
    """The decorator of an asset with a partition per month, each in a run of its own; `told` as `dg.asset` has it."""
    decorator: AssetDecorator = dg.asset(
        key=key,
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        group_name=group,
        owners=[owner],
        tags={"layer": group},
        **told,
    )
    return decorator


def today(hall: Hall) -> dt.date:
    """Today in hall time."""
    return hall.now().date()


def reportable_days(month: str, hall: Hall) -> list[dt.date]:
    """All days of a month; MonthError for none, one before the hall's first, or one that isn't over."""
    try:
        days = hall.months.days_of(month)
    except ValueError as error:
        raise MonthError(str(error)) from error
    if month < (first := hall.months.name_of(hall.first_day)):
        raise MonthError(f"{month} is too early: {hall.name} has data from {first} on (`first_day` in hall.toml)")
    if days[-1] >= today(hall):
        raise MonthError(f"{month} isn't over: its last day, {days[-1]}, can be pulled from the next one on")
    return days


def months_named(text: str) -> list[str]:
    """The months that `2023-01..2025-03` or `2025-03` names, in order; MonthError if it is no such text."""
    first, _, last = text.partition("..")
    try:
        begin, end = first_day(first), first_day(last or first)
    except ValueError as error:
        raise MonthError(f"{text!r} is no range of months; write 2023-01..2025-03 or 2025-03") from error
    count = (end.year - begin.year) * 12 + end.month - begin.month + 1
    if count < 1:
        raise MonthError(f"{text}: the earlier month comes first")
    return [months_before(f"{end:%Y-%m}", back) for back in reversed(range(count))]


def pullable_days(text: str, hall: Hall) -> list[dt.date]:
    """The days that `2025-03-12`, `2025-03-01..2025-03-07` or `2025-03` names; MonthError if they can't be pulled."""
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
    return days_between(begin, end)
