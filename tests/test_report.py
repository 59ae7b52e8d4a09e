"""The whole line, from the demo hall's systems to the printed section, by the commands that a user types."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from orchestration.runtime import worker
from orchestration.runtime.paths import Home, dagster_instance
from tests.halls import HEADING, MONTHS, PARAGRAPH, SYSTEMS, Hall, Printed

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def march(hall: Hall, march_printed: Printed) -> Printed:
    """The hall after its March was printed, and what was said then, of files in this place."""
    hall.begin_with(march_printed)
    said = march_printed.stdout.replace(os.path.relpath(march_printed.home), os.path.relpath(hall.home))
    return replace(march_printed, home=hall.home, stdout=said)


def test_march_2025_is_printed_as_it_was(march: Printed, hall: Hall) -> None:
    assert march.stdout.startswith(f"{HEADING}\n\n{PARAGRAPH}\n")
    release = hall.home / "published" / "2025-03" / "r1"
    assert (release / "section.txt").read_text() == f"{HEADING}\n\n{PARAGRAPH}\n"
    assert (release / "section.md").read_text() == f"## {HEADING}\n\n{PARAGRAPH}\n"
    for name in ("section.txt", "section.md", "numbers.json"):
        assert str(os.path.relpath(release / name)) in march.stdout


def test_a_second_run_asks_nothing_and_rebuilds_nothing(march: Printed, hall: Hall) -> None:
    extracts = hall.extracts()
    build = (hall.home / "published" / "2025-03" / "facts").stat().st_ino
    again = hall.run("report", "2025-03")
    assert again.exit_code == 0
    assert again.stdout == march.stdout
    assert "nothing is rebuilt" in again.stderr
    assert f"2025-03: 0 answers asked for, {len(SYSTEMS) * 31} were in" in again.stderr
    assert hall.extracts() == extracts
    assert (hall.home / "published" / "2025-03" / "facts").stat().st_ino == build


# The month that is printed; tests/test_derived_recount.py counts a leap year's February, and `make proof` all of these.
@pytest.mark.parametrize(
    "month", [month if month == MONTHS[0] else pytest.param(month, marks=pytest.mark.proof) for month in MONTHS]
)
def test_an_independent_recount_gives_the_same_numbers(month: str, march: Printed, hall: Hall) -> None:
    result = hall.run("report", month)
    assert result.exit_code == 0, result.output
    assert hall.numbers(month) == hall.recount(month)
    year, number = month.split("-")
    assert result.stdout.startswith(f"一、{year} 年 {int(number)} 月总体运行情况\n\n{int(number)} 月，省本级办理")


@pytest.mark.parametrize(
    ("month", "said"),
    [
        ("2022-12", "2022-12 is too early"),
        ("2099-01", "2099-01 isn't over"),
        ("2025-13", "a month is written YYYY-MM"),
        ("March", "a month is written YYYY-MM"),
    ],
)
def test_a_month_that_cannot_be_is_refused_in_one_line(month: str, said: str, hall: Hall) -> None:
    for command in ("report", "status"):
        result = hall.run(command, month)
        assert result.exit_code == 2
        installation, *refusal = result.stderr.strip().splitlines()
        assert installation.startswith("hall 演示")
        assert len(refusal) == 1
        assert said in refusal[0]


def test_a_deleted_extract_refuses_the_month_until_it_is_pulled_again(march: Printed, hall: Hall) -> None:
    lost = next((hall.home / "landing" / "courier" / "2025-03-12").glob("*.parquet"))
    lost.unlink()
    status = hall.run("status", "2025-03")
    refused = hall.run("report", "2025-03", "--no-pull")
    for result in (status, refused):
        assert result.exit_code == 1
        assert re.search(
            r"courier 邮寄: 2025-03-12 damaged: .*\s+next: yuebao pull 2025-03-12 --system courier", result.output
        )
    restored = hall.run("report", "2025-03")
    assert restored.exit_code == 0
    assert PARAGRAPH in restored.stdout
    assert hall.run("status", "2025-03").exit_code == 0


def test_status_shows_every_system_and_what_is_missing(march: Printed, hall: Hall) -> None:
    result = hall.run("status", "2024-03")
    assert result.exit_code == 1
    for system in SYSTEMS:
        assert re.search(rf"{system} \S+: 2024-03-01\.\.2024-03-31 missing", result.stdout)
    assert result.stdout.count("next: yuebao") == result.stdout.count("next: yuebao report 2024-03") > 0


def _courier(demo: Path) -> Path:
    return demo / "courier" / "邮寄日报_2024-02-20.xlsx"


def _call_centre(demo: Path) -> Path:
    return demo / "call_centre" / "电话咨询_20240220.csv"


def test_one_corrupt_file_per_drop_folder_is_named_and_the_others_land(hall: Hall, tmp_path: Path) -> None:
    broken = Hall(tmp_path, hall.variables)
    shutil.copytree(hall.demo, tmp_path / "demo")
    broken.environment["YUEBAO_DEMO_DIR"] = str(tmp_path / "demo")
    _courier(tmp_path / "demo").write_text("not a workbook")
    _call_centre(tmp_path / "demo").write_bytes(b"\xff\xfe\x00")
    result = broken.run("pull", "2024-02-19..2024-02-21")
    assert result.exit_code == 1
    assert "courier 邮寄, hall 510000, 2024-02-20: 邮寄日报_2024-02-20.xlsx" in result.stderr
    assert "call_centre 电话咨询, hall 510000, 2024-02-20: 电话咨询_20240220.csv" in result.stderr
    assert "Traceback" not in result.output
    assert len(broken.extracts()) == len(SYSTEMS) * 3 - 2


def test_runs_of_the_command_line_are_in_dagsters_instance(march: Printed, hall: Hall) -> None:
    import dagster as dg

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(hall.home / "dagster"))
        with dg.DagsterInstance.get() as instance:
            assert {run.job_name for run in instance.get_runs()} == {"pull", "month"}
            days = instance.get_materialized_partitions(dg.AssetKey(["landing", "courier"]))
            assert {f"2025-03-{day:02d}" for day in range(1, 32)} <= days
            section = instance.fetch_materializations(dg.AssetKey("report_statistics_section"), limit=1).records[0]
            assert section.asset_materialization is not None
            assert "fingerprint" in section.asset_materialization.metadata
            for pull in instance.get_runs(dg.RunsFilter(job_name="pull")):
                logged = instance.all_logs(pull.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
                told = [entry.get_dagster_event().asset_check_evaluation_data.check_name for entry in logged]
                assert told.count("no_revision_is_pending") == 1, "once a pull, however many systems it asks"


# Every process of the command imports it, and adds to one file what it is and whom it looks for.
_RECORDER = """
import json, os, socket, sys
def note(kind, said):
    with open(os.environ["RECORD"], "a") as record:
        record.write(json.dumps([kind, said]) + "\\n")
