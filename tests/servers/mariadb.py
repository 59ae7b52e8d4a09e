"""A real MariaDB on loopback: `keeper` owns it, and accounts of tests read from it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pymysql

from tests.servers.programs import program
from tests.servers.unprivileged import Servant, free_port, servant, until_it_answers

PASSWORD = "geheim@/:123"


@dataclass
class MariaDb:
    """A running server; it can be stopped and started again."""

    servant: Servant
    port: int
    _process: subprocess.Popen[bytes] = field(init=False)

    def connect(self, database: str | None = None) -> pymysql.Connection[Any]:
        """A connection of the keeper, who may do everything."""
        socket = str(self.servant.folder / "socket")
        return pymysql.connect(
            unix_socket=socket,
            user="keeper",
            password=PASSWORD,
            database=database,
            autocommit=True,
            charset="utf8mb4",
            # Over a socket; to look for certificates costs more than what is asked.
            ssl_disabled=True,
            # The keeper still sees all of a server that a case has set to cut answers or to refuse a large SELECT.
            init_command=f"SET sql_big_selects = 1, sql_select_limit = {2**64 - 1}",
        )

    def execute(self, *statements: str, database: str | None = None) -> None:
        """Run statements as the keeper."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query: str, database: str | None = None) -> Sequence[tuple[Any, ...]]:
        """What a query of the keeper answers."""
        with closing(self.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
            return rows

    @contextmanager
    def settings_kept(self) -> Iterator[None]:
        """Give the server back what was changed of its settings."""
        query = "SHOW GLOBAL VARIABLES"
        before = self.rows(query)
        try:
            yield
        finally:
            changed = set(before) - set(self.rows(query))
            with closing(self.connect()) as connection, connection.cursor() as cursor:
                for name, value in changed:
                    cursor.execute(f"SET GLOBAL {name} = %s", (int(value) if value.isdecimal() else value,))
            assert self.rows(query) == before

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        first = self.servant.folder / "first.sql"
        self._process = self.servant.start(
            *(program("mariadbd", "mariadb-server"), "--no-defaults", f"--datadir={self.servant.folder / 'data'}"),
            *(f"--socket={self.servant.folder / 'socket'}", "--bind-address=127.0.0.1", f"--port={self.port}"),
            *(f"--pid-file={self.servant.folder / 'pid'}", f"--init-file={first}", "--max-connections=30"),
            *("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", "--skip-name-resolve"),
        )
        until_it_answers(self._process, lambda: self.connect().close(), pymysql.MySQLError)

    def stop(self) -> None:
        """Stop it at once, disconnecting everybody."""
        self._process.terminate()
        self._process.wait(timeout=60)


@contextmanager
def mariadb() -> Iterator[MariaDb]:
    """A fresh server with the account `reader` (password `PASSWORD`), over TCP."""
    install = program("mariadb-install-db", "mariadb-server")
    with servant("mysql") as user:
        user.run(
            *(
                install,
                "--no-defaults",
                f"--datadir={user.folder / 'data'}",
                "--auth-root-authentication-method=normal",
            ),
            *("--skip-test-db", "--innodb-log-file-size=8M"),
        )
        first = user.folder / "first.sql"
        first.write_text(
            f"CREATE USER IF NOT EXISTS keeper@localhost IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO keeper@localhost WITH GRANT OPTION;\n"
            f"CREATE USER IF NOT EXISTS reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        )
        user.owns(first)
        server = MariaDb(user, free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
