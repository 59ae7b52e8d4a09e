"""Hall systems of kind `sql` against real servers: how they are asked and answer, and what the servers see of it."""

from __future__ import annotations

import datetime as dt
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from orchestration.sources.contract import (
    Answer,
    NothingForDay,
    PassingFault,
    PermanentFault,
    Request,
    RequestRefused,
    SourceFault,
)
from orchestration.sources.sql import columns as sql_columns
from orchestration.sources.sql import rows as sql_rows
from orchestration.sources.sql.rows import read_counts
from tests.corpus import run
from tests.counts import rows_of
from tests.servers.mariadb import MariaDb, mariadb
from tests.servers.postgres import Postgres, postgres
from tests.servers.programs import program
from tests.sql_halls import (
    COUNTS,
    COUNTS_OF_ALL,
    DAY,
    DAY_CLOSE,
    DAY_CLOSE_OF_ALL,
    HALL,
    OTHER,
    TABLES,
    VARIABLES,
    Database,
    hall_folder,
    in_mariadb,
    in_postgres,
    in_sqlite,
    source,
)

REQUEST = Request(DAY, (HALL,))
SLOW = COUNTS.replace('number AS "count"', 'number + {} AS "count"')
_SLEEP = {"postgresql": "length(pg_sleep(4)::text)", "mariadb": "sleep(4)"}


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[Postgres]:
    with postgres() as server:
        yield server


@pytest.fixture(scope="module")
def mariadb_server() -> Iterator[MariaDb]:
    with mariadb() as server:
        yield server


