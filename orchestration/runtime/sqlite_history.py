"""Dagster's SQLite storage with connections that are kept, and with the events of a batch in one transaction.

A month is some 800 events. Dagster makes an engine and a connection for each of them, so that SQLAlchemy compiles every
statement anew and SQLite reads every file's schema again: a third of a month's work. `dagster.yaml` names
`SqliteHistory`; the files are those of Dagster's own storage, which is used where it doesn't.

Dagster has no public way to hand an engine to its storages, so that some of their methods are overridden, here and
nowhere else. tests/test_run_history.py asks the same of both, and fails when an upgrade passes the overrides by.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import sqlalchemy as sa
from dagster import DagsterInstance, EventLogEntry
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.sqlite import SqliteRunStorage
from dagster._core.storage.schedules.sqlite import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

# A run has a file of its own, and nobody asks for it again once the run is over.
_FILES = 8


class _Engines:
    """One engine per file, with its connections; of the files that were asked for last."""

    def __init__(self) -> None:
        self._engines: OrderedDict[str, sa.Engine] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, url: str) -> sa.Engine:
        """The engine of a file."""
        with self._lock:
            if url not in self._engines:
                arguments = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
                engine = sa.create_engine(url, pool_use_lifo=True, connect_args=arguments)
                sa.event.listen(engine, "connect", _flush_at_checkpoints)
                self._engines[url] = engine
            self._engines.move_to_end(url)
            if len(self._engines) > _FILES:
                self._engines.popitem(last=False)[1].dispose()
            return self._engines[url]

    def dispose(self) -> None:
        """Close what is open."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _flush_at_checkpoints(connection: Any, _record: object) -> None:
    """In WAL mode a power cut then loses the newest events, and damages nothing."""
    connection.execute("PRAGMA synchronous=NORMAL")


def _is_made(engine: sa.Engine) -> bool:
    """Whether the file has its tables. Dagster's own way to ask reads all its migrations from disk, at every tick."""
    with engine.connect() as connection:
        return bool(sa.inspect(connection).has_table("alembic_version"))


class _KeptEngine:
    """A storage of one file, `_conn_string`, named `_file`."""

    _conn_string: str
    _file: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._engines = _Engines()
        super().__init__(*args, **kwargs)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: ConfigurableClassData | None = None) -> Self:
        """The storage of a folder, whose tables are made where it has none."""
        Path(base_dir).mkdir(parents=True, exist_ok=True)
        storage = cls(create_db_conn_string(base_dir, cls._file), inst_data)
        if _is_made(storage._engines.of(storage._conn_string)):
            return storage
        storage.dispose()
        return super().from_local(base_dir, inst_data)  # type: ignore[misc, no-any-return]

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        with self._engines.of(self._conn_string).begin() as connection:
            yield connection

    def dispose(self) -> None:
        self._engines.dispose()


class _Runs(_KeptEngine, SqliteRunStorage):
    _file = "runs"


class _Schedules(_KeptEngine, SqliteScheduleStorage):
    _file = "schedules"


class _Events(SqliteEventLogStorage):
    _tables_of_a_run: ClassVar[sqlite3.Connection | None] = None

    def __init__(self, base_dir: str) -> None:
        self._engines = _Engines()
        self._of_batch: dict[str, sa.Connection] = {}
        self._tables: set[str] = set()
        self._columns: set[str] = set()  # of the table of assets
        self._turn = threading.RLock()  # a batch has it, and each of its events takes it again
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sa.Connection]:
        with self._turn:
            if shard in self._of_batch:
                yield self._of_batch[shard]
                return
            with self._engine(shard).begin() as connection:
                yield connection

    def _engine(self, shard: str) -> sa.Engine:
        """The engine of a file, whose tables are made when this process first asks for it."""
        engine = self._engines.of(self.conn_string_for_shard(shard))
        if shard not in self._initialized_dbs:
            self._initdb(engine)
            self._initialized_dbs.add(shard)
        return engine

    def _initdb(self, engine: sa.Engine, for_index_shard: bool = False) -> None:  # noqa: FBT001, FBT002
        """Make a file's tables where it has none; those of a run are copied from the first that this process made."""
        if _is_made(engine):
            return
        if for_index_shard:
            super()._initdb(engine, for_index_shard)
            return
        with engine.connect() as connection:
            file = cast("sqlite3.Connection", connection.connection.driver_connection)
            if self._tables_of_a_run:
                self._tables_of_a_run.backup(file)
                return
            super()._initdb(engine)
            _Events._tables_of_a_run = sqlite3.connect(":memory:", check_same_thread=False)
            file.backup(_Events._tables_of_a_run)

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(_of_whole_run(event))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        with self.together(*dict.fromkeys(event.run_id for event in events)):
            super().store_event_batch(events)

    @contextmanager
    def together(self, *runs: str) -> Iterator[None]:
        """Store the events of these runs that come meanwhile in one transaction: all of them, or none if it is raised.

        Nobody else writes meanwhile: it is for what takes less than a second.
        """
        with self._turn, ExitStack() as stack:
            for shard in (*runs, INDEX_SHARD_NAME):
                if shard not in self._of_batch:
                    connection = stack.enter_context(self._engine(shard).begin())
                    stack.callback(self._of_batch.pop, shard)
                    self._of_batch[shard] = connection
            yield

    def has_table(self, table_name: str) -> bool:
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: sa.Connection, column_name: str) -> bool:
        """Dagster's own inspects the table anew for every event of an asset."""
        if column_name not in self._columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._columns.add(column_name)
        return column_name in self._columns

    def wipe(self) -> None:
        self._engines.dispose()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._engines.dispose()


def _of_whole_run(event: EventLogEntry) -> EventLogEntry:
    """A planned check without the run's days: a check judges them all at once, so that rows by day stay unanswered."""
    planned = event.dagster_event and event.dagster_event.event_specific_data
    if not event.dagster_event or not isinstance(planned, AssetCheckEvaluationPlanned):
        return event
    whole = AssetCheckEvaluationPlanned(asset_key=planned.asset_key, check_name=planned.check_name)
    return event._replace(dagster_event=event.dagster_event._replace(event_specific_data=whole))


def events_together(instance: DagsterInstance, run_id: str) -> AbstractContextManager[None]:
    """See `_Events.together`; in another storage each event is stored by itself."""
    events = instance.event_log_storage
    return events.together(run_id) if isinstance(events, _Events) else nullcontext()


class SqliteHistory(DagsterSqliteStorage):
    """The storage that `dagster.yaml` names: runs, events and schedules in the files of Dagster's own."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        # The parent's own would open the three storages that these replace.
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]
        self.base_dir, self._inst_data = base_dir, inst_data
        history = Path(base_dir) / "history"
        self._run_storage = _Runs.from_local(str(history))
        self._event_log_storage = _Events(str(history / "runs"))
        self._schedule_storage = _Schedules.from_local(str(Path(base_dir) / "schedules"))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """The storage by what `dagster.yaml` says."""
        return cls.from_local(inst_data=inst_data, **config_value)
