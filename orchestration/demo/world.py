"""What happened at the demo hall: counts by day, department, item and measure, the same on every machine.

Everything follows from `SEED` by whole-number arithmetic (`random.Random(text)` and `random()` are stable over Python
versions; the floats of the mathematics library are not), so that a month can be recomputed anywhere. A month's total is
fixed first, then shared out to departments, then to days, then to items; March 2025 starts from world.toml.
"""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

from orchestration.demo.days import FIRST_DAY, Rhythm, busyness, days_of, is_working_day, month_of
from reports.figures.months import months_before

SEED = "yuebao-demo-1"
HALL_CODE = "510000"
COMPREHENSIVE_WINDOW = "D00"

_TOLD = tomllib.loads(Path(__file__).with_name("world.toml").read_text(encoding="utf-8"))
_CALIBRATED_MONTH: str = _TOLD["calibrated_month"]
_CALIBRATION: Mapping[str, int] = {name: measure["calibrated"] for name, measure in _TOLD["measures"].items()}
_RHYTHMS: Mapping[str, Rhythm] = {name: measure["rhythm"] for name, measure in _TOLD["measures"].items()}
_SPREADS: Mapping[str, int] = {name: measure.get("spread", 4) for name, measure in _TOLD["measures"].items()}
_LEAST_WAIT: int = _TOLD["waits"]["least"]
_LONGER_WAIT: tuple[int, int] = tuple(_TOLD["waits"]["longer"])
_PRESSURE: tuple[int, int] = tuple(_TOLD["waits"]["pressure"])
_DEPARTMENTS = Path(__file__).with_name("hall") / "catalogue" / "departments.csv"
# Hundredths by month of the year, January first.
_SEASON = (95, 93, 104, 101, 99, 103, 104, 98, 103, 97, 102, 107)
_ITEMS_PER_DEPARTMENT = (2, 3, 4, 4, 5, 5, 6, 8)
# A few departments carry most of the work.
_SIZES = (900, 640, 480, 360) + (220,) * 6 + (120,) * 12 + (60,) * 14 + (25,) * 12


class OnlineRow(NamedTuple):
    """One line of the online platform's day; `item` is None for the stock of open cases."""

    department: str
    item: str | None
    measure: str
    number: int


class OnlineDay(NamedTuple):
    """One department's day online; `opened` is the stock of open cases at the day's end."""

    accepted: int
    completed: int
    opened: int


class RatedDay(NamedTuple):
    """One department's ratings of a day by grade, the best first."""

    very_satisfied: int
    satisfied: int
    fair: int
    dissatisfied: int
    very_dissatisfied: int


class QueueDay(NamedTuple):
    """One department's day in the waiting hall; the seconds are of all its calls together."""

    calls: int
    waiting_seconds: int


class _OnlineMonth(NamedTuple):
    accepted: int
    completed: int
    closing: int


@cache
def department_names() -> Mapping[str, str]:
    """Names by code from the project's seed, the comprehensive window (D00) included."""
    with _DEPARTMENTS.open(encoding="utf-8", newline="") as table:
        return {row["department_code"]: row["department_name"] for row in csv.DictReader(table)}


@cache
def departments() -> tuple[str, ...]:
    """The codes of the departments in the hall, the comprehensive window not among them."""
    return tuple(sorted(set(department_names()) - {COMPREHENSIVE_WINDOW}))


@cache
def items() -> Mapping[str, tuple[str, ...]]:
    """The service items of each department on the online platform, such as `D07-003`."""
    random = _random("items")
    numbers = {department: random.choice(_ITEMS_PER_DEPARTMENT) for department in departments()}
    return {
        department: tuple(f"{department}-{number:03d}" for number in range(1, count + 1))
        for department, count in numbers.items()
    }


def counts(measure: str, day: date) -> Mapping[str, int]:
    """One measure's count of a day by department, zeros included; empty on a day when the counters are closed."""
    if _RHYTHMS[measure] == "counter" and not is_working_day(day):
        return {}
    return _counts_of_month(measure, month_of(day))[day]


