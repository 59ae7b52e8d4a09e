"""Imports Great Expectations when a frame is validated first, with its telemetry and its logging switched off."""

import functools
import gc
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from expectations.gx import SuiteRunner

_LOADING: Final = threading.Lock()


def suite_runner() -> "SuiteRunner":
    """The process's runner of the suites; the first call takes the seconds that Great Expectations needs to load."""
    with _LOADING:
        return _load()


@functools.cache
def _load() -> "SuiteRunner":
    # Asked for no telemetry in its own way, whatever release is installed; 1.24 has no code for any.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    with _no_collection():
        from expectations.gx import SuiteRunner
    return SuiteRunner()


@contextmanager
def _no_collection() -> Iterator[None]:
    """Keeps the collector off the hundred thousands of objects that an import makes and that all stay.

    It takes a fifth off the import.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
