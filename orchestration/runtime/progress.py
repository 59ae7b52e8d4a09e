"""What is being done just now, told through the logger `yuebao.progress` to whoever listens."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

# Above that of a step: a stage is what the steps that follow belong to.
STAGE = logging.INFO + 5
_LOGGER = logging.getLogger("yuebao.progress")
_LOGGER.propagate = False
_LOGGER.setLevel(logging.DEBUG)
_LOGGER.addHandler(logging.NullHandler())


def tell_stage(message: str, *values: object) -> None:
    """Say which of a command's parts begins, one month of many."""
    _LOGGER.log(STAGE, message, *values)


def tell(message: str, *values: object) -> None:
    """Say that a step begins."""
    _LOGGER.info(message, *values)


def tell_item(message: str, *values: object) -> None:
    """Say that one of a step's many items is done."""
    _LOGGER.debug(message, *values)


@contextmanager
def heard_by(handler: logging.Handler) -> Iterator[None]:
    """Have a handler hear what is told while the block runs."""
    _LOGGER.addHandler(handler)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)
