"""The one verdict on a system, site and day, and that everybody who asks whether a day is in reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import pytest

from orchestration.automation.deadlines import Moment
from orchestration.automation.planning import catch_up
from orchestration.config.catalogue import evidence_version
from orchestration.config.hall import load_hall
from orchestration.config.working_days import CalendarDay, WorkingDays
from orchestration.landing.day_status import SystemDay, system_day, system_days
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.runtime.paths import Home
from reports.figures.day_verdict import VERDICTS, DayVerdict, worst
from tests.counts import counts_of
from tests.moments import at

HALL = load_hall().hall
SITE = "510000"
WEDNESDAY, SATURDAY = dt.date(2025, 3, 12), dt.date(2025, 3, 15)
CALENDAR = WorkingDays({})
OPENED = WorkingDays({(SATURDAY, None, None): CalendarDay(SATURDAY, is_working_day=True, reason="调休上班")})


def _land(home: Home, day: dt.date, *counts: int, closed: bool = False, suite: str = "") -> None:
    rows = [
        {
            "stat_date": str(day),
            "hall_code": SITE,
            "department_code": f"D{number}",
            "item_code": None,
            "measure": "mailings",
            "count": count,
        }
        for number, count in enumerate(counts)
    ]
    answer = {SITE: SiteCounts(counts_of(rows), {}, "a test", {})}
    by = Provenance("run", "code", suite or evidence_version(HALL.systems["courier"]))
    Landing(home.landing).land(Counted("courier", day, "closed" if closed else "answered", answer), by)


def _refuse(home: Home, day: dt.date, *, answered: bool) -> None:
    now = dt.datetime.now(dt.UTC).isoformat()
    refusal = Refusal("courier", str(day), SITE, "no good", now, "run", answered=answered)
    Quarantine(home.quarantine).keep(refusal)


def _status(home: Home, day: dt.date = WEDNESDAY, calendar: WorkingDays = CALENDAR) -> SystemDay:
    (status,) = (
        status for status in system_days(HALL, home, calendar, [day], verify_files=True) if status.system == "courier"
    )
    return status


def test_what_has_not_come_is_missing(home: Home) -> None:
    assert (_status(home).verdict, _status(home).detail) == ("missing", "")
    _refuse(home, WEDNESDAY, answered=False)
    assert (_status(home).verdict, _status(home).detail) == ("missing", "no good")


def test_a_stated_zero_is_a_count_of_its_own_kind(home: Home) -> None:
    _land(home, WEDNESDAY, 0, 0)
    assert (_status(home).verdict, _status(home).is_in) == ("declared_zero", True)
    _land(home, WEDNESDAY, 0, 3)
    assert (_status(home).verdict, _status(home).is_in) == ("answered", True)


def test_a_day_of_which_one_measure_is_zero_was_answered(home: Home) -> None:
    _land(home, WEDNESDAY, 5)
    status = _status(home)
    assert status.extract is not None
    entry = replace(status.extract.sites[SITE], sums={"mailings": 0, "parcels": 3})
    assert replace(status, extract=replace(status.extract, sites={SITE: entry})).verdict == "answered"


def test_what_the_extract_and_the_refusals_tell(home: Home) -> None:
    absent = SystemDay("courier", WEDNESDAY, expected=True, sites=(SITE,), suite_version="suite", extract=None)
    assert (absent.verdict, absent.warned, absent.landed_at, absent.refused_at) == ("missing", (), None, None)
    _land(home, WEDNESDAY, 5)
    status = _status(home)
    assert status.extract is not None
    checks = {"volume_is_near_usual": "warned", "key_is_unique": "passed", "hall_is_known": "warned"}
    assert replace(status, extract=replace(status.extract, checks=checks)).warned == (
        "hall_is_known",
        "volume_is_near_usual",
    )
    assert status.landed_at == dt.datetime.fromisoformat(status.extract.landed_at)
    refusals = {
        site: Refusal("courier", str(WEDNESDAY), site, "no file", at(moment).isoformat(), "run", answered=False)
        for site, moment in {
            SITE: "2025-03-13T02:31",
            "510100": "2025-03-13T03:31",
            "510300": "2025-03-13T01:31",
        }.items()
    }
    assert replace(status, refusals=refusals).refused_at == at("2025-03-13T03:31")


def test_silence_casts_no_doubt_and_a_refused_answer_does(home: Home) -> None:
    _land(home, WEDNESDAY, 5)
    _refuse(home, WEDNESDAY, answered=False)
    assert _status(home).verdict == "answered"
    _refuse(home, WEDNESDAY, answered=True)
    assert (_status(home).verdict, _status(home).detail) == ("quarantined", "no good")


def test_an_answer_of_an_older_suite_is_in_and_blocks(home: Home) -> None:
    _land(home, WEDNESDAY, 5, suite="older")
    status = _status(home)
    assert (status.verdict, status.is_in) == ("stale", True)
    assert status.detail == f"of suite older, now it is {evidence_version(HALL.systems['courier'])}"
    assert VERDICTS["stale"].problem == "check_stale"


def test_a_closed_day_has_no_checks_to_be_stale(home: Home) -> None:
    _land(home, SATURDAY, closed=True, suite="older")
    assert _status(home, SATURDAY).verdict == "closed"


@pytest.mark.parametrize("lost", [True, False])
def test_a_file_that_is_not_what_was_landed_is_damaged(home: Home, *, lost: bool) -> None:
    _land(home, WEDNESDAY, 5)
    (file,) = home.landing.rglob("*.parquet")
    if lost:
        file.unlink()
    else:
        file.write_bytes(b"changed")
    assert (_status(home).verdict, str(file) in _status(home).detail) == ("damaged", True)
    assert system_day(HALL, home, CALENDAR, "courier", WEDNESDAY).verdict == "answered", "no file is read unasked"
    unasked = [status.verdict for status in system_days(HALL, home, CALENDAR, [WEDNESDAY]) if status.extract]
    assert unasked == ["answered"]


def test_a_torn_entry_is_damaged_whatever_was_refused(home: Home) -> None:
    _land(home, WEDNESDAY, 5)
    _refuse(home, WEDNESDAY, answered=True)
    next(home.landing.rglob("*.json")).write_text("{")
    assert (_status(home).verdict, "is not a manifest entry" in _status(home).detail) == ("damaged", True)


def test_a_day_landed_as_closed_that_an_override_opens_is_asked_for_again(home: Home) -> None:
    _land(home, SATURDAY, closed=True)
    status = _status(home, SATURDAY, OPENED)
    assert (status.verdict, status.is_in, status.sites_to_ask) == ("wrongly_closed", False, (SITE,))
    (pull,) = catch_up(Moment(HALL, home, CALENDAR, at("2025-03-18T12:00")), [status])
    assert (pull.days, pull.systems) == ((SATURDAY,), ("courier",))
    assert catch_up(Moment(HALL, home, CALENDAR, at("2025-03-18T12:00")), [_status(home, SATURDAY)]) == []


SITES: Mapping[str, tuple[DayVerdict, ...]] = {
    "missing": ("answered", "missing", "declared_zero"),
    "answered": ("answered", "declared_zero"),
    "quarantined": ("missing", "quarantined"),
    "stale": ("answered", "stale"),
}


@pytest.mark.parametrize(("verdict", "sites"), SITES.items())
def test_a_day_is_as_its_worst_site(verdict: str, sites: tuple[DayVerdict, ...]) -> None:
    assert worst(sites) == verdict


def test_only_the_sites_that_block_are_asked_for_and_all_where_none_does(home: Home) -> None:
    _land(home, WEDNESDAY, 5)
    status = replace(_status(home), sites=(SITE, "510100"))
    assert status.verdicts == {SITE: "answered", "510100": "missing"}
    assert (status.sites_to_ask, status.detail) == (("510100",), "sites 510100")
    assert replace(status, sites=(SITE,)).sites_to_ask == (SITE,)
    assert replace(status, suite_version="stricter").sites_to_ask == (SITE, "510100")


def test_what_is_not_in_blocks_and_every_sign_is_its_own() -> None:
    assert all(meaning.is_in or meaning.problem for meaning in VERDICTS.values())
    assert len({meaning.sign for meaning in VERDICTS.values()}) == len(VERDICTS)
