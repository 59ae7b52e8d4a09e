"""What is being done just now, told through the logger `yuebao.progress` to whoever listens."""

import logging

_LOGGER = logging.getLogger("yuebao.progress")
_LOGGER.propagate = False
_LOGGER.setLevel(logging.DEBUG)
_LOGGER.addHandler(logging.NullHandler())


def tell(message: str, *values: object) -> None:
    """Say that a step begins."""
    _LOGGER.info(message, *values)


def tell_item(message: str, *values: object) -> None:
    """Say that one of a step's many items is done."""
    _LOGGER.debug(message, *values)


def listen(handler: logging.Handler) -> None:
    """Have a handler hear what is told from now on."""
    _LOGGER.addHandler(handler)


def leave(handler: logging.Handler) -> None:
    """Have a handler hear no more."""
    _LOGGER.removeHandler(handler)
