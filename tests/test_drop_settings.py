"""Settings of drop folders: whatever is wrong is named by key and what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestration.config.hall import SettingsError, load_hall
from orchestration.sources.contract import (
    PermanentFault,
    RequestRefused,
)
from tests.drop_asking import fault_of, source_of
from tests.drop_files import local_hall, sftp_hall
from tests.servers.sftp import SftpServer


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
        ({"delimiter": ":"}, "key systems.courier.delimiter"),
        ({"delimiter": ";", "format": "xlsx"}, "delimiter needs format csv"),
        ({"doubles": "first"}, "'refuse', 'identical', 'newest_by_name' or 'newest_by_time'"),
        ({"ready": "soon"}, "'at_once', 'size_stable' or 'marker'"),
        ({"most_bytes": 0}, "greater than or equal to 1"),
        ({"skip_rows": ["*"]}, "key systems.courier.skip_rows.0: String should match pattern"),
        ({"none_means": {"—": "null"}}, "'zero' or 'no_count'"),
        ({"stated": {"date": "统计日期"}}, "allowed are day, unit, site"),
        ({"rows": "of_the_month"}, "'all' or 'of_the_day'"),
        (
            {"rows": "of_the_day", "columns": {"部门编码": "department_code", "邮寄件数": "count"}},
            'rows = "of_the_day" needs a column that is our stat_date',
        ),
        (
            {"stated": {"site": "填报单位"}, "sites": ["510100", "510300"]},
            "stated.site needs {hall} in file, or a system",
        ),
        ({"sheet": "%-d日"}, "sheet needs format xlsx or xls"),
        (
            {"columns": {"部门编码": "department_code", "邮寄件数": "parcels_mailed"}},
            "columns and constants must give measure only once",
        ),
        (
            {"columns": {"部门编码": "department_code", "受理": "count", "邮寄": "parcels_mailed"}},
            "columns and constants must give count, measure only once",
        ),
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
    fault = fault_of(source_of(hall, **changes))
    assert isinstance(fault, RequestRefused)
    assert says in fault.problem
    assert "hush" not in fault.problem


def test_known_hosts_must_be_there(tmp_path: Path, sshd: SftpServer) -> None:
    hall = sftp_hall(tmp_path / "hall", sshd)
    login = {"kind": "sftp", "user": "a", "known_hosts": "gone", "key": "DROP_KEY"}
    fault = fault_of(source_of(hall, storage=login))
    assert fault.problem == f"storage.known_hosts: {hall.folder}/gone isn't there; make it by ssh-keyscan and review it"
    assert not isinstance(fault, PermanentFault)
