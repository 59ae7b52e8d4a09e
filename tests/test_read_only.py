"""Reading needs no right to write: every reading command on a read-only medium, and where the folder isn't ours."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.halls import PARAGRAPH, Hall

ROOT = Path(__file__).resolve().parents[1]
READING = (
    ("verify", "--recount"),
    ("verify", "2025-03"),
    ("status", "2025-03"),
    ("show", "2025-03"),
    ("trace", "2025-03", "parcels_mailed"),
    ("numbers", "--by", "department"),
    ("questions",),
    ("health",),
    ("doctor",),
    ("alerts",),
    ("snooze",),
    ("desk", "2025-03"),
    ("plan", "2025-03"),
)
# Whatever a machine has to mend is said, and is no traceback.
MAY_END_WITH = {"health": {0, 1}, "doctor": {0, 1}}
WRITING = (("certify", "2025-03"), ("report", "2025-04"), ("question", "2025-03", "parcels_mailed", "为什么？"))
# One process for all commands: what is imported is imported once.
PROGRAM = """
import sys
from typer.testing import CliRunner
from orchestration.cli.main import app
for line in sys.stdin:
    result = CliRunner().invoke(app, line.split())
    crash = result.exception if not isinstance(result.exception, SystemExit) else None
    print(f"== {line.strip()} == {result.exit_code} == {crash!r}")
    print(result.output)
"""


@pytest.fixture(scope="module")
def printed(printed_hall: Hall) -> Hall:
    assert printed_hall.run("desk", "2025-03").exit_code == 0
    return printed_hall


def told(hall: Hall, commands: tuple[tuple[str, ...], ...], *prefix: str) -> dict[str, tuple[int, str, str]]:
    """By command, its exit code, what it crashed with and what it said."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", PROGRAM],
        input="\n".join(" ".join(words) for words in commands),
        env={**os.environ, **hall.environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {}
    for part in done.stdout.split("\n== "):
        words, code, rest = part.removeprefix("== ").split(" == ", 2)
        crash, _, output = rest.partition("\n")
        found[words] = int(code), crash, output
    assert len(found) == len(commands), done.stdout + done.stderr
    return found


def require_read(hall: Hall, *prefix: str) -> None:
    for words, (code, crash, output) in told(hall, READING, *prefix).items():
        assert crash == "None", f"{words}: {crash} {output}"
        assert code in MAY_END_WITH.get(words.split()[0], {0}), f"{words}: {output}"
        assert "Traceback" not in output
    for words, (code, crash, output) in told(hall, WRITING, *prefix).items():
        assert code, words
        assert crash == "None", f"{words}: {crash} {output}"
        assert "Traceback" not in output


@pytest.fixture
def mounted(printed: Hall, tmp_path: Path) -> Iterator[Hall]:
    """The state folder on a medium that is mounted read-only."""
    if os.geteuid():
        if "CI" in os.environ:
            pytest.fail("only root can mount, and CI has to run this")
        pytest.skip("only root can mount a read-only medium")
    other = printed.copy(tmp_path)
    subprocess.run(["mount", "--bind", other.home, other.home], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", other.home], check=True)
    try:
        yield other
    finally:
        subprocess.run(["umount", other.home], check=True)


def test_every_reading_command_works_on_a_read_only_medium(mounted: Hall) -> None:
    require_read(mounted)
    assert PARAGRAPH in (mounted.home / "published" / "2025-03" / "current" / "section.txt").read_text(encoding="utf-8")


def test_every_reading_command_works_where_the_folder_is_somebody_elses(printed: Hall, tmp_path: Path) -> None:
    """As root without the right to pass over permissions; as anybody else, in a folder without the right to write."""
    other = printed.copy(tmp_path)
    paths = [other.home, *other.home.rglob("*")]
    before = {path: path.stat().st_mode for path in paths if not path.is_symlink()}
    for path, mode in before.items():
        path.chmod(mode & ~0o222)
    try:
        require_read(other, *(() if os.geteuid() else ("setpriv", "--bounding-set", "-dac_override,-fowner")))
    finally:
        for path, mode in before.items():
            path.chmod(mode)