def ratings(day: date) -> Mapping[str, RatedDay]:
    """The rating platform's day by department."""
    grades = [counts(f"ratings_{grade}", day) for grade in RatedDay._fields]
    return {code: RatedDay(*(grade[code] for grade in grades)) for code in departments()}


def queue(day: date) -> Mapping[str, QueueDay]:
    """The queueing machine's day by department; empty when the counters are closed."""
    random = _random(f"waits:{day}")
    return {
        code: QueueDay(calls, sum(_wait(code, month_of(day), random) for _ in range(calls)))
        for code, calls in counts("queue_calls", day).items()
    }


def online(day: date) -> Mapping[str, OnlineDay]:
    """The online platform's day by department; the stock obeys open(d-1) + accepted(d) - completed(d) = open(d)."""
    return _online_days(month_of(day))[day]


@lru_cache(maxsize=64)
def online_rows(day: date) -> tuple[OnlineRow, ...]:
    """The online platform's day by department, item and measure, in a fixed order, zeros included."""
    return tuple(_online_rows(day))


def _online_rows(day: date) -> Iterator[OnlineRow]:
    random = _random(f"online items:{day}")
    for department, numbers in online(day).items():
        codes = items()[department]
        shares = _item_shares()[department]
        accepted = _share_out(numbers.accepted, shares, random)
        completed = _share_out(numbers.completed, shares, random)
        for code, count_in, count_out in zip(codes, accepted, completed, strict=True):
            yield OnlineRow(department, code, "online_accepted", count_in)
            yield OnlineRow(department, code, "online_completed", count_out)
        yield OnlineRow(department, None, "online_open", numbers.opened)


@lru_cache(maxsize=64)
def _counts_of_month(measure: str, month: str) -> Mapping[date, Mapping[str, int]]:
    """Days on which nothing can happen have zeros."""
    days = days_of(month)
    codes = (COMPREHENSIVE_WINDOW,) if measure == "comprehensive_window_accepted" else departments()
    random = _random(f"{measure}:{month}")
    busy = [busyness(day, _RHYTHMS[measure]) for day in days]
    totals = _share_out(_month_total(measure, month), [_weight(measure, code) for code in codes], random)
    columns = [_share_out(total, busy, random) for total in totals]
    return {day: dict(zip(codes, row, strict=True)) for day, row in zip(days, zip(*columns, strict=True), strict=True)}


def _wait(department: str, month: str, random: Random) -> int:
    """The seconds that one call waits."""
    longest = _longer_wait(department) * _pressure(month) // 100
    return _LEAST_WAIT + int(random.random() * longest)


@cache
def _longer_wait(department: str) -> int:
    return _between(_LONGER_WAIT, _random(f"longer wait:{department}"))


@cache
def _pressure(month: str) -> int:
    return _between(_PRESSURE, _random(f"pressure:{month}"))


@lru_cache(maxsize=8)
def _online_days(month: str) -> Mapping[date, Mapping[str, OnlineDay]]:
    days = days_of(month)
    random = _random(f"online days:{month}")
    accepting = [busyness(day, "acceptance") for day in days]
    completing = [busyness(day, "completion") for day in days]
    columns = []
    for numbers in _online_month(month).values():
        accepted = _share_out(numbers.accepted, accepting, random)
        planned = _share_out(numbers.completed, completing, random)
        opening = numbers.closing - numbers.accepted + numbers.completed
        columns.append(_walk(opening, accepted, planned))
    rows = zip(days, zip(*columns, strict=True), strict=True)
    return {day: dict(zip(departments(), row, strict=True)) for day, row in rows}


