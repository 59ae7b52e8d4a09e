"""Drop folders where they lie: connections, credentials, files that move while they are read, halls and columns."""

from __future__ import annotations

import datetime as dt
import gc
import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.hall_systems import open_source
from orchestration.hall_systems.contract import (
    Answer,
    NothingForDay,
    PassingFault,
    PermanentFault,
    Question,
    QuestionRefused,
    SourceFault,
)
from orchestration.settings import SettingsError, load_hall
from tests.drop_files import DAY, ROWS, Hall, csv_of, local_hall, s3_hall, sftp_hall
from tests.servers.s3 import SECRET_KEY, S3Server, s3_server
from tests.servers.sftp import SftpServer, sftp_server

CSV = "邮寄_2025-03-12.csv"
QUESTION = Question(DAY, ("510000",))


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SftpServer]:
    with sftp_server(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture(scope="module")
def storage() -> Iterator[S3Server]:
    with s3_server() as server:
        yield server


def _source(hall: Hall, **settings: Any) -> Any:
    hall.write(**settings)
    return open_source(load_hall(hall.folder), "courier", hall.variables)


def _answer(source: Any, question: Question = QUESTION) -> Answer:
    said = source.ask(question)[question.halls[0]]
    assert isinstance(said, Answer)
    return said


def _fault(source: Any, question: Question = QUESTION) -> SourceFault:
    with pytest.raises(SourceFault) as caught:
        source.ask(question)
    assert "\n" not in caught.value.problem
    return caught.value


def _counts(answer: Answer) -> list[tuple[Any, Any]]:
    return [(row["department_code"], row["count"]) for row in answer.rows]


WRITTEN = [("D01", 5), ("D02", 7)]


# Where


def test_a_server_never_sees_more_connections_than_allowed(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "sshd") as server:
        hall = sftp_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = _source(hall)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: _answer(source), range(40)))
        assert [_counts(answer) for answer in answers] == [WRITTEN] * 40
        assert max(server.connections()) == 2


def test_a_storage_never_sees_more_requests_than_allowed_and_one_listing_per_question(tmp_path: Path) -> None:
    with s3_server() as server:
        hall = s3_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = _source(hall, storage={**_s3(server), "max_connections": 3})
        server.requests.clear()
        server.most_at_once = 0
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: _answer(source), range(40)))
        assert [_counts(answer) for answer in answers] == [WRITTEN] * 40
        assert server.most_at_once <= 3
        assert sorted(method for method, _ in server.requests) == ["GET"] * 80


def test_connections_are_closed_when_nobody_asks_any_more(tmp_path: Path) -> None:
    with sftp_server(tmp_path / "sshd") as server:
        hall = sftp_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        source = _source(hall)
        _answer(source)
        del source
        gc.collect()
        server.wait_until_closed()


