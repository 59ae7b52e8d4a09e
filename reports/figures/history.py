"""A metric's numbers over months: its course in the unit of the newest, and its sum from January on."""

from collections.abc import Mapping

from reports.figures.derived import months_to_date
from reports.figures.flags import redefined
from reports.figures.months import month_title
from reports.figures.numbers import AnyNumber, MonthlyNumber, with_exact
from reports.figures.words import DEFAULT

# The months that a course shows, the newest among them.
COURSE_MONTHS = 24
# Why there is no sum to date.
DOES_NOT_ADD_UP = "不累加"
NOT_CERTIFIED = "{months}没有核定数"


def as_of(newest: AnyNumber, past: MonthlyNumber) -> AnyNumber | None:
    """A past number rounded and divided as the newest is; None where it counts in another unit."""
    return with_exact(newest, past.exact) if past.unit == newest.unit else None


def sum_to_date(number: MonthlyNumber, month: str, past: Mapping[str, MonthlyNumber | None]) -> MonthlyNumber | str:
    """The sum of a number, whose months add up, and of those before it from January on, rounded once.

    Args:
        number: That of the month.
        month: As `2025-03`.
        past: By certified month, the metric's number as it stands; None where the month has none.

    Returns:
        The sum, or in Chinese why there is none.
    """
    *before, _ = months_to_date(month, year_begins=1)
    if missing := [each for each in before if each not in past]:
        return NOT_CERTIFIED.format(months="、".join(map(month_title, missing)))
    parts = [past[each] for each in before]
    if any(part is None or redefined(part, number) for part in parts):
        return DEFAULT.redefined_base
    return with_exact(number, sum((part.exact for part in parts if part), number.exact))
