"""The settings of a hall system that is asked over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from orchestration.system_settings.common import MappedSystem, Strict


class Bearer(Strict):
    """`Authorization: Bearer …`, the token being in the environment variable `secret`."""

    kind: Literal["bearer"]
    secret: str


class ApiKey(Strict):
    """A key in a request header, the key being in the environment variable `secret`."""

    kind: Literal["api_key"]
    header: str
    secret: str


class Paging(Strict):
    """Numbered pages: the names of the query parameters, and where the answer says how many pages there are."""

    page: str
    size: str
    per_page: int = Field(ge=1)
    this_page: str
    pages: str


class HttpSystem(MappedSystem):
    """A system asked over HTTP; `day`, `rows` and `declared` are dotted paths into its JSON answer."""

    kind: Literal["http_api"]
    url: str
    query: dict[str, str] = Field(default={})
    auth: Annotated[Bearer | ApiKey, Field(discriminator="kind")] | None = None
    paging: Paging | None = None
    day: str
    rows: str
    declared: dict[str, str] = Field(default={})
    declared_rows: str | None = None

    @model_validator(mode="after")
    def _measures_are_declared(self) -> Self:
        foreign = sorted(set(self.declared) - set(self.measures))
        if foreign:
            raise ValueError(f"declared names {', '.join(foreign)}; allowed are {', '.join(self.measures)}")
        return self
