"""Sends a message through Apprise: never raises, never waits long, and lets no token of a channel's URL out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestration.alerts.messages import Message
from orchestration.redaction import REDACTED
from orchestration.settings import SettingsError, secret

if TYPE_CHECKING:
    from apprise import NotifyBase

# What one channel may take, over all; a connection has Apprise's own 4 s, or the URL's `cto` and `rto`.
_PATIENCE = 15.0
_SHORTEST_SECRET = 4


class ChannelError(Exception):
    """A channel can't be used or took no message; the text says why, without a secret."""


class Sender:
    """One channel, open for messages.

    Raises:
        ChannelError: its URL isn't set, or Apprise can't read it.
    """

    def __init__(self, variable: str, variables: Mapping[str, str]) -> None:
        _hush()
        try:
            self._url = secret(variable, variables)
        except SettingsError as error:
            raise ChannelError(str(error)) from None
        service = _service(self._url)
        if service is None:
            raise ChannelError(f"{variable} holds no URL that Apprise can use; see https://appriseit.com/services/")
        self._service = service

    @property
    def longest(self) -> int:
        """How much a message may hold."""
        return int(self._service.body_maxlen)

    def send(self, message: Message) -> None:
        """Have a message delivered.

        Raises:
            ChannelError: it wasn't, or nobody said within 15 s that it was.
        """
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
            raise ChannelError(_without_secrets(said or result.status.name, self._url))


def _service(url: str) -> NotifyBase | None:
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
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
    return Apprise.instantiate(url, asset=asset)


def _hush() -> None:
    """Apprise and urllib3 log URLs, tokens and all; their logs go nowhere, and Apprise's result says what failed."""
    apprise = logging.getLogger("apprise")
    apprise.propagate = False
    if not apprise.handlers:
        apprise.addHandler(logging.NullHandler())
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def _without_secrets(text: str, url: str) -> str:
    """What a service said, less every part of the channel's URL."""
    for part in sorted(_parts(url), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, REDACTED)
    return " ".join(text.split())


def _parts(url: str) -> Iterator[str]:
    split = urlsplit(url)
    found = [url, split.netloc, split.username, split.password, split.hostname, *split.path.split("/")]
    for part in (*found, *(value for _, value in parse_qsl(split.query))):
        yield from {part, unquote(part)} if part else ()
