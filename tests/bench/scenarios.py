"""What is measured: scenarios, in each of which competitors answer the same question, side by side in rounds."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from tests.bench.measuring import Command, Run, run
from tests.bench.setting_up import environment

Totals = dict[str, int]
Round = dict[str, Run]


class DifferentTotalsError(Exception):
    """Two competitors don't answer the same totals; the message holds both."""


def last_line(_state: Path, output: str) -> Totals:
    """The totals that a competitor prints as its last line, in JSON."""
    totals: Totals = json.loads(output.splitlines()[-1])
    return totals


def empty(state: Path) -> None:
    """Begin a round with an empty folder of state, at its path: dbt parses anew whatever lies elsewhere than before."""
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()


@dataclass(frozen=True)
class Competitor:
    """One row of a scenario's table.

    Attributes:
        name: by which comparisons and folders of state know it.
        title: what the table calls it.
        command: what is run, given its folder of state.
        totals: what it answers, given its folder of state and its output; None where it answers nothing.
        question: what it answers; those of one question have to answer the same.
        begin: makes the folder of state ready for a round; None where it goes on with that of the row before.
        times_itself: its last line is the seconds without its start, and its totals.
    """

    name: str
    title: str
    command: Callable[[Path], Command]
    totals: Callable[[Path, str], Totals] | None = last_line
    question: str = "month"
    begin: Callable[[Path], None] | None = empty
    times_itself: bool = False


@dataclass(frozen=True)
class Comparison:
    """A figure that is taken within each round from runs of it, those `of` names, in that order.

    `bound` is the most that the project allows itself, where it says so.
    """

    title: str
    of: tuple[str, ...]
    figure: Callable[..., float]
    shape: str = "{:.2f}"
    bound: str = ""

    def within(self, measured: Round) -> float:
        """The figure of one round."""
        return self.figure(*(measured[name] for name in self.of))


def ratio(title: str, over: str, under: str, bound: str = "") -> Comparison:
    """Seconds by seconds."""
    return Comparison(title, (over, under), lambda above, below: above.seconds / below.seconds, bound=bound)


def memory(title: str, name: str, bound: str = "") -> Comparison:
    """What all processes of a competitor held together."""
    return Comparison(title, (name,), lambda one: one.peak_mib, "{:.0f} MiB", bound)


@dataclass(frozen=True)
class Scenario:
    """Competitors, what is compared, and a context that gives the variables of all of them for a folder."""

    name: str
    title: str
    competitors: Sequence[Competitor]
    comparisons: Sequence[Comparison]
    opened: Callable[[Path], AbstractContextManager[dict[str, str]]]


def rounds_of(scenario: Scenario, folder: Path, count: int, say: Console) -> list[Round]:
    """Measure a scenario `count` times, after a round that isn't counted; 0: that one, without what answers nothing.

    Raises:
        CompetitorError: one ended with an error.
        DifferentTotalsError: two answer different totals.
    """
    folder.mkdir()
    with scenario.opened(folder) as variables:
        rounds = []
        for number in range(count + 1):
            rounds.append(_one_round(scenario, folder, variables, whole=count > 0))
            taken = ", ".join(f"{name} {each.seconds:.1f} s" for name, each in rounds[-1].items())
            say.print(f"{scenario.name}, round {number} of {count}: {taken}", style="dim", highlight=False)
    return rounds[1:] or rounds


def _one_round(scenario: Scenario, folder: Path, variables: dict[str, str], *, whole: bool) -> Round:
    measured: Round = {}
    agreed: dict[str, Totals] = {}
    state = folder
    for row in scenario.competitors:
        if row.begin:
            state = folder / row.name
            row.begin(state)
        if row.totals or whole:
            one = run(row.command(state), environment(variables, state), state)
            measured[row.name], totals = _answered(row, state, one)
            if row.totals and totals != agreed.setdefault(row.question, totals):
                raise DifferentTotalsError(
                    f"{scenario.name}: {row.name} answers {totals}, the first one {agreed[row.question]}"
                )
    return measured


def _answered(row: Competitor, state: Path, one: Run) -> tuple[Run, Totals]:
    if row.times_itself:
        seconds, totals = json.loads(one.output.splitlines()[-1])
        return replace(one, seconds=seconds), totals
    return one, row.totals(state, one.output) if row.totals else {}
