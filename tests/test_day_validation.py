"""What becomes of each answer: landed, confirmed or refused, by day and site, with the reason that is kept of it."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from expectations.vocabulary import MASK
from expectations.volumes import Volume
from orchestration.config.hall import Hall, load_hall
from orchestration.config.working_days import CalendarDay, WorkingDays
from orchestration.landing import validate_and_land
from orchestration.landing.day_status import system_day
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.validate_and_land import DayValidation, PullResult
from orchestration.runtime.paths import Home
from orchestration.runtime.secrets import keep_secret
from orchestration.sources.contract import Answer, NothingForDay, Outcome, PassingFault, SourceFault
from tests.counts import counts_of, rows_of
from tests.faults import hall_folder

SYSTEM, MEASURE = "enquiry_desks", "onsite_consultations"
HERE, THERE = "510000", "510100"
WEDNESDAY, SATURDAY = dt.date(2025, 3, 12), dt.date(2025, 3, 15)
BY = Provenance("run", "code", "suite")
SETTINGS = ('title = "现场咨询"', 'title = "现场咨询"\nsites = ["510000", "510100"]')
MOBILE = "13800138000"


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    folder = hall_folder(tmp_path / "hall", SETTINGS)
    with (folder / "catalogue" / "sites.csv").open("a") as sites:
        sites.write("510100,成都市,city\n")
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    return load_hall(folder).hall


@pytest.fixture
def validation(hall: Hall, tmp_path: Path) -> DayValidation:
    landing, quarantine = Landing(tmp_path / "landing"), Quarantine(tmp_path / "quarantine")
    return DayValidation(hall, SYSTEM, WorkingDays({}), landing, quarantine, BY)


def answer(*counts: Any, day: dt.date = WEDNESDAY, site: str = HERE, **values: Any) -> Answer:
    """A row for each count, of departments D01, D02, …; `declared` and `source` are the answer's."""
    told = {name: values.pop(name) for name in ("declared", "source") if name in values}
    rows = tuple(
        {
            "stat_date": str(day),
            "hall_code": site,
            "department_code": f"D{place:02d}",
            "item_code": None,
            "measure": MEASURE,
            "count": count,
            "origin": f"row {place}",
            **values,
        }
        for place, count in enumerate(counts, 1)
    )
    return Answer(day, counts_of(rows), **told)


def settled(validation: DayValidation, *outcomes: Outcome, day: dt.date = WEDNESDAY) -> PullResult:
    """What becomes of a day that the first site, or both, said something of."""
    return validation.settle([(day, dict(zip((HERE, THERE), outcomes, strict=False)))])


def refused(validation: DayValidation, outcome: Outcome, day: dt.date = WEDNESDAY, *, judged: bool = True) -> str:
    """Why nothing of a day landed, which the suite judged or not."""
    (result,) = settled(validation, outcome, day=day).days
    assert (result.outcome, result.extract, result.judged) == ("refused", None, judged)
    (message,) = result.messages
    return message.removeprefix(f"{SYSTEM} 现场咨询, hall {HERE}, {day}: ")


# A day's own verdict, before the suite is asked


@pytest.mark.parametrize("outcome", [NothingForDay("no file", "wait"), answer(), answer(declared={MEASURE: 0})])
def test_a_closed_day_on_which_nothing_was_counted_lands_as_closed(validation: DayValidation, outcome: Outcome) -> None:
    result = settled(validation, outcome, day=SATURDAY)
    (day,) = result.days
    assert day.extract
    assert (day.outcome, day.judged, day.extract.state, day.extract.row_count) == ("landed", False, "closed", 0)
    assert day.extract.sources == ["declared by the calendar"]
    assert (result.findings, result.volumes, result.refused) == ((), (), ())


