"""Runs the tests of a module once for each mutant, in forks: those tests that come by its line, the fastest first.

A fork costs nothing but its tests, as they are collected already: in the fork, the functions of the module get the
mutant's code. Where a line runs when the module is imported (a constant, a default), all tests are run anew instead.
"""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import types
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from coverage import Coverage

from tests.mutants.mutate import Mutant

_OURS = ("orchestration", "expectations", "reports", "tests")
_OPTIONS = (
    "-x",
    "-q",
    "-s",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:xdist",
    "--hypothesis-profile=mutants",
    "--hypothesis-seed=0",
)
_MEMORY = Path("/dev/shm")
_ON_IMPORT, _SHARED = "", "shared"
# What a fork ends with whose functions can't take the mutant's code; or that is at fault itself.
_ANEW, _BROKEN = 98, 99


@dataclass(frozen=True)
class Module:
    """A module, its file, and what pytest is told to find its tests."""

    name: str
    path: Path
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Baseline:
    """What the tests did without any mutant.

    Attributes:
        lines: by line of the module, the tests that ran it.
        seconds: by test.
        libraries: the modules that were loaded, less what is ours.
    """

    lines: Mapping[str, Sequence[str]]
    seconds: Mapping[str, float]
    libraries: Sequence[str]

    def tests(self, mutant: Mutant) -> frozenset[str]:
        """Those that run the mutant's lines; all where a fixture of several tests does."""
        found = self._contexts(mutant)
        return frozenset(self.seconds) if _SHARED in found else found

    def on_import(self, mutant: Mutant) -> bool:
        """Whether the mutant's lines run when the module is imported."""
        return _ON_IMPORT in self._contexts(mutant)

    def _contexts(self, mutant: Mutant) -> frozenset[str]:
        return frozenset(test for line in mutant.lines for test in self.lines.get(str(line), ()))


def fates(module: Module, population: Mapping[str, Mutant], jobs: int) -> Iterator[tuple[str, str]]:
    """The mutants' names and what became of them: killed, timed out, or survived.

    Raises:
        RuntimeError: without any mutant, the tests fail already.
    """
    with tempfile.TemporaryDirectory(dir=_MEMORY if os.access(_MEMORY, os.W_OK) else None) as folder:
        results = Path(folder) / "results"
        session = functools.partial(_collected, module, population, jobs, results)
        ((_, status),) = _in_forks([module.name], lambda _: session(), lambda _: float("inf"), 1)
        if status:
            raise RuntimeError(f"without any mutant, these fail already: {' '.join(module.tests)}")
        found = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    baseline = Baseline(**found.pop(0))
    yield from found
    anew = [name for name in population if name not in dict(found)]
    if anew:
        _load(baseline.libraries)
        run = functools.partial(_anew, module, population)
        for name, status in _in_forks(anew, run, lambda _: sum(baseline.seconds.values()), jobs):
            yield name, _fate(status)


def _load(libraries: Iterable[str]) -> None:
    """Import what tests would, so that no fork has to."""
    for library in libraries:
        with suppress(Exception):
            importlib.import_module(library)


def _fate(status: int | None) -> str:
    if status == _BROKEN:
        raise RuntimeError("a mutant couldn't be run")
    return "timed out" if status is None else "killed" if status else "survived"


