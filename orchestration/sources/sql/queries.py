"""A reviewed query: a file of one SELECT in the hall's folder, which takes the known parameters and no other."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import sqlparse
from sqlparse import tokens

from orchestration.config.hall import SettingsError
from orchestration.config.zone import beginning
from orchestration.sources.contract import Request

PARAMETERS = ("day", "hall", "halls", "day_start", "day_end")
_BLANK_LINES = re.compile(r"\A\s+")
# What looks like a parameter in these is none.
_PLAIN_TEXT = (tokens.Comment, tokens.Literal.String)


@dataclass(frozen=True)
class SqlQuery:
    """A reviewed query."""

    name: str  # its file as the settings name it, for messages
    text: str  # the statement, line by line as it stands in the file

    @cached_property
    def statement(self) -> sa.TextClause:
        """The statement with its parameters; `:halls` is a list."""
        statement = sa.text(self.text)
        return statement.bindparams(sa.bindparam("halls", expanding=True)) if "halls" in self.parameters else statement

    @cached_property
    def parameters(self) -> frozenset[str]:
        """The names of the parameters that it takes."""
        return frozenset(sa.text(self.text).compile().params)

    @cached_property
    def bare_text(self) -> str:
        """The statement without its comments and texts."""
        parsed: Any = sqlparse.parse(self.text)[0]
        plain = (tokens.Comment, tokens.Literal.String.Single)
        return "".join(" " if any(token.ttype in kind for kind in plain) else token.value for token in parsed.flatten())

    @cached_property
    def words(self) -> Sequence[str]:
        """Every word of the statement, names of tables among them, in small letters."""
        return sorted({word.lower() for word in re.findall(r"\w+", self.bare_text)})


def read_query(folder: Path, key: str, name: str) -> SqlQuery:
    """Read the query that a key of the settings names; SettingsError where it isn't one SELECT in the hall's folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise SettingsError(f"key {key}: {name} lies outside the hall's folder; reviewed queries stay in it")
    try:
        # MariaDB doesn't count blank lines at the beginning.
        text = _BLANK_LINES.sub(lambda blank: "--\n" * blank[0].count("\n"), path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"key {key}: {name} can't be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"key {key}: {name} isn't UTF-8") from error
    # sqlparse has types for a part of itself only.
    parsed: tuple[Any, ...] = sqlparse.parse(text)
    statements = [statement for statement in parsed if statement.token_first(skip_cm=True)]
    if len(statements) != 1 or statements[0].get_type() != "SELECT":
        held = ", ".join(statement.get_type() for statement in statements) or "nothing"
        raise SettingsError(f"key {key}: {name} must hold one SELECT (or WITH … SELECT), and holds {held}")
    query = SqlQuery(name, "".join(_token_text(token) for token in statements[0].flatten()))
    if unknown := sorted(query.parameters - set(PARAMETERS)):
        raise SettingsError(
            f"key {key}: {name} takes :{', :'.join(unknown)}; the parameters are :{', :'.join(PARAMETERS)}"
        )
    return query


def parameter_values(request: Request, hall_zone: ZoneInfo, zone: ZoneInfo) -> Mapping[str, object]:
    """What the parameters stand for; day_start (inclusive) and day_end (exclusive) are times in the database's zone."""
    ends = (request.day, request.day + dt.timedelta(days=1))
    start, end = (f"{beginning(day, hall_zone).astimezone(zone):%Y-%m-%d %H:%M:%S}" for day in ends)
    return {
        "day": request.day.isoformat(),
        "hall": request.sites[0],
        "halls": list(request.sites),
        "day_start": start,
        "day_end": end,
    }


def _token_text(token: Any) -> str:
    if any(token.ttype in kind for kind in _PLAIN_TEXT):
        return str(token.value).replace(":", r"\:")
    return "" if token.match(tokens.Punctuation, ";") else str(token.value)
