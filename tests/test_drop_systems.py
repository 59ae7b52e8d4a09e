"""Drop folders where they lie: over SFTP and in S3, their connections, hosts and credentials."""

from __future__ import annotations

import gc
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.sources.contract import (
    PassingFault,
    RequestRefused,
)
from tests.counts import rows_of
from tests.drop_asking import CSV, WRITTEN, answer_of, counts_of, fault_of, folder_of, s3_settings, source_of
from tests.drop_files import csv_of, local_hall, s3_hall, sftp_hall
from tests.servers.s3 import SECRET_KEY, S3Server, s3_server
from tests.servers.sftp import SftpServer, sftp_server


def test_a_server_never_sees_more_connections_than_allowed(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "sshd") as server:
        hall = sftp_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = source_of(hall)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: answer_of(source), range(40)))
        assert [counts_of(answer) for answer in answers] == [WRITTEN] * 40
        assert max(server.connections()) == 2


def test_a_storage_never_sees_more_requests_than_allowed_and_one_listing_per_question(tmp_path: Path) -> None:
    with s3_server() as server:
        hall = s3_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = source_of(hall, storage={**s3_settings(server), "max_connections": 3})
        server.requests.clear()
        server.most_at_once = 0
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: answer_of(source), range(40)))
        assert [counts_of(answer) for answer in answers] == [WRITTEN] * 40
        assert server.most_at_once <= 3
        assert sorted(method for method, _ in server.requests) == ["GET"] * 80


def test_connections_are_closed_when_nobody_asks_any_more(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "sshd") as server:
        hall = sftp_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = source_of(hall)
        answer_of(source)
        del source
        gc.collect()
        server.wait_until_closed()


