"""What stands before the first round: the demo hall in a process of its own, and the environment of dlt and dbt."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BENCH_VENV = ROOT / ".venv-bench"
LOCK = HERE / "requirements.lock"
_OURS = ("YUEBAO_", "DAGSTER_", "DBT_", "DLT_", "RUNTIME__")


class SetUpError(Exception):
    """The bench can't begin; the message says why."""


def environment(hall: dict[str, str], state: Path) -> dict[str, str]:
    """What every competitor finds in its environment: the hall, its folder of state, and telemetry switched off."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **inherited,
        **hall,
        "YUEBAO_HOME": str(state),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
    }


@contextmanager
def hall_open(home: Path, month: str) -> Iterator[dict[str, str]]:
    """Serve the demo hall by `yuebao demo` with `month` ready, and yield the variables that it tells its users to set.

    Raises:
        SetUpError: it ended before it had said them.
    """
    command: list[str | Path] = [Path(sys.executable).with_name("yuebao"), "demo", "--month", month, "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, "YUEBAO_HOME": str(home)}
    ) as server:
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


def python_of_dlt() -> Path:
    """The interpreter of dlt and dbt, installed from their own lock unless that has been done already.

    Raises:
        SetUpError: it can't be installed.
    """
    python = BENCH_VENV / "bin" / "python"
    installed = BENCH_VENV / ".installed"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return python
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    commands: list[list[str | Path]] = (
        [
            [uv, "venv", "-q", "--clear", "--python", sys.executable, BENCH_VENV],
            [uv, "pip", "install", "-q", "--python", python, "--compile-bytecode", "--require-hashes", "-r", LOCK],
        ]
        if uv
        else [
            [sys.executable, "-m", "venv", "--clear", BENCH_VENV],
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", LOCK],
        ]
    )
    for command in commands:
        if subprocess.run(command, check=False).returncode:
            raise SetUpError(f"{' '.join(map(str, command))} failed")
    installed.write_text(wanted, encoding="utf-8")
    return python
