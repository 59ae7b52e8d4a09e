"""`yuebao doctor`: what is well is said to be, and each thing that can be wrong is named with what to do."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
import time_machine
from filelock import FileLock
from typer.testing import CliRunner

from orchestration.cli.main import app
from orchestration.config.hall import Spark, load_hall
from orchestration.diagnosis import Diagnosis
from orchestration.doctor import machine
from orchestration.doctor.diagnose import diagnose
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import Home
from tests.halls import Hall
from tests.servers.spark import free_port, java


@pytest.fixture(scope="module")
def certified(printed_hall: Hall) -> Hall:
    """A hall with a month certified."""
    return printed_hall


def _examined(hall: Hall) -> tuple[int, list[str]]:
    told = CliRunner().invoke(app, ["doctor"], env=hall.environment)
    assert "Traceback" not in told.output
    return told.exit_code, told.stdout.splitlines()


def test_after_a_certified_month_all_is_well(certified: Hall) -> None:
    code, lines = _examined(certified)
    assert (code, lines[-1]) == (0, "doctor: all well")
    assert [line for line in lines[:-1] if not line.startswith("ok ")] == []
    assert any(re.match(r"ok   ledger: 1 certificates, \d{3} files, sound", line) for line in lines)


def test_before_the_first_command_all_is_well_too(certified: Hall, tmp_path: Path) -> None:
    fresh = Hall(tmp_path, certified.variables)
    code, lines = _examined(fresh)
    assert (code, lines[-1]) == (0, "doctor: all well")
    assert "ok   ledger: nothing is certified yet" in lines


def _later(path: Path) -> None:
    """An entry of the day in whose folder it lies, landed in an hour from now."""
    entry = json.loads(path.read_text())
    del entry["digest"]
    landed_at = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat()
    path.write_text(json.dumps({**entry, "stat_date": path.parent.name, "landed_at": landed_at}))


def _clock_went_back(home: Path) -> None:
    courier = home / "landing" / "courier"
    # What is certified stays as it is, or the ledger would speak too.
    shutil.copytree(courier / "2025-03-31", courier / "2025-04-01")
    _later(max((courier / "2025-04-01").glob("*.json")))


def _entry_is_torn(home: Path) -> None:
    courier = home / "landing" / "courier"
    shutil.copytree(courier / "2025-03-31", courier / "2025-04-01")
    max((courier / "2025-04-01").glob("*.json")).write_text("{")


def _history_is_damaged(home: Path) -> None:
    path = next((home / "dagster").rglob("index.db"))
    # A write-ahead log that wasn't folded in yet may hold the page that is spoilt here.
    for log in path.parent.glob("index.db-*"):
        log.unlink()
    content = bytearray(path.read_bytes())
    content[:200] = b"\xff" * 200
    path.write_bytes(content)


def _extract_is_gone(home: Path) -> None:
    next((home / "landing" / "courier" / "2025-03-12").glob("*.parquet")).unlink()


def _certificate_is_gone(home: Path) -> None:
    next((home / "certificates").glob("*.json")).unlink()


def _state_is_everybodys(home: Path) -> None:
    home.chmod(0o777)


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "the clock": (
        _clock_went_back,
        r"BAD  clock: it is .* UTC here, and something was landed at .*\n     next: set the clock",
    ),
    "a manifest entry": (_entry_is_torn, r"BAD  clock: .*2025-04-01/.*\.json is not a manifest entry"),
    "the run history": (
        _history_is_damaged,
        r"BAD  run history: damaged: .*index\.db; no number is in it\n     next: yuebao sync-dagster",
    ),
    "an extract": (_extract_is_gone, r"BAD  ledger: 1 problems?\n     .*courier"),
    "a certificate": (_certificate_is_gone, r"BAD  ledger: "),
    "the state folder": (_state_is_everybodys, r"BAD  state: everybody may write to .*\n     next: chmod o-w"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_named_with_what_to_do_and_nothing_else_is(
    wrong: str, certified: Hall, tmp_path: Path
) -> None:
    spoil, says = WRONG[wrong]
    copied = certified.copy(tmp_path)
    spoil(copied.home)
    code, lines = _examined(copied)
    bad = [line for line in lines if line.startswith("BAD")]
    assert (code, len(bad), lines[-1]) == (1, 1, "doctor: 1 to mend")
    assert re.search(f"^{says}", "\n".join(lines), re.MULTILINE)


def test_a_key_that_others_may_read_is_named(certified: Hall, tmp_path: Path) -> None:
    copied = certified.copy(tmp_path, demo=True)
    (copied.demo / "service.pem").chmod(0o644)
    code, lines = _examined(copied)
    assert code == 1
    at = lines.index(f"BAD  key file: others may read {copied.demo}/service.pem")
    assert lines[at + 1] == f"     next: chmod 600 {copied.demo}/service.pem"


def test_a_daemon_that_isnt_there_is_missed_where_something_runs_by_itself(certified: Hall, tmp_path: Path) -> None:
    copied = certified.copy(tmp_path)
    _, lines = _examined(copied)
    assert "ok   daemon: never heard of; environment development needs none" in lines
    copied.environment["YUEBAO_ENVIRONMENT"] = "production"
    code, lines = _examined(copied)
    assert code == 1
    assert "BAD  daemon: never heard of, and environment production runs nothing by itself" in "\n".join(lines)


def test_a_storage_that_cant_be_reached_is_named_without_its_password(certified: Hall, tmp_path: Path) -> None:
    copied = certified.copy(tmp_path)
    (copied.home / "dagster" / "dagster.yaml").write_text(_UNREACHABLE)
    code, lines = _examined(copied)
    (bad,) = [line for line in lines if line.startswith("BAD")]
    assert code == 1
    assert bad.startswith(f"BAD  run history: {copied.home}/dagster/dagster.yaml can't be used (")
    assert "canary" not in "\n".join(lines)


_UNREACHABLE = """\
storage:
  postgres:
    postgres_url: postgresql://dagster:canary@127.0.0.1:1/dagster
