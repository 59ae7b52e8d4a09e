"""Moments of hall time, as tests write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from reports.certificates.certificate import moment_text

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    """A moment of hall time, such as `2025-03-01T02:30`."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def hall_time(moment: dt.datetime) -> str:
    """A moment as certificates of a hall in Shanghai write it."""
    return moment_text(moment.astimezone(SHANGHAI))
