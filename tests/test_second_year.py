"""What changes in a hall's second year, by settings alone: the recipes of the connecting guide, by the command line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from orchestration.landing.manifest import Landing
from reports.figures.months import days_between
from tests.small_halls import DAILY, SmallHall, open_on

TWO = ["D1", "D2"]


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    return SmallHall.begun(tmp_path)


def accepted(days: int, departments: int = 2) -> int:
    return DAILY["accepted"] * days * departments


def certified(hall: SmallHall, month: str) -> dict[str, int]:
    reported = hall.run("report", month)
    assert reported.exit_code == 0, reported.output
    return hall.numbers(month)


def revised(hall: SmallHall, month: str, *options: str) -> dict[str, int]:
    done = hall.run("revise", month, *(options or ("--reason", "late_data")), "--note", "补报")
    assert done.exit_code == 0, done.output
    return hall.numbers(month)


def add_system(hall: SmallHall, name: str, *more: str) -> None:
    """Another counter like the first one, whose files lie in a folder of its name."""
    settings = (hall.folder / "hall.toml").read_text(encoding="utf-8")
    block = settings[settings.index("[systems.counter]") :].split("\n\n")[0]
    lines = [line for line in block.splitlines() if not line.startswith("valid_")]
    copied = (
        "\n".join([*lines, *more]).replace("[systems.counter]", f"[systems.{name}]").replace("/counter", f"/{name}")
    )
    (hall.folder / "hall.toml").write_text(f"{settings.rstrip()}\n\n{copied}\n", encoding="utf-8")


def end_system(hall: SmallHall, day: str) -> None:
    hall.edit("hall.toml", ('title = "窗口日报"', f'title = "窗口日报"\nvalid_to = {day}'))


def days(first: str, last: str) -> list[dt.date]:
    return days_between(dt.date.fromisoformat(first), dt.date.fromisoformat(last))


# A system is replaced


def test_a_system_is_replaced_in_the_middle_of_a_month_and_again_between_two(hall: SmallHall) -> None:
    hall.drop_month("2025-01")
    assert certified(hall, "2025-01")["accepted"] == accepted(31)

    end_system(hall, "2025-02-14")
    add_system(hall, "platform", "valid_from = 2025-02-15", "valid_to = 2025-03-31")
    add_system(hall, "cloud", "valid_from = 2025-04-01")
    # Each goes on for a while after its end, or was tried before it: none of that counts.
    for day in days("2025-02-01", "2025-02-20"):
        hall.drop(day, TWO)
    for day in days("2025-02-10", "2025-04-05"):
        hall.drop(day, TWO, "platform", "", **({"accepted": 90} if day < dt.date(2025, 2, 15) else {}))
    hall.drop_month("2025-04", system="cloud")

    february = certified(hall, "2025-02")
    assert february == {"accepted": accepted(28), "completed": 2 * 2 * 28, "open": 2 * open_on(dt.date(2025, 2, 28))}
    assert certified(hall, "2025-03")["accepted"] == accepted(31)
    assert certified(hall, "2025-04")["open"] == 2 * open_on(dt.date(2025, 4, 30))
    assert sorted(path.name for path in (hall.home / "landing").iterdir()) == ["cloud", "counter", "platform"]
    assert not (hall.home / "landing" / "counter" / "2025-02-15").exists()
    assert not (hall.home / "landing" / "platform" / "2025-02-14").exists()

    for month in ("2025-02", "2025-04"):
        traced = hall.run("trace", month, "open")
        assert traced.exit_code == 0, traced.output
    assert hall.run("verify", "--recount").exit_code == 0

    # January is the first system's for ever, also once nobody asks it any more.
    hall.drop(dt.date(2025, 1, 10), TWO, accepted=8, completed=5)
    assert hall.run("pull", "2025-01-10").exit_code == 0
    assert revised(hall, "2025-01")["accepted"] == accepted(31) + 6
    hall.drop(dt.date(2025, 2, 20), TWO, "platform", accepted=8, completed=5)
    assert hall.run("pull", "2025-02-20").exit_code == 0
    assert revised(hall, "2025-02")["accepted"] == accepted(28) + 6
    for month in ("2025-01", "2025-02", "2025-03"):
        assert "is reproduced to the byte" in hall.run("rebuild", month).output


def test_a_day_is_asked_of_the_system_that_answers_for_it(hall: SmallHall) -> None:
    end_system(hall, "2025-02-14")
    add_system(hall, "platform", "valid_from = 2025-02-15")
    for day in days("2025-02-13", "2025-02-14"):
        hall.drop(day, TWO)
    for day in days("2025-02-15", "2025-02-16"):
        hall.drop(day, TWO, "platform")

    pulled = hall.run("pull", "2025-02-13..2025-02-16")
    assert pulled.exit_code == 0, pulled.output
    assert (
        "counter 窗口日报 answers for days from 2025-01-01 to 2025-02-14: it wasn't asked for the others."
        in pulled.stdout
    )
    refused = hall.run("pull", "2025-02-15", "--system", "counter")
    assert refused.exit_code == 2
    assert (
        "counter 窗口日报 answers for days from 2025-01-01 to 2025-02-14 (`valid_from` and `valid_to`" in refused.output
    )

    status = hall.run("status", "2025-02")
    assert "counter 窗口日报: 2025-02-01..2025-02-12 missing" in status.output
    assert "platform 窗口日报: 2025-02-17..2025-02-28 missing" in status.output
    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-02-16")
    assert checked.exit_code == 0, checked.output
    assert (
        "systems.counter: not asked: counter 窗口日报 answers for days from 2025-01-01 to 2025-02-14" in checked.stdout
    )


def test_two_systems_never_answer_a_measure_on_one_day(hall: SmallHall) -> None:
    end_system(hall, "2025-02-14")
    add_system(hall, "platform", "valid_from = 2025-02-14")
    refused = hall.run("status", "2025-02")
    assert refused.exit_code == 2
    assert (
        "systems.counter and systems.platform both answer accepted, completed, withdrawn, open for 510822 on "
        "2025-02-14, which would count twice: end the one with valid_to"
    ) in refused.output
    hall.edit("hall.toml", ("valid_from = 2025-02-14", "valid_from = 2025-05-01"))
    assert "2025-04: no system answers for a day of it" in hall.run("status", "2025-04").output
    hall.edit("hall.toml", ("valid_to = 2025-02-14", "valid_from = 2025-03-01\nvalid_to = 2025-02-14"))
    assert "valid_to 2025-02-14 is before valid_from 2025-03-01" in hall.run("status", "2025-02").output


def test_days_that_nobody_answers_are_named_and_no_month_is_certified_without_them(hall: SmallHall) -> None:
    end_system(hall, "2025-02-14")
    add_system(hall, "platform", "valid_from = 2025-02-18")
    for system, first, last in (("counter", "2025-02-01", "2025-02-14"), ("platform", "2025-02-18", "2025-02-28")):
        for day in days(first, last):
            hall.drop(day, TWO, system)
    for day in days("2025-01-30", "2025-01-31"):
        hall.drop(day, TWO)

    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-02-20")
    assert checked.exit_code == 1
    assert "needs accepted, which no system answers from 2025-02-15 to 2025-02-17" in checked.stdout
    reported = hall.run("report", "2025-02")
    assert reported.exit_code == 1
    assert "fct_completeness_every_measure_is_answered" in reported.output
    assert "2025-02-15" in reported.output


# Departments are renamed, split and merged


def follow(hall: SmallHall, *rows: str) -> None:
    """Write the departments' table anew, with validity and successors."""
    text = "\n".join(["department_code,department_name,valid_from,valid_to,successors", *rows])
    (hall.folder / "catalogue" / "departments.csv").write_text(text + "\n", encoding="utf-8")


