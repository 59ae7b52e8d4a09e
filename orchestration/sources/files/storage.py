"""Where files lie: a folder that is listed and read through fsspec, over a bounded number of connections."""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from orchestration.sources.contract import (
    FaultRule,
    PassingFault,
    PermanentFault,
    RequestRefused,
    SourceFault,
    match_rule,
)
from orchestration.sources.files.labels import printable

_UNREADABLE = FaultRule(
    PassingFault, "{what} can't be read ({reason})", "look whether the storage is up, then pull again"
)


@dataclass(frozen=True)
class DropFile:
    """One name in a folder: its size in bytes and when it was changed, both as the storage says.

    `kind` is "file", "directory", "link" or "other".
    """

    name: str
    path: str
    kind: str
    size: int
    modified: dt.datetime


@dataclass(frozen=True)
class Storage:
    """A folder of one kind of storage.

    Attributes:
        address: the folder as it is shown to people, without user and password.
        root: the folder's path on its storage.
        connect: opens a connection.
        fault_rules: what the storage's errors mean, the first that fits; other errors are passing.
        is_alive: whether a connection that was opened before is still good.
        close: closes a connection.
        resolve: where a path leads to when links are followed.
    """

    address: str
    root: str
    connect: Callable[[], AbstractFileSystem]
    max_connections: int
    fault_rules: tuple[FaultRule, ...] = ()
    is_alive: Callable[[AbstractFileSystem], bool] = lambda _: True
    close: Callable[[AbstractFileSystem], object] = lambda _: None
    resolve: Callable[[AbstractFileSystem, str], str] = lambda _, path: path


def local(path: str) -> Storage:
    """A folder on this machine, or mounted on it."""
    return Storage(
        address=path,
        root=str(Path(path).absolute()),
        connect=lambda: LocalFileSystem(skip_instance_cache=True),
        max_connections=64,
        resolve=lambda _, path: str(Path(path).resolve()),
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

    def files(self) -> tuple[DropFile, ...]:
        """Everything that lies in the folder itself, by name.

        Raises:
            SourceFault: the folder can't be listed.
        """
        with self._connection(f"the drop folder {self.address}") as connection:
            try:
                listed = connection.ls(self._storage.root, detail=True, **_fresh(connection))
            except FileNotFoundError as error:
                raise PassingFault(
                    f"the drop folder {self.address} isn't there", "mount or create it, then pull again"
                ) from error
            except PermissionError as error:
                raise RequestRefused(
                    f"the drop folder {self.address} may not be listed by this account",
                    "ask its keeper for the right to list and read it, then pull again",
                ) from error
        files = sorted((_drop_file(info) for info in listed), key=lambda file: file.name)
        within = tuple(file for file in files if file.path.rstrip("/") != self._storage.root)
        # S3 keeps an empty object of the folder's own name; one that holds something is a file.
        if sum(file.size for file in files if file not in within):
            raise RequestRefused(f"the drop folder {self.address} is a file", "correct `folder` in hall.toml")
        return within

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
                raise PassingFault(
                    f"{name} was listed and then wasn't there any more", "pull again when the sender is done"
                ) from error
            except PermissionError as error:
                raise PassingFault(
                    f"{name} can't be read (Permission denied)", "look who may read the drop folder, then pull again"
                ) from error
        if len(content) != target.size:
            raise PassingFault(
                f"{name} changed while it was read ({target.size} bytes listed, {min(len(content), most_bytes)} read)",
                "wait until the sender has written it, then pull again",
            )
        return content

    def _followed(self, connection: AbstractFileSystem, file: DropFile) -> DropFile:
        if file.kind != "link":
            return file
        resolved = self._storage.resolve(connection, file.path)
        if not PurePosixPath(resolved).is_relative_to(self._storage.resolve(connection, self._storage.root)):
            raise PermanentFault(
                f"{printable(file.name)} is a link that leads out of the drop folder",
                "ask the sender to drop the file itself",
            )
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
        return match_rule((*self._storage.fault_rules, _UNREADABLE), error).describe(what=what, reason=reason)


def _drop_file(info: Mapping[str, Any]) -> DropFile:
    """What fsspec tells of one name."""
    name, modified = str(info["name"]), info.get("mtime", info.get("LastModified"))
    if not isinstance(modified, dt.datetime):
        modified = dt.datetime.fromtimestamp(float(modified or 0), tz=dt.UTC)
    kind = "link" if info.get("islink") else info["type"]
    return DropFile(name.rstrip("/").rpartition("/")[2], name, kind, int(info["size"] or 0), modified)


def _fresh(connection: AbstractFileSystem) -> Mapping[str, bool]:
    return {"refresh": True} if connection.protocol[0] == "s3" else {}


def _refuse_unfit(file: DropFile, name: str, most_bytes: int) -> None:
    if file.kind != "file":
        raise PermanentFault(
            f"{name} is a {file.kind if file.kind == 'directory' else 'special file'} and not a file",
            "ask the sender what it is, move it away, then pull again",
        )
    if file.size == 0:
        raise PermanentFault(f"{name} is empty (0 bytes)", "ask the sender for the file again, then pull again")
    if file.size > most_bytes:
        raise PermanentFault(
            f"{name} is larger than {most_bytes} bytes ({file.size})",
            "a day's counts are small: look what it is, and raise most_bytes in hall.toml only if it is right",
        )
