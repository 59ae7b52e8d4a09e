"""`yuebao backfill MONTHS --certify`: from the systems to certificates in one command, which goes on where it ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.landing.manifest import Landing
from reports.figures.months import days_of
from tests.small_halls import DAILY, SmallHall, open_on

MONTHS = ("2025-01", "2025-02", "2025-03")
RANGE = f"{MONTHS[0]}..{MONTHS[-1]}"
_COMMAND = [sys.executable, "-c", "from orchestration.cli.main import run; run()"]
_THEN = "mend what is named of 2025-03, then run the same again"


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    hall = SmallHall.begun(tmp_path)
    for month in MONTHS:
        hall.drop_month(month)
    return hall


def killed_at(hall: SmallHall, told: str) -> list[str]:
    """Begin the command, kill it when it tells that line, and return what it had printed."""
    command = subprocess.Popen(
        [*_COMMAND, "backfill", RANGE, "--certify"],
        env={**os.environ, **hall.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with command:
        assert command.stderr
        assert any(told in line for line in command.stderr), command.stdout and command.stdout.read()
        os.killpg(command.pid, signal.SIGKILL)
        return command.stdout.read().splitlines() if command.stdout else []


def stamps(hall: SmallHall, month: str) -> dict[str, int]:
    """When each file of a month's release and extracts was written."""
    folders = [
        hall.home / "published" / month,
        *(hall.home / "landing" / "counter" / str(day) for day in days_of(month)),
    ]
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {str(path): path.stat().st_mtime_ns for path in files}


def test_a_killed_range_goes_on_and_does_nothing_again(hall: SmallHall) -> None:
    printed = killed_at(hall, "building and testing 2025-02")
    assert printed == ["2025-01: certified, 31 answers asked for"]
    before = stamps(hall, "2025-01")
    hall.drop(days_of("2025-03")[4], ["D1"], open=1)  # a stock that doesn't balance

    done = hall.run("backfill", RANGE, "--certify")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "2025-01: certified before, 0 answers asked for",
        "2025-02: certified, 0 answers asked for",
        "2025-03: NOT certified, 31 answers asked for",
        "3 months: 1 certified before, 1 certified, 1 NOT certified; " + _THEN,
    ]
    assert stamps(hall, "2025-01") == before
    assert hall.numbers("2025-02") == {
        "accepted": 2 * 28 * DAILY["accepted"],
        "completed": 2 * 28 * DAILY["completed"],
        "open": 2 * open_on(days_of("2025-02")[-1]),
    }
    assert len(Landing(hall.home / "landing").days("counter")) == 31 + 28 + 31
    assert "2025-02, month 2 of 3" in done.stderr
    assert "2025-03, month 3 of 3, about " in done.stderr
