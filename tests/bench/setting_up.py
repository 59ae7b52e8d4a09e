"""What stands before the first round: environments of the peers, and the variables that every competitor finds."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_OURS = ("YUEBAO_", "DAGSTER_", "DBT_", "DLT_", "RUNTIME__", "SQLMESH_", "PYTHONDONTWRITEBYTECODE")


class SetUpError(Exception):
    """The bench can't begin; the message says why."""


def environment(variables: dict[str, str], state: Path) -> dict[str, str]:
    """What a competitor finds in its environment: the hall, its folder of state, and telemetry switched off.

    Bytecode is written, so that the round that isn't counted compiles what the others import.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {
        **inherited,
        **variables,
        "YUEBAO_HOME": str(state),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
        "GX_ANALYTICS_ENABLED": "false",
    }


def python_of(peers: str) -> Path:
    """The interpreter of an environment of peers, installed from its own lock unless that has been done already.

    Args:
        peers: the lock is requirements-<peers>.lock beside this file, and the environment .venv-bench-<peers>.

    Raises:
        SetUpError: it can't be installed.
    """
    lock, venv = HERE / f"requirements-{peers}.lock", ROOT / f".venv-bench-{peers}"
    python, installed = venv / "bin" / "python", venv / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return python
    for command in _installation(lock, venv, python):
        if subprocess.run(command, check=False).returncode:
            raise SetUpError(f"{' '.join(map(str, command))} failed")
    installed.write_text(wanted, encoding="utf-8")
    return python


def _installation(lock: Path, venv: Path, python: Path) -> list[list[str | Path]]:
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv:
        return [
            [uv, "venv", "-q", "--clear", "--python", sys.executable, venv],
            [uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock],
        ]
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile"]
    return [
        [sys.executable, "-m", "venv", "--clear", venv],
        [*pip, "--require-hashes", "-r", lock],
    ]