telemetry: {enabled: false}
"""


def test_a_build_under_way_is_said(certified: Hall, tmp_path: Path) -> None:
    copied = certified.copy(tmp_path)
    assert "ok   build lock: free" in _examined(copied)[1]
    with FileLock(copied.home / "warehouse.lock"):
        held = f"ok   build lock: held: a build is under way, by process {os.getpid()} ("
        assert [line for line in _examined(copied)[1] if line.startswith(held)]


@pytest.mark.parametrize(
    ("year", "good", "says"), [(2025, True, "2025 and 2026 are known"), (2101, False, "no working-day")]
)
def test_a_year_that_the_calendar_doesnt_know_is_named(year: int, *, good: bool, says: str) -> None:
    with time_machine.travel(dt.datetime(year, 11, 25, tzinfo=dt.UTC)):
        diagnosis = diagnose("calendar", machine._calendar)
    assert (diagnosis.verdict == "ok", says in diagnosis.message) == (good, True)


def test_too_little_room_is_said(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_LEAST_FREE_GIB", 10**9)
    diagnosis = diagnose("disk", lambda: machine._disk(home))
    assert (diagnosis.verdict, diagnosis.next_step) == ("mend", "make room, or move YUEBAO_HOME")


def test_an_engine_that_cannot_be_used_is_named(certified: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"ok   engine: duckdb {metadata.version('duckdb')}" in _examined(certified)[1]

    master = f"spark://127.0.0.1:{free_port()}"
    with monkeypatch.context() as patched:
        patched.setenv("JAVA_HOME", "/nowhere")
        without_java = _engine_diagnosed(master)
    assert (without_java.verdict, "there is no java in JAVA_HOME" in without_java.message) == ("mend", True)
    assert without_java.next_step.startswith("install Java 17")
    java()
    unreachable = _engine_diagnosed(master)
    assert (unreachable.verdict, f"{master} can't be reached" in unreachable.message) == ("mend", True)
    assert _engine_diagnosed("local[*]") == Diagnosis(
        "engine", "ok", f"spark {metadata.version('pyspark')} on local[*]"
    )


def _engine_diagnosed(master: str) -> Diagnosis:
    hall = load_hall(DEMO_HALL).hall.model_copy(update={"engine": "spark", "spark": Spark(master=master)})
    return diagnose("engine", lambda: machine._engine(hall))


def test_a_package_that_is_not_as_asked_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = metadata.version

    def other(name: str) -> str:
        if name == "duckdb":
            return "1.0.0"
        if name == "openpyxl":
            raise metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(metadata, "version", other)
    diagnosis = diagnose("versions", machine._versions)
    assert diagnosis.verdict == "mend"
    assert "duckdb is 1.0.0, and ==2.0.0 is asked for" in diagnosis.message
    assert "openpyxl isn't installed" in diagnosis.message
