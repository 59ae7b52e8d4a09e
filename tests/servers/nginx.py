"""A real nginx on loopback with the deployment's own configuration, in front of Dagster's page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from orchestration.runtime.paths import PROJECT_ROOT
from tests.servers.programs import program
from tests.servers.unprivileged import free_port, servant, until_it_answers

NAME, PASSWORD = "li", "geheim"
VIEWER, VIEWERS_PASSWORD = "kan", "nur"
_TEMPLATE = PROJECT_ROOT / "orchestration" / "deploy" / "nginx.conf.template"
_TEMPORARY = "".join(
    f"{kind}_temp_path {kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)  # Debian's default places are root's


@contextmanager
def nginx(page: str, view: str) -> Iterator[str]:
    """The address of a proxy in front of two pages (`host:port`): `NAME` may use the one, `VIEWER` see the other."""
    port = free_port()
    with servant("www-data") as user:
        named = {
            "LISTEN": f"127.0.0.1:{port}",
            "PAGE": page,
            "VIEW": view,
            "HTPASSWD": _names(user.folder / "operators", NAME, PASSWORD),
            "VIEWERS_HTPASSWD": _names(user.folder / "viewers", VIEWER, VIEWERS_PASSWORD),
        }
        site = _TEMPLATE.read_text()
        for variable, value in named.items():
            site = site.replace(f"${{YUEBAO_{variable}}}", value)
        (user.folder / "nginx.conf").write_text(
            f"daemon off; pid pid; error_log stderr; events {{}} http {{ access_log off; {_TEMPORARY}\n{site} }}"
        )
        process = user.start(
            program("nginx", "nginx-light"), "-p", str(user.folder), "-c", "nginx.conf", "-e", "stderr"
        )
        alive = f"http://127.0.0.1:{port}/alive"
        until_it_answers(process, lambda: requests.get(alive, timeout=5), requests.RequestException)
        try:
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _names(file: Path, name: str, password: str) -> str:
    command = [program("openssl", "openssl"), "passwd", "-apr1", password]
    file.write_text(f"{name}:{subprocess.run(command, check=True, capture_output=True, text=True).stdout}")
    return str(file)
