"""Signing in to an HTTP system: each kind of the settings as the `auth` of a request, new for each request."""

import base64
import hashlib
import hmac
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from orchestration.config.hall import SettingsError, expand, secret
from orchestration.config.systems.http_auth import AnyAuth, ApiKey, Basic, Bearer, Hmac

_UNITS = {"seconds": 1, "milliseconds": 1000}
_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode("ascii"),
}


def authentication(auth: AnyAuth | None, variables: Mapping[str, str]) -> AuthBase | None:
    """What puts our credentials on a request; SettingsError where a secret isn't set, or can't stand in a header."""
    match auth:
        case None:
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
            body_sha256=hashlib.sha256(b"").hexdigest(),
        )
        digest = hmac.digest(self.secret.encode(), signed.encode(), self.settings.algorithm)
        request.headers[self.settings.key_header] = self.key
        request.headers[self.settings.timestamp_header] = timestamp
        request.headers[self.settings.nonce_header] = nonce
        request.headers[self.settings.signature_header] = _ENCODINGS[self.settings.encoding](digest)
        return request


def sorted_query(parameters: list[tuple[str, str]]) -> str:
    """A query in one form only: sorted by name and value, percent-encoded as RFC 3986 says."""
    return urlencode(sorted(parameters), quote_via=quote, safe="-._~")
