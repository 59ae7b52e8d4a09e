"""The text of a question over HTTP: `{day}`, `{month}`, `{hall}` are filled in when it is asked, as by `str.format`."""

import datetime as dt
import string
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from orchestration.config.systems.common import VARIABLE


def refuse_unknown_names(text: str, allowed: tuple[str, ...]) -> str:
    """The text itself; ValueError where a placeholder isn't among `allowed` or braces don't pair. `${NAME}` is none."""
    may_be = ", ".join(f"{{{name}}}" for name in allowed)
    try:
        placeholders = names(text)
    except ValueError as error:
        raise ValueError(f"{error}; allowed are {may_be}, and {{{{ and }}}} for a brace itself") from None
    if foreign := sorted(placeholders - set(allowed)):
        raise ValueError(f"{{{foreign[0]}}} isn't known; allowed are {may_be}")
    return text


def names(text: str) -> set[str]:
    """The names of the placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(_with_variables_kept(text)) if name is not None}


def names_site(*texts: str) -> bool:
    """Whether one of these texts has a place for the hall."""
    return any("hall" in names(text) for text in texts)


@dataclass(frozen=True)
class MonthValue:
    """A month as a question writes it: `{month}` is 2025-03, `{month:%Y%m}` is 202503."""

    first_day: dt.date

    def __format__(self, form: str) -> str:
        return format(self.first_day, form or "%Y-%m")


Values = Mapping[str, dt.date | MonthValue | str]


def filled(text: str, values: Values, *, in_url: bool = False) -> str:
    """The text with its placeholders' values (`{day}`, or `{day:%Y%m%d}`); percent-encoded when it goes into a URL."""
    return _with_variables_kept(text).format(
        **{name: _Quoted(value) if in_url else value for name, value in values.items()}
    )


def _with_variables_kept(text: str) -> str:
    return VARIABLE.sub(r"${{\1}}", text)


@dataclass(frozen=True)
class _Quoted:
    """A value that is percent-encoded after it is formatted."""

    value: dt.date | MonthValue | str

    def __format__(self, form: str) -> str:
        return quote(format(self.value, form), safe="")
