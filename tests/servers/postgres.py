"""A real PostgreSQL on loopback, with TLS: `keeper` owns it, and accounts of tests read from it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.servers.certificates import Authority, Issued
from tests.servers.programs import program
from tests.servers.unprivileged import Servant, free_port, servant, until_it_answers

PASSWORD = "geheim@/:123"


@dataclass
class Postgres:
    """A running server; it can be stopped, started again, and asked how many sessions it has."""

    servant: Servant
    port: int
    ca: Path
    certificate: Issued
    _process: subprocess.Popen[bytes] = field(init=False)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection of the keeper, who may do everything."""
        return psycopg.connect(
            host=str(self.servant.folder), port=self.port, user="keeper", dbname=database, autocommit=True
        )

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the keeper."""
        with self.connect(database) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str, database: str = "postgres") -> Sequence[tuple[Any, ...]]:
        """What a query of the keeper answers."""
        with self.connect(database) as connection:
            return connection.execute(query.encode()).fetchall()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._process = self.servant.start(
            *(program("postgres", "postgresql"), "-D", "data", "-p", str(self.port), "-k", str(self.servant.folder)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=30", "-c", "ssl=on"),
            *("-c", f"ssl_cert_file={self.certificate.certificate}", "-c", f"ssl_key_file={self.certificate.key}"),
        )
        until_it_answers(self._process, lambda: self.connect().close(), psycopg.OperationalError)

    def stop(self) -> None:
        """Stop it at once, disconnecting everybody ("fast" shutdown)."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=60)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh server with the account `reader` (password `PASSWORD`), over TLS on TCP."""
    initdb = program("initdb", "postgresql")
    with servant("postgres") as user:
        user.run(initdb, "-D", "data", "-U", "keeper", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "--no-sync")
        authority = Authority(user.folder, "ca")
        issued = authority.issue("server")
        issued.key.chmod(0o600)
        user.owns(authority.path, issued.certificate, issued.key)
        access = "local all keeper trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        (user.folder / "data" / "pg_hba.conf").write_text(access)
        server = Postgres(user, free_port(), authority.path, issued)
        server.start()
        try:
            server.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
            yield server
        finally:
            server.stop()
