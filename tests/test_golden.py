"""What version 0.1 certified: verified, rebuilt to the byte and read by the code of today, without a system to ask."""

import dataclasses
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from orchestration.demo import DemoHall
from orchestration.demo.signing import DEMO_WORDS
from orchestration.runtime.program import PROJECT_ROOT, release_of_code
from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.signers import Signer, SigningKey, create_key, load_key
from tests.halls import HEADING, PARAGRAPH, Hall

GOLDEN = Path(__file__).parent / "golden" / "0.1.0.tar.xz"
NO_SYSTEMS = {
    "YUEBAO_DEMO_URL": "http://127.0.0.1:9",
    "YUEBAO_DEMO_PLATFORM_TOKEN": "none",
    "YUEBAO_DEMO_DESKS_KEY": "none",
}
# The demo hall of today has systems that the one of 0.1 hadn't: a revision waits for their days, too.
ADDED_SINCE = (("2025-03-01..2025-03-31", "rating"), ("2025-03-01..2025-03-31", "queue"))
REVISED = PARAGRAPH.replace("1187", "1195")
NOTE = "修订说明：2025 年 3 月电话咨询由 1187 人（次）修订为 1195 人（次）（迟报补报）。"


@pytest.fixture
def golden(tmp_path: Path) -> Hall:
    """A copy of the state folder of 0.1, and the command line on it."""
    hall = Hall(tmp_path, {**NO_SYSTEMS, "YUEBAO_DEMO_DIR": str(tmp_path / "var" / "demo")})
    with tarfile.open(GOLDEN) as archive:
        archive.extractall(hall.home, filter="data")
    return hall


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_was_certified_is_still_sound_and_nothing_of_it_is_touched(golden: Hall) -> None:
    before = contents(golden.home)
    verified = golden.run("verify")
    assert verified.exit_code == 0, verified.output
    assert "2 certificates" in verified.stdout
    assert golden.run("verify", "2025-03").exit_code == 0
    assert golden.run("verify", str(golden.home / "published" / "2025-03" / "r1")).exit_code == 0
    assert before.items() <= {**contents(golden.home), **only_grown(golden, before)}.items()


def only_grown(golden: Hall, before: dict[str, bytes]) -> dict[str, bytes]:
    """The audit log as it was, where today's begins with it."""
    (log,) = [name for name in before if name.startswith("events/")]
    return {log: before[log]} if (golden.home / log).read_bytes().startswith(before[log]) else {}


@pytest.mark.parametrize(("revision", "paragraph"), [(1, PARAGRAPH), (2, REVISED)])
def test_every_revision_is_rebuilt_to_the_byte(revision: int, paragraph: str, golden: Hall) -> None:
    rebuilt = golden.run("rebuild", "2025-03", "--revision", str(revision))
    assert rebuilt.exit_code == 0, rebuilt.output
    assert (
        f"2025-03 r{revision} is reproduced to the byte; equal: numbers.json, section.md, section.txt" in rebuilt.stdout
    )
    section = (golden.home / "published" / "2025-03" / f"r{revision}" / "section.txt").read_text(encoding="utf-8")
    assert section.startswith(f"{HEADING}\n\n{paragraph}\n")


def test_a_month_that_comes_out_otherwise_names_the_commit_of_its_code(golden: Hall) -> None:
    (golden.home / "published" / "2025-03" / "r1" / "section.txt").write_text("another", encoding="utf-8")
    rebuilt = golden.run("rebuild", "2025-03", "--revision", "1")
    assert rebuilt.exit_code == 1
    assert "it was certified by code ea4ca2ee5703" in rebuilt.output
    assert "`git checkout 2894153b833bd12ee6ad4444ed8a1498acf78300` (release 0.1.0)" in rebuilt.output


def test_every_revision_is_read(golden: Hall) -> None:
    newest = golden.run("show", "2025-03")
    assert newest.exit_code == 0, newest.output
    for text in ("1195 人（次）", "HEJF-EV3D-AHZ1", "r1 已修订 WQSZ-TRTB-DYQJ", "late_data: 呼叫中心补报"):
        assert text in newest.stdout
    first = golden.run("show", "WQSZ-TRTB-DYQJ")
    assert first.exit_code == 0, first.output
    assert "1187 人（次）" in first.stdout
    numbers = golden.run("numbers", "phone_consultations")
    assert numbers.exit_code == 0, numbers.output
    assert "1195" in numbers.stdout


