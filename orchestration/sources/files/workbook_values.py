"""Values as workbooks of every format write them in XML."""

import datetime as dt
import math
import re
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl.utils.datetime import from_excel

from orchestration.sources.files.table import Unreadable

MOST_UNPACKED = 128 * 1024 * 1024
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_MOST_DIGITS = 300


def number_of(text: str) -> Any:
    """A number as workbooks write it: an int where it is written as a whole one."""
    if text.isdecimal() and text.isascii() and len(text) <= _MOST_DIGITS:
        return int(text)
    number = float(text) if _NUMBER.fullmatch(text.strip()) else math.inf
    return number if abs(number) < math.inf else Unreadable("no number")


def iso_date(text: str, zone: ZoneInfo) -> Any:
    """A day or moment as ISO 8601 has it; with an offset only if it is of the same day in the hall's zone."""
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        return Unreadable("no date")
    if moment.tzinfo and moment.astimezone(zone).date() != moment.date():
        return Unreadable(f"{moment}, which is another day here")
    return moment.replace(tzinfo=None)


def moment_of(serial: float, epoch: dt.datetime, *, span: bool) -> Any:
    """A number that a workbook shows as a moment, or as a span of time."""
    try:
        return from_excel(serial, epoch, timedelta=span)
    except (OverflowError, ValueError):
        return Unreadable("a date outside of the workbook's calendar")
