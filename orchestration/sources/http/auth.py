"""Signing in to an HTTP system: each kind of the settings as the `auth` of a request, new for each request."""

import base64
import hashlib
import hmac
import math
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from orchestration.config.hall import SettingsError, expand, secret
from orchestration.config.systems.http_auth import AnyAuth, ApiKey, Basic, Bearer, Hmac, Token
from orchestration.runtime.secrets import keep_secret
from orchestration.sources.http.document import Document
from orchestration.sources.http.errors import fault
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.normal_forms import whole_number

# A token is used for so much of the time that it holds.
_HELD_PART = 0.9
_UNITS = {"seconds": 1, "milliseconds": 1000}
_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


def authentication(auth: AnyAuth | None, variables: Mapping[str, str]) -> AuthBase | None:
    """What puts our credentials on a request; SettingsError where a secret isn't set, or can't stand in a header."""
    match auth:
        case None | Token():
            return None
        case Bearer():
            return _Header("Authorization", f"Bearer {_in_header(auth.secret, variables)}")
        case ApiKey():
            return _Header(auth.header, _in_header(auth.secret, variables))
        case Basic():
            user, password = expand(auth.user, variables), secret(auth.secret, variables)
            return HTTPBasicAuth(user.encode(), password.encode())
        case Hmac():
            return _Signature(auth, expand(auth.key, variables), secret(auth.secret, variables))


def _in_header(name: str, variables: Mapping[str, str]) -> str:
    value = secret(name, variables)
    if not (value.isascii() and value.isprintable() and value.strip() == value and value):
        raise SettingsError(f"the secret {name} can't stand in a header: it is empty, or holds blanks or foreign signs")
    return value


@dataclass(frozen=True, eq=False)
class _Header(AuthBase):
    name: str
    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers[self.name] = self.value
        return request


@dataclass(frozen=True, eq=False)
class _Signature(AuthBase):
    settings: Hmac
    key: str
    secret: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        timestamp = str(int(time.time() * _UNITS[self.settings.timestamp_unit]))
        nonce = uuid.uuid4().hex
        url = urlsplit(request.url or "")
        signed = self.settings.signs.format(
            method=request.method,
            path=url.path,
            query=sorted_query(parse_qsl(url.query, keep_blank_values=True)),
            timestamp=timestamp,
            nonce=nonce,
            key=self.key,
            body_sha256=hashlib.sha256(_body(request)).hexdigest(),
        )
        digest = hmac.digest(self.secret.encode(), signed.encode(), self.settings.algorithm)
        request.headers[self.settings.key_header] = self.key
        request.headers[self.settings.timestamp_header] = timestamp
        request.headers[self.settings.nonce_header] = nonce
        request.headers[self.settings.signature_header] = _ENCODINGS[self.settings.encoding](digest)
        return request


def _body(request: PreparedRequest) -> bytes:
    return request.body.encode() if isinstance(request.body, str) else bytes(request.body or b"")


@dataclass(frozen=True, eq=False)
class _Parameter(AuthBase):
    name: str
    value: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.prepare_url(request.url, {self.name: self.value})
        return request


class TokenHolder:
    """Fetches a system's token and keeps it while it holds; safe to share between threads, of which one fetches.

    SettingsError where a variable isn't set.
    """

    def __init__(self, settings: Token, variables: Mapping[str, str], ask: Callable[..., Document]) -> None:
        self._settings = settings
        self._ask = ask
        as_form, content = settings.form is not None, settings.form if settings.body is None else settings.body
        request = HttpRequest(settings.url, settings.query, variables, settings.method, content, as_form)
        self._target = request.target({})
        self._lock = threading.Lock()
        self._held: AuthBase | None = None
        self._ends = math.inf

    def current(self) -> AuthBase:
        """The token that holds now, fetched if there is none."""
        with self._lock:
            if self._held is None or time.monotonic() >= self._ends:
                self._held = self._fetched()
            return self._held

    def after(self, refused: AuthBase) -> AuthBase:
        """Another token than one that was refused."""
        with self._lock:
            if self._held is None or self._held is refused:
                self._held = self._fetched()
            return self._held

    def _fetched(self) -> AuthBase:
        settings, where = self._settings, "the token's page"
        document = self._ask(self._target, where, None)
        token = document.value(settings.token)
        if not (isinstance(token, str) and token.isascii() and token.isprintable() and token and " " not in token):
            raise fault("no_token", where=where, path=settings.token)
        keep_secret(token)
        self._ends = math.inf
        if settings.expires_in is not None:
            seconds = whole_number(document.single_value(settings.expires_in, "auth.expires_in"))
            if type(seconds) is not int:
                key = "auth.expires_in"
                raise fault("no_number", where=where, path=settings.expires_in, stated="no whole number", key=key)
            self._ends = time.monotonic() + seconds * _HELD_PART
        parameter = settings.parameter
        return _Parameter(parameter, token) if parameter else _Header(settings.header, settings.prefix + token)


def sorted_query(parameters: list[tuple[str, str]]) -> str:
    """A query in one form only: sorted by name and value, percent-encoded as RFC 3986 says."""
    return urlencode(sorted(parameters), quote_via=quote, safe="-._~")
