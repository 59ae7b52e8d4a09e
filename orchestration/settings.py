"""A hall's settings: one typed file, `hall.toml`, in the hall's own folder; secrets come from the environment.

Strings may hold `${NAME}`, filled from the environment when a system is asked and never before, so that loading
settings touches nothing.
"""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from orchestration.home import PROJECT_ROOT

DEMO_HALL = PROJECT_ROOT / "orchestration" / "demo" / "hall"
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
# The names of the contract of daily counts, as a type: a wrong one is refused, and the right ones are named.
ContractName = Literal["stat_date", "hall_code", "department_code", "item_code", "measure", "count"]


class SettingsError(Exception):
    """The settings can't be used; the message names file, key and what is allowed."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Retries(_Strict):
    """How often a passing fault is asked again; waits grow from `first_wait` to `longest_wait` seconds."""

    attempts: int = Field(default=4, ge=1, le=20)
    first_wait: float = Field(default=0.5, ge=0)
    longest_wait: float = Field(default=30.0, ge=0)


class _System(_Strict):
    title: str
    opens: Literal["every_day", "working_days"]
    measures: tuple[str, ...] = Field(min_length=1)
    timeout: float = Field(default=20.0, gt=0)


class Bearer(_Strict):
    """`Authorization: Bearer …`, the token being in the environment variable `secret`."""

    kind: Literal["bearer"]
    secret: str


class ApiKey(_Strict):
    """A key in a request header, the key being in the environment variable `secret`."""

    kind: Literal["api_key"]
    header: str
    secret: str


class Paging(_Strict):
    """Numbered pages: the names of the query parameters, and where the answer says how many pages there are."""

    page: str
    size: str
    per_page: int = Field(ge=1)
    this_page: str
    pages: str


class _Mapped(_System):
    """A system whose own names are brought to the contract's: `columns` maps theirs to ours, `constants` adds ours."""

    columns: dict[str, ContractName]
    constants: dict[ContractName, str] = {}

    @model_validator(mode="after")
    def _names_come_once(self) -> Self:
        names = [*self.columns.values(), *self.constants]
        absent = [name for name in ("hall_code", "department_code", "measure", "count") if name not in names]
        if absent:
            raise ValueError(f"columns or constants must give {', '.join(absent)}")
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"columns and constants must give {', '.join(doubled)} only once")
        return self


class HttpSystem(_Mapped):
    """A system asked over HTTP; `day`, `rows` and `declared` are dotted paths into its JSON answer."""

    kind: Literal["http_api"]
    url: str
    query: dict[str, str] = {}
    auth: Annotated[Bearer | ApiKey, Field(discriminator="kind")] | None = None
    paging: Paging | None = None
    day: str
    rows: str
    declared: dict[str, str] = {}
    declared_rows: str | None = None

    @model_validator(mode="after")
    def _measures_are_declared(self) -> Self:
        foreign = sorted(set(self.declared) - set(self.measures))
        if foreign:
            raise ValueError(f"declared names {', '.join(foreign)}; allowed are {', '.join(self.measures)}")
        return self


class SqlSystem(_System):
    """A system asked by SQL; `counts` and `day_close` are reviewed .sql files beside the settings."""

    kind: Literal["sql"]
    database: str
    counts: str
    day_close: str


class DropSystem(_Mapped):
    """A system that drops a file per day: `file` is a glob with strftime fields, `columns` maps headers to ours."""

    kind: Literal["drop_folder"]
    folder: str
    file: str
    format: Literal["xlsx", "csv"]
    encoding: str = "utf-8-sig"
    total_row: str | None = None

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, encoding: str) -> str:
        try:
            return codecs.lookup(encoding).name
        except LookupError:
            raise ValueError(
                f"no encoding {encoding!r}; allowed are Python's, such as gbk, gb18030, utf-8-sig"
            ) from None

    @model_validator(mode="after")
    def _total_is_of_one_measure(self) -> Self:
        if "count" in self.constants:
            raise ValueError("columns must map one header to count")
        if self.total_row is not None and self.constants.get("measure") not in self.measures:
            raise ValueError(f"total_row needs constants.measure, one of {', '.join(self.measures)}")
        return self


System = Annotated[HttpSystem | SqlSystem | DropSystem, Field(discriminator="kind")]


class Certification(_Strict):
    """Who signs: the policy, the list of signers (a .toml), the signing key (a .pem) and its passphrase's variable."""

    policy: Literal["automatic", "manual"]
    service: str = ""
    signers: str
    key: str
    passphrase: str


class Hall(_Strict):
    """A hall: who it is, since when it has data, and its systems by name."""

    code: str
    name: str
    timezone: Literal["Asia/Shanghai"] = "Asia/Shanghai"
    first_day: date
    embedded_demo: bool = False
    at_once: int = Field(default=8, ge=1, le=64, description="questions asked at once, over all systems")
    retries: Retries = Retries()
    certification: Certification
    systems: dict[str, System] = Field(min_length=1)


class HallFolder(_Strict):
    """A hall's settings with the folder that they came from, against which its queries are resolved."""

    folder: Path
    hall: Hall


def hall_folder() -> Path:
    """The folder named by `YUEBAO_HALL`, or the embedded demo hall's."""
    return Path(os.environ.get("YUEBAO_HALL") or DEMO_HALL).resolve()


def load_hall(folder: Path | None = None) -> HallFolder:
    """Read `hall.toml`.

    Raises:
        SettingsError: the file is absent, isn't TOML, or a key is unknown, absent or not allowed.
    """
    folder = folder or hall_folder()
    path = folder / "hall.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path} doesn't exist; set YUEBAO_HALL to a folder that holds a hall.toml") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not valid TOML in UTF-8: {error}") from error
    try:
        return HallFolder(folder=folder, hall=Hall.model_validate(document))
    except ValidationError as error:
        complaints = [f"key {_key(document, each)}: {each['msg']}" for each in error.errors()]
        raise SettingsError(f"{path}: {'; '.join(complaints)}") from error


def _key(document: Any, error: Any) -> str:
    """The key as it stands in the file; pydantic also names the kind that it chose, which is no key."""
    place, key = document, []
    for part in error["loc"]:
        if isinstance(place, list) or (isinstance(place, dict) and part in place):
            key.append(str(part))
            place = place[part]
    if error["type"] == "missing":
        key.append(str(error["loc"][-1]))
    return ".".join(key) or "(whole file)"


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Fill `${NAME}` from `variables`.

    Raises:
        SettingsError: a variable isn't set; its name is given, never a value.
    """
    return _VARIABLE.sub(lambda found: secret(found[1], variables), text)


def secret(name: str, variables: Mapping[str, str]) -> str:
    """The value of one variable.

    Raises:
        SettingsError: it isn't set.
    """
    try:
        return variables[name]
    except KeyError:
        raise SettingsError(f"the environment variable {name} isn't set, and the hall's settings need it") from None
