"""Imports that cost more than they give: modules that are loaded when somebody first asks for them, or not at all."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType


class _Deferring:
    """A finder of these modules, by the standard library's `LazyLoader`."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, path: Sequence[str] | None, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Where a module is, if it is one of the names."""
        spec = PathFinder.find_spec(name, path) if name in self._names else None
        if spec and spec.loader:
            spec.loader = LazyLoader(spec.loader)
        return spec


class _Absent:
    """A finder that says of these packages that they aren't installed."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None) -> None:
        """ModuleNotFoundError where it is one of the names."""
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """Within it, importing one of these modules finds it, and doesn't load it yet."""
    with _first(_Deferring(names)):
        yield


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Within it, these packages aren't there for who would import them."""
    with _first(_Absent(names)):
        yield


@contextmanager
def _first(finder: _Deferring | _Absent) -> Iterator[None]:
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
