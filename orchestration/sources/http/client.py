"""One request and its whole answer over HTTP: signed, at the pace and within the bounds that the settings state."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import requests
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory

from orchestration.config.systems import HttpSystem
from orchestration.sources.http.auth import authentication, sorted_query
from orchestration.sources.http.document import Document
from orchestration.sources.http.errors import CONNECTION_ERRORS, connection_fault, fault, refuse_status
from orchestration.sources.http.session import http_session
from orchestration.sources.http.strict_json import one_line, read_json

_PIECE = 64 * 1024
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


@dataclass(frozen=True)
class Target:
    """An address to ask, its parameters, and the address as messages may show it."""

    url: str
    parameters: Mapping[str, str]
    shown_url: str

    def with_parameters(self, parameters: Mapping[str, str]) -> Target:
        """The same address with more parameters."""
        return replace(self, parameters={**self.parameters, **parameters})


class Client:
    """Asks one system; safe to share between threads, which share its connections and its pace."""

    def __init__(self, system: HttpSystem, folder: Path, variables: Mapping[str, str]) -> None:
        self._system = system
        self._session = http_session(system, folder, variables)
        self._auth = authentication(system.auth, variables)
        self._free = threading.BoundedSemaphore(system.max_connections)
        self._pace = _pace(system.requests_per_second)

    def get(self, target: Target, where: str) -> Document:
        """The JSON of one answer; SourceFault, whose message says by `where` which, if there is none to be used."""
        timeout = self._system.timeout
        with self._free:
            if self._pace:
                self._pace.try_acquire()
            try:
                request = self._prepared(target)
                with self._session.send(request, stream=True, allow_redirects=False, timeout=timeout) as response:
                    refuse_status(response, where)
                    content = self._content(response, where)
            except CONNECTION_ERRORS as error:
                # Their own texts, which hold whole URLs, are shown nowhere.
                raise connection_fault(error, where, target.shown_url, timeout) from None
        body = read_json(content, response.headers.get("Content-Type", ""), where)
        return Document(body, where, str(request.url), response.headers.get("Link", ""))

    def _prepared(self, target: Target) -> requests.PreparedRequest:
        query = sorted_query(list(target.parameters.items()))
        # Signed here, and not before a wait: a timestamp is held against the clock by who receives it.
        return self._session.prepare_request(requests.Request("GET", target.url, params=query, auth=self._auth))

    def _content(self, response: requests.Response, where: str) -> bytes:
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise fault("encoding", where=where, encoding=one_line(encoding))
        content = bytearray()
        for piece in response.iter_content(_PIECE):
            content += piece
            if len(content) > self._system.most_bytes:
                raise fault("too_large", where=where, most=self._system.most_bytes)
        return bytes(content)


def _pace(requests_per_second: float | None) -> Limiter | None:
    if requests_per_second is None:
        return None
    # One request in each interval, and not many at the beginning of each second.
    bucket = InMemoryBucket([Rate(1, math.ceil(1000 / requests_per_second))])
    # It forgets by itself only in a thread of its own, which would outlive the run; a run's requests are few.
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False), buffer_ms=1)
