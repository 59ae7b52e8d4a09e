"""Progress on standard error: a line that changes on a terminal, plain lines elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from orchestration.runtime.progress import heard_by


class _Listener(logging.Handler):
    """Shows what is told: steps that begin as lines of their own, each item on a terminal only."""

    def __init__(self, console: Console, line: Status) -> None:
        super().__init__()
        self._console = console
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        if self._console.is_terminal:
            self._line.update(record.getMessage())
        elif record.levelno >= logging.INFO:
            self._console.print(record.getMessage(), highlight=False, soft_wrap=True)


@contextmanager
def progress_line() -> Iterator[None]:
    """Show what is told to `orchestration.runtime.progress` while the block runs."""
    console = Console(stderr=True)
    with console.status("starting") as line, heard_by(_Listener(console, line)):
        yield
