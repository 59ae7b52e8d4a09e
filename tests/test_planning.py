"""What runs by itself, decided from settings, calendar and files alone: dates, the night, what isn't in."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path

import pytest
import time_machine
from pydantic import ValidationError

from orchestration.automation.deadlines import Moment
from orchestration.automation.planning import (
    MOST_DAYS_AT_ONCE,
    Pull,
    catch_up,
    days_of_windows,
    nightly,
    pull_times,
    without_those_under_way,
)
from orchestration.config.automation import ENVIRONMENTS, Automation
from orchestration.config.catalogue import evidence_version
from orchestration.config.hall import Hall, SettingsError, load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.asking import gaps
from orchestration.landing.day_status import SystemDay
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Refusal
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import Home
from tests.counts import counts_of
from tests.moments import at

CALENDAR = WorkingDays({})
NOWHERE = Home(Path("nowhere"))
DEMO = load_hall().hall
TODAY = dt.date(2025, 3, 13)
YESTERDAY = dt.date(2025, 3, 12)


def _hall(**changes: object) -> Hall:
    """The demo hall with other settings of single systems, named `system__key`, or of the hall's automation."""
    document = DEMO.model_dump(exclude_unset=True)
    for name, value in changes.items():
        system, _, key = name.rpartition("__")
        (document["systems"][system] if system else document.setdefault("automation", {}))[key] = value
    return Hall.model_validate(document)


def _moment(
    hall: Hall, now: str = "2025-03-13T02:30", calendar: WorkingDays = CALENDAR, home: Home = NOWHERE
) -> Moment:
    return Moment(hall, home, calendar, at(now))


def _standing(system: str, day: dt.date, refused_at: str = "") -> SystemDay:
    """A day that isn't in, asked for in vain at a time if one is given."""
    refused = (
        {"510000": Refusal(system, str(day), "510000", "no file", at(refused_at).isoformat(), "run", answered=False)}
        if refused_at
        else {}
    )
    return SystemDay(
        system, day, expected=True, sites=("510000",), suite_version="suite", extract=None, refusals=refused
    )


# --- dates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "candidate", "certification", "edition"),
    [
        ("2025-03", "2025-04-01", "2025-04-08", "2025-04-24"),  # 清明节: April 4th is closed
        ("2025-01", "2025-02-05", "2025-02-10", "2025-02-24"),  # 春节 to February 4th; Saturday the 8th is worked
        ("2025-09", "2025-10-09", "2025-10-14", "2025-10-24"),  # 国庆节 to October 8th; Saturday the 11th is worked
        ("2024-12", "2025-01-02", "2025-01-08", "2025-01-24"),  # 元旦
        ("2025-04", "2025-05-06", "2025-05-12", "2025-05-23"),  # 劳动节; the 24th is a Saturday
    ],
)
def test_a_months_dates_follow_the_working_days(month: str, candidate: str, certification: str, edition: str) -> None:
    found = _moment(DEMO).deadlines(month)
    dates = (found.candidate, found.certification, found.edition)
    assert tuple(map(str, dates)) == (candidate, certification, edition)


def test_a_reviewed_override_moves_them_too() -> None:
    closed = WorkingDays({(dt.date(2025, 4, 1), None, None): CALENDAR.describe(dt.date(2025, 4, 5))})
    assert _moment(DEMO, calendar=closed).deadlines("2025-03").candidate == dt.date(2025, 4, 2)


def test_an_edition_before_the_first_working_day_waits_for_it_and_a_deadline_stays_in_its_month() -> None:
    hall = _hall(edition_day=5, certification_deadline=20)
    october = _moment(hall).deadlines("2025-09")
    assert (october.edition, october.certification) == (dt.date(2025, 10, 9), dt.date(2025, 10, 31))
    assert _moment(_hall(edition_day=1)).deadlines("2025-03").edition == dt.date(2025, 4, 1)


def test_a_day_is_due_after_the_last_of_its_halls_and_never_late_before() -> None:
    hall = _hall(online_platform__sites=("510000", "510100"), online_platform__pull_at_of_sites={"510100": "10:15"})
    assert _moment(hall).due_at("online_platform", YESTERDAY) == at("2025-03-13T10:15")
    assert _moment(hall).late_at("online_platform", YESTERDAY) == at("2025-03-13T10:15")
    assert _moment(hall).due_at("courier", YESTERDAY) == at("2025-03-13T02:30")
    assert _moment(hall).late_at("courier", YESTERDAY) == at("2025-03-13T09:00")


