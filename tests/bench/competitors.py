"""Who runs against whom: each competitor's command, and how its nine totals are read."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Totals = dict[str, int]
Command = list[str | Path]
HERE = Path(__file__).parent
MONTH = "2025-03"


@dataclass(frozen=True)
class Competitor:
    """One row of the table.

    `command` and `totals` are given the folder of state, which `round_begins_empty` or holds what the row before left;
    `totals` also gets standard output. A row without totals isn't compared.
    """

    name: str
    command: Callable[[Path], Command]
    totals: Callable[[Path, str], Totals] | None
    round_begins_empty: bool = True


def competitors(python_of_dlt: Path) -> tuple[Competitor, ...]:
    """The rows in the order in which every round runs them."""
    return (
        Competitor("plain", lambda _: [sys.executable, HERE / "plain.py", MONTH], _last_line),
        Competitor("dlt_dbt", lambda state: [python_of_dlt, HERE / "with_dlt", MONTH, state], _last_line),
        Competitor("yuebao", _report, _numbers_file),
        Competitor("yuebao_again", _report, _numbers_file, round_begins_empty=False),
        Competitor("dagster", lambda _: [sys.executable, "-c", "import dagster"], None),
        Competitor(
            "definitions", lambda _: [sys.executable, "-c", "from orchestration.definitions import defs; defs()"], None
        ),
        Competitor(
            "imports", lambda _: [sys.executable, "-c", "import dagster, dagster_dbt, great_expectations"], None
        ),
    )


def _report(_state: Path) -> Command:
    return [Path(sys.executable).with_name("yuebao"), "report", MONTH]


def _last_line(_state: Path, output: str) -> Totals:
    totals: Totals = json.loads(output.splitlines()[-1])
    return totals


def _numbers_file(state: Path, _output: str) -> Totals:
    numbers = state / "published" / MONTH / "current" / "numbers.json"
    return {entry["metric"]: entry["exact"] for entry in json.loads(numbers.read_text(encoding="utf-8"))["metrics"]}
