"""Months of many sites that lie in the landing are built by one command, which goes on where it was killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from orchestration.runtime.paths import Home, dagster_instance
from reports.figures.months import months_before
from tests.bench.landed_month import opened, published_totals, variables_of

_BACKFILL = [sys.executable, "-c", "from orchestration.cli.main import run; run()", "backfill"]
_LAST = "2024-12"
# Of Dagster's history: what it begins with, and a month of a hall with seven systems.
_EMPTY, _A_MONTH = 2_000_000, 1_000_000


@pytest.mark.parametrize(("sites", "count"), [(2, 3), pytest.param(205, 120, marks=pytest.mark.proof)])
def test_months_of_many_sites_are_built_by_one_command(
    sites: int, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    months = [months_before(_LAST, back) for back in reversed(range(count))]
    with opened(sites, months)(tmp_path):
        home = Home(tmp_path)
        places = {"YUEBAO_HOME": str(home.root), "DAGSTER_HOME": str(home.root / "dagster")}
        for name, value in places.items():
            monkeypatch.setenv(name, value)
        variables = {**os.environ, **variables_of(tmp_path)}
        command = [*_BACKFILL, f"{months[0]}..{months[-1]}"]
        killed_after(count // 2, command, variables, home)
        done = subprocess.run(command, env=variables, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines() == [
        *(f"{month}: in and built, 0 answers asked for" for month in months),
        f"{count} months: {count} in and built",
    ]
    assert published_totals(home.root, "")["online_accepted"] == landed(home, "online_accepted")
    assert list(home.builds.iterdir()) == []
    history = sum(path.stat().st_size for path in (home.root / "dagster").rglob("*") if path.is_file())
    assert history < _EMPTY + count * _A_MONTH
    with dagster_instance(home) as instance:
        assert instance.get_runs_count() == 0


def killed_after(months: int, command: list[str], variables: dict[str, str], home: Home) -> None:
    """Begin a backfill, and kill it once so many months are published."""
    begun = subprocess.Popen(
        command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while len(list(home.published.glob("*/build.json"))) < months:
        assert begun.poll() is None
        time.sleep(0.1)
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()


def landed(home: Home, measure: str) -> int:
    """The sum of all that was landed of a measure."""
    extracts = home.landing / "*" / "*" / "*.parquet"
    with duckdb.connect() as connection:
        question = f"SELECT sum(count)::BIGINT FROM '{extracts}' WHERE measure = $measure"
        ((total,),) = connection.execute(question, {"measure": measure}).fetchall()
    return int(total)
