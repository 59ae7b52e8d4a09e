"""Plants each mutant, runs the module's tests, and ends with a table; what is known already isn't run again."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.mutate import Mutant, mutants
from tests.mutants.run import baseline, fate, warm_up

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".mutants"
MODULES = tomllib.loads((Path(__file__).parent / "modules.toml").read_text(encoding="utf-8"))
LEAST_KILLED = 0.9


@dataclass(frozen=True)
class Tested:
    """A module, the tests that are to notice its mutants, and why some can't be noticed, by their names."""

    module: str
    tests: Sequence[str]
    argued: Mapping[str, str]

    @property
    def path(self) -> Path:
        """The module's file."""
        return ROOT / (self.module.replace(".", "/") + ".py")

    @property
    def digest(self) -> str:
        """Changes with the module and with its tests."""
        files = [self.path, *(ROOT / test for test in self.tests)]
        return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


@dataclass(frozen=True)
class Score:
    """How the mutants of one module fared."""

    tested: Tested
    fates: Mapping[str, str]

    @property
    def survivors(self) -> list[str]:
        """The names of those that no test noticed."""
        return [name for name, fate in self.fates.items() if fate == "survived"]

    @property
    def unargued(self) -> list[str]:
        """The survivors that nobody has said a reason for."""
        return [name for name in self.survivors if _without_number(name) not in self.tested.argued]

    @property
    def killed(self) -> float:
        """The share that was noticed."""
        return 1 - len(self.survivors) / len(self.fates)


def _without_number(name: str) -> str:
    return name.partition(" ")[2]


def named(source: str) -> Iterator[tuple[str, Mutant]]:
    """The mutants by names that tell equal mistakes in several places apart: `2 a < b → a <= b`."""
    seen: dict[str, int] = {}
    for mutant in mutants(source):
        seen[mutant.name] = seen.get(mutant.name, 0) + 1
        yield f"{seen[mutant.name]} {mutant.name}", mutant


def run(tested: Tested, jobs: int) -> Score:
    """Run those mutants of a module that aren't known yet; an interrupted run goes on where it stopped."""
    results = RESULTS / f"{tested.module}.json"
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    fates: dict[str, str] = known["fates"] if known.get("digest") == tested.digest else {}
    population = dict(named(tested.path.read_text(encoding="utf-8")))
    waiting = [name for name in population if name not in fates]
    if waiting:
        seconds = baseline(tested.tests)
        warm_up(tested.tests)
        running: dict[int, tuple[str, float]] = {}
        while waiting or running:
            while waiting and len(running) < jobs:
                name = waiting.pop(0)
                running[fate(tested.module, tested.path, population[name].tree, tested.tests)] = name, time.monotonic()
            for child, (name, since) in list(running.items()):
                ended, status = os.waitpid(child, os.WNOHANG)
                late = time.monotonic() - since > 20 + 5 * seconds
                if late and not ended:
                    os.killpg(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                if ended or late:
                    del running[child]
                    fates[name] = "timed out" if not ended else "killed" if status else "survived"
                    _keep(results, tested.digest, fates)
            time.sleep(0.01)
    return Score(tested, {name: fates[name] for name in population})


def _keep(path: Path, digest: str, fates: Mapping[str, str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"digest": digest, "fates": fates}, ensure_ascii=False, indent=1), encoding="utf-8")


def _score(tested: Tested, jobs: int) -> Score:
    # Each module in a process of its own: what it has loaded is what its tests load, and no mutant of another.
    child = os.fork()
    if not child:
        run(tested, jobs)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"the mutants of {tested.module} couldn't be run")
    return run(tested, jobs)


def main() -> int:
    """The command; 1 where a module's tests notice too little, or a survivor has no reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="default: every module of modules.toml")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    scores = []
    for name in options.modules or MODULES:
        settings = MODULES[name]
        scores.append(_score(Tested(name, settings["tests"], settings.get("argued", {})), options.jobs))
        for survivor in scores[-1].unargued:
            sys.stdout.write(f"{name}: {survivor}\n")
        sys.stdout.flush()
    sys.stdout.write(f"\n{'module':46} mutants killed survived argued\n")
    for score in scores:
        argued = len(score.survivors) - len(score.unargued)
        counts = f"{len(score.fates):7} {score.killed:6.1%} {len(score.survivors):8} {argued:6}"
        sys.stdout.write(f"{score.tested.module:46} {counts}\n")
    return int(any(score.killed < LEAST_KILLED or score.unargued for score in scores))


if __name__ == "__main__":
    sys.exit(main())
