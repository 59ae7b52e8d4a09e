"""A hall system asked by SQL: a reviewed counting query and the system's own closing record of the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from orchestration.hall_systems.contract import Answer, Outcome, Question, SourceFault, rows_by_hall
from orchestration.hall_systems.sql_answers import ClosingRecords, CountRows, Reader
from orchestration.hall_systems.sql_dialects import open_engine
from orchestration.hall_systems.sql_faults import fault_of, refuse_warnings
from orchestration.hall_systems.sql_queries import Query, read_query, values
from orchestration.settings import SettingsError
from orchestration.system_settings import SqlSystem


class SqlSource:
    """Asks one database; safe to share between threads, which wait for one of its few connections.

    Who asks next takes the connection of who asked before; the last one out closes them, so that none is kept idle.
    """

    def __init__(self, system: SqlSystem, folder: Path, halls: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self._system = system
        self._halls = halls
        self._counts = read_query(folder, "counts", system.counts)
        self._day_close = read_query(folder, "day_close", system.day_close)
        self.by_hall = "hall" in self._counts.parameters
        if "hall" in self._day_close.parameters and not self.by_hall and len(halls) > 1:
            raise SettingsError(
                f"key day_close: {system.day_close} takes :hall, and {system.counts} asks for several halls at once; "
                "select hall_code beside the totals, for hall_code IN :halls"
            )
        self._engine, self._dialect = open_engine(system, variables)
        sa.event.listen(self._engine, "after_cursor_execute", _hand_to_reader)
        self._asking, self._counted = 0, Lock()

    def ask(self, question: Question) -> dict[str, Outcome]:
        """See `Source.ask`."""
        closing = ClosingRecords(self._system.day_close, self._system.measures, question, self._halls)
        counting = CountRows(self._system.counts)
        with self._session() as connection:
            self._read(connection, self._day_close, question, closing)
            records = closing.by_hall()
            if not all(isinstance(record, SourceFault) for record in records.values()):
                self._read(connection, self._counts, question, counting)
        rows = rows_by_hall(question, question.halls if self.by_hall else self._halls, tuple(counting.rows))
        source = self._engine.url.set(query={}).render_as_string(hide_password=True)
        return {
            hall: record if isinstance(record, SourceFault) else Answer(question.day, rows[hall], record, source)
            for hall, record in records.items()
        }

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        """A connection for one question, prepared for it."""
        with self._counted:
            self._asking += 1
        try:
            with self._named(), self._engine.connect() as connection:
                self._dialect.open_session(connection, self._system)
                yield connection
        finally:
            with self._counted:
                self._asking -= 1
                if not self._asking:
                    self._engine.dispose()

    def _read(self, connection: sa.Connection, query: Query, question: Question, reader: Reader) -> None:
        known = values(question, self._system.timezone)
        asked = {name: known[name] for name in query.parameters}
        with self._named(query.name):
            connection.execute(query.statement, asked, execution_options={"stream_results": True, "reader": reader})
            if self._dialect.warnings:
                refuse_warnings(query.name, connection.exec_driver_sql(self._dialect.warnings).all())

    @contextmanager
    def _named(self, query: str = "") -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, UnicodeError) as error:
            raise fault_of(error, query, self._engine.url.password) from error


def _hand_to_reader(
    connection: sa.Connection, cursor: Any, _statement: str, _parameters: Any, context: Any, _many: Any
) -> None:
    """Hand the driver's cursor to the reader that waits for it.

    SQLAlchemy's own result would fetch a row before its columns can be judged, and make an object of its own of each.
    """
    reader: Reader | None = context.execution_options.get("reader")
    if reader:
        try:
            reader(cursor)
        except BaseException:
            _abandon(connection, cursor)
            raise


def _abandon(connection: sa.Connection, cursor: Any) -> None:
    """Close a connection in the middle of an answer: else pymysql would read the rest first, even of one gone."""
    unread = getattr(cursor, "_result", None)
    if unread is not None and hasattr(unread, "unbuffered_active"):
        unread.unbuffered_active = False
    connection.invalidate()
