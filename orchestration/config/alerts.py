"""What a hall's settings say of alerts: through which channels, of what, and when not."""

import datetime as dt
from typing import Literal, get_args

from pydantic import Field

from orchestration.config.systems.common import Strict

AlertKind = Literal[
    "failure", "late", "refused", "check_failed", "check_warned", "revision_pending", "deadline", "certified", "channel"
]
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)


class Channel(Strict):
    """One way to people: the variable that holds its Apprise URL, and the kinds of alerts that it is for."""

    url: str
    kinds: tuple[AlertKind, ...] = Field(default=ALERT_KINDS, min_length=1)


class Alerts(Strict):
    """Who is told. Between `quiet_from` and `quiet_to` (hall time) only what can't wait is sent.

    `ping` is the variable that holds the URL of a dead man's switch: it is asked after each good evaluation, and who
    watches it raises the alarm when it isn't.
    """

    channels: dict[str, Channel] = Field(default={})
    ping: str = ""
    quiet_from: dt.time = dt.time(22, 0)
    quiet_to: dt.time = dt.time(7, 0)
