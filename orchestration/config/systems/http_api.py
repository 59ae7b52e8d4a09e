"""The settings of a hall system that is asked over HTTP."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from orchestration.config.systems.common import MappedSystem, Strict
from orchestration.config.systems.http_auth import AnyAuth
from orchestration.config.systems.http_paging import AnyPaging, DottedPath
from orchestration.config.systems.http_template import names_site, refuse_unknown_names

Template = Annotated[str, AfterValidator(lambda text: refuse_unknown_names(text, ("day", "hall")))]
MonthTemplate = Annotated[str, AfterValidator(lambda text: refuse_unknown_names(text, ("month", "hall")))]


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


class MonthTotals(Strict):
    """Where the system states its own totals of a whole month; `totals` and `month` are dotted paths into that answer.

    `url` and the values of `query` may hold `{month}`, `{month:%Y%m}` and `{hall}`; without `{hall}` the totals are of
    all halls that the system answers for. `month_form` is how the answer writes its month.
    """

    url: Annotated[MonthTemplate, Field(pattern=r"^(https?://|\$\{)")]
    query: dict[str, MonthTemplate] = Field(default={})
    month: DottedPath | None = None
    month_form: str = Field(default="%Y-%m", pattern="%")
    totals: dict[str, DottedPath] = Field(min_length=1)

    @property
    def names_site(self) -> bool:
        """Whether a question names the hall that it asks for."""
        return names_site(self.url, *self.query.values())


class HttpSystem(MappedSystem):
    """A system asked over HTTP; `day`, `rows`, `declared` and `declared_rows` are dotted paths into its JSON answer.

    `url` and the values of `query` may hold `{day}`, `{day:%Y%m%d}` and `{hall}`; with `{hall}`, every hall is asked
    for on its own. `day_form` is how the answer writes its day. `timeout` (seconds) and `most_bytes` bound each page.
    """

    kind: Literal["http_api"]
    url: Annotated[Template, Field(pattern=r"^(https?://|\$\{)")]
    query: dict[str, Template] = Field(default={})
    auth: AnyAuth | None = None
    paging: AnyPaging | None = None
    success: Success | None = None
    day: DottedPath
    day_form: str = Field(default="%Y-%m-%d", pattern="%")
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
        return names_site(self.url, *self.query.values())

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
        given = [*self.query, *(self.paging.parameters() if self.paging else ())]
        doubled = sorted({name for name in given if given.count(name) > 1})
        if doubled:
            raise ValueError(f"query and paging must give {', '.join(doubled)} only once")
        return self
