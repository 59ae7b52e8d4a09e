"""One request and its whole answer over HTTP: signed, at the pace and within the bounds that the settings state."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from pathlib import Path

import requests
from pyrate_limiter import InMemoryBucket, Limiter, Rate, SingleBucketFactory
from requests.auth import AuthBase

from orchestration.config.systems import HttpSystem
from orchestration.config.systems.http_auth import Hmac, Token
from orchestration.sources.http.auth import TokenHolder, authentication, sorted_query
from orchestration.sources.http.document import Document
from orchestration.sources.http.errors import (
    CONNECTION_ERRORS,
    CredentialsRefused,
    connection_fault,
    fault,
    refuse_other_clock,
    refuse_status,
)
from orchestration.sources.http.session import http_session
from orchestration.sources.http.strict_json import one_line, read_json
from orchestration.sources.http.target import Target

_PIECE = 64 * 1024
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


class Client:
    """Asks one system; safe to share between threads, which share its connections and its pace."""

    def __init__(self, system: HttpSystem, folder: Path, variables: Mapping[str, str]) -> None:
        self._system = system
        self._session = http_session(system, folder, variables)
        self._auth = authentication(system.auth, variables)
        self._token = TokenHolder(system.auth, variables, self._answer) if isinstance(system.auth, Token) else None
        self._free = threading.BoundedSemaphore(system.max_connections)
        self._pace = _pace(system.requests_per_second)

    def ask(self, target: Target, where: str) -> Document:
        """The JSON of one answer; SourceFault, whose message says by `where` which, if there is none to be used."""
        if self._token is None:
            return self._answer(target, where, self._auth)
        used = self._token.current()
        try:
            return self._answer(target, where, used)
        except CredentialsRefused:
            return self._answer(target, where, self._token.after(used))

    def _answer(self, target: Target, where: str, auth: AuthBase | None) -> Document:
        timeout = self._system.timeout
        with self._free:
            if self._pace:
                self._pace.try_acquire()
            try:
                request = self._prepared(target, auth)
                with self._session.send(request, stream=True, allow_redirects=False, timeout=timeout) as response:
                    if isinstance(self._system.auth, Hmac):
                        refuse_other_clock(response, where)
                    refuse_status(response, where)
                    content = self._content(response, where)
            except CONNECTION_ERRORS as error:
                # Their own texts, which hold whole URLs, are shown nowhere.
                raise connection_fault(error, where, target.shown_url, timeout) from None
        body = read_json(content, response.headers.get("Content-Type", ""), where)
        return Document(body, where, str(request.url), response.headers.get("Link", ""))

    def _prepared(self, target: Target, auth: AuthBase | None) -> requests.PreparedRequest:
        query = sorted_query(list(target.parameters.items()))
        # Signed here, and not before a wait: a timestamp is held against the clock by who receives it.
        return self._session.prepare_request(
            requests.Request(target.method, target.url, target.headers, data=target.body, params=query, auth=auth)
        )

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
