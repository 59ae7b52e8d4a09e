"""The stocks at a month's beginning are held against the day before it, which is named, by the commands of a user."""

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.runtime.program import code_version
from tests.counts import counts_of
from tests.faults import hall_folder
from tests.halls import PARAGRAPH, Hall

MONTH, EVE, SYSTEM = "2025-03", dt.date(2025, 2, 28), "online_platform"
BALANCE, COMPARED = "fct_daily_counts_stocks_balance", "boundary_is_compared"
NEXT_STEP = f"yuebao pull {EVE} --system {SYSTEM}"
POLICY = 'policy = "automatic"'


@pytest.fixture(scope="module")
def reported(printed_hall: Hall) -> Hall:
    """A fresh state folder after one `report`."""
    return printed_hall


def checks(hall: Hall, month: str = MONTH) -> dict[str, Any]:
    evidence = json.loads((hall.home / "published" / month / "build.json").read_text(encoding="utf-8"))
    return {check["name"]: check for check in evidence["checks"]}


def boundary_rows(hall: Hall, month: str = MONTH) -> list[tuple[str, str]]:
    rows = pq.read_table(hall.home / "inputs" / month / "extracts.parquet").to_pylist()
    days = [(row["system"], row["stat_date"].isoformat()) for row in rows]
    return [(system, day) for system, day in days if not day.startswith(month)]


def without_the_eve(hall: Hall, folder: Path, **options: Any) -> Hall:
    """The landing alone, as in another state folder, and without the day before the month."""
    other = hall.copy(folder, home=False, **options)
    shutil.rmtree(other.home / "landing" / SYSTEM / str(EVE))
    return other


def with_settings(hall: Hall, folder: Path, *changes: tuple[str, str]) -> Hall:
    hall.environment["YUEBAO_HALL"] = str(hall_folder(folder / "hall", *changes))
    return hall


def correct_the_eve(hall: Hall, measure: str, by: int) -> None:
    """A late correction of the day before the month, as a pull would land it."""
    correct(hall, EVE, measure, by)


def correct(hall: Hall, day: dt.date, measure: str, by: int) -> None:
    landing = Landing(hall.home / "landing")
    before = landing.current(SYSTEM, day)
    assert before
    rows = [dict(row) for row in landing.counts(before).rows()]
    next(row for row in rows if row["measure"] == measure)["count"] += by
    (site,) = before.sites
    counts = SiteCounts(counts_of(rows), {}, "a test", before.checks)
    provenance = Provenance("a run", code_version(), before.suite_version)
    landing.land(Counted(SYSTEM, day, "answered", {site: counts}), provenance)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_fresh_state_folder_asks_for_the_day_before_and_compares(reported: Hall) -> None:
    days = {system.name: sorted(day.name for day in system.iterdir() if day.is_dir()) for system in landed(reported)}
    assert days[SYSTEM][0] == str(EVE)
    assert {name for name, dates in days.items() if dates[0] < "2025-03-01"} == {SYSTEM}
    assert boundary_rows(reported) == [(SYSTEM, str(EVE))]
    assert checks(reported)[COMPARED]["status"] == "pass"
    assert checks(reported)[BALANCE]["status"] == "pass"


def landed(hall: Hall) -> list[Path]:
    return [path for path in (hall.home / "landing").iterdir() if path.is_dir()]


def test_a_second_report_asks_for_it_no_more(reported: Hall) -> None:
    extracts = reported.extracts()
    again = reported.run("report", MONTH)
    assert again.exit_code == 0, again.output
    assert str(EVE) not in again.stderr
    assert reported.extracts() == extracts


def test_a_missing_day_before_keeps_the_month_from_being_printed_until_it_is_in(reported: Hall, tmp_path: Path) -> None:
    hall = without_the_eve(reported, tmp_path)
    named = f"{SYSTEM} 一体化政务服务平台: {EVE} missing: boundary not compared"
    for command in (("status", MONTH), ("report", MONTH, "--no-pull"), ("report", MONTH, "--no-pull", "--draft")):
        result = hall.run(*command)
        assert result.exit_code == 1
        assert named in flat(result.output)
        assert NEXT_STEP in flat(result.output)
    assert not (hall.home / "certificates").exists()

    late = hall.run("pull", str(EVE), "--system", SYSTEM)
    assert late.exit_code == 0, late.output
    report = hall.run("report", MONTH, "--no-pull")
    assert report.exit_code == 0, report.output
    assert PARAGRAPH in report.stdout
    assert checks(hall)[COMPARED]["status"] == "pass"


def test_a_damaged_day_before_is_not_compared_either(reported: Hall, tmp_path: Path) -> None:
    hall = reported.copy(tmp_path)
    (extract,) = (hall.home / "landing" / SYSTEM / str(EVE)).glob("*.parquet")
    extract.write_bytes(extract.read_bytes()[:-1] + b"\0")
    status = hall.run("status", MONTH)
    assert status.exit_code == 1
    assert f"{EVE} damaged" in flat(status.output)
    assert "boundary not compared" in flat(status.output)
    assert f"{MONTH} is 已核定" in status.output


