"""OpenSSH's own server with SFTP and nothing else, on an ephemeral port, with a host key and users' keys of its own."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers.programs import program
from tests.servers.unprivileged import free_port

_WITHIN = 10.0
_OPENED = re.compile(r"Connection from 127\.0\.0\.1 port (\d+) ")
_CLOSED = re.compile(r"(?:Disconnected from|Connection (?:closed|reset) by) .*127\.0\.0\.1 port (\d+)")


@dataclass(frozen=True)
class SftpServer:
    """A running server.

    Attributes:
        known_hosts: a file that holds its host key.
        key: the private key that its user (this process's) logs in with.
        log: what it wrote, one line per connection opened and closed among them.
    """

    port: int
    user: str
    known_hosts: Path
    key: Path
    log: Path

    @property
    def url(self) -> str:
        return f"sftp://127.0.0.1:{self.port}"

    def connections(self) -> list[int]:
        """How many connections were open after each that was opened or closed."""
        now: set[str] = set()
        counts = []
        for line in self.log.read_text(encoding="utf-8").splitlines():
            if found := _OPENED.match(line):
                now.add(found[1])
            elif found := _CLOSED.match(line):
                now.discard(found[1])
            else:
                continue
            counts.append(len(now))
        return counts

    def wait_until_closed(self) -> None:
        """Wait until no connection is open any more."""
        _wait_for(lambda: self.connections()[-1:] == [0], "a connection stays open", self.log)


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[SftpServer]:
    """A server that keeps its files in `folder` and stops at the end."""
    sshd = program("sshd", "openssh-server")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "authorized_keys").write_bytes((folder / "user.pub").read_bytes())
    port = free_port()
    kind, key = (folder / "host.pub").read_text(encoding="ascii").split()[:2]
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {kind} {key}\n", encoding="ascii")
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    server = SftpServer(port, user, folder / "known_hosts", folder / "user", folder / "log")
    (folder / "config").write_text(_config(folder, port), encoding="utf-8")
    with server.log.open("wb") as log:
        process = subprocess.Popen([sshd, "-D", "-e", "-f", folder / "config"], stderr=log, stdin=subprocess.DEVNULL)
        try:
            _wait_for(lambda: _greets(port), "sshd didn't start", server.log)
            yield server
        finally:
            process.terminate()
            process.wait(_WITHIN)


def _config(folder: Path, port: int) -> str:
    return f"""
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
LogLevel VERBOSE
MaxStartups 100
Subsystem sftp internal-sftp -l INFO
"""


def _greets(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as greeted:
        return greeted.recv(4) == b"SSH-"
    return False


def _wait_for(reached: Callable[[], bool], otherwise: str, log: Path) -> None:
    end = time.monotonic() + _WITHIN
    while not reached():
        if time.monotonic() > end:
            raise RuntimeError(f"{otherwise}: {log.read_text(encoding='utf-8')}")
        time.sleep(0.05)
