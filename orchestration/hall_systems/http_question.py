"""A hall's question as an address over HTTP, and as messages may show it: without user, query or secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from orchestration.hall_systems.contract import Question
from orchestration.hall_systems.http_transport import Target
from orchestration.settings import SettingsError, expand, secret
from orchestration.system_settings import HttpSystem
from orchestration.system_settings.http_template import filled

# The scheme and host of an address, either of which may be a variable, or one variable for both.
_BASE = re.compile(r"(\$\{\w+\})?(\w*://)?[^/?#]*")
_VARIABLE = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True)
class Questions:
    """Makes the questions of one system.

    Raises:
        SettingsError: a variable isn't set, or `url` is no address.
    """

    system: HttpSystem
    variables: Mapping[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        # What the address holds after its host, and the query, may be secret; scheme and host help whoever reads it.
        for text in (_BASE.sub("", self.system.url, count=1), *self.system.query.values()):
            for name in _VARIABLE.findall(text):
                secret(name, self.variables)
        try:
            parts = urlsplit(expand(self.system.url, self.variables))
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = None
        if not usable:
            raise SettingsError(f"`url` ({self.system.url}) is no address; allowed are http://… and https://…")
        if "@" in parts.netloc:
            raise SettingsError('`url` names a user; allowed is auth = { kind = "basic", user = …, secret = … }')

    def target(self, question: Question) -> Target:
        """The address of a question, and its parameters."""
        day, hall = question.day, question.halls[0]
        return Target(
            url=expand(filled(self.system.url, day, hall, in_url=True), self.variables),
            parameters={
                name: expand(filled(value, day, hall), self.variables) for name, value in self.system.query.items()
            },
            shown=self._shown(question),
        )

    def _shown(self, question: Question) -> str:
        """The address without its query; variables after the host stay names."""
        text = filled(self.system.url, question.day, question.halls[0], in_url=True)
        shown = _BASE.sub(lambda base: expand(base[0], self.variables), text, count=1)
        return urlunsplit(urlsplit(shown)._replace(query="", fragment=""))
