"""Progress on standard error: a line that changes on a terminal, plain lines elsewhere."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

from orchestration.runtime.progress import STAGE, heard_by


class _Listener(logging.Handler):
    """Shows what is told: stages and steps as lines of their own; on a terminal the newest item, after its stage."""

    def __init__(self, console: Console, line: Status) -> None:
        super().__init__()
        self._console = console
        self._line = line
        self._stage = ""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= STAGE:
            self._stage = record.getMessage()
        if self._console.is_terminal:
            step = record.getMessage()
            self._line.update(f"{self._stage}: {step}" if self._stage not in {"", step} else step)
        elif record.levelno >= logging.INFO:
            self._console.print(record.getMessage(), highlight=False, soft_wrap=True)


@contextmanager
def progress_line() -> Iterator[None]:
    """Show what is told to `orchestration.runtime.progress` while the block runs."""
    console = Console(stderr=True)
    with console.status("starting") as line, heard_by(_Listener(console, line)):
        yield
