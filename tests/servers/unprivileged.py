"""Database servers refuse to run as root: they run as a user of their own, in a folder that is theirs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_SECONDS = 60


@dataclass(frozen=True)
class Servant:
    """A user that a server runs as (nobody else than who we are, unless we are root), and its folder."""

    folder: Path
    user: str | None

    def run(self, *command: str | Path, **more: Any) -> None:
        """Run a command to its end.

        Raises:
            subprocess.CalledProcessError: it ended with another code than 0.
        """
        subprocess.run(command, user=self.user, cwd=self.folder, check=True, capture_output=True, **more)

    def start(self, *command: str | Path) -> subprocess.Popen[bytes]:
        """Start a server; what it says goes to server.log in its folder."""
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(command, user=self.user, cwd=self.folder, stdout=log, stderr=log)

    def owns(self, *paths: Path) -> None:
        """Hand files that we wrote to the server's user."""
        if self.user:
            for path in paths:
                shutil.chown(path, self.user)


def until_it_answers(process: subprocess.Popen[bytes], ask: Callable[[], object], refused: type[Exception]) -> None:
    """Ask a server that was started until it answers.

    Raises:
        Exception: `refused`, as it was raised last, when the server ended or a minute is over.
    """
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            ask()
        except refused:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@contextmanager
def servant(user: str) -> Iterator[Servant]:
    """A folder with a short path (a socket's path may have 107 characters at most), removed at the end."""
    as_user = _existing(user) if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="yuebao-"))
    try:
        made = Servant(folder, as_user)
        made.owns(folder)
        yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _existing(user: str) -> str:
    try:
        return pwd.getpwnam(user).pw_name
    except KeyError:
        return "nobody"


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
