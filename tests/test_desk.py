"""What authors take from a certified month, all of it by one command: from the certificate, and from nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import openpyxl
import pytest

from orchestration.automation.desk import DESK_SENSOR
from orchestration.certification import author_files
from orchestration.definitions import defs
from orchestration.jobs import DESK_JOB
from orchestration.runtime.dagster_runs import require_run
from orchestration.runtime.paths import Home, dagster_instance
from reports.certificates.handed_over import write_manifest
from tests.editions import lines_in
from tests.halls import HEADING, PARAGRAPH, Hall

FILES = ["numbers.csv", "numbers.parquet", "numbers.sdmx.csv", "numbers.xlsx", "section.docx"]


@pytest.fixture(scope="module")
def laid(printed_hall: Hall) -> Path:
    """The desk of a certified month."""
    done = printed_hall.run("desk", "2025-03")
    assert done.exit_code == 0, done.output
    desk = printed_hall.home / "published" / "2025-03" / "desk" / "r1"
    pages = [desk.parents[1] / "index.html", desk.parents[2] / "index.html"]
    written = [*FILES, "dictionary.csv", *(page.name for page in pages)]
    assert [Path(line).name for line in done.stdout.splitlines()] == written
    return desk


def test_the_document_says_what_was_certified(laid: Path) -> None:
    lines = [line for line in lines_in(laid / "section.docx") if line]
    assert lines[:2] == [HEADING, PARAGRAPH]


def test_the_workbook_holds_the_certified_numbers(laid: Path, hall: Hall) -> None:
    book = openpyxl.load_workbook(laid / "numbers.xlsx")
    values = {cell for row in book["核定数（数据人员用）"].values for cell in row}
    assert set(hall.numbers("2025-03").values()) <= values


def test_the_page_leads_to_files_that_are_there(laid: Path) -> None:
    page = (laid.parents[1] / "index.html").read_text(encoding="utf-8")
    for name in FILES:
        assert f'href="desk/r1/{name}"' in page, name


def test_again_it_is_the_same_to_the_byte(laid: Path, hall: Hall) -> None:
    before = {path.name: path.read_bytes() for path in laid.iterdir()}
    assert hall.run("desk", "2025-03").exit_code == 0
    assert {path.name: path.read_bytes() for path in laid.iterdir()} == before


def test_a_month_that_nobody_certified_has_a_page_alone(printed_hall: Hall, tmp_path: Path) -> None:
    hall = printed_hall.copy(tmp_path)
    done = hall.run("desk", "2025-03", "2024-12")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1] == "2024-12 还没有核定，只有网页，缺什么写在上面"
    published = hall.home / "published"
    assert not (published / "2024-12" / "desk").exists()
    assert "草稿" in (published / "2024-12" / "index.html").read_text(encoding="utf-8")
    assert (published / "2025-03" / "desk" / "r1" / "section.docx").exists()


def test_without_a_month_it_is_every_certified_one(printed_hall: Hall, laid: Path, tmp_path: Path) -> None:
    hall = printed_hall.copy(tmp_path)
    done = hall.run("desk")
    assert done.exit_code == 0, done.output
    assert [Path(line).name for line in done.stdout.splitlines()][: len(FILES)] == FILES
    assert (hall.home / "published" / "2025-03" / "desk" / "r1" / "numbers.csv").read_bytes() == (
        laid / "numbers.csv"
    ).read_bytes()


@pytest.fixture
def unwritten(printed_hall: Hall, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A hall whose March is printed, and of which an edition alone was made."""
    hall = printed_hall.copy(tmp_path, demo=True)
    desk = hall.home / "published" / "2025-03" / "desk"
    shutil.rmtree(desk, ignore_errors=True)
    write_manifest(desk / "r1")
    hall.environment["YUEBAO_DESK"] = ""
    for name, value in hall.environment.items():
        monkeypatch.setenv(name, value)
    return hall


def test_a_report_prints_its_section_and_then_leaves_page_word_and_workbook(unwritten: Hall) -> None:
    done = unwritten.run("report", "2025-03", "--no-pull")
    assert done.exit_code == 0, done.output
    section, files = done.stdout.split("For authors:\n")
    assert PARAGRAPH in section
    paths = [Path(line.strip()) for line in files.splitlines()]
    assert [path.name for path in paths] == ["index.html", *FILES]
    assert all(path.exists() for path in paths)


