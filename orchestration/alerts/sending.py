"""Sends a message through Apprise: never raises, never waits long, and lets no token of a channel's URL out."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from orchestration.alerts.messages import Message
from orchestration.config.hall import SettingsError, secret
from orchestration.runtime.secrets import REDACTED

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
        try:
            url = secret(variable, variables)
        except SettingsError as error:
            raise ChannelError(str(error)) from None
        _hush(url)
        service = _service(url)
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
            raise ChannelError(_secrets.taken_out(said or result.status.name))


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


class _WithoutSecrets(logging.Filter):
    """Takes every part of every channel's URL out of what is logged, wherever a log leads."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: set[str] = set()

    def learn(self, url: str) -> None:
        """Note the parts of a URL."""
        self._parts |= {part for part in _parts(url) if len(part) >= _SHORTEST_SECRET}

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.taken_out(record.getMessage()), ()
        return True

    def taken_out(self, text: str) -> str:
        """The text in one line, without any of the parts."""
        for part in sorted(self._parts, key=len, reverse=True):
            text = text.replace(part, REDACTED)
        return " ".join(text.split())


_secrets = _WithoutSecrets()


def _hush(url: str) -> None:
    """Apprise and urllib3 log URLs, tokens and all; and what Apprise has to say comes with its result."""
    _secrets.learn(url)
    apprise = logging.getLogger("apprise")
    apprise.addFilter(_secrets)
    apprise.propagate = False
    logging.getLogger("urllib3.connectionpool").addFilter(_secrets)


def _parts(url: str) -> Iterator[str]:
    try:
        split = urlsplit(url)
    except ValueError:
        yield url
        return
    found = [url, split.netloc, split.username, split.password, split.hostname, *split.path.split("/")]
    for part in (*found, *(value for _, value in parse_qsl(split.query))):
        yield from {part, unquote(part)} if part else ()
