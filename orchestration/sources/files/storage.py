"""Where files lie: a folder that is listed and read through fsspec, over a bounded number of connections."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from fsspec import AbstractFileSystem

from orchestration.sources.contract import PassingFault, PermanentFault, RequestRefused, SourceFault
from orchestration.sources.files.drop_file import DropFile, drop_file
from orchestration.sources.files.labels import shown


@dataclass(frozen=True)
class FaultMeaning:
    """What it means when a storage's library raises errors of `kinds`."""

    kinds: tuple[type[Exception], ...]
    fault: Callable[[str, str], SourceFault]
    problem: str
    next_step: str


@dataclass(frozen=True)
class Storage:
    """A folder of one kind of storage.

    Attributes:
        address: the folder as it is shown to people, without user and password.
        root: the folder's path on its storage.
        opened: opens a connection.
        alive: whether a connection that was opened before is still good.
        closed: closes a connection.
        real: where a path leads to when links are followed.
        refusals: what the storage's errors mean, the first that fits; other errors are passing.
    """

    address: str
    root: str
    opened: Callable[[], AbstractFileSystem]
    max_connections: int
    refusals: tuple[FaultMeaning, ...] = ()
    alive: Callable[[AbstractFileSystem], bool] = lambda _: True
    closed: Callable[[AbstractFileSystem], object] = lambda _: None
    real: Callable[[AbstractFileSystem, str], str] = lambda _, path: path


class Folder:
    """Lists and reads one folder; safe to share between threads, of which at most `max_connections` are let in."""

    def __init__(self, place: Storage) -> None:
        self._place = place
        self._admitted = threading.BoundedSemaphore(place.max_connections)
        self._idle: deque[AbstractFileSystem] = deque()

    @property
    def address(self) -> str:
        """The folder as it is shown to people."""
        return self._place.address

    def entries(self) -> tuple[DropFile, ...]:
        """Everything that lies in the folder itself, by name.

        Raises:
            SourceFault: the folder can't be listed.
        """
        with self._connection(f"the drop folder {self.address}") as connection:
            try:
                listed = connection.ls(self._place.root, detail=True, **_fresh(connection))
            except FileNotFoundError as error:
                raise PassingFault(
                    f"the drop folder {self.address} isn't there", "mount or create it, then pull again"
                ) from error
            except PermissionError as error:
                raise RequestRefused(
                    f"the drop folder {self.address} may not be listed by this account",
                    "ask its keeper for the right to list and read it, then pull again",
                ) from error
        entries = sorted((drop_file(info) for info in listed), key=lambda entry: entry.name)
        within = tuple(entry for entry in entries if entry.path.rstrip("/") != self._place.root)
        # S3 keeps an empty object of the folder's own name; one that holds something is a file.
        if sum(entry.size for entry in entries if entry not in within):
            raise RequestRefused(f"the drop folder {self.address} is a file", "correct `folder` in hall.toml")
        return within

    def content(self, entry: DropFile, most_bytes: int) -> bytes:
        """The bytes of one file.

        Raises:
            SourceFault: it can't be read, is no file of 1 to `most_bytes` bytes, or leads out of the folder.
        """
        name = shown(entry.name)
        with self._connection(name) as connection:
            try:
                file = self._followed(connection, entry)
                _refuse_unfit(file, name, most_bytes)
                content: bytes = connection.cat_file(file.path, start=0, end=most_bytes + 1)
            except FileNotFoundError as error:
                raise PassingFault(
                    f"{name} was listed and then wasn't there any more", "pull again when the sender is done"
                ) from error
            except PermissionError as error:
                raise PassingFault(
                    f"{name} can't be read (Permission denied)", "look who may read the drop folder, then pull again"
                ) from error
        if len(content) != file.size:
            raise PassingFault(
                f"{name} changed while it was read ({file.size} bytes listed, {min(len(content), most_bytes)} read)",
                "wait until the sender has written it, then pull again",
            )
        return content

    def _followed(self, connection: AbstractFileSystem, entry: DropFile) -> DropFile:
        if entry.kind != "link":
            return entry
        real = self._place.real(connection, entry.path)
        if not PurePosixPath(real).is_relative_to(self._place.real(connection, self._place.root)):
            raise PermanentFault(
                f"{shown(entry.name)} is a link that leads out of the drop folder",
                "ask the sender to drop the file itself",
            )
        return replace(drop_file(connection.info(real)), name=entry.name)

    @contextmanager
    def _connection(self, what: str) -> Iterator[AbstractFileSystem]:
        with self._admitted:
            try:
                connection = self._reused() or self._place.opened()
            except Exception as error:
                raise self._meaning(error, what) from error
            try:
                yield connection
            except SourceFault:
                self._idle.append(connection)
                raise
            except Exception as error:
                self._place.closed(connection)
                raise self._meaning(error, what) from error
            self._idle.append(connection)

    def _reused(self) -> AbstractFileSystem | None:
        while self._idle:
            connection = self._idle.pop()
            if self._place.alive(connection):
                return connection
            self._place.closed(connection)
        return None

    def _meaning(self, error: Exception, what: str) -> SourceFault:
        for refusal in self._place.refusals:
            if isinstance(error, refusal.kinds):
                return refusal.fault(f"{what}: {refusal.problem}", refusal.next_step)
        # An error's own text isn't shown: it may repeat an address with its password.
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        return PassingFault(f"{what} can't be read ({reason})", "look whether the storage is up, then pull again")


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
