"""What can be made again is lost, damaged, held or has no room: what each command says, and what brings it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from orchestration.runtime import history_files
from orchestration.runtime.left_overs import left_overs, owned, sweep
from tests.halls import Hall

COMMANDS = (
    ("pull", "2025-03-12", "--system", "courier"),
    ("report", "2025-03", "--no-pull"),
    ("status", "2025-03"),
    ("health",),
    ("verify",),
    ("doctor",),
)
OWN = f"process {os.getpid()} ("
Fault = Callable[[Path], "Iterator[None]"]


@contextmanager
def _deleted(home: Path) -> Iterator[None]:
    shutil.rmtree(home / "dagster")
    yield


@contextmanager
def _damaged(home: Path) -> Iterator[None]:
    for name in ("runs.db", "runs/index.db"):
        database = home / "dagster" / "history" / name
        for journal in database.parent.glob(f"{database.name}-*"):
            journal.unlink()
        database.write_bytes(b"\xff" * 4096)
    yield


@contextmanager
def _held(home: Path) -> Iterator[None]:
    with ExitStack() as stack:
        for name in ("runs.db", "runs/index.db"):
            database = stack.enter_context(closing(sqlite3.connect(home / "dagster" / "history" / name)))
            database.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _full(home: Path) -> Iterator[None]:
    filler = home / "filler"
    with filler.open("wb") as file, pytest.raises(OSError, match="No space"):
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(home).free + 1)
    with filler.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(home).free)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def _read_only(home: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", home], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", home], check=True)


@contextmanager
def _mistyped(home: Path) -> Iterator[None]:
    """Dagster's settings, by hand."""
    settings = home / "dagster" / "dagster.yaml"
    settings.write_text("storage: [postgres\n")
    yield
    settings.unlink()


@contextmanager
def _unreadable_refusal(home: Path) -> Iterator[None]:
    file = home / "quarantine" / "courier" / "2025-03-12" / "510000" / "0123456789ab.json"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"\xff")
    yield
    file.unlink()


# By fault: what makes it, and of each command its exit code and a part of what it says. What isn't named goes as ever.
Said = dict[str, tuple[int, str]]
FAULTS: dict[str, tuple[Callable[[Path], object], Said]] = {
    "history deleted": (_deleted, {}),
    "history damaged": (
        _damaged,
        {
            "doctor": (1, "next: yuebao sync-dagster, which puts it aside and fills a new one"),
            "health": (1, "the run history can't be used: "),
        },
    ),
    "dagster.yaml mistyped": (
        _mistyped,
        {
            "pull": (0, "dagster.yaml is no settings of Dagster"),
            "health": (1, "dagster.yaml is no settings of Dagster"),
            "doctor": (1, "dagster.yaml can't be used (while parsing"),
        },
    ),
    "refusal unreadable": (
        _unreadable_refusal,
        {
            "pull": (1, "0123456789ab.json says no more why an answer was refused"),
            "report": (2, "0123456789ab.json says no more why an answer was refused"),
            "status": (2, "0123456789ab.json says no more why an answer was refused"),
            "health": (2, "0123456789ab.json says no more why an answer was refused"),
            "doctor": (1, "0123456789ab.json says no more why an answer was refused"),
        },
    ),
    "history held": (_held, {"pull": (0, f"is held by {OWN}"), "doctor": (1, f"is held by {OWN}")}),
    "disk full": (
        _full,
        {
            "pull": (2, "MiB are free under "),
            "health": (1, ""),
            "doctor": (1, "safe to delete: "),
        },
    ),
    "folder read-only": (_read_only, {"pull": (2, "the medium is read-only"), "doctor": (1, "")}),
}
ON_OWN_MEDIUM = {"disk full", "folder read-only"}


@pytest.fixture(scope="module")
def printed(printed_hall: Hall) -> Hall:
    return printed_hall


