"""The figures of the bench, as data: medians with their spread, by scenario; and as Markdown, ratios first."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.landed_month import CURVES, LANDED_MONTH
from tests.bench.scenarios import Comparison, Competitor, Round, Scenario
from tests.bench.together import Together

_HEAD = """\
# Figures

Made by `make bench`: {day}, revision {revision}, {machine}.

Competitors of a table run side by side in rounds, after a round that isn't counted; each is a fresh process with fresh
state, and all have to answer the same totals. Ratios are taken within each round. Everything is the median of the
rounds, with the least and the most. CPU: user and system, of all processes. Memory: the most that all processes of a
competitor held together. Seconds belong to the machine; a bound is the project's own, and nothing passes or fails by
it.

![Seconds by competitor](bench.svg)
"""


@dataclass(frozen=True)
class Figure:
    """A figure of every round."""

    values: Sequence[float]
    shape: str

    @property
    def middle(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        """The median, and in brackets the least and the most where there are several."""
        shown = [self.shape.format(value) for value in (self.middle, min(self.values), max(self.values))]
        return shown[0] if len(self.values) == 1 else f"{shown[0]} ({shown[1]} – {shown[2]})"


@dataclass(frozen=True)
class Measured:
    """A scenario and its rounds."""

    scenario: Scenario
    rounds: Sequence[Round]

    def competitors(self) -> list[Competitor]:
        """Those that ran."""
        return [row for row in self.scenario.competitors if row.name in self.rounds[0]]

    def seconds(self, row: Competitor) -> Figure:
        return Figure([measured[row.name].seconds for measured in self.rounds], "{:.2f}")

    def cpu(self, row: Competitor) -> Figure:
        return Figure([measured[row.name].cpu_seconds for measured in self.rounds], "{:.1f}")

    def memory(self, row: Competitor) -> Figure:
        return Figure([measured[row.name].peak_mib for measured in self.rounds], "{:.0f}")

    def compared(self) -> Iterator[tuple[Comparison, Figure]]:
        """What of the scenario's comparisons could be taken: those whose competitors ran."""
        for comparison in self.scenario.comparisons:
            if set(comparison.of) <= set(self.rounds[0]):
                yield comparison, Figure([comparison.within(measured) for measured in self.rounds], comparison.shape)


def markdown(sections: Iterable[Iterable[str]], revision: str) -> str:
    """The file that is kept: how it was measured and where, then the sections."""
    head = _HEAD.format(day=dt.datetime.now(dt.UTC).date(), revision=revision, machine=machine())
    return "\n".join([head, *(line for section in sections for line in section)])


def scenario_lines(measured: Measured) -> Iterator[str]:
    """A scenario's ratios, and then its competitors."""
    rounds = len(measured.rounds)
    yield f"## {measured.scenario.title}\n"
    yield f"{rounds} round{'s' * (rounds > 1)}.\n"
    yield "| ratio or difference | median | bound |"
    yield "| --- | ---: | ---: |"
    for comparison, figure in measured.compared():
        yield f"| {comparison.title} | {figure} | {comparison.bound} |"
    yield "\n| competitor | seconds | CPU seconds | memory, MiB |"
    yield "| --- | ---: | ---: | ---: |"
    for row in measured.competitors():
        yield f"| {row.title} | {measured.seconds(row)} | {measured.cpu(row)} | {measured.memory(row)} |"
    yield ""


def together_lines(together: Together, sites: int) -> Iterator[str]:
    """The section on readers beside everything else."""
    yield f"## Readers while days are pulled, built, certified and verified: {sites:,} sites\n"
    yield "| reads by | readers | reads | median, s | 90 % | 99 % | longest |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for way, reads in together.reads.items():
        shown = " | ".join(f"{seconds:.3f}" for seconds in together.distribution(way))
        yield f"| {way} | {together.readers[way]} | {len(reads)} | {shown} |"
    yield "\n| at once | seconds |"
    yield "| --- | ---: |"
    yield from (f"| {name} | {seconds:.1f} |" for name, seconds in together.works.items())
    yield ""


def bars(all_measured: Sequence[Measured]) -> list[dict[str, object]]:
    """What the plot draws: of each scenario, the seconds of its competitors; not what stands there for reference."""
    return [
        {
            "title": measured.scenario.title,
            "seconds": {row.title: measured.seconds(row).middle for row in measured.competitors() if row.totals},
        }
        for measured in all_measured
    ]


def curves(all_measured: Sequence[Measured]) -> list[dict[str, object]]:
    """What the plot of sizes draws: of one month of more and more sites, each competitor's seconds and memory."""
    sizes = [measured for measured in all_measured if measured.scenario.name.startswith(f"{LANDED_MONTH}_")]
    return [
        {"title": title, "lines": _lines(sizes, figure)}
        for title, figure in (("seconds", Measured.seconds), ("memory of all processes, MiB", Measured.memory))
        if len(sizes) > 1
    ]


def _lines(
    sizes: Sequence[Measured], figure: Callable[[Measured, Competitor], Figure]
) -> dict[str, list[tuple[int, float]]]:
    lines: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for measured in sizes:
        for row in measured.competitors():
            if row.name in CURVES:
                sites = int(measured.scenario.name.rpartition("_")[2])
                lines[row.title].append((sites, figure(measured, row).middle))
    return {title: sorted(points) for title, points in lines.items()}


def machine() -> str:
    """The processor, how many cores of it, and the memory; no name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    text = listed.read_text(encoding="utf-8") if listed.exists() else ""
    named = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return named[1] if named else platform.machine()
