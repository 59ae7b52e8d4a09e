"""`python -m tests.bench.growth [MONTHS]`: what a month costs after years, beside what it cost in the first one.

A county's hall with one system is brought from its files to so many certified months (120 unless told otherwise) by one
`yuebao backfill --certify`. The first and the last months are reported on by commands of their own, whose CPU is told;
so is that of commands that look at a month, after the first months and after all. CPU belongs to the machine; the
ratios are what grows.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from reports.figures.months import days_of, months_before
from tests.bench.measuring import Run, run
from tests.small_halls import SmallHall

_LAST = "2024-12"
_MONTHS = 120
_SINGLY = 3
_LOOKS = ("status", "verify", "alerts")


def main(months: int = _MONTHS) -> int:
    """Make the months, and print the table."""
    names = [months_before(_LAST, back) for back in reversed(range(months))]
    # Of the very first month nothing was landed before, and its process compiles what it reads.
    first, between, last = names[1 : 1 + _SINGLY], names[1 + _SINGLY : -_SINGLY], names[-_SINGLY:]
    table = Table(title=f"A hall's first months, and after {months}")
    for heading in ("", "first", "last", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    with tempfile.TemporaryDirectory(prefix="yuebao-bench-") as folder:
        hall = _hall(Path(folder), names)
        _yuebao(hall, "report", names[0])
        reports = [[_yuebao(hall, "report", month).cpu_seconds for month in first]]
        looks = [_looks(hall, first[-1])]
        sizes = [_megabytes(hall)]
        whole = _yuebao(hall, "backfill", f"{between[0]}..{between[-1]}", "--certify")
        reports.append([_yuebao(hall, "report", month).cpu_seconds for month in last])
        looks.append(_looks(hall, last[-1]))
        sizes.append(_megabytes(hall))
    _add(table, "report MONTH, CPU seconds", *map(median, reports))
    for command in _LOOKS:
        _add(table, f"{command}, CPU seconds", *(look[command] for look in looks))
    _add(table, "a month of Dagster's history, MB", sizes[0] / (1 + _SINGLY), sizes[1] / months)
    Console(width=120).print(table)
    Console(width=120).print(f"{len(between)} months by one command: {whole.cpu_seconds / len(between):.1f} CPU s each")
    return 0


def _hall(place: Path, names: list[str]) -> SmallHall:
    hall = SmallHall.begun(place)
    first = str(days_of(names[0])[0])
    hall.edit("hall.toml", ("first_day = 2025-01-01", f"first_day = {first}"))
    hall.edit("catalogue/metrics.csv", ("2025-01-01", first))
    for name in names:
        # As many come as go.
        hall.drop_month(name, completed=4, open=40)
    return hall


def _yuebao(hall: SmallHall, *words: str) -> Run:
    command = [sys.executable, "-c", "from orchestration.cli.main import run; run()", *words]
    return run([*command], {**os.environ, **hall.environment}, hall.place)


def _looks(hall: SmallHall, month: str) -> dict[str, float]:
    return {name: _yuebao(hall, name, *([] if name == "alerts" else [month])).cpu_seconds for name in _LOOKS}


def _megabytes(hall: SmallHall) -> float:
    return sum(path.stat().st_size for path in (hall.home / "dagster").rglob("*") if path.is_file()) / 1e6


def _add(table: Table, what: str, first: float, last: float) -> None:
    table.add_row(what, f"{first:.2f}", f"{last:.2f}", f"{last / first:.2f}")


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
