"""What version 0.1 certified: verified, rebuilt to the byte and read by the code of today, without a system to ask."""

import tarfile
from pathlib import Path

import pytest

from tests.halls import HEADING, PARAGRAPH, Hall

GOLDEN = Path(__file__).parent / "golden" / "0.1.0.tar.xz"
NO_SYSTEMS = {
    "YUEBAO_DEMO_URL": "http://127.0.0.1:9",
    "YUEBAO_DEMO_PLATFORM_TOKEN": "none",
    "YUEBAO_DEMO_DESKS_KEY": "none",
}
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
