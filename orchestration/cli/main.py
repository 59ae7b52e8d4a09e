"""`yuebao`: brings the commands of all rooms together, and is the program's entry."""

import gc

from orchestration.cli import (
    author_commands,
    certificate_commands,
    hall_commands,
    month_commands,
    operation_commands,
)
from orchestration.cli.app import app

__all__ = ["app", "author_commands", "certificate_commands", "hall_commands", "month_commands", "operation_commands"]


def run() -> None:
    """The program's entry."""
    # Imports make a million objects that all stay; with Python's usual threshold a fifth of their time is collecting.
    gc.set_threshold(200_000, 20, 20)
    app()
