"""What a database's errors mean, by faults.toml: which fault each is, and what an engineer does about it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import exc

from orchestration.sources.contract import FaultTable, SourceFault

_LINE = re.compile(r"LINE (\d+):|at line (\d+)")
# From the first quotation mark to the last: a value may hold quotation marks itself.
_QUOTED = re.compile(r"[\"'‘“«].*[\"'’”»]|with text .*")

fault = FaultTable(__file__)


def database_fault(error: exc.SQLAlchemyError, query: str = "", password: str | None = None) -> SourceFault:
    """The fault that a driver's error means; its message never holds the password, nor a value of the database.

    Args:
        error: SQLAlchemy's error, with the driver's own in it.
        query: the file of the query, empty while connecting.
        password: what the message mustn't hold.
    """
    original = (error.orig if isinstance(error, exc.DBAPIError) else None) or error
    text = _words(original)
    if isinstance(error, exc.DataError) or "decode" in text:
        rule, text = fault.rule("errors.wrong_value"), _QUOTED.sub("…", text)
    else:
        passing = isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError)
        default = "errors.down" if passing else "errors.wrong_query"
        rule = fault.match("errors", code=_code(original), text=text, default=default)
    if password:
        text = text.replace(password, "***")
    line = _LINE.search(str(original)) if query else None
    where = f"{query} line {line[1] or line[2]}: " if line else query and f"{query}: "
    return rule.describe(where=where, text=text, query=query or "the query")


def refuse_warnings(query: str, warnings: Iterable[Sequence[Any]]) -> None:
    """Hold the warnings (level, number, text) of a query that was answered against it.

    Raises:
        PermanentFault: the database warned, so that a value may not be what it seems.
    """
    for level, number, text in warnings:
        if level != "Note":
            raise fault("warned", query=query, text=_QUOTED.sub("…", text), number=number)


def _code(original: BaseException) -> str:
    if original.args and isinstance(original.args[0], int):
        return str(original.args[0])
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def _words(original: BaseException) -> str:
    # SQLAlchemy's own text repeats the statement and its parameters; the driver's first line says what matters.
    numbered = len(original.args) == 2 and isinstance(original.args[0], int)
    text = f"{original.args[1]} ({original.args[0]})" if numbered else str(original)
    return (text.strip().splitlines() or [type(original).__name__])[0]
