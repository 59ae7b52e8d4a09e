"""What a storage says of the names in a folder, in one form for every kind of storage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

FileKind = Literal["file", "directory", "link", "other"]


@dataclass(frozen=True)
class DropFile:
    """One name in a folder: its size in bytes and when it was changed, both as the storage says."""

    name: str
    path: str
    kind: FileKind
    size: int
    modified: dt.datetime


def drop_file(info: Mapping[str, Any]) -> DropFile:
    """What fsspec tells of one name."""
    name = str(info["name"])
    kind: FileKind = "link" if info.get("islink") else info["type"]
    return DropFile(name.rstrip("/").rpartition("/")[2], name, kind, int(info["size"] or 0), _modified(info))


def _modified(info: Mapping[str, Any]) -> dt.datetime:
    stated = info.get("mtime", info.get("LastModified"))
    if isinstance(stated, dt.datetime):
        return stated
    return dt.datetime.fromtimestamp(float(stated or 0), tz=dt.UTC)
