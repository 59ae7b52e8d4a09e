"""One system, many halls: those that answer land, those that don't are named, and a retry asks for them alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration.config.hall import Hall, Retries, load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.day_status import SystemDay, system_day
from orchestration.landing.manifest import Landing, Provenance
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.validate_and_land import DayValidation, PullResult
from orchestration.runtime.paths import Home
from orchestration.sources.answers import divide_answer
from orchestration.sources.contract import (
    Answer,
    BrokenAnswer,
    NothingForDay,
    Outcome,
    PassingFault,
    PermanentFault,
    Request,
)
from orchestration.sources.pool import Requests
from tests.counts import counts_of, rows_of
from tests.faults import hall_folder

DAY = dt.date(2025, 3, 12)
HALLS = ("510000", "510100", "510300")
BY = Provenance("run", "code", "suite")
SETTINGS = ('title = "现场咨询"', 'title = "现场咨询"\nsites = ["510000", "510100", "510300"]')


def _row(hall: str, count: Any = 5, **values: Any) -> dict[str, Any]:
    return {
        "stat_date": str(DAY),
        "hall_code": hall,
        "department_code": "D01",
        "item_code": None,
        "measure": "onsite_consultations",
        "count": count,
        "origin": f"row of {hall}",
        **values,
    }


class Desks:
    """A system of three halls; `says` gives what each says, a fault or its rows."""

    def __init__(self, *, by_site: bool, says: Mapping[str, Any]) -> None:
        self.by_site = by_site
        self.says = says
        self.asked: list[tuple[str, ...]] = []

    def ask(self, request: Request) -> dict[str, Outcome]:
        self.asked.append(request.sites)
        if self.by_site and isinstance(fault := self.says[request.sites[0]], Exception):
            raise fault
        return {hall: self._reply(hall) for hall in request.sites}

    def _reply(self, hall: str) -> Outcome:
        said = self.says[hall]
        return said if isinstance(said, PermanentFault | PassingFault | NothingForDay) else Answer(DAY, counts_of(said))


GOOD: Mapping[str, Any] = {hall: [_row(hall)] for hall in HALLS}
Pull = Callable[[Desks], PullResult]
Status = Callable[[], SystemDay]


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    folder = hall_folder(tmp_path / "hall", SETTINGS)
    with (folder / "catalogue" / "sites.csv").open("a") as sites:
        sites.write("510100,成都市,city\n510300,自贡市,city\n")
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    return load_hall(folder).hall


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture
def quarantine(tmp_path: Path) -> Quarantine:
    return Quarantine(tmp_path / "quarantine")


@pytest.fixture
def status(hall: Hall, tmp_path: Path) -> Status:
    """Reads the verdict on the one day."""
    return lambda: replace(
        system_day(hall, Home(tmp_path), WorkingDays({}), "enquiry_desks", DAY), suite_version=BY.suite_version
    )


@pytest.fixture
def pull(hall: Hall, landing: Landing, quarantine: Quarantine, status: Status) -> Pull:
    """Pulls the one day, as a run does."""
    validation = DayValidation(hall, "enquiry_desks", WorkingDays({}), landing, quarantine, BY)

    def once(source: Desks) -> PullResult:
        requests = Requests(Retries(attempts=1), at_once=2)
        requests.ask(
            {"enquiry_desks": source},
            [DAY],
            lambda _system, _day: status().sites_to_ask,
        )
        result = validation.settle(requests.outcomes("enquiry_desks", [DAY]))
        requests.close()
        return result

    return once


def _counts(landing: Landing) -> dict[str, int]:
    extract = landing.current("enquiry_desks", DAY)
    return {row["hall_code"]: row["count"] for row in landing.counts(extract).rows()} if extract else {}


FAULTS = {
    "no answer": PassingFault("no answer", "wait"),
    "nothing for the day": NothingForDay("no closing record", "wait"),
    "no rows": [],
    "no number": [_row("510100", "五")],
    "another hall's rows": [_row("510300")],
    "a row twice": [_row("510100"), _row("510100")],
}


@pytest.mark.parametrize("by_site", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_one_hall_that_fails_holds_no_other_and_is_asked_for_alone(
    fault: str, *, by_site: bool, pull: Pull, landing: Landing, quarantine: Quarantine
) -> None:
    source = Desks(by_site=by_site, says={**GOOD, "510100": FAULTS[fault]})

    (day,) = pull(source).days

    assert day.outcome == "landed"
    assert len(day.messages) == 1
    assert "hall 510100, 2025-03-12: " in day.messages[0]
    assert _counts(landing) == {"510000": 5, "510300": 5}
    assert list(quarantine.open_refusals("enquiry_desks", DAY)) == ["510100"]

    source.asked.clear()
    source.says = {**GOOD, "510100": [_row("510100", 7)]}
    (day,) = pull(source).days

    assert source.asked == [("510100",)]
    assert (day.outcome, day.messages) == ("landed", ())
    assert _counts(landing) == {"510000": 5, "510100": 7, "510300": 5}
    assert quarantine.open_refusals("enquiry_desks", DAY) == {}
    assert day.extract is not None
    assert (day.extract.sequence, day.extract.sums) == (2, {"onsite_consultations": 17})


def test_all_halls_in_are_all_asked_again_and_one_correction_changes_one(pull: Pull, landing: Landing) -> None:
    source = Desks(by_site=False, says=GOOD)
    pull(source)
    (same,) = pull(source).days
    assert (same.outcome, same.judged, source.asked) == ("unchanged", False, [HALLS, HALLS])

    source.says = {**GOOD, "510300": [_row("510300", 6)]}
    (day,) = pull(source).days

    assert day.outcome == "landed"
    assert _counts(landing) == {"510000": 5, "510100": 5, "510300": 6}


def test_an_answer_that_an_older_suite_judged_confirms_nothing(
    hall: Hall, pull: Pull, landing: Landing, quarantine: Quarantine
) -> None:
    pull(Desks(by_site=False, says=GOOD))
    stricter = replace(BY, suite_version="stricter")
    validation = DayValidation(hall, "enquiry_desks", WorkingDays({}), landing, quarantine, stricter)
    (day,) = validation.settle([(DAY, {site: Answer(DAY, counts_of(rows)) for site, rows in GOOD.items()})]).days
    assert (day.outcome, day.judged) == ("landed", True)
    assert day.extract is not None
    assert (day.extract.sequence, day.extract.suite_version) == (2, "stricter")


def test_a_bad_correction_leaves_what_is_in_and_is_open(pull: Pull, landing: Landing, quarantine: Quarantine) -> None:
    source = Desks(by_site=False, says=GOOD)
    pull(source)
    source.says = {**GOOD, "510300": [_row("510300", -1)]}
    (day,) = pull(source).days
    assert (day.outcome, len(day.messages)) == ("unchanged", 1)
    assert _counts(landing) == dict.fromkeys(HALLS, 5)
    assert list(quarantine.open_refusals("enquiry_desks", DAY)) == ["510300"]


def test_halls_that_fail_for_one_reason_are_named_in_one_line(pull: Pull, landing: Landing) -> None:
    result = pull(Desks(by_site=True, says=dict.fromkeys(HALLS, PassingFault("no answer", "wait"))))
    assert result.days[0].messages == (
        "enquiry_desks 现场咨询, halls 510000, 510100, 510300, 2025-03-12: no answer. Next: wait.",
    )
    assert landing.current("enquiry_desks", DAY) is None


def test_a_suite_that_changed_judges_every_hall_anew(status: Status, pull: Pull) -> None:
    pull(Desks(by_site=False, says={**GOOD, "510100": []}))
    assert status().sites_to_ask == ("510100",)
    assert replace(status(), suite_version="stricter").sites_to_ask == HALLS


def test_what_was_taken_over_is_as_it_was_landed(landing: Landing, pull: Pull) -> None:
    (first,) = pull(Desks(by_site=False, says={**GOOD, "510100": []})).days
    (second,) = pull(Desks(by_site=False, says=GOOD)).days
    assert first.extract is not None
    assert second.extract is not None
    assert {hall: second.extract.sites[hall] for hall in first.extract.sites} == first.extract.sites


def test_a_damaged_extract_hands_nothing_over(landing: Landing, status: Status, pull: Pull) -> None:
    (first,) = pull(Desks(by_site=False, says={**GOOD, "510100": []})).days
    assert first.extract is not None
    landing.path(first.extract).write_bytes(b"damaged")
    pull(Desks(by_site=False, says=GOOD))
    assert _counts(landing) == {"510100": 5}
    assert status().sites_to_ask == ("510000", "510300")


# One answer for several halls


def _shared(rows: Sequence[Mapping[str, Any]], sites: tuple[str, ...] = HALLS, **declared: Any) -> dict[str, Outcome]:
    return divide_answer(Request(DAY, sites), HALLS, counts_of(rows), declared, "here")


def test_one_answer_is_divided_by_hall() -> None:
    shared = _shared([_row(hall) for hall in reversed(HALLS)], onsite_consultations=15)
    assert {hall: [row["hall_code"] for row in rows_of(reply)] for hall, reply in shared.items()} == {
        hall: [hall] for hall in HALLS
    }


def test_halls_that_were_not_asked_for_are_left_out() -> None:
    assert list(_shared([_row(hall) for hall in HALLS], ("510300",), onsite_consultations=15)) == ["510300"]


def test_a_row_of_no_known_hall_refuses_the_answer() -> None:
    with pytest.raises(PermanentFault, match="row of 519999 is of a site that the system isn't set to answer for"):
        _shared([_row("510000"), _row("519999")])


@pytest.mark.parametrize("total", [14, "15", None, 15.5])
def test_a_total_that_the_rows_do_not_add_up_to_refuses_the_answer(total: Any) -> None:
    with pytest.raises(BrokenAnswer, match="its rows add up to 15"):
        _shared([_row(hall) for hall in HALLS], onsite_consultations=total)
