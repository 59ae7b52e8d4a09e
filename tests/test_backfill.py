"""`yuebao backfill`: months in order, only what isn't in is asked for, and a bad month holds no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration.assets.landing import landing_key
from orchestration.runtime.dagster_runs import latest_evaluations
from orchestration.runtime.paths import Home, dagster_instance
from tests.faults import hall_folder
from tests.halls import SYSTEMS, Hall

PAIR = "2025-03..2025-04"
# The platform of the day before, too: the first stocks are held against it.
ONE_OF_A_BUILD = "fct_monthly_counts_equal_their_days"
ANSWERS = {"2025-03": len(SYSTEMS) * 31 + 1, "2025-04": len(SYSTEMS) * 30}


@pytest.fixture(scope="module")
def filled(hall: Hall) -> Hall:
    """A hall with two months brought in."""
    done = hall.run("backfill", PAIR)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        *(f"{month}: in and built, {count} answers asked for" for month, count in ANSWERS.items()),
        "2 months: 2 in and built",
    ]
    return hall


def test_dagster_shows_partitions_and_keeps_no_run(filled: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in filled.environment.items():
        monkeypatch.setenv(name, value)
    with dagster_instance(Home(filled.home)) as instance:
        assert instance.get_run_records() == []
        days = instance.get_materialized_partitions(landing_key("courier"))
        months = instance.get_materialized_partitions(dg.AssetKey("fct_monthly_metrics"))
        check = latest_evaluations(instance, [dg.AssetCheckKey(dg.AssetKey("fct_monthly_counts"), ONE_OF_A_BUILD)])
    assert (len(days), months) == (61, {"2025-03-01", "2025-04-01"})
    assert [found and found.passed for found in check.values()] == [True]


def test_again_it_asks_for_nothing(filled: Hall) -> None:
    again = filled.run("backfill", PAIR)
    assert again.exit_code == 0
    assert again.stdout.splitlines()[:-1] == [f"{month}: in and built, 0 answers asked for" for month in ANSWERS]


def test_what_is_in_is_the_months_numbers(filled: Hall) -> None:
    printed = filled.run("report", "2025-03", "--no-pull")
    assert printed.exit_code == 0, printed.output
    assert filled.numbers("2025-03") == filled.recount("2025-03")


def test_it_goes_on_where_it_was_left(filled: Hall, tmp_path: Path) -> None:
    left = filled.copy(tmp_path)
    for place in ("courier/2025-03-12", "courier/2025-03-13", "call_centre/2025-03-13", "enquiry_desks/2025-04-30"):
        shutil.rmtree(left.home / "landing" / place)
    done = left.run("backfill", PAIR)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "2025-03: in and built, 3 answers asked for",
        "2025-04: in and built, 1 answers asked for",
        "2 months: 2 in and built",
    ]


def test_a_day_landed_as_closed_that_an_override_opens_is_asked_for_again(filled: Hall, tmp_path: Path) -> None:
    opened = filled.copy(tmp_path)
    shutil.rmtree(opened.home / "certificates")  # a certified month stands under the settings of then
    folder = hall_folder(tmp_path / "hall")
    with (folder / "catalogue" / "calendar_overrides.csv").open("a", encoding="utf-8") as table:
        table.write("2025-03-15,true,调休上班,a reviewer\n")
    opened.environment["YUEBAO_HALL"] = str(folder)
    status = opened.run("status", "2025-03")
    assert "courier 邮寄: 2025-03-15 declared closed, but the calendar has it open" in status.output
    done = opened.run("backfill", "2025-03")
    assert done.stdout.splitlines() == ["2025-03: NOT in, 4 answers asked for"]
    assert "2025-03-15" in done.stderr


def test_a_bad_month_is_named_and_holds_no_other(filled: Hall, tmp_path: Path) -> None:
    spoiled = filled.copy(tmp_path, demo=True)
    shutil.rmtree(spoiled.home / "landing" / "courier")
    (file,) = (spoiled.demo / "courier").glob("*2025-03-12*")
    file.write_bytes(b"")
    done = spoiled.run("backfill", PAIR)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "2025-03: NOT in, 31 answers asked for",
        "2025-04: in and built, 30 answers asked for",
        "2 months: 1 NOT in, 1 in and built; mend what is named of 2025-03, then run the same again",
    ]
    assert "courier 邮寄, hall 510000, 2025-03-12: " in done.stderr
    assert "is empty (0 bytes)" in done.stderr


@pytest.mark.parametrize(
    ("months", "says"),
    [
        ("soon", "'soon' is no range of months; write 2023-01..2025-03 or 2025-03"),
        ("2025-04..2025-03", "2025-04..2025-03: the earlier month comes first"),
        ("2022-12..2023-01", "2022-12 is too early"),
        ("2025-03..2999-01", "isn't over"),
    ],
)
def test_a_range_that_is_none_is_refused_before_anything_is_asked(
    months: str, says: str, hall: Hall, tmp_path: Path
) -> None:
    fresh = Hall(tmp_path, hall.variables)
    refused = fresh.run("backfill", months)
    assert refused.exit_code == 2
    assert says in refused.stderr
    assert refused.stderr.count("\n") == 2
    assert not (fresh.home / "landing").exists()