def rows_of(hall: SmallHall, month: str, *options: str) -> dict[str, dict[str, Any]]:
    told = hall.run("numbers", "accepted", "--month", month, "--format", "json", *options)
    assert told.exit_code == 0, told.output
    return {row["department"]: row for row in json.loads(told.stdout[told.stdout.index("[\n") :])}


def parts(hall: SmallHall, month: str) -> dict[str, int]:
    return {code: row["exact"] for code, row in rows_of(hall, month, "--by", "department").items()}


def test_departments_are_renamed_split_and_merged_and_no_open_case_is_lost(hall: SmallHall) -> None:
    hall.drop_month("2025-01")
    assert certified(hall, "2025-01")["accepted"] == accepted(31)

    # D1 is renamed in the middle of February; D2 is split on the first of March; in the middle of March one of its
    # parts is merged into the other, which goes on.
    follow(
        hall,
        "D1,市场科,,2025-02-09,D3",
        "D2,住建科,,2025-02-28,D4;D5",
        "D3,市场监管科,2025-02-10,,",
        "D4,房产科,2025-03-01,2025-03-19,D5",
        "D5,建设科,2025-03-01,,",
    )
    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-01-10")
    assert checked.exit_code == 0, checked.output
    for day in days("2025-02-01", "2025-02-28"):
        hall.drop(day, ["D1" if day.day < 10 else "D3", "D2"])
    part = {"accepted": 3, "completed": 1, "withdrawn": 0}
    rest = {"accepted": 2, "completed": 1, "withdrawn": 1, "open": 25}
    for day in days("2025-03-01", "2025-03-19"):
        hall.drop(day, {"D3": {}, "D4": {**part, "open": open_on(day) - 25}, "D5": rest})
    for day in days("2025-03-20", "2025-03-31"):
        hall.drop(day, ["D3", "D5"])

    assert certified(hall, "2025-02")["accepted"] == accepted(28)
    assert certified(hall, "2025-03") == {
        "accepted": accepted(31),
        "completed": 2 * 2 * 31,
        "open": 2 * open_on(dt.date(2025, 3, 31)),
    }
    assert parts(hall, "2025-02") == {"D2": accepted(28, 1), "D3": accepted(19, 1), "D1": accepted(9, 1)}
    assert parts(hall, "2025-03") == {"D3": accepted(31, 1), "D4": 3 * 19, "D5": 2 * 19 + accepted(12, 1)}

    # Who asks for a department that ended hears what followed it, and no month counts it as zero.
    assert rows_of(hall, "2025-02", "--department", "D2")["D2"]["department_successors"] == "D4;D5"
    refused = hall.run("numbers", "accepted", "--month", "2025-03", "--department", "D1")
    assert refused.exit_code == 1
    assert "D1 市场科 is counted to 2025-02-09, then D3 市场监管科" in refused.output

    # January stays what it was: of the departments of then.
    hall.drop(dt.date(2025, 1, 10), TWO, accepted=8, completed=5)
    assert hall.run("pull", "2025-01-10").exit_code == 0
    assert revised(hall, "2025-01")["accepted"] == accepted(31) + 6
    assert parts(hall, "2025-01") == {"D1": accepted(31, 1) + 3, "D2": accepted(31, 1) + 3}
    assert "is reproduced to the byte" in hall.run("rebuild", "2025-02").output


