"""Drop folders while they are read: files that come, go and grow, and whose halls they are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.contract import (
    NothingForDay,
    PassingFault,
    Request,
    RequestRefused,
)
from tests.counts import rows_of
from tests.drop_asking import CSV, WRITTEN, answer_of, counts_of, fault_of, source_of
from tests.drop_files import DAY, ROWS, Hall, csv_of, local_hall, sftp_hall
from tests.servers.sftp import SftpServer


def _moved(source: Any, move: Callable[[], object]) -> None:
    """Something is done to the folder right after it was listed."""
    list_files = source._folder.files

    def files_and_move(wanted: Callable[[str], bool]) -> Any:
        files = list_files(wanted)
        move()
        return files

    source._folder.files = files_and_move


def test_a_file_that_disappears_after_it_was_listed_may_come_back(tmp_path: Path, sshd: SftpServer) -> None:
    makers: tuple[Callable[[Path], Hall], ...] = (local_hall, lambda folder: sftp_hall(folder, sshd))
    for number, make in enumerate(makers):
        hall = make(tmp_path / str(number))
        hall.put(CSV, csv_of())
        source = source_of(hall)
        _moved(source, (hall.drop / CSV).unlink)
        fault = fault_of(source)
        assert isinstance(fault, PassingFault)
        assert fault.problem == f"{CSV} was listed and then wasn't there any more"


def test_a_file_that_grows_after_it_was_listed_is_asked_for_again(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of(ROWS[:2]))
    source = source_of(hall)
    _moved(source, lambda: hall.put(CSV, csv_of()))
    fault = fault_of(source)
    assert isinstance(fault, PassingFault)
    assert fault.problem == f"{CSV} changed while it was read (52 bytes listed, 82 read)"
    assert counts_of(answer_of(source_of(hall))) == WRITTEN


def test_a_file_that_may_not_be_read_may_be_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fsspec.implementations.local import LocalFileSystem

    def locked(*_: object, **__: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    monkeypatch.setattr(LocalFileSystem, "cat_file", locked)
    fault = fault_of(source_of(hall))
    assert (type(fault), fault.problem) == (PassingFault, f"{CSV} can't be read (Permission denied)")


def _asked_again_after(source: Any) -> float | None:
    fault = fault_of(source)
    assert isinstance(fault, PassingFault)
    return fault.retry_after


def test_a_file_at_rest_is_read_when_it_was_seen_unchanged_for_long_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("orchestration.sources.files.choose.time.monotonic", lambda: now)
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of(ROWS[:2]))
    source = source_of(hall, ready="size_stable", settle_seconds=5)
    assert _asked_again_after(source) == 5.0
    now += 4
    hall.put(CSV, csv_of())
    assert _asked_again_after(source) == 5.0
    now += 3
    assert _asked_again_after(source) == 2.0
    now += 2
    assert counts_of(answer_of(source)) == WRITTEN


def test_of_several_files_the_one_changed_last_may_count(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put(CSV, csv_of())
    hall.put("邮寄_2025-03-12_v2.csv", b"older")
    os.utime(hall.drop / CSV, (200, 200))
    os.utime(hall.drop / "邮寄_2025-03-12_v2.csv", (100, 100))
    assert counts_of(answer_of(source_of(hall, doubles="newest_by_time"))) == WRITTEN


def test_a_name_that_isnt_utf8_is_shown_in_one_line(tmp_path: Path, sshd: SftpServer) -> None:
    name = "邮寄_2025-03-12.csv".encode("gbk")
    local = local_hall(tmp_path / "local")
    (tmp_path / "local" / "drop" / os.fsdecode(name)).write_bytes(csv_of())
    answer = answer_of(source_of(local, file="*2025-03-%d.csv"))
    assert answer.source.isprintable()
    remote = sftp_hall(tmp_path / "remote", sshd)
    (remote.drop / os.fsdecode(name)).write_bytes(csv_of())
    fault = fault_of(source_of(remote))
    assert (type(fault), fault.problem) == (
        RequestRefused,
        f"the drop folder {sshd.url}{remote.drop}: a name in the folder isn't in UTF-8",
    )


def test_each_hall_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    hall = local_hall(tmp_path / "hall")
    hall.put("邮寄_510100_2025-03-12.csv", csv_of())
    source = source_of(
        hall,
        sites=["510100", "510300"],
        file="邮寄_{hall}_%Y-%m-%d.csv",
        constants={"hall_code": "{hall}", "measure": "parcels_mailed"},
    )
    assert source.by_site
    answer = answer_of(source, Request(DAY, ("510100",)))
    assert [row["hall_code"] for row in rows_of(answer)] == ["510100", "510100"]
    assert answer.declared == {"parcels_mailed": 12}
    fault = fault_of(source, Request(DAY, ("510300",)))
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
    source = source_of(
        hall,
        sites=["510100", "510300"],
        columns={"日期": "stat_date", "大厅": "hall_code", "部门编码": "department_code", "邮寄件数": "count"},
        constants={"measure": "parcels_mailed"},
    )
    assert not source.by_site
    said = source.ask(Request(DAY, ("510100", "510300")))
    assert {code: counts_of(answer) for code, answer in said.items()} == {
        "510100": [("D01", 5)],
        "510300": [("D01", 7)],
    }