@pytest.mark.parametrize(
    ("day", "outcome", "reason"),
    [
        (SATURDAY, answer(3, day=SATURDAY, source="a.xlsx"), "a.xlsx holds counts for a day .* closed \\(周六\\)"),
        (SATURDAY, answer(day=SATURDAY, declared={MEASURE: 3}, source="a.xlsx"), "a.xlsx holds counts for a day "),
        (SATURDAY, PassingFault("no answer", "wait"), "no answer. Next: wait.$"),
        (WEDNESDAY, NothingForDay("no file", "ask the keeper"), "no file. Next: ask the keeper.$"),
        (WEDNESDAY, answer(), "the answer has no rows, and missing is not zero. Next: ask the system's keeper"),
        (
            WEDNESDAY,
            answer(3, declared={MEASURE: None, "b": 1, "c": None}, source="a.xlsx"),
            f"a.xlsx leaves its own total of {MEASURE}, c blank, and nothing else vouches for the rows. Next:",
        ),
    ],
)
def test_what_is_refused_before_the_suite_is_asked(
    validation: DayValidation, day: dt.date, outcome: Outcome, reason: str
) -> None:
    assert re.match(reason, refused(validation, outcome, day, judged=False))
    (kept,) = validation.quarantine.all_open()
    answered = not isinstance(outcome, SourceFault)
    assert (kept.stat_date, kept.hall, kept.run_id, kept.answered, kept.rows) == (str(day), HERE, "run", answered, [])
    assert dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(kept.refused_at) < dt.timedelta(minutes=1)
    assert "." in kept.refused_at, "two refusals of one second have their order"


def test_a_landing_that_cannot_be_read_takes_nothing_more(validation: DayValidation) -> None:
    (day,) = settled(validation, answer(3)).days
    assert day.extract
    entry = validation.landing.path(day.extract).with_suffix(".json")
    entry.write_text("{}")
    following = WEDNESDAY + dt.timedelta(weeks=1)
    result = validation.settle([(following, {HERE: answer(3, day=following)}), (WEDNESDAY, {HERE: answer(4)})])
    assert [(each.day, each.outcome) for each in result.days] == [(WEDNESDAY, "refused"), (following, "landed")]
    assert result.refused == result.days[:1]
    assert f"{entry} is not a manifest entry" in result.days[0].messages[0]
    assert not validation.quarantine.open_refusals(SYSTEM, WEDNESDAY)[HERE].answered
    assert result.volumes == (), "nothing is compared with what can't be read"


# A site that is closed


def test_an_override_closes_one_site_and_the_others_are_asked(validation: DayValidation, tmp_path: Path) -> None:
    closed = CalendarDay(WEDNESDAY, is_working_day=False, reason="停电")
    shut = replace(validation, calendar=WorkingDays({(WEDNESDAY, SYSTEM, THERE): closed}))
    (day,) = settled(shut, answer(3), NothingForDay("no file", "ask the keeper")).days
    assert day.extract
    assert (day.outcome, day.messages, list(day.extract.sites)) == ("landed", (), [HERE])
    status = replace(
        system_day(shut.hall, Home(tmp_path), shut.calendar, SYSTEM, WEDNESDAY), suite_version=BY.suite_version
    )
    assert (status.verdicts, status.expected) == ({HERE: "answered", THERE: "closed"}, True)
    (day,) = settled(shut, answer(3), answer(4, site=THERE, source="a.xlsx")).days
    assert "a.xlsx holds counts for a day that the calendar declares closed" in day.messages[0]
    assert "停电" in day.messages[0]


# Nothing to count


def test_a_stated_zero_lands_as_such(validation: DayValidation, tmp_path: Path) -> None:
    (day,) = settled(validation, answer(declared={MEASURE: 0})).days
    assert day.extract
    assert (day.outcome, day.judged, day.extract.state, day.extract.row_count) == ("landed", True, "answered", 0)
    assert day.extract.sites[HERE].sums == {MEASURE: 0}
    assert day.extract.checks["declared_total_equals_sum"] == "passed"
    status = system_day(validation.hall, Home(tmp_path), validation.calendar, SYSTEM, WEDNESDAY)
    assert replace(status, suite_version=BY.suite_version).verdicts[HERE] == "declared_zero"
    assert settled(validation, answer(declared={MEASURE: 0})).days[0].outcome == "unchanged"


