"""`python -m tests.bench.catch_up`: 400 missed days of the demo hall's systems, caught up as after a long downtime.

One tick of the schedule `catch_up` decides, and the runs that it asks for are made one after the other, in this process
and on a fresh state folder. Beside it the same for single days, a run each. Seconds belong to the machine; the ratio is
what the range runs save. The bench fails when a day isn't in at the end.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from orchestration.config.catalogue import working_days
from orchestration.config.hall import load_hall
from orchestration.demo import demo_hall
from orchestration.landing.day_status import system_days
from orchestration.runtime.paths import Home
from reports.figures.months import months_before
from tests.moments import at
from tests.simulation import Simulation

_DAYS = 400
_NOW = at("2025-03-13T02:47")
_LAST = _NOW.date() - dt.timedelta(days=1)
_SINGLE_DAYS = 5


def main() -> int:
    """Catch up once, pull a few days singly, and print the table."""
    with tempfile.TemporaryDirectory(prefix="yuebao-bench-") as folder, demo_hall(Path(folder), _months()) as demo:
        home = Home(Path(folder, "var"))
        os.environ.update(
            demo.variables(), YUEBAO_HALL="demo", YUEBAO_HOME=str(home.root), YUEBAO_ENVIRONMENT="production"
        )
        simulation = Simulation()
        single = []
        for back in range(_SINGLE_DAYS):
            night = at("2023-01-03T02:30") + dt.timedelta(days=back)
            single.append(_seconds(simulation, "nightly_pull_0230", night))
        whole = _seconds(simulation, "catch_up", _NOW)
        absent = [each for each in system_days(load_hall().hall, home, working_days(), _days()) if not each.is_in]
    if absent:
        Console(stderr=True).print(f"{len(absent)} answers aren't in, the first: {absent[0]}")
        return 1
    Console(width=120).print(_table(whole, median(single)))
    return 0


def _days() -> list[dt.date]:
    return [_LAST - dt.timedelta(days=back) for back in range(_DAYS)]


def _months() -> list[str]:
    return ["2023-01", *(months_before("2025-03", back) for back in range(15))]


def _seconds(simulation: Simulation, schedule: str, moment: dt.datetime) -> float:
    began = time.perf_counter()
    simulation.run_tick(schedule, moment)
    return time.perf_counter() - began


def _table(whole: float, night: float) -> Table:
    table = Table(title=f"Catching up {_DAYS} days of the demo hall's systems, in this process")
    for heading in ("", "seconds", "a day", "ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    a_day = whole / _DAYS
    table.add_row("one catch-up, range runs", f"{whole:.1f}", f"{a_day:.3f}", f"{a_day / night:.2f}")
    table.add_row("a night, its two runs (median)", f"{night:.2f}", f"{night:.3f}", "1.00")
    return table


if __name__ == "__main__":
    sys.exit(main())
