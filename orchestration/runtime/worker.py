"""A process of its own for what takes seconds to import: started ahead of need, and called as a function is.

The two processes hold the ends of one pipe, so that each sees when the other is gone: a worker ends with its caller,
whatever it is doing, and one that was killed is replaced. Decision 18 says why it is a process, and of this kind.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar, TypeVarTuple

from orchestration.runtime.errors import Refused, UserError

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

# Semaphores, such as dbt's, are cleared up behind a process that was killed; Python would say so.
# So it does of pyspark, which hands no rows to pandas here.
_QUIET = ("-W", "ignore:resource_tracker", "-W", "ignore:PySpark does not yet fully support pandas")


class WorkerError(UserError):
    """A worker was killed, and so was the one that replaced it; the message says how, and what to do."""


class Worker:
    """A process that runs functions one at a time, under the environment variables and in the folder of the caller.

    Functions, what they are given and what they return or raise go through pickle. In a process that has imported the
    package itself, they run right there: nothing would be saved.
    """

    def __init__(self, package: str, prepare: Callable[[], object]) -> None:
        """A worker that isn't started yet.

        Args:
            package: What takes long to import.
            prepare: Imports it. Where that fails, the call that needs it will say so.
        """
        self._package = package
        self._prepare = prepare
        self._turn = threading.Lock()
        self._process: _Process | None = None
        atexit.register(self.end)
        os.register_at_fork(after_in_child=self._forget)

    def start(self) -> None:
        """Start the process and have it prepare, unless it has begun; returns at once."""
        if self._package not in sys.modules:
            with self._turn:
                self._started()

    def call(self, function: Callable[[*Arguments], T], *arguments: *Arguments) -> T:
        """What the function returns or raises; it is run anew if its process is killed meanwhile.

        Raises:
            WorkerError: the new process was killed too.
        """
        if self._package in sys.modules:
            return function(*arguments)
        request = _request(function, *arguments, is_answered=True)
        with self._turn:
            try:
                returned, outcome = self._ask(request)
            except WorkerError:
                returned, outcome = self._ask(request)
        if not returned:
            raise outcome
        return outcome  # type: ignore[no-any-return]

    def end(self) -> int | None:
        """End the process, if there is one, and return its exit status."""
        process, self._process = self._process, None
        return process.end() if process else None

    def _ask(self, request: bytes) -> tuple[bool, Any]:
        """Whether the function returned, and what it returned or raised."""
        pipe = self._started().pipe
        try:
            pipe.send_bytes(request)
            return pickle.loads(pipe.recv_bytes())  # type: ignore[no-any-return]  # noqa: S301 - from our own process
        except (EOFError, OSError) as gone:
            raise WorkerError(_killed(self._package, self.end())) from gone
        except BaseException:
            # Somebody interrupts the call; its answer would be taken for that of the next one.
            self.end()
            raise

    def _started(self) -> _Process:
        if self._process is None:
            self._process = _Process.begin()
            with suppress(OSError):  # it is gone already, as the call will see
                self._process.pipe.send_bytes(_request(self._prepare, is_answered=False))
        return self._process

    def _forget(self) -> None:
        """In a fork: the process is the parent's, and so has to be its pipe."""
        self._turn = threading.Lock()
        if self._process:
            self._process.pipe.close()
            self._process = None


@dataclass(frozen=True)
class _Process:
    process: subprocess.Popen[bytes]
    pipe: Connection

    @classmethod
    def begin(cls) -> _Process:
        """A new process, in a group of its own: a terminal's Ctrl-C is for the caller, whose end it sees."""
        pipe, other = Pipe()
        with other:
            number = other.fileno()
            process = subprocess.Popen(  # noqa: S603 - this module
                [sys.executable, *_QUIET, "-P", "-m", __name__, str(number)],
                stdin=subprocess.DEVNULL,
                stdout=sys.__stderr__,
                pass_fds=[number],
                process_group=0,
            )
        return cls(process, pipe)

    def end(self) -> int:
        self.pipe.close()
        self.process.kill()
        return self.process.wait()


def _request(function: Callable[..., object], *arguments: object, is_answered: bool) -> bytes:
    call = pickle.dumps((function, arguments))
    return pickle.dumps((is_answered, dict(os.environ), Path.cwd(), call))


def _killed(package: str, status: int | None) -> str:
    by = signal.Signals(-status).name if status and status < 0 else f"exit status {status}"
    return (
        f"the process that works with {package} was ended from outside ({by}), and so was the one that replaced it. "
        "Next: see whether memory ran short (`journalctl -k`), make room, and run the same again"
    )


def serve(pipe: Connection) -> None:
    """Run what comes through the pipe, one request after the other; the process ends when the pipe does."""
    gc.set_threshold(200_000, 20, 20)  # as the program does (orchestration/cli/main.py)
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(pipe, requests), daemon=True).start()
    while True:
        is_answered, *request = pickle.loads(requests.get())  # noqa: S301 - from our own caller
        outcome = _outcome(*request)
        if is_answered:
            pipe.send_bytes(outcome)


def _receive(pipe: Connection, requests: SimpleQueue[bytes]) -> None:
    """Hand on what comes; at the end of the pipe nobody is left who could use what is being done."""
    with suppress(EOFError, OSError):
        while True:
            requests.put(pipe.recv_bytes())
    os._exit(0)


def _outcome(environment: dict[str, str], folder: Path, call: bytes) -> bytes:
    os.environ.clear()
    os.environ.update(environment)
    try:
        os.chdir(folder)
        function, arguments = pickle.loads(call)  # noqa: S301 - from our own caller
        return pickle.dumps((True, function(*arguments)))
    except Exception as error:  # noqa: BLE001 - the caller raises it
        return _raised(error)


def _raised(error: Exception) -> bytes:
    """An error, with its traceback unless its message is made for people."""
    if not isinstance(error, (UserError, Refused)):
        error.add_note("".join(traceback.format_exception(error)))
    try:
        raised = pickle.dumps((False, error))
        pickle.loads(raised)  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever pickle makes of an error that it can't take
        return pickle.dumps((False, RuntimeError("".join(traceback.format_exception(error)))))
    return raised


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
