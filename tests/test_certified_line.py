"""Certified numbers by the commands that a user types: certificate, revision, proof, rebuild, trace, proofreading."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import Result

from tests.halls import HEADING, PARAGRAPH, SYSTEMS, Hall, Printed

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def certified(hall: Hall, march_printed: Printed) -> Printed:
    hall.begin_with(march_printed)
    return march_printed


def events(hall: Hall) -> list[dict[str, object]]:
    return [json.loads(line) for path in sorted((hall.home / "events").iterdir()) for line in path.open()]


def code_in(text: str) -> str:
    return re.search(r"code (\w{4}-\w{4}-\w{4})", text)[1]  # type: ignore[index]


def test_a_month_is_certified_once_and_its_release_is_what_was_printed(certified: Printed, hall: Hall) -> None:
    assert "Files (已核定, revision 1, code" in certified.stdout
    release = hall.home / "published" / "2025-03" / "r1"
    assert (release / "section.txt").read_text() == f"{HEADING}\n\n{PARAGRAPH}\n"
    numbers = json.loads((release / "numbers.json").read_text())
    assert numbers["state"] == "已核定"
    assert numbers["revision_notes"] == []
    assert numbers["certificate"] == {"revision": 1, "code": code_in(certified.stdout)}
    assert hall.numbers("2025-03") == hall.recount("2025-03")
    again = hall.run("certify", "2025-03")
    assert again.exit_code == 1
    assert "2025-03 is certified already: 000001-2025-03-r1.json" in again.stderr


def test_what_was_done_with_certified_numbers_is_logged(certified: Printed, hall: Hall) -> None:
    logged = events(hall)
    signed = next(event for event in logged if event["event"] == "certified")
    assert signed["certificate"] == "000001-2025-03-r1.json"
    assert signed["signed_off"] == ["service: demo signing service"]
    assert hall.run("show", "2031-01").exit_code == 1
    assert {"event": "show", "what": "2031-01", "exit_code": 1}.items() <= events(hall)[-1].items()
    assert {"at", "by", "pid"} <= events(hall)[-1].keys()


def test_a_month_that_cannot_be_printed_cannot_be_certified(certified: Printed, hall: Hall) -> None:
    result = hall.run("certify", "2024-03")
    assert result.exit_code == 1
    assert "courier 邮寄: 2024-03-01..2024-03-31 missing" in result.stderr
    assert not (hall.home / "published" / "2024-03").exists()


def test_what_was_certified_is_proved_from_files_alone(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    release = hall.home / "published" / "2025-03" / "r1"
    assert hall.run("verify").exit_code == 0
    assert hall.run("verify", "2025-03").exit_code == 0
    stick = tmp_path / "stick"
    shutil.copytree(release, stick)
    handed_over = hall.run("verify", str(stick))
    assert handed_over.exit_code == 0
    assert f"not checked: its {len(SYSTEMS) * 31 + 1} extracts" in handed_over.stdout
    (stick / "section.txt").write_text(PARAGRAPH.replace("5.42", "5.43"))
    assert hall.run("verify", str(stick)).exit_code == 1
    nobody = tmp_path / "signers.toml"
    nobody.write_text("signers = []\n")
    assert hall.run("verify", "--signers", str(nobody)).exit_code == 1


def test_nothing_is_emitted_from_a_release_that_was_changed(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path)
    changed = other.home / "published" / "2025-03" / "r1" / "section.txt"
    changed.write_text(changed.read_text().replace("5.42", "5.43"))
    result = other.run("report", "2025-03", "--no-pull")
    assert result.exit_code == 1
    assert f"{changed}: it was changed" in result.stderr
    assert "5.43" not in result.stdout
    rebuilt = other.run("rebuild", "2025-03")
    assert rebuilt.exit_code == 1
    assert f"section.txt differs from {changed}" in rebuilt.stdout


def test_a_changed_extract_is_found_and_named(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path)
    extract = max((other.home / "landing" / "call_centre" / "2025-03-12").glob("*.parquet"))
    content = bytearray(extract.read_bytes())
    content[100] ^= 1
    extract.write_bytes(content)
    for command in (("verify",), ("rebuild", "2025-03"), ("trace", "2025-03", "phone_consultations")):
        result = other.run(*command)
        assert result.exit_code == 1
        assert f"{extract}: it was changed" in result.output


def test_a_number_is_traced_to_departments_days_and_extracts(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    result = hall.run("trace", code_in(certified.stdout).lower(), "items_handled", "--csv", str(table))
    assert result.exit_code == 0, result.output
    assert "办理政务服务事项 5.6 万件, exactly 56013 件" in result.stdout
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["count"]) for row in rows) == hall.recount("2025-03")["items_handled"]
    assert {row["site"] for row in rows} == {"510000"}
    assert {row["measure"] for row in rows} == {
        "online_accepted",
        "department_window_accepted",
        "comprehensive_window_accepted",
    }
    for row in rows[:50]:
        assert re.search(rf"{row['day']} .*{re.escape(row['extract'])} +{row['sha256'][:12]}", result.stdout)
    unknown = hall.run("trace", "2025-03", "cats")
    assert unknown.exit_code == 1
    assert "has no cats; it has comprehensive_window_accepted" in unknown.stderr


def test_a_draft_is_asked_for_and_says_so(certified: Printed, hall: Hall) -> None:
    result = hall.run("report", "2025-03", "--no-pull", "--draft")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"草稿\n\n{HEADING}")
    for path in (hall.home / "published" / "2025-03" / "draft").iterdir():
        assert "草稿" in path.read_text()


def test_an_authors_text_is_held_against_the_certificates(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    release = hall.home / "published" / "2025-03" / "r1"
    clean = hall.run("proofread", str(release / "section.md"), "--month", "2025-03")
    assert clean.exit_code == 0
    assert "须改 0 处，请核 0 处，相符 8 处" in clean.stdout
    draft = tmp_path / "draft.txt"
    draft.write_text(PARAGRAPH.replace("5.42", "5.43"))
    found = hall.run("proofread", str(draft), "--month", "2025-03")
    assert found.exit_code == 1
    assert "【取舍错误】“5.43 万件”" in found.stdout
    assert hall.run("proofread", str(draft), "--month", "2024-02").exit_code == 1
    assert hall.run("proofread", str(tmp_path / "absent.txt"), "--month", "2025-03").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "2025-02"), "2025-02 has no certificate"),
        (("show", "2025-03", "--revision", "7"), "2025-03 has no revision 7"),
        (("show", "2025-03", "--as-of", "2020-01-01"), "2025-03 has no certificate as of 2020-01-01"),
        (("show", "2025-03", "--as-of", "yesterday"), "'yesterday' is no moment"),
        (("show", "0000-0000-0000"), "no certificate in .* has the code 0000-0000-0000"),
        (("show", "March"), "'March' is neither a month"),
        (("rebuild", "2025-02"), "2025-02 has no certificate"),
        (("revise", "2025-02", "--reason", "late_data"), "2025-02 was never certified"),
        (("revise", "2025-03", "--reason", "late_data"), "nothing behind 2025-03 has changed"),
    ],
)
def test_what_isnt_there_is_said_in_one_line(
    arguments: tuple[str, ...], said: str, certified: Printed, hall: Hall
) -> None:
    result = hall.run(*arguments)
    assert result.exit_code == 1
    assert re.search(said, result.stderr)
    assert "Traceback" not in result.output


def revision_check(hall: Hall) -> tuple[bool, str]:
    """What the check says last in the instance that Dagster's page shows."""
    check = dg.AssetCheckKey(dg.AssetKey("certified_numbers"), "no_revision_is_pending")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(hall.home / "dagster"))
        with dg.DagsterInstance.get() as instance:
            newest = instance.get_latest_asset_check_evaluation_record(check)
    assert newest
    assert newest.event
    assert newest.event.dagster_event
    evaluation = newest.event.dagster_event.asset_check_evaluation_data
    return evaluation.passed, evaluation.description or ""


