r"""`make bench`: Yuebao beside its peers and its floors, side by side in rounds, as tables and a plot.

Nothing here passes or fails by time: the bench fails when a competitor fails, or when totals differ.

The locks of the peers' environments are made anew by
    uv pip compile --generate-hashes --no-emit-index-url --no-header --no-strip-extras --universal \
      --python-version 3.11 tests/bench/requirements-peers.in -o tests/bench/requirements-peers.lock
and the same with -sqlmesh and, for the tests of data contracts, -datacontract.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from tests.bench.demo_month import demo_month
from tests.bench.figures import Measured, bars, curves, markdown, scenario_lines, together_lines
from tests.bench.landed_month import landed_month, many_ratios, of_size
from tests.bench.landed_years import landed_years
from tests.bench.measuring import CompetitorError
from tests.bench.pulled_days import pulled_days
from tests.bench.scenarios import DifferentTotalsError, Scenario, rounds_of
from tests.bench.setting_up import HERE, ROOT, SetUpError, python_of
from tests.bench.together import of_many_sites


def main() -> int:
    """Measure what the command line asks for, print the tables, and keep them with their plot where it says so."""
    options = _options()
    os.environ["YUEBAO_DESK"] = "off"  # what is measured ends with the section, of all competitors
    say = Console(stderr=True)
    try:
        say.print("preparing the packages of the peers (once)", style="dim")
        with tempfile.TemporaryDirectory(prefix="yuebao-bench-") as scratch:
            measured = [
                Measured(scenario, rounds_of(scenario, Path(scratch, scenario.name), options.rounds, say))
                for scenario in _scenarios(options)
            ]
            sections = [scenario_lines(each) for each in measured]
            if "together" not in options.skip:
                say.print("readers beside everything else, once", style="dim")
                together = of_many_sites(options.sites, Path(scratch, "together"))
                sections.append(together_lines(together, options.sites))
            kept = options.keep if options.rounds and options.keep else Path(scratch)
            _write(markdown(sections, _revision()), {"bench": bars(measured), "sizes": curves(measured)}, kept)
            sys.stdout.write((kept / "bench.md").read_text(encoding="utf-8"))
    except (SetUpError, CompetitorError, DifferentTotalsError) as error:
        say.print(str(error), style="red", markup=False, highlight=False)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="how often each runs (3); 0: only to see that it does"
    )
    parser.add_argument("--sites", type=int, default=205, metavar="N", help="how many sites a large hall has (205)")
    parser.add_argument(
        "--sizes", nargs="*", type=int, default=(), metavar="N", help="sites of more halls, for the curve of sizes"
    )
    parser.add_argument("--months", type=int, default=12, metavar="N", help="how many months follow each other (12)")
    parser.add_argument("--skip", nargs="*", default=(), metavar="NAME", help="scenarios and competitors to leave out")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where bench.md and bench.svg are written")
    return parser.parse_args()


def _scenarios(options: argparse.Namespace) -> list[Scenario]:
    sites, skipped = options.sites, options.skip
    sizes = {f"landed_month_{size}": partial(of_size, size) for size in options.sizes if size != options.sites}
    every: Mapping[str, Callable[[], Scenario]] = {
        **sizes,
        "demo_month": demo_month,
        "pulled_days": lambda: pulled_days(sites),
        "landed_month": lambda: landed_month(sites),
        "landed_years": lambda: landed_years(sites, options.months),
        "many_ratios": lambda: many_ratios(sites),
    }
    scenarios = [scenario() for name, scenario in every.items() if name not in skipped]
    return [
        replace(scenario, competitors=[row for row in scenario.competitors if row.name not in skipped])
        for scenario in scenarios
    ]


def _write(text: str, drawings: Mapping[str, Sequence[Mapping[str, object]]], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(text, encoding="utf-8")
    for name, panels in drawings.items():
        drawing: list[str | Path] = [python_of("peers"), HERE / "plot.py", folder / f"{name}.svg"]
        if panels:
            subprocess.run(drawing, input=json.dumps(panels), text=True, check=True)


def _revision() -> str:
    described = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(described, cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