@pytest.fixture(params=["postgresql", "mariadb", "sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    match request.param:
        case "postgresql":
            return in_postgres(request.getfixturevalue("postgres_server"))
        case "mariadb":
            return in_mariadb(request.getfixturevalue("mariadb_server"))
    return in_sqlite(tmp_path)


@pytest.fixture(params=["postgresql", "mariadb"])
def served(request: pytest.FixtureRequest) -> tuple[Database, Postgres | MariaDb]:
    """A database with its server."""
    if request.param == "postgresql":
        server: Postgres | MariaDb = request.getfixturevalue("postgres_server")
        return in_postgres(server), server  # type: ignore[arg-type]
    server = request.getfixturevalue("mariadb_server")
    return in_mariadb(server), server  # type: ignore[arg-type]


def _fault(ask: Callable[[], object]) -> SourceFault:
    with pytest.raises(SourceFault) as raised:
        ask()
    return raised.value


# --- answers ----------------------------------------------------------------------------------------------------------


def test_a_day_of_one_hall(database: Database, tmp_path: Path) -> None:
    asked = source(hall_folder(tmp_path, database.url, database.dialect(COUNTS)))

    answer = asked.ask(REQUEST)[HALL]

    assert asked.by_site
    assert isinstance(answer, Answer)
    assert answer.declared == {"online_accepted": 5, "online_completed": 7}
    assert [(row["department_code"], row["measure"], row["count"], row["origin"]) for row in rows_of(answer)] == [
        ("D01", "online_accepted", 5, "counts.sql row 1"),
        ("D02", "online_completed", 7, "counts.sql row 2"),
    ]
    assert {row["stat_date"] for row in rows_of(answer)} == {DAY.isoformat()}
    assert {row["hall_code"] for row in rows_of(answer)} == {HALL}
    assert database.name in answer.source
    assert VARIABLES["SQL_PASSWORD"] not in answer.source


# As a query may write each column; the last of each is read row by row.
_COLUMNS: dict[str, list[str]] = {
    "stat_date": ["stat_date", "stat_date::text", "stat_date::timestamp"],
    "hall_code": ["hall_code", "hall_code::char(12)", "hall_code::name"],
    "item_code": ["item_code", "' ' || item_code || E',\\n\"x\"'", "'ＡＢ' || item_code", "array[item_code]"],
    'number AS "count"': [
        "number",
        "number::int",
        "number::numeric(12, 2)",
        "number::text",
        "number / 2.0",
        "number::float",
    ],
}


@pytest.mark.parametrize(
    ("column", "written"), [(column, written) for column, ways in _COLUMNS.items() for written in ways]
)
def test_columns_that_are_copied_say_what_rows_say(
    postgres_server: Postgres, tmp_path: Path, column: str, written: str
) -> None:
    database = in_postgres(postgres_server)
    database.execute(
        *(
            f"INSERT INTO counts VALUES ('{DAY}', '{HALL}', 'D0{place}', {item}, 'online_accepted', {number})"
            for place, (item, number) in enumerate(
                [("'a'", 3), ("''", 0), ("'\\.'", 2**30), ("'第一'", 8), ("'⑴'", 9)], 3
            )
        )
    )
    name = "count" if "number" in column else column
    query = COUNTS.replace(column, f'{written} AS "{name}"', 1)
    asked = source(hall_folder(tmp_path, database.url, query))

    def said() -> object:
        try:
            return rows_of(asked.ask(REQUEST)[HALL])
        except SourceFault as fault:
            return fault.problem

    copied = said()
    asked._read_counts = partial(read_counts, by_copy=False)
    assert copied == said()
    assert isinstance(copied, list) == (written not in {"array[item_code]", "number::float"})


def test_several_halls_at_once_each_with_its_own_record(database: Database, tmp_path: Path) -> None:
    database.execute(
        f"INSERT INTO counts VALUES ('{DAY}', '{OTHER}', 'D01', NULL, 'online_accepted', 11)",
        f"INSERT INTO day_close VALUES ('{DAY}', '{OTHER}', 11, 0)",
        f"INSERT INTO counts VALUES ('{DAY}', '510300', 'D01', NULL, 'online_accepted', 13)",
        f"INSERT INTO day_close VALUES ('{DAY}', '510400', 1, 1)",
        f"INSERT INTO day_close VALUES ('{DAY}', '510400', 1, 1)",
    )
    sites = (HALL, OTHER, "510300", "510400")
    folder = hall_folder(tmp_path, database.url, database.dialect(COUNTS_OF_ALL), DAY_CLOSE_OF_ALL, sites=sites)
    asked = source(folder)

    said = asked.ask(Request(DAY, sites))

    assert not asked.by_site
    assert [row["count"] for row in rows_of(said[HALL])] == [5, 7]
    assert said[HALL].declared == {"online_accepted": 5, "online_completed": 7}  # type: ignore[union-attr]
    assert [row["count"] for row in rows_of(said[OTHER])] == [11]
    assert said[OTHER].declared == {"online_accepted": 11, "online_completed": 0}  # type: ignore[union-attr]
    assert isinstance(said["510300"], NothingForDay)
    assert isinstance(said["510400"], PermanentFault)
    assert "finds 2 closing records" in said["510400"].problem


def test_some_of_the_halls_are_asked_and_no_other_answers(database: Database, tmp_path: Path) -> None:
    everything = 'SELECT stat_date, hall_code, department_code, item_code, measure, number AS "count" FROM counts'
    database.execute(f"INSERT INTO counts VALUES ('{DAY}', '{OTHER}', 'D01', NULL, 'online_accepted', 11)")
    folder = hall_folder(tmp_path, database.url, database.dialect(everything), DAY_CLOSE_OF_ALL, sites=(HALL, OTHER))
    assert list(source(folder).ask(REQUEST)) == [HALL]

    database.execute(f"INSERT INTO counts VALUES ('{DAY}', '999999', 'D01', NULL, 'online_accepted', 11)")
    fault = _fault(lambda: source(folder).ask(REQUEST))
    assert "is of a site that the system isn't set to answer for" in fault.problem


def test_a_day_without_a_closing_record_is_missing_and_isnt_counted(database: Database, tmp_path: Path) -> None:
    database.execute("DELETE FROM day_close", "DROP TABLE counts")
    (fault,) = source(hall_folder(tmp_path, database.url)).ask(REQUEST).values()
    assert isinstance(fault, NothingForDay)


@pytest.mark.parametrize(
    ("zone", "inside", "outside"),
    [
        (
            "Asia/Shanghai",
            ("2025-03-12 00:00:00", "2025-03-12 23:59:59"),
            ("2025-03-11 23:59:59", "2025-03-13 00:00:00"),
        ),
        ("UTC", ("2025-03-11 16:00:00", "2025-03-12 15:59:59"), ("2025-03-11 15:59:59", "2025-03-12 16:00:00")),
        ("Asia/Urumqi", ("2025-03-11 22:00:00", "2025-03-12 21:59:59"), ("2025-03-11 21:59:59", "2025-03-12 22:00:00")),
    ],
)
def test_the_day_is_the_halls_in_whatever_zone_the_database_keeps(
    database: Database, tmp_path: Path, zone: str, inside: Sequence[str], outside: Sequence[str]
) -> None:
    column = {"postgresql": "TIMESTAMP", "mariadb": "DATETIME", "sqlite": "TEXT"}[database.kind]
    database.execute(f"CREATE TABLE cases (accepted_at {column})")
    database.execute(*(f"INSERT INTO cases VALUES ('{moment}')" for moment in (*inside, *outside)))
    assert _cases(database, tmp_path, zone) == len(inside)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "Asia/Urumqi"])
