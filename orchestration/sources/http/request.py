"""A request as an address over HTTP, and as messages may show it: without user, query or secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from orchestration.config.hall import SettingsError, expand, secret
from orchestration.config.systems.common import VARIABLE
from orchestration.config.systems.http_template import Values, filled, filled_json, texts_of
from orchestration.sources.http.target import Target

# The scheme and host of an address, either of which may be a variable, or one variable for both.
_BASE = re.compile(f"({VARIABLE.pattern})?" + r"(\w*://)?[^/?#]*")


@dataclass(frozen=True)
class HttpRequest:
    """Makes a system's requests of one kind from templates, `content` being the fields of their body.

    SettingsError for an unset variable or no address.
    """

    url: str
    query: Mapping[str, str]
    variables: Mapping[str, str] = field(repr=False)
    method: Literal["GET", "POST"] = "GET"
    content: Mapping[str, Any] | None = None
    as_form: bool = False

    def __post_init__(self) -> None:
        # What the address holds after its host, and the query, may be secret; scheme and host help whoever reads it.
        for text in (_BASE.sub("", self.url, count=1), *self.query.values(), *texts_of(self.content)):
            for name in VARIABLE.findall(text):
                secret(name, self.variables)
        try:
            parts = urlsplit(expand(self.url, self.variables))
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = None
        if not usable:
            raise SettingsError(f"`url` ({self.url}) is no address; allowed are http://… and https://…")
        if "@" in parts.netloc:
            raise SettingsError('`url` names a user; allowed is auth = { kind = "basic", user = …, secret = … }')

    def target(self, values: Values) -> Target:
        """The address of a request with these values, and its parameters."""
        return Target(
            url=expand(filled(self.url, values, in_url=True), self.variables),
            parameters={name: self._filled(value, values) for name, value in self.query.items()},
            shown_url=self._shown_url(values),
            method=self.method,
            content=self.content and filled_json(self.content, lambda text: self._filled(text, values)),
            as_form=self.as_form,
        )

    def _filled(self, text: str, values: Values) -> str:
        return expand(filled(text, values), self.variables)

    def _shown_url(self, values: Values) -> str:
        """The address without its query; variables after the host stay names."""
        text = filled(self.url, values, in_url=True)
        url = _BASE.sub(lambda base: expand(base[0], self.variables), text, count=1)
        return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
