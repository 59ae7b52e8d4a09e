"""Where files lie: a folder that is listed and read through fsspec, over a bounded number of connections."""

import datetime as dt
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from orchestration.sources.contract import SourceFault
from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import printable


@dataclass(frozen=True)
class DropFile:
    """One name in a folder, as the storage tells of it."""

    name: str
    path: str
    kind: str  # "file", "directory", "link" or "other"
    size: int  # in bytes
    modified: dt.datetime


@dataclass(frozen=True)
class Storage:
    """A folder of one kind of storage, and how connections to it are opened, held and closed."""

    address: str  # the folder as it is shown to people, without user and password
    root: str  # the folder's path on its storage
    connect: Callable[[], AbstractFileSystem]
    max_connections: int
    errors: Literal["local", "sftp", "s3"]  # the group of faults.toml that says what the storage's errors mean
    is_alive: Callable[[AbstractFileSystem], bool] = lambda _: True
    close: Callable[[AbstractFileSystem], object] = lambda _: None
    resolve: Callable[[AbstractFileSystem, str], str] = lambda _, path: path  # where links lead to
    # Lists names alone, where that costs less than all that is told of each; None where it doesn't.
    names: Callable[[str], list[str]] | None = None


def local(path: str) -> Storage:
    """A folder on this machine, or mounted on it."""
    return Storage(
        address=path,
        root=str(Path(path).absolute()),
        connect=lambda: LocalFileSystem(skip_instance_cache=True),
        max_connections=64,
        errors="local",
        resolve=lambda _, path: str(Path(path).resolve()),
        names=os.listdir,
    )


class Folder:
    """Lists and reads one folder; safe to share between threads, of which at most `max_connections` are let in."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._admitted = threading.BoundedSemaphore(storage.max_connections)
        self._idle: deque[AbstractFileSystem] = deque()

    @property
    def address(self) -> str:
        """The folder as it is shown to people."""
        return self._storage.address

    def files(self, wanted: Callable[[str], bool]) -> tuple[DropFile, ...]:
        """What lies in the folder itself under a name that is wanted, by name; SourceFault where it can't be listed.

        A folder grows by a file a day for years: what is told of a file is asked for of the few that are wanted.
        """
        with self._connection(f"the drop folder {self.address}") as connection:
            try:
                listed = list(self._listed(connection, wanted))
            except FileNotFoundError as error:
                raise fault("no_folder", folder=self.address) from error
            except NotADirectoryError as error:
                raise fault("folder_is_file", folder=self.address) from error
            except PermissionError as error:
                raise fault("folder_forbidden", folder=self.address) from error
        return tuple(sorted(map(_drop_file, listed), key=lambda file: file.name))

    def _listed(self, connection: AbstractFileSystem, wanted: Callable[[str], bool]) -> Iterator[Mapping[str, Any]]:
        root = self._storage.root
        if self._storage.names:
            for name in filter(wanted, self._storage.names(root)):
                yield self._told(connection, f"{root}/{name}")
            return
        for info in connection.ls(root, detail=True, **_fresh(connection)):
            if info["name"].rstrip("/") != root:
                if wanted(_name(info["name"])):
                    yield info
            # S3 keeps an empty object of the folder's own name; one that holds something is a file.
            elif info["size"]:
                raise fault("folder_is_file", folder=self.address)

    @staticmethod
    def _told(connection: AbstractFileSystem, path: str) -> Mapping[str, Any]:
        try:
            told: Mapping[str, Any] = connection.info(path)
        except FileNotFoundError:
            # A link to nothing, or gone since: whoever reads it says so. Left out, it would be a file that never came.
            return {"name": path, "type": "link", "size": 0}
        return told

    def content(self, file: DropFile, most_bytes: int) -> bytes:
        """The bytes of one file.

        Raises:
            SourceFault: it can't be read, is no file of 1 to `most_bytes` bytes, or leads out of the folder.
        """
        name = printable(file.name)
        with self._connection(name) as connection:
            try:
                target = self._followed(connection, file)
                _refuse_unfit(target, name, most_bytes)
                content: bytes = connection.cat_file(target.path, start=0, end=most_bytes + 1)
            except FileNotFoundError as error:
                raise fault("vanished", name=name) from error
            except PermissionError as error:
                raise fault("file_forbidden", name=name) from error
        if len(content) != target.size:
            raise fault("growing", name=name, listed=target.size, read=min(len(content), most_bytes))
        return content

    def _followed(self, connection: AbstractFileSystem, file: DropFile) -> DropFile:
        if file.kind != "link":
            return file
        resolved = self._storage.resolve(connection, file.path)
        if not PurePosixPath(resolved).is_relative_to(self._storage.resolve(connection, self._storage.root)):
            raise fault("leads_out", name=printable(file.name))
        return replace(_drop_file(connection.info(resolved)), name=file.name)

    @contextmanager
    def _connection(self, what: str) -> Iterator[AbstractFileSystem]:
        with self._admitted:
            try:
                connection = self._reused() or self._storage.connect()
            except Exception as error:
                raise self._fault(error, what) from error
            try:
                yield connection
            except SourceFault:
                self._idle.append(connection)
                raise
            except Exception as error:
                self._storage.close(connection)
                raise self._fault(error, what) from error
            self._idle.append(connection)

    def _reused(self) -> AbstractFileSystem | None:
        while self._idle:
            connection = self._idle.pop()
            if self._storage.is_alive(connection):
                return connection
            self._storage.close(connection)
        return None

    def _fault(self, error: Exception, what: str) -> SourceFault:
        # An error's own text isn't shown: it may repeat an address with its password.
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        return fault.match(self._storage.errors, error, default="unreadable").describe(what=what, reason=reason)


def _drop_file(info: Mapping[str, Any]) -> DropFile:
    """What fsspec tells of one name."""
    name, modified = str(info["name"]), info.get("mtime", info.get("LastModified"))
    if not isinstance(modified, dt.datetime):
        modified = dt.datetime.fromtimestamp(float(modified or 0), tz=dt.UTC)
    kind = "link" if info.get("islink") else info["type"]
    return DropFile(_name(name), name, kind, int(info["size"] or 0), modified)


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _fresh(connection: AbstractFileSystem) -> Mapping[str, bool]:
    return {"refresh": True} if connection.protocol[0] == "s3" else {}


def _refuse_unfit(file: DropFile, name: str, most_bytes: int) -> None:
    if file.kind != "file":
        kind = file.kind if file.kind == "directory" else "special file"
        raise fault("no_plain_file", name=name, kind=kind)
    if file.size == 0:
        raise fault("empty", name=name)
    if file.size > most_bytes:
        raise fault("too_large", name=name, most=most_bytes, size=file.size)
