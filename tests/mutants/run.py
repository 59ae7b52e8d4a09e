"""Runs tests in forks of this process: once as the code stands, and once for each mutant."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import time
import types
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_OURS = ("orchestration", "expectations", "reports", "tests")
_OPTIONS = ("-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0")


class _Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives out the mutant where its module is imported."""

    def __init__(self, module: str, path: Path, tree: ast.Module) -> None:
        self.module = module
        self.path = path
        self.tree = tree

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """The mutant, for its module's name alone."""
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill the module."""
        exec(compile(self.tree, str(self.path), "exec"), vars(module))  # noqa: S102


def fate(module: str, path: Path, tree: ast.Module, tests: Sequence[str]) -> int:
    """Start the tests of a module in which a mutant is planted; the process returned ends with 0 if it survives."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        sys.meta_path.insert(0, _Planted(module, path, tree))
        _run(tests)
    return child


def baseline(tests: Sequence[str]) -> float:
    """Run the tests on the code as it stands, and return the seconds that they take.

    Raises:
        RuntimeError: they fail already.
    """
    began = time.monotonic()
    child = os.fork()
    if not child:
        _run(tests)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError(f"without any mutant, these fail already: {' '.join(tests)}")
    return time.monotonic() - began


def warm_up(tests: Sequence[str]) -> None:
    """Import what the tests import, less what is ours, so that no fork has to."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _quiet()
        import pytest

        pytest.main([*_OPTIONS, "--collect-only", *tests])
        with os.fdopen(writer, "w") as names:
            names.write("\n".join(name for name in sys.modules if name.partition(".")[0] not in _OURS))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as names:
        modules = names.read().split("\n")
    os.waitpid(child, 0)
    for name in modules:
        with suppress(Exception):
            importlib.import_module(name)


def _quiet() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)


def _run(tests: Sequence[str]) -> None:
    _quiet()
    try:
        import pytest

        os._exit(int(pytest.main([*_OPTIONS, *tests])))
    finally:
        os._exit(99)
