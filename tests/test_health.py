"""The health page: what is in, late or refused, when answers come, and what to do, as the state files have it."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import time_machine
from lxml import html
from prometheus_client.parser import text_string_to_metric_families
from typer.testing import Result

from orchestration.automation.deadlines import Moment
from orchestration.cli.operation_views import facts_of
from orchestration.config.catalogue import working_days
from orchestration.config.hall import load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.definitions import defs
from orchestration.health import view
from orchestration.health.asset import HEALTH_PAGE
from orchestration.health.days import cells_of
from orchestration.health.metrics import write_metrics
from orchestration.health.model import CELL_SIGNS, Health
from orchestration.health.page import page
from orchestration.health.snapshot import take_snapshot
from orchestration.jobs import FACTS_JOB, HEALTH_JOB, MONTH_JOB
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Refusal
from orchestration.runtime.paths import Home, dagster_instance
from reports.figures.months import days_of
from reports.figures.readiness import BuildEvidence
from tests.counts import counts_of
from tests.faults import hall_folder
from tests.halls import SYSTEMS, Hall
from tests.moments import at
from tests.servers.browser import OpenBrowser, open_browser

FIRST_DAY = ("first_day = 2023-01-01", "first_day = 2025-03-01")
SCRIPT = "<script>alert('窗口')</script>"


def _run(hall: Hall, moment: str, *arguments: str) -> Result:
    with time_machine.travel(at(moment)):
        result = hall.run(*arguments)
    assert "Traceback" not in result.output
    return result


def _gathered(hall: Hall, moment: str) -> Health:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in hall.environment.items():
            patch.setenv(name, value)
        home = Home(hall.home)
        with dagster_instance(home) as instance:
            return take_snapshot(Moment(load_hall().hall, home, working_days(), at(moment)), instance)


@pytest.fixture(scope="module")
def certified(hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """A hall that began in March, which is certified on the first day after it."""
    hall.environment["YUEBAO_HALL"] = str(hall_folder(tmp_path_factory.mktemp("began") / "hall", FIRST_DAY))
    assert _run(hall, "2025-04-01T10:00", "report", "2025-03").exit_code == 0
    return hall


@pytest.fixture(scope="module")
def troubled(certified: Hall, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """April goes on: a file is lost, one is torn, a day of March is corrected after it was certified."""
    other = certified.copy(tmp_path_factory.mktemp("troubled"), demo=True)
    other.environment["YUEBAO_HALL"] = certified.environment["YUEBAO_HALL"]
    other.correct_calls("2025-03-12", 8)
    assert _run(other, "2025-04-10T07:00", "pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    (other.demo / "courier" / "邮寄日报_2025-04-03.xlsx").unlink()
    torn = other.demo / "call_centre" / "电话咨询_20250408.csv"
    torn.write_bytes(torn.read_bytes()[:200])
    assert _run(other, "2025-04-10T07:10", "pull", "2025-04-01..2025-04-08").exit_code == 1
    return other


# --- the ten seconds -----------------------------------------------------------------------------------------------


def test_a_hall_that_is_well_says_so_and_ends_well(certified: Hall) -> None:
    told = _run(certified, "2025-04-02T08:00", "health")
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0] == (
        "2025-03 is certified. 2025-04 is on its way: 0 of 7 answers are in, 7 aren't due or aren't late yet."
    )
    assert len(lines) <= 10
    assert not (certified.home / "health").exists()


def test_what_is_wrong_is_named_with_the_command_that_mends_it(troubled: Hall) -> None:
    told = _run(troubled, "2025-04-10T10:00", "health")
    assert told.exit_code == 1
    assert told.stdout.startswith("2025-03 is certified, and something behind it has changed since")
    health = _gathered(troubled, "2025-04-10T10:00")
    assert health.headline.endswith("2025-04: 9 of 63 answers are missing.")
    assert [each.command for each in health.actions] == [
        "yuebao revise 2025-03 --reason ... --note ...",
        "yuebao pull 2025-04-03..2025-04-09",
    ]
    lines = [line.removeprefix("BAD ") for line in told.stdout.splitlines() if line.startswith(("BAD", "  "))]
    assert [line.split(" missing")[0].split(" quarantined")[0].strip() for line in lines[2:]] == [
        "call_centre 电话咨询: 2025-04-08",
        "call_centre 电话咨询: 2025-04-09",
        "courier 邮寄: 2025-04-03",
        "courier 邮寄: 2025-04-09",
        "enquiry_desks 现场咨询: 2025-04-09",
        "online_platform 一体化政务服务平台: 2025-04-09",
        "queue 排队叫号: 2025-04-09",
        "rating 好差评: 2025-04-09",
        "and 1 more, which `yuebao status 2025-04` says",
        "next: yuebao pull 2025-04-03..2025-04-09",
    ]
    assert "courier 邮寄: 2025-04-03 missing: no file " in told.stdout
    assert health.pending == ("2025-03",)


def test_a_refusal_says_each_system_and_the_command_once(home: Home, tmp_path: Path) -> None:
    empty = Hall(tmp_path, {"YUEBAO_DEMO_DIR": str(home.demo)})
    folder = hall_folder(tmp_path / "hall", FIRST_DAY)
    places = {"YUEBAO_HOME": home.root, "DAGSTER_HOME": home.dagster, "YUEBAO_HALL": folder}
    empty.environment |= {name: str(place) for name, place in places.items()}
    counted = Counted(
        *("courier", dt.date(2025, 3, 5), "answered"), {"510000": SiteCounts(counts_of(()), {}, "a test", {})}
    )
    Landing(home.landing).land(counted, Provenance("run", "code", "suite"))
    refused = _run(empty, "2025-04-02T10:00", "report", "2025-03", "--no-pull")
    assert refused.exit_code == 1
    lines = [line.strip() for line in refused.stderr.splitlines() if line.startswith("  ")]
    assert "courier 邮寄: 2025-03-01..2025-03-04, 2025-03-06..2025-03-31 (30 days) missing" in lines
    assert [line for line in lines if "next: " in line] == ["next: yuebao report 2025-03"]


def test_what_is_not_late_waits_for_nobody(troubled: Hall) -> None:
    by_moment = {
        moment: {cell.state for cell in _gathered(troubled, moment).cells if cell.day == dt.date(2025, 4, 9)}
        for moment in ("2025-04-10T02:00", "2025-04-10T08:59", "2025-04-10T09:00")
    }
    assert list(by_moment.values()) == [{"not_due"}, {"awaited"}, {"missing"}]
    assert "2025-04-09" not in str(_gathered(troubled, "2025-04-10T08:59").actions)


def test_the_month_under_way_is_told_so_far_and_its_counts_are_a_draft(troubled: Hall) -> None:
    told = _run(troubled, "2025-04-10T10:00", "status", "2025-04")
    assert told.exit_code == 1
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "2025-04 is under way: up to 2025-04-09 54 of 63 answers are in, 9 are late or refused." in lines
    (late,) = (line for line in lines if line.startswith("BAD courier 邮寄: 2025-04-03 missing"))
    assert "next: yuebao pull" not in late
    assert lines.count("next: yuebao pull 2025-04-03..2025-04-09") == 1
    draft = lines.index("草稿: counts of the days that are in, up to 2025-04-09; not certified, not to be printed")
    days = [f"2025-04-0{day}" for day in range(1, 8)]  # those of the call centre that are in
    extracts = [path for path in troubled.extracts() if path.parts[-3] == "call_centre" and path.parts[-2] in days]
    calls = sum(int(pq.read_table(path)["count"].to_pandas().sum()) for path in extracts)
    assert f"phone_consultations 电话咨询量 {calls}" in lines[draft:]
    assert not [line for line in lines[draft:] if line.startswith("online_open ")]


def test_a_month_under_way_of_which_nothing_is_late_ends_well(certified: Hall) -> None:
    told = _run(certified, "2025-04-01T10:00", "status", "2025-04")
    assert (told.exit_code, "2025-04 begins today" in told.stdout) == (0, True), told.output


def test_a_month_that_is_in_waits_for_its_build_and_then_for_a_person(certified: Hall, tmp_path: Path) -> None:
    other = certified.copy(tmp_path, home=False)
    other.environment["YUEBAO_HALL"] = certified.environment["YUEBAO_HALL"]
    on_the_day = _gathered(other, "2025-04-01T10:00")
    assert on_the_day.headline.startswith("2025-03 is in whole; it isn't ready to be certified yet.")
    assert (on_the_day.months[1].state, on_the_day.is_well) == ("draft", True)
    late = _gathered(other, "2025-04-03T10:00")
    assert late.actions[0].command == "yuebao report 2025-03"
    away = [(each.what, each.days_left, each.done) for each in late.deadlines if each.month == "2025-03"]
    assert away == [("candidate", -2, False), ("certification", 5, False), ("edition", 21, False)]


def test_a_month_that_may_be_certified_waits_for_the_automation_and_then_for_a_person(
    certified: Hall, tmp_path: Path
) -> None:
    other = certified.copy(tmp_path)
    other.environment["YUEBAO_HALL"] = certified.environment["YUEBAO_HALL"]
    shutil.rmtree(other.home / "certificates")
    on_the_day = _gathered(other, "2025-04-01T10:00")
    assert on_the_day.headline.startswith("2025-03 is in whole and every check has passed; it waits to be certified.")
    assert (on_the_day.months[1].state, on_the_day.is_well) == ("waiting", True)
    assert _gathered(other, "2025-04-02T08:00").actions[0].command == "yuebao certify 2025-03"
    by_hand = hall_folder(tmp_path / "by_hand", FIRST_DAY, ('policy = "automatic"', 'policy = "manual"'))
    other.environment["YUEBAO_HALL"] = str(by_hand)
    assert _gathered(other, "2025-04-01T10:00").actions[0].command == "yuebao certify 2025-03"


def test_a_failed_check_waits_for_a_person_at_once(certified: Hall, tmp_path: Path) -> None:
    other = certified.copy(tmp_path)
    other.environment["YUEBAO_HALL"] = certified.environment["YUEBAO_HALL"]
    shutil.rmtree(other.home / "certificates")
    path = other.home / "published" / "2025-03" / "build.json"
    evidence = BuildEvidence.from_json(path.read_text(encoding="utf-8"))
    failed = replace(evidence.checks[0], status="fail", message="got 3 results", failures=3)
    path.write_text(replace(evidence, checks=(failed, *evidence.checks[1:])).to_json(), encoding="utf-8")
    told = json.loads(path.read_text(encoding="utf-8"))
    health = _gathered(other, "2025-04-01T10:00")
    assert health.headline.startswith("2025-03 is in whole, but 1 of its checks failed.")
    assert [each.command for each in health.actions] == ["yuebao status 2025-03"]
    assert failed.name in health.actions[0].texts[0]
    assert _rows(page(health), "checks")[1] == _row_of_checks(told, failed=1)
    path.write_text("{")
    assert "build.json: " in _gathered(other, "2025-04-01T10:00").actions[0].texts[0]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (view.took(None), "-"),
        (view.took(1.26), "1.3 s"),
        (view.took(200), "3 min 20 s"),
        (view.took(3 * 3600 + 125), "3 h 2 min"),
        (view.size(1023), "1023 B"),
        (view.size(1536), "1.5 KiB"),
        (view.size(5 * 2**30), "5.0 GiB"),
        (view.days_left(0), "today"),
        (view.days_left(1), "in 1 day"),
        (view.days_left(-2), "2 days ago"),
        (view.share(0.9999), "99%"),
        (view.brief("窗" * 401), "窗" * 400 + " ..."),
    ],
)
def test_numbers_in_words(told: str, expected: str) -> None:
    assert told == expected


def test_what_cant_be_read_is_said_and_holds_nothing_else(troubled: Hall, tmp_path: Path) -> None:
    other = troubled.copy(tmp_path)
    other.environment["YUEBAO_HALL"] = troubled.environment["YUEBAO_HALL"]
    torn = max((other.home / "landing" / "courier" / "2025-03-12").glob("*.json"))
    torn.write_text("{")
    (other.home / "certificates" / "000002-2025-02-r1.json").write_text("{")
    health = _gathered(other, "2025-04-10T10:00")
    said = " ".join(text for each in health.actions for text in each.texts)
    assert f"{torn} is not a manifest entry" in said
    assert "000002-2025-02-r1.json" in said
    assert Counter(cell.state for cell in health.cells)["damaged"] == 1
    assert "is not a manifest entry" in page(health)


def test_a_year_without_a_calendar_is_said(certified: Hall) -> None:
    health = _gathered(certified, "2031-02-10T10:00")
    assert any("no working-day calendar for 2030" in text for each in health.actions for text in each.texts)
    assert "no working-day calendar for 2030" in page(health)


# --- the page and the files ----------------------------------------------------------------------------------------


def _rows(told: str, section: str) -> list[list[str]]:
    """The cells of a section's tables as text, row by row."""
    found = html.fromstring(told).xpath(f"//section[@aria-labelledby='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def _recount(hall: Hall, month: str) -> int:
    """The answers of a month that are in and in no doubt, by the names of files alone."""
    landed = {path.parent for path in (hall.home / "landing").glob(f"*/{month}-*/*.json")}
    refused = {
        (path.parts[-4], path.parts[-3])
        for path in (hall.home / "quarantine").glob(f"*/{month}-*/*/*.json")
        if not path.name.endswith(".resolved.json")
    }
    return sum((folder.parent.name, folder.name) not in refused for folder in landed)


@pytest.fixture(scope="module")
def written(troubled: Hall) -> Path:
    assert "written: " in _run(troubled, "2025-04-10T10:00", "health", "--html").stdout
    return troubled.home / "health" / "index.html"


def _row_of_checks(build: dict[str, Any], *, failed: int) -> list[str]:
    of = Counter(check["status"] for check in build["checks"])
    return ["2025-03", f"■ {of['pass']}", str(of["warn"]), str(failed), "0", str(of["not_applicable"])]


def test_the_numbers_on_the_page_are_those_of_the_state_files(troubled: Hall, written: Path) -> None:
    told = written.read_text(encoding="utf-8")
    months = _rows(told, "months")
    assert months[0][:3] == ["2025-04", "… under way", f"{_recount(troubled, '2025-04')} / 63 ? 9"]
    assert months[1][:3] == [
        "2025-03",
        "! revision pending 待修订",
        f"{_recount(troubled, '2025-03')} / {len(SYSTEMS) * 31}",
    ]
    build = json.loads((troubled.home / "published" / "2025-03" / "build.json").read_text())
    assert _rows(told, "checks")[1] == _row_of_checks(build, failed=0)
    assert [row[:2] for row in _rows(told, "quarantine")] == [
        ["2025-04-08", "call_centre"],
        ["2025-04-03", "courier"],
    ]
    signs = {row[0].split()[0]: row[1:] for row in _rows(told, "days")[: len(SYSTEMS)]}
    assert "".join(signs["call_centre"]) == "■■■■■■■!?"
    assert "".join(signs["courier"]) == "■■?···■■?"


def test_the_page_shows_the_triangle_of_the_files(written: Path) -> None:
    (row,) = _rows(written.read_text(encoding="utf-8"), "arrivals")
    # All of March came on April 1st, and one answer of 217 was corrected on the 10th.
    assert row == ["2025-03", "0%", *["99%"] * 9, "100%", *[""] * 6, "day 10", "1"]


def test_the_page_may_lie_elsewhere(troubled: Hall, tmp_path: Path) -> None:
    elsewhere = tmp_path / "pages" / "ours.html"
    assert _run(troubled, "2025-04-10T10:00", "health", "--html", str(elsewhere)).exit_code == 1
    assert elsewhere.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_every_table_is_told_to_those_who_dont_see_it(written: Path) -> None:
    tables = html.fromstring(written.read_text(encoding="utf-8")).xpath("//table")
    assert len(tables) > 8
    for table in tables:
        assert table.xpath("./caption")
        assert table.xpath("./thead//th[@scope='col']")
        assert len(table.xpath("./tbody/tr/th[@scope='row']")) == len(table.xpath("./tbody/tr"))


def test_what_comes_from_outside_is_shown_and_never_run(troubled: Hall, tmp_path: Path) -> None:
    health = _gathered(troubled, "2025-04-10T10:00")
    refused = Refusal("courier", "2025-04-03", "510000", SCRIPT, "2025-04-04T08:00:00+00:00", "run", answered=True)
    hostile = replace(
        health,
        hall=SCRIPT,
        site_names={"510000": SCRIPT},
        system_names=dict.fromkeys(health.system_names, f'"{SCRIPT}'),
        refusals=(refused,),
        cells=tuple(replace(cell, detail=SCRIPT) for cell in health.cells),
        actions=(replace(health.actions[0], told=((SCRIPT, ()),), command=SCRIPT),),
    )
    told = page(hostile)
    assert "<script" not in told
    assert html.fromstring(told).xpath("//script") == []
    assert [row[2] for row in _rows(told, "quarantine")] == [f"510000 {SCRIPT}"]
    assert [row[4] for row in _rows(told, "quarantine")] == [SCRIPT]


def test_the_asset_writes_both_and_no_month_waits_for_it(troubled: Hall, tmp_path: Path) -> None:
    other = troubled.copy(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**other.environment, "YUEBAO_HALL": troubled.environment["YUEBAO_HALL"]}.items():
            patch.setenv(name, value)
        definitions = defs()
        for job in (MONTH_JOB, FACTS_JOB):
            assert HEALTH_PAGE not in definitions.resolve_job_def(job).asset_layer.executable_asset_keys
        with dagster_instance(Home(other.home)) as instance, time_machine.travel(at("2025-04-10T10:00")):
            result = definitions.resolve_job_def(HEALTH_JOB).execute_in_process(instance=instance)
    (made,) = result.asset_materializations_for_node("health_page")
    assert made.metadata["things to do"].value == 2
    assert Path(str(made.metadata["page"].value)).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (other.home / "health" / "yuebao.prom").exists()


# --- metrics -------------------------------------------------------------------------------------------------------


def _samples(path: Path) -> dict[tuple[str, ...], float]:
    """Each number by its name and its labels' values, in the order of the labels' names."""
    return {
        (sample.name.removeprefix("yuebao_"), *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(path.read_text())
        for sample in family.samples
    }


def test_prometheus_reads_the_same_numbers(troubled: Hall, tmp_path: Path) -> None:
    health = _gathered(troubled, "2025-04-10T10:00")
    path = tmp_path / "metrics" / "yuebao.prom"
    write_metrics(health, path)
    samples = _samples(path)
    states = Counter((cell.system, cell.state) for cell in health.cells)
    for system in health.system_names:
        for state in CELL_SIGNS:
            assert samples["days", state, system] == states[system, state]
    days = sum(number for key, number in samples.items() if key[0] == "days")
    assert days == len(health.cells) == 40 * len(health.system_names)
    assert samples["actions",] == len(health.actions)
    assert samples["revisions_pending",] == samples["certified_months",] == 1
    assert samples["missing_answers", "2025-04"] == 9
    assert samples["quarantine_open_items", "call_centre"] == 1
    assert samples["quarantine_open_items", "courier"] == 0  # it didn't answer
    assert samples["quarantine_open_items", "enquiry_desks"] == 0
    assert samples["deadline_timestamp_seconds", "edition", "2025-03"] == at("2025-04-24").timestamp()
    assert samples["last_landed_timestamp_seconds", "call_centre"] == pytest.approx(
        at("2025-04-10T07:10").timestamp(), abs=60
    )
    assert samples["health_timestamp_seconds",] == at("2025-04-10T10:00").timestamp()
    assert samples["state_bytes", "certificates"] == sum(
        file.stat().st_size for file in (troubled.home / "certificates").rglob("*") if file.is_file()
    )
    runs = {key[1:]: number for key, number in samples.items() if key[0] == "runs"}
    assert runs["month", "success"] == 1
    assert runs["pull", "failure"] == 1


# --- many halls ----------------------------------------------------------------------------------------------------

MANY = tuple(f"51{number:04d}" for number in range(1, 201))


def _hall_of(sites: Sequence[str], tmp_path: Path) -> Path:
    """The demo hall's folder, whose systems answer for many sites."""
    named = f"sites = {json.dumps(sites)}"
    kinds = [(f'\nkind = "{kind}"', f'\nkind = "{kind}"\n{named}') for kind in ("http_api", "sql", "drop_folder")]
    folder = hall_folder(tmp_path / "hall", FIRST_DAY, *kinds)
    with (folder / "catalogue" / "sites.csv").open("a", encoding="utf-8") as table:
        table.writelines(f"{code},第{code}号<script>政务服务大厅,county\n" for code in sites)
    return folder


def _land(folder: Path, home: Home, day: dt.date, came: Sequence[str], *but: str) -> None:
    """What came of a day, in all systems but some."""
    counts = {site: SiteCounts(counts_of([]), {}, "here", {}) for site in came}
    for system in load_hall(folder).hall.systems:
        if system not in but:
            Landing(home.landing).land(Counted(system, day, "answered", counts), Provenance("run", "code", "suite"))


def _looked_at(folder: Path, home: Home, moment: str) -> Health:
    with dagster_instance(home) as instance:
        return take_snapshot(Moment(load_hall(folder).hall, home, working_days(), at(moment)), instance)


def test_two_hundred_halls_stay_readable(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On every day another tenth of the halls is missing, in all systems."""
    folder = _hall_of(MANY, tmp_path)
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    days = [dt.date(2025, 3, 1) + dt.timedelta(days=back) for back in range(60)]
    for number, day in enumerate(days):
        _land(folder, home, day, [hall for place, hall in enumerate(MANY) if place % 10 != number % 10])
    health = _looked_at(folder, home, "2025-04-30T10:00")
    assert {(cell.came, len(cell.sites), cell.state) for cell in health.cells} == {(180, 200, "missing")}
    told = page(health)
    assert len(told.encode()) < 2 * 2**20
    assert max(map(len, html.fromstring(told).xpath("//main//ol//li/text()"))) <= 404
    assert "<script" not in told
    gaps = [row for row in _rows(told, "days") if row[3:4] == ["180 / 200"]]
    assert len(gaps) == len(SYSTEMS) * 60
    assert "20 sites510010 第510010号<script>政务服务大厅, 510020 " in gaps[0][4]
    assert "?90%" in _rows(told, "days")[0][1].replace(" ", "")


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Health]:
    """Of 205 sites seven lack three days, one of them a fourth in one system; the last day isn't late yet."""
    sites = [f"51{number:04d}" for number in range(1, 206)]
    place = tmp_path_factory.mktemp("seven")
    folder, home = _hall_of(sites, place), Home(place / "var")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YUEBAO_HALL", str(folder))
        for day in days_of("2025-03")[:20]:
            lack = LACKING if day.day in {5, 6, 12} else []
            _land(
                folder, home, day, [site for site in sites if site not in lack], *(["courier"] if day.day == 13 else [])
            )
            if day.day == 13:
                counts = {site: SiteCounts(counts_of([]), {}, "here", {}) for site in sites if site != LACKING[-1]}
                counted = Counted("courier", day, "answered", counts)
                Landing(home.landing).land(counted, Provenance("run", "code", "suite"))
        yield _looked_at(folder, home, "2025-03-22T07:00")


LACKING = [f"51{number:04d}" for number in range(20, 160, 20)]


def test_the_sites_that_lack_days_stand_alone_the_worst_first(seven: Health) -> None:
    told = page(seven)
    (caption,) = html.fromstring(told).xpath("//section[@aria-labelledby='sites']//caption/text()")
    assert caption == (
        "2025-03: 7 of 205 sites aren't in, the worst first; the other 198 are, on every day that is due"
    )
    rows = [row for row in _rows(told, "sites") if row[0].startswith("51")]
    assert [row[0].split()[0] for row in rows] == [LACKING[-1], *LACKING[:-1]]
    assert [row[1] for row in rows] == ["4", *["3"] * 6]
    days = rows[0][2:33]
    assert [number for number, sign in enumerate(days, start=1) if sign == CELL_SIGNS["missing"]] == [5, 6, 12, 13]
    assert set(days[20:]) == {""}, "what isn't late yet isn't told"
    assert rows[0][33] == ", ".join(system if system == "courier" else f"{system} 3" for system in SYSTEMS)
    assert rows[1][33] == ", ".join(SYSTEMS)
    (line,) = [line for line in facts_of(seven) if "sites that aren't in" in line]
    assert line.startswith(f"2025-03 sites that aren't in, on so many days: {LACKING[-1]} 第{LACKING[-1]}号")
    assert "(3) and 4 more; the other 198 of 205 are; `yuebao status 2025-03 --sites` shows all" in line


def test_a_closed_day_of_one_hall_says_nothing_of_another(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Saturday and a Wednesday are declared closed by the first of two halls, and the other one says nothing."""
    folder = hall_folder(tmp_path / "hall", ('\ntitle = "邮寄"', '\ntitle = "邮寄"\nsites = ["510000", "510100"]'))
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    days = [dt.date(2025, 3, 15), dt.date(2025, 3, 12)]
    closed = {"510000": SiteCounts(counts_of([]), {}, "here", {})}
    for day in days:
        Landing(home.landing).land(Counted("courier", day, "closed", closed), Provenance("run", "code", "suite"))
    cells = cells_of(Moment(load_hall(folder).hall, home, WorkingDays({}), at("2025-03-20T10:00")), days)
    assert [(cell.state, dict(cell.sites)) for cell in cells if cell.system == "courier"] == [
        ("missing", {"510000": "closed", "510100": "missing"}),
        ("missing", {"510000": "wrongly_closed", "510100": "missing"}),
    ]


# --- in a browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[OpenBrowser]:
    with open_browser() as opened:
        yield opened


_LOOKS: dict[str, dict[str, object]] = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True},
}


@pytest.mark.parametrize("look", _LOOKS)
def test_a_browser_shows_it_and_asks_for_nothing_else(look: str, written: Path, browser: OpenBrowser) -> None:
    with browser.tab(**_LOOKS[look]) as tab:
        tab.page.goto(written.as_uri())
        assert tab.page.get_by_role("heading", level=1).inner_text().startswith("2025-03 is certified")
        assert tab.page.get_by_text("yuebao pull 2025-04-03..2025-04-09").first.is_visible()
        width, window = tab.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width <= window
        paper = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (look != "dark")
    assert tab.errors == []
    assert tab.requests == [written.as_uri()]


def test_it_prints_on_a_few_pages(written: Path, browser: OpenBrowser) -> None:
    with browser.tab() as tab:
        tab.page.goto(written.as_uri())
        printed = tab.page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF-")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 8
