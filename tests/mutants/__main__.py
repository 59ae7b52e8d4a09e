"""Plants each mutant, runs the module's tests, and ends with a table; what is known already isn't run again."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.mutants.mutate import mutants
from tests.mutants.run import Module, fates

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / ".mutants"
MODULES = tomllib.loads((Path(__file__).parent / "modules.toml").read_text(encoding="utf-8"))
LEAST_KILLED = 0.9


@dataclass(frozen=True)
class Tested:
    """A module, the test files that are to notice its mutants, less slow tests, and why some can't be noticed."""

    module: str
    tests: Sequence[str]
    without: Sequence[str] = ()
    argued: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The module's file."""
        return ROOT / (self.module.replace(".", "/") + ".py")

    @property
    def digest(self) -> str:
        """Changes with the module and with its tests."""
        files = [self.path, *(ROOT / test for test in self.tests)]
        parts = [*(file.read_bytes() for file in files), *(test.encode() for test in self.without)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


@dataclass(frozen=True)
class Score:
    """How the mutants of one module fared."""

    tested: Tested
    fates: Mapping[str, str]

    @property
    def survivors(self) -> set[str]:
        """The names of those that no test noticed."""
        return {name for name, fate in self.fates.items() if fate == "survived"}

    @property
    def killed(self) -> float:
        """The share that was noticed."""
        return 1 - len(self.survivors) / len(self.fates)

    @property
    def faults(self) -> list[str]:
        """The survivors that nobody has said a reason for, and the reasons without a survivor."""
        argued = self.tested.argued
        return [
            *(f"survived: {name}" for name in self.fates if name in self.survivors and name not in argued),
            *(f"argued, but noticed or gone: {name}" for name in argued if name not in self.survivors),
        ]


def _fates(tested: Tested, jobs: int, known: Mapping[str, str]) -> dict[str, str]:
    population = {mutant.name: mutant for mutant in mutants(tested.path.read_text(encoding="utf-8"))}
    waiting = {name: mutant for name, mutant in population.items() if name not in known}
    tests = (*tested.tests, *(f"--deselect={test}" for test in tested.without))
    new = fates(Module(tested.module, tested.path, tests), waiting, jobs) if waiting else ()
    found = {**known, **dict(new)}
    return {name: found[name] for name in population}


def _score(tested: Tested, jobs: int) -> Score:
    """Run those mutants of a module that aren't known yet."""
    results, digest = RESULTS / f"{tested.module}.json", tested.digest
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    # Each module in a process of its own: what it has loaded is what its tests load, and no mutant of another.
    child = os.fork()
    if not child:
        found = _fates(tested, jobs, known["fates"] if known.get("digest") == digest else {})
        results.parent.mkdir(exist_ok=True)
        document = {"digest": digest, "fates": found}
        results.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"the mutants of {tested.module} couldn't be run")
    return Score(tested, json.loads(results.read_text(encoding="utf-8"))["fates"])


def main() -> int:
    """The command; 1 where a module's tests notice too little, or a survivor has no reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", help="default: every module of modules.toml")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    scores = []
    for name in options.modules or MODULES:
        scores.append(_score(Tested(name, **MODULES[name]), options.jobs))
        sys.stdout.writelines(f"{name}: {fault}\n" for fault in scores[-1].faults)
        sys.stdout.flush()
    sys.stdout.write(f"\n{'module':46} mutants killed survived argued\n")
    for score in scores:
        counts = f"{len(score.fates):7} {score.killed:6.1%} {len(score.survivors):8}"
        sys.stdout.write(f"{score.tested.module:46} {counts} {len(score.tested.argued):6}\n")
    return int(any(score.killed < LEAST_KILLED or score.faults for score in scores))


if __name__ == "__main__":
    sys.exit(main())