def test_a_column_that_knows_its_zone_is_compared_by_the_instant(
    served: tuple[Database, object], tmp_path: Path, zone: str
) -> None:
    database, _ = served
    column = {"postgresql": "TIMESTAMPTZ", "mariadb": "TIMESTAMP"}[database.kind]
    setting = {"postgresql": "SET TIME ZONE 'UTC'", "mariadb": "SET time_zone = '+00:00'"}[database.kind]
    moments = ("2025-03-11 15:59:59", "2025-03-11 16:00:00", "2025-03-12 15:59:59", "2025-03-12 16:00:00")
    database.execute(f"CREATE TABLE cases (accepted_at {column})", setting)
    database.execute(setting, *(f"INSERT INTO cases VALUES ('{moment}')" for moment in moments))
    assert _cases(database, tmp_path, zone) == 2


@pytest.mark.parametrize("kept", ["clocks", "instants"])
@pytest.mark.parametrize(("day", "hours"), [("2025-03-09", 23), ("2025-11-02", 25), ("2025-06-01", 24)])
def test_a_day_on_which_clocks_are_changed_is_counted_whole(
    served: tuple[Database, object], tmp_path: Path, kept: str, day: str, hours: int
) -> None:
    """Every half hour of the days around it, in columns that hold instants and in such that show the zone's clocks."""
    database, server = served
    zone, start = ZoneInfo("America/New_York"), dt.datetime.fromisoformat(f"{day}T00:00:00+00:00")
    instants = [start + dt.timedelta(minutes=30 * number) for number in range(-96, 144)]
    columns = {"postgresql": ("TIMESTAMP", "TIMESTAMPTZ"), "mariadb": ("DATETIME", "TIMESTAMP")}[database.kind]
    setting = {"postgresql": "SET TIME ZONE 'UTC'", "mariadb": "SET time_zone = '+00:00'"}[database.kind]
    shown = [moment.astimezone(zone) if kept == "clocks" else moment for moment in instants]
    database.execute(
        f"CREATE TABLE cases (accepted_at {columns[kept == 'instants']})",
        f"INSERT INTO day_close VALUES ('{day}', '{HALL}', {2 * hours}, 0)",
        setting,
        *(f"INSERT INTO cases VALUES ('{moment:%Y-%m-%d %H:%M:%S}')" for moment in shown),
    )
    if isinstance(server, MariaDb) and not server.rows("SELECT Name, Time_zone_id FROM mysql.time_zone_name"):
        database.execute(*_zone_tables(zone.key))
    request = Request(dt.date.fromisoformat(day), (HALL,))
    for kept_in in ("UTC", zone.key) if kept == "instants" else (zone.key,):
        assert _cases(database, tmp_path, kept_in, zone.key, request) == 2 * hours


def test_a_database_that_does_not_know_the_zone_says_what_to_load(mariadb_server: MariaDb, tmp_path: Path) -> None:
    database = in_mariadb(mariadb_server)
    with pytest.raises(RequestRefused, match="the database doesn't know the time zone that its times") as raised:
        source(hall_folder(tmp_path, database.url, timezone="Europe/Paris")).ask(REQUEST)
    assert "mariadb-tzinfo-to-sql" in raised.value.next_step


