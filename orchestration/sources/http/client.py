"""One question and its whole answer over HTTP: signed, at the pace and within the bounds that the settings state."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

from orchestration.config.systems import HttpSystem
from orchestration.sources.contract import PermanentFault, SourceFault
from orchestration.sources.http.auth import authentication, sorted_query
from orchestration.sources.http.cache import Kept, Received
from orchestration.sources.http.errors import CAN_GO_WRONG, connection_fault
from orchestration.sources.http.session import http_session
from orchestration.sources.http.statuses import refuse_status
from orchestration.sources.http.strict_json import read_json, shown

_PIECE = 64 * 1024
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


@dataclass(frozen=True)
class Target:
    """An address to ask, its parameters, and the address as messages may show it."""

    url: str
    parameters: Mapping[str, str]
    shown: str


@dataclass(frozen=True)
class Document:
    """What an address answered: its JSON, the address itself, and the header `Link`."""

    said: Any
    url: str
    link: str


class Transport:
    """Asks one system; safe to share between threads, which share its connections and its pace."""

    def __init__(self, system: HttpSystem, folder: Path, variables: Mapping[str, str]) -> None:
        self._system = system
        self._session = http_session(system, folder, variables)
        self._auth = authentication(system.auth, variables)
        self._free = threading.BoundedSemaphore(system.max_connections)
        self._pace = _pace(system.requests_per_second)
        self._kept = Kept(system.most_bytes)

    def get(self, target: Target, where: str) -> Document:
        """The JSON of one answer.

        Raises:
            SourceFault: there is none that can be used; `where` says in the message which one was asked for.
        """
        with self._free:
            if self._pace:
                self._pace.try_acquire()
            with _told(where, target.shown, self._system.timeout):
                request = self._prepared(target)
                kept = self._kept.get(str(request.url))
                received = self._received(request, kept, where)
        document = read_json(received.content, received.headers.get("Content-Type", ""), where)
        self._kept.keep(str(request.url), received)
        return Document(document, str(request.url), received.headers.get("Link", ""))

    def _prepared(self, target: Target) -> requests.PreparedRequest:
        query = sorted_query(list(target.parameters.items()))
        # Signed here, and not before a wait: a timestamp is held against the clock by who receives it.
        return self._session.prepare_request(requests.Request("GET", target.url, params=query, auth=self._auth))

    def _received(self, request: requests.PreparedRequest, kept: Received | None, where: str) -> Received:
        request.headers.update(kept.conditions() if kept else {})
        with self._session.send(request, stream=True, allow_redirects=False, timeout=self._system.timeout) as response:
            if response.status_code == 304 and kept:
                return kept
            refuse_status(response, where)
            return Received(self._content(response, where), response.headers)

    def _content(self, response: requests.Response, where: str) -> bytes:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise PermanentFault(
                f"{where}: the answer is encoded as {shown(encoding)}, which we didn't ask for",
                "ask the system's keeper to send gzip, or plain JSON",
            )
        content = bytearray()
        for piece in response.iter_content(_PIECE):
            content += piece
            if len(content) > self._system.most_bytes:
                raise PermanentFault(
                    f"{where}: the answer is larger than {self._system.most_bytes} bytes",
                    "raise `most_bytes` in hall.toml if that is right, or ask for smaller pages",
                )
        return bytes(content)


def _pace(requests_per_second: float | None) -> Limiter | None:
    if requests_per_second is None:
        return None
    # One request in each interval, and not many at the beginning of each second.
    bucket = InMemoryBucket([Rate(1, math.ceil(1000 / requests_per_second))])
    # It forgets by itself only in a thread of its own, which would outlive the run; a run's requests are few.
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=1)


@contextmanager
def _told(where: str, url: str, timeout: float) -> Iterator[None]:
    """Exceptions of the connection as faults; their own texts, which hold whole URLs, are shown nowhere."""
    try:
        yield
    except SourceFault:
        raise
    except CAN_GO_WRONG as error:
        raise connection_fault(error, where, url, timeout) from None
