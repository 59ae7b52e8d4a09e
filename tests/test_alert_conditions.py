"""What deserves an alert: by days, builds, certificates, deadlines and runs; nothing twice, nothing by a blind eye."""

from pathlib import Path

import dagster as dg
import pytest
import time_machine

from orchestration.alerts.conditions import KINDS
from orchestration.alerts.notification import find_conditions
from orchestration.assets.certified import LEDGER_CHECK
from orchestration.config.alerts import ALERT_KINDS
from orchestration.jobs import FACTS_JOB, PULL_JOB
from tests.alerting import Told, told_in
from tests.moments import at


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """All of March is in, until a test says otherwise."""
    made = told_in(tmp_path)
    made.land("2025-03-01..2025-03-11")
    return made


def test_every_kind_that_settings_know_has_its_place_and_its_words() -> None:
    assert set(KINDS) == set(ALERT_KINDS)


def test_when_all_is_in_nothing_deserves_an_alert(told: Told) -> None:
    assert told.found("2025-03-12T12:00") == {}


# --- days ----------------------------------------------------------------------------------------------------------


def test_a_day_is_late_from_the_halls_hour_on_and_not_before(told: Told) -> None:
    told.land("2025-03-12", systems=("courier",))
    assert told.found("2025-03-13T08:59") == {}
    assert told.found("2025-03-13T09:00") == {"days call_centre 2025-03-12": "late"}


def test_a_refused_answer_is_told_at_once_and_not_as_late_too(told: Told) -> None:
    told.land("2025-03-12", systems=("courier",))
    told.refuse("call_centre", "2025-03-12")
    assert told.found("2025-03-13T03:00") == {"days call_centre 2025-03-12": "refused"}
    assert told.found("2025-03-13T12:00") == {"days call_centre 2025-03-12": "refused"}


def test_silence_is_late_and_says_why_it_was_asked_in_vain(told: Told) -> None:
    told.land("2025-03-12", systems=("courier",))
    told.refuse("call_centre", "2025-03-12", "no file has come", answered=False)
    assert told.found("2025-03-13T03:00") == {}
    found = find_conditions(told.moment("2025-03-13T10:00"), told.instance).conditions["days call_centre 2025-03-12"]
    assert (found.kind, found.text) == ("late", "no answer: no file has come")


def test_a_torn_manifest_entry_is_a_failure(told: Told) -> None:
    next((told.home.landing / "courier" / "2025-03-11").glob("*.json")).write_text("{")
    assert told.found("2025-03-12T03:00") == {"days courier 2025-03-11": "failure"}


@time_machine.travel(at("2025-03-13T07:00"))
def test_an_answer_that_landed_with_a_warning_is_told_for_a_month(told: Told) -> None:
    told.land("2025-03-12", systems=("courier",), checks={"volume_is_usual": "warned", "dates_fit": "passed"})
    told.land("2025-03-12", systems=("call_centre",))
    assert told.found("2025-03-13T08:00") == {"days courier 2025-03-12 volume_is_usual": "check_warned"}
    assert "check_warned" not in told.found("2025-04-14T08:00").values()


# --- builds, certificates, deadlines -------------------------------------------------------------------------------


def test_what_failed_or_warned_in_the_newest_build_is_told(told: Told) -> None:
    told.build(
        "2025-03", "2025-03-12T06:00", balance="fail", unique="error", volume="warn", whole="pass", later="skipped"
    )
    assert told.found("2025-03-12T07:00") == {
        "checks 2025-03 balance": "check_failed",
        "checks 2025-03 unique": "check_failed",
        "checks 2025-03 volume": "check_warned",
    }
    told.build("2025-03", "2025-03-12T08:00", balance="pass", unique="pass", volume="pass", whole="pass")
    assert told.found("2025-03-12T09:00") == {}


def test_a_month_that_is_not_certified_is_told_a_working_day_before_its_dates_and_after_them(told: Told) -> None:
    told.land("2025-03-12..2025-05-01")
    # In April 2025 the 4th is 清明节: the fifth working day is the 8th, and the 24th is one.
    assert told.found("2025-04-06T12:00") == {}
    assert told.found("2025-04-07T12:00") == {"deadlines 2025-03 certification near": "deadline"}
    assert told.found("2025-04-09T12:00") == {"deadlines 2025-03 certification passed": "deadline"}
    passed = {"deadlines 2025-03 certification passed": "deadline", "deadlines 2025-03 edition near": "deadline"}
    assert told.found("2025-04-23T12:00") == passed
    assert "deadlines 2025-03 edition passed" in told.found("2025-04-25T12:00")


@pytest.mark.parametrize(("now", "near"), [("2025-07-03T23:59", False), ("2025-07-04T00:00", True)])
def test_before_a_monday_the_working_day_before_is_friday(told: Told, now: str, *, near: bool) -> None:
    assert ("deadlines 2025-06 certification near" in told.found(now)) == near


