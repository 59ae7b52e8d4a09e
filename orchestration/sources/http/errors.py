"""What can go wrong with a request over HTTP, as faults.toml words it: statuses, TLS, proxies, broken answers."""

import email.utils
import http
import http.client
import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import requests
import urllib3.exceptions

from orchestration.sources.contract import FaultTable, RequestRefused, SourceFault

CONNECTION_ERRORS = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")

_CLOCKS_DIFFER = 60.0

fault = FaultTable(__file__)


class CredentialsRefused(RequestRefused):
    """The system refuses who asks (401): a token that was fetched may have ended before its time."""


def refuse_status(response: requests.Response, where: str) -> None:
    """Raise the fault that a status other than 200 means; `where` says in the message what was asked for."""
    status, headers = response.status_code, response.headers
    if status == 200:
        return
    phrase = _status_name(status)
    if headers.get("Location") and 300 <= status < 400:
        target = _redirect_target(response.url or "", headers["Location"])
        raise fault("redirect", where=where, status=phrase, target=target)
    meant = fault.match("statuses", code=str(status)).describe(where=where, status=phrase)
    if status in (429, 503):
        meant.retry_after = retry_after(headers.get("Retry-After", ""), headers.get("Date", ""))
    if status == 401:
        raise CredentialsRefused(meant.problem, meant.next_step)
    raise meant


def refuse_other_clock(response: requests.Response, where: str) -> None:
    """Raise RequestRefused where a signed request is refused by a system whose clock is another than ours."""
    theirs, now = _moment(response.headers.get("Date", "")), datetime.now(UTC)
    if response.status_code not in (401, 403) or theirs is None:
        return
    # A `Date` has no fractions.
    seconds = (theirs - now).total_seconds() + 0.5
    if abs(seconds) > _CLOCKS_DIFFER:
        status, side = _status_name(response.status_code), "ahead of" if seconds > 0 else "behind"
        raise fault("other_clock", where=where, status=status, seconds=round(abs(seconds)), side=side)


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
            rule = fault.match("certificates", code=str(inner.verify_code))
            return rule.describe(where=where, url=url, reason=inner.verify_message)
        if refusal := _TUNNEL.search(str(inner)):
            rule = fault.match("tunnels", code=refusal[1])
            return rule.describe(where=where, url=url, status=_status_name(int(refusal[1])))
    rule = fault.match("connections", *errors)
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