note("process", " ".join(sys.orig_argv))
real, resolve = socket.socket.connect, socket.getaddrinfo
def connect(self, address):
    if self.family != socket.AF_UNIX:
        host = address[0] if isinstance(address, tuple) else str(address)
        note("host", host)
        if not (host.startswith("127.") or host in ("localhost", "::1")):
            raise OSError("refused by the test: " + host)
    return real(self, address)
def getaddrinfo(host, *rest, **named):
    note("host", host)
    return resolve(host, *rest, **named)
socket.socket.connect = connect
socket.socket.connect_ex = lambda self, address: connect(self, address) or 0
socket.getaddrinfo = getaddrinfo
"""
_REPORT = """
import sys
from orchestration.cli.main import app
try:
    app(["report", "2025-03"])
finally:
    print("imported:", *{"great_expectations", "dbt", "dagster_dbt"} & set(sys.modules), file=sys.stderr)
"""


def test_nothing_leaves_the_machine_and_no_process_stays(hall: Hall, tmp_path: Path) -> None:
    plain = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("YUEBAO_", "DAGSTER_", "GX_", "DBT_", "DO_NOT"))
    }
    (tmp_path / "sitecustomize.py").write_text(_RECORDER)
    environment = {
        **plain,
        **hall.variables,
        "YUEBAO_HALL": "demo",
        "YUEBAO_HOME": str(tmp_path / "var"),
        "HOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "RECORD": str(tmp_path / "record"),
    }
    done = subprocess.run(
        [sys.executable, "-c", _REPORT], capture_output=True, text=True, env=environment, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert PARAGRAPH in done.stdout
    record = [json.loads(line) for line in (tmp_path / "record").read_text().splitlines()]
    assert {said for kind, said in record if kind == "host"} == {"127.0.0.1"}
    assert any(worker.__name__ in said for kind, said in record if kind == "process")
    _await_the_end_of_all_that_ran_in(tmp_path)
    assert done.stderr.endswith("imported:\n"), "what the worker is for was imported beside it"


def test_killed_while_it_builds_and_run_again_it_prints_the_same(march: Printed, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path, home=False)
    command = [str(Path(sys.executable).with_name("yuebao")), "report", "2025-03", "--no-pull"]
    with subprocess.Popen(command, env={**os.environ, **other.environment}, cwd=ROOT) as process:
        while not list(other.home.glob("builds/2025-03-*")):
            assert process.poll() is None, "it ended before it could be killed"
            time.sleep(0.01)
        process.kill()
    _await_the_end_of_all_that_ran_in(tmp_path)
    again = other.run("report", "2025-03", "--no-pull")
    assert again.exit_code == 0, again.output
    assert again.stdout.startswith(f"{HEADING}\n\n{PARAGRAPH}\n")


def _await_the_end_of_all_that_ran_in(folder: Path) -> None:
    """Wait until no process has a folder in its environment."""
    late = time.monotonic() + 60
    while any(os.fsencode(folder) in environment for environment in _environments()):
        assert time.monotonic() < late, "a process is left"
        time.sleep(0.01)


def _environments() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            yield (process / "environ").read_bytes()


def test_the_paragraphs_numbers_stand_nowhere_in_the_code() -> None:
    printed = ["5.42", "5.12", "0.23", "0.09", "1187", "5515", "54213", "51187", "56013"]
    found = subprocess.run(
        ["git", "grep", "-lwF", *(word for number in printed for word in ("-e", number)), "--", ".", ":!*.lock"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    ).stdout.split()
    elsewhere = [name for name in found if not name.startswith("tests/") and not name.endswith(".md")]
    assert elsewhere == ["orchestration/demo/world.toml"]


def test_a_build_names_dbts_documentation(march: Printed, hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    with dagster_instance(Home(hall.home)) as instance:
        (built,) = instance.fetch_materializations(dg.AssetKey("fct_monthly_metrics"), limit=1).records
    assert built.asset_materialization
    docs = Path(str(built.asset_materialization.metadata["dbt docs"].value))
    assert "fct_monthly_metrics" in docs.read_text(encoding="utf-8")


def test_a_broken_identity_refuses_the_month_and_names_the_check(march: Printed, hall: Hall, tmp_path: Path) -> None:
    other = Hall(tmp_path, hall.variables)
    shutil.copytree(hall.home / "landing", other.home / "landing")
    entry = next((other.home / "landing" / "courier" / "2025-03-12").glob("*.json"))
    document = json.loads(entry.read_text())
    del document["digest"]
    entry.write_text(json.dumps(document | {"count_sum": document["count_sum"] + 1}))
    result = other.run("report", "2025-03", "--no-pull")
    assert result.exit_code == 1
    assert "the warehouse refused 2025-03; nothing was published:" in result.stderr
    assert "fct_daily_counts_equal_what_was_landed: fail" in result.stderr
    assert not (other.home / "published" / "2025-03" / "r1").exists()
    status = other.run("status", "2025-03")
    assert "check fct_daily_counts_equal_what_was_landed on fct_daily_counts failed" in status.stdout
    row = (
        "    system courier, day 2025-03-12, "
        f"expected rows {document['row_count']}, found rows {document['row_count']}, "
        f"expected sum {document['count_sum'] + 1}, found sum {document['count_sum']}\n"
    )
    assert row in result.stderr
    assert row in status.stdout


def test_data_docs_of_a_pull_can_be_built(hall: Hall, tmp_path: Path) -> None:
    other = Hall(tmp_path, hall.variables)
    result = other.run("pull", "2025-03-12", "--system", "courier", "--data-docs")
    assert result.exit_code == 0, result.output
    index = Path(result.stdout.split("Data Docs: ")[1].strip())
    assert (index.parent.name, index.name) == ("courier", "index.html")
    assert "count_is_a_non_negative_integer" in index.read_text(encoding="utf-8")
    unchanged = other.run("pull", "2025-03-12", "--system", "courier", "--data-docs")
    assert unchanged.stdout.splitlines()[-1] == "Data Docs: none, for no new answer was judged"


def test_an_unknown_system_or_day_is_refused_in_one_line(hall: Hall) -> None:
    for arguments, said in (
        (("2025-03-12", "--system", "couriers"), "no system couriers; the hall has online_platform"),
        (("2025-3-12",), "is no day, range or month"),
        (("2025-03-12..2025-03-01",), "the earlier one first"),
    ):
        result = hall.run("pull", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr
