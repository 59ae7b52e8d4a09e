"""Asking: what can pass is asked again, what can't isn't, each request once, never too many at a time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence

import pytest

from orchestration.config.hall import Retries
from orchestration.sources import pool
from orchestration.sources.contract import (
    Answer,
    BrokenAnswer,
    NothingForDay,
    Outcome,
    PassingFault,
    PermanentFault,
    Request,
    RequestRefused,
    SourceFault,
)
from orchestration.sources.normal_forms import whole_number
from orchestration.sources.pool import Requests, ask_with_retries
from tests.counts import counts_of

DAY = dt.date(2025, 3, 12)
REQUEST = Request(DAY, ("510000",))
QUICK = Retries(attempts=3, first_wait=0, longest_wait=0)


def _one_site(_system: str, _day: dt.date) -> tuple[str, ...]:
    return ("510000",)


class Scripted:
    """A hall system that says one thing after the other, and its last one for ever."""

    by_site = False

    def __init__(self, *said: Exception | None) -> None:
        self._said: Sequence[Exception | None] = said
        self.asked = 0

    def ask(self, request: Request) -> dict[str, Outcome]:
        self.asked += 1
        fault = self._said[min(self.asked, len(self._said)) - 1]
        if fault:
            raise fault
        return {hall: Answer(request.day, counts_of(())) for hall in request.sites}


@pytest.mark.parametrize("kind", [PassingFault, BrokenAnswer])
def test_what_can_pass_is_asked_again_until_it_is_well(kind: type[SourceFault]) -> None:
    source = Scripted(kind("ill", "wait"), kind("ill", "wait"), None)
    assert ask_with_retries(source, REQUEST, QUICK) == {"510000": Answer(DAY, counts_of(()))}
    assert source.asked == 3


@pytest.mark.parametrize("kind", [PassingFault, BrokenAnswer])
def test_it_is_not_asked_for_ever(kind: type[SourceFault]) -> None:
    fault = kind("ill", "wait")
    source = Scripted(fault)
    assert ask_with_retries(source, REQUEST, QUICK) == {"510000": fault}
    assert source.asked == QUICK.attempts


@pytest.mark.parametrize("kind", [PermanentFault, RequestRefused, NothingForDay])
def test_what_cannot_pass_is_asked_once(kind: type[SourceFault]) -> None:
    fault = kind("wrong", "mend it")
    source = Scripted(fault, None)
    assert ask_with_retries(source, REQUEST, QUICK) == {"510000": fault}
    assert source.asked == 1


def test_a_fault_that_nobody_foresaw_is_placed_and_not_echoed() -> None:
    outcome = ask_with_retries(Scripted(LookupError("of 15412345678")), REQUEST, QUICK)["510000"]
    assert isinstance(outcome, PermanentFault)
    assert "LookupError at test_request_pool.py line" in outcome.problem
    assert "154" not in outcome.problem


@pytest.mark.parametrize(
    ("kind", "answered"),
    [
        (PassingFault, False),
        (NothingForDay, False),
        (RequestRefused, False),
        (BrokenAnswer, True),
        (PermanentFault, True),
    ],
)
def test_only_an_answer_casts_doubt_on_an_earlier_one(kind: type[SourceFault], *, answered: bool) -> None:
    assert kind("", "").answered is answered


def test_a_question_is_asked_once_and_outcomes_come_in_the_order_of_days() -> None:
    days = [DAY + dt.timedelta(days=offset) for offset in range(5)]
    source = Scripted(None)
    requests = Requests(QUICK, at_once=4)
    requests.ask({"desks": source}, days, _one_site)
    requests.ask({"desks": source}, days, _one_site)
    assert requests.is_pending("desks", DAY)
    assert [day for day, _ in requests.outcomes("desks", days)] == days
    assert not requests.is_pending("desks", DAY)
    requests.close()
    assert source.asked == len(days)


class Gate:
    """A hall system whose answers wait until `wanted` are asked at once; `peak` is the most that were."""

    by_site = False

    def __init__(self, wanted: int) -> None:
        self._together = threading.Barrier(wanted, timeout=30)
        self._lock = threading.Lock()
        self._inside = 0
        self.peak = 0

    def ask(self, request: Request) -> dict[str, Outcome]:
        with self._lock:
            self._inside += 1
            self.peak = max(self.peak, self._inside)
        self._together.wait()
        with self._lock:
            self._inside -= 1
        return {hall: Answer(request.day, counts_of(())) for hall in request.sites}


def test_systems_share_one_bound() -> None:
    days = [DAY + dt.timedelta(days=offset) for offset in range(4)]
    gate = Gate(wanted=2)
    requests = Requests(QUICK, at_once=2)
    requests.ask({"a": gate, "b": gate}, days, _one_site)
    for system in ("b", "a"):
        assert all(isinstance(reply["510000"], Answer) for _, reply in requests.outcomes(system, days))
    requests.close()
    assert gate.peak == 2


class Large:
    """A hall system that answers ten rows for each site and day."""

    by_site = True

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def ask(self, request: Request) -> dict[str, Outcome]:
        self.asked.append(request)
        return {site: Answer(request.day, counts_of([{}] * 10)) for site in request.sites}


def test_no_more_is_asked_than_memory_should_hold_until_it_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_MOST_ROWS_HELD", 30)
    days = [DAY + dt.timedelta(days=offset) for offset in range(20)]
    large, small = Large(), Scripted(None)
    requests = Requests(QUICK, at_once=2)
    requests.ask({"large": large, "small": small}, days, lambda *_: ("510000", "510100"))
    assert len(list(requests.outcomes("small", days))) == len(days), "who holds little is asked on"
    ahead = len(large.asked)
    assert ahead <= 4
    outcomes = list(requests.outcomes("large", days))
    requests.close()
    assert [day for day, _ in outcomes] == days
    assert all(len(replies["510100"].counts) == 10 for _, replies in outcomes)  # type: ignore[union-attr]
    assert len(large.asked) == 2 * len(days)


def test_a_day_that_is_waited_for_is_asked_whole_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_MOST_ROWS_HELD", 1)
    sites = tuple(str(510000 + number) for number in range(8))
    large = Large()
    requests = Requests(QUICK, at_once=2)
    requests.ask({"large": large}, [DAY], lambda *_: sites)
    ((_, replies),) = requests.outcomes("large", [DAY])
    requests.close()
    assert tuple(sorted(replies)) == sites


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ("１２", 12),
        (" 12 ", 12),
        ("1,204", 1204),
        ("１，２０４", 1204),
        ("-3", -3),
        (12.0, 12),
        (12.5, 12.5),
        ("12.5", "12.5"),
        ("12,04", "12,04"),
        ("", ""),
        ("无", "无"),
        ("1e3", "1e3"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        (None, None),
    ],
)
def test_only_whole_numbers_become_numbers(value: object, whole: object) -> None:
    normal = whole_number(value)
    assert (type(normal), normal) == (type(whole), whole)


def test_true_is_no_number() -> None:
    assert whole_number(value=True) is True