@contextmanager
def _on_small_medium(home: Path) -> Iterator[None]:
    """The state folder on a medium of its own with little room."""
    if os.geteuid():
        if "CI" in os.environ:
            pytest.fail("only root can mount, and CI has to run this")
        pytest.skip("only root can mount a medium")
    content = home.with_name("content")
    home.rename(content)
    home.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", home], check=True)
    try:
        shutil.copytree(content, home, symlinks=True, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", home], check=True)


def _said(hall: Hall, words: tuple[str, ...]) -> tuple[int, str]:
    done = hall.run(*words)
    assert done.exception is None or isinstance(done.exception, SystemExit), f"{words}: {done.exception!r}"
    assert "Traceback" not in done.output
    return done.exit_code, done.output


@pytest.mark.parametrize("fault", FAULTS)
def test_every_command_goes_on_or_says_what_to_do(
    fault: str, printed: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history_files, "_PATIENCE", 0.2)
    make, told = FAULTS[fault]
    hall = printed.copy(tmp_path)
    with ExitStack() as stack:
        if fault in ON_OWN_MEDIUM:
            stack.enter_context(_on_small_medium(hall.home))
        # Months that nobody has in hand are missing: health has things to do, whatever else is wrong.
        ordinary = {"health": (1, "")}
        with make(hall.home):  # type: ignore[attr-defined]
            reading_first = COMMANDS[2:] + COMMANDS[:2]
            for words in reading_first:
                code, part = {**ordinary, **told}.get(words[0], (0, ""))
                found, output = _said(hall, words)
                assert (words, found) == (words, code), output
                assert part in output
                assert fault not in ON_OWN_MEDIUM | {"history held"} or " damaged: " not in output
        code, output = _said(hall, COMMANDS[0])
        assert code == 0, output
        if fault not in ON_OWN_MEDIUM:  # such a small disk is a finding by itself
            assert _said(hall, ("doctor",))[0] == 0


@pytest.mark.parametrize("content", [b"", b"\0" * 50_000, b"half"], ids=["zeros", "blank", "truncated"])
def test_a_damaged_warehouse_is_named_and_made_again_by_the_next_build(
    content: bytes, printed: Hall, tmp_path: Path
) -> None:
    hall = printed.copy(tmp_path)
    warehouse = hall.home / "warehouse.duckdb"
    whole = warehouse.read_bytes()
    warehouse.write_bytes(whole[:5000] if content == b"half" else content or b"\0" * len(whole))
    code, output = _said(hall, ("doctor",))
    assert code == 1
    assert "next: yuebao report MONTH, which puts it aside and makes it again" in output
    if content == b"half":
        (hall.home / "published" / "2025-03" / "build.json").unlink()
        code, output = _said(hall, ("report", "2025-03", "--no-pull"))
        assert code == 0, output
        assert len(list(hall.home.glob("warehouse.damaged-*.duckdb"))) == 1
        assert _said(hall, ("doctor",))[0] == 0


_OWN_AND_DIE = """
import os, sys
from pathlib import Path
from orchestration.runtime.left_overs import owned
with owned(Path(sys.argv[1])) as folder:
    (folder / "half.parquet").write_bytes(b"x")
    os._exit(9)
"""


def test_only_what_nobody_owns_any_more_is_swept(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".dead", tmp_path / ".alive"
    subprocess.run([sys.executable, "-c", _OWN_AND_DIE, str(dead)], check=False)
    with owned(alive):
        assert left_overs([dead, alive]) == [dead]
        assert sweep([dead, alive]) == 1
        assert (dead.exists(), alive.exists()) == (False, True)


def test_what_a_killed_build_left_is_told_and_deleted(printed: Hall, tmp_path: Path) -> None:
    hall = printed.copy(tmp_path)
    left = hall.home / "builds" / "2025-03-killed"
    left.mkdir(parents=True)
    assert "folders of commands that were killed, " in _said(hall, ("doctor",))[1]
    assert "folders that killed commands had left deleted" in _said(hall, ("retention",))[1]
    assert not left.exists()