def test_a_connection_that_was_cut_is_made_again(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.put(CSV, csv_of())
    source = _source(hall)
    _answer(source)
    source._folder._idle[0].client.close()
    assert _counts(_answer(source)) == WRITTEN


def test_a_key_may_have_a_passphrase(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.put(CSV, csv_of())
    key = tmp_path / "key"
    key.write_text(hall.variables["DROP_KEY"])
    key.chmod(0o600)
    subprocess.run(["ssh-keygen", "-q", "-p", "-N", "open sesame", "-f", key], check=True, capture_output=True)
    hall.variables |= {"DROP_KEY": key.read_text().removesuffix("\n"), "DROP_WORDS": "open sesame"}
    login = {"kind": "sftp", "user": sshd.user, "known_hosts": str(sshd.known_hosts), "key": "DROP_KEY"}
    assert _counts(_answer(_source(hall, storage={**login, "passphrase": "DROP_WORDS"}))) == WRITTEN
    assert _fault(_source(hall)).problem == (
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
    fault = _fault(_source(hall, storage=login))
    assert isinstance(fault, QuestionRefused)
    assert fault.problem == f"the drop folder {sshd.url}{hall.drop}: {problem}"


def test_a_server_that_refuses_the_password_is_named_and_the_password_isnt(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.variables["DROP_PASSWORD"] = "hush-hush-hush"
    login = {"kind": "sftp", "user": sshd.user, "known_hosts": str(sshd.known_hosts), "password": "DROP_PASSWORD"}
    fault = _fault(_source(hall, storage=login))
    assert isinstance(fault, QuestionRefused)
    assert fault.problem == f"the drop folder {sshd.url}{hall.drop}: the server refuses the user or its credentials"
    assert fault.next_step == "renew the secret named in hall.toml's storage, then pull again"


def test_a_storage_that_refuses_the_keys_is_named_and_the_keys_arent(tmp_path: Path) -> None:
    with s3_server() as server:
        hall = s3_hall(tmp_path / "hall", server)
        hall.put(CSV, csv_of())
        requests.post(f"{server.endpoint}/moto-api/reset-auth", data=b"0", timeout=5)
        try:
            fault = _fault(_source(hall))
        finally:
            requests.post(f"{server.endpoint}/moto-api/reset-auth", data=b"inf", timeout=5)
    assert isinstance(fault, QuestionRefused)
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
        changes = {"sftp": {"folder": f"sftp://127.0.0.1:{port}/drop"}, "s3": {"storage": _s3(storage, port)}}[kind]
        fault = _fault(_source(hall, **changes))
    assert isinstance(fault, PassingFault)
    assert fault.problem.endswith(": the connection failed")


@pytest.mark.parametrize("kind", ["sftp", "s3"])
def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        hall = sftp_hall(tmp_path / "hall", sshd) if kind == "sftp" else s3_hall(tmp_path / "hall", storage)
        changes = {"sftp": {"folder": f"sftp://127.0.0.1:{port}/drop"}, "s3": {"storage": _s3(storage, port)}}[kind]
        assert isinstance(_fault(_source(hall, timeout=0.5, **changes)), PassingFault)


@pytest.mark.parametrize("kind", ["local", "sftp", "s3"])
def test_a_folder_that_isnt_there_is_no_answer(tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str) -> None:
    halls = {
        "local": lambda: local_hall(tmp_path / "hall"),
        "sftp": lambda: sftp_hall(tmp_path / "hall", sshd),
        "s3": lambda: s3_hall(tmp_path / "hall", storage),
    }
    hall = halls[kind]()
    folder = load_folder(hall) + "/gone"
    fault = _fault(_source(hall, folder=folder))
    assert isinstance(fault, PassingFault)
    assert (fault.problem, fault.answered) == (f"the drop folder {folder} isn't there", False)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    fault = _fault(_source(hall, folder=f"{hall.drop}/{CSV}"))
    assert (type(fault), fault.problem) == (QuestionRefused, f"the drop folder {hall.drop}/{CSV} is a file")


@pytest.mark.parametrize("kind", ["local", "sftp", "s3"])
def test_an_answer_says_where_it_came_from_and_no_secret(
    tmp_path: Path, sshd: SftpServer, storage: S3Server, kind: str
) -> None:
    halls = {
        "local": lambda: local_hall(tmp_path / "hall"),
        "sftp": lambda: sftp_hall(tmp_path / "hall", sshd),
        "s3": lambda: s3_hall(tmp_path / "hall", storage),
    }
    hall = halls[kind]()
    hall.put(CSV, csv_of())
    answer = _answer(_source(hall))
    assert answer.source == f"{load_folder(hall)}/{CSV}"
    assert [row["origin"] for row in answer.rows] == [f"{CSV} row 2", f"{CSV} row 3"]
    assert not any(secret in str(answer) for secret in hall.variables.values())


def load_folder(hall: Hall) -> str:
    return hall.settings["folder"].strip('"')


def _s3(storage: S3Server, port: int | None = None) -> dict[str, Any]:
    endpoint = f"http://127.0.0.1:{port}" if port else storage.endpoint
    return {"kind": "s3", "endpoint": endpoint, "access_key": "DROP_ID", "secret_key": "DROP_SECRET"}


# While it is written


def _moved(source: Any, move: Callable[[], object]) -> None:
    """Something is done to the folder right after it was listed."""
    listed = source._folder.entries

    def entries() -> Any:
        found = listed()
        move()
        return found

    source._folder.entries = entries


def test_a_file_that_disappears_after_it_was_listed_may_come_back(tmp_path: Path, sshd: SftpServer) -> None:
    for number, make in enumerate((local_hall, lambda folder: sftp_hall(folder, sshd))):
        hall = make(tmp_path / str(number))
        hall.put(CSV, csv_of())
        source = _source(hall)
        _moved(source, (hall.drop / CSV).unlink)
        fault = _fault(source)
        assert isinstance(fault, PassingFault)
        assert fault.problem == f"{CSV} was listed and then wasn't there any more"


def test_a_file_that_grows_after_it_was_listed_is_asked_for_again(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of(ROWS[:2]))
    source = _source(hall)
    _moved(source, lambda: hall.put(CSV, csv_of()))
    fault = _fault(source)
    assert isinstance(fault, PassingFault)
    assert fault.problem == f"{CSV} changed while it was read (52 bytes listed, 82 read)"
    assert _counts(_answer(_source(hall))) == WRITTEN


def test_a_file_that_may_not_be_read_may_be_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.local import LocalFileSystem

    def locked(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    monkeypatch.setattr(LocalFileSystem, "cat_file", locked)
    fault = _fault(_source(hall))
    assert (type(fault), fault.problem) == (PassingFault, f"{CSV} can't be read (Permission denied)")


def test_a_file_at_rest_is_read_when_it_was_seen_unchanged_for_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.hall_systems.drops import choice

    now = 1000.0
    monkeypatch.setattr(choice.time, "monotonic", lambda: now)
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of(ROWS[:2]))
    source = _source(hall, ready="size_stable", settle_seconds=5)
    fault = _fault(source)
    assert (type(fault), fault.retry_after) == (PassingFault, 5.0)
    now += 4
    hall.put(CSV, csv_of())
    assert _fault(source).retry_after == 5.0
    now += 3
    assert _fault(source).retry_after == 2.0
    now += 2
    assert _counts(_answer(source)) == WRITTEN


def test_of_several_files_the_one_changed_last_may_count(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    hall.put("邮寄_2025-03-12_v2.csv", b"older")
    os.utime(hall.drop / CSV, (200, 200))
    os.utime(hall.drop / "邮寄_2025-03-12_v2.csv", (100, 100))
    assert _counts(_answer(_source(hall, doubles="newest_by_time"))) == WRITTEN


def test_a_name_that_isnt_utf8_is_shown_in_one_line(tmp_path: Path, sshd: SftpServer) -> None:
    name = "邮寄_2025-03-12.csv".encode("gbk")
    local = local_hall(tmp_path / "local")
    (tmp_path / "local" / "drop" / os.fsdecode(name)).write_bytes(csv_of())
    answer = _answer(_source(local, file="*2025-03-%d.csv"))
    assert answer.source.isprintable()
    remote = sftp_hall(tmp_path / "remote", sshd)
    (remote.drop / os.fsdecode(name)).write_bytes(csv_of())
    fault = _fault(_source(remote))
    assert (type(fault), fault.problem) == (
        QuestionRefused,
        f"the drop folder {sshd.url}{remote.drop}: a name in the folder isn't in UTF-8",
    )


# Halls


def test_each_hall_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put("邮寄_510100_2025-03-12.csv", csv_of())
    source = _source(
        hall,
        halls=["510100", "510300"],
        file="邮寄_{hall}_%Y-%m-%d.csv",
        constants={"hall_code": "{hall}", "measure": "parcels_mailed"},
    )
    assert source.by_hall
    answer = _answer(source, Question(DAY, ("510100",)))
    assert [row["hall_code"] for row in answer.rows] == ["510100", "510100"]
    assert answer.declared == {"parcels_mailed": 12}
    fault = _fault(source, Question(DAY, ("510300",)))
    assert (type(fault), fault.problem) == (NothingForDay, f"no file 邮寄_510300_2025-03-12.csv in {hall.drop}")


def test_one_file_of_several_halls_is_divided(tmp_path: Path) -> None:
    rows = [
        ("日期", "大厅", "部门编码", "邮寄件数"),
        (DAY, "510100", "D01", 5),
        (DAY, "510300", "D01", 7),
        ("合计", "", "", 12),
    ]
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of(rows))
    source = _source(
        hall,
        halls=["510100", "510300"],
        columns={"日期": "stat_date", "大厅": "hall_code", "部门编码": "department_code", "邮寄件数": "count"},
        constants={"measure": "parcels_mailed"},
    )
    assert not source.by_hall
    said = source.ask(Question(DAY, ("510100", "510300")))
    assert {code: _counts(answer) for code, answer in said.items()} == {"510100": [("D01", 5)], "510300": [("D01", 7)]}


# Columns

MAP_HEADER = "theirs,ours,valid_from,valid_to,reviewed_by\n"
MAP = f"""{MAP_HEADER}日期,stat_date,2023-01-01,,王
部门编码,department_code,2023-01-01,2025-03-31,王
部门,department_code,2025-04-01,,李
邮寄件数,count,2023-01-01,,王
"""


def _map(hall: Hall, text: str = MAP) -> str:
    (hall.folder / "map.csv").write_text(text, encoding="utf-8")
    return "map.csv"


def test_columns_are_called_as_the_reviewed_table_says_for_the_day(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    later = dt.date(2025, 4, 1)
    hall.put("邮寄_2025-04-01.csv", csv_of([("日期", "部门", "邮寄件数"), (later, "D05", 3), ("合计", "", 3)]))
    source = _source(hall, columns=None, column_map=_map(hall))
    assert _counts(_answer(source)) == WRITTEN
    assert _counts(_answer(source, Question(later, ("510000",)))) == [("D05", 3)]


def test_a_day_that_the_reviewed_table_doesnt_know_is_refused(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    source = _source(hall, columns=None, column_map=_map(hall))
    fault = _fault(source, Question(dt.date(2022, 12, 31), ("510000",)))
    assert (type(fault), fault.problem) == (
        QuestionRefused,
        f"{hall.folder}/map.csv names no column for count, department_code on 2022-12-31",
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            MAP.replace("2025-04-01", "2025-03-31"),
            "map.csv line 4: department_code is also named in line 3, and their days overlap",
        ),
        (
            MAP.replace("2025-04-01", "2025-04-02"),
            "map.csv line 4: department_code is unnamed between 2025-03-31 (line 3) and 2025-04-02",
        ),
        (MAP.replace("邮寄件数,", "日期,"), "map.csv line 5: 日期 is also named in line 2, and their days overlap"),
        (
            MAP.replace(",count,", ",counts,"),
            "map.csv line 5: ours is 'counts'; allowed are stat_date, hall_code, department_code, item_code, "
            + "measure, count",
        ),
        (MAP.replace("邮寄件数,count,2023-01-01,,王\n", ""), "map.csv names no column for count"),
        (MAP.replace(",count,", ",measure,"), "map.csv names no column for count"),
        (f"{MAP}x,measure,2023-01-01,,王\n", "map.csv line 6: measure is also one of constants; give it only once"),
        (MAP.replace(",,李", ",2025-03-01,李"), "map.csv line 4: valid_to is before valid_from"),
        (MAP.replace("2025-04-01", "1 April"), "map.csv line 4: '1 April' is no day; allowed is the form 2025-03-12"),
        (MAP.replace(",,李", ",,"), "map.csv line 4: reviewed_by is blank"),
        (MAP.replace("部门,", ","), "map.csv line 4: theirs is blank"),
        (MAP.replace(",,李", ",李"), "map.csv line 4 has 4 values; 5 are expected"),
        (MAP.replace("theirs", "their"), "map.csv line 1 must be theirs,ours,valid_from,valid_to,reviewed_by"),
        (MAP_HEADER, "map.csv has no line below its header"),
        (MAP + '"', "map.csv is no readable table in UTF-8 (Error)"),
    ],
)
def test_a_reviewed_table_that_isnt_clear_is_refused_by_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    hall = local_hall(tmp_path / "hall")
    fault = _fault(_source(hall, columns=None, column_map=_map(hall, text)))
    assert (type(fault), fault.problem) == (QuestionRefused, f"{hall.folder}/{says}")


# Settings


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"storage": {"kind": "ftp"}}, "'sftp', 's3'"),
        ({"storage": {"kind": "sftp", "user": "a", "known_hosts": "b"}}, "name the secret of either password or key"),
        (
            {"storage": {"kind": "sftp", "user": "a", "known_hosts": "b", "password": "P", "passphrase": "Q"}},
            "passphrase is that of a key, and no key is named",
        ),
        (
            {"storage": {"kind": "sftp", "user": "a", "password": "P"}, "folder": "sftp://h/d"},
            "key systems.courier.storage.known_hosts: Field required",
        ),
        ({"storage": {"kind": "sftp", "user": "a", "known_hosts": "b", "key": "K"}}, "folder and storage must agree"),
        ({"folder": "s3://bucket/x"}, "folder and storage must agree"),
        (
            {"storage": {"kind": "sftp", "user": "a", "known_hosts": "b", "key": "K"}, "folder": "sftp://a:b@h/d"},
            "folder must hold no user or password; they belong in storage",
        ),
        (
            {"storage": {"kind": "s3", "endpoint": "host:9000", "access_key": "A", "secret_key": "B"}},
            "allowed is an address such as https://host:9000",
        ),
        ({"file": "%Y/%m/%d.csv"}, "allowed is the pattern of a name; the path belongs in folder"),
        ({"file": "today.csv", "columns": {"部门": "department_code", "数": "count"}}, "the day must be in file"),
        ({"column_map": "map.csv"}, "give either columns or column_map, and not both"),
        ({"columns": None}, "columns or constants must give department_code, count"),
        ({"constants": {"hall_code": "{hall}", "measure": "parcels_mailed"}}, "a constant {hall} needs {hall} in file"),
        ({"doubles": "first"}, "'refuse', 'identical', 'newest_by_name' or 'newest_by_time'"),
        ({"ready": "soon"}, "'at_once', 'size_stable' or 'marker'"),
        ({"most_bytes": 0}, "greater than or equal to 1"),
    ],
)
def test_wrong_settings_are_refused_by_key_and_what_is_allowed(
    tmp_path: Path, changes: Mapping[str, Any], says: str
) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.write(**changes)
    with pytest.raises(SettingsError) as caught:
        load_hall(hall.folder)
    assert "key systems.courier" in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"storage": None, "folder": "${DROP}"}, "folder is an address, once its variables are filled in"),
        ({"folder": "sftp://host:port/drop"}, "folder is no address of the form sftp://host:port/path"),
    ],
)
def test_an_address_that_turns_out_wrong_is_refused_without_being_told(
    tmp_path: Path, sshd: SftpServer, changes: Mapping[str, Any], says: str
) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    hall.variables["DROP"] = "sftp://user:hush-hush-hush@host/drop"
    fault = _fault(_source(hall, **changes))
    assert isinstance(fault, QuestionRefused)
    assert says in fault.problem
    assert "hush" not in fault.problem


def test_known_hosts_must_be_there(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    login = {"kind": "sftp", "user": "a", "known_hosts": "gone", "key": "DROP_KEY"}
    fault = _fault(_source(hall, storage=login))
    assert fault.problem == f"storage.known_hosts: {hall.folder}/gone isn't there; make it by ssh-keyscan and review it"
    assert not isinstance(fault, PermanentFault)