@pytest.mark.parametrize(("revision", "total"), [(1, 1187), (2, 1195)])
def test_a_number_is_traced_to_the_extracts_of_its_revision(revision: int, total: int, golden: Hall) -> None:
    traced = golden.run("trace", "2025-03", "phone_consultations", "--revision", str(revision))
    assert traced.exit_code == 0, traced.output
    assert f"exactly {total} 人（次）" in traced.stdout
    assert f"call_centre/2025-03-12/000{revision}-" in traced.stdout


def test_the_status_of_the_month_names_its_newest_certificate(golden: Hall) -> None:
    status = golden.run("status", "2025-03")
    assert "2025-03 is 已核定: 000002-2025-03-r2.json, code HEJF-EV3D-AHZ1" in status.stdout


@pytest.mark.parametrize(
    "file",
    [
        "landing/call_centre/2025-03-12/0001-603d083181de.parquet",
        "landing/call_centre/2025-03-12/0001-603d083181de.json",
        "certificates/000001-2025-03-r1.json",
        "published/2025-03/r1/section.txt",
        "published/2025-03/r2/numbers.json",
    ],
)
def test_a_flipped_bit_is_found_and_its_file_named(file: str, golden: Hall) -> None:
    path = golden.home / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    verified = golden.run("verify")
    assert verified.exit_code == 1
    assert Path(file).name in verified.output


@pytest.fixture
def served(golden: Hall, demo: DemoHall) -> Hall:
    """The state folder of 0.1 with its systems, and a renewed key: the old one isn't kept in the golden folder."""
    variables = demo.variables()
    folder = golden.home / "demo"
    shutil.copytree(
        variables["YUEBAO_DEMO_DIR"], folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("signers.toml")
    )
    (folder / "service.pem").unlink(missing_ok=True)
    public = create_key(folder / "service.pem", SecretStr(DEMO_WORDS))
    with (folder / "signers.toml").open("a", encoding="utf-8") as listed:
        listed.write("\n" + Signer("demo signing service", "service", public, date(2020, 1, 1)).entry())
    return Hall(golden.home.parent, {**variables, "YUEBAO_DEMO_DIR": str(folder)})


def test_a_month_of_0_1_is_revised_into_form_2_and_everything_before_it_stands(served: Hall) -> None:
    for days, system in (("2025-03-12", "call_centre"), ("2025-02-28", "online_platform"), *ADDED_SINCE):
        result = served.run("pull", days, "--system", system)
        assert result.exit_code == 0, result.output
    assert "2025-03 is 待修订" in served.run("status", "2025-03").stdout

    revised = served.run("revise", "2025-03", "--reason", "source_correction", "--note", "呼叫中心撤回更正")

    assert revised.exit_code == 0, revised.output
    assert "000003-2025-03-r3.json 已核定" in revised.stdout
    assert "电话咨询由 1195 人（次）修订为 1187 人（次）" in revised.stdout
    verified = served.run("verify", "--recount")
    assert "3 certificates" in verified.stdout
    kinds = [json.loads(path.read_bytes()).keys() for path in sorted((served.home / "certificates").glob("*.json"))]
    assert [("candidate" in each, "certificate" in each) for each in kinds] == [
        (False, True),
        (False, True),
        (True, False),
    ]
    for revision in ("1", "2", "3"):
        rebuilt = served.run("rebuild", "2025-03", "--revision", revision)
        assert rebuilt.exit_code == 0, rebuilt.output
        assert f"2025-03 r{revision} is reproduced to the byte" in rebuilt.stdout