def _walk(opening: int, accepted: Sequence[int], planned: Sequence[int]) -> list[OnlineDay]:
    """A month's days of one department: what can't be completed yet, because it isn't there, waits for a later day."""
    walked = []
    stock, waiting = opening, 0
    for count_in, plan in zip(accepted, planned, strict=True):
        count_out = min(stock + count_in, plan + waiting)
        waiting += plan - count_out
        stock += count_in - count_out
        walked.append(OnlineDay(count_in, count_out, stock))
    return walked


@cache
def _online_month(month: str) -> Mapping[str, _OnlineMonth]:
    """A month's online totals by department, continued from the month before, so that no stock ever breaks."""
    random = _random(f"online month:{month}")
    weights = [_weight("online_accepted", code) for code in departments()]
    accepted = _share_out(_month_total("online_accepted", month), weights, random)
    opening = _opening_stock(month, accepted)
    at_hand = [stock + count for stock, count in zip(opening, accepted, strict=True)]
    completed = [count * (64 + int(random.random() * 14)) // 100 for count in at_hand]
    if month == _CALIBRATED_MONTH:
        completed = _apportion(_CALIBRATION["online_completed"], completed, offset=0)
    return {
        code: _OnlineMonth(count_in, count_out, present - count_out)
        for code, count_in, count_out, present in zip(departments(), accepted, completed, at_hand, strict=True)
    }


def _opening_stock(month: str, accepted: Sequence[int]) -> list[int]:
    if month == month_of(FIRST_DAY):
        return [count * 2 // 5 for count in accepted]
    return [numbers.closing for numbers in _online_month(months_before(month, 1)).values()]


@cache
def _month_total(measure: str, month: str) -> int:
    if month == _CALIBRATED_MONTH:
        return _CALIBRATION[measure]
    spread = _SPREADS[measure]
    chance = _between((100 - spread, 100 + spread), _random(f"total:{measure}:{month}"))
    scaled = _CALIBRATION[measure] * _volume(measure, month) * chance
    return scaled // (_volume(measure, _CALIBRATED_MONTH) * 100)


def _volume(measure: str, month: str) -> int:
    """How much a month has room for: its days, the season, and a slow growth over the years."""
    year, number = map(int, month.split("-"))
    growth = 400 + (year - FIRST_DAY.year) * 12 + number
    return sum(busyness(day, _RHYTHMS[measure]) for day in days_of(month)) * _SEASON[number - 1] * growth


@cache
def _weight(measure: str, department: str) -> int:
    """A department's weight: its size at the hall, and how much this measure is its business."""
    return _sizes()[department] * (50 + int(_random(f"weight:{measure}:{department}").random() * 100))


@cache
def _sizes() -> Mapping[str, int]:
    random = _random("sizes")
    codes = sorted((*departments(), COMPREHENSIVE_WINDOW), key=lambda code: (random.random(), code))
    return {code: _SIZES[place % len(_SIZES)] for place, code in enumerate(codes)}


@cache
def _item_shares() -> Mapping[str, list[int]]:
    random = _random("item shares")
    return {code: [1 + int(random.random() * 100) for _ in numbers] for code, numbers in items().items()}


def _between(bounds: tuple[int, int], random: Random) -> int:
    """A whole number by chance, both bounds included."""
    least, most = bounds
    return least + int(random.random() * (most - least + 1))


def _random(purpose: str) -> Random:
    return Random(f"{SEED}:{purpose}")


def _share_out(total: int, weights: Sequence[int], random: Random) -> list[int]:
    """Share a total out by weights with some chance in it; what has no weight gets nothing."""
    by_chance = [weight * (55 + int(random.random() * 90)) for weight in weights]
    return _apportion(total, by_chance, offset=int(random.random() * sum(by_chance)))


def _apportion(total: int, weights: Sequence[int], offset: int) -> list[int]:
    """Whole numbers in proportion to `weights` that add up to `total`.

    Cumulative quotas, cut at whole numbers; `offset` (below the weights' sum) moves the cuts, so that small totals
    don't always fall to the same places.
    """
    whole = sum(weights)
    marks = [(total * reached + offset) // whole for reached in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(marks)]
