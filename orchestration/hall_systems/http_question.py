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

_FIRST_VARIABLE = re.compile(r"^\$\{\w+\}")
_LATER_VARIABLE = re.compile(r"(?<!^)\$\{(\w+)\}")


@dataclass(frozen=True)
class Questions:
    """Makes the questions of one system.

    Raises:
        SettingsError: a variable isn't set, or `url` is no address.
    """

    system: HttpSystem
    variables: Mapping[str, str] = field(repr=False)

    def __post_init__(self) -> None:
        # A query's variables are secrets, and so are those of `url` but for the base address that it begins with.
        for text in (self.system.url, *(f" {value}" for value in self.system.query.values())):
            for name in _LATER_VARIABLE.findall(text):
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
        """The address without its query; of variables only the first is shown, which is the system's base address."""
        text = filled(self.system.url, question.day, question.halls[0], in_url=True)
        text = _FIRST_VARIABLE.sub(lambda found: expand(found[0], self.variables), text)
        return urlunsplit(urlsplit(text)._replace(query="", fragment=""))