def test_open_cases_that_are_lost_where_departments_change_are_found(hall: SmallHall) -> None:
    follow(hall, "D1,市场科,,2025-01-09,D3", "D2,住建科,,,", "D3,市场监管科,2025-01-10,,")
    for day in days("2025-01-01", "2025-01-31"):
        hall.drop(day, {"D2": {}, **({"D1": {}} if day.day < 10 else {"D3": {"open": open_on(day) - 1}})})
    reported = hall.run("report", "2025-01")
    assert reported.exit_code == 1
    assert "fct_daily_counts_stocks_balance" in reported.output
    assert "2025-01-10" in reported.output


def test_counts_of_a_department_that_ended_are_refused_with_what_to_do(hall: SmallHall) -> None:
    follow(hall, "D1,市场科,,2025-01-09,D3", "D2,住建科,,,", "D3,市场监管科,2025-01-10,,")
    for number in (9, 10, 11):
        hall.drop(dt.date(2025, 1, number), ["D3" if number == 11 else "D1", "D2"])
    refused = hall.run("pull", "2025-01-09..2025-01-11")
    assert refused.exit_code == 1
    said = flat(refused)
    assert "counter 窗口日报, hall 510822, 2025-01-10: " in said
    assert "日报_2025-01-10.csv counts for D1 市场科, which is counted to 2025-01-09, then D3 市场监管科" in said
    assert "correct valid_from and valid_to in catalogue/departments.csv after review" in said
    days = sorted(path.name for path in (hall.home / "landing" / "counter").iterdir() if path.is_dir())
    assert days == ["2025-01-09", "2025-01-11"]


def test_a_department_that_is_closed_afterwards_keeps_its_month_from_being_built(hall: SmallHall) -> None:
    hall.drop_month("2025-01")
    assert hall.run("pull", "2025-01").exit_code == 0
    follow(hall, "D1,市场科,,2025-01-30,", "D2,住建科,,,")
    reported = hall.run("report", "2025-01", "--no-pull")
    assert reported.exit_code == 1
    assert "fct_daily_counts_are_of_valid_members" in reported.output
    assert "D1" in reported.output


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (("D1,市场科,,2025-01-09,", "D1,信访科,2025-02-01,,"), "D1 stands 2 times; a code is never used again"),
        (("D1,市场科,,2025-01-09,D9", "D2,住建科,,,"), "names D9 as its successor, and D9 isn't in the table"),
        (("D1,市场科,,2025-01-09,D2", "D2,住建科,2025-02-01,,"), "D2 住建科 isn't counted on 2025-01-10"),
        (("D1,市场科,,,D2", "D2,住建科,,,"), "line 2: Value error, successors begin after valid_to, which is absent"),
        (("D1,市场科,2025-02-01,2025-01-09,", "D2,住建科,,,"), "valid_to 2025-01-09 is before valid_from 2025-02-01"),
    ],
)
def test_check_hall_names_a_validity_that_cannot_be(hall: SmallHall, rows: tuple[str, ...], problem: str) -> None:
    follow(hall, *rows)
    hall.drop(dt.date(2025, 1, 5), ["D1"])
    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-01-05")
    assert checked.exit_code == 1
    assert problem in flat(checked)