@pytest.mark.parametrize("total", [1, None, False, "0", 0.0])
def test_nothing_but_a_total_of_zero_states_zero(validation: DayValidation, total: Any) -> None:
    assert "the answer has no rows" in refused(validation, answer(declared={MEASURE: total}), WEDNESDAY, judged=False)


# What confirms


@pytest.mark.parametrize("beside", [None, 2**64, *(pytest.param(it, marks=pytest.mark.proof) for it in ("五", 3.5))])
def test_an_answer_with_a_row_that_cannot_land_confirms_nothing(validation: DayValidation, beside: Any) -> None:
    settled(validation, answer(3, 4))
    (again,) = settled(validation, answer(3, 4, beside)).days
    assert (again.outcome, again.judged) == ("refused", True)
    assert "count_is_a_non_negative_integer" in again.messages[0]


def test_the_same_answer_is_confirmed_and_not_judged_again(validation: DayValidation) -> None:
    said = answer(3, 4, declared={MEASURE: 7}, source="here")
    (first,) = settled(validation, said).days
    assert (first.outcome, first.judged) == ("landed", True)
    settled(validation, PassingFault("no answer", "wait"))
    (again,) = settled(validation, said).days
    assert (again.outcome, again.judged, again.extract) == ("unchanged", False, first.extract)
    assert validation.quarantine.all_open() == [], "the refusal in between is history"


@pytest.mark.parametrize("other", ["declared", "rows", "suite", "file", "site"])
def test_what_isnt_known_to_be_the_same_is_judged(validation: DayValidation, other: str) -> None:
    said: Mapping[str, Any] = {"declared": {MEASURE: 7}, "source": "here"}
    (first,) = settled(validation, answer(3, 4, **said)).days
    assert first.extract
    replies: tuple[Outcome, ...] = (answer(3, 4, **said),)
    if other == "declared":
        replies = (answer(3, 4, declared={}, source="here"),)
    elif other == "rows":
        replies = (answer(4, 3, **said),)
    elif other == "suite":
        validation = replace(validation, provenance=replace(BY, suite_version="stricter"))
    elif other == "file":
        validation.landing.path(first.extract).write_bytes(b"damaged")
    else:
        replies = (answer(3, 4, **said), answer(3, 4, site=THERE))
    (again,) = settled(validation, *replies).days
    assert again.judged


def test_a_day_that_an_override_opened_is_judged(validation: DayValidation) -> None:
    settled(validation, NothingForDay("no file", "wait"), day=SATURDAY)
    opened = WorkingDays({(SATURDAY, None, None): CalendarDay(SATURDAY, is_working_day=True, reason="加班")})
    (day,) = settled(replace(validation, calendar=opened), answer(3, day=SATURDAY), day=SATURDAY).days
    assert day.extract
    assert (day.judged, day.extract.state, day.extract.sequence) == (True, "answered", 2)


# What the suite says


