"""One process measured from its start to its end: seconds, CPU, and the memory of its whole tree of processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Command = list[str | Path]
# The kernel's unit of ru_maxrss.
_BYTES = 1 if sys.platform == "darwin" else 1024
_BETWEEN_SAMPLES = 0.02
# Reading the sizes of large processes takes its time, which isn't theirs: at most this share of one core.
_SHARE_OF_SAMPLING = 0.02


class CompetitorError(Exception):
    """A competitor ended with an error; the message holds the end of what it said."""


@dataclass(frozen=True)
class Run:
    """What one process took, and what it wrote to standard output.

    `cpu_seconds` is the work of it and its descendants, user and system: neighbours on the machine move it little.
    `peak_mib` is the most that it and its descendants held together, by samples of their proportional set sizes; where
    there is no /proc, the largest resident set of one of them.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float
    output: str


def run(command: Command, environment: dict[str, str], scratch: Path) -> Run:
    """Run `command` in the folder `scratch` to its end.

    Output goes to files: a pipe that nobody reads would stop the competitor.

    Raises:
        CompetitorError: it ended with another code than 0.
    """
    said, complained = scratch / "stdout.txt", scratch / "stderr.txt"
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=scratch, env=environment, stdout=stdout, stderr=stderr)
        memory = _MemoryOfTree(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    output = said.read_text(encoding="utf-8")
    if process.returncode:
        end = (complained.read_text(encoding="utf-8", errors="replace") + output)[-3000:]
        raise CompetitorError(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{end}")
    peak = memory.peak() or usage.ru_maxrss * _BYTES
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak / 2**20, output)


class _MemoryOfTree:
    """Samples what a process and its descendants hold together, in a thread, until the peak is asked for."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def peak(self) -> int:
        """The most bytes of any sample; sampling ends."""
        self._ended.set()
        self._thread.join()
        return self._peak

    def _sample(self) -> None:
        pause = _BETWEEN_SAMPLES
        while not self._ended.wait(pause):
            began = time.perf_counter()
            self._peak = max(self._peak, sum(map(_proportional_set_size, _tree(self._root))))
            pause = max(_BETWEEN_SAMPLES, (time.perf_counter() - began) / _SHARE_OF_SAMPLING)


def _tree(root: int) -> Iterator[int]:
    yield root
    for listed in Path(f"/proc/{root}/task").glob("*/children"):
        # A thread or process may end between two looks.
        with suppress(OSError):
            for child in listed.read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _proportional_set_size(process: int) -> int:
    with suppress(OSError):
        sizes = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        if stated := re.search(r"^Pss:\s+(\d+) kB", sizes, re.MULTILINE):
            return int(stated[1]) * 1024
    return 0
