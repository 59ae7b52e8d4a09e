"""Only what is missing is asked again: system, day and site, by every command and by Dagster's runs."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest
import time_machine
from typer.testing import Result

from orchestration.assets.landing import build_landing_assets
from orchestration.config.hall import load_hall
from orchestration.landing.manifest import Landing
from orchestration.resources import HallSystems
from reports.figures.months import days_of
from tests.moments import at
from tests.servers.web import Asked, Reply, WebServer, web_server
from tests.small_halls import SmallHall

MONTH = "2025-02"
DAYS = days_of(MONTH)
HALL = "510822"
_SYSTEM = """
[retries]
attempts = 1

[systems.counter]
kind = "http_api"
title = "窗口日报"
opens = "every_day"
measures = ["accepted", "completed"]
sites = {sites}
url = "${{COUNTER_URL}}/counts"
query = {{ site = "{{hall}}", date = "{{day}}" }}
day = "date"
rows = "rows"
columns = {{ department = "department_code", accepted = "accepted", completed = "completed" }}
constants = {{ hall_code = "{{hall}}" }}
"""


@dataclass
class Counters:
    """What the sites' counters say, each asked for on its own; those of `silent` say nothing on its days."""

    silent: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, asked: Asked) -> Reply:
        site, day = asked.query["site"], asked.query["date"]
        if (site, day) in self.silent:
            return Reply(503, b"{}")
        rows = [{"department": code, "accepted": 5, "completed": 2} for code in ("D1", "D2")]
        return Reply(body=json.dumps({"date": day, "rows": rows}).encode())


@dataclass
class SitesHall(SmallHall):
    """A county's hall and its townships, whose counters one server has."""

    counters: Counters
    server: WebServer

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "COUNTER_URL": self.server.url}

    def copied(self, place: Path) -> SitesHall:
        """The same hall in the same state."""
        shutil.copytree(self.place, place, symlinks=True)
        return SitesHall(place, self.counters, self.server)

    def asked_by(self, *words: str) -> tuple[Result, Counter[tuple[str, str]]]:
        """What a command made, and how often it asked for each site and day."""
        self.server.asked.clear()
        result = self.run(*words)
        return result, self.asked

    @property
    def asked(self) -> Counter[tuple[str, str]]:
        return Counter((asked.query["site"], asked.query["date"]) for asked in self.server.asked)


def _begun(place: Path, sites: int, server: WebServer, counters: Counters, more: str = "") -> SitesHall:
    small = SmallHall.begun(place)
    codes = [HALL, *(str(510900 + number) for number in range(sites - 1))]
    settings = (small.folder / "hall.toml").read_text(encoding="utf-8").partition("[systems.counter]")[0]
    settings += _SYSTEM.format(sites=json.dumps(codes)) + more
    (small.folder / "hall.toml").write_text(settings, encoding="utf-8")
    tables = small.folder / "catalogue"
    head, hall_itself = (tables / "sites.csv").read_text(encoding="utf-8").splitlines()
    townships = [f"{code},乡镇{code},county,{HALL}" for code in codes[1:]]
    rows = [f"{head},parent", f"{hall_itself},", *townships, ""]
    (tables / "sites.csv").write_text("\n".join(rows), encoding="utf-8")
    for name in ("measures.csv", "stock_balances.csv", "metrics.csv", "metric_measures.csv"):
        lines = (tables / name).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(("open,", "withdrawn,"))]
        (tables / name).write_text("".join(kept), encoding="utf-8")
    return SitesHall(place, counters, server)


@dataclass(frozen=True)
class Gaps:
    """A hall of so many sites, of which some are silent on some days; and its state after a first `yuebao report`."""

    sites: int
    silent: frozenset[str]
    days: tuple[str, ...]

    @property
    def missing(self) -> set[tuple[str, str]]:
        return {(site, day) for site in self.silent for day in self.days}


TWENTY = Gaps(20, frozenset({"510903", "510911"}), ("2025-02-13",))
MANY = Gaps(205, frozenset(str(510900 + number) for number in range(7)), ("2025-02-05", "2025-02-06", "2025-02-20"))


@dataclass
class Begun:
    gaps: Gaps
    hall: SitesHall
    first: Result


