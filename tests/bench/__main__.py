"""`make bench`: the month by Yuebao, by hand (a) and with dlt + dbt (b), side by side in rounds, as one table.

Every competitor is a fresh process with fresh state, and asks the same demo hall, which another process serves; what is
parsed once at set-up (the dbt projects of both) stays. Absolute times belong to the machine; the ratios and differences
are taken within each round. Nothing here passes or fails by time: the bench fails when a competitor fails, or when the
nine totals differ.

The lock of (b) is made anew by
    uv pip compile --generate-hashes --no-emit-index-url --no-header --no-strip-extras --universal \
      --python-version 3.11 tests/bench/requirements.in -o tests/bench/requirements.lock
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.bench.competitors import MONTH, Competitor, Totals, competitors
from tests.bench.figures import Rounds, table
from tests.bench.measuring import CompetitorError, Run, run
from tests.bench.setting_up import SetUpError, environment, hall_open, python_of_dlt


class DifferentTotalsError(Exception):
    """Two competitors don't answer the same nine totals; the message holds both."""


def main() -> int:
    """Run the rounds asked for on the command line and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__, formatter_class=_AsWritten)
    parser.add_argument(
        "--rounds",
        type=int,
        default=3,
        metavar="N",
        help="how often each competitor runs (3); 0: only to see that it does",
    )
    count = parser.parse_args().rounds
    say = Console(stderr=True)
    try:
        say.print("preparing: packages of dlt and dbt (once), the demo hall, one round that isn't counted", style="dim")
        rows = competitors(python_of_dlt())
        with tempfile.TemporaryDirectory(prefix="yuebao-bench-") as folder:
            rounds = _rounds(Path(folder), rows, count, say)
    except (SetUpError, CompetitorError, DifferentTotalsError) as error:
        say.print(str(error), style="red", markup=False, highlight=False)
        return 1
    Console(width=max(Console().width, 120)).print(table(rounds))
    return 0


class _AsWritten(argparse.RawDescriptionHelpFormatter):
    """Keeps the docstring's lines."""


def _rounds(folder: Path, rows: Sequence[Competitor], count: int, say: Console) -> Rounds:
    with hall_open(folder / "hall", MONTH) as hall:
        preparation = _one_round(folder, rows, hall)
        rounds = []
        for number in range(1, count + 1):
            rounds.append(_one_round(folder, rows, hall))
            taken = ", ".join(f"{name} {measured.seconds:.1f} s" for name, measured in rounds[-1].items())
            say.print(f"round {number} of {count}: {taken}", style="dim", highlight=False)
    return rounds or [preparation]


def _one_round(folder: Path, rows: Sequence[Competitor], hall: dict[str, str]) -> dict[str, Run]:
    """Each competitor's folder is emptied and keeps its path: dbt parses anew whatever lies elsewhere than before."""
    measured: dict[str, Run] = {}
    agreed: Totals = {}
    state = folder
    for row in rows:
        if row.round_begins_empty:
            state = folder / row.name
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir()
        measured[row.name] = run(row.command(state), environment(hall, state), state)
        if row.totals:
            totals = row.totals(state, measured[row.name].output)
            agreed = agreed or totals
            if len(totals) != 9 or totals != agreed:
                raise DifferentTotalsError(f"{row.name} answers {totals}, the first one {agreed}")
    return measured


if __name__ == "__main__":
    sys.exit(main())
