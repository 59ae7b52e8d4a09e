"""A worker answers like a function, outlives being killed, and never outlives its caller. Real processes throughout."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.runtime.errors import UserError
from orchestration.runtime.worker import Worker, WorkerError

ROOT = Path(__file__).parents[1]
ABSENT = "a_package_that_this_process_has_not_imported"


def _nothing() -> None:
    pass


def _end_by(number: int) -> None:
    os.kill(os.getpid(), number)


def _end_once(mark: Path) -> int:
    """Be killed in the middle of the first call, and answer the second."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def _begin(mark: Path) -> None:
    """Tell that it has begun, and not end."""
    aside = mark.with_suffix(".aside")
    aside.write_text(str(os.getpid()))
    aside.replace(mark)
    time.sleep(60)


def _refuse(message: str) -> None:
    raise UserError(message)


def _divide(by: int) -> float:
    return 1 / by


class _UnpicklableError(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def _raise_unpicklable() -> None:
    raise _UnpicklableError("half ", "said")


def _surroundings(name: str) -> tuple[str | None, Path]:
    return os.environ.get(name), Path.cwd()


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker(ABSENT, _nothing)
    yield made
    made.end()


def _eventually(holds: Callable[[], bool]) -> None:
    """Wait for what comes by itself, as long as it takes; a test that hangs here has failed."""
    late = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < late, "it never came"
        time.sleep(0.01)


def _is_gone(process: int) -> bool:
    """Whether a process has ended; one that nobody waited for yet is left as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


# --- calls -----------------------------------------------------------------------------------------------------------


def test_calls_are_answered_by_one_other_process(worker: Worker) -> None:
    worker.start()
    first, second = worker.call(os.getpid), worker.call(os.getpid)
    assert first == second != os.getpid()


def test_where_the_package_is_imported_nothing_is_started() -> None:
    worker = Worker("sys", _nothing)
    worker.start()
    assert worker.call(os.getpid) == os.getpid()
    assert worker.end() is None


def test_a_call_sees_the_callers_environment_and_folder(
    worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.start()
    for value, folder in (("one", tmp_path), ("two", ROOT)):
        monkeypatch.setenv("YUEBAO_HOME", value)
        monkeypatch.chdir(folder)
        assert worker.call(_surroundings, "YUEBAO_HOME") == (value, folder)
    monkeypatch.delenv("YUEBAO_HOME")
    assert worker.call(_surroundings, "YUEBAO_HOME") == (None, ROOT)


def test_what_is_raised_is_raised_here(worker: Worker) -> None:
    with pytest.raises(UserError, match=r"^mend the file$") as refused:
        worker.call(_refuse, "mend the file")
    assert not hasattr(refused.value, "__notes__"), "a message for people carries no traceback"
    with pytest.raises(ZeroDivisionError) as error:
        worker.call(_divide, 0)
    assert "in _divide" in error.value.__notes__[0]
    with pytest.raises(RuntimeError, match="half said"):
        worker.call(_raise_unpicklable)
    assert worker.call(_divide, 2) == 0.5


def test_a_preparation_that_fails_is_left_to_the_calls() -> None:
    worker = Worker(ABSENT, _raise_unpicklable)
    worker.start()
    assert worker.call(_divide, 4) == 0.25
    worker.end()


def test_threads_take_turns(worker: Worker) -> None:
    answers: list[float] = []
    threads = [
        threading.Thread(target=lambda by=by: answers.append(worker.call(_divide, by))) for by in (1, 2, 4, 5, 8, 10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [0.1, 0.125, 0.2, 0.25, 0.5, 1.0]


# --- killed ----------------------------------------------------------------------------------------------------------


def test_a_worker_killed_during_a_call_is_replaced(worker: Worker, tmp_path: Path) -> None:
    before = worker.call(os.getpid)
    after = worker.call(_end_once, tmp_path / "mark")
    assert (tmp_path / "mark").exists()
    assert after not in {before, os.getpid()}
    assert worker.call(os.getpid) == after


def test_a_worker_killed_between_calls_is_replaced(worker: Worker) -> None:
    before = worker.call(os.getpid)
    os.kill(before, signal.SIGKILL)
    _eventually(lambda: _is_gone(before))
    assert worker.call(os.getpid) != before


def test_a_worker_killed_twice_is_told_in_one_line(worker: Worker) -> None:
    with pytest.raises(WorkerError) as error:
        worker.call(_end_by, signal.SIGKILL)
    assert str(error.value).startswith(f"the process that works with {ABSENT} was ended from outside (SIGKILL)")
    assert "Next: " in str(error.value)
    assert "\n" not in str(error.value)
    assert worker.call(_divide, 2) == 0.5, "the next call has a new one"


@pytest.fixture
def python_interrupts() -> Iterator[None]:
    """SIGINT means KeyboardInterrupt, whatever an earlier test of this process has left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("python_interrupts")
def test_an_interrupted_call_leaves_no_answer_for_the_next(worker: Worker, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    main = threading.get_ident()

    def interrupt() -> None:
        _eventually(mark.exists)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        worker.call(_begin, mark)
    assert _is_gone(int(mark.read_text()))
    assert worker.call(_divide, 2) == 0.5


def test_a_fork_has_a_worker_of_its_own(worker: Worker, tmp_path: Path) -> None:
    ours = worker.call(os.getpid)
    child = os.fork()
    if not child:
        (tmp_path / "other").write_text(str(worker.call(os.getpid)))
        worker.end()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert int((tmp_path / "other").read_text()) != ours
    assert worker.call(os.getpid) == ours


# --- the caller's end ------------------------------------------------------------------------------------------------

# As a terminal starts it: whoever runs the tests may have signals ignored, and they would be in every process below.
_CALLER = f"""
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from orchestration.runtime.worker import Worker
from tests.test_worker import _begin, _nothing
worker = Worker({ABSENT!r}, _nothing)
worker.call(_begin, Path(sys.argv[1]))
"""


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Callable[[], int]]]:
    """A process in the middle of a call, in a group of its own as a terminal makes it, and its worker's number."""
    mark = tmp_path / "mark"
    command = [sys.executable, "-c", _CALLER, str(mark)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        _eventually(mark.exists)
        yield process, lambda: int(mark.read_text())
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_ends_with_its_caller(
    caller: tuple[subprocess.Popen[str], Callable[[], int]], number: signal.Signals
) -> None:
    process, worker = caller
    assert not _is_gone(worker())
    process.send_signal(number)
    process.wait()
    _eventually(lambda: _is_gone(worker()))


def test_an_interrupt_at_the_terminal_is_the_callers_alone(
    caller: tuple[subprocess.Popen[str], Callable[[], int]],
) -> None:
    process, worker = caller
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate()[1]
    assert said.count("Traceback") == 1, said
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert _is_gone(worker())
