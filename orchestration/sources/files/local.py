"""Folders on this machine, or mounted on it."""

from __future__ import annotations

from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from orchestration.sources.files.storage import Storage


def local(path: str) -> Storage:
    """The folder of a path."""
    return Storage(
        address=path,
        root=str(Path(path).absolute()),
        opened=lambda: LocalFileSystem(skip_instance_cache=True),
        max_connections=64,
        real=lambda _, each: str(Path(each).resolve()),
    )
