"""Two years of a hall in which everything changes that can, each month certified when it ended, some revised later.

`make test` lives through the two months around the first year's end, `make proof` through both years. What is certified
is held against what happened (tests/two_years.py), every plan against what then differs, and at the end everything
against what it was.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import time_machine

from reports.certificates.revision import sentences
from reports.figures.months import days_between, days_of
from reports.figures.section_text import PrintedSection
from tests.moments import SHANGHAI
from tests.servers.web import web_server
from tests.small_halls import OWN_FILES, SmallHall
from tests.two_years import (
    CHANGES,
    FIRST,
    LAST,
    SYSTEMS,
    Counts,
    Number,
    World,
    cells,
    defined,
    settings_of,
    write_settings,
)

YEARS_END = dt.date(2024, 12, 1), dt.date(2025, 1, 31)
# On which day a correction of an earlier one comes, of which department, and how many more it accepted and completed.
CORRECTIONS: Mapping[dt.date, tuple[dt.date, str, int]] = {
    dt.date(2024, 4, 9): (dt.date(2024, 2, 20), "D1", 7),
    dt.date(2025, 1, 14): (dt.date(2024, 12, 10), "D5", 9),
    dt.date(2025, 3, 12): (dt.date(2024, 3, 14), "D2", 4),
    dt.date(2025, 12, 8): (dt.date(2025, 10, 9), "D7", 5),
}
ONE_DAY = dt.timedelta(days=1)
Question = tuple[str, dt.date, str]  # a system over HTTP, a day, and a site or "" for all


def questions(system: str, day: dt.date) -> list[Question]:
    """What it takes to ask a system for a day: over HTTP one question for each site that is there, or for all."""
    settings = SYSTEMS[system]
    if settings.own["kind"] != "http_api":
        return []
    by_site = "{hall}" in settings.own["query"].values()
    return (
        [(system, day, site) for site in sorted({site for site, _ in cells(day)})] if by_site else [(system, day, "")]
    )


@dataclass
class Lived:
    """A hall's life from a first day to a last one, month by month.

    Attributes:
        certified: by month the numbers of its newest certificate.
        counted: by month what the hall had counted when that one was signed.
        status: by month what `status` said of it then, and how it ended.
        revisions: by month its newest revision.
        settings: by month the day whose settings that one was signed under.
        asked_again: the questions that were asked for corrections.
    """

    hall: SmallHall
    world: World
    certified: dict[str, dict[str, Number]] = field(default_factory=dict)
    counted: dict[str, Counts] = field(default_factory=dict)
    status: dict[str, tuple[int, str]] = field(default_factory=dict)
    revisions: dict[str, int] = field(default_factory=dict)
    settings: dict[str, dt.date] = field(default_factory=dict)
    asked_again: Counter[Question] = field(default_factory=Counter)
    unpulled: dt.date = field(init=False)

    def __post_init__(self) -> None:
        self.unpulled = self.world.first

    def live(self) -> None:
        """Every day with something in it, at eight in the morning."""
        for day in days_between(self.world.first + ONE_DAY, self.world.last + ONE_DAY):
            with time_machine.travel(dt.datetime.combine(day, dt.time(8), SHANGHAI), tick=True):
                ended = f"{day - ONE_DAY:%Y-%m}" if day.day == 1 else ""
                if day in CHANGES:
                    self.change(day, ended)
                if ended:
                    self.month_ends(ended)
                if day in CORRECTIONS and CORRECTIONS[day][0] >= self.world.first:
                    self.correct(*CORRECTIONS[day])

    def run(self, *words: str, code: int = 0) -> str:
        done = self.hall.run(*words)
        assert done.exit_code == code, f"{' '.join(words)}: {done.output}"
        return done.stdout

    def change(self, day: dt.date, ended: str) -> None:
        """Settings change; what was so far is in, and a month that has ended is built and waits for its certificate."""
        if ended:
            self.run("report", ended, "--draft")
        elif self.unpulled < day:
            self.run("pull", f"{self.unpulled}..{day - ONE_DAY}")
            self.unpulled = day
        write_settings(self.hall.folder, day)
        plans = self.planned()
        foretold = {month: self.foretold(month, day) for month in self.certified}
        assert {month: _changes(plans[month]) for month in self.certified} == foretold
        self.hold_what_was_foretold(plans, day)
        if ended:
            self.hold_what_is_rebuilt(plans[ended], ended)

    def planned(self) -> dict[str, Any]:
        """What `plan` says of every month, by month."""
        if not (self.hall.home / "published").exists():
            return {}
        asked = self.world.asked.total()
        done = self.hall.run("plan", "--format", "json")
        plans = {plan["month"]: plan for plan in json.loads(done.stdout)}
        assert done.exit_code == any(plan["differs"] for plan in plans.values()), done.output
        assert self.world.asked.total() == asked
        return plans

    def foretold(self, month: str, day: dt.date) -> dict[str, tuple[Number | None, Number | None]]:
        """By metric, a certified number and the one that it would be by the settings of a day, where they differ."""
        old, new = self.certified[month], defined(self.counted[month], month, day)
        both = {metric: (old.get(metric), new.get(metric)) for metric in {*old, *new}}
        return {metric: numbers for metric, numbers in both.items() if numbers[0] != numbers[1]}

    def hold_what_was_foretold(self, plans: Mapping[str, Any], day: dt.date) -> None:
        """Revise the first and the last month that would have other numbers: they have exactly those."""
        differing = [month for month in self.certified if plans[month]["numbers"]]
        for month in {min(differing), max(differing)} if differing else ():
            plan, before = plans[month], self.section(month)
            words = ("revise", month, "--reason", "definition_change", "--note", CHANGES[day])
            if plan["obstacles"]:
                refused = self.hall.run(*words)
                assert refused.exit_code == 1
                assert plan["obstacles"][0] in refused.output
                continue
            assert plan["reason"] == "definition_change"
            self.run(*words)
            self.keep(month, day)
            after = self.section(month)
            assert [each for each in before if each not in after] == plan["removed"]
            assert [each for each in after if each not in before] == plan["added"]

    def hold_what_is_rebuilt(self, plan: Mapping[str, Any], month: str) -> None:
        """A month that was built and not certified is built again if, and only if, it was foretold."""
        evidence = self.hall.home / "published" / month / "build.json"
        before = evidence.read_bytes()
        self.run("report", month, "--no-pull")
        assert (evidence.read_bytes() != before) == bool(plan["rebuilds"]), plan

    def section(self, month: str) -> list[str]:
        """The sentences that are printed of a month."""
        file = self.hall.home / "published" / month / "current" / "section.md"
        return sentences(replace(PrintedSection.read(file.read_text(encoding="utf-8")), notes=()).text)

    def month_ends(self, month: str) -> None:
        """The month is certified, whether or not some of it was asked for before."""
        self.run("report", month)
        self.unpulled = days_of(month)[-1] + ONE_DAY
        self.keep(month, self.unpulled)

    def keep(self, month: str, settings: dt.date) -> None:
        """Hold a new certificate against what happened, by the settings of a day, and keep it for later."""
        self.settings[month] = settings
        self.counted[month] = self.world.counted(days_of(month))
        self.certified[month] = defined(self.counted[month], month, settings)
        self.revisions[month] = self.revisions.get(month, 0) + 1
        path = self.hall.home / "published" / month / "current" / "numbers.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        assert {each["metric"]: Number.of(each) for each in document["metrics"]} == self.certified[month]
        self.status[month] = self.status_of(month)

    def status_of(self, month: str) -> tuple[int, str]:
        done = self.hall.run("status", month)
        return done.exit_code, done.stdout

    def correct(self, corrected: dt.date, department: str, more: int) -> None:
        """A certified day is corrected by whom it was asked of: the month waits, is planned, and is revised."""
        month = f"{corrected:%Y-%m}"
        (system,) = (name for name, each in SYSTEMS.items() if each.is_valid_on(corrected) and "open" in each.measures)
        before = self.world.counted(days_of(month))
        self.world.correct(corrected, department, more)
        self.run("pull", str(corrected), "--system", system)
        self.asked_again.update(question for question in questions(system, corrected))
        assert before != self.world.counted(days_of(month))
        assert "待修订" in self.status_of(month)[1]
        assert f"{system} {corrected}" in " ".join(self.planned()[month]["notes"])
        self.run("revise", month, "--reason", "late_data", "--note", "补报")
        self.keep(month, self.settings[month])


def _changes(plan: Mapping[str, Any]) -> dict[str, tuple[Number | None, Number | None]]:
    """What a plan says of numbers, by metric."""
    return {
        each["metric"]: (
            Number.of(each["old"]) if each["old"] else None,
            Number.of(each["new"]) if each["new"] else None,
        )
        for each in plan["numbers"]
    }


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(YEARS_END, id="years_end"),
        pytest.param((FIRST, LAST), id="two_years", marks=pytest.mark.proof),
    ],
)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("two_years")
    world = World(folder, *request.param)
    with web_server(world.answer) as server:
        with time_machine.travel(dt.datetime.combine(world.first, dt.time(), SHANGHAI)):
            hall = SmallHall.begun(folder, {"QINGCHUAN_URL": server.url, "QINGCHUAN_KIOSK": str(world.kiosk)})
        hall.edit("hall.toml", ("first_day = 2025-01-01", f"first_day = {world.first}"))
        write_settings(hall.folder, world.first)
        lived = Lived(hall, world)
        lived.live()
        with time_machine.travel(dt.datetime.combine(world.last, dt.time(20), SHANGHAI) + 7 * ONE_DAY):
            yield lived


def test_no_system_was_asked_for_a_day_that_was_in(lived: Lived) -> None:
    due = Counter(
        question
        for name, system in SYSTEMS.items()
        for day in days_between(lived.world.first, lived.world.last)
        if system.is_valid_on(day)
        for question in questions(name, day)
    )
    assert lived.world.asked == due + lived.asked_again


def test_every_revision_is_rebuilt_to_the_byte(lived: Lived) -> None:
    asked = lived.world.asked.total()
    for month, newest in lived.revisions.items():
        for revision in range(1, newest + 1):
            rebuilt = lived.run("rebuild", month, "--revision", str(revision))
            assert f"{month} r{revision} is reproduced to the byte" in rebuilt
    assert lived.world.asked.total() == asked


def test_the_status_of_every_month_is_what_it_was_when_it_was_certified(lived: Lived) -> None:
    for month, status in lived.status.items():
        assert lived.status_of(month) == status


def test_everything_is_sound(lived: Lived) -> None:
    assert f"{sum(lived.revisions.values())} certificates" in lived.run("verify", "--recount")
    for month in lived.certified:
        lived.run("trace", month, "open")


def test_a_code_that_is_used_again_is_refused(lived: Lived) -> None:
    """By who looks at the folder, and by every build; what is certified stays."""
    table = lived.hall.folder / "catalogue" / "departments.csv"
    before = table.read_text(encoding="utf-8")
    with table.open("a", encoding="utf-8") as rows:
        rows.write(f"D1,公安科,{lived.world.last + ONE_DAY},,\n")
    month = max(lived.certified)
    try:
        checked = lived.hall.run("check-hall", str(lived.hall.folder), "--day", str(lived.world.last))
        revised = lived.hall.run("revise", month, "--reason", "definition_change", "--note", "D1 again")
    finally:
        table.write_text(before, encoding="utf-8")
    assert checked.exit_code == 1
    assert "D1 stands 2 times; a code is never used again" in " ".join(checked.output.split())
    assert revised.exit_code == 1
    assert "dim_department_one_row_per_key" in revised.output
    assert lived.revisions[month] == len(list((lived.hall.home / "published" / month).glob("r*")))


def test_the_changes_are_those_of_the_list(tmp_path: Path) -> None:
    """What the folder holds changes on these days, and on no others."""
    shutil.copytree(OWN_FILES, tmp_path, dirs_exist_ok=True)
    write_settings(tmp_path, FIRST)
    before, changed = settings_of(tmp_path), []
    for day in days_between(FIRST + ONE_DAY, LAST):
        write_settings(tmp_path, day)
        if (today := settings_of(tmp_path)) != before:
            changed.append(day)
        before = today
    assert changed == list(CHANGES)
