"""What a cell's value means in a column of ours: a day, a code or a count."""

import datetime as dt
import re
from functools import lru_cache
from typing import Any

from openpyxl.utils.datetime import from_excel

from orchestration.sources.files.table import EXACT, Unreadable
from orchestration.sources.normal_forms import day_text

# 2025-03-12, 2025/3/12, 2025.3.12, 2025年3月12日 or 20250312; a time or a weekday may follow.
_DAY = re.compile(
    r"(\d{4})([-/.年])(\d{1,2})(?:[-/.]|月)(\d{1,2})日?(?:[T\s]*(?:\(?(?:星期|周).\)?|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
# Numbers below are days of a workbook's calendar (to the year 9999); those above that are a day are yyyymmdd.
_LAST_SERIAL = 2_958_465


def intended_value(column: str, value: Any, epoch: dt.datetime | None) -> Any:
    """A cell's value as that of our column; what has no certain meaning stays as it came, and the suite refuses it.

    `epoch` is the first day of a workbook's calendar.
    """
    if column == "stat_date":
        return _day(value, epoch)
    if column == "count":
        return _exact(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _exact(value: Any) -> Any:
    if isinstance(value, float) and not abs(value) < EXACT:
        return Unreadable("a number too large to be exact")
    return value


@lru_cache(maxsize=1024, typed=True)
def _day(value: Any, epoch: dt.datetime | None) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= _LAST_SERIAL:
        return from_excel(value, epoch) if epoch else value
    if isinstance(value, int | str):
        text = day_text(str(value))
        if parts := _COMPACT.fullmatch(text):
            return _date(*parts.groups()) or value
        if parts := _DAY.fullmatch(text):
            return _date(parts[1], parts[3], parts[4]) or value
    return value


def _date(year: str, month: str, day: str) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
