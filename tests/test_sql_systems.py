"""Hall systems of kind `sql` against real servers: how they are asked and answer, and what the servers see of it."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from orchestration.hall_systems import sql_answers
from orchestration.hall_systems.contract import (
    Answer,
    NothingForDay,
    PassingFault,
    PermanentFault,
    Question,
    QuestionRefused,
    SourceFault,
    whole_number,
)
from orchestration.hall_systems.sql_dialects import dialects
from orchestration.settings import SettingsError
from tests.servers.mariadb import MariaDb, mariadb
from tests.servers.postgres import Postgres, postgres
from tests.sql_halls import (
    COUNTS,
    COUNTS_OF_ALL,
    DAY,
    DAY_CLOSE,
    DAY_CLOSE_OF_ALL,
    HALL,
    OTHER,
    VARIABLES,
    Database,
    hall_folder,
    in_mariadb,
    in_postgres,
    in_sqlite,
    source,
)

QUESTION = Question(DAY, (HALL,))
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

    answer = asked.ask(QUESTION)[HALL]

    assert asked.by_hall
    assert isinstance(answer, Answer)
    assert answer.declared == {"online_accepted": 5, "online_completed": 7}
    assert [(row["department_code"], row["measure"], row["count"], row["origin"]) for row in answer.rows] == [
        ("D01", "online_accepted", 5, "counts.sql row 1"),
        ("D02", "online_completed", 7, "counts.sql row 2"),
    ]
    assert {row["stat_date"] for row in answer.rows} == {DAY.isoformat()}
    assert {row["hall_code"] for row in answer.rows} == {HALL}
    assert database.name in answer.source
    assert VARIABLES["SQL_PASSWORD"] not in answer.source


def test_several_halls_at_once_each_with_its_own_record(database: Database, tmp_path: Path) -> None:
    database.execute(
        f"INSERT INTO counts VALUES ('{DAY}', '{OTHER}', 'D01', NULL, 'online_accepted', 11)",
        f"INSERT INTO day_close VALUES ('{DAY}', '{OTHER}', 11, 0)",
        f"INSERT INTO counts VALUES ('{DAY}', '510300', 'D01', NULL, 'online_accepted', 13)",
        f"INSERT INTO day_close VALUES ('{DAY}', '510400', 1, 1)",
        f"INSERT INTO day_close VALUES ('{DAY}', '510400', 1, 1)",
    )
    halls = (HALL, OTHER, "510300", "510400")
    folder = hall_folder(tmp_path, database.url, database.dialect(COUNTS_OF_ALL), DAY_CLOSE_OF_ALL, halls=halls)
    asked = source(folder)

    said = asked.ask(Question(DAY, halls))

    assert not asked.by_hall
    assert [row["count"] for row in said[HALL].rows] == [5, 7]  # type: ignore[union-attr]
    assert said[HALL].declared == {"online_accepted": 5, "online_completed": 7}  # type: ignore[union-attr]
    assert [row["count"] for row in said[OTHER].rows] == [11]  # type: ignore[union-attr]
    assert said[OTHER].declared == {"online_accepted": 11, "online_completed": 0}  # type: ignore[union-attr]
    assert isinstance(said["510300"], NothingForDay)
    assert isinstance(said["510400"], PermanentFault)
    assert "finds 2 closing records" in said["510400"].problem


def test_some_of_the_halls_are_asked_and_no_other_answers(database: Database, tmp_path: Path) -> None:
    everything = 'SELECT stat_date, hall_code, department_code, item_code, measure, number AS "count" FROM counts'
    database.execute(f"INSERT INTO counts VALUES ('{DAY}', '{OTHER}', 'D01', NULL, 'online_accepted', 11)")
    folder = hall_folder(tmp_path, database.url, database.dialect(everything), DAY_CLOSE_OF_ALL, halls=(HALL, OTHER))
    assert list(source(folder).ask(QUESTION)) == [HALL]

    database.execute(f"INSERT INTO counts VALUES ('{DAY}', '999999', 'D01', NULL, 'online_accepted', 11)")
    fault = _fault(lambda: source(folder).ask(QUESTION))
    assert "is of hall '999999', which the system isn't set to answer for" in fault.problem


def test_a_day_without_a_closing_record_is_missing_and_isnt_counted(database: Database, tmp_path: Path) -> None:
    database.execute("DELETE FROM day_close", "DROP TABLE counts")
    (fault,) = source(hall_folder(tmp_path, database.url)).ask(QUESTION).values()
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


def _cases(database: Database, folder: Path, zone: str) -> int:
    if database.kind == "postgresql":
        database.execute("GRANT SELECT ON cases TO reader")
    if database.kind == "mariadb":
        database.execute(f"GRANT SELECT ON {database.name}.cases TO reader@'127.0.0.1'")
    counts = (
        f"SELECT :day AS stat_date, '{HALL}' AS hall_code, 'D01' AS department_code, NULL AS item_code, "
        "'online_accepted' AS measure, COUNT(*) AS \"count\" "
        "FROM cases WHERE accepted_at >= :day_start AND accepted_at < :day_end"
    )
    answer = source(hall_folder(folder, database.url, database.dialect(counts), timezone=zone)).ask(QUESTION)[HALL]
    assert isinstance(answer, Answer)
    count: int = answer.rows[0]["count"]
    return count


def test_a_long_answer_comes_in_batches_and_whole(database: Database, tmp_path: Path) -> None:
    database.execute(
        "INSERT INTO counts SELECT stat_date, hall_code, 'D03', NULL, 'online_accepted', number FROM counts LIMIT 1",
        *["INSERT INTO counts SELECT * FROM counts WHERE department_code = 'D03'"] * 15,
    )
    answer = source(hall_folder(tmp_path, database.url, database.dialect(COUNTS))).ask(QUESTION)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.rows) == 2 + 2**15
    assert answer.rows[-1]["origin"] == f"counts.sql row {2 + 2**15}"


# --- the source is protected ------------------------------------------------------------------------------------------


def test_people_are_refused(database: Database, tmp_path: Path) -> None:
    folder = hall_folder(tmp_path, database.url, "SELECT department_code, hall_code AS name FROM counts")
    fault = _fault(lambda: source(folder).ask(QUESTION))
    assert isinstance(fault, QuestionRefused)
    assert fault.problem == "counts.sql selects department_code, name; counts are asked for, and nothing else"


def test_people_are_refused_before_a_row_is_made(postgres_server: Postgres, tmp_path: Path) -> None:
    # The first row would divide by zero.
    spoiled = "SELECT department_code, 1 / (number - number) AS name FROM counts"
    fault = _fault(lambda: source(hall_folder(tmp_path, in_postgres(postgres_server).url, spoiled)).ask(QUESTION))
    assert fault.problem == "counts.sql selects department_code, name; counts are asked for, and nothing else"


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
            answers = list(threads.map(lambda _: asked.ask(QUESTION)[HALL], range(16)))
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


def test_a_query_that_writes_is_refused_by_the_database(database: Database, tmp_path: Path) -> None:
    writing = {
        "postgresql": "CREATE FUNCTION spoil() RETURNS bigint SECURITY DEFINER LANGUAGE sql VOLATILE "
        "AS 'DELETE FROM counts RETURNING 1'",
        "mariadb": "CREATE FUNCTION spoil() RETURNS BIGINT MODIFIES SQL DATA BEGIN DELETE FROM counts; RETURN 1; END",
    }
    if database.kind == "sqlite":
        with source(hall_folder(tmp_path, database.url.replace("mode=ro", "mode=rw")))._session() as connection:
            assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1
        return
    database.execute(writing[database.kind])
    if database.kind == "mariadb":
        database.execute(f"GRANT EXECUTE ON {database.name}.* TO reader@'127.0.0.1'")
    spoiling = database.dialect(COUNTS.replace("number AS", "spoil() AS"))

    fault = _fault(lambda: source(hall_folder(tmp_path, database.url, spoiling)).ask(QUESTION))

    assert isinstance(fault, QuestionRefused)
    assert fault.problem.startswith("counts.sql: the query writes, and was refused")
    assert len(source(hall_folder(tmp_path, database.url, database.dialect(COUNTS))).ask(QUESTION)[HALL].rows) == 2  # type: ignore[union-attr]


def test_a_slow_query_is_stopped_by_the_database(database: Database, tmp_path: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) SELECT max(i) FROM n"
    slow = SLOW.format(_SLEEP.get(database.kind, f"({endless})"))
    folder = hall_folder(tmp_path, database.url, database.dialect(slow), statement_timeout=0.3)

    fault = _fault(lambda: source(folder).ask(QUESTION))

    assert isinstance(fault, PassingFault)
    assert fault.problem.startswith("counts.sql: the database stopped the query")


# --- faults that pass -------------------------------------------------------------------------------------------------


def test_restarted_in_the_middle_of_a_query(served: tuple[Database, Postgres | MariaDb], tmp_path: Path) -> None:
    database, server = served
    asked = source(hall_folder(tmp_path, database.url, database.dialect(SLOW.format(_SLEEP[database.kind]))))
    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(asked.ask, QUESTION)
        assert _after_a_moment(lambda: _running(server) > 0)
        server.stop()
        fault = asking.exception()
        assert isinstance(fault, PassingFault)
        assert isinstance(_fault(lambda: asked.ask(QUESTION)), PassingFault)
        server.start()
    assert isinstance(asked.ask(QUESTION)[HALL], Answer)


def _running(server: Postgres | MariaDb) -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND query LIKE 'FETCH%' AND state = 'active'"
        if isinstance(server, Postgres)
        else "SELECT count(*) FROM information_schema.processlist WHERE user = 'reader' AND info LIKE '%sleep%'"
    )
    return int(server.rows(query)[0][0])


def test_a_connection_killed_in_the_middle_of_the_answer(
    served: tuple[Database, Postgres | MariaDb], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, server = served
    database.execute(*["INSERT INTO counts SELECT * FROM counts"] * 17)
    asked = source(hall_folder(tmp_path, database.url, database.dialect(COUNTS)))
    whole = sql_answers._batches
    read: list[int] = []

    def interrupted(cursor: object) -> Iterator[Sequence[Sequence[object]]]:
        for batch in whole(cursor):
            read.append(len(batch))
            if sum(read) > 20_000:
                _kill(server)
            yield batch

    monkeypatch.setattr(sql_answers, "_batches", interrupted)
    fault = _fault(lambda: asked.ask(QUESTION))
    monkeypatch.undo()

    assert 20_000 < sum(read) < 2**18
    assert isinstance(fault, PassingFault)
    assert fault.problem.startswith("counts.sql: the database didn't answer")
    answer = asked.ask(QUESTION)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.rows) == 2**18


def _kill(server: Postgres | MariaDb) -> None:
    if isinstance(server, Postgres):
        server.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
        return
    server.execute("KILL USER reader@'127.0.0.1'")


# --- dialects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "title", "install"),
    [
        ("oracle+oracledb://a:b@h/s", "Oracle", "oracledb"),
        ("mssql+pyodbc://a:b@h/s", "SQL Server", "pyodbc"),
        ("dm+dmPython://a:b@h:5236/s", "达梦", "dmSQLAlchemy dmPython"),
        ("kingbase+ksycopg2://a:b@h:54321/s", "人大金仓 KingbaseES", "ksycopg2 and the SQLAlchemy dialect"),
    ],
)
def test_a_driver_that_isnt_installed_is_named(url: str, title: str, install: str, tmp_path: Path) -> None:
    assert url.partition("://")[0] in dialects()
    with pytest.raises(SettingsError, match=f"^{title} needs a driver that isn't installed: {install}"):
        source(hall_folder(tmp_path, url))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://h/x", "begins with 'ftp'; allowed are postgresql+psycopg, mysql+pymysql, mariadb+pymysql, sqlite"),
        ("postgresql://h/x", "begins with 'postgresql'; allowed are postgresql+psycopg"),
        ("nothing", "key database: isn't a URL such as postgresql+psycopg://"),
        ("${URL}", "key database: isn't a URL such as postgresql+psycopg://"),
        ("postgresql+psycopg://a:${ABSENT}@h/x", "the environment variable ABSENT isn't set"),
    ],
)
def test_a_url_that_cant_be_used_is_refused_without_its_password(url: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        source(hall_folder(tmp_path, url), {"URL": "postgresql+psycopg://a:geheim:x@h:port/x"})
    assert says in str(raised.value)
    assert "geheim" not in str(raised.value)


def test_a_whole_url_may_be_a_secret(database: Database, tmp_path: Path) -> None:
    written = sa.engine.make_url(database.url).set(password=VARIABLES["SQL_PASSWORD"])
    whole = written.render_as_string(hide_password=False) if database.kind != "sqlite" else database.url
    asked = source(hall_folder(tmp_path, "${URL}", database.dialect(COUNTS)), {"URL": whole})
    assert isinstance(asked.ask(QUESTION)[HALL], Answer)


# --- reviewed queries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"counts": "../counts.sql"}, "key counts: ../counts.sql lies outside the hall's folder"),
        ({"counts": "/etc/passwd"}, "key counts: /etc/passwd lies outside the hall's folder"),
        ({"day_close": "absent.sql"}, "key day_close: absent.sql can't be read (No such file or directory)"),
        ({"day_close": "gbk.sql"}, "key day_close: gbk.sql isn't UTF-8"),
        (
            {"day_close": "two.sql"},
            "key day_close: two.sql must hold one SELECT (or WITH … SELECT), and holds SELECT, DELETE",
        ),
        ({"day_close": "delete.sql"}, "must hold one SELECT (or WITH … SELECT), and holds DELETE"),
        ({"day_close": "empty.sql"}, "must hold one SELECT (or WITH … SELECT), and holds nothing"),
        (
            {"day_close": "unknown.sql"},
            "unknown.sql takes :date, :month; the parameters are :day, :hall, :halls, :day_start",
        ),
        (
            {"counts": "all.sql", "halls": [HALL, OTHER]},
            "day_close.sql takes :hall, and all.sql asks for several halls",
        ),
    ],
)
def test_a_query_that_isnt_a_reviewed_question_is_refused(
    settings: dict[str, object], says: str, tmp_path: Path
) -> None:
    folder = hall_folder(tmp_path / "hall", "sqlite:///x", **settings)
    (tmp_path / "counts.sql").write_text(COUNTS)
    (folder / "gbk.sql").write_bytes("-- 日结\nSELECT 1".encode("gbk"))
    (folder / "two.sql").write_text("SELECT 1; -- and\nDELETE FROM counts")
    (folder / "delete.sql").write_text("DELETE FROM counts")
    (folder / "empty.sql").write_text("-- later\n")
    (folder / "unknown.sql").write_text("SELECT online_accepted FROM day_close WHERE stat_date = :date OR m = :month")
    (folder / "all.sql").write_text(COUNTS_OF_ALL)
    with pytest.raises(SettingsError) as raised:
        source(folder)
    assert says in str(raised.value)


def test_a_symbolic_link_doesnt_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.sql").write_text(COUNTS)
    folder = hall_folder(tmp_path / "hall", "sqlite:///x", counts="link.sql")
    (folder / "link.sql").symlink_to(tmp_path / "elsewhere.sql")
    with pytest.raises(SettingsError, match=r"link\.sql lies outside the hall's folder"):
        source(folder)


def test_colons_in_comments_and_texts_are_no_parameters(database: Database, tmp_path: Path) -> None:
    odd = COUNTS.replace("-- Counts", "/* at 10:30, :never */ -- 100 % :sure;").replace(
        "AND stat_date", "AND 'a:b :c; %' <> '10:30' AND stat_date"
    )
    answer = source(hall_folder(tmp_path, database.url, database.dialect(odd))).ask(QUESTION)[HALL]
    assert isinstance(answer, Answer)
    assert len(answer.rows) == 2


def test_a_mistake_is_named_with_its_line(served: tuple[Database, object], tmp_path: Path) -> None:
    database, _ = served
    wrong = "\n\n" + COUNTS.replace("WHERE", "WEHRE x x")
    fault = _fault(lambda: source(hall_folder(tmp_path, database.url, database.dialect(wrong))).ask(QUESTION))
    assert isinstance(fault, QuestionRefused)
    assert fault.problem.startswith("counts.sql line 6: the database refused the query")


# --- whole numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "whole"),
    [("5", 5), ("5.000", 5), ("-0", 0), ("1E+3", 1000), ("999999999999999999", 999999999999999999)],
)
def test_an_exact_decimal_is_a_whole_number(value: str, whole: int) -> None:
    assert whole_number(Decimal(value)) == whole
    assert type(whole_number(Decimal(value))) is int


@pytest.mark.parametrize("value", ["5.5", "1E-30", "1000000000000000000", "1E+999999", "NaN", "sNaN", "Infinity"])
def test_any_other_decimal_stays_as_it_came(value: str) -> None:
    assert isinstance(whole_number(Decimal(value)), Decimal)


def test_nothing_is_said_of_other_days(database: Database, tmp_path: Path) -> None:
    (fault,) = source(hall_folder(tmp_path, database.url)).ask(Question(DAY - dt.timedelta(days=1), (HALL,))).values()
    assert isinstance(fault, NothingForDay)
    assert DAY_CLOSE not in fault.problem