def test_a_connection_that_was_cut_is_made_again(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.put(CSV, csv_of())
    source = source_of(hall)
    answer_of(source)
    source._folder._idle[0].client.close()
    assert counts_of(answer_of(source)) == WRITTEN


def test_a_key_may_have_a_passphrase(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.put(CSV, csv_of())
    key = tmp_path / "key"
    key.write_text(hall.variables["DROP_KEY"])
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", key], check=True, capture_output=True)
    hall.variables |= {"DROP_KEY": key.read_text().removesuffix("\n"), "DROP_WORDS": "open sesame"}
    login = {"kind": "sftp", "user": sshd.user, "known_hosts": str(sshd.known_hosts), "key": "DROP_KEY"}
    assert counts_of(answer_of(source_of(hall, storage={**login, "passphrase": "DROP_WORDS"}))) == WRITTEN
    assert fault_of(source_of(hall)).problem == (
        "storage.key: DROP_KEY holds no private key that can be read (Ed25519, ECDSA or RSA, by OpenSSH)"
    )


def _other_host(sshd: SftpServer, folder: Path) -> str:
    """A file of known hosts with another key for the server."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "other"], check=True)
    key = " ".join((folder / "other.pub").read_text().split()[:2])
    (folder / "known").write_text(f"[127.0.0.1]:{sshd.port} {key}\n")
    return str(folder / "known")


def _no_host(_sshd: SftpServer, folder: Path) -> str:
    (folder / "known").write_text("")
    return str(folder / "known")


@pytest.mark.parametrize(
    ("known_hosts", "problem"),
    [
        (_no_host, "the server's host key isn't in known_hosts"),
        (_other_host, "the server's host key isn't the one in known_hosts"),
    ],
)
def test_a_host_that_isnt_known_is_refused(
    tmp_path: Path, sshd: SftpServer, known_hosts: Callable[[SftpServer, Path], str], problem: str
) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.put(CSV, csv_of())
    login = {"kind": "sftp", "user": sshd.user, "key": "DROP_KEY", "known_hosts": known_hosts(sshd, tmp_path)}
    fault = fault_of(source_of(hall, storage=login))
    assert isinstance(fault, RequestRefused)
    assert fault.problem == f"the drop folder {sshd.url}{hall.drop}: {problem}"


def test_a_server_that_refuses_the_password_is_named_and_the_password_isnt(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.variables["DROP_PASSWORD"] = "hush-hush-hush"
    login = {"kind": "sftp", "user": sshd.user, "known_hosts": str(sshd.known_hosts), "password": "DROP_PASSWORD"}
    fault = fault_of(source_of(hall, storage=login))
    assert isinstance(fault, RequestRefused)
    assert fault.problem == f"the drop folder {sshd.url}{hall.drop}: the server refuses the user or its credentials"
    assert fault.next_step == "renew the secret named in hall.toml's storage, then pull again"


def test_a_storage_that_refuses_the_keys_is_named_and_the_keys_arent(tmp_path: Path) -> None:
    with s3_server() as server:
        hall = s3_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        requests.post(f"{server.endpoint}/moto-api/reset-auth", data=b"0", timeout=5)
        try:
            fault = fault_of(source_of(hall))
        finally:
            requests.post(f"{server.endpoint}/moto-api/reset-auth", data=b"inf", timeout=5)
    assert isinstance(fault, RequestRefused)
    assert fault.problem.endswith(" may not be listed by this account")
    assert SECRET_KEY not in fault.problem + fault.next_step


@pytest.mark.parametrize("kind", ["sftp", "s3"])
def test_a_server_that_isnt_there_may_be_there_the_next_time(
    tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        hall = sftp_hall(tmp_path / "hall", sshd) if kind == "sftp" else s3_hall(tmp_path / "hall", storage)
        changes: dict[str, Any] = (
            {"folder": f"sftp://127.0.0.1:{port}/drop"} if kind == "sftp" else {"storage": s3_settings(storage, port)}
        )
        fault = fault_of(source_of(hall, **changes))
    assert isinstance(fault, PassingFault)
    assert fault.problem.endswith(": the connection failed")


@pytest.mark.parametrize("kind", ["sftp", "s3"])
def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hall = sftp_hall(tmp_path / "hall", sshd) if kind == "sftp" else s3_hall(tmp_path / "hall", storage)
        changes: dict[str, Any] = (
            {"folder": f"sftp://127.0.0.1:{port}/drop"} if kind == "sftp" else {"storage": s3_settings(storage, port)}
        )
        assert isinstance(fault_of(source_of(hall, timeout=0.5, **changes)), PassingFault)


@pytest.mark.parametrize("kind", ["local", "sftp", "s3"])
def test_a_folder_that_isnt_there_is_no_answer(tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str) -> None:
    sites = {
        "local": lambda: local_hall(tmp_path / "hall"),
        "sftp": lambda: sftp_hall(tmp_path / "hall", sshd),
        "s3": lambda: s3_hall(tmp_path / "hall", storage),
    }
    hall = sites[kind]()
    folder = folder_of(hall) + "/gone"
    fault = fault_of(source_of(hall, folder=folder))
    assert isinstance(fault, PassingFault)
    assert (fault.problem, fault.answered) == (f"the drop folder {folder} isn't there", False)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    fault = fault_of(source_of(hall, folder=f"{hall.drop}/{CSV}"))
    assert (type(fault), fault.problem) == (RequestRefused, f"the drop folder {hall.drop}/{CSV} is a file")


@pytest.mark.parametrize("kind", ["local", "sftp", "s3"])
def test_an_answer_says_where_it_came_from_and_no_secret(
    tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str
) -> None:
    sites = {
        "local": lambda: local_hall(tmp_path / "hall"),
        "sftp": lambda: sftp_hall(tmp_path / "hall", sshd),
        "s3": lambda: s3_hall(tmp_path / "hall", storage),
    }
    hall = sites[kind]()
    hall.put(CSV, csv_of())
    answer = answer_of(source_of(hall))
    assert answer.source == f"{folder_of(hall)}/{CSV}"
    assert [row["origin"] for row in rows_of(answer)] == [f"{CSV} row 2", f"{CSV} row 3"]
    assert not any(secret in str(answer) for secret in hall.variables.values())
