"""A real nginx on loopback with the deployment's own configuration, in front of Dagster's page."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from orchestration.runtime.paths import PROJECT_ROOT
from tests.servers.programs import program
from tests.servers.unprivileged import free_port, servant, until_it_answers

NAME, PASSWORD = "li", "geheim"
_TEMPLATE = PROJECT_ROOT / "orchestration" / "deploy" / "nginx.conf.template"
_TEMPORARY = "".join(
    f"{kind}_temp_path {kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)  # Debian's default places are root's


@contextmanager
def nginx(page: str) -> Iterator[str]:
    """The address of a proxy in front of a page (`host:port`), which lets `NAME` in with `PASSWORD`."""
    hashed = subprocess.run(
        [program("openssl", "openssl"), "passwd", "-apr1", PASSWORD], check=True, capture_output=True, text=True
    ).stdout
    port = free_port()
    with servant("www-data") as user:
        names = user.folder / "htpasswd"
        names.write_text(f"{NAME}:{hashed}")
        site = _TEMPLATE.read_text()
        for variable, value in {"LISTEN": f"127.0.0.1:{port}", "PAGE": page, "HTPASSWD": str(names)}.items():
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