def test_a_good_answer_lands_with_what_the_suite_said(
    validation: DayValidation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    keep_secret("geheim-7391")
    result = settled(replace(validation, docs=tmp_path / "docs"), answer(3, source="http://desks?key=geheim-7391"))
    (day,) = result.days
    assert day.extract
    idle = {rule for rule, outcome in day.extract.checks.items() if outcome != "passed"}
    assert idle == {"declared_total_equals_sum", "volume_is_near_usual"}, (
        "no total was declared, and nothing landed before"
    )
    assert set(day.extract.checks.values()) == {"passed", "not_applicable"}
    assert {finding.rule.name for finding in result.findings} == set(day.extract.checks)
    assert day.extract.sources == ["http://desks?key=‹secret›"]
    assert (tmp_path / "docs" / SYSTEM / "index.html").exists()
    assert [line for line in caplog.messages if line.startswith(SYSTEM)] == [
        "enquiry_desks 2025-03-12 answered",
        "enquiry_desks: judging 1 days",
    ]


def test_a_count_that_is_absent_makes_no_fractions_of_the_others(validation: DayValidation) -> None:
    message = refused(validation, answer(4, None, 5))
    assert message.startswith("count_is_a_non_negative_integer: 2025-03-12, row 2: count = None. Next: ")


def test_a_site_without_history_makes_no_fractions_of_anothers_usual(validation: DayValidation) -> None:
    landed(validation, {1: 10})
    (day,) = settled(validation, answer(10), answer(10, site=THERE)).days
    assert day.extract
    idle = {rule: outcome for rule, outcome in day.extract.checks.items() if outcome != "passed"}
    assert idle == {"declared_total_equals_sum": "not_applicable"}, "one site's history is compared"


def test_a_measure_without_rows_counts_as_nothing_which_the_source_has_to_say(
    validation: DayValidation, hall: Hall
) -> None:
    desks = hall.systems[SYSTEM].model_copy(update={"measures": (MEASURE, "phone_consultations")})
    both = replace(validation, hall=hall.model_copy(update={"systems": {**hall.systems, SYSTEM: desks}}))
    (day,) = settled(both, answer(3, declared={MEASURE: 3, "phone_consultations": 0})).days
    assert day.outcome == "landed"
    refusal = refused(both, answer(4, declared={MEASURE: 4, "phone_consultations": 1}), judged=True)
    assert "declared_total_equals_sum" in refusal


def test_of_many_rows_that_fail_three_are_shown_and_all_are_kept(validation: DayValidation) -> None:
    bad = answer(-1, -2, -3, -4, -5, origin=f"张三 {MOBILE}")
    (day,) = settled(validation, bad, answer(6, site=THERE)).days
    (message,) = day.messages
    assert (day.outcome, day.judged) == ("landed", True)
    assert "count_is_a_non_negative_integer: 2025-03-12, " in message
    assert [f"count = {count}" in message for count in (-1, -2, -3, -4)] == [True, True, True, False]
    assert " and 2 more; no_personal_patterns: " in message
    assert message.endswith("points to a changed export.")
    assert (MOBILE in message, MASK in message) == (False, True)
    (kept,) = validation.quarantine.all_open()
    assert kept.reason == message
    assert [row["count"] for row in kept.rows] == [-1, -2, -3, -4, -5]
    assert kept.rows[0].keys() >= {"stat_date", "hall_code", "origin"}
    assert not kept.rows[0].keys() & {"asked_date", "asked_hall"}
    assert MOBILE not in str(kept.rows)


def test_three_rows_that_fail_are_all_shown(validation: DayValidation) -> None:
    assert "more" not in refused(validation, answer(-1, -2, -3)).partition(". Next: ")[0]


def test_a_fault_of_the_whole_frame_is_told_by_its_rule(validation: DayValidation) -> None:
    said = answer(3, stat_date="2025-03-13")
    message = refused(validation, said)
    assert message.startswith("stat_date_is_the_day_asked: 2025-03-12, row 1: stat_date = '2025-03-13'. Next: ")


def test_a_fault_that_quotes_a_secret_or_a_person_repeats_neither(validation: DayValidation) -> None:
    keep_secret("geheim-7391")
    fault = PassingFault(f"geheim-7391 of {MOBILE}", "wait")
    assert refused(validation, fault, judged=False) == f"‹secret› of {MASK}. Next: wait."


def test_sites_are_named_together_where_the_reason_and_the_next_step_are_one(validation: DayValidation) -> None:
    (day,) = settled(validation, PassingFault("no answer", "wait"), PassingFault("no answer", "wait")).days
    assert day.messages == ("enquiry_desks 现场咨询, halls 510000, 510100, 2025-03-12: no answer. Next: wait.",)
    (day,) = settled(validation, PassingFault("no answer", "wait"), PassingFault("no answer", "ask")).days
    assert len(day.messages) == 2


# What is usual


def weeks_before(count: int, day: dt.date = WEDNESDAY) -> dt.date:
    return day - dt.timedelta(weeks=count)


def landed(validation: DayValidation, counts: Mapping[int, int]) -> None:
    """Land what was counted so many weeks before."""
    for weeks, count in counts.items():
        day = weeks_before(weeks)
        site = SiteCounts(answer(count, day=day).counts, {}, "here", {})
        validation.landing.land(Counted(SYSTEM, day, "answered", {HERE: site}), BY)


@pytest.mark.parametrize(
    ("before", "usual"),
    [
        ({1: 10}, 10),
        ({1: 10, 2: 20}, 10),
        ({1: 10, 2: 40, 3: 30}, 30),
        ({1: 10, 4: 40}, 10),
        ({4: 40}, 40),
        ({5: 50}, None),
        ({}, None),
    ],
)
def test_the_usual_is_the_median_of_the_same_weekday_in_four_weeks(
    validation: DayValidation, before: dict[int, int], usual: int | None
) -> None:
    landed(validation, before)
    expected = () if usual is None else (Volume(WEDNESDAY, HERE, MEASURE, 12, usual),)
    assert settled(validation, answer(5, 7)).volumes == expected
    assert settled(validation, NothingForDay("x", "y"), answer(5, 8, site=THERE)).volumes == (), "of another site"


def test_days_at_hand_count_before_what_is_landed(validation: DayValidation) -> None:
    landed(validation, {1: 10, 2: 20})
    week = weeks_before(1)
    result = validation.settle([(week, {HERE: answer(99, day=week)}), (WEDNESDAY, {HERE: answer(5)})])
    assert [each.usual for each in result.volumes] == [20, 20]
    fresh = validation.settle([(week, {HERE: answer("?", day=week)}), (WEDNESDAY, {HERE: answer(6)})])
    assert [(each.day, each.usual) for each in fresh.volumes] == [(WEDNESDAY, 20)], "what can't be summed isn't usual"


def test_days_that_were_worked_otherwise_or_before_the_hall_began_are_not_usual(
    validation: DayValidation, hall: Hall
) -> None:
    landed(validation, {1: 10, 2: 20})
    holiday = WorkingDays(
        {(weeks_before(1), None, None): CalendarDay(weeks_before(1), is_working_day=False, reason="放假")}
    )
    assert [each.usual for each in settled(replace(validation, calendar=holiday), answer(5)).volumes] == [20]
    for first, count, usual in ((weeks_before(1), 6, [10]), (WEDNESDAY, 7, [])):
        begun = replace(validation, hall=hall.model_copy(update={"first_day": first}))
        assert [each.usual for each in settled(begun, answer(count)).volumes] == usual


def test_days_that_are_judged_in_portions_fare_as_all_at_once(
    validation: DayValidation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [WEDNESDAY + dt.timedelta(weeks=week) for week in range(5)]
    outcomes = [
        (day, {HERE: answer(9, count, day=day, declared={MEASURE: 9 + count}), THERE: answer(5, day=day, site=THERE)})
        for day, count in zip(days, (7, -7, 400, 7, -7), strict=True)
    ]
    whole = validation.settle(outcomes)
    monkeypatch.setattr(validate_and_land, "_ROWS_AT_ONCE", 4)
    elsewhere = replace(validation, landing=Landing(tmp_path / "b"), quarantine=Quarantine(tmp_path / "b quarantine"))
    portions = elsewhere.settle(iter(outcomes))
    assert (portions.findings, portions.volumes) == (whole.findings, whole.volumes)
    assert [(day.day, day.outcome, day.messages) for day in portions.days] == [
        (day.day, day.outcome, day.messages) for day in whole.days
    ]
    assert {finding.rule.name: finding.failing_days for finding in portions.findings if not finding.passed} == {
        "count_is_a_non_negative_integer": (days[1], days[4]),
        "volume_is_near_usual": (days[2],),
    }


def test_a_row_without_a_measure_is_in_no_sum(validation: DayValidation) -> None:
    landed(validation, {1: 10})
    rows = ({**rows_of(answer(3))[0], "measure": None}, *rows_of(answer(5, 7)))
    (volume,) = settled(validation, Answer(WEDNESDAY, counts_of(rows))).volumes
    assert volume.counted == 12


@pytest.mark.parametrize("count", ["三", 3.5, True, None])
def test_what_is_no_whole_number_is_not_summed(validation: DayValidation, count: Any) -> None:
    landed(validation, {1: 10})
    assert settled(validation, answer(4, count, 5)).volumes == ()
