"""Working days: the public calendar with 调休, the reviewed overrides above it, and loud refusals."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.config.catalogue import Member, working_days
from orchestration.config.working_days import CalendarDay, CalendarError, WorkingDays

PUBLIC = WorkingDays({})
HEADER = "stat_date,is_working_day,reason,reviewed_by\n"


@pytest.mark.parametrize(
    ("day", "worked", "reason"),
    [
        ("2025-03-12", True, "周三"),
        ("2025-03-15", False, "周六"),
        ("2025-01-26", True, "调休上班"),  # a Sunday, worked for 春节
        ("2025-01-28", False, "春节"),
        ("2025-02-04", False, "春节"),
        ("2025-02-08", True, "调休上班"),  # a Saturday
        ("2025-04-04", False, "清明"),
        ("2025-04-27", True, "调休上班"),
        ("2024-02-29", True, "周四"),
        ("2024-12-31", True, "周二"),
    ],
)
def test_the_public_calendar_with_adjusted_days(day: str, *, worked: bool, reason: str) -> None:
    described = PUBLIC.describe(date.fromisoformat(day))
    assert (described.is_working_day, described.reason) == (worked, reason)


def test_an_override_wins_in_both_directions_and_alone() -> None:
    closed, opened = date(2025, 3, 12), date(2025, 3, 15)
    calendar = WorkingDays(
        {
            (closed, None, None): CalendarDay(closed, is_working_day=False, reason="停电"),
            (opened, None, None): CalendarDay(opened, is_working_day=True, reason="加班"),
        }
    )
    assert not calendar.describe(closed).is_working_day
    assert calendar.describe(opened) == CalendarDay(opened, is_working_day=True, reason="加班")
    assert calendar.describe(date(2025, 3, 13)) == PUBLIC.describe(date(2025, 3, 13))


@pytest.mark.parametrize("year", [2003, 2199])
def test_a_year_without_a_calendar_fails_and_says_what_to_do(year: int) -> None:
    with pytest.raises(CalendarError, match=rf"no working-day calendar for {year}: update the package"):
        PUBLIC.describe(date(year, 5, 1))


def test_an_override_holds_where_no_calendar_is_known() -> None:
    day = date(2199, 5, 1)
    override = CalendarDay(day, is_working_day=False, reason="劳动节")
    assert WorkingDays({(day, None, None): override}).describe(day) is override


def test_the_override_that_names_most_holds() -> None:
    day = date(2025, 3, 12)
    closed = CalendarDay(day, is_working_day=False, reason="停电")
    opened = CalendarDay(day, is_working_day=True, reason="加班")
    calendar = WorkingDays(
        {(day, None, None): closed, (day, "a", None): opened, (day, None, "1"): closed, (day, "a", "2"): closed}
    )
    told = {(system, site): calendar.opening(day, system, site, every_day=True) for system in "ab" for site in "123"}
    assert [key for key, opening in told.items() if opening is opened] == [("a", "3")]
    assert calendar.opening(date(2025, 3, 15), "a", "1", every_day=True).is_working_day
    assert not calendar.opening(date(2025, 3, 15), "a", "1", every_day=False).is_working_day


def test_a_site_that_ended_need_not_answer_whatever_is_overridden() -> None:
    day = date(2025, 3, 12)
    opened = CalendarDay(day, is_working_day=True, reason="加班")
    ended = Member("1", "老城网点", None, date(2025, 3, 11))
    calendar = WorkingDays({(day, "a", "1"): opened}, {"1": ended})
    assert calendar.opening(day, "a", "1", every_day=True).reason == "网点未启用或已停用"
    assert calendar.opening(date(2025, 3, 11), "a", "1", every_day=True).is_working_day
    assert calendar.opening(day, "a", "2", every_day=True).is_working_day


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the overrides of the current hall are to lie."""
    monkeypatch.setenv("YUEBAO_HALL", str(tmp_path))
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "sites.csv").write_text("hall_code,hall_name,hall_level\n", encoding="utf-8")
    return tmp_path / "catalogue" / "calendar_overrides.csv"


def test_the_table_is_read(table: Path) -> None:
    table.write_text(f"{HEADER}2025-03-12,false,停电检修,李\n2025-03-15,true,加班,李\n", encoding="utf-8")
    assert working_days().overrides == {
        (date(2025, 3, 12), None, None): CalendarDay(date(2025, 3, 12), is_working_day=False, reason="停电检修"),
        (date(2025, 3, 15), None, None): CalendarDay(date(2025, 3, 15), is_working_day=True, reason="加班"),
    }


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2025-02-30,true,x,李", "column stat_date: Input should be a valid date"),
        ("12.3.2025,true,x,李", "column stat_date: Input should be a valid date"),
        ("2025-03-12,yes,x,李", "column is_working_day: Value error, allowed are true and false"),
        ("2025-03-12,,x,李", "column is_working_day: Value error, allowed are true and false"),
        ("2025-03-12", "column is_working_day: Value error, allowed are true and false"),
        (",true,x,李", "column stat_date: Input should be a valid date"),
    ],
)
def test_a_broken_row_names_file_line_and_what_is_allowed(table: Path, row: str, says: str) -> None:
    table.write_text(f"{HEADER}2025-03-11,true,x,李\n{row}\n", encoding="utf-8")
    with pytest.raises(CalendarError) as caught:
        working_days()
    assert str(caught.value).startswith(f"{table} line 3: ")
    assert says in str(caught.value)


def test_a_row_may_be_of_one_system_and_site(table: Path) -> None:
    header = f"{HEADER.strip()},system,site\n"
    table.write_text(f"{header}2025-03-12,false,停电,李,courier,\n2025-03-12,false,停电,李,,510100\n", encoding="utf-8")
    assert list(working_days().overrides) == [
        (date(2025, 3, 12), "courier", None),
        (date(2025, 3, 12), None, "510100"),
    ]
    table.write_text(f"{header}2025-03-12,false,停电,李,courier,\n2025-03-12,true,停电,李,courier,\n", encoding="utf-8")
    with pytest.raises(CalendarError, match=r"line 3: 2025-03-12 courier stands in the table already"):
        working_days()


def test_a_day_that_stands_twice_is_refused(table: Path) -> None:
    table.write_text(f"{HEADER}2025-03-12,true,x,李\n2025-03-12,false,y,李\n", encoding="utf-8")
    with pytest.raises(CalendarError, match=r"line 3: 2025-03-12 stands in the table already"):
        working_days()


def test_a_table_that_is_gone_is_named(table: Path) -> None:
    with pytest.raises(CalendarError, match=r"calendar_overrides\.csv can't be read as a table"):
        working_days()


def test_the_projects_own_table_is_readable() -> None:
    assert working_days().overrides == {}
