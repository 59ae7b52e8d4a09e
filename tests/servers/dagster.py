"""Dagster as a deployment runs it: the systemd units' own commands and environment, on PostgreSQL."""

from __future__ import annotations

import os
import shlex
import socket
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from orchestration.runtime.paths import PROJECT_ROOT
from tests.servers.postgres import PASSWORD, Postgres
from tests.servers.unprivileged import free_port, until_it_answers

DEPLOY = PROJECT_ROOT / "orchestration" / "deploy"
_UNITS = DEPLOY / "systemd"
_INSTALLED = {"/opt/yuebao/.venv/bin": str(Path(sys.executable).parent), "/opt/yuebao": str(PROJECT_ROOT)}


class GraphQlError(Exception):
    """Dagster's page answered with an error; the message holds it."""


@dataclass
class Page:
    """Dagster's page, asked over HTTP.

    Attributes:
        environment: what its processes and the command line beside them are given.
        daemon: what runs by itself beside the page, where something does.
    """

    url: str
    environment: Mapping[str, str] = field(repr=False)
    daemon: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def ask(self, query: str, **variables: Any) -> Any:
        """The data that a GraphQL query answers.

        Raises:
            GraphQlError: the query has errors.
        """
        answer = requests.post(f"{self.url}/graphql", json={"query": query, "variables": variables}, timeout=60)
        body = answer.json()
        if "errors" in body:
            raise GraphQlError(str(body["errors"]))
        return body["data"]


def unit_lines(name: str, key: str) -> list[str]:
    """The values that a unit of ours gives a key, those that all units share first, with this checkout's paths."""
    # A unit's name up to each dash names a folder of what it shares with others.
    dashes = [index for index, letter in enumerate(name) if letter == "-"]
    shared = [path for dash in dashes for path in sorted((_UNITS / f"{name[: dash + 1]}.service.d").glob("*.conf"))]
    text = "".join(path.read_text() for path in [*shared, *(path for path in [_UNITS / name] if path.exists())])
    return [in_checkout(line.removeprefix(f"{key}=")) for line in text.splitlines() if line.startswith(f"{key}=")]


def in_checkout(text: str) -> str:
    """A unit's text with the paths of this checkout in place of those of an installation."""
    for installed, here in _INSTALLED.items():
        text = text.replace(installed, here)
    return text


@contextmanager
def engineers_house(folder: Path, database: Postgres, hall: Path, **more: str) -> Iterator[Page]:
    """Code location, page and daemon, with their state in a folder; they are stopped at the end."""
    environment = _environment(folder, database, hall) | more
    dagster_home = Path(environment["DAGSTER_HOME"])
    dagster_home.mkdir(parents=True)
    (dagster_home / "dagster.yaml").symlink_to(DEPLOY / "dagster.yaml")
    page = Page(f"http://127.0.0.1:{environment['YUEBAO_PAGE_PORT']}", environment)
    with ExitStack() as stack:
        code = stack.enter_context(service("yuebao-code-location", environment))
        # Each health check imports Dagster: nobody asks before somebody listens.
        address = ("127.0.0.1", int(environment["YUEBAO_CODE_PORT"]))
        until_it_answers(code, lambda: socket.create_connection(address).close(), OSError)
        health: list[str | Path] = [Path(sys.executable).with_name("dagster"), "api", "grpc-health-check", "-p"]
        until_it_answers(code, lambda: _run(*health, environment["YUEBAO_CODE_PORT"]), subprocess.CalledProcessError)
        server = stack.enter_context(service("yuebao-webserver", environment))
        stack.enter_context(service("yuebao-viewers", environment))
        page.daemon = stack.enter_context(service("yuebao-daemon", environment))
        until_it_answers(server, lambda: requests.get(f"{page.url}/server_info", timeout=5), requests.RequestException)
        yield page


@contextmanager
def webserver(environment: Mapping[str, str]) -> Iterator[Page]:
    """Dagster's page alone, on the state and history that an environment names, as a developer opens it."""
    page = Page(f"http://127.0.0.1:{free_port()}", environment)
    program = Path(sys.executable).with_name("dagster-webserver")
    command: list[str | Path] = [program, "-m", "orchestration.definitions", "-p", page.url.rpartition(":")[2]]
    with _running(command, {**os.environ, **environment}, Path(environment["YUEBAO_HOME"], "webserver.log")) as server:
        until_it_answers(server, lambda: requests.get(f"{page.url}/server_info", timeout=5), requests.RequestException)
        yield page


def _environment(folder: Path, database: Postgres, hall: Path) -> dict[str, str]:
    database.execute(f"CREATE ROLE dagster LOGIN PASSWORD '{PASSWORD}'", "CREATE DATABASE dagster OWNER dagster")
    state = folder / "state"
    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    escaped = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
    (secrets / "pgpass").write_text(f"127.0.0.1:{database.port}:dagster:dagster:{escaped}\n")
    (secrets / "pgpass").chmod(0o600)
    declared = " ".join(unit_lines("yuebao-code-location.service", "Environment"))
    declared = declared.replace("/var/lib/yuebao", str(state)).replace("%d", str(secrets))
    return {
        **{name: os.environ[name] for name in ("PATH", "LANG", "HOME", "PYTHONPATH") if name in os.environ},
        **dict(word.split("=", 1) for word in shlex.split(declared)),
        "CREDENTIALS_DIRECTORY": str(secrets),
        "YUEBAO_HALL": str(hall),
        "YUEBAO_PG_PORT": str(database.port),
        "YUEBAO_PAGE_PORT": str(free_port()),
        "YUEBAO_VIEW_PORT": str(free_port()),
        "YUEBAO_CODE_PORT": str(free_port()),
    }


@contextmanager
def service(name: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A service of ours as systemd starts it; what it says goes to a file by its name beside the state."""
    (start,) = unit_lines(f"{name}.service", "ExecStart")
    command = shlex.split(string.Template(start).substitute(environment))
    with _running(command, environment, Path(environment["YUEBAO_HOME"], f"{name}.log")) as process:
        yield process


@contextmanager
def _running(
    command: list[str] | list[str | Path], environment: Mapping[str, str], said: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("wb") as log:
        process = subprocess.Popen(command, env=dict(environment), cwd=PROJECT_ROOT, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True)