def _zone_tables(zone: str) -> list[str]:
    """What a keeper of MariaDB loads, of one zone."""
    made = subprocess.run(
        [program("mariadb-tzinfo-to-sql", "mariadb-server"), f"/usr/share/zoneinfo/{zone}", zone],
        check=True,
        capture_output=True,
        text=True,
    )
    statements = [statement.strip() for statement in made.stdout.split(";\n")]
    return ["USE mysql", *(statement for statement in statements if statement.startswith(("INSERT", "SET @")))]


def _cases(
    database: Database, folder: Path, zone: str, hall_zone: str = "Asia/Shanghai", request: Request = REQUEST
) -> int:
    if database.kind == "postgresql":
        database.execute("GRANT SELECT ON cases TO reader")
    if database.kind == "mariadb":
        database.execute(f"GRANT SELECT ON {database.name}.cases TO reader@'127.0.0.1'")
    counts = (
        f"SELECT :day AS stat_date, '{HALL}' AS hall_code, 'D01' AS department_code, NULL AS item_code, "
        "'online_accepted' AS measure, COUNT(*) AS \"count\" "
        "FROM cases WHERE accepted_at >= :day_start AND accepted_at < :day_end"
    )
    made = hall_folder(folder, database.url, database.dialect(counts), timezone=zone) / "hall.toml"
    made.write_text(f'timezone = "{hall_zone}"\n{made.read_text(encoding="utf-8")}', encoding="utf-8")
    answer = source(folder).ask(request)[HALL]
    assert isinstance(answer, Answer)
    count: int = rows_of(answer)[0]["count"]
    return count


def test_a_long_answer_comes_in_batches_and_whole(database: Database, tmp_path: Path) -> None:
    database.execute(
        "INSERT INTO counts SELECT stat_date, hall_code, 'D03', NULL, 'online_accepted', number FROM counts LIMIT 1",
        *["INSERT INTO counts SELECT * FROM counts WHERE department_code = 'D03'"] * 15,
    )
    answer = source(hall_folder(tmp_path, database.url, database.dialect(COUNTS))).ask(REQUEST)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.counts) == 2 + 2**15
    assert rows_of(answer)[-1]["origin"] == f"counts.sql row {2 + 2**15}"


def test_a_whole_url_may_be_a_secret(database: Database, tmp_path: Path) -> None:
    written = sa.engine.make_url(database.url).set(password=VARIABLES["SQL_PASSWORD"])
    whole = written.render_as_string(hide_password=False) if database.kind != "sqlite" else database.url
    asked = source(hall_folder(tmp_path, "${URL}", database.dialect(COUNTS)), {"URL": whole})
    assert isinstance(asked.ask(REQUEST)[HALL], Answer)


def test_colons_in_comments_and_texts_are_no_parameters(database: Database, tmp_path: Path) -> None:
    odd = COUNTS.replace("-- Counts", "/* at 10:30, :never */ -- 100 % :sure;").replace(
        "AND stat_date", "AND 'a:b :c; %' <> '10:30' AND stat_date"
    )
    answer = source(hall_folder(tmp_path, database.url, database.dialect(odd))).ask(REQUEST)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.counts) == 2


def test_a_mistake_is_named_with_its_line(served: tuple[Database, object], tmp_path: Path) -> None:
    database, _ = served
    wrong = "\n\n" + COUNTS.replace("WHERE", "WEHRE x x")
    fault = _fault(lambda: source(hall_folder(tmp_path, database.url, database.dialect(wrong))).ask(REQUEST))
    assert isinstance(fault, RequestRefused)
    assert fault.problem.startswith("counts.sql line 6: the database refused the query")


def test_nothing_is_said_of_other_days(database: Database, tmp_path: Path) -> None:
    (fault,) = source(hall_folder(tmp_path, database.url)).ask(Request(DAY - dt.timedelta(days=1), (HALL,))).values()
    assert isinstance(fault, NothingForDay)
    assert DAY_CLOSE not in fault.problem


# --- what an answer wouldn't show -------------------------------------------------------------------------------------

