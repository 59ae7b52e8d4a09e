"""When a month's answers had all come, and from which day on it is safe to certify: by hand, and for any arrivals."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from orchestration.health import view
from orchestration.health.timeliness import Arrival, Arrivals, MonthArrival, arrival
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from tests.counts import counts_of
from tests.moments import SHANGHAI, at

DAY, MARCH_ENDS = dt.date(2025, 3, 12), dt.date(2025, 3, 31)
ONE, TWO = ("510000",), ("510000", "510100")


def _land(landing: Landing, moment: str, count: int, suite: str, sites: tuple[str, ...]) -> None:
    row = {"stat_date": str(DAY), "department_code": "D01", "item_code": None, "measure": "parcels", "count": count}
    counts = {hall: SiteCounts(counts_of([{**row, "hall_code": hall}]), {}, "here", {}) for hall in sites}
    with time_machine.travel(at(moment)):
        landing.land(Counted("courier", DAY, "answered", counts), Provenance("run", "code", suite))


CAME: dict[str, tuple[list[tuple[str, int, str, tuple[str, ...]]], Arrival]] = {
    "the night after": ([("2025-03-13T02:30", 5, "a", ONE)], Arrival(0, 0, corrected=False)),
    "by hall time, not by UTC": ([("2025-04-01T00:30", 5, "a", ONE)], Arrival(1, 1, corrected=False)),
    "corrected later": (
        [("2025-03-13T02:30", 5, "a", ONE), ("2025-04-08T02:30", 6, "a", ONE)],
        Arrival(0, 8, corrected=True),
    ),
    "the same, judged by another suite": (
        [("2025-03-13T02:30", 5, "a", ONE), ("2025-04-08T02:30", 5, "b", ONE)],
        Arrival(0, 0, corrected=False),
    ),
    "corrected and taken back": (
        [("2025-03-13T02:30", 5, "a", ONE), ("2025-04-02T02:30", 6, "a", ONE), ("2025-04-04T02:30", 5, "a", ONE)],
        Arrival(0, 4, corrected=True),
    ),
    "another hall came later": (
        [("2025-03-13T02:30", 5, "a", ONE), ("2025-04-03T02:30", 5, "a", TWO)],
        Arrival(0, 3, corrected=False),
    ),
}


@pytest.mark.parametrize("case", CAME)
def test_when_an_answer_came(case: str, tmp_path: Path) -> None:
    landed, expected = CAME[case]
    landing = Landing(tmp_path)
    for each in landed:
        _land(landing, *each)
    assert arrival(landing.history("courier", DAY), MARCH_ENDS, SHANGHAI) == expected


def _month(
    month: str, finals: Sequence[int], *, answers: int = 0, firsts: Sequence[int] = (), age: int = 90
) -> MonthArrival:
    came = tuple(Arrival(first, final, first != final) for first, final in zip(firsts or finals, finals, strict=True))
    return MonthArrival(month, answers or len(finals), came, age)


JUDGED = {
    "every month": ([_month("2025-01", [0, 1, 3]), _month("2025-02", [0, 1, 1])], 3),
    "a late correction": ([_month("2025-01", [0, 1, 9], firsts=[0, 1, 1]), _month("2025-02", [1])], 9),
    "one that was brought in afterwards": ([_month("2025-01", [200, 200, 1]), _month("2025-02", [2])], 2),
    "one that was corrected much later": ([_month("2025-01", [200, 1], firsts=[1, 1])], 200),
    "one that lacks an answer": ([_month("2025-01", [0, 1], answers=3), _month("2025-02", [2])], 2),
    "a young one that took longer": ([_month("2025-02", [2]), _month("2025-03", [5], age=6)], 5),
    "a young one that took less long": ([_month("2025-02", [2]), _month("2025-03", [1], age=6)], 2),
    "a young one alone": ([_month("2025-03", [1], age=6)], None),
    "nothing in": ([_month("2025-03", [], answers=3)], None),
    "no month": ([], None),
}


@pytest.mark.parametrize("case", JUDGED)
def test_the_day_from_which_it_is_safe_to_certify(case: str) -> None:
    months, day = JUDGED[case]
    arrivals = Arrivals(tuple(months))
    assert arrivals.safe_day == day
    if day is None:
        assert arrivals.verdict.startswith("Nothing can be said yet")
        assert not re.search(r"day \d", arrivals.verdict)
    else:
        assert arrivals.verdict.startswith(f"Safe to certify on day {day}: ")


LATENESS = st.lists(st.integers(0, 400), min_size=1, max_size=60)


@given(LATENESS, st.integers(0, 5))
def test_shares_only_grow_and_end_at_the_whole_once_nothing_is_missing(finals: list[int], lacking: int) -> None:
    month = _month("2025-01", finals, answers=len(finals) + lacking)
    shares = [month.share(day) for day in range(401)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(len(finals) / month.answers)
    assert (month.last is None) == bool(lacking)
    assert [view.share(each) for each in shares].count("100%") == sum(each == 1 for each in shares)


@given(st.lists(LATENESS, min_size=1, max_size=13))
def test_on_the_safe_day_every_month_is_whole_and_on_the_day_before_one_isnt(months: list[list[int]]) -> None:
    arrivals = Arrivals(tuple(_month(f"2025-{number:02d}", finals) for number, finals in enumerate(months, start=1)))
    judged = [month for month in arrivals.months if month.basis == "judged"]
    day = arrivals.safe_day
    if day is None:
        assert judged == []
        return
    assert all(month.share(day) == 1 for month in judged)
    assert day == 0 or any(month.share(day - 1) < 1 for month in judged)
