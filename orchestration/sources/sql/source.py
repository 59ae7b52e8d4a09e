"""A hall system asked by SQL: a reviewed counting query and the system's own closing record of the day."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from orchestration.config.hall import SettingsError
from orchestration.config.systems import SqlSystem
from orchestration.sources.answers import counts_by_site
from orchestration.sources.contract import Answer, Outcome, Request, RequestRefused, SourceFault
from orchestration.sources.daily_counts import no_counts
from orchestration.sources.sql.dialects import open_engine
from orchestration.sources.sql.errors import database_fault, refuse_warnings
from orchestration.sources.sql.queries import SqlQuery, parameter_values, read_query
from orchestration.sources.sql.rows import Executed, read_counts, read_totals

T = TypeVar("T")


class SqlSource:
    """Asks one database; safe to share between threads, which wait for one of its few connections.

    Who asks next takes the connection of who asked before; the last one out closes them, so that none is kept idle.
    """

    def __init__(self, system: SqlSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self._system = system
        self._sites = sites
        self._counts = read_query(folder, "counts", system.counts)
        self._day_close = read_query(folder, "day_close", system.day_close)
        self.by_site = "hall" in self._counts.parameters
        if "hall" in self._day_close.parameters and not self.by_site and len(sites) > 1:
            raise SettingsError(
                f"key day_close: {system.day_close} takes :hall, and {system.counts} asks for several sites at once; "
                "select hall_code beside the totals, for hall_code IN :halls"
            )
        self._engine, self._dialect = open_engine(system, variables)
        sa.event.listen(self._engine, "after_cursor_execute", _hand_to_reader)
        sa.event.listen(self._engine, "do_connect", self._refuse_again)
        self._refusal: SourceFault | None = None
        self._requests, self._lock = 0, Lock()
        self._read_counts = partial(read_counts, by_copy=self._dialect.copies_columns)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        closing = partial(read_totals, measures=self._system.measures, request=request, every_site=self._sites)
        counts = no_counts()
        with self._session() as connection:
            records = self._read(connection, self._day_close, request, closing)
            if not all(isinstance(record, SourceFault) for record in records.values()):
                counts = self._read(connection, self._counts, request, self._read_counts)
        divided = counts_by_site(request, request.sites if self.by_site else self._sites, counts)
        source = self._engine.url.set(query={}).render_as_string(hide_password=True)
        return {
            site: record if isinstance(record, SourceFault) else Answer(request.day, divided[site], record, source)
            for site, record in records.items()
        }

    @contextmanager
    def _session(self) -> Iterator[sa.Connection]:
        """A connection for one request, prepared for it."""
        with self._lock:
            self._requests += 1
        try:
            with self._database_faults(), self._engine.connect() as connection:
                self._dialect.open_session(connection, self._system)
                yield connection
        finally:
            with self._lock:
                self._requests -= 1
                if not self._requests:
                    self._engine.dispose()

    def _read(self, connection: sa.Connection, query: SqlQuery, request: Request, read: Callable[..., T]) -> T:
        """What `read` makes of an executed query."""
        values, answers = parameter_values(request, self._system.timezone), list[T]()
        parameters = {name: values[name] for name in query.parameters}
        with self._database_faults(query.name):
            options = {
                "stream_results": True,
                "reader": lambda executed: answers.append(read(executed, query=query.name)),
            }
            connection.execute(query.statement, parameters, execution_options=options)
            if self._dialect.warnings:
                refuse_warnings(query.name, connection.exec_driver_sql(self._dialect.warnings).all())
        # What SQLAlchemy keeps of the execution, in a circle of references, mustn't keep the answer with it.
        return answers.pop()

    @contextmanager
    def _database_faults(self, query: str = "") -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            meant = database_fault(error, query, self._engine.url.password)
            if not query and isinstance(meant, RequestRefused):
                self._refusal = meant
            raise meant from error

    def _refuse_again(self, *_: Any) -> None:
        # Too many failures with a wrong password would lock the account.
        if self._refusal:
            raise RequestRefused(self._refusal.problem, self._refusal.next_step)


def _hand_to_reader(
    connection: sa.Connection, cursor: Any, statement: str, parameters: Any, context: Any, _many: Any
) -> None:
    """Hand the driver's cursor to the reader that waits for it.

    SQLAlchemy's own result would fetch a row before its columns can be judged, and make an object of its own of each.
    """
    reader: Callable[[Executed], None] | None = context.execution_options.get("reader")
    if reader:
        try:
            reader(Executed(cursor, statement, parameters))
        except BaseException:
            _abandon(connection, cursor)
            raise


def _abandon(connection: sa.Connection, cursor: Any) -> None:
    """Give up an answer in the middle: pymysql would read the rest of it first, even from a server that is gone."""
    unread: Any = getattr(cursor, "_result", None)
    if getattr(unread, "unbuffered_active", False):
        unread.unbuffered_active = False
        connection.invalidate()
