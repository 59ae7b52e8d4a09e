"""The demo month from its systems: by hand, with dlt and dbt, by the frameworks' plain commands, and by Yuebao.

Every competitor is a fresh process with fresh state, and asks the same demo hall, which another process serves; what is
parsed once at set-up (the dbt projects of all) stays.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.measuring import Command
from tests.bench.scenarios import Comparison, Competitor, Scenario, Totals, memory, ratio
from tests.bench.setting_up import HERE, SetUpError, python_of

MONTH = "2025-03"
YUEBAO = Path(sys.executable).with_name("yuebao")
_IMPORTS = "import dagster, dagster_dbt, great_expectations"


def demo_month() -> Scenario:
    """The scenario; packages of dlt and dbt are installed where they aren't yet."""
    peers = python_of("peers")
    return Scenario(
        "demo_month",
        "The demo month, from its systems to its section: 1 site",
        (
            Competitor("plain", "plain script", lambda _: [sys.executable, HERE / "plain.py", MONTH]),
            Competitor("dlt_dbt", "dlt + dbt build", lambda state: [peers, HERE / "with_dlt", MONTH, state]),
            Competitor(
                "frameworks",
                "dg launch, GX checkpoints, DbtCliResource",
                lambda state: [sys.executable, HERE / "with_dagster", MONTH, state],
            ),
            Competitor("yuebao", "Yuebao, fresh", _report, numbers_file),
            Competitor("again", "Yuebao again, nothing changed", _report, numbers_file, begin=None),
            _reference("imports", "for reference: importing dagster, dagster_dbt, great_expectations", _IMPORTS),
            _reference("dagster", "for reference: importing dagster", "import dagster"),
            _reference(
                "definitions",
                "for reference: loading Yuebao's definitions",
                "from orchestration.definitions import defs; defs()",
            ),
        ),
        (
            ratio("Yuebao fresh ÷ (dlt + dbt)", "yuebao", "dlt_dbt", "≤ 1.5"),
            ratio("Yuebao again ÷ (dlt + dbt)", "again", "dlt_dbt", "≤ 0.9"),
            ratio("Yuebao fresh ÷ frameworks' plain commands", "yuebao", "frameworks", "≤ 0.4"),
            ratio("Yuebao again ÷ frameworks' plain commands", "again", "frameworks", "≤ 0.4"),
            ratio("Yuebao fresh ÷ plain script", "yuebao", "plain"),
            Comparison("CPU of Yuebao fresh", ("yuebao",), lambda fresh: fresh.cpu_seconds, "{:.1f} s", "≤ 10 s"),
            memory("memory of all processes of Yuebao fresh", "yuebao", "< 1024 MiB"),
        ),
        _hall_open,
    )


def _report(_state: Path) -> Command:
    return [YUEBAO, "report", MONTH]


def _reference(name: str, title: str, code: str) -> Competitor:
    return Competitor(name, title, lambda _: [sys.executable, "-c", code], totals=None)


def numbers_file(state: Path, _output: str) -> Totals:
    """The totals of the month that is certified in a state folder, without what is derived of them."""
    numbers = json.loads((state / "published" / MONTH / "current" / "numbers.json").read_text(encoding="utf-8"))
    derived = {entry["metric"] for entry in numbers["derived"]}
    return {entry["metric"]: entry["exact"] for entry in numbers["metrics"] if entry["metric"] not in derived}


@contextmanager
def _hall_open(folder: Path) -> Iterator[dict[str, str]]:
    """Serve the demo hall by `yuebao demo`, and yield the variables that it tells its users to set.

    Raises:
        SetUpError: it ended before it had said them.
    """
    command: Command = [YUEBAO, "demo", "--month", MONTH, "--port", "0"]
    environment = {**os.environ, "YUEBAO_HOME": str(folder / "hall")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment) as server:
        try:
            yield _told(server)
        finally:
            server.terminate()


def _told(server: subprocess.Popen[str]) -> dict[str, str]:
    variables = {}
    for line in server.stdout or ():
        word, _, assignment = line.strip().partition(" ")
        if word == "export":
            name, _, variables[name] = assignment.partition("=")
        if word == "Ctrl-C":
            return variables
    raise SetUpError("yuebao demo ended before the hall was open")
