"""A hall system asked by SQL: a reviewed counting query and the system's own closing record of the day."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from orchestration.hall_systems.contract import (
    CONTRACT,
    NothingForDay,
    Outcome,
    PassingFault,
    PermanentFault,
    Question,
    QuestionRefused,
    contract_rows,
    shared_out,
    whole_number,
)
from orchestration.settings import expand
from orchestration.system_settings import SqlSystem


class SqlSource:
    """Asks one database; safe to share between threads (SQLAlchemy's pool hands each its own connection)."""

    by_hall = True

    def __init__(self, system: SqlSystem, folder: Path, halls: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self._system = system
        self._halls = halls
        self._counts = (folder / system.counts).read_text(encoding="utf-8")
        self._day_close = (folder / system.day_close).read_text(encoding="utf-8")
        self._engine = sa.create_engine(expand(system.database, variables))

    def ask(self, question: Question) -> dict[str, Outcome]:
        """See `Source.ask`."""
        day = question.day
        try:
            with self._engine.connect() as connection:
                declared = self._closing_record(connection, question)
                result = self._run(connection, self._counts, question)
                self._refuse_other_columns(tuple(result.keys()))
                rows = [
                    (f"{self._system.counts} row {n}", dict(row)) for n, row in enumerate(result.mappings(), start=1)
                ]
        except SQLAlchemyError as error:
            if _can_pass(error):
                raise PassingFault(
                    f"the database didn't answer ({_reason(error)})",
                    "look whether the database is up and the account may read, then pull again",
                ) from error
            raise QuestionRefused(
                f"the database refused the query ({_reason(error)})",
                f"hold {self._system.counts} and {self._system.day_close} against the database's tables",
            ) from error
        return shared_out(
            question,
            question.halls,
            rows=contract_rows(rows, {name: name for name in CONTRACT}, {}, day),
            declared=declared,
            source=self._engine.url.render_as_string(hide_password=True),
        )

    def _closing_record(self, connection: sa.Connection, question: Question) -> Mapping[str, Any]:
        records = self._run(connection, self._day_close, question).mappings().all()
        if not records:
            raise NothingForDay(
                f"{self._system.day_close} finds no closing record of the day",
                "wait until the window system has closed the day, then pull again",
            )
        if len(records) > 1:
            raise PermanentFault(
                f"{self._system.day_close} finds {len(records)} closing records of the day",
                "ask the window system's keeper",
            )
        totals = {str(name): whole_number(total) for name, total in records[0].items()}
        foreign = sorted(set(totals) - set(self._system.measures))
        if foreign:
            raise QuestionRefused(
                f"{self._system.day_close} selects {', '.join(foreign)}, which the system isn't set to count",
                f"select totals of {', '.join(self._system.measures)}, and nothing else",
            )
        return totals

    def _run(self, connection: sa.Connection, query: str, question: Question) -> sa.CursorResult[Any]:
        statement, day = sa.text(query), question.day
        known = {
            "hall": question.halls[0],
            "day": day.isoformat(),
            "day_start": f"{day} 00:00:00",
            "day_end": f"{day + dt.timedelta(days=1)} 00:00:00",
        }
        asked = {name: known[name] for name in statement.compile().params if name in known}
        return connection.execute(statement, asked)

    def _refuse_other_columns(self, columns: tuple[str, ...]) -> None:
        if sorted(columns) != sorted(CONTRACT):
            raise QuestionRefused(
                f"{self._system.counts} selects {', '.join(columns)}; counts are asked for, and nothing else",
                f"select exactly {', '.join(CONTRACT)}",
            )


def _can_pass(error: SQLAlchemyError) -> bool:
    # SQLite calls a mistake in the query "operational" too (no such table); its error code tells it from a closed door.
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    return isinstance(error, OperationalError) and code != sqlite3.SQLITE_ERROR


def _reason(error: SQLAlchemyError) -> str:
    # SQLAlchemy's own text repeats the statement and its parameters; the driver's first line says what matters.
    original = error.orig if isinstance(error, DBAPIError) else error
    return (str(original).splitlines() or [type(error).__name__])[0]