_VIEW = (
    "CREATE VIEW grouped AS SELECT stat_date, hall_code, department_code, item_code, measure, SUM(number) AS number "
    "FROM counts GROUP BY 1, 2, 3, 4, 5"
)
_TEXTS = ("hall_code", "department_code", "item_code", "measure")
_GRANTS = {
    "postgresql": "GRANT SELECT ON grouped TO reader",
    "mariadb": "GRANT SELECT ON grouped TO reader@'127.0.0.1'",
}
_EXACT = {
    "postgresql": ("CREATE EXTENSION citext",),
    "mariadb": ("ALTER TABLE counts CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",),
}
_BLIND = {
    "postgresql": tuple(f"ALTER TABLE counts ALTER COLUMN {name} TYPE citext" for name in _TEXTS),
    "mariadb": ("ALTER TABLE counts CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",),
}


def test_check_hall_warns_of_a_view_that_may_have_held_codes_equal(
    served: tuple[Database, object], tmp_path: Path
) -> None:
    """The view lands one row of two codes, and the closing record agrees with it: nothing but the warning says so."""
    database, _ = served
    kind, collation = database.kind, {"postgresql": "citext", "mariadb": "utf8mb4_general_ci"}[database.kind]
    folder = hall_folder(tmp_path, database.url, database.dialect(COUNTS.replace("FROM counts", "FROM grouped")))

    def checked() -> list[str]:
        lines = run(folder, VARIABLES, "check-hall", str(folder), "--day", str(DAY)).stdout.splitlines()
        return [line for line in lines if "systems.window" in line]

    database.execute(*_EXACT[kind], _VIEW, _GRANTS[kind])
    assert [line[:4] for line in checked()] == ["ok  "]

    another = f"INSERT INTO counts VALUES ('{DAY}', '{HALL}', 'd01', NULL, 'online_accepted', 1)"
    database.execute("DROP VIEW grouped", *_BLIND[kind], another, "UPDATE day_close SET online_accepted = 6")
    database.execute(_VIEW, _GRANTS[kind])
    lands, warning = checked()
    assert "2 rows would land, online_accepted 6" in lands
    assert warning.startswith("WARN")
    assert f"department_code ({collation})" in warning
    assert "can't be seen if a view groups by them" in warning


# --- the source is protected ------------------------------------------------------------------------------------------


def test_people_are_refused(database: Database, tmp_path: Path) -> None:
    folder = hall_folder(tmp_path, database.url, "SELECT department_code, hall_code AS name FROM counts")
    fault = _fault(lambda: source(folder).ask(REQUEST))
    assert isinstance(fault, RequestRefused)
    assert fault.problem == "counts.sql selects department_code, name; counts are asked for, and nothing else"


def test_people_are_refused_before_a_row_is_made(postgres_server: Postgres, tmp_path: Path) -> None:
    # The first row would divide by zero.
    spoiled = "SELECT department_code, 1 / (number - number) AS name FROM counts"
    fault = _fault(lambda: source(hall_folder(tmp_path, in_postgres(postgres_server).url, spoiled)).ask(REQUEST))
    assert fault.problem == "counts.sql selects department_code, name; counts are asked for, and nothing else"


