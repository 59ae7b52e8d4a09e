"""The corpus of bad answers of hall systems of kind `sql`, over three real databases; and any value at all."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import psycopg
import pymysql
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from orchestration.sources.contract import Answer, PermanentFault, Request
from tests.corpus import Case, judge
from tests.counts import rows_of
from tests.servers.mariadb import MariaDb, mariadb
from tests.servers.postgres import Postgres, postgres
from tests.sql_corpus import PAIRS, PERSON, Replacement
from tests.sql_halls import (
    COUNTS,
    COUNTS_OF_ALL,
    DAY,
    DAY_CLOSE,
    DAY_CLOSE_OF_ALL,
    HALL,
    VARIABLES,
    Database,
    hall_folder,
    in_mariadb,
    in_postgres,
    in_sqlite,
    source,
)

Servers = tuple[Postgres, MariaDb]


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    with postgres() as one, mariadb() as other:
        yield one, other


def _fresh(kind: str, servers: Servers, folder: Path) -> Database:
    match kind:
        case "postgresql":
            return in_postgres(servers[0])
        case "mariadb":
            return in_mariadb(servers[1])
    return in_sqlite(folder)


@pytest.mark.parametrize(("kind", "case"), PAIRS, ids=str)
def test_corpus(  # noqa: PLR0917 - fixtures
    kind: str,
    case: Case,
    servers: Servers,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    database, spoil = _fresh(kind, servers, tmp_path), case.spoil
    (tmp_path / database.name.replace("hall", "no_database")).write_bytes(b"not a database, by any means" * 100)
    database.execute(*spoil.run)
    counts, day_close = (COUNTS_OF_ALL, DAY_CLOSE_OF_ALL) if spoil.all_halls else (spoil.query or COUNTS, DAY_CLOSE)
    folder = hall_folder(
        tmp_path / "folder",
        _spoiled(database.url, spoil.url) + spoil.words,
        _spoiled(database.dialect(counts), spoil.counts),
        _spoiled(day_close, spoil.day_close),
        **spoil.settings,
    )
    try:
        judge(case, f"sql {kind}", folder, DAY, spoil.variables, record_property)
    finally:
        database.execute(*spoil.afterwards)
    assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]
    recorded = str(request.node.user_properties)
    assert not [secret for secret in (VARIABLES["SQL_PASSWORD"], PERSON, *PERSON.split()) if secret in recorded]


def _spoiled(text: str, replacements: tuple[Replacement, ...]) -> str:
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return text


# --- any value at all: an exact whole number, or none -----------------------------------------------------------------

_WHOLE = st.integers(-(2**63), 2**63 - 1)
_DECIMALS = st.decimals(allow_nan=True, allow_infinity=True) | _WHOLE.map(Decimal)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30) | _WHOLE.map(str)
_MOMENTS = st.dates(dt.date(1000, 1, 1)) | st.datetimes(dt.datetime(1000, 1, 1)) | st.timedeltas()  # noqa: DTZ001
ANY_VALUE = st.none() | st.booleans() | _WHOLE | _DECIMALS | st.floats() | _TEXTS | st.binary(max_size=30) | _MOMENTS
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _count(database: Database, folder: Path, expression: str) -> object:
    """What the one count of a day is read as, or the fault that refuses it."""
    counts = (
        f"SELECT '{DAY}' AS stat_date, '{HALL}' AS hall_code, 'D01' AS department_code, NULL AS item_code, "
        f"'online_accepted' AS measure, {expression} AS \"count\" FROM held"
    )
    try:
        answer = source(hall_folder(folder, database.url, database.dialect(counts))).ask(Request(DAY, (HALL,)))[HALL]
    except PermanentFault as fault:
        return fault
    assert isinstance(answer, Answer)
    return rows_of(answer)[0]["count"]


def _exact(value: object) -> int | None:
    """The whole number that a value says beyond doubt."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    return None


def _is_never_wrong(value: object, read: object) -> None:
    if type(read) is not int:
        return
    if isinstance(value, str):
        assert int(value.strip().replace(",", "").replace("，", "")) == read
    else:
        assert _exact(value) == read


@SETTINGS
@given(ANY_VALUE)
def test_any_value_of_sqlite_is_read_exactly_or_refused(
    tmp_path_factory: pytest.TempPathFactory, value: object
) -> None:
    folder = tmp_path_factory.mktemp("any")
    database = in_sqlite(folder)
    held = str(value) if isinstance(value, Decimal | dt.date | dt.timedelta) else value
    with closing(sqlite3.connect(folder / database.name)) as connection, connection:
        connection.execute("CREATE TABLE held (value)")
        connection.execute("INSERT INTO held VALUES (?)", (held,))
    # SQLite keeps a truth as 0 or 1.
    _is_never_wrong(int(held) if isinstance(held, bool) else held, _count(database, folder, "value"))


_POSTGRES = {
    bool: "boolean",
    int: "bigint",
    Decimal: "numeric",
    float: "double precision",
    str: "text",
    bytes: "bytea",
    dt.date: "date",
    dt.datetime: "timestamp",
    dt.timedelta: "interval",
}


@SETTINGS
@given(ANY_VALUE)
def test_any_value_of_postgresql_is_read_exactly_or_refused(servers: Servers, tmp_path: Path, value: object) -> None:
    database = _held(servers, "postgresql")
    with servers[0].connect(database.name) as connection:
        connection.execute("DROP TABLE IF EXISTS held")
        connection.execute(f"CREATE TABLE held (value {_POSTGRES.get(type(value), 'text')})".encode())
        connection.execute("GRANT SELECT ON held TO reader")
        try:
            connection.execute("INSERT INTO held VALUES (%s)", (value,))
        except psycopg.DataError:
            reject()
    _is_never_wrong(value, _count(database, tmp_path, "value"))


_MARIADB = {
    bool: "BIT(1)",
    int: "BIGINT",
    Decimal: "DECIMAL(60, 20)",
    float: "FLOAT",
    bytes: "BLOB",
    dt.date: "DATE",
    dt.datetime: "DATETIME",
}


def _keeps(value: object) -> bool:
    """Whether a column of MariaDB keeps it as it is: decimals would be rounded."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return isinstance(exponent, int) and exponent >= -20
    return not isinstance(value, dt.timedelta)


@SETTINGS
@given(ANY_VALUE.filter(_keeps))
def test_any_value_of_mariadb_is_read_exactly_or_refused(servers: Servers, tmp_path: Path, value: object) -> None:
    database = _held(servers, "mariadb")
    with closing(servers[1].connect(database.name)) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS held")
        cursor.execute(f"CREATE TABLE held (value {_MARIADB.get(type(value), 'TEXT')})")
        try:
            cursor.execute("INSERT INTO held VALUES (%s)", (value,))
        except pymysql.MySQLError:
            reject()
    _is_never_wrong(value, _count(database, tmp_path, "value"))


_HELD: dict[str, Database] = {}


def _held(servers: Servers, kind: str) -> Database:
    """One database for all values of a kind of server."""
    if kind not in _HELD:
        _HELD[kind] = _fresh(kind, servers, Path())
        if kind == "mariadb":
            servers[1].execute(f"GRANT SELECT ON {_HELD[kind].name}.* TO reader@'127.0.0.1'")
    return _HELD[kind]
