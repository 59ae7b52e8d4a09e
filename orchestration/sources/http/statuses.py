"""What a status other than 200 means: nothing for the day, a refusal, or a fault that may pass."""

from __future__ import annotations

import email.utils
import http
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import requests

from orchestration.sources.contract import NothingForDay, PassingFault, RequestRefused, SourceFault

_KEEPER = "ask the system's keeper whether the day is closed"
_RECOVER = "wait until the system has recovered, then pull again"
_RENEW = "renew the secret named in hall.toml, then pull again"
_Meaning = tuple[type[SourceFault], str, str]
_OUT_OF_ORDER: _Meaning = (PassingFault, "", _RECOVER)
_REFUSED: _Meaning = (RequestRefused, "", "hold the question in hall.toml against the system's interface description")
_STATUSES: dict[int, _Meaning] = {
    204: (NothingForDay, ": the system has no answer for the day", _KEEPER),
    404: (NothingForDay, ": the system has no answer for the day", _KEEPER),
    401: (RequestRefused, ": the credentials are refused", _RENEW),
    403: (RequestRefused, ": the credentials are refused", _RENEW),
    407: (RequestRefused, ": the proxy refuses its credentials", "set the proxy's user and password in `proxy`"),
    408: _OUT_OF_ORDER,
    425: _OUT_OF_ORDER,
    429: (
        PassingFault,
        "",
        "wait until it takes questions again, or lower `requests_per_second` in hall.toml, then pull again",
    ),
}


def refuse_status(response: requests.Response, where: str) -> None:
    """Raise the fault that a status other than 200 means."""
    status = response.status_code
    if status == 200:
        return
    said = f"{where}: {named(status)}"
    if response.headers.get("Location") and 300 <= status < 400:
        target = _place(response.url or "", response.headers["Location"])
        raise RequestRefused(
            f"{said}: the system sends us on to {target}, and no redirect is followed",
            "hold `url` and the secret in hall.toml against the system's interface description",
        )
    fault, words, next_step = _STATUSES.get(status, _OUT_OF_ORDER if status >= 500 else _REFUSED)
    refusal = fault(f"{said}{words}", next_step)
    if isinstance(refusal, PassingFault) and status in (429, 503):
        refusal.retry_after = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    raise refusal


def named(status: int) -> str:
    """A status with its own phrase; the server's isn't shown, because it may hold anything."""
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