def _in_forks(
    names: Iterable[str], work: Callable[[str], int], seconds: Callable[[str], float], jobs: int
) -> Iterator[tuple[str, int | None]]:
    """Do a work for each name in a fork, and give out its exit status; None where it took far longer than it should."""
    waiting = list(names)
    running: dict[int, tuple[str, float, str]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            name = waiting.pop(0)
            folder = tempfile.mkdtemp()
            child = os.fork()
            if not child:
                _work(work, name, folder)
            running[child] = name, time.monotonic() + 20 + 10 * seconds(name), folder
        for child, (name, late, folder) in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            if not ended and time.monotonic() < late:
                continue
            # What a test has started goes with it.
            with suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            if not ended:
                os.waitpid(child, 0)
            shutil.rmtree(folder, ignore_errors=True)
            del running[child]
            yield name, os.waitstatus_to_exitcode(status) if ended else None
        time.sleep(0.005)


def _work(work: Callable[[str], int], name: str, folder: str) -> None:
    try:
        os.setpgid(0, 0)
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os._exit(work(name))
    finally:
        os._exit(_BROKEN)


def _pytest(tests: Sequence[str], *plugins: object) -> int:
    from hypothesis import Phase, settings

    # A failure is all that is asked for: no shorter one, and none of another mutant.
    settings.register_profile("mutants", database=None, deadline=None, phases=[Phase.explicit, Phase.generate])
    return int(pytest.main([*_OPTIONS, *tests], plugins=plugins))


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives out the mutant where its module is imported."""

    def __init__(self, module: Module, mutant: Mutant) -> None:
        self.module = module
        self.mutant = mutant

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """The mutant, for its module's name alone."""
        if name != self.module.name:
            return None
        return importlib.util.spec_from_file_location(name, self.module.path, loader=self)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill the module."""
        exec(self.mutant.code(str(self.module.path)), vars(module))  # noqa: S102


def _anew(module: Module, population: Mapping[str, Mutant], name: str) -> int:
    sys.meta_path.insert(0, _Planted(module, population[name]))
    return _pytest(module.tests)


def _collected(module: Module, population: Mapping[str, Mutant], jobs: int, results: Path) -> int:
    seen = Coverage(data_file=None, config_file=False, include=[str(module.path)])
    seen.start()
    return _pytest(module.tests, _Loop(module, population, jobs, results, seen))


class _Loop:
    """In place of pytest's loop over the tests: one over the mutants, after a baseline."""

    def __init__(
        self, module: Module, population: Mapping[str, Mutant], jobs: int, results: Path, seen: Coverage
    ) -> None:
        self.module = module
        self.population = population
        self.jobs = jobs
        self.results = results
        self.seen = seen

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the tests as the code stands, then for each mutant that needn't be imported anew."""
        importlib.import_module(self.module.name)
        ((_, status),) = _in_forks(["baseline"], lambda _: self._baseline(session), lambda _: float("inf"), 1)
        if status:
            raise RuntimeError("the tests fail")
        self.seen.stop()
        baseline = Baseline(**json.loads(self.results.read_text(encoding="utf-8")))
        _load(baseline.libraries)
        chosen = {
            name: baseline.tests(mutant) for name, mutant in self.population.items() if not baseline.on_import(mutant)
        }
        functions = [
            each
            for each in gc.get_objects()
            if isinstance(each, types.FunctionType) and each.__code__.co_filename == str(self.module.path)
        ]
        # So that no fork copies what is there already only to look for garbage in it.
        gc.freeze()

        def work(name: str) -> int:
            try:
                _exchange(functions, self.population[name].code(str(self.module.path)))
            except (KeyError, ValueError):
                return _ANEW
            return _run(_in_order(session.items, chosen[name], baseline.seconds))

        def seconds(name: str) -> float:
            return sum(baseline.seconds[test] for test in chosen[name])

        with self.results.open("a", encoding="utf-8") as results:
            for name in [name for name, tests in chosen.items() if not tests]:
                results.write(json.dumps((name, "survived")) + "\n")
            for name, status in _in_forks([name for name in chosen if chosen[name]], work, seconds, self.jobs):
                if status != _ANEW:
                    results.write(json.dumps((name, _fate(status))) + "\n")
        return True

    def _baseline(self, session: pytest.Session) -> int:
        watch = _Watch(self.seen)
        session.config.pluginmanager.register(watch)
        status = _run(session.items)
        self.seen.stop()
        lines = self.seen.get_data().contexts_by_lineno(str(self.module.path))
        libraries = [name for name in sys.modules if name.partition(".")[0] not in _OURS]
        found = {"lines": lines, "seconds": watch.seconds, "libraries": libraries}
        self.results.write_text(json.dumps(found) + "\n", encoding="utf-8")
        return status


class _Watch:
    """Notes the seconds of each test, and tells coverage whose lines it sees."""

    def __init__(self, seen: Coverage) -> None:
        self.seen = seen
        self.seconds: dict[str, float] = {}
        self.context = _ON_IMPORT

    def _switch(self, context: str) -> str:
        before, self.context = self.context, context
        self.seen.switch_context(context)
        return before

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test, with the fixtures that are its own."""
        began = time.monotonic()
        before = self._switch(item.nodeid)
        try:
            return (yield)
        finally:
            self._switch(before)
            self.seconds[item.nodeid] = time.monotonic() - began

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Generator[None, object, object]:
        """A fixture: what it does for several tests is none's own."""
        before = self._switch(self.context if fixturedef.scope == "function" else _SHARED)
        try:
            return (yield)
        finally:
            self._switch(before)


def _exchange(functions: Iterable[types.FunctionType], module: types.CodeType) -> None:
    """Give functions the code that they have in another version of their module.

    Raises:
        KeyError: one isn't there now.
        ValueError: one refers to other variables around it now.
    """
    codes = {(code.co_qualname, code.co_firstlineno): code for code in _codes(module)}
    for function in functions:
        function.__code__ = codes[function.__code__.co_qualname, function.__code__.co_firstlineno]


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from _codes(constant)


def _in_order(items: Iterable[pytest.Item], tests: frozenset[str], seconds: Mapping[str, float]) -> list[pytest.Item]:
    """The chosen ones, file by file, so that the fixtures of a file are made once; the fastest first."""
    chosen = [item for item in items if item.nodeid in tests]
    files: dict[Path, float] = {}
    for item in chosen:
        files[item.path] = files.get(item.path, 0) + seconds[item.nodeid]
    return sorted(chosen, key=lambda item: (files[item.path], str(item.path), seconds[item.nodeid]))


def _run(items: Sequence[pytest.Item]) -> int:
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return 1
    return 0
