"""Moments of hall time, as tests write them."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(text: str) -> dt.datetime:
    """A moment of hall time, such as `2025-03-01T02:30`."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
