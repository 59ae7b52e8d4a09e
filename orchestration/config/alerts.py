"""What a hall's settings say of alerts: through which channels, of what, and when not."""

import datetime as dt
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from orchestration.config.systems.common import Strict

AlertKind = Literal[
    "failure", "late", "refused", "check_failed", "check_warned", "revision_pending", "deadline", "certified", "channel"
]
ALERT_KINDS: tuple[AlertKind, ...] = get_args(AlertKind)


RobotKind = Literal["wecom", "dingtalk", "feishu"]


class Channel(Strict):
    """One way to people: the variable that holds its Apprise URL, and the kinds of alerts that it is for.

    Of a `robot` the variable holds the address that the chat program shows, at whatever host; `secret` is the variable
    with which 钉钉 and 飞书 have requests signed. A channel with `owners` is told of their checks alone.
    """

    url: str
    kinds: tuple[AlertKind, ...] = Field(default=ALERT_KINDS, min_length=1)
    owners: tuple[str, ...] = ()
    robot: RobotKind | None = None
    secret: str = ""

    @model_validator(mode="after")
    def _only_some_sign(self) -> Self:
        if self.secret and self.robot not in {"dingtalk", "feishu"}:
            raise ValueError('secret: only a channel with robot = "dingtalk" or "feishu" signs its requests')
        return self


class Alerts(Strict):
    """Who is told. Between `quiet_from` and `quiet_to` (hall time) only what can't wait is sent.

    `ping` is the variable that holds the URL of a dead man's switch: it is asked after each good evaluation, and who
    watches it raises the alarm when it isn't.
    """

    channels: dict[str, Channel] = Field(default={})
    ping: str = ""
    quiet_from: dt.time = dt.time(22, 0)
    quiet_to: dt.time = dt.time(7, 0)
