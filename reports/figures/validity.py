"""What is valid on a day: the one convention of systems, tables, definitions and signers."""

from datetime import date
from typing import Protocol


class Valid(Protocol):
    """What has a validity."""

    @property
    def valid_from(self) -> date | None:
        """The first day, None for always."""

    @property
    def valid_to(self) -> date | None:
        """The last day, None while open."""


def is_valid(day: date, valid_from: date | None, valid_to: date | None) -> bool:
    """Whether a day lies in a validity: both ends belong to it, and None stands for an open one."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day <= valid_to)


def iso(day: date | None) -> str | None:
    """One end of a validity as text; None for an open one."""
    return day.isoformat() if day else None
