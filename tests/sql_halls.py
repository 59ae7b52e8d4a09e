"""A hall with one system of kind `sql`, and its tables in a fresh database of each server."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from orchestration.config.hall import load_hall
from orchestration.sources.sql.source import SqlSource
from tests.http_halls import toml
from tests.servers.mariadb import MariaDb
from tests.servers.postgres import PASSWORD, Postgres

DAY = dt.date(2025, 3, 12)
HALL, OTHER = "510000", "510100"
MEASURES = ("online_accepted", "online_completed")
VARIABLES = {"SQL_PASSWORD": PASSWORD}
TABLES = (
    """CREATE TABLE counts (stat_date DATE, hall_code VARCHAR(20), department_code VARCHAR(20), item_code VARCHAR(20),
        measure VARCHAR(40), number BIGINT)""",
    "CREATE TABLE day_close (stat_date DATE, hall_code VARCHAR(20), online_accepted BIGINT, online_completed BIGINT)",
    f"INSERT INTO counts VALUES ('{DAY}', '{HALL}', 'D01', NULL, 'online_accepted', 5)",
    f"INSERT INTO counts VALUES ('{DAY}', '{HALL}', 'D02', NULL, 'online_completed', 7)",
    f"INSERT INTO day_close VALUES ('{DAY}', '{HALL}', 5, 7)",
)
COUNTS = """-- Counts of :day, as the system keeps them.
SELECT stat_date, hall_code, department_code, item_code, measure, number AS "count"
FROM counts
WHERE hall_code = :hall AND stat_date = :day
ORDER BY department_code;
"""
DAY_CLOSE = """SELECT online_accepted, online_completed
FROM day_close
WHERE hall_code = :hall AND stat_date = :day
"""
# All halls at once.
COUNTS_OF_ALL = COUNTS.replace("= :hall", "IN :halls")
DAY_CLOSE_OF_ALL = DAY_CLOSE.replace("= :hall", "IN :halls").replace("SELECT", "SELECT hall_code,")
_numbers = count(1)


@dataclass(frozen=True)
class Database:
    """A fresh database with the tables and one good day.

    Attributes:
        kind: postgresql, mariadb or sqlite.
        url: as the settings name it.
        execute: runs statements in it as its keeper.
        server: what can be stopped and asked, where there is one.
    """

    kind: str
    url: str
    execute: Callable[..., None]
    name: str

    def dialect(self, query: str) -> str:
        """A query as this database writes it: MariaDB quotes names with backticks."""
        return query.replace('"', "`") if self.kind == "mariadb" else query


def in_postgres(server: Postgres) -> Database:
    name = f"hall{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name}")
    server.execute(*TABLES, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database=name)
    tls = f"sslmode=verify-full&sslrootcert={server.ca}"
    url = f"postgresql+psycopg://reader:${{SQL_PASSWORD}}@127.0.0.1:{server.port}/{name}?{tls}"
    return Database("postgresql", url, lambda *texts: server.execute(*texts, database=name), name)


def in_mariadb(server: MariaDb) -> Database:
    name = f"hall{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
    server.execute(*TABLES, database=name)
    server.execute(*(f"GRANT SELECT ON {name}.{table} TO reader@'127.0.0.1'" for table in ("counts", "day_close")))
    url = f"mysql+pymysql://reader:${{SQL_PASSWORD}}@127.0.0.1:{server.port}/{name}"
    return Database("mariadb", url, lambda *texts: server.execute(*texts, database=name), name)


def in_sqlite(folder: Path) -> Database:
    path = folder / f"hall{next(_numbers)}.sqlite"

    def execute(*texts: str) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            for text in texts:
                connection.execute(text)

    execute(*TABLES)
    return Database("sqlite", f"sqlite:///file:{path}?mode=ro&uri=true", execute, path.name)


def hall_folder(
    folder: Path, url: str, counts: str = COUNTS, day_close: str = DAY_CLOSE, /, **settings: object
) -> Path:
    """A hall's folder with one system; `settings` are further keys of it, as JSON writes them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "counts.sql").write_text(counts, encoding="utf-8")
    (folder / "day_close.sql").write_text(day_close, encoding="utf-8")
    keys = {
        "kind": "sql",
        "title": "窗口系统",
        "opens": "every_day",
        "measures": MEASURES,
        "database": url,
        "counts": "counts.sql",
        "day_close": "day_close.sql",
        **settings,
    }
    system = "\n".join(f"{key} = {toml(value)}" for key, value in keys.items())
    (folder / "hall.toml").write_text(
        f'code = "{HALL}"\nname = "四川省政务服务大厅"\nfirst_day = 2023-01-01\nwording = "wording.txt.j2"\n'
        "[retries]\nattempts = 1\n"
        '[certification]\npolicy = "automatic"\nsigners = "s.toml"\nkey = "k.pem"\npassphrase = "P"\n'
        f"[systems.window]\n{system}\n",
        encoding="utf-8",
    )
    return folder


def source(folder: Path, variables: Mapping[str, str] = VARIABLES) -> SqlSource:
    """The one system of a hall's folder, opened."""
    hall = load_hall(folder)
    system = hall.hall.systems["window"]
    return SqlSource(system, folder, hall.hall.sites_of("window"), variables, hall.hall.zone)  # type: ignore[arg-type]