def test_who_waits_for_a_connection_that_cant_be_made_hears_of_it_too(tmp_path: Path) -> None:
    """A pool of SQLAlchemy's wakes those who wait when a connection comes back, and not when making one failed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_hang_up, args=(listening,), daemon=True).start()
        url = f"postgresql+psycopg://reader@127.0.0.1:{listening.getsockname()[1]}/window"
        asked = source(hall_folder(tmp_path, url, max_connections=1))
        faults: list[SourceFault] = []
        asking = [
            threading.Thread(target=lambda: faults.append(_fault(lambda: asked.ask(REQUEST))), daemon=True)
            for _ in range(3)
        ]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(30)
    assert len(faults) == 3
    assert all("the database didn't answer" in fault.problem for fault in faults)


def _hang_up(listening: socket.socket) -> None:
    """Take each connection, and end it a moment later, as a server does that is going down."""
    with suppress(OSError):
        while True:
            connection, _ = listening.accept()
            time.sleep(0.3)
            connection.close()


def test_never_more_connections_than_allowed_and_none_left(
    served: tuple[Database, Postgres | MariaDb], tmp_path: Path
) -> None:
    database, server = served
    slow = database.dialect(SLOW.format(_SLEEP[database.kind].replace("4", "0.15")))
    asked = source(hall_folder(tmp_path, database.url, slow, max_connections=2))
    seen: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            seen.append(_sessions(server))
            time.sleep(0.02)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: asked.ask(REQUEST)[HALL], range(16)))
    finally:
        over.set()
        watching.join()

    assert all(isinstance(answer, Answer) for answer in answers)
    assert max(seen) == 2
    assert _after_a_moment(lambda: _sessions(server) == 0)


def _sessions(server: Postgres | MariaDb) -> int:
    if isinstance(server, Postgres):
        return int(server.rows("SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'")[0][0])
    return int(server.rows("SELECT count(*) FROM information_schema.processlist WHERE user = 'reader'")[0][0])


def _after_a_moment(holds: Callable[[], bool]) -> bool:
    """A server forgets a session a moment after it was closed."""
    for _ in range(200):
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_wrong_password_is_tried_once(postgres_server: Postgres, tmp_path: Path) -> None:
    asked = source(hall_folder(tmp_path, in_postgres(postgres_server).url), {"SQL_PASSWORD": "wrong"})
    log = postgres_server.servant.folder / "server.log"
    before = log.read_text().count("password authentication failed")

    faults = [_fault(lambda: asked.ask(REQUEST)) for _ in range(3)]

    assert {(type(fault), fault.problem) for fault in faults} == {(RequestRefused, faults[0].problem)}
    assert "the database didn't let the account in" in faults[0].problem
    assert log.read_text().count("password authentication failed") == before + 1


def test_a_query_that_writes_is_refused_by_the_database(database: Database, tmp_path: Path) -> None:
    writing = {
        "postgresql": "CREATE FUNCTION spoil() RETURNS bigint SECURITY DEFINER LANGUAGE sql VOLATILE "
        "AS 'DELETE FROM counts RETURNING 1'",
        "mariadb": "CREATE FUNCTION spoil() RETURNS BIGINT MODIFIES SQL DATA BEGIN DELETE FROM counts; RETURN 1; END",
    }
    if database.kind == "sqlite":
        with source(hall_folder(tmp_path, database.url.replace("mode=ro", "mode=rw")))._session(DAY) as connection:
            assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1
        return
    database.execute(writing[database.kind])
    if database.kind == "mariadb":
        database.execute(f"GRANT EXECUTE ON {database.name}.* TO reader@'127.0.0.1'")
    spoiling = database.dialect(COUNTS.replace("number AS", "spoil() AS"))

    fault = _fault(lambda: source(hall_folder(tmp_path, database.url, spoiling)).ask(REQUEST))

    assert isinstance(fault, RequestRefused)
    assert fault.problem.startswith("counts.sql: the query writes, and was refused")
    assert len(source(hall_folder(tmp_path, database.url, database.dialect(COUNTS))).ask(REQUEST)[HALL].counts) == 2  # type: ignore[union-attr]


def test_a_slow_query_is_stopped_by_the_database(database: Database, tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) SELECT max(i) FROM n"
    slow = SLOW.format(_SLEEP.get(database.kind, f"({endless})"))
    folder = hall_folder(tmp_path, database.url, database.dialect(slow), statement_timeout=0.3)

    fault = _fault(lambda: source(folder).ask(REQUEST))

    assert isinstance(fault, PassingFault)
    assert fault.problem.startswith("counts.sql: the database stopped the query")


# --- faults that pass -------------------------------------------------------------------------------------------------


def test_restarted_in_the_middle_of_a_query(served: tuple[Database, Postgres | MariaDb], tmp_path: Path) -> None:
    database, server = served
    asked = source(hall_folder(tmp_path, database.url, database.dialect(SLOW.format(_SLEEP[database.kind]))))
    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(asked.ask, REQUEST)
        assert _after_a_moment(lambda: _running(server) > 0)
        server.stop()
        fault = asking.exception()
        assert isinstance(fault, PassingFault)
        assert isinstance(_fault(lambda: asked.ask(REQUEST)), PassingFault)
        server.start()
    assert isinstance(asked.ask(REQUEST)[HALL], Answer)


def _running(server: Postgres | MariaDb) -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND query LIKE 'FETCH%' AND state = 'active'"
        if isinstance(server, Postgres)
        else "SELECT count(*) FROM information_schema.processlist WHERE user = 'reader' AND info LIKE '%sleep%'"
    )
    return int(server.rows(query)[0][0])


def test_a_connection_killed_in_the_middle_of_the_answer(
    served: tuple[Database, Postgres | MariaDb],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    database, server = served
    database.execute(*["INSERT INTO counts SELECT * FROM counts"] * 17)
    asked = source(hall_folder(tmp_path, database.url, database.dialect(COUNTS)))
    batches, more = sql_rows._batches, sql_columns._Stream._more
    read: list[int] = []

    def has_read(rows: int) -> None:
        read.append(rows)
        if sum(read) > 20_000:
            _kill(server)

    def interrupted(cursor: object) -> Iterator[Sequence[Sequence[object]]]:
        for batch in batches(cursor):
            has_read(len(batch))
            yield batch

    def interrupted_copy(stream: sql_columns._Stream) -> bytes:
        content = more(stream)
        has_read(content.count(b"\n"))
        return content

    monkeypatch.setattr(sql_rows, "_batches", interrupted)
    monkeypatch.setattr(sql_columns._Stream, "_more", interrupted_copy)
    fault = _fault(lambda: asked.ask(REQUEST))
    monkeypatch.undo()

    assert 20_000 < sum(read) < 2**18
    assert not [record for record in caplog.records if record.name.startswith("sqlalchemy")]
    assert isinstance(fault, PassingFault)
    assert fault.problem.startswith("counts.sql: the database didn't answer")
    answer = asked.ask(REQUEST)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.counts) == 2**18


def _kill(server: Postgres | MariaDb) -> None:
    if isinstance(server, Postgres):
        server.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        return
    server.execute("KILL USER reader@'127.0.0.1'")


def test_a_database_that_somebody_writes_to_is_asked_again(tmp_path: Path) -> None:
    database = in_sqlite(tmp_path)
    asked = source(hall_folder(tmp_path / "hall", database.url, timeout=1))
    with closing(sqlite3.connect(tmp_path / database.name, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        fault = _fault(lambda: asked.ask(REQUEST))
        writer.execute("ROLLBACK")
    assert isinstance(fault, PassingFault)
    assert fault.problem == "day_close.sql: the database didn't answer (database is locked)"
    assert isinstance(asked.ask(REQUEST)[HALL], Answer)


def test_a_database_in_gbk_is_converted(postgres_server: Postgres, tmp_path: Path) -> None:
    counts = COUNTS.replace("item_code,", f"convert_from('\\x{'财政'.encode('gbk').hex()}', 'GBK') AS item_code,")
    answer = source(hall_folder(tmp_path, in_postgres(postgres_server).url, counts)).ask(REQUEST)[HALL]
    assert isinstance(answer, Answer)
    assert {row["item_code"] for row in rows_of(answer)} == {"财政"}


def test_a_database_that_doesnt_know_its_encoding(postgres_server: Postgres, tmp_path: Path) -> None:
    postgres_server.execute("CREATE DATABASE bytes ENCODING SQL_ASCII TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    postgres_server.execute(*TABLES, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database="bytes")
    database = in_postgres(postgres_server)
    url = database.url.replace(f"/{database.name}", "/bytes")
    escaped = "".join(f"\\x{byte:02x}" for byte in "财政".encode("gbk"))
    counts = COUNTS.replace("item_code,", f"E'{escaped}' AS item_code,")

    fault = _fault(lambda: source(hall_folder(tmp_path, url, counts)).ask(REQUEST))
    assert isinstance(fault, PermanentFault)
    assert (
        fault.problem
        == "counts.sql: the database couldn't work out a value (invalid byte sequence for encoding …: 0xb2)"
    )

    answer = source(hall_folder(tmp_path, f"{url}&client_encoding=gbk", counts)).ask(REQUEST)[HALL]
    assert isinstance(answer, Answer)
    assert {row["item_code"] for row in rows_of(answer)} == {"财政"}
