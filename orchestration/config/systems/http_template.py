"""The text of a question over HTTP: `{day}`, `{month}`, `{hall}` are filled in when it is asked, as by `str.format`."""

import datetime as dt
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from orchestration.config.systems.common import VARIABLE
from orchestration.config.zone import beginning

# Days that are written as moments: seconds or milliseconds since 1970, or ISO 8601 with its offset.
MOMENTS = ("epoch_s", "epoch_ms", "instant")
_EPOCH = re.compile(r"\{day:epoch_m?s\}")
_MACHINES_TIME = re.compile(r"(?<!%)(?:%%)*%[-_0^#]?s")


def refuse_machines_time(form: str) -> str:
    """The form itself; ValueError where it depends on the time zone of the machine."""
    if _MACHINES_TIME.search(form):
        raise ValueError(
            f"%s depends on the machine's time zone; allowed are %Y%m%d and its like, {', '.join(MOMENTS)}"
        )
    return form


def refuse_other_forms(form: str) -> str:
    """The form of a day itself; ValueError where it is neither one of strftime's nor a moment's."""
    if "%" not in form and form not in MOMENTS:
        raise ValueError(f"{form} is no form of a day; allowed are %Y%m%d and its like, {', '.join(MOMENTS)}")
    return refuse_machines_time(form)


def refuse_unknown_names(text: str, allowed: tuple[str, ...]) -> str:
    """The text itself; ValueError where a placeholder isn't among `allowed` or braces don't pair. `${NAME}` is none."""
    may_be = ", ".join(f"{{{name}}}" for name in allowed)
    try:
        placeholders = names(text)
        for _, _, form, _ in string.Formatter().parse(_with_variables_kept(text)):
            refuse_machines_time(form or "")
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


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a JSON value; the names of its objects aren't among them."""
    match value:
        case str():
            yield value
        case dict() | list():
            for child in value.values() if isinstance(value, dict) else value:
                yield from texts_of(child)


@dataclass(frozen=True)
class DayValue:
    """A day as a question writes it: `{day}` is 2025-03-12, `{day:%Y%m%d}` 20250312, `{day:epoch_ms}` its beginning."""

    day: dt.date
    zone: ZoneInfo

    def __format__(self, form: str) -> str:
        begins = beginning(self.day, self.zone)
        match form:
            case "epoch_s":
                return f"{begins.timestamp():.0f}"
            case "epoch_ms":
                return f"{begins.timestamp() * 1000:.0f}"
            case "instant":
                return f"{begins.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
        return format(self.day, form)


@dataclass(frozen=True)
class MonthValue:
    """A month as a question writes it: `{month}` is 2025-03, `{month:%Y%m}` is 202503."""

    first_day: dt.date

    def __format__(self, form: str) -> str:
        return format(self.first_day, form or "%Y-%m")


Values = Mapping[str, DayValue | MonthValue | str]


def filled(text: str, values: Values, *, in_url: bool = False) -> str:
    """The text with its placeholders' values (`{day}`, or `{day:%Y%m%d}`); percent-encoded when it goes into a URL."""
    return _with_variables_kept(text).format(
        **{name: _Quoted(value) if in_url else value for name, value in values.items()}
    )


def filled_json(value: Any, fill: Callable[[str], str]) -> Any:
    """A JSON value whose texts are filled; a text that is one placeholder of epoch time becomes a number."""
    match value:
        case str():
            text = fill(value)
            return int(text) if _EPOCH.fullmatch(value) else text
        case dict():
            return {name: filled_json(child, fill) for name, child in value.items()}
        case list():
            return [filled_json(child, fill) for child in value]
    return value


def _with_variables_kept(text: str) -> str:
    return VARIABLE.sub(r"${{\1}}", text)


@dataclass(frozen=True)
class _Quoted:
    """A value that is percent-encoded after it is formatted."""

    value: DayValue | MonthValue | str

    def __format__(self, form: str) -> str:
        return quote(format(self.value, form), safe="")
