"""The settings of a hall system that is asked over HTTP."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, JsonValue, model_validator

from orchestration.config.systems.common import MappedSystem, Strict
from orchestration.config.systems.common import names_site as constants_name_site
from orchestration.config.systems.http_auth import AnyAuth
from orchestration.config.systems.http_paging import AnyPaging, DottedPath
from orchestration.config.systems.http_template import (
    names_site,
    refuse_machines_time,
    refuse_other_forms,
    refuse_unknown_names,
    texts_of,
)

_DAY, _MONTH = ("day", "hall"), ("month", "hall")
Body = dict[str, JsonValue]
Template = Annotated[str, AfterValidator(lambda text: refuse_unknown_names(text, _DAY))]
BodyTemplate = Annotated[Body, AfterValidator(lambda body: _refuse_unknown_in(body, _DAY))]
MonthTemplate = Annotated[str, AfterValidator(lambda text: refuse_unknown_names(text, _MONTH))]
MonthBodyTemplate = Annotated[Body, AfterValidator(lambda body: _refuse_unknown_in(body, _MONTH))]


def _refuse_unknown_in(body: Body, allowed: tuple[str, ...]) -> Body:
    for text in texts_of(body):
        refuse_unknown_names(text, allowed)
    return body


class Posting(BaseModel):
    """How a question is sent: with `method = "POST"`, `body` is sent as JSON, or `form` as a web form's fields."""

    method: Literal["GET", "POST"] = "GET"

    @property
    def sends_body(self) -> bool:
        """Whether a question has a body."""
        return self.content is not None

    @property
    def content(self) -> Body | dict[str, str] | None:
        """The fields of a question's body, to be filled; None for a question without one."""
        body: Body | None = getattr(self, "body", None)
        form: dict[str, str] | None = getattr(self, "form", None)
        return form if body is None else body

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        body, form = getattr(self, "body", None), getattr(self, "form", None)
        if body is not None and form is not None:
            raise ValueError("give one of body (sent as JSON) and form (sent as a web form)")
        if self.sends_body and self.method == "GET":
            raise ValueError('body and form need method = "POST"')
        return self


class ClientCertificate(Strict):
    """The certificate that we show: two PEM files in the hall's folder; `passphrase` names the key's secret."""

    certificate: str
    key: str
    passphrase: str | None = None


class Success(Strict):
    """Where an answer with HTTP 200 says that it is one, such as `code` being 0, and where it says what went wrong."""

    path: DottedPath
    value: bool | int | str
    reason: DottedPath | None = None


class MonthTotals(Posting, Strict):
    """Where the system states its own totals of a whole month; `totals` and `month` are dotted paths into that answer.

    `url`, `query`, `body` and `form` may hold `{month}`, `{month:%Y%m}` and `{hall}`; without `{hall}` the totals are
    of all halls that the system answers for. `month_form` is how the answer writes its month.
    """

    url: Annotated[MonthTemplate, Field(pattern=r"^(https?://|\$\{)")]
    query: dict[str, MonthTemplate] = Field(default={})
    body: MonthBodyTemplate | None = None
    form: dict[str, MonthTemplate] | None = None
    month: DottedPath | None = None
    month_form: Annotated[str, AfterValidator(refuse_machines_time)] = Field(default="%Y-%m", pattern="%")
    totals: dict[str, DottedPath] = Field(min_length=1)

    @property
    def names_site(self) -> bool:
        """Whether a question names the hall that it asks for."""
        return names_site(self.url, *self.query.values(), *texts_of(self.content))


class HttpSystem(Posting, MappedSystem):
    """A system asked over HTTP; `day`, `rows`, `declared` and `declared_rows` are dotted paths into its JSON answer.

    `url`, `query`, `body` and `form` may hold `{day}`, `{day:%Y%m%d}`, `{day:epoch_ms}` and `{hall}`; with `{hall}`,
    every hall is asked for on its own. `day_form` is how the answer writes its day: by strftime's fields, or as a
    moment of it, `epoch_s`, `epoch_ms` (numbers) or `instant` (ISO 8601 with its offset), brought to the hall's time.
    `timeout` (seconds) and `most_bytes` bound each page.
    """

    kind: Literal["http_api"]
    url: Annotated[Template, Field(pattern=r"^(https?://|\$\{)")]
    query: dict[str, Template] = Field(default={})
    body: BodyTemplate | None = None
    form: dict[str, Template] | None = None
    auth: AnyAuth | None = None
    paging: AnyPaging | None = None
    success: Success | None = None
    day: DottedPath
    day_form: Annotated[str, AfterValidator(refuse_other_forms)] = "%Y-%m-%d"
    rows: DottedPath
    declared: dict[str, DottedPath] = Field(default={})
    declared_rows: DottedPath | None = None
    month_totals: MonthTotals | None = None
    ca: str | None = Field(default=None, min_length=1)
    client_certificate: ClientCertificate | None = None
    proxy: Annotated[str, Field(pattern=r"^(http://|\$\{)")] | None = None
    requests_per_second: float | None = Field(default=None, gt=0, le=1000)
    max_connections: int = Field(default=4, ge=1, le=64)
    most_bytes: int = Field(default=64 * 1024 * 1024, ge=1)

    @property
    def names_site(self) -> bool:
        """Whether a question names the hall that it asks for."""
        return names_site(self.url, *self.query.values(), *texts_of(self.content))

    def doubts(self) -> Iterator[str]:
        """What an answer wouldn't show though it lands."""
        if self.method == "POST" and not self.sends_body:
            yield 'method = "POST" without body or form: the question is sent in `url` and `query` alone'
        undeclared = [measure for measure in self.measures if measure not in self.declared]
        if self.paging and undeclared:
            yield (
                f"paging, and `declared` gives no total of {', '.join(undeclared)}: a page that is lost, or rows that "
                "move between pages while they are read, can't be seen; give `declared` where the system states its "
                "totals, or ask its keeper for a fixed order"
            )

    @model_validator(mode="after")
    def _constants_name_one_site(self) -> Self:
        if constants_name_site(*self.constants.values()) and not self.names_site and len(self.sites) > 1:
            raise ValueError(
                "a constant {hall} needs {hall} in url, query, body or form, where there are several sites"
            )
        return self

    @model_validator(mode="after")
    def _measures_are_declared(self) -> Self:
        stated = {
            "declared": self.declared,
            "month_totals.totals": self.month_totals.totals if self.month_totals else {},
        }
        for key, paths in stated.items():
            if foreign := sorted(set(paths) - set(self.measures)):
                raise ValueError(f"{key} names {', '.join(foreign)}; allowed are {', '.join(self.measures)}")
        return self

    @model_validator(mode="after")
    def _parameters_come_once(self) -> Self:
        paging = self.paging
        in_body = paging is not None and self.sends_body and paging.parameters_in != "query"
        fields: dict[str, Any] = {**(self.content or {})} if in_body else {**self.query}
        given = [*fields, *(paging.parameters() if paging else ())]
        doubled = sorted({name for name in given if given.count(name) > 1})
        if doubled:
            raise ValueError(f"{'body' if in_body else 'query'} and paging must give {', '.join(doubled)} only once")
        return self