@pytest.fixture(
    scope="module",
    params=[pytest.param(TWENTY, id="20_sites"), pytest.param(MANY, id="205_sites", marks=pytest.mark.proof)],
)
def begun(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """A hall whose first report was refused, for some sites were silent; they have found their voice since."""
    gaps: Gaps = request.param
    counters = Counters(set(gaps.missing))
    with web_server(counters.answer) as server:
        hall = _begun(tmp_path_factory.mktemp("sites"), gaps.sites, server, counters)
        first, asked = hall.asked_by("report", MONTH)
        assert set(asked.values()) == {1}
        assert len(asked) == gaps.sites * len(DAYS)
        counters.silent.clear()
        yield Begun(gaps, hall, first)


def test_the_sites_that_were_silent_hold_the_month_and_no_other_site(begun: Begun) -> None:
    gaps = begun.gaps
    assert begun.first.exit_code == 1
    for silent_day in gaps.days:
        assert f"counter 窗口日报, halls {', '.join(sorted(gaps.silent))}, {silent_day}: " in begun.first.stderr
    assert f"{MONTH}: {gaps.sites * len(DAYS)} answers asked for, 0 were in" in begun.first.stderr
    landing = Landing(begun.hall.home / "landing")
    for day in DAYS:
        extract = landing.current("counter", day)
        assert extract
        lacking = gaps.silent if str(day) in gaps.days else frozenset()
        assert len(extract.sites) == gaps.sites - len(lacking)
        assert lacking.isdisjoint(extract.sites)
    status = begun.hall.run("status", MONTH)
    assert status.exit_code == 1
    assert all(site in status.stdout for site in gaps.silent)
    assert HALL not in status.stdout


def test_a_second_report_asks_for_the_missing_alone_and_a_third_for_nothing(begun: Begun, tmp_path: Path) -> None:
    hall, missing = begun.hall.copied(tmp_path / "hall"), begun.gaps.missing
    second, asked = hall.asked_by("report", MONTH)
    assert second.exit_code == 0, second.output
    assert asked == Counter(missing)
    others = begun.gaps.sites * len(DAYS) - len(missing)
    assert f"{MONTH}: {len(missing)} answers asked for, {others} were in and weren't asked for." in second.stderr
    departments = 2 * begun.gaps.sites
    assert hall.numbers(MONTH) == {"accepted": 5 * departments * len(DAYS), "completed": 2 * departments * len(DAYS)}

    third, asked = hall.asked_by("report", MONTH)
    assert (third.exit_code, asked) == (0, Counter())
    assert third.stdout == second.stdout
    assert f"{MONTH}: 0 answers asked for, {others + len(missing)} were in" in third.stderr


def test_every_site_but_those_is_certified_and_the_hall_waits_for_them_alone(begun: Begun, tmp_path: Path) -> None:
    hall, gaps = begun.hall.copied(tmp_path / "hall"), begun.gaps
    below, ledger = gaps.sites - 1, hall.home / "certificates"
    first, asked = hall.asked_by("report", MONTH, "--all", "--no-pull")
    assert (first.exit_code, asked) == (1, Counter())
    assert f"{MONTH}: {below - len(gaps.silent)} of {below} sites are certified" in first.stdout
    waiting = {line.split()[0] for line in first.stdout.splitlines() if line.endswith(": not certified")}
    assert waiting == gaps.silent
    assert [path.name for path in ledger.glob("0*.json")] == [f"000001-{MONTH}-s1.json"]

    second, asked = hall.asked_by("report", MONTH, "--all")
    assert second.exit_code == 0, second.output
    assert asked == Counter(gaps.missing)
    assert f"{MONTH}: {below} of {below} sites are certified, {len(gaps.silent)} of them now" in second.stdout
    links = [f"000001-{MONTH}-s1.json", f"000002-{MONTH}-s2.json", f"000003-{MONTH}-r1.json"]
    assert sorted(path.name for path in ledger.glob("0*.json")) == links
    assert hall.run("verify").exit_code == 0


def test_a_backfill_asks_for_the_missing_alone(begun: Begun, tmp_path: Path) -> None:
    filled, asked = begun.hall.copied(tmp_path / "hall").asked_by("backfill", MONTH)
    assert filled.stdout == f"{MONTH}: in and built, {len(begun.gaps.missing)} answers asked for\n"
    assert asked == Counter(begun.gaps.missing)


def test_a_pull_of_the_days_asks_for_their_missing_sites_alone(begun: Begun, tmp_path: Path) -> None:
    hall, asked = begun.hall.copied(tmp_path / "hall"), Counter[tuple[str, str]]()
    for day in begun.gaps.days:
        pulled, of_day = hall.asked_by("pull", day)
        assert pulled.exit_code == 0, pulled.output
        asked += of_day
    assert asked == Counter(begun.gaps.missing)


@pytest.mark.parametrize(
    ("config", "tags"),
    [({"only_missing": True}, {}), ({}, {"dagster/is_resume_retry": "true"})],
    ids=["set_in_the_launchpad", "executed_again_from_failure"],
)
def test_dagsters_run_over_the_month_asks_for_the_missing_alone(
    config: dict[str, bool],
    tags: dict[str, str],
    begun: Begun,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = begun.hall.copied(tmp_path / "hall")
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    hall.server.asked.clear()
    ran = dg.materialize(
        build_landing_assets(load_hall().hall),
        resources={"hall_systems": HallSystems.model_validate(config)},
        tags={
            "dagster/asset_partition_range_start": str(DAYS[0]),
            "dagster/asset_partition_range_end": str(DAYS[-1]),
            **tags,
        },
    )
    assert ran.success
    assert hall.asked == Counter(begun.gaps.missing)


def test_what_may_still_be_corrected_is_asked_for_once_a_night(tmp_path: Path) -> None:
    counters = Counters()
    with web_server(counters.answer) as server:
        hall = _begun(tmp_path, 2, server, counters, "repull_days = 3\n")

        def days_asked(now: str, *options: str) -> list[int]:
            with time_machine.travel(at(now)):
                result, asked = hall.asked_by("report", MONTH, "--draft", *options)
            assert result.exit_code == 0, result.output
            assert {site for site, _ in asked} in (set(), {HALL, "510900"})
            return sorted({dt.date.fromisoformat(day).day for _, day in asked})

        every = [day.day for day in DAYS]
        assert days_asked("2025-03-01T08:00") == every
        assert days_asked("2025-03-01T08:30") == []
        assert days_asked("2025-03-02T08:00") == [26, 27, 28]
        assert days_asked("2025-03-02T09:00") == []
        # The windows of these two closed since, and nobody asked in their last nights.
        assert days_asked("2025-03-10T08:00") == [27, 28]
        assert days_asked("2025-03-10T09:00") == []
        assert days_asked("2025-03-10T10:00", "--pull-all") == every
        assert days_asked("2025-03-10T11:00", "--no-pull") == []
