"""Sends a message through Apprise: never raises, never waits long, and lets no token of a channel's URL out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestration.alerts.messages import Message
from orchestration.config.alerts import Channel, RobotKind
from orchestration.config.hall import SettingsError, secret
from orchestration.runtime.secrets import SHORTEST, redact

if TYPE_CHECKING:
    from apprise import AppriseAsset, NotifyBase

# What one channel may take, over all; a connection has Apprise's own 4 s, or the URL's `cto` and `rto`.
_PATIENCE = 15.0
# The parts of all channels' URLs: no more than these are kept out of what is said of channels.
_secrets: set[str] = set()


class ChannelError(Exception):
    """A channel can't be used or took no message; the text says why, without a secret."""


class Sender:
    """One channel, open for messages; ChannelError where its URL or secret isn't set, or can't be used."""

    def __init__(self, channel: Channel, variables: Mapping[str, str]) -> None:
        self._service = _robot(channel.robot, channel, variables) if channel.robot else _service(channel.url, variables)

    @property
    def longest(self) -> int:
        """How much a message may hold."""
        return int(self._service.body_maxlen)

    def send(self, message: Message) -> None:
        """Have a message delivered; ChannelError if it wasn't, or nobody said within 15 s that it was."""
        from apprise import Apprise, NotifyFormat, NotifyType

        manager = Apprise()
        manager.add(self._service)
        result = manager.notify(
            title=message.title,
            body=message.body,
            body_format=NotifyFormat.TEXT,
            notify_type=NotifyType.SUCCESS if message.is_good else NotifyType.WARNING,
            timeout=_PATIENCE,
        )
        if not result:
            said = " ".join(entry.message for entry in result.logs())
            raise ChannelError(taken_out(said or result.status.name))


def open_url(variable: str, variables: Mapping[str, str]) -> str:
    """The URL or key that a variable holds, no part of which is told from now on; ChannelError if it isn't set."""
    try:
        url = secret(variable, variables)
    except SettingsError as error:
        raise ChannelError(str(error)) from None
    _hush(url)
    return url


def _robot(kind: RobotKind, channel: Channel, variables: Mapping[str, str]) -> NotifyBase:
    from orchestration.alerts.robots import Robot, is_address

    address = open_url(channel.url, variables)
    secret = open_url(channel.secret, variables) if channel.secret else ""
    if not is_address(address):
        raise ChannelError(f"{channel.url} holds no address of a robot, which begins with https:// or http://")
    return Robot(kind, address, secret, _asset())


def _service(variable: str, variables: Mapping[str, str]) -> NotifyBase:
    from apprise import Apprise

    service = Apprise.instantiate(open_url(variable, variables), asset=_asset())
    if service is None:
        raise ChannelError(f"{variable} holds no URL that Apprise can use; see https://appriseit.com/services/")
    return service


def _asset() -> AppriseAsset:
    from apprise import AppriseAsset

    return AppriseAsset(
        app_id="Yuebao",
        app_desc="Yuebao",
        app_url="",
        image_url_logo="",
        image_url_mask="",
        # A message for one address isn't taken to another, and no key or cache is written.
        http_redirects=False,
        storage_mode="memory",
        pgp_autogen=False,
        pem_autogen=False,
    )


def _hush(url: str) -> None:
    """Apprise and urllib3 log URLs, tokens and all; and what Apprise has to say comes with its result."""
    _secrets.update(part for part in _parts(url) if len(part) >= SHORTEST)
    logging.getLogger("apprise").propagate = False
    for name in ("apprise", "urllib3.connectionpool"):
        logging.getLogger(name).addFilter(_without_secrets)


def _without_secrets(record: logging.LogRecord) -> bool:
    """Takes every part of every channel's URL out of what is logged, wherever a log leads."""
    record.msg, record.args = taken_out(record.getMessage()), ()
    return True


def taken_out(text: str) -> str:
    """A text without any part of a channel's URL, in one line."""
    return " ".join(redact(text, _secrets).split())


def _parts(url: str) -> Iterator[str]:
    try:
        split = urlsplit(url)
    except ValueError:
        yield url
        return
    found = [url, split.netloc, split.username, split.password, split.hostname, *split.path.split("/")]
    for part in (*found, *(value for _, value in parse_qsl(split.query))):
        yield from {part, unquote(part)} if part else ()
