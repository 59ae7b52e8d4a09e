"""Days on which one site of twenty says nothing, or nothing but zeros: closed, missing and zero are three facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest
from typer.testing import Result

from orchestration.landing.manifest import Landing
from reports.figures.months import days_between, days_of
from tests.small_halls import CODE, DAILY, STANDING, SmallHall

MONTH = "2025-01"
DAYS = days_of(MONTH)
TOWNS = {f"5108{number}": f"第{number}便民服务中心" for number in range(31, 50)}
STORM = days_between(dt.date(2025, 1, 14), dt.date(2025, 1, 15))
WEEK = days_between(dt.date(2025, 1, 6), dt.date(2025, 1, 12))
GROWN = DAILY["accepted"] - DAILY["completed"] - DAILY["withdrawn"]


def drop(hall: SmallHall, site: str, zero: Collection[dt.date] = (), closed: Collection[dt.date] = ()) -> None:
    """A site's files of the month: on some days it counts zero, and on some it is closed and drops none."""
    standing = STANDING
    for day in DAYS:
        if day in zero:
            hall.drop(day, ["D1"], "counter", site, **dict.fromkeys(DAILY, 0), open=standing)
        elif day not in closed:
            standing += GROWN
            hall.drop(day, ["D1"], site=site, open=standing)


@dataclass
class Reported:
    """A month of twenty sites: reported before and after somebody declared whom the storm closed."""

    hall: SmallHall
    refused: Result = field(init=False)
    reported: Result = field(init=False)

    def __post_init__(self) -> None:
        self.refused = self.hall.run("report", MONTH)
        rows = "".join(f"{day},false,台风,王,,{CODE}\n" for day in STORM)
        self.hall.edit("catalogue/calendar_overrides.csv", ("reviewed_by\n", f"reviewed_by,system,site\n{rows}"))
        self.reported = self.hall.run("report", MONTH)


@pytest.fixture(scope="module")
def january(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """One site is closed by a storm, one states nothing but zeros for a week; and two look alike, and are well."""
    hall = SmallHall.begun(tmp_path_factory.mktemp("quiet"))
    hall.spread(TOWNS)
    zero = {
        "510831": WEEK,
        "510832": days_between(dt.date(2025, 1, 9), dt.date(2025, 1, 14)),  # four working days and a weekend
        "510833": [day for day in DAYS if day.day not in {8, 24}],  # who seldom has anything to count
    }
    for site in (CODE, *TOWNS):
        drop(hall, site, zero.get(site, ()), STORM if site == CODE else ())
    return Reported(hall)


def test_a_site_that_the_storm_closed_is_missing_until_somebody_declares_it(january: Reported) -> None:
    said = january.refused.output
    assert january.refused.exit_code == 1
    for day in STORM:
        assert f"counter 窗口日报, hall {CODE}, {day}: no file 日报_{CODE}_{day}.csv" in said
    assert not [site for site in TOWNS if f"hall {site}" in said]


def test_a_month_with_a_closed_site_is_certified_and_its_stock_is_that_of_its_last_open_day(january: Reported) -> None:
    hall, reported = january.hall, january.reported
    assert reported.exit_code == 0, reported.output
    open_days = len(DAYS) - len(STORM)
    counts = {measure: DAILY[measure] * open_days for measure in ("accepted", "completed")}
    assert hall.numbers(MONTH) == {**counts, "open": STANDING + GROWN * open_days}
    assert f"本月，受理 {counts['accepted']} 件，办结 {counts['completed']} 件。" in reported.stdout
    assert hall.run("verify", "--recount").exit_code == 0
    assert "is reproduced to the byte" in hall.run("rebuild", MONTH).output


def test_no_other_site_is_touched(january: Reported) -> None:
    for day in DAYS:
        extract = Landing(january.hall.home / "landing").current("counter", day)
        assert extract
        assert set(extract.sites) == {*TOWNS, *([] if day in STORM else [CODE])}


def test_a_trace_shows_every_open_day_and_none_of_the_storm(january: Reported) -> None:
    traced = january.hall.run("trace", MONTH, "accepted")
    assert traced.exit_code == 0, traced.output
    shown = [day for day in DAYS if f"│ {day} " in traced.stdout or f"{day}  counter" in traced.stdout]
    assert shown == [day for day in DAYS if day not in STORM], traced.stdout
    stock = january.hall.run("trace", MONTH, "open")
    assert stock.exit_code == 0, stock.output


def test_a_site_that_states_nothing_but_zeros_for_a_week_is_named_and_counted_as_it_says(january: Reported) -> None:
    extract = Landing(january.hall.home / "landing").current("counter", WEEK[0])
    assert extract
    assert extract.sites["510831"].sums == {**dict.fromkeys(DAILY, 0), "open": STANDING + GROWN * 5}
    status = january.hall.run("status", MONTH)
    assert status.exit_code == 0, status.output
    lines = [line.strip() for line in status.stdout.splitlines()]
    told = lines.index(
        "WARN check fct_daily_counts_are_not_zero_for_a_week on fct_daily_counts warned with 1 failing row"
    )
    assert lines[told + 1] == (
        "system counter, site 510831, hall name 第31便民服务中心, first day 2025-01-06, last day 2025-01-10, "
        "working days 5"
    )
