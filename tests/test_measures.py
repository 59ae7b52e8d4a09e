"""Every kind of measure through the command line: amounts with decimals, durations, and distinct numbers."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from reports.figures.months import days_of
from tests.small_halls import SmallHall

MONTH = "2025-01"
LAST = dt.date(2025, 1, 31)
_MEASURES = (
    "measure,measure_name,event_counted,kind,unit,scale,negative\n"
    "accepted,受理量,办件被受理,count,,,\n"
    "fees,收费,费用收取或退还,amount,元,2,true\n"
    "waited,等候时长,等候的时间,duration,秒,1,\n"
    "visitors,到访人数,当月至当日到访的不同的人,distinct_declared,人,,\n"
)
_METRIC = "{0},1,{1},{1},{1},编号,,{2},{3},{4},{5},half_up,2025-01-01,\n"


def row(visitors: int | str, department: str = "D1", fees: str = "1234.50", waited: str = "600.5") -> str:
    return f'{department},5,"{fees}",{waited},{visitors}\n'


class Hall(SmallHall):
    """The counter's form with fees, waiting time and visitors."""

    def drop_form(self, day: dt.date, *rows: str) -> None:
        path = self.place / "drops" / "counter" / f"日报_{day}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("部门,受理,收费,等候,到访\n" + "".join(rows), encoding="utf-8")

    @classmethod
    def begun(cls, place: Path, variables: Mapping[str, str] | None = None, *, zone: str = "") -> Hall:
        super().begun(place, variables, zone=zone)
        return cls(place)

    def drop_all(self) -> None:
        """5 accepted a day; 31 days of 1234.50 and of 600.5 seconds; 10 more visitors a day."""
        for number, day in enumerate(days_of(MONTH), start=1):
            self.drop_form(day, row(10 * number))


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    begun = Hall.begun(tmp_path)
    begun.edit("hall.toml", ('"completed", "withdrawn", "open"]', '"fees", "waited", "visitors"]'))
    begun.edit(
        "hall.toml",
        (
            '"办结" = "completed", "撤回" = "withdrawn", "在办" = "open"',
            '"收费" = "fees", "等候" = "waited", "到访" = "visitors"',
        ),
    )
    tables = begun.folder / "catalogue"
    (tables / "measures.csv").write_text(_MEASURES, encoding="utf-8")
    (tables / "stock_balances.csv").write_text("stock,measure,sign\n", encoding="utf-8")
    (tables / "metric_measures.csv").write_text(
        "metric,version,measure\naccepted,1,accepted\nfees,1,fees\nwaited,1,waited\nvisitors,1,visitors\n",
        encoding="utf-8",
    )
    header = (tables / "metrics.csv").read_text(encoding="utf-8").splitlines(keepends=True)[0]
    rows = [
        ("accepted", "受理", "件", "件", 1, 0),
        ("fees", "收费", "元", "元", 1, 2),
        ("waited", "等候", "秒", "秒", 1, 1),
        ("visitors", "到访", "人", "人", 1, 0),
    ]
    (tables / "metrics.csv").write_text(header + "".join(_METRIC.format(*each) for each in rows), encoding="utf-8")
    (begun.folder / "wording.txt.j2").write_text(
        "附件　{{ year }} 年 {{ month }} 月办件情况\n\n"
        "本月，受理 {{ n.accepted }}，收费 {{ n.fees }}，等候 {{ n.waited }}，到访 {{ n.visitors }}。\n",
        encoding="utf-8",
    )
    return begun


