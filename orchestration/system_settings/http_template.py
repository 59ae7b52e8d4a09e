"""The text of a question over HTTP: `{day}` and `{hall}` are filled in when it is asked, as `str.format` would."""

from __future__ import annotations

import datetime as dt
import re
import string
from dataclasses import dataclass
from urllib.parse import quote

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def refuse_unknown_names(text: str, allowed: tuple[str, ...]) -> str:
    """The text itself, when its placeholders are among `allowed`; `${NAME}` is none.

    Raises:
        ValueError: another name, or braces that don't pair; says what is allowed.
    """
    may_be = ", ".join(f"{{{name}}}" for name in allowed)
    try:
        found = names(text)
    except ValueError as error:
        raise ValueError(f"{error}; allowed are {may_be}, and {{{{ and }}}} for a brace itself") from None
    if foreign := sorted(found - set(allowed)):
        raise ValueError(f"{{{foreign[0]}}} isn't known; allowed are {may_be}")
    return text


def names(text: str) -> set[str]:
    """The names of the placeholders in a text."""
    return {name for _, name, _, _ in string.Formatter().parse(_with_variables_kept(text)) if name is not None}


def filled(text: str, day: dt.date, hall: str, *, in_url: bool = False) -> str:
    """The text with day (`{day}`, or `{day:%Y%m%d}`) and hall; percent-encoded when it goes into a URL."""
    kept = _with_variables_kept(text)
    return kept.format(day=_Quoted(day), hall=_Quoted(hall)) if in_url else kept.format(day=day, hall=hall)


def _with_variables_kept(text: str) -> str:
    return _VARIABLE.sub(r"${{\1}}", text)


@dataclass(frozen=True)
class _Quoted:
    """A value that is percent-encoded after it is formatted."""

    value: dt.date | str

    def __format__(self, form: str) -> str:
        return quote(format(self.value, form), safe="")
