"""What the settings of every kind of hall system share."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from expectations.rules import CODE_SHAPE
from reports.figures.validity import is_valid

# `${NAME}` in a text of the settings: a variable, filled in when a system is asked.
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")

# The names of the contract of daily counts, as a type: a wrong one is refused, and the right ones are named.
ContractName = Literal["stat_date", "hall_code", "department_code", "item_code", "measure", "count"]
_OURS: tuple[str, ...] = get_args(ContractName)


class Strict(BaseModel):
    """A table of settings: a key that isn't known is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression ({error})") from None
    return pattern


class System(Strict):
    """What every system says of itself: title, on which days it must answer, what it counts, how long it may take.

    `sites` are the codes of what it answers for, when that isn't the hall of the settings alone. `pull_at` is
    when yesterday is asked for (hall time), and `pull_at_of_sites` when that is later for some sites; `repull_days` is
    how many days before yesterday are asked again each night, for late corrections. `valid_from` and `valid_to` are the
    first and the last day that it answers for: on no other is it asked or waited for. `item_codes` is the shape of its
    item codes, a regular expression for the whole of one: nothing else lands as one, and nothing else is shown.
    `owner` is whose the checks of its answers are, as `team:mail-room`; the rules' own where it isn't said.
    """

    title: str
    opens: Literal["every_day", "working_days"]
    measures: tuple[str, ...] = Field(min_length=1)
    # `halls` is what 0.1 called them: a hall's folder of then is read as it is.
    sites: tuple[str, ...] = Field(default=(), validation_alias=AliasChoices("sites", "halls"))
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    timeout: float = Field(default=20.0, gt=0)
    pull_at: dt.time | None = None
    pull_at_of_sites: dict[str, dt.time] = Field(
        default={}, validation_alias=AliasChoices("pull_at_of_sites", "pull_at_of_halls")
    )
    repull_days: int = Field(default=0, ge=0, le=31)
    item_codes: Annotated[str, AfterValidator(_compiles)] = CODE_SHAPE
    owner: str = ""

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"valid_to {self.valid_to} is before valid_from {self.valid_from}")
        return self

    def is_valid_on(self, day: dt.date) -> bool:
        """Whether it answers for a day."""
        return is_valid(day, self.valid_from, self.valid_to)


class MappedSystem(System):
    """A system whose own names are brought to the contract's: `columns` maps theirs to ours, `constants` adds ours.

    A column may also be mapped to one of `measures`, whose counts it holds: several stand side by side. `values` is a
    table in the hall's folder that brings values to ours, such as the names of departments to their codes.
    `{hall}` in a constant is the code of the site, where each is asked for on its own.
    """

    columns: dict[str, str]
    constants: dict[ContractName, str] = Field(default={})
    values: str = ""

    @field_validator("columns")
    @classmethod
    def _columns_are_ours(cls, columns: dict[str, str], given: ValidationInfo) -> dict[str, str]:
        allowed = (*_OURS, *given.data.get("measures", ()))
        for theirs, ours in columns.items():
            if ours not in allowed:
                raise ValueError(f"{theirs!r} is mapped to {ours!r}; allowed are {', '.join(allowed)}")
        return columns

    @model_validator(mode="after")
    def _names_come_once(self) -> Self:
        refuse_other_names([*self.columns.values(), *self.constants])
        return self


def names_site(*constants: str) -> bool:
    """Whether one of these constants is, or holds, the code of the site asked for: `{hall}`."""
    return any("{hall}" in value for value in constants)


def site_constants(constants: Mapping[ContractName, str], site: str) -> dict[ContractName, str]:
    """What constants say of one site: `{hall}` is its code."""
    return {name: value.replace("{hall}", site) for name, value in constants.items()}


def refuse_other_names(names: Sequence[str]) -> None:
    """Raise ValueError where a name that the contract needs isn't given, or one is given twice.

    A measure's name stands for both measure and count.
    """
    measures = [name for name in names if name not in _OURS]
    given = [*names, "measure", "count"] if measures else names
    absent = [name for name in ("hall_code", "department_code", "measure", "count") if name not in given]
    if absent:
        raise ValueError(f"columns or constants must give {', '.join(absent)}")
    doubled = sorted({name for name in given if given.count(name) > 1})
    if doubled:
        raise ValueError(f"columns and constants must give {', '.join(doubled)} only once")