def test_each_kind_is_printed_to_the_digit(hall: Hall) -> None:
    """A refund is taken off, tenths of seconds add up, and 310 came in all; `trace` and `verify` agree."""
    hall.drop_all()
    hall.drop_form(dt.date(2025, 1, 20), row(200, fees="-20,000.75"))
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 0, reported.output
    section = (hall.home / "published" / MONTH / "current" / "section.txt").read_text(encoding="utf-8")
    # 30 × 1234.50 − 20000.75, and 31 × 600.5.
    assert "受理 155 件，收费 17034.25 元，等候 18615.5 秒，到访 310 人" in section
    assert hall.run("verify", "--recount").exit_code == 0
    assert hall.run("rebuild", MONTH).exit_code == 0
    traced = hall.run("trace", MONTH, "fees")
    assert traced.exit_code == 0, traced.output
    assert "exactly 17034.25 元" in traced.output
    assert "-20000.75" in traced.output
    rows = hall.run("trace", MONTH, "visitors", "--csv", str(hall.place / "rows.csv"))
    assert rows.exit_code == 0, rows.output
    (counted,) = (hall.place / "rows.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert ",visitors,310," in counted


def test_the_extract_says_its_scale_and_one_without_decimals_says_nothing(hall: Hall) -> None:
    hall.drop_form(LAST, row(10))
    assert hall.run("pull", str(LAST)).exit_code == 0
    (entry,) = (hall.home / "landing" / "counter" / str(LAST)).glob("*.json")
    assert json.loads(entry.read_bytes())["scales"] == {"fees": 2, "waited": 1}


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        (row(10, fees="12.345"), ("(收费) is 12.345", "at most 2 decimals", "`scale` in catalogue")),
        (row(10, waited="-1.5"), ("(等候) is -1.5", "below zero", "`negative` in catalogue")),
    ],
)
def test_a_cell_that_its_measure_cannot_hold_is_named(hall: Hall, bad: str, named: tuple[str, ...]) -> None:
    hall.drop_form(LAST, bad)
    pulled = hall.run("pull", str(LAST))
    assert pulled.exit_code == 1
    for words in named:
        assert words in " ".join(pulled.output.split())


def test_zeros_behind_the_scale_are_no_decimals(hall: Hall) -> None:
    hall.drop_form(LAST, row(10, fees="12.5000", waited="3"))
    pulled = hall.run("pull", str(LAST))
    assert pulled.exit_code == 0, pulled.output


def test_a_scale_that_changed_is_named_and_asked_for_again(hall: Hall) -> None:
    hall.drop_all()
    assert hall.run("pull", MONTH).exit_code == 0
    hall.edit("catalogue/measures.csv", ("元,2,true", "元,3,true"))
    status = " ".join(hall.run("status", MONTH).output.split())
    assert "fees is in with 2 decimals, and its scale in catalogue/measures.csv is 3" in status
    assert "next: yuebao report 2025-01" in status
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 0, reported.output
    section = (hall.home / "published" / MONTH / "current" / "section.txt").read_text(encoding="utf-8")
    assert "收费 38269.5 元" in section


def test_a_distinct_number_below_an_earlier_day_is_found(hall: Hall) -> None:
    hall.drop_all()
    hall.drop_form(LAST, row(299))
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 1
    assert "fct_daily_counts_distinct_numbers_never_fall" in reported.output
    assert "2025-01-31" in reported.output


def test_a_distinct_number_of_two_departments_is_not_summed(hall: Hall) -> None:
    hall.drop_all()
    hall.drop_form(LAST, row(310), row(10, "D2"))
    reported = hall.run("report", MONTH)
    assert reported.exit_code == 1
    assert "fct_daily_counts_distinct_numbers_stand_alone" in reported.output


@pytest.mark.parametrize(
    ("measures", "problem"),
    [
        (("fees", "waited"), "kinds"),
        (("accepted", "visitors"), "kinds"),
    ],
)
def test_check_hall_refuses_a_sum_of_what_does_not_add_up(hall: Hall, measures: tuple[str, str], problem: str) -> None:
    one, other = measures
    hall.edit("catalogue/metric_measures.csv", (f"{one},1,{one}\n", f"{one},1,{one}\n{one},1,{other}\n"))
    checked = hall.run("check-hall", str(hall.folder), "--day", str(LAST))
    assert checked.exit_code == 1
    assert f"metric {one} version 1 sums" in checked.output
    assert problem in checked.output


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("办件被受理,count,,,", "办件被受理,count,,2,", "scale 2 is for amount or duration"),
        ("duration,秒,1,", "duration,秒,1,true", "negative is for amount"),
        ("duration,秒,1,", "duration,,1,", "a duration has a unit"),
        ("amount,元,2", "money,元,2", "column kind: Input should be 'count', 'stock'"),
    ],
)
def test_check_hall_names_what_a_measure_cannot_be(hall: Hall, old: str, new: str, problem: str) -> None:
    hall.edit("catalogue/measures.csv", (old, new))
    checked = hall.run("check-hall", str(hall.folder), "--day", str(LAST))
    assert checked.exit_code == 1
    assert problem in " ".join(checked.output.split())