def test_a_certified_month_is_told_of_and_holds_no_deadline(told: Told) -> None:
    told.land("2025-03-12..2025-04-30")
    name = told.certify("2025-03", "2025-04-02T16:00")
    assert told.found("2025-04-09T12:00") == {f"certified {name}": "certified"}
    assert told.found("2025-05-04T12:00").get(f"certified {name}") is None


def test_a_month_from_before_the_hall_has_no_deadline(told: Told) -> None:
    assert told.found("2025-03-12T12:00") == {}


# --- runs ----------------------------------------------------------------------------------------------------------


def _run(told: Told, job: str, failure: Exception | None = None, **tags: str) -> None:
    """A run of a job of one step, which fails or doesn't."""

    @dg.op
    def step() -> None:
        if failure:
            raise failure

    @dg.job(name=job)
    def made() -> None:
        step()

    named = {f"dagster/{name}": value for name, value in tags.items()}
    made.execute_in_process(instance=told.instance, raise_on_error=False, tags=named)


def _of_runs(told: Told) -> list[str]:
    return [
        each.text
        for each in find_conditions(told.moment("2025-03-13T08:00"), told.instance).conditions.values()
        if each.source == "runs"
    ]


@time_machine.travel(at("2025-03-13T07:00"))
def test_a_failed_run_is_told_until_one_of_the_same_partition_succeeds(told: Told) -> None:
    _run(told, FACTS_JOB, OSError("no space left\n  on device"), partition="2025-03-01")
    assert _of_runs(told) == ["failed: OSError: no space left on device"]
    _run(told, FACTS_JOB, OSError("still none"), partition="2025-03-01")
    assert _of_runs(told) == ["failed: OSError: still none"]
    _run(told, FACTS_JOB, partition="2025-04-01")
    assert _of_runs(told) == ["failed: OSError: still none"]
    _run(told, FACTS_JOB, partition="2025-03-01")
    assert _of_runs(told) == []


@time_machine.travel(at("2025-03-13T07:00"))
def test_a_failed_pull_is_told_while_a_day_that_it_asked_for_is_not_in(told: Told) -> None:
    span = {"asset_partition_range_start": "2025-03-10", "asset_partition_range_end": "2025-03-12"}
    _run(told, PULL_JOB, OSError("no space left"), **span)
    assert _of_runs(told) == ["failed: OSError: no space left"]
    told.land("2025-03-12")
    assert _of_runs(told) == []


@time_machine.travel(at("2025-03-13T07:00"))
def test_a_run_that_failed_for_refused_days_alone_is_told_by_these(told: Told) -> None:
    span = {"asset_partition_range_start": "2025-03-12", "asset_partition_range_end": "2025-03-12"}
    _run(told, PULL_JOB, dg.Failure("refused", metadata={"refused": 1, "in": 0}), **span)
    _run(told, FACTS_JOB, dg.Failure("the warehouse refused", metadata={"failed": 2}), partition="2025-03-01")
    assert _of_runs(told) == []
    _run(told, "month", dg.Failure("can't be printed", metadata={"missing_day": 1, "check_not_run": 2}))
    assert _of_runs(told) == ["failed: can't be printed"]


@pytest.mark.parametrize(("passed", "kinds"), [(False, ["check_failed"]), (True, [])])
def test_the_ledgers_own_check_is_told_when_it_fails(told: Told, kinds: list[str], *, passed: bool) -> None:
    @dg.asset(
        key=LEDGER_CHECK.asset_key, check_specs=[dg.AssetCheckSpec(LEDGER_CHECK.name, asset=LEDGER_CHECK.asset_key)]
    )
    def certified_numbers() -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster reads it
        result = dg.AssetCheckResult(passed=passed, check_name=LEDGER_CHECK.name, description="a byte was changed")
        return dg.MaterializeResult(check_results=[result])

    dg.materialize([certified_numbers], instance=told.instance)
    assert list(told.found("2025-03-12T12:00").values()) == kinds


# --- blind eyes ----------------------------------------------------------------------------------------------------


def test_a_source_that_can_not_look_is_a_failure_and_keeps_no_other_from_looking(told: Told) -> None:
    told.refuse("courier", "2025-03-11")
    (told.home.published / "2025-03").mkdir(parents=True)
    (told.home.published / "2025-03" / "build.json").write_text("{")
    found = find_conditions(told.moment("2025-03-12T12:00"), told.instance)
    assert {key: each.kind for key, each in found.conditions.items()} == {
        "days courier 2025-03-11": "refused",
        "looking checks": "failure",
    }
    assert found.blind == {"checks"}
    assert found.conditions["looking checks"].text.startswith("build.json: ")


def test_a_year_without_a_calendar_is_said_with_what_to_do(told: Told) -> None:
    found = find_conditions(told.moment("2099-01-05T12:00"), told.instance)
    assert "update the package `chinesecalendar`" in found.conditions["looking days"].text
    assert at("2099-01-05T12:00").year == 2099
