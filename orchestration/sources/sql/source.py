"""A hall system asked by SQL: a reviewed counting query and the system's own closing record of the day."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from orchestration.config.catalogue import quantities
from orchestration.config.hall import SettingsError
from orchestration.config.systems import SqlSystem
from orchestration.config.systems.common import names_site, site_constants
from orchestration.sources.answers import LeastUnits, counts_by_site
from orchestration.sources.contract import Answer, Outcome, Request, RequestRefused, SourceFault
from orchestration.sources.daily_counts import no_counts
from orchestration.sources.sql.collations import inexact_codes, refuse_merged_codes
from orchestration.sources.sql.dialects import open_engine
from orchestration.sources.sql.errors import database_fault, refuse_warnings
from orchestration.sources.sql.queries import SqlQuery, parameter_values, read_query
from orchestration.sources.sql.rows import Executed, read_counts, read_totals

T = TypeVar("T")


class SqlSource:
    """Asks one database; safe to share between threads, which wait for one of its few connections.

    Who asks next takes the connection of who asked before; the last one out closes them, so that none is kept idle.
    """

    def __init__(
        self, system: SqlSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str], zone: ZoneInfo
    ) -> None:
        self._system = system
        self._zones = (zone, ZoneInfo(system.timezone) if system.timezone else zone)
        self._sites = sites
        self._units = LeastUnits(quantities(folder / "catalogue"))
        self._scales = {measure: self._units.scale(measure) for measure in system.measures}
        self._counts = read_query(folder, "counts", system.counts)
        self._day_close = read_query(folder, "day_close", system.day_close)
        self.by_site = "hall" in self._counts.parameters
        if "hall" in self._day_close.parameters and not self.by_site and len(sites) > 1:
            raise SettingsError(
                f"key day_close: {system.day_close} takes :hall, and {system.counts} asks for several sites at once; "
                "select hall_code beside the totals, for hall_code IN :halls"
            )
        if names_site(*self._system.constants.values()) and not self.by_site and len(sites) > 1:
            raise SettingsError(
                f"key constants: {{hall}} is one site, and {system.counts} asks for several at once; let it take :hall"
            )
        self._engine, self._dialect = open_engine(system, variables)
        sa.event.listen(self._engine, "after_cursor_execute", _hand_to_reader)
        sa.event.listen(self._engine, "do_connect", self._refuse_again)
        self._refusal: SourceFault | None = None
        self._codes_are_exact = False
        self._requests, self._lock = 0, Lock()
        # Who waits in SQLAlchemy's pool isn't woken where another's connection couldn't be made, so nobody waits there.
        self._free = BoundedSemaphore(system.max_connections)
        self._read_counts = partial(read_counts, by_copy=self._dialect.copies_columns)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        closing = partial(read_totals, scales=self._scales, request=request, every_site=self._sites)
        counts = no_counts()
        with self._session(request.day) as connection:
            records = self._read(connection, self._day_close, request, closing)
            if not all(isinstance(record, SourceFault) for record in records.values()):
                constants = site_constants(self._system.constants, request.sites[0])
                counts = self._read(connection, self._counts, request, partial(self._read_counts, constants=constants))
                self._refuse_merged_codes(connection, request)
        divided = counts_by_site(request, request.sites if self.by_site else self._sites, self._units.counts(counts))
        source = self._engine.url.set(query={}).render_as_string(hide_password=True)
        return {
            site: record if isinstance(record, SourceFault) else Answer(request.day, divided[site], record, source)
            for site, record in records.items()
        }

    def doubts(self, request: Request) -> Iterator[str]:
        """What an answer wouldn't show though it lands: where a view may have held different codes equal."""
        with self._session(request.day) as connection:
            ask = partial(self._ask_beside, connection, request)
            if columns := list(inexact_codes(self._counts, self._dialect, ask)):
                names = ", ".join(f"{column.name} ({column.collation})" for column in columns)
                yield (
                    f"{self._counts.name}: the collations of {names} hold different codes equal (by case, width or "
                    "accents), which can't be seen if a view groups by them; let a view group by "
                    f"{self._dialect.exactly.format(column=columns[0].name)}"
                )

    def _refuse_merged_codes(self, connection: sa.Connection, request: Request) -> None:
        if not self._codes_are_exact:
            with self._database_faults(self._counts):
                refuse_merged_codes(self._counts, self._dialect, partial(self._ask_beside, connection, request))
            self._codes_are_exact = True

    def _ask_beside(
        self, connection: sa.Connection, request: Request, statement: sa.TextClause, others: Mapping[str, object]
    ) -> Sequence[Any]:
        """The rows of a statement about the counting query, with its parameters where it takes them."""
        values = {**parameter_values(request, *self._zones), **others}
        parameters = {name: values[name] for name in statement.compile().params}
        lists: list[sa.BindParameter[Any]] = [
            sa.bindparam(name, expanding=True) for name, value in parameters.items() if isinstance(value, list)
        ]
        return connection.execute(statement.bindparams(*lists), parameters).all()

    def _definers(self, connection: sa.Connection, query: SqlQuery, request: Request) -> str:
        """As which accounts the views of a query are read, where the database says it."""
        asked = self._dialect.definers
        rows: Sequence[Any] = ()
        # What the query's own error means is said in any case.
        with suppress(SQLAlchemyError):
            rows = self._ask_beside(connection, request, sa.text(asked), {"tables": query.words}) if asked else ()
        return ", ".join(f"{view} as {definer}" for view, definer in rows) or "a view as its definer"

    @contextmanager
    def _session(self, day: dt.date) -> Iterator[sa.Connection]:
        """A connection for one request, prepared for it."""
        with self._lock:
            self._requests += 1
        try:
            with self._free, self._database_faults(), self._connected(day) as connection:
                yield connection
        finally:
            with self._lock:
                self._requests -= 1
                if not self._requests:
                    self._engine.dispose()

    def _connected(self, day: dt.date) -> sa.Connection:
        # Drivers raise errors of Python's where a word of the URL is none of theirs.
        with self._database_faults(kinds=Exception):
            connection = self._engine.connect()
            try:
                self._dialect.open_session(connection, self._system, self._zones[1], day)
            except BaseException:
                connection.close()
                raise
            return connection

    def _read(self, connection: sa.Connection, query: SqlQuery, request: Request, read: Callable[..., T]) -> T:
        """What `read` makes of an executed query."""
        values, answers = parameter_values(request, *self._zones), list[T]()
        parameters = {name: values[name] for name in query.parameters}
        with self._database_faults(query, definers=partial(self._definers, connection, query, request)):
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
    def _database_faults(
        self,
        query: SqlQuery | None = None,
        kinds: type[Exception] = SQLAlchemyError,
        definers: Callable[[], str] = lambda: "",
    ) -> Iterator[None]:
        try:
            yield
        except SourceFault:
            raise
        except kinds as error:
            meant = database_fault(error, query, self._engine.url.password, definers)
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
