"""Files as senders drop them, good and odd, and a hall with one drop folder in any kind of storage."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from tests.servers.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server
from tests.servers.sftp import SftpServer

DAY = date(2025, 3, 12)
HEADER = ("日期", "部门编码", "邮寄件数")
ROWS: tuple[tuple[Any, ...], ...] = (HEADER, ("2025-03-12", "D01", 5), ("2025-03-12", "D02", 7), ("合计", None, 12))
Rows = Iterable[Sequence[Any]]


def with_cell(row: int, column: int, value: Any, rows: Rows = ROWS) -> list[list[Any]]:
    """The rows with another value in one cell, both counted from 1."""
    changed = [list(each) for each in rows]
    changed[row - 1][column - 1] = value
    return changed


def csv_of(rows: Rows = ROWS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_of(
    rows: Rows = ROWS, edit: Callable[[Worksheet], object] | None = None, *, epoch: Any = None, title: str = "日报"
) -> bytes:
    book = openpyxl.Workbook()
    if epoch:
        book.epoch = epoch
    page = book.worksheets[0]
    page.title = title
    for row in rows:
        page.append(list(row))
    if edit:
        edit(page)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def edited(content: bytes, pattern: str, new: str, part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """A workbook with the XML of one part changed; the pattern must be there."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    text, found = re.subn(pattern, new, parts[part].decode(), count=1, flags=re.DOTALL)
    assert found == 1
    return zip_of({**parts, part: text.encode()})


def zip_of(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return content.getvalue()


@dataclass
class Hall:
    """A hall with one drop folder.

    Attributes:
        folder: the hall's own folder.
        drop: the drop folder, on this machine (local and by SFTP).
        settings: lines of the system's table in hall.toml, by key, as TOML.
        variables: what the settings' secrets stand for.
    """

    folder: Path
    drop: Path
    put: Callable[[str, bytes], object]
    settings: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, **changes: Any) -> None:
        """Write hall.toml; a change is a value of the system's table, None to leave the key out."""
        settings = {**self.settings, **{key: value and _toml(value) for key, value in changes.items()}}
        lines = [f"{key} = {value}" for key, value in settings.items() if value is not None]
        (self.folder / "hall.toml").write_text("\n".join([_HALL, *lines]), encoding="utf-8")


_HALL = """
code = "510000"
name = "四川省政务服务大厅"
first_day = 2023-01-01
wording = "wording.txt.j2"
[certification]
policy = "manual"
signers = "signers.toml"
key = "service.pem"
passphrase = "UNUSED"
[retries]
attempts = 1
[systems.courier]
kind = "drop_folder"
title = "邮寄"
opens = "working_days"
"""
_SETTINGS = {
    "measures": '["parcels_mailed"]',
    "timeout": "5.0",
    "file": '"邮寄_%Y-%m-%d*.csv"',
    "format": '"csv"',
    "columns": '{ "日期" = "stat_date", "部门编码" = "department_code", "邮寄件数" = "count" }',
    "constants": '{ hall_code = "510000", measure = "parcels_mailed" }',
    "total_row": '"合计"',
}


def local_hall(folder: Path) -> Hall:
    drop = folder / "drop"
    drop.mkdir(parents=True)
    settings = {**_SETTINGS, "folder": _toml(str(drop))}
    return Hall(folder, drop, lambda name, content: (drop / name).write_bytes(content), settings)


def sftp_hall(folder: Path, server: SftpServer) -> Hall:
    hall = local_hall(folder)
    storage = {"kind": "sftp", "user": server.user, "known_hosts": str(server.known_hosts), "key": "DROP_KEY"}
    hall.settings |= {"folder": _toml(f"{server.url}{hall.drop}"), "storage": _toml(storage)}
    hall.variables["DROP_KEY"] = server.key.read_text(encoding="ascii")
    return hall


def s3_hall(folder: Path, server: S3Server) -> Hall:
    hall = local_hall(folder)
    prefix = f"{folder.parent.name}/{folder.name}"
    hall.put = lambda name, content: server.put(f"{prefix}/{name}", content)
    storage = {"kind": "s3", "endpoint": server.endpoint, "access_key": "DROP_ID", "secret_key": "DROP_SECRET"}
    hall.settings |= {"folder": _toml(f"s3://{BUCKET}/{prefix}"), "storage": _toml(storage)}
    hall.variables |= {"DROP_ID": ACCESS_KEY, "DROP_SECRET": SECRET_KEY}
    return hall


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{json.dumps(key, ensure_ascii=False)} = {_toml(each)}" for key, each in value.items())
            + " }"
        )
    return json.dumps(value, ensure_ascii=False)
