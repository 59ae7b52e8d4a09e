"""What can go wrong between question and answer over HTTP, as faults: refused connections, TLS, statuses."""

from __future__ import annotations

import email.utils
import http
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from orchestration.hall_systems.contract import (
    BrokenAnswer,
    NothingForDay,
    PassingFault,
    QuestionRefused,
    SourceFault,
)

CAN_GO_WRONG = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError)
_LOOK_UP = "look whether the system is up and reachable, then pull again"
_RIGHT_PORT = "look whether `url` names the right port, then pull again"
_BROKE_OFF = "broke off in the middle of the answer"
_NO_HTTP = "brought what isn't HTTP"
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


@dataclass(frozen=True)
class _Trouble:
    """What an exception of the connection means: the words after "the connection to …"."""

    error: type[BaseException]
    words: str
    next_step: str = _LOOK_UP
    fault: type[SourceFault] = PassingFault


# The first that fits any of the exceptions wrapped in one another.
_TROUBLES = (
    _Trouble(
        socket.gaierror, "failed: its name isn't known (DNS)", "look at `url` and at the name server, then pull again"
    ),
    _Trouble(urllib3.exceptions.ProxyError, "failed at the proxy", "look whether the proxy is up, then pull again"),
    _Trouble(ConnectionRefusedError, "was refused"),
    _Trouble(http.client.IncompleteRead, _BROKE_OFF),
    _Trouble(http.client.RemoteDisconnected, "was closed without an answer"),
    _Trouble(ConnectionResetError, "was reset"),
    _Trouble(BrokenPipeError, "was reset"),
    _Trouble(
        ssl.SSLError, "failed in TLS", "look whether `url` is the system's and whether it asks for a client certificate"
    ),
    _Trouble(
        urllib3.exceptions.DecodeError,
        "brought an answer that can't be unpacked as its Content-Encoding says",
        "pull again; if it stays so, ask the system's keeper",
        BrokenAnswer,
    ),
    _Trouble(http.client.HTTPException, _NO_HTTP, _RIGHT_PORT),
    _Trouble(urllib3.exceptions.InvalidHeader, _NO_HTTP, _RIGHT_PORT),
    _Trouble(urllib3.exceptions.ProtocolError, _BROKE_OFF),
    _Trouble(ValueError, _NO_HTTP, _RIGHT_PORT),
)
_TIMEOUTS = (TimeoutError, urllib3.exceptions.ReadTimeoutError)

_MISTRUSTED = {
    10: ("has expired", "ask the system's keeper to renew it"),
    9: ("isn't valid yet", "hold the clocks against each other"),
    62: ("is of another host", "write the name that the certificate holds in `url`"),
    64: ("is of another host", "write the name that the certificate holds in `url`"),
}
_UNKNOWN_AUTHORITY = ("is of an authority that we don't trust", "name the right authority's certificate in `ca`")

_KEEPER = "ask the system's keeper whether the day is closed"
_RECOVER = "wait until the system has recovered, then pull again"
_RENEW = "renew the secret named in hall.toml, then pull again"
_STATUSES: dict[int, tuple[type[SourceFault], str, str]] = {
    204: (NothingForDay, ": the system has no answer for the day", _KEEPER),
    404: (NothingForDay, ": the system has no answer for the day", _KEEPER),
    401: (QuestionRefused, ": the credentials are refused", _RENEW),
    403: (QuestionRefused, ": the credentials are refused", _RENEW),
    407: (QuestionRefused, ": the proxy refuses its credentials", "set the proxy's user and password in `proxy`"),
    408: (PassingFault, "", _RECOVER),
    425: (PassingFault, "", _RECOVER),
    429: (
        PassingFault,
        "",
        "wait until it takes questions again, or lower `requests_per_second` in hall.toml, then pull again",
    ),
}


def connection_fault(error: Exception, where: str, url: str, timeout: float) -> SourceFault:
    """What an exception of requests, urllib3 or the socket means.

    Args:
        error: the exception, with those that it wraps.
        where: which page was asked for.
        url: the address as it may be shown.
        timeout: seconds that the answer might take.
    """
    wrapped = list(_wrapped(error))
    for each in wrapped:
        if isinstance(each, ssl.SSLCertVerificationError):
            is_so, next_step = _MISTRUSTED.get(each.verify_code, _UNKNOWN_AUTHORITY)
            return QuestionRefused(f"{where}: the certificate of {url} {is_so}", next_step)
        if refusal := _TUNNEL.search(str(each)):
            return _refused_by_proxy(int(refusal[1]), where, url)
    if any(isinstance(each, _TIMEOUTS) for each in wrapped):
        return PassingFault(
            f"{where}: no answer within {timeout:g} s from {url}",
            "look whether the system is overloaded, then pull again",
        )
    for trouble in _TROUBLES:
        if any(isinstance(each, trouble.error) for each in wrapped):
            return trouble.fault(f"{where}: the connection to {url} {trouble.words}", trouble.next_step)
    return PassingFault(f"{where}: the connection to {url} failed ({type(wrapped[-1]).__name__})", _LOOK_UP)


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop(0)
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = (*each.args, getattr(each, "reason", None), each.__cause__, each.__context__)
        waiting += [found for found in inner if isinstance(found, BaseException)]


def _refused_by_proxy(status: int, where: str, url: str) -> SourceFault:
    said = f"{where}: the proxy opens no way to {url} ({_named(status)})"
    if status >= 500:
        return PassingFault(said, "look whether the system is reachable from the proxy, then pull again")
    return QuestionRefused(said, "hold `proxy` in hall.toml, and its user and password, against the proxy's rules")


def refuse_status(response: requests.Response, where: str) -> None:
    """Raise the fault that a status other than 200 means."""
    status = response.status_code
    if status == 200:
        return
    said = f"{where}: {_named(status)}"
    if response.headers.get("Location") and 300 <= status < 400:
        target = _place(response.url or "", response.headers["Location"])
        raise QuestionRefused(
            f"{said}: the system sends us on to {target}, and no redirect is followed",
            "hold `url` and the secret in hall.toml against the system's interface description",
        )
    if status in _STATUSES:
        fault, words, next_step = _STATUSES[status]
    elif status >= 500:
        fault, words, next_step = PassingFault, "", _RECOVER
    else:
        fault, words, next_step = (
            QuestionRefused,
            "",
            "hold the question in hall.toml against the system's interface description",
        )
    refusal = fault(f"{said}{words}", next_step)
    if isinstance(refusal, PassingFault) and status in (429, 503):
        refusal.retry_after = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    raise refusal


def _named(status: int) -> str:
    # The server's own phrase isn't shown: it may hold anything.
    try:
        return f"HTTP {status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _place(asked: str, location: str) -> str:
    """Scheme, host and path of where a redirect leads: no user, no query."""
    try:
        parts = urlsplit(urljoin(asked, location))
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an address that is none"
    shown = (place for place in (origin + parts.path, origin) if len(place) <= 200 and place.isprintable())
    return next(shown, "an address that can't be shown")


def retry_after(value: str, date: str) -> float | None:
    """Seconds of a `Retry-After`, a number or an HTTP date (held against the server's own `Date` where it says one)."""
    if value.isascii() and value.isdecimal():
        return float(value)
    then, now = _moment(value), _moment(date) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds()) if then else None


def _moment(text: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
