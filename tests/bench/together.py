"""Readers of published numbers, pulls, a build, a certification and a verification, all at once: how long reads take.

It fails when one of them fails, as by a lock, or when a reader gets other numbers than the others.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Any

from tests.bench.demo_month import MONTH, YUEBAO
from tests.bench.landed_month import opened, with_landing
from tests.bench.measuring import Command, CompetitorError, run
from tests.bench.scenarios import DifferentTotalsError
from tests.bench.setting_up import HERE, environment, python_of

_EARLIER = "2025-02"
_LATER = ("2025-04-01", "2025-04-02")
_TWENTY = ["duckdb"] * 9 + ["polars"] * 9 + ["numbers"] * 2


@dataclass(frozen=True)
class Together:
    """How long each work took, and each read, by the reader's way, in seconds; and how many read by each way."""

    readers: Mapping[str, int]
    works: Mapping[str, float]
    reads: Mapping[str, Sequence[float]]

    def distribution(self, way: str) -> tuple[float, float, float, float]:
        """The median, the 90th and the 99th percentile, and the longest."""
        reads = self.reads[way]
        cut = quantiles(reads, n=100, method="inclusive") if len(reads) > 1 else [reads[0]] * 99
        return cut[49], cut[89], cut[98], max(reads)


def reader(way: str, facts: Path, end: Path) -> Command:
    """The command of a reader of a month's facts; `numbers` asks the program."""
    python = python_of("peers") if way == "polars" else sys.executable
    what = YUEBAO if way == "numbers" else facts / "fct_monthly_counts.parquet"
    return [python, HERE / "reading.py", way, what, end]


def at_once(
    works: Mapping[str, Command], readers: Sequence[str], facts: Path, variables: dict[str, str], scratch: Path
) -> Together:
    """Run works side by side, while readers, each by its way, read a month's facts.

    Raises:
        CompetitorError: one ended with an error.
        DifferentTotalsError: a reader got other numbers than another of its way, or than itself before.
    """
    end = scratch / "end"
    with ThreadPoolExecutor(len(works) + len(readers)) as threads:
        reading = [(way, threads.submit(_said, reader(way, facts, end), variables)) for way in readers]
        working = {name: threads.submit(_timed, work, variables) for name, work in works.items()}
        wait(working.values())
        end.touch()
    return Together(
        Counter(readers),
        {name: took.result() for name, took in working.items()},
        _reads([(way, json.loads(said.result())) for way, said in reading]),
    )


def _timed(command: Command, variables: dict[str, str]) -> float:
    began = time.perf_counter()
    _said(command, variables)
    return time.perf_counter() - began


def _said(command: Command, variables: dict[str, str]) -> str:
    ended = subprocess.run(command, check=False, capture_output=True, text=True, encoding="utf-8", env=variables)
    if ended.returncode:
        raise CompetitorError(f"{' '.join(map(str, command))} ended with {ended.returncode}:\n{ended.stderr[-3000:]}")
    return ended.stdout


def _reads(told: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, list[float]]:
    reads: dict[str, list[float]] = defaultdict(list)
    answers: dict[str, set[str]] = defaultdict(set)
    for way, reader_told in told:
        reads[way] += reader_told["seconds"]
        answers[way] |= set(reader_told["answers"])
        if len(answers[way]) > 1:
            raise DifferentTotalsError(f"readers by {way} got {sorted(answers[way])}")
    return reads


def of_many_sites(sites: int, folder: Path) -> Together:
    """Twenty readers of a certified month of many sites, while two later days are pulled, that month is built again,
    the one before it is built and certified, and the ledger verified.
    """
    folder.mkdir()
    with opened(sites, [_EARLIER, MONTH], _LATER)(folder) as hall:
        state = folder / "yuebao"
        with_landing(state)
        variables = environment(hall, state)
        run([YUEBAO, "report", "--no-pull", MONTH], variables, state)
        # Its facts lie there, and nothing says any more that they passed.
        (state / "published" / MONTH / "build.json").unlink()
        return at_once(
            {
                **{f"pull {day}": [YUEBAO, "pull", day, "--system", "online_platform"] for day in _LATER},
                f"build {MONTH}": [YUEBAO, "report", "--no-pull", "--draft", MONTH],
                f"build and certify {_EARLIER}": [YUEBAO, "certify", _EARLIER],
                "verify the ledger": [YUEBAO, "verify"],
            },
            _TWENTY,
            state / "published" / MONTH / "facts",
            variables,
            folder,
        )
