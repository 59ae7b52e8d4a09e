"""What can be made again never stops the work: one way to wait for it, to put it aside, to see to its room, to say why.

Which files these are is said where they are made; the landing, the ledger and its evidence are none of them.
"""

import datetime as dt
import errno
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from orchestration.runtime.errors import UserError
from orchestration.runtime.progress import tell
from orchestration.runtime.secrets import redact

_log = logging.getLogger(__name__)
MIB = 2**20
# A day's answers, its events and their journals take less; so does what a build adds to a warehouse of this size.
LEAST_ROOM = 32 * MIB
_DAMAGED = ".damaged-"
# Folders of the state folder that nobody misses: each is written again by the command that needs it.
_MADE_AGAIN = ("data_docs", "dbt_logs", "inputs")
_SOON, _PATIENCE = 2.0, 600.0
_LONGEST_COMMAND = 100
_LOCKS = Path("/proc/locks")
_RIGHT = "give this user the right, or work as the user who owns the state folder"
_FULL = "what has landed and was certified stays; `yuebao doctor` says what may be deleted, then run the same again"
_FILES = "too many files are open: raise the limit (`ulimit -n`, or LimitNOFILE= of the unit) and run the same again"
# What a user does about it; of any other error, `yuebao doctor` looks at the machine.
_NEXT = {
    errno.EROFS: "the medium is read-only; name a state folder that can be written",
    errno.EACCES: _RIGHT,
    errno.EPERM: _RIGHT,
    errno.ENOSPC: f"the disk is full; {_FULL}",
    errno.EDQUOT: f"the quota is used up; {_FULL}",
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.EIO: "the disk fails; look at `journalctl -k`, and restore from a backup what it lost",
}


class NoRoomError(UserError):
    """The disk has too little room for what is to be done; the message says how much, and what may be deleted."""


@contextmanager
def locked(path: Path, *, patience: float = _PATIENCE) -> Iterator[None]:
    """Have a lock file to oneself; whoever waits for it is told who holds it.

    Args:
        path: The file, which stays; a holder that is killed holds it no longer.
        patience: How many seconds to wait.

    Raises:
        Timeout: it was held all the time; `explain` names the holder.
    """
    lock = FileLock(path)
    try:
        lock.acquire(timeout=min(_SOON, patience))
    except Timeout:
        tell("waiting for %s, which holds %s", holder(path), path)
        lock.acquire(timeout=patience)
    try:
        yield
    finally:
        lock.release()


def holder(path: Path) -> str:
    """Who holds a file: `process 123 (its command)`."""
    pids = holders(path)
    return ", ".join(f"process {pid} ({_command(pid)})" for pid in pids) or "a process that can't be seen from here"


def holders(path: Path) -> list[int]:
    """The processes of this machine that hold a lock on a file, or on one beside it whose name begins so."""
    held = {_identity(file) for file in path.parent.glob(f"{path.name}*") if file.exists()}
    return list(dict.fromkeys(pid for pid, file in _locks() if file in held and pid > 0))


def _identity(file: Path) -> str:
    """As `/proc/locks` names a file."""
    status = file.stat()
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"


def _locks() -> Iterator[tuple[int, str]]:
    """Every lock that is held on this machine, as process and file; none where the system doesn't tell."""
    for line in _LOCKS.read_text().splitlines() if _LOCKS.exists() else ():
        words = line.split()
        if "->" not in words:
            yield int(words[4]), words[5]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return "ended meanwhile"
    return redact(b" ".join(words).decode("utf-8", "replace").strip())[:_LONGEST_COMMAND]


def put_aside(path: Path) -> Path:
    """Rename a damaged file or folder, with the day in its name, for somebody to look at; return where it lies now."""
    name = f"{path.stem}{_DAMAGED}{dt.date.today():%Y-%m-%d}"  # noqa: DTZ011 - as people date a file
    aside = path.with_name(f"{name}{path.suffix}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{name}-{count}{path.suffix}")
    path.rename(aside)
    # A worker has nobody who listens to its progress; a warning reaches standard error, or a deployment's log.
    _log.warning("%s is damaged: it was put aside as %s, and is made again", path, aside.name)
    return aside


def is_aside(path: Path) -> bool:
    """Whether a file was put aside, or lies in a folder that was."""
    return any(_DAMAGED in part for part in path.parts)


def free_room(folder: Path) -> int:
    """Bytes that a user may still write under a folder, which needn't exist yet."""
    return shutil.disk_usage(_nearest(folder)).free


def _nearest(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())


def require_room(state: Path, needed: int = LEAST_ROOM) -> None:
    """Look before work begins whether a state folder can be written and its disk has room for it.

    Raises:
        NoRoomError: it has less.
        OSError: the medium is read-only, or this user may not write.
    """
    if not os.access(nearest := _nearest(state), os.W_OK):
        is_read_only = os.statvfs(nearest).f_flag & os.ST_RDONLY
        code = errno.EROFS if is_read_only else errno.EACCES
        raise OSError(code, os.strerror(code), str(nearest))
    if (free := free_room(state)) < needed:
        raise NoRoomError(
            f"{free / MIB:.0f} MiB are free under {state}, and {needed / MIB:.0f} are needed; {deletable(state)}"
        )


def deletable(state: Path) -> str:
    """What may be deleted of a state folder to make room, with its size, and what never."""
    aside = [*state.glob(f"*{_DAMAGED}*"), *state.glob(f"*/*{_DAMAGED}*")]
    sizes = {path: size_of(path) for path in (*(state / name for name in _MADE_AGAIN), *aside)}
    told = [f"{path.relative_to(state)} ({size / MIB:.1f} MiB)" for path, size in sizes.items() if size]
    return f"safe to delete: {', '.join(told) or 'nothing of ours'}; never landing, certificates, evidence or published"


def size_of(path: Path) -> int:
    """Bytes that a file, or a folder with all that is in it, takes; what goes away meanwhile counts nothing."""
    return sum(map(_size, path.rglob("*") if path.is_dir() else [path]))


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size if not file.is_dir() or file.is_symlink() else 0
    except OSError:
        return 0


def explain(error: BaseException) -> str:
    """What the machine refused and what to do, in one line; an empty text for an error that isn't the machine's."""
    if isinstance(error, Timeout):
        return f"{error.lock_file} is held by {holder(Path(error.lock_file))}; wait for it or end it, then run the same"
    if isinstance(error, BrokenPipeError):
        return ""
    if isinstance(error, OSError):
        return _explain_os(error)
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error) or type(error).__module__ == "sqlalchemy.exc":
        reason = str(cause).strip().splitlines()[0]
        return f"the run history can't be used ({redact(reason)}); no number is in it; `yuebao doctor` says what to do"
    return ""


def _explain_os(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "something listens on that port already; name another one with `--port`"
    subject = f"{error.filename} can't be used ({error.strerror})" if error.filename else redact(str(error))
    return f"{subject}: {_NEXT.get(error.errno or 0, '`yuebao doctor` looks at the machine and the state folder')}"
