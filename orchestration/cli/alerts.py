"""Alerts on the command line: what would be told now, to whom; sent; or one channel tried out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from orchestration.alerts.messages import counted, describe
from orchestration.alerts.notification import find_conditions, moment, notify, pending_news, send_test
from orchestration.alerts.sending import ChannelError
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home, dagster_instance

_NOBODY = "no channel is set up ([alerts.channels] in hall.toml), so nobody is told"


def shown() -> Iterator[str]:
    """Everything that deserves an alert now, and how much of it each channel wasn't told; sends nothing."""
    at = moment(dt.datetime.now(dt.UTC))
    found = find_conditions(at, dagster_instance(current_home()))
    yield describe(found.conditions.values()) or "nothing deserves an alert"
    memory, told = pending_news(at, found)
    if memory.doubt:
        yield memory.doubt
    for name, news in told.items():
        yield f"{name} would be told: {counted(news)}{news.waiting}"
    if not told:
        yield _NOBODY


def sent() -> list[str]:
    """What was sent now, one line for each channel.

    Raises:
        Refused: a channel took nothing; the others were told, and their lines are in the message too.
        AlertsBusyError: another evaluation doesn't end.
    """
    at = moment(dt.datetime.now(dt.UTC))
    outcomes = notify(at, dagster_instance(current_home()))
    lines = [str(outcome) for outcome in outcomes]
    if any(outcome.fault for outcome in outcomes):
        raise Refused("\n".join(lines))
    return lines or [_NOBODY]


def tried_out(channel: str) -> str:
    """Whether a channel took a test message.

    Raises:
        Refused: it didn't; the message says why.
        SettingsError: there is no such channel.
    """
    try:
        send_test(moment(dt.datetime.now(dt.UTC)), channel)
    except ChannelError as error:
        raise Refused(f"{channel}: NOT delivered: {error}") from None
    return f"{channel}: delivered; look whether it arrived"
