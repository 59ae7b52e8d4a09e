"""Months of the report that begin on another day: the 26th to the 25th, and the month in which that is decided."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.automation.deadlines import Moment
from orchestration.config.catalogue import working_days
from orchestration.config.hall import MonthBeginning, load_hall
from orchestration.partitions import month_key, month_of_key, monthly
from orchestration.runtime.paths import Home
from orchestration.warehouse.month import Month
from reports.figures.months import ReportingMonths, days_between, months_before
from tests.small_halls import DAILY, SmallHall, open_on

TWO = ["D1", "D2"]
ON_THE_26TH = ReportingMonths((("0001-01", 26),))


def days(first: str, last: str) -> list[dt.date]:
    return days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


def hall_in(place: Path, first_day: str, begins: str) -> SmallHall:
    """The small hall with data from a day on, and with that rule."""
    hall = SmallHall.begun(place)
    hall.edit("hall.toml", ("first_day = 2025-01-01", f"first_day = {first_day}\n{begins}"))
    return hall


def drop(hall: SmallHall, first: str, last: str) -> None:
    for day in days(first, last):
        hall.drop(day, TWO)


def certified(hall: SmallHall, month: str) -> dict[str, int]:
    reported = hall.run("report", month)
    assert reported.exit_code == 0, reported.output
    return hall.numbers(month)


def counted(number_of_days: int, last: str) -> dict[str, int]:
    """What is certified of so many days, up to the last."""
    return {
        "accepted": 2 * DAILY["accepted"] * number_of_days,
        "completed": 2 * DAILY["completed"] * number_of_days,
        "open": 2 * open_on(dt.date.fromisoformat(last)),
    }


def period(hall: SmallHall, month: str, revision: int = 1) -> dict[str, str]:
    (path,) = (hall.home / "certificates").glob(f"*-{month}-r{revision}.json")
    said: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["candidate"]["period"]
    return said


def test_months_from_the_26th_to_the_25th_are_reported_verified_revised_and_rebuilt(tmp_path: Path) -> None:
    hall = hall_in(tmp_path, "2025-01-26", "month_begins = 26")
    hall.edit(
        "wording.txt.j2",
        ("本月，", "{{ first.month }} 月 {{ first.day }} 日至 {{ last.month }} 月 {{ last.day }} 日，"),
    )
    drop(hall, "2025-01-26", "2025-03-25")

    assert certified(hall, "2025-02") == counted(31, "2025-02-25")
    assert certified(hall, "2025-03") == counted(28, "2025-03-25")
    release = hall.home / "published" / "2025-03" / "current"
    assert "2 月 26 日至 3 月 25 日，受理 280 件" in (release / "section.txt").read_text(encoding="utf-8")
    assert period(hall, "2025-03") == {
        "kind": "reporting month",
        "name": "2025-03",
        "first": "2025-02-26",
        "last": "2025-03-25",
    }
    assert hall.run("verify", "--recount").exit_code == 0
    alone = hall.run("verify", str(release.resolve()), "--signers", str(hall.folder / "signers.toml"))
    assert alone.exit_code == 0, alone.output
    assert hall.run("desk", "2025-03").exit_code == 0
    page = (hall.home / "published" / "2025-03" / "index.html").read_text(encoding="utf-8")
    assert "统计期间</dt><dd>2025 年 2 月 26 日至 2025 年 3 月 25 日" in page
    assert page.count('<td class="outside">') // page.count('<table class="calendar') < 14

    # The stocks of March were held against the 25th of February.
    status = hall.run("status", "2025-03")
    assert status.exit_code == 0, status.output
    traced = hall.run("trace", "2025-03", "accepted")
    assert traced.exit_code == 0, traced.output
    assert "2025-02-26" in traced.output
    assert "2025-03-26" not in traced.output
    assert hall.run("plan").exit_code == 0

    # A day of February that is reported under March.
    hall.drop(dt.date(2025, 2, 27), TWO, accepted=8, completed=5)
    assert hall.run("pull", "2025-02-27").exit_code == 0
    revised = hall.run("revise", "2025-03", "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    assert hall.numbers("2025-03")["accepted"] == counted(28, "2025-03-25")["accepted"] + 6
    assert hall.numbers("2025-02") == counted(31, "2025-02-25")
    for month in ("2025-02", "2025-03"):
        assert "is reproduced to the byte" in hall.run("rebuild", month).output
    early = hall.run("report", "2025-01")
    assert early.exit_code == 2
    assert "2025-01 is too early: 青川县政务服务大厅 has data from 2025-02 on" in early.output


def test_a_day_that_is_missing_at_either_end_keeps_the_month_from_being_printed(tmp_path: Path) -> None:
    hall = hall_in(tmp_path, "2025-01-26", "month_begins = 26")
    drop(hall, "2025-01-27", "2025-02-24")
    refused = hall.run("report", "2025-02")
    assert refused.exit_code == 1
    said = [line for line in refused.output.splitlines() if "no file" in line]
    assert [line.split(": ")[0][-10:] for line in said] == ["2025-01-26", "2025-02-25"]
    assert not (hall.home / "published" / "2025-02" / "current").exists()


def test_the_day_is_changed_in_the_middle_of_a_year_without_a_gap(tmp_path: Path) -> None:
    hall = hall_in(tmp_path, "2025-03-01", "")
    drop(hall, "2025-03-01", "2025-05-25")
    assert certified(hall, "2025-03") == counted(31, "2025-03-31")
    assert period(hall, "2025-03") == {"kind": "month", "name": "2025-03"}

    # As if it had always held: March is certified with other days.
    hall.edit("hall.toml", ("first_day = 2025-03-01", "first_day = 2025-03-01\nmonth_begins = 26"))
    refused = hall.run("report", "2025-04")
    assert refused.exit_code == 1
    assert "it is of 2025-03-26..2025-04-25, and 000001-2025-03-r1.json of 2025-03-01..2025-03-31" in refused.output
    assert 'month_begins = [{ from = "2025-04", day = 26 }]' in refused.output

    hall.edit("hall.toml", ("month_begins = 26", 'month_begins = [{ from = "2025-04", day = 26 }]'))
    assert certified(hall, "2025-04") == counted(25, "2025-04-25")
    assert certified(hall, "2025-05") == counted(30, "2025-05-25")
    assert period(hall, "2025-04")["first"] == "2025-04-01"
    assert hall.run("verify", "--recount").exit_code == 0

    # March is what it was, and is revised under the settings of then.
    hall.drop(dt.date(2025, 3, 31), TWO, accepted=8, completed=5)
    assert hall.run("pull", "2025-03-31").exit_code == 0
    revised = hall.run("revise", "2025-03", "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    assert hall.numbers("2025-03")["accepted"] == counted(31, "2025-03-31")["accepted"] + 6
    for month in ("2025-03", "2025-04", "2025-05"):
        assert "is reproduced to the byte" in hall.run("rebuild", month).output


RULES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 28)), max_size=4, unique_by=lambda rule: rule[0]).map(
    lambda rules: ReportingMonths(tuple((months_before("2030-01", 61 - since), day) for since, day in sorted(rules)))
)


@given(RULES)
def test_every_day_is_in_one_month_whatever_the_rules(rule: ReportingMonths) -> None:
    names = [months_before("2030-06", back) for back in reversed(range(80))]
    for before, after in pairwise(names):
        assert rule.first_day(after) - rule.last_day(before) == dt.timedelta(days=1)
    for name in names:
        assert {rule.name_of(day) for day in rule.days_of(name)} == {name}
        assert f"{rule.last_day(name):%Y-%m}" == name


def test_what_is_due_and_the_partitions_follow_the_hall_s_months(tmp_path: Path) -> None:
    hall = load_hall(hall_in(tmp_path, "2025-01-26", "month_begins = 26").folder).hall
    assert hall.months == ON_THE_26TH
    at = Moment(hall, Home(tmp_path), working_days(), dt.datetime(2025, 3, 27, 12, tzinfo=hall.zone))
    assert (at.this_month, at.months_back(3)) == ("2025-04", ["2025-03", "2025-02"])
    dates = at.deadlines("2025-03")
    assert (dates.candidate, dates.certification) == (dt.date(2025, 3, 26), dt.date(2025, 4, 1))
    assert dates.edition.day <= hall.automation.edition_day
    assert dates.edition > dates.candidate

    keys = monthly(hall).get_partition_keys(current_time=dt.datetime(2025, 4, 27, tzinfo=hall.zone))
    assert keys == ["2025-01-26", "2025-02-26", "2025-03-26"]
    assert [month_of_key(key, hall) for key in keys] == ["2025-02", "2025-03", "2025-04"]
    assert [month_key(month, hall) for month in ("2025-02", "2025-04")] == ["2025-01-26", "2025-03-26"]


def test_months_of_a_changed_rule_have_one_partition_each(tmp_path: Path) -> None:
    begins = 'month_begins = [{ from = "2025-04", day = 26 }]'
    hall = load_hall(hall_in(tmp_path, "2025-01-01", begins).folder).hall
    keys = monthly(hall).get_partition_keys(current_time=dt.datetime(2025, 6, 1, tzinfo=hall.zone))
    assert [month_of_key(key, hall) for key in keys] == ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05"]


@pytest.mark.parametrize(
    ("begins", "says"),
    [
        ("month_begins = 29", "key month_begins: Input should be less than or equal to 28"),
        ('month_begins = [{ from = "2025-4", day = 26 }]', "key month_begins.0.from: String should match pattern"),
        (
            'month_begins = [{ from = "2025-04", day = 26 }, { from = "2025-01", day = 1 }]',
            "the months of 2025-04, 2025-01 come in order, each once",
        ),
    ],
)
def test_a_wrong_rule_is_refused_where_it_stands(tmp_path: Path, begins: str, says: str) -> None:
    refused = hall_in(tmp_path, "2025-01-01", begins).run("status", "2025-02")
    assert refused.exit_code == 2
    assert says in refused.output


def test_totals_of_calendar_months_are_not_asked_for_other_days() -> None:
    hall = load_hall(Path(__file__).parent.parent / "orchestration/demo/hall").hall
    month = Month("2025-03", hall.months.days_of("2025-03"), hall, Home(Path("nowhere")))
    assert month.month_totals
    rule = MonthBeginning.model_validate({"from": "0001-01", "day": 26})
    moved = hall.model_copy(update={"month_begins": (rule,)})
    assert not Month("2025-03", moved.months.days_of("2025-03"), moved, Home(Path("nowhere"))).month_totals
