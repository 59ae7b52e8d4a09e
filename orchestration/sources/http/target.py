"""What a request over HTTP asks: an address, its parameters, and its body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode


@dataclass(frozen=True)
class Target:
    """An address to ask, its parameters and body, and the address as messages may show it.

    `content` is the body's fields, sent as JSON or as a web form; None for a question without a body.
    """

    url: str
    parameters: Mapping[str, str]
    shown_url: str
    method: Literal["GET", "POST"] = "GET"
    content: Mapping[str, Any] | None = None
    as_form: bool = False

    def with_parameters(self, parameters: Mapping[str, str | int], place: Literal["query", "body"] | None) -> Target:
        """The same address with more parameters: in the body where there is one, unless they belong to the query."""
        if self.content is None or place == "query":
            return replace(self, parameters={**self.parameters, **{name: str(v) for name, v in parameters.items()}})
        content = dict(self.content)
        for path, value in parameters.items():
            content = {**content, path: str(value)} if self.as_form else _with_value(content, path.split("."), value)
        return replace(self, content=content)

    @property
    def body(self) -> bytes | None:
        """The body as it is sent."""
        if self.content is None:
            return None
        return (urlencode(self.content) if self.as_form else json.dumps(self.content, ensure_ascii=False)).encode()

    @property
    def headers(self) -> Mapping[str, str]:
        """What the body is."""
        kind = "application/x-www-form-urlencoded" if self.as_form else "application/json"
        return {} if self.content is None else {"Content-Type": kind}


def _with_value(content: Mapping[str, Any], path: list[str], value: object) -> dict[str, Any]:
    name, *further = path
    inner = content.get(name)
    child = _with_value(inner if isinstance(inner, dict) else {}, further, value) if further else value
    return {**content, name: child}
