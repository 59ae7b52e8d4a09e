"""The databases that can be asked, as data (dialects.toml), and the engine that a system's settings make of one."""

import datetime as dt
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool

from orchestration.config.hall import SettingsError, expand
from orchestration.config.systems import SqlSystem
from orchestration.config.systems.common import Strict
from orchestration.config.zone import offset_text
from orchestration.runtime.secrets import keep_secret

_TABLE = Path(__file__).with_name("dialects.toml")
# By then the database has stopped the statement itself, unless it or the way to it is gone.
_MARGIN_SECONDS = 15
_STEPS_BETWEEN_LOOKS = 100_000


class Dialect(Strict):
    """One kind of database: the beginnings of its URLs, the package of its driver, and how a session is prepared."""

    title: str
    urls: tuple[str, ...]
    install: str
    driver: str = ""
    version: str = ""
    connect: dict[str, bool | int | str] = Field(default={})
    attributes: dict[str, str] = Field(default={})
    opening: tuple[str, ...]
    warnings: str = ""
    progress_handler: bool = False
    copies_columns: bool = False
    collation: str = ""
    columns: str = ""
    exactly: str = ""
    definers: str = ""

    def connect_args(self, system: SqlSystem) -> dict[str, Any]:
        """What the driver is given when it connects."""
        settings = _settings(system)
        return {name: _driver_value(value, settings) for name, value in self.connect.items()}

    def open_session(self, connection: sa.Connection, system: SqlSystem, zone: ZoneInfo, day: dt.date) -> None:
        """Prepare a connection for one request of a day: read-only, with its time-out and time zone."""
        driver: Any = connection.connection.driver_connection
        settings = {**_settings(system), **_zone_settings(zone, day)}
        for name, value in self.attributes.items():
            setattr(driver, name, _driver_value(value, settings))
        if self.progress_handler:
            deadline = time.monotonic() + system.statement_timeout
            driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
        for statement in self.opening:
            connection.exec_driver_sql(statement.format_map(settings))

    def say_version(self, cursor: Any, statement: str, *_: Any) -> bool:
        """Ask for the version in the database's own way where SQLAlchemy asks for it; whether that was so."""
        if "version()" not in statement:
            return False
        cursor.execute(self.version)
        return True


def dialects() -> dict[str, Dialect]:
    """The databases that can be asked, by the beginning of their URL."""
    rows = [Dialect.model_validate(row) for row in tomllib.loads(_TABLE.read_text(encoding="utf-8"))["dialects"]]
    return {url: row for row in rows for url in row.urls}


def open_engine(system: SqlSystem, variables: Mapping[str, str]) -> tuple[sa.Engine, Dialect]:
    """An engine that hasn't connected yet, and never has more than `max_connections`.

    Raises:
        SettingsError: the URL can't be read, is of no known database, or its driver isn't installed.
    """
    url, known_dialects = _url(system.database, variables), dialects()
    keep_secret(url.password or "")
    dialect = known_dialects.get(url.drivername)
    if dialect is None:
        raise SettingsError(f"key database: begins with {url.drivername!r}; allowed are {', '.join(known_dialects)}")
    try:
        engine = sa.create_engine(
            url.set(drivername=dialect.driver or url.drivername),
            # What the URL itself says goes before the table.
            connect_args={name: value for name, value in dialect.connect_args(system).items() if name not in url.query},
            poolclass=QueuePool,
            pool_size=system.max_connections,
            max_overflow=0,
            pool_pre_ping=True,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise SettingsError(f"{dialect.title} needs a driver that isn't installed: {dialect.install}") from error
    except (ArgumentError, TypeError, ValueError) as error:
        # A value of the URL that SQLAlchemy reads; its words may repeat it.
        raise SettingsError(
            "key database: a word after ? has a value that it can't have; hold it against the driver's manual"
        ) from error
    if dialect.version:
        sa.event.listen(engine, "do_execute", dialect.say_version)
        sa.event.listen(engine, "do_execute_no_params", dialect.say_version)
    return engine, dialect


def _url(database: str, variables: Mapping[str, str]) -> sa.URL:
    """The URL with its variables filled: part by part, so that a password may hold any sign."""
    try:
        url = sa.make_url(database)
    except (ArgumentError, ValueError):
        return _url_as_a_whole(expand(database, variables))
    parts: dict[str, Any] = {name: getattr(url, name) for name in ("username", "password", "host", "database")}
    filled: dict[str, Any] = {name: part and expand(part, variables) for name, part in parts.items()}
    return url.set(
        **filled,
        query={name: expand(value, variables) for name, value in url.query.items() if isinstance(value, str)},
    )


def _url_as_a_whole(text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except (ArgumentError, ValueError):
        # The reader's own words would repeat the URL, and with it a password.
        raise SettingsError(
            "key database: isn't a URL such as postgresql+psycopg://account:${PASSWORD}@host:5432/name "
            "(a variable that holds a whole URL holds its password percent-encoded)"
        ) from None


def _settings(system: SqlSystem) -> dict[str, str]:
    return {
        "milliseconds": f"{system.statement_timeout * 1000:.0f}",
        "seconds": f"{system.statement_timeout:g}",
        "patience": f"{system.statement_timeout + _MARGIN_SECONDS:.0f}",
        "connecting": f"{max(system.timeout, 1):.0f}",
    }


def _zone_settings(zone: ZoneInfo, day: dt.date) -> dict[str, str]:
    """The zone by its name; and by its offset where it has one all the year around, for the name has to be known."""
    year = dt.timedelta(days=366)
    return {"timezone": zone.key, "offset": offset_text(zone, (day - year, day + year)) or zone.key}


def _driver_value(value: str | int, settings: Mapping[str, str]) -> str | int:
    if isinstance(value, int):
        return value
    text = value.format_map(settings)
    return int(text) if text.isdecimal() else text