def test_files_that_cant_be_written_are_a_warning_in_one_line(unwritten: Hall) -> None:
    desk = unwritten.home / "published" / "2025-03" / "desk"
    shutil.rmtree(desk)
    desk.write_text("in the way")
    done = unwritten.run("report", "2025-03", "--no-pull")
    assert (done.exit_code, "For authors:" in done.stdout) == (0, False), done.output
    assert PARAGRAPH in done.stdout
    *_, warning = done.stderr.splitlines()
    assert "000001-2025-03-r1.json stands, but what authors take of it isn't written: " in warning
    assert str(desk) in warning
    assert warning.endswith("; next: yuebao desk 2025-03")


def test_a_file_that_cant_be_made_keeps_no_other_from_being_written(
    unwritten: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise ValueError("no such colour")

    monkeypatch.setitem(author_files.FILES, "section.docx", broken)
    done = unwritten.run("report", "2025-03", "--no-pull")
    assert (done.exit_code, PARAGRAPH in done.stdout, "For authors:" in done.stdout) == (0, True, False), done.output
    assert "000001-2025-03-r1.json: section.docx can't be made (ValueError: no such colour)" in done.stderr
    written = unwritten.home / "published" / "2025-03"
    assert sorted(path.name for path in written.glob("desk/r1/[!m]*")) == [name for name in FILES if "docx" not in name]
    assert (written / "index.html").exists()
    monkeypatch.undo()
    assert unwritten.run("report", "2025-03", "--no-pull").exit_code == 0
    assert (written / "desk" / "r1" / "section.docx").exists()


def test_a_page_says_what_changed_since_it_was_certified(unwritten: Hall) -> None:
    assert unwritten.run("report", "2025-03", "--no-pull").exit_code == 0
    page = unwritten.home / "published" / "2025-03" / "index.html"
    assert "已核定" in page.read_text(encoding="utf-8")
    unwritten.correct_calls("2025-03-12", 3)
    assert unwritten.run("pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    done = unwritten.run("report", "2025-03", "--no-pull")
    assert "待修订" in done.output
    assert "待修订" in page.read_text(encoding="utf-8")


def test_the_daemon_writes_it_after_the_run_that_certified(unwritten: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUEBAO_ENVIRONMENT", "production")
    definitions = defs()
    sensor = definitions.resolve_sensor_def(DESK_SENSOR)
    with dagster_instance(Home(unwritten.home)) as instance:
        (ended,) = instance.fetch_run_status_changes(dg.DagsterEventType.RUN_SUCCESS, limit=1).records
        told = ended.event_log_entry
        run = require_run(instance, told.run_id)
        context = dg.build_run_status_sensor_context(DESK_SENSOR, told.get_dagster_event(), instance, run)
        asked = sensor(context)
        assert isinstance(asked, dg.RunRequest)
        job = definitions.resolve_job_def(DESK_JOB)
        assert job.execute_in_process(instance=instance, partition_key=asked.partition_key).success
        assert sorted(path.name for path in unwritten.home.glob("published/2025-03/desk/r1/[!m]*")) == FILES
        again = sensor(context)
        assert isinstance(again, dg.SkipReason)
        assert again.skip_message == "2025-03 is written"


def test_the_page_shows_a_question_and_its_answer_at_once(unwritten: Hall) -> None:
    page = unwritten.home / "published" / "2025-03" / "index.html"
    assert unwritten.run("question", "2025-03", "全程网办受理", "比上月多这么多？", "--by", "李处").exit_code == 0
    assert "比上月多这么多？" in page.read_text(encoding="utf-8")
    assert "待答复" in page.read_text(encoding="utf-8")
    page.unlink()
    page.mkdir()  # in the way
    answered = unwritten.run("answer", "Q1", "已经核对，无误", "--by", "张三")
    assert (answered.exit_code, answered.stdout) == (0, "Q1 已答复\n"), answered.output
    *_, warning = answered.stderr.splitlines()
    assert warning.startswith("已经登记，但是网页没有更新：")
    assert warning.endswith("；请数据人员运行 yuebao desk 2025-03")
    page.rmdir()
    assert unwritten.run("answer", "Q1", "又核对了一遍", "--by", "张三").exit_code == 0
    assert "又核对了一遍" in page.read_text(encoding="utf-8")


def test_what_was_tampered_with_isnt_handed_out(laid: Path, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path)
    changed = other.home / "published" / "2025-03" / "r1" / "section.txt"
    changed.write_text(changed.read_text().replace("5.42", "5.43"))
    refused = other.run("desk", "2025-03")
    assert refused.exit_code == 1
    assert f"{changed}: it was changed" in refused.stderr
