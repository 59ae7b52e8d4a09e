"""What can go wrong with a request over HTTP, as faults: statuses, names, TLS, proxies, answers that break off."""

import email.utils
import http
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from orchestration.sources.contract import (
    BrokenAnswer,
    FaultRule,
    NothingForDay,
    PassingFault,
    RequestRefused,
    SourceFault,
    match_rule,
)

CONNECTION_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
_LOOK_UP = "look whether the system is up and reachable, then pull again"
_RIGHT_PORT = "look whether `url` names the right port, then pull again"
_NO_HTTP, _BROKE_OFF = "brought what isn't HTTP", "broke off in the middle of the answer"
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


def _status(fault: type[SourceFault], codes: str, next_step: str, words: str = "") -> FaultRule:
    return FaultRule(fault, "{where}: {status}" + words, next_step, codes=codes)


def _tunnel(fault: type[SourceFault], codes: str, next_step: str) -> FaultRule:
    return FaultRule(fault, "{where}: the proxy opens no way to {url} ({status})", next_step, codes=codes)


def _mistrusted(codes: str, words: str, next_step: str) -> FaultRule:
    return FaultRule(RequestRefused, "{where}: the certificate of {url} " + words, next_step, codes=codes)


def _broken(
    words: str, *errors: type[BaseException], next_step: str = _LOOK_UP, fault: type[SourceFault] = PassingFault
) -> FaultRule:
    return FaultRule(fault, "{where}: the connection to {url} " + words, next_step, errors)


_REDIRECT = _status(
    RequestRefused,
    r"3\d\d",
    "hold `url` and the secret in hall.toml against the system's interface description",
    ": the system sends us on to {target}, and no redirect is followed",
)
_STATUSES = (
    _status(
        NothingForDay,
        "204|404",
        "ask the system's keeper whether the day is closed",
        ": the system has no answer for the day",
    ),
    _status(
        RequestRefused,
        "401|403",
        "renew the secret named in hall.toml, then pull again",
        ": the credentials are refused",
    ),
    _status(
        RequestRefused, "407", "set the proxy's user and password in `proxy`", ": the proxy refuses its credentials"
    ),
    _status(
        PassingFault,
        "429",
        "wait until it takes questions again, or lower `requests_per_second` in hall.toml, then pull again",
    ),
    _status(PassingFault, r"408|425|[5-9]\d\d", "wait until the system has recovered, then pull again"),
    _status(RequestRefused, "", "hold the question in hall.toml against the system's interface description"),
)

# By the proxy's answer to CONNECT.
_TUNNELS = (
    _tunnel(PassingFault, r"[5-9]\d\d", "look whether the system is reachable from the proxy, then pull again"),
    _tunnel(RequestRefused, "", "hold `proxy` in hall.toml, and its user and password, against the proxy's rules"),
)

# By OpenSSL's code of what is wrong with a certificate.
_AUTHORITY = "name the right authority's certificate in `ca`"
_CERTIFICATES = (
    _mistrusted("10", "has expired", "ask the system's keeper to renew it"),
    _mistrusted("9", "isn't valid yet", "hold the clocks against each other"),
    _mistrusted("62|64", "is of another host", "write the name that the certificate holds in `url`"),
    _mistrusted("2|18|19|20|21", "is of an authority that we don't trust", _AUTHORITY),
    _mistrusted("", "isn't good ({reason})", "ask the system's keeper for another"),
)

# The first that fits any of the exceptions wrapped in one another.
_CONNECTIONS = (
    FaultRule(
        PassingFault,
        "{where}: no answer within {timeout:g} s from {url}",
        "look whether the system is overloaded, then pull again",
        (TimeoutError, urllib3.exceptions.ReadTimeoutError),
    ),
    _broken(
        "failed: its name isn't known (DNS)",
        socket.gaierror,
        next_step="look at `url` and at the name server, then pull again",
    ),
    _broken(
        "failed at the proxy", urllib3.exceptions.ProxyError, next_step="look whether the proxy is up, then pull again"
    ),
    _broken("was refused", ConnectionRefusedError),
    _broken(_BROKE_OFF, http.client.IncompleteRead),
    _broken("was closed without an answer", http.client.RemoteDisconnected),
    _broken("was reset", ConnectionResetError, BrokenPipeError),
    _broken(
        "failed in TLS",
        ssl.SSLError,
        next_step="look whether `url` is the system's and whether it asks for a client certificate",
    ),
    _broken(
        "brought an answer that can't be unpacked as its Content-Encoding says",
        urllib3.exceptions.DecodeError,
        next_step="pull again; if it stays so, ask the system's keeper",
        fault=BrokenAnswer,
    ),
    _broken(_NO_HTTP, http.client.HTTPException, urllib3.exceptions.InvalidHeader, next_step=_RIGHT_PORT),
    _broken(_BROKE_OFF, urllib3.exceptions.ProtocolError),
    _broken(_NO_HTTP, ValueError, next_step=_RIGHT_PORT),
    _broken("failed ({error})"),
)


def refuse_status(response: requests.Response, where: str) -> None:
    """Raise the fault that a status other than 200 means; `where` says in the message what was asked for."""
    status, headers = response.status_code, response.headers
    if status == 200:
        return
    details = {"where": where, "status": _status_name(status)}
    if headers.get("Location") and 300 <= status < 400:
        raise _REDIRECT.describe(**details, target=_redirect_target(response.url or "", headers["Location"]))
    fault = match_rule(_STATUSES, code=str(status)).describe(**details)
    if isinstance(fault, PassingFault) and status in (429, 503):
        fault.retry_after = retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
    raise fault


def connection_fault(error: Exception, where: str, url: str, timeout: float) -> SourceFault:
    """What an exception of requests, urllib3 or the socket means.

    Args:
        error: the exception, with those that it wraps.
        where: which page was asked for.
        url: the address as it may be shown.
        timeout: seconds that the answer might take.
    """
    errors = list(_wrapped(error))
    for inner in errors:
        if isinstance(inner, ssl.SSLCertVerificationError):
            rule = match_rule(_CERTIFICATES, code=str(inner.verify_code))
            return rule.describe(where=where, url=url, reason=inner.verify_message)
        if refusal := _TUNNEL.search(str(inner)):
            rule = match_rule(_TUNNELS, code=refusal[1])
            return rule.describe(where=where, url=url, status=_status_name(int(refusal[1])))
    rule = match_rule(_CONNECTIONS, *errors)
    return rule.describe(where=where, url=url, timeout=timeout, error=type(errors[-1]).__name__)


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """The exception and those in its arguments, its reason, its cause and its context, the outermost first."""
    waiting, seen = [error], set[int]()
    while waiting:
        outer = waiting.pop(0)
        if id(outer) not in seen:
            seen.add(id(outer))
            yield outer
            inner = (*outer.args, getattr(outer, "reason", None), outer.__cause__, outer.__context__)
            waiting += [part for part in inner if isinstance(part, BaseException)]


def _status_name(status: int) -> str:
    """A status with its own phrase; the server's isn't shown, because it may hold anything."""
    try:
        return f"HTTP {status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


def _redirect_target(url: str, location: str) -> str:
    """Scheme, host and path of where a redirect leads: no user, no query."""
    try:
        parts = urlsplit(urljoin(url, location))
        origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "an address that is none"
    printable = (text for text in (origin + parts.path, origin) if len(text) <= 200 and text.isprintable())
    return next(printable, "an address that can't be shown")


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