@pytest.fixture(scope="module")
def program_of_0_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source of 0.1, which the packages of today still run."""
    folder = tmp_path_factory.mktemp("0.1")
    release = release_of_code("ea4ca2ee5703")
    assert release
    packed = subprocess.run(["git", "archive", release.commit], cwd=PROJECT_ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def by_0_1(program: Path, hall: Hall, *arguments: str) -> tuple[int, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("YUEBAO_", "DAGSTER_"))}
    command = [sys.executable, "-B", "-c", "from orchestration.cli.main import run; run()", *arguments]
    environment = {**ours, **hall.environment, "PYTHONPATH": str(program)}
    done = subprocess.run(command, env=environment, cwd=program, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.proof
def test_what_0_1_can_read_after_a_roll_back_is_as_the_notes_say(served: Hall, program_of_0_1: Path) -> None:
    """deploy/README.md: looking changes nothing; a day that 0.2 landed, and a certificate of form 2, 0.1 can't read."""
    served.run("verify")
    served.run("status", "2025-03")
    assert by_0_1(program_of_0_1, served, "verify")[0] == 0
    assert by_0_1(program_of_0_1, served, "status", "2025-03")[0] == 0
    for days, system in (("2025-03-12", "call_centre"), ("2025-02-28", "online_platform"), *ADDED_SINCE):
        assert served.run("pull", days, "--system", system).exit_code == 0
    assert by_0_1(program_of_0_1, served, "verify")[0] == 0
    code, said = by_0_1(program_of_0_1, served, "status", "2025-03")
    assert (code, "is not a manifest entry" in said) == (2, True)
    revised = served.run("revise", "2025-03", "--reason", "source_correction", "--note", "呼叫中心撤回更正")
    assert revised.exit_code == 0, revised.output
    code, said = by_0_1(program_of_0_1, served, "verify")
    assert (code, "000003-2025-03-r3.json: it can't be read as a certificate" in said) == (1, True)
    assert served.run("verify").exit_code == 0


def certified_in_the_past(hall: Hall, at: str) -> str:
    """What a version that didn't look at the clock added: another revision, signed before the one it follows."""
    ledger, published = hall.home / "certificates", hall.home / "published" / "2025-03"
    before = (ledger / "000002-2025-03-r2.json").read_bytes()
    document: dict[str, Any] = json.loads(before)["certificate"]
    (signed_off,) = document["sign_offs"]
    document |= {"sequence": 3, "revision": 3, "previous": sha256(before), "sign_offs": [{**signed_off, "at": at}]}
    key: SigningKey = load_key(hall.home / "demo" / "service.pem", SecretStr(DEMO_WORDS))
    content = canonical_json(document)
    signature = dataclasses.asdict(key.sign(content))
    seal = canonical_json({"key": signature["key"], "signature": signature["value"]})
    file = b'{"certificate":' + content + b"," + seal.removeprefix(b"{")
    name = "000003-2025-03-r3.json"
    (ledger / name).write_bytes(file)
    shutil.copytree(published / "r2", published / "r3")
    shutil.rmtree(published / "r3" / "chain")
    (published / "r3" / "chain").mkdir()
    shutil.copy(ledger / "000002-2025-03-r2.json", published / "r3" / "chain")
    (published / "r3" / "certificate.json").write_bytes(file)
    return name


def test_a_ledger_that_a_clock_made_unusable_is_healed_on_record_and_loses_nothing(served: Hall) -> None:
    name = certified_in_the_past(served, "2025-05-01T08:00:00+08:00")
    broken = served.run("verify")
    assert broken.exit_code == 1
    assert (
        f"{name}: it was signed before 000002-2025-03-r2.json, which it follows: the clock was wrong" in broken.stdout
    )
    assert served.run("report", "2025-03", "--no-pull").exit_code == 1

    assert served.run("excuse-clock", name, "--note", " ").exit_code == 1
    healed = served.run("excuse-clock", name, "--note", "BIOS 电池没电", "--by", "值班员")

    assert healed.exit_code == 0, healed.output
    assert "the ledger is sound" in healed.stdout
    verified = served.run("verify")
    assert verified.exit_code == 0, verified.output
    assert f"{name}: its time doesn't count, said 值班员" in verified.stdout
    assert "BIOS 电池没电" in verified.stdout
    assert "3 certificates" in verified.stdout
    assert any("excuse-clock" in line for path in (served.home / "events").iterdir() for line in path.open())
    assert served.run("excuse-clock", name, "--note", "again").exit_code == 1


def test_authors_work_with_what_version_0_1_certified(golden: Hall, tmp_path: Path) -> None:
    """Its wording isn't kept, so that nobody knows which value stands where in its section."""
    draft = tmp_path / "draft.txt"
    draft.write_text("3 月，全程网办受理 5.24 万件，电话咨询 1195 人（次）。\n", encoding="utf-8")
    told = golden.run("proofread", str(draft), "--month", "2025-03")
    assert told.exit_code == 1, told.output
    assert "请改为“5.42 万件”" in told.stdout
    written = golden.run("desk", "2025-03")
    assert written.exit_code == 0, written.output
    (section,) = golden.home.glob("published/2025-03/desk/r2/section.docx")
    listed = golden.run("facts-of", str(section))
    assert "没有手工改过的" in listed.stdout, listed.output
