"""What can go wrong with a connection, as faults: names, refusals, TLS, proxies, answers that break off."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions

from orchestration.sources.contract import (
    BrokenAnswer,
    PassingFault,
    RequestRefused,
    SourceFault,
)
from orchestration.sources.http.statuses import named

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

# By OpenSSL's code.
_MISTRUSTED = {
    10: ("has expired", "ask the system's keeper to renew it"),
    9: ("isn't valid yet", "hold the clocks against each other"),
    62: ("is of another host", "write the name that the certificate holds in `url`"),
    64: ("is of another host", "write the name that the certificate holds in `url`"),
    **dict.fromkeys(
        (2, 18, 19, 20, 21),
        ("is of an authority that we don't trust", "name the right authority's certificate in `ca`"),
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
            return _mistrusted(each, where, url)
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


def _mistrusted(error: ssl.SSLCertVerificationError, where: str, url: str) -> SourceFault:
    other = (f"isn't good ({error.verify_message})", "ask the system's keeper for another")
    is_so, next_step = _MISTRUSTED.get(error.verify_code, other)
    return RequestRefused(f"{where}: the certificate of {url} {is_so}", next_step)


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
    said = f"{where}: the proxy opens no way to {url} ({named(status)})"
    if status >= 500:
        return PassingFault(said, "look whether the system is reachable from the proxy, then pull again")
    return RequestRefused(said, "hold `proxy` in hall.toml, and its user and password, against the proxy's rules")
