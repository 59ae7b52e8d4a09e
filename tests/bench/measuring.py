"""One process measured from its start to its end: seconds, and the memory of the largest process in its tree."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

# The kernel's unit of ru_maxrss.
_BYTES = 1 if sys.platform == "darwin" else 1024


class CompetitorError(Exception):
    """A competitor ended with an error; the message holds the end of what it said."""


@dataclass(frozen=True)
class Run:
    """What one process took, and what it wrote to standard output.

    `cpu_seconds` is the work of it and its descendants, user and system: neighbours on the machine move it little.
    `peak_mib` is the largest resident set that it, or any descendant that was waited for, ever had. A process counts
    at least what its parent held when it was started, so the parent that measures must stay small.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    output: str


def run(command: list[str | Path], environment: dict[str, str], scratch: Path) -> Run:
    """Run `command` in the folder `scratch` to its end.

    Output goes to files: a pipe that nobody reads would stop the competitor.

    Raises:
        CompetitorError: it ended with another code than 0.
    """
    said, complained = scratch / "stdout.txt", scratch / "stderr.txt"
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=scratch, env=environment, stdout=stdout, stderr=stderr)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    output = said.read_text(encoding="utf-8")
    if process.returncode:
        end = (complained.read_text(encoding="utf-8", errors="replace") + output)[-3000:]
        raise CompetitorError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{end}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _BYTES / 2**20, output)