NOTE = "2025 年 3 月电话咨询由 1187 人（次）修订为 1195 人（次）（迟报补报）。"


def released(hall: Hall, release: str) -> dict[str, bytes]:
    folder = hall.home / "published" / release
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def corrected(certified: Printed, hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> Hall:
    """The hall after a late correction of March came in: pulled and built, and not yet revised."""
    other = hall.copy(tmp_path_factory.mktemp("corrected"), demo=True)
    other.correct_calls("2025-03-12", 8)
    assert other.run("pull", "2025-03-12", "--system", "call_centre").exit_code == 0
    return other


def test_a_late_correction_changes_nothing_printed_and_is_raised(
    corrected: Hall, certified: Printed, hall: Hall
) -> None:
    passed, said = revision_check(corrected)
    assert not passed
    assert "2025-03 is 待修订: since 000001-2025-03-r1.json these have changed: call_centre 2025-03-12" in said
    assert "2025-03 is 待修订" in corrected.run("status", "2025-03").stdout
    report = corrected.run("report", "2025-03")
    assert report.exit_code == 0, report.output
    assert PARAGRAPH in report.stdout
    assert "call_centre 2025-03-12; phone_consultations 1187 → 1195" in report.stderr
    assert "待修订" in corrected.run("certify", "2025-03").stderr
    assert "1195 人（次）" in corrected.run("report", "2025-03", "--no-pull", "--draft").stdout
    assert "a revision has a reason and a note" in corrected.run("revise", "2025-03", "--reason", "late_data").stderr
    assert released(corrected, "2025-03/r1") == released(hall, "2025-03/r1")


def test_a_pull_of_every_system_asks_for_revisions_after_it(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path, demo=True)
    other.correct_calls("2025-03-12", 8)
    assert other.run("pull", "2025-03-12").exit_code == 0
    passed, said = revision_check(other)
    assert not passed
    assert "these have changed: call_centre 2025-03-12" in said


@pytest.fixture(scope="module")
def revised(corrected: Hall) -> Result:
    assert corrected.run("report", "2025-03").exit_code == 0
    return corrected.run("revise", "2025-03", "--reason", "late_data", "--note", "呼叫中心补报")


def test_a_revision_says_why_and_what_it_touches(revised: Result, corrected: Hall, hall: Hall) -> None:
    assert revised.exit_code == 0, revised.output
    assert "000002-2025-03-r2.json 已核定" in revised.stdout
    assert f"修订说明：{NOTE}" in revised.stdout
    assert "受影响的原文：为办事企业群众提供电话咨询 1187 人（次）" in revised.stdout
    assert released(corrected, "2025-03/r1") == released(hall, "2025-03/r1")
    assert "1195 人（次）" in released(corrected, "2025-03/current")["section.txt"].decode()
    metrics = json.loads(released(corrected, "2025-03/r2")["numbers.json"])["metrics"]
    flags = {metric["metric"]: metric["flags"] for metric in metrics}
    assert (flags["phone_consultations"], flags["online_accepted"]) == (["r"], [])


def test_the_next_edition_prints_the_note_and_everything_is_proved_and_rebuilt(
    revised: Result, corrected: Hall
) -> None:
    april = corrected.run("report", "2025-04")
    assert april.exit_code == 0, april.output
    assert april.stdout.count("修订说明：") == 1
    assert f"\n修订说明：{NOTE}\n" in april.stdout
    assert revision_check(corrected)[0]
    section = corrected.home / "published" / "2025-04" / "r1" / "section.txt"
    proofread = corrected.run("proofread", str(section), "--month", "2025-04")
    assert proofread.exit_code == 0, proofread.stdout

    assert corrected.run("verify").exit_code == 0
    for month, revision in (("2025-03", "1"), ("2025-03", "2"), ("2025-04", "1")):
        rebuilt = corrected.run("rebuild", month, "--revision", revision)
        assert rebuilt.exit_code == 0, rebuilt.output
        assert "reproduced to the byte; equal: numbers.json, section.md, section.txt" in rebuilt.stdout


def test_what_was_certified_at_any_moment_is_found_again(revised: Result, certified: Printed, corrected: Hall) -> None:
    first = corrected.run("show", code_in(certified.stdout))
    assert "2025-03 r1 已修订" in first.stdout
    assert "1187 人（次）" in first.stdout
    assert "late_data: 呼叫中心补报" in first.stdout
    signed = json.loads(released(corrected, "2025-03/r1")["certificate.json"])["place"]["at"]
    assert corrected.run("show", "2025-03", "--as-of", signed).stdout == first.stdout
    assert "2025-03 r2 已核定" in corrected.run("show", "2025-03", "--as-of", "2099-12-31").stdout
    assert "1195" in corrected.run("trace", "2025-03", "phone_consultations").stdout
    assert "1187" in corrected.run("trace", "2025-03", "phone_consultations", "--revision", "1").stdout


def test_rates_say_against_which_vintage_they_are(revised: Result, corrected: Hall) -> None:
    assert corrected.run("report", "2025-04").exit_code == 0
    for basis, base in (("as_printed", "首次刊印数（1187"), ("as_revised", "修订后数（1195")):
        shown = corrected.run("show", "2025-04", "--rates", basis).stdout
        assert base in shown
        assert "2024-04 isn't certified" in shown


def test_a_superseded_number_in_an_authors_text_is_found(
    revised: Result, certified: Printed, corrected: Hall, tmp_path: Path
) -> None:
    stale = tmp_path / "stale.txt"
    stale.write_bytes(released(corrected, "2025-03/r1")["section.txt"])
    found = corrected.run("proofread", str(stale), "--month", "2025-03")
    assert found.exit_code == 1
    assert "1187 人（次）" in found.stdout


def test_make_clean_deletes_nothing_certified(certified: Printed, hall: Hall, tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(hall.home, tmp_path / "var", symlinks=True)
    before = {path: path.read_bytes() for path in sorted((tmp_path / "var").rglob("*")) if path.is_file()}
    done = subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in sorted((tmp_path / "var").rglob("*")) if path.is_file()} == before