def flat(result: Result) -> str:
    return " ".join(result.output.split())


# Sites and measures


def test_a_site_is_closed_in_the_middle_of_a_month(hall: SmallHall) -> None:
    (hall.folder / "catalogue" / "sites.csv").write_text(
        "hall_code,hall_name,hall_level,valid_from,valid_to,successors\n"
        "510822,青川县政务服务大厅,county,,,\n"
        "510899,乔庄镇便民服务中心,county,,2025-01-14,510822\n",
        encoding="utf-8",
    )
    hall.edit(
        "hall.toml",
        ("日报_%Y-%m-%d.csv", "日报_{hall}_%Y-%m-%d.csv"),
        ('constants = { hall_code = "510822" }', 'sites = ["510822", "510899"]\nconstants = { hall_code = "{hall}" }'),
    )
    for day in days("2025-01-01", "2025-01-31"):
        for site in ("510822", "510899") if day.day < 15 else ("510822",):
            drop_of_site(hall, day, site)

    assert certified(hall, "2025-01")["accepted"] == accepted(31)
    assert hall.run("trace", "2025-01", "open").exit_code == 0
    drop_of_site(hall, dt.date(2025, 2, 3), "510822")
    drop_of_site(hall, dt.date(2025, 2, 3), "510899")
    assert hall.run("pull", "2025-02-03").exit_code == 0
    extract = Landing(hall.home / "landing").current("counter", dt.date(2025, 2, 3))
    assert extract is not None
    assert list(extract.sites) == ["510822"], "who isn't there any more isn't asked"


def drop_of_site(hall: SmallHall, day: dt.date, site: str) -> None:
    hall.drop(day, TWO, site=site)


def test_a_site_is_opened_in_the_middle_of_a_month(hall: SmallHall) -> None:
    """On the day before the month it isn't there yet, so that its stock is held against nothing."""
    hall.drop_month("2025-01")
    certified(hall, "2025-01")
    hall.spread({"510899": "乔庄镇便民服务中心"})
    hall.edit(
        "catalogue/sites.csv", ("hall_level\n", "hall_level,valid_from\n"), ("中心,county", "中心,county,2025-02-10")
    )
    for day in days("2025-02-01", "2025-02-28"):
        for site in ("510822", "510899") if day.day >= 10 else ("510822",):
            drop_of_site(hall, day, site)

    assert certified(hall, "2025-02")["accepted"] == accepted(28)
    assert hall.run("trace", "2025-02", "open").exit_code == 0


def test_a_measure_is_followed_by_another_within_a_metric(hall: SmallHall) -> None:
    """The new system calls it otherwise: the metric sums both, each on its days."""
    hall.edit(
        "catalogue/measures.csv",
        ("kind\n", "kind,valid_from,valid_to\n"),
        ("受理,count\n", "受理,count,,2025-01-14\ntaken,受件量,办件被受理,count,2025-01-15,\n"),
    )
    hall.edit("catalogue/metric_measures.csv", ("accepted,1,accepted\n", "accepted,1,accepted\naccepted,1,taken\n"))
    hall.edit("catalogue/stock_balances.csv", ("open,accepted,1\n", "open,accepted,1\nopen,taken,1\n"))
    end_system(hall, "2025-01-14")
    add_system(hall, "platform", "valid_from = 2025-01-15")
    settings = (hall.folder / "hall.toml").read_text(encoding="utf-8")
    old, new = settings.split("[systems.platform]")
    renamed = new.replace('"accepted"', '"taken"')
    (hall.folder / "hall.toml").write_text(f"{old}[systems.platform]{renamed}", encoding="utf-8")
    for day in days("2025-01-01", "2025-01-31"):
        hall.drop(day, TWO, "counter" if day.day < 15 else "platform")
    hall.drop_month("2025-02", system="platform")

    checked = hall.run("check-hall", str(hall.folder), "--day", "2025-01-20")
    assert checked.exit_code == 0, checked.output
    assert certified(hall, "2025-01")["accepted"] == accepted(31)
    assert certified(hall, "2025-02")["accepted"] == accepted(28)