def test_days_are_looked_after_from_the_halls_first_day_or_as_far_back_as_declared() -> None:
    assert len(_moment(DEMO).days_looked_after) == 400
    first = _moment(DEMO, "2023-01-04T02:30").days_looked_after
    assert first == [dt.date(2023, 1, 1), dt.date(2023, 1, 2), dt.date(2023, 1, 3)]


# --- the night -----------------------------------------------------------------------------------------------------


def test_systems_are_asked_at_their_times_with_their_windows() -> None:
    hall = _hall(courier__pull_at="04:00", call_centre__repull_days=2, window_system__repull_days=0)
    assert pull_times(hall) == [dt.time(2, 30), dt.time(4)]
    assert nightly(_moment(hall), dt.time(4), []) == [Pull((YESTERDAY,), ("courier",), "nightly")]
    at_two = {pull.systems: pull.days for pull in nightly(_moment(hall), dt.time(2, 30), [])}
    assert at_two == {
        ("online_platform", "window_system", "enquiry_desks", "rating", "queue"): (YESTERDAY,),
        ("call_centre",): (dt.date(2025, 3, 10), dt.date(2025, 3, 11), YESTERDAY),
    }


def test_only_yesterdays_good_answers_spare_a_question() -> None:
    every = nightly(_moment(DEMO), dt.time(2, 30), [])
    assert nightly(_moment(DEMO), dt.time(2, 30), [_standing("courier", YESTERDAY)]) == every


def test_a_window_doesnt_reach_before_the_halls_first_day() -> None:
    hall = _hall(call_centre__repull_days=7)
    asked = nightly(_moment(hall, "2023-01-03T02:30"), dt.time(2, 30), [])
    assert [pull.days for pull in asked if pull.systems == ("call_centre",)] == [
        (dt.date(2023, 1, 1), dt.date(2023, 1, 2))
    ]


def test_some_halls_of_a_system_are_asked_later() -> None:
    hall = _hall(online_platform__sites=("510000", "510100"), online_platform__pull_at_of_sites={"510100": "06:45"})
    late = nightly(_moment(hall), dt.time(6, 45), [])
    assert late == [Pull((YESTERDAY,), ("online_platform",), "nightly", ("510100",))]
    early = nightly(_moment(hall), dt.time(2, 30), [])
    assert [pull.sites for pull in early if pull.systems == ("online_platform",)] == [("510000",)]


def test_a_later_hall_that_the_system_doesnt_answer_for_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match=r"courier\.pull_at_of_sites names 999999, .* answers for 510000"):
        _hall(courier__pull_at_of_sites={"999999": "06:45"})


def test_what_is_in_already_is_asked_again_only_for_its_window(home: Home) -> None:
    hall = _hall(call_centre__repull_days=1)
    for system in hall.systems:
        _land(home, system, YESTERDAY)
    statuses = list(_moment(hall, home=home).system_days([YESTERDAY]))
    assert [status.verdict for status in statuses] == ["answered"] * len(hall.systems)
    assert nightly(_moment(hall), dt.time(2, 30), statuses) == [
        Pull((dt.date(2025, 3, 11), YESTERDAY), ("call_centre",), "nightly")
    ]


def _land(home: Home, system: str, day: dt.date) -> None:
    counts = SiteCounts(counts_of(()), {}, "a test", {})
    Landing(home.landing).land(
        Counted(system, day, "answered", {"510000": counts}),
        Provenance("r", "c", evidence_version(load_hall().hall.systems[system])),
    )


# --- what isn't in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "refused_at", "again"),
    [
        ("2025-03-13T02:39", "", False),  # the night's own run has only begun
        ("2025-03-13T02:40", "", True),  # never asked: the daemon was down
        ("2025-03-13T03:20", "2025-03-13T02:31", False),
        ("2025-03-13T03:21", "2025-03-13T02:31", True),  # every hour on the first day
        ("2025-03-14T02:29", "2025-03-14T01:29", True),
        ("2025-03-14T02:30", "2025-03-14T01:30", False),
        ("2025-03-15T01:46", "2025-03-14T02:47", False),
        ("2025-03-15T01:47", "2025-03-14T02:47", True),  # once a day afterwards
        ("2025-03-13T03:20", "2025-03-15T02:31", True),  # refused while the clock ran ahead
    ],
)
def test_what_isnt_in_is_asked_again_at_first_often_then_seldom(now: str, refused_at: str, *, again: bool) -> None:
    planned = catch_up(_moment(DEMO, now), [_standing("courier", YESTERDAY, refused_at)])
    assert planned == ([Pull((YESTERDAY,), ("courier",), "catch_up")] if again else [])