def test_by_policy_the_month_is_certified_and_says_that_nobody_compared(reported: Hall, tmp_path: Path) -> None:
    hall = with_settings(without_the_eve(reported, tmp_path), tmp_path, (POLICY, f'{POLICY}\nboundary = "record"'))
    report = hall.run("report", MONTH, "--no-pull")
    assert report.exit_code == 0, report.output
    check = checks(hall)[COMPARED]
    assert (check["status"], check["failures"]) == ("warn", 1)
    assert check["message"] == f"boundary not compared: {SYSTEM} 一体化政务服务平台 {EVE} missing"
    (certificate,) = (hall.home / "certificates").glob("0*.json")
    evidence = json.loads(certificate.read_bytes())["candidate"]["evidence"]
    documents = {name: json.loads((hall.home / "evidence" / evidence[name]).read_bytes()) for name in evidence}
    assert {"name": COMPARED, "result": "warn"} in documents["checks"]["build_checks"]
    assert documents["boundary"] == [{"system": SYSTEM, "day": str(EVE), "result": "not_compared"}]
    status = hall.run("status", MONTH)
    assert status.exit_code == 0
    assert f"boundary not compared: {SYSTEM} 一体化政务服务平台 {EVE} missing" in flat(status.output)

    # What comes in later is held against the month by the next report.
    late = hall.run("pull", str(EVE), "--system", SYSTEM)
    assert late.exit_code == 0, late.output
    assert "is stale" in hall.run("status", MONTH).output
    again = hall.run("report", MONTH, "--no-pull")
    assert again.exit_code == 0, again.output
    assert checks(hall)[COMPARED]["status"] == "pass"
    assert hall.run("status", MONTH).exit_code == 0


def test_a_halls_first_month_has_no_day_before(hall: Hall, tmp_path: Path) -> None:
    first = with_settings(
        Hall(tmp_path, hall.variables), tmp_path, ("first_day = 2023-01-01", "first_day = 2025-03-01")
    )
    report = first.run("report", MONTH)
    assert report.exit_code == 0, report.output
    assert not (first.home / "landing" / SYSTEM / str(EVE)).exists()
    check = checks(first)[COMPARED]
    assert (check["status"], check["message"]) == ("not_applicable", f"first month: {SYSTEM} has no day before {MONTH}")


def test_a_correction_of_the_day_before_is_held_against_the_month(reported: Hall, tmp_path: Path) -> None:
    hall = reported.copy(tmp_path)
    correct_the_eve(hall, "online_open", 1)
    status = hall.run("status", MONTH)
    assert status.exit_code == 1
    assert f"the build of {MONTH} is stale" in flat(status.output)

    refused = hall.run("report", MONTH, "--no-pull")
    assert refused.exit_code == 1
    assert BALANCE in refused.stderr
    after = hall.run("status", MONTH)
    assert after.exit_code == 1
    assert f"check {BALANCE}" in flat(after.output)
    assert f"{MONTH} is 已核定" in after.output
    assert len(list((hall.home / "certificates").glob("0*.json"))) == 1


def test_a_correction_that_leaves_the_stock_alone_is_compared_anew_and_passes(reported: Hall, tmp_path: Path) -> None:
    hall = reported.copy(tmp_path)
    correct_the_eve(hall, "online_accepted", 1)
    assert "is stale" in hall.run("status", MONTH).output
    report = hall.run("report", MONTH, "--no-pull")
    assert report.exit_code == 0, report.output
    assert checks(hall)[COMPARED]["status"] == "pass"
    assert len(list((hall.home / "certificates").glob("0*.json"))) == 1


def test_what_else_is_in_the_warehouse_changes_no_verdict(reported: Hall, tmp_path: Path) -> None:
    """March stays in the warehouse as it was built; its last day is corrected in the landing and not built again."""
    hall = reported.copy(tmp_path)
    correct(hall, dt.date(2025, 3, 31), "online_open", 1)
    refused = hall.run("report", "2025-04")
    assert refused.exit_code == 1
    assert boundary_rows(hall, "2025-04") == [(SYSTEM, "2025-03-31")]
    assert BALANCE in refused.stderr


def test_a_backfill_asks_for_the_day_before_its_first_month(reported: Hall, tmp_path: Path) -> None:
    hall = without_the_eve(reported, tmp_path)
    done = hall.run("backfill", MONTH)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{MONTH}: in and built, 1 answers asked for\n"


def test_checks_without_anything_to_judge_do_not_pass(reported: Hall) -> None:
    """The demo hall has overridden no day of its calendar."""
    check = checks(reported)["dim_date_agrees_with_overrides"]
    assert (check["status"], check["message"]) == ("not_applicable", "the hall has no calendar_overrides of 2025-03")
