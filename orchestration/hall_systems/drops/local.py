"""Folders on this machine, or mounted on it."""

from __future__ import annotations

from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from orchestration.hall_systems.drops.storage import Place


def local(path: str) -> Place:
    """The folder of a path."""
    return Place(
        address=path,
        root=str(Path(path).absolute()),
        opened=lambda: LocalFileSystem(skip_instance_cache=True),
        max_connections=64,
        real=lambda _, each: str(Path(each).resolve()),
    )
