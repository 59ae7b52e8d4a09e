"""What a database's errors mean: which fault each is, and what an engineer does about it."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import exc

from orchestration.sources.contract import (
    FaultRule,
    PassingFault,
    PermanentFault,
    RequestRefused,
    SourceFault,
    match_rule,
)

_LINE = re.compile(r"LINE (\d+):|at line (\d+)")
# From the first quotation mark to the last: a value may hold quotation marks itself.
_QUOTED = re.compile(r"[\"'‘“«].*[\"'’”»]|with text .*")


def _rule(fault: type[SourceFault], problem: str, next_step: str, codes: str, words: str = "(?!)") -> FaultRule:
    """Errors that mean the same: by SQLSTATE (5 signs), number of MariaDB or MySQL (4 digits) or SQLite's name.

    An error without a code (PostgreSQL gives none to who couldn't connect) is known by its words.
    """
    return FaultRule(fault, "{where}" + problem + " ({text})", next_step, codes=codes, words=words)


_DOWN = _rule(
    PassingFault,
    "the database didn't answer",
    "look whether the database is up and the account may read, then pull again",
    r"08...|57P..|53...|40...|55P03|58..."
    r"|1040|1053|1129|1152|1158|1159|1160|1161|1203|1205|1213|1226|1317|1927|20(02|03|06|13|14)|4031"
    r"|SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|PROTOCOL|READONLY_).*",
    "too many (clients|connections)|connection slots|starting up|shutting down",
)
_WRONG_QUERY = _rule(
    RequestRefused,
    "the database refused the query",
    "hold {query} against the database's tables",
    r"42...|0A000|1052|1054|1055|1064|1146|1305|SQLITE_ERROR",
)
_WRONG_VALUE = _rule(
    PermanentFault,
    "the database couldn't work out a value",
    "look for values that {query} can't convert or read",
    r"22...|1264|1292|1366|1411|1690|SQLITE_MISMATCH",
)
_RULES = (
    _rule(
        PassingFault,
        "the database stopped the query",
        "pull at a quieter hour; if it stays so, agree on an index or a longer statement_timeout with its keeper",
        r"57014|1969|3024|SQLITE_INTERRUPT",
    ),
    _rule(
        RequestRefused,
        "the database didn't let the account in",
        "set account, password and name of the database right in the key database, then pull again",
        r"28...|3D000|1044|1045|1049|1130|1698|1820|1862",
        r"authentication failed|认证失败|pg_hba\.conf|(role|database) .* (does not exist|is not permitted)|不存在",
    ),
    _rule(
        RequestRefused,
        "the connection to the database isn't safe",
        "name its certificate authority in the key database (PostgreSQL: ?sslmode=verify-full&sslrootcert=…)",
        r"2026",
        r"certificate|does not support SSL",
    ),
    _rule(
        RequestRefused,
        "the database doesn't let the account read",
        "ask the database's keeper to grant SELECT on what {query} reads, and on nothing else",
        r"42501|1142|1143|1227|1370|SQLITE_AUTH",
    ),
    _rule(RequestRefused, "the query writes, and was refused", "let {query} read only", r"25006|1792|SQLITE_READONLY"),
    _WRONG_VALUE,
    _rule(
        PermanentFault,
        "the database is damaged",
        "ask the database's keeper to restore it",
        r"XX00[12]|1034|1194|1712|SQLITE_(CORRUPT|NOTADB).*",
    ),
    _DOWN,
    _WRONG_QUERY,
)


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
        rule, text = _WRONG_VALUE, _QUOTED.sub("…", text)
    else:
        passing = isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError)
        rule = match_rule((*_RULES, _DOWN if passing else _WRONG_QUERY), code=_code(original), text=text)
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
            raise PermanentFault(
                f"{query}: the database answered and warned ({_QUOTED.sub('…', text)} ({number}))",
                f"let {query} select an exact value, or refuse what it can't convert",
            )


def _code(original: BaseException) -> str:
    if original.args and isinstance(original.args[0], int):
        return str(original.args[0])
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")


def _words(original: BaseException) -> str:
    # SQLAlchemy's own text repeats the statement and its parameters; the driver's first line says what matters.
    numbered = len(original.args) == 2 and isinstance(original.args[0], int)
    text = f"{original.args[1]} ({original.args[0]})" if numbered else str(original)
    return (text.strip().splitlines() or [type(original).__name__])[0]
