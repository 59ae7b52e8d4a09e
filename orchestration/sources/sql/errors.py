"""What a database's errors mean, by faults.toml: which fault each is, and what an engineer does about it."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import exc

from orchestration.sources.contract import FaultRule, FaultTable, SourceFault
from orchestration.sources.sql.queries import SqlQuery

_LINE = re.compile(r"LINE (\d+):|at line (\d+)")
# From the first quotation mark to the last: a value may hold quotation marks itself.
_QUOTED = re.compile(r"[\"'‘“«].*[\"'’”»]|with text .*")
# What an error calls by its name.
_NAMED = re.compile(r"[\"'`]([^\"'`]+)[\"'`]|(?:no such \w+|ambiguous column name): (\S+)")
_SQLSTATE = re.compile(r"[0-9A-Z]{5}")

fault = FaultTable(__file__)
# Errors whose words may repeat what stands in the database.
_MAY_HOLD_VALUES = [fault.rule(f"errors.{name}") for name in ("wrong_value", "refused")]
_OF_THE_QUERY = [fault.rule(f"errors.{name}") for name in ("groups", "wrong_query", "definer", "refused")]


def database_fault(
    error: Exception, query: SqlQuery | None, password: str | None, definers: Callable[[], str]
) -> SourceFault:
    """The fault that a driver's error means; its message never holds the password, nor a value of the database.

    Args:
        error: SQLAlchemy's error with the driver's own in it, or whatever a driver raised while connecting.
        query: the query that was executed, None while connecting.
        password: what the message mustn't hold.
        definers: says as which accounts the query's views are read.
    """
    original = (error.orig if isinstance(error, exc.DBAPIError) else None) or error
    text, code = _words(original), _code(original)
    if isinstance(error, exc.DataError) or "decode" in text:
        rule = fault.rule("errors.wrong_value")
    else:
        rule = _rule(code, text, connecting=query is None)
    where = _where(query, original, in_full=rule in _OF_THE_QUERY) if query else "key database: "
    if rule in _MAY_HOLD_VALUES:
        text = _QUOTED.sub("…", text)
    if password:
        text = text.replace(password, "***")
    details = {"where": where, "text": text, "code": code, "query": query.name if query else "what opens a session"}
    return rule.describe(**details, definers=definers() if rule == fault.rule("errors.definer") else "")


def _rule(code: str, text: str, *, connecting: bool) -> FaultRule:
    other = fault.rule("connecting.other")
    if connecting and (rule := fault.match("connecting", code=code, text=text)) != other:
        return rule
    return fault.match("errors", code=code, text=text, default="connecting.other" if connecting else "errors.refused")


def refuse_warnings(query: str, warnings: Iterable[Sequence[Any]]) -> None:
    """Hold the warnings (level, number, text) of a query that was answered against it.

    Raises:
        PermanentFault: the database warned, so that a value may not be what it seems.
    """
    for level, number, text in warnings:
        if level != "Note":
            raise fault("warned", query=query, text=_QUOTED.sub("…", text), number=number)


def _where(query: SqlQuery, original: BaseException, *, in_full: bool) -> str:
    """A query's file, with the line that the database says; or `in_full`, that of a name in its words, or all lines."""
    if stated := _LINE.search(str(original)):
        return f"{query.name} line {stated[1] or stated[2]}: "
    if not in_full:
        return f"{query.name}: "
    lines = query.text.splitlines()
    for quoted, called in _NAMED.findall(_words(original)):
        name = re.compile(rf"\b{re.escape((quoted or called).rpartition('.')[2])}\b")
        for number, line in enumerate(lines, start=1):
            if name.search(line) and not line.lstrip().startswith("--"):
                return f"{query.name} line {number}: "
    return f"{query.name} lines 1 to {len(lines)}: " if len(lines) > 1 else f"{query.name} line 1: "


def _code(original: BaseException) -> str:
    first = original.args[0] if original.args else None
    if isinstance(first, int) or (isinstance(first, str) and _SQLSTATE.fullmatch(first)):
        return str(first)
    names = (getattr(original, "sqlstate", None), getattr(original, "sqlite_errorname", None))
    return str(next(filter(None, (*names, getattr(first, "full_code", None))), ""))


def _words(original: BaseException) -> str:
    # SQLAlchemy's own text repeats the statement and its parameters; the driver's first line says what matters.
    numbered = len(original.args) == 2 and isinstance(original.args[0], int)
    text = f"{original.args[1]} ({original.args[0]})" if numbered else str(original)
    return (text.strip().splitlines() or [type(original).__name__])[0]