def test_after_a_long_downtime_a_range_is_one_run_and_a_year_a_few() -> None:
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=offset) for offset in range(400)]
    absent = [_standing(system, day) for day in days for system in DEMO.systems]
    planned = catch_up(_moment(DEMO, "2025-03-13T02:47"), absent)
    assert [len(pull.days) for pull in planned] == [MOST_DAYS_AT_ONCE] * 4
    assert {pull.systems for pull in planned} == {tuple(DEMO.systems)}
    assert [day for pull in planned for day in pull.days] == days


def test_gaps_are_consecutive_days_with_the_same_systems() -> None:
    day = [dt.date(2025, 3, number) for number in range(1, 8)]
    absent = [(day[0], "a"), (day[1], "a"), (day[1], "b"), (day[2], "a"), (day[2], "b"), (day[5], "b")]
    assert gaps(absent) == [([day[0]], ("a",)), ([day[1], day[2]], ("a", "b")), ([day[5]], ("b",))]


_BOTH = ("courier", "call_centre")


@pytest.mark.parametrize(
    ("under_way", "left"),
    [
        ({}, {(11, 12): _BOTH}),
        ({"courier": {YESTERDAY}}, {(11,): _BOTH, (12,): ("call_centre",)}),
        ({"call_centre": {YESTERDAY}}, {(11,): _BOTH, (12,): ("courier",)}),
        ({"courier": {TODAY}, "online_platform": {YESTERDAY}}, {(11, 12): _BOTH}),
        ({"courier": {YESTERDAY}, "call_centre": {YESTERDAY}}, {(11,): _BOTH}),
        ({"courier": {dt.date(2025, 3, 11), YESTERDAY}}, {(11, 12): ("call_centre",)}),
    ],
)
def test_what_is_asked_for_just_now_is_taken_out_of_a_pull_and_the_rest_stays(
    under_way: dict[str, set[dt.date]], left: dict[tuple[int, ...], tuple[str, ...]]
) -> None:
    pull = Pull((dt.date(2025, 3, 11), YESTERDAY), _BOTH, "catch_up")
    found = without_those_under_way([pull], under_way)
    assert {tuple(day.day for day in each.days): each.systems for each in found} == left
    assert {each.cause for each in found} == {"catch_up"}


# --- windows that a downtime passed by -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "again"),
    [
        ("2025-03-06T02:30", True),  # on its own night alone: the daemon was down from then on
        ("2025-03-07T02:30", True),
        ("2025-03-08T02:30", False),  # its window's last night
        ("2025-03-13T09:00", True),  # stamped in the future: the clock ran ahead, and nobody knows when it was
    ],
)
def test_a_day_that_was_last_answered_before_its_window_closed_is_asked_for_afterwards(
    answered: str, home: Home, *, again: bool
) -> None:
    hall, day = _hall(call_centre__repull_days=2), dt.date(2025, 3, 5)
    with time_machine.travel(at(answered), tick=False):
        _land(home, "call_centre", day)
    now = _moment(hall, home=home)
    missed = [pull for pull in nightly(now, dt.time(2, 30), now.system_days(days_of_windows(now))) if day in pull.days]
    assert missed == ([Pull((day,), ("call_centre",), "correction")] if again else [])


def test_an_answer_that_changed_nothing_closes_the_window_too(home: Home) -> None:
    hall, day = _hall(call_centre__repull_days=2), dt.date(2025, 3, 5)
    with time_machine.travel(at("2025-03-06T02:30"), tick=False):
        _land(home, "call_centre", day)
    with time_machine.travel(at("2025-03-09T02:30"), tick=False):
        Landing(home.landing).confirm("call_centre", day)
    now = _moment(hall, home=home)
    assert all(pull.cause == "nightly" for pull in nightly(now, dt.time(2, 30), now.system_days([day])))


# --- settings ------------------------------------------------------------------------------------------------------


def test_an_automation_that_doesnt_exist_is_refused(tmp_path: Path) -> None:
    text = (load_hall().folder / "hall.toml").read_text(encoding="utf-8")
    (tmp_path / "hall.toml").write_text(f'{text}\n[environments]\nstaging = ["nightly_push"]\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"environments\.staging\.0: Input should be 'nightly_pull'"):
        load_hall(tmp_path)


def test_the_guide_shows_what_holds_when_it_is_left_out() -> None:
    guide = (DEMO_HALL.parents[1] / "sources" / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(\[automation\].*?)```", guide, re.DOTALL)
    document = tomllib.loads(block)
    assert Automation.model_validate(document["automation"]) == Automation()
    assert {name: tuple(allowed) for name, allowed in document["environments"].items()} == ENVIRONMENTS
    hall = _hall(
        window_system__sites=("510000", "510300"),
        **{f"window_system__{key}": value for key, value in document["systems"]["window_system"].items()},
    )
    assert hall.pull_time("window_system", "510300") == dt.time(7, 30)
