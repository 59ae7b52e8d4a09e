"""Refuses a query that groups by texts which the database holds equal though they differ: by case, width or accents.

Such codes are one row before anybody sees two, and the database's own total agrees with it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestration.sources.contract import CONTRACT
from orchestration.sources.sql.dialects import Dialect
from orchestration.sources.sql.errors import fault
from orchestration.sources.sql.queries import SqlQuery

_MERGES = re.compile(r"\b(GROUP\s+BY|DISTINCT|UNION(?!\s+ALL)|INTERSECT|EXCEPT|MINUS)\b", re.IGNORECASE)
_GROUPED = re.compile(r"\bGROUP\s+BY\b", re.IGNORECASE)
_ENDS = re.compile(r"HAVING|ORDER|LIMIT|UNION|INTERSECT|EXCEPT|MINUS|WINDOW|FETCH|OFFSET|FOR", re.IGNORECASE)
_COLUMN = re.compile(r"""(?:[`"\[]?\w+[`"\]]?\s*\.\s*)*[`"\[]?(\w+)[`"\]]?""")
_PIECE = re.compile(r"\w+|\S")
_CODES = tuple(name for name in CONTRACT if name not in {"stat_date", "count"})

Ask = Callable[[sa.TextClause, Mapping[str, object]], Sequence[Any]]


@dataclass(frozen=True)
class Inexact:
    """A column whose collation holds different texts equal."""

    name: str
    collation: str


def refuse_merged_codes(query: SqlQuery, dialect: Dialect, ask: Ask) -> None:
    """Hold the collations of what a query groups by against it, where the dialect can say them.

    Args:
        query: the counting query.
        dialect: how its database is asked for collations.
        ask: executes a statement with the query's parameters and others, and returns its rows.

    Raises:
        RequestRefused: texts that differ may have been counted as one.
    """
    if not _MERGES.search(query.bare_text):
        return
    for column in (*inexact_codes(query, dialect, ask), *_inexact_groups(query, dialect, ask)):
        exactly = dialect.exactly.format(column=column.name)
        raise fault("merged", query=query.name, name=column.name, collation=column.collation, exactly=exactly)


def inexact_codes(query: SqlQuery, dialect: Dialect, ask: Ask) -> Iterator[Inexact]:
    """The code columns of a query's answer whose collation holds different texts equal; no row of it is made."""
    if not dialect.collation:
        return
    names = [name for name in _CODES if re.search(rf"\b{name}\b", query.text)]
    asked = ", ".join(dialect.collation.format(column=f"answer.{name}") for name in names)
    # The query is the reviewed one, and its parameters stay parameters; LIMIT 0 lets no server execute it.
    none = f"SELECT * FROM ({query.text}\n) AS counted LIMIT 0"  # noqa: S608
    never = f"SELECT {asked} FROM (SELECT 1 AS one) AS one LEFT JOIN ({none}) AS answer ON 1 = 0"  # noqa: S608
    for row in ask(sa.text(never), {}) if names else ():
        yield from (Inexact(name, collation) for name, collation in zip(names, row, strict=True) if collation)


def _inexact_groups(query: SqlQuery, dialect: Dialect, ask: Ask) -> Iterator[Inexact]:
    """Columns of tables that a query groups by, whatever it makes of them in its answer."""
    columns = sorted(set(grouped_columns(query.bare_text)))
    if not dialect.columns or not columns:
        return
    rows = ask(sa.text(dialect.columns), {"tables": query.words, "columns": columns})
    yield from (Inexact(f"{table}.{column}", collation) for table, column, collation in rows)


def grouped_columns(text: str) -> Iterator[str]:
    """The columns, in small letters, that stand by themselves in a GROUP BY: no expression made of one."""
    for found in _GROUPED.finditer(text):
        for item in _items(text[found.end() :]):
            if column := _COLUMN.fullmatch(item.strip()):
                yield column[1].lower()


def _items(text: str) -> Iterator[str]:
    """The items of a list, to the end of its clause."""
    begin = depth = 0
    for piece in _PIECE.finditer(text):
        depth += {"(": 1, ")": -1}.get(piece[0], 0)
        ends = depth < 0 or (depth == 0 and _ENDS.fullmatch(piece[0]))
        if ends or (piece[0] == "," and depth == 0):
            yield text[begin : piece.start()]
            begin = piece.end()
        if ends:
            return
    yield text[begin:]
