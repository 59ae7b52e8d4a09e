"""What the first certificates of form 2 hold, of a small hall: verified, rebuilt and revised by the code of today."""

from __future__ import annotations

import datetime as dt
import tarfile
from pathlib import Path

import pytest

from tests.small_halls import SmallHall

GOLDEN = Path(__file__).parent / "golden" / "form-2.tar.xz"
REVISIONS = (("2025-01", 1, 310), ("2025-01", 2, 314), ("2025-02", 1, 280))


@pytest.fixture
def golden(tmp_path: Path) -> SmallHall:
    """The hall's folder and state of then, without its key; nothing is dropped."""
    with tarfile.open(GOLDEN) as archive:
        archive.extractall(tmp_path, filter="data")
    return SmallHall(tmp_path)


def rebuild(hall: SmallHall, month: str, revision: int) -> None:
    rebuilt = hall.run("rebuild", month, "--revision", str(revision))
    assert rebuilt.exit_code == 0, rebuilt.output
    assert f"{month} r{revision} is reproduced to the byte" in rebuilt.stdout


def test_what_was_certified_is_still_sound_and_read(golden: SmallHall) -> None:
    verified = golden.run("verify", "--recount")
    assert verified.exit_code == 0, verified.output
    assert "3 certificates" in verified.stdout
    for month, revision, accepted in REVISIONS:
        traced = golden.run("trace", month, "accepted", "--revision", str(revision))
        assert f"exactly {accepted} 件" in traced.stdout, traced.output
    assert "late_data: 窗口补报" in golden.run("show", "2025-01").stdout


# The newest of a month that was revised; test_golden.py rebuilds a superseded one, and `make proof` all of these.
@pytest.mark.parametrize(
    ("month", "revision", "accepted"),
    [row if row[1] == 2 else pytest.param(*row, marks=pytest.mark.proof) for row in REVISIONS],
)
def test_every_revision_is_rebuilt_to_the_byte(golden: SmallHall, month: str, revision: int, accepted: int) -> None:
    rebuild(golden, month, revision)
    section = golden.home / "published" / month / f"r{revision}" / "section.txt"
    assert f"受理 {accepted} 件" in section.read_text(encoding="utf-8")


def test_a_month_is_revised_with_a_new_key_and_everything_before_it_stands(golden: SmallHall) -> None:
    made = golden.run("new-key", str(golden.folder), "青川数据服务")
    assert made.exit_code == 0, made.output
    golden.drop(dt.date(2025, 2, 11), ["D1", "D2"], accepted=8, completed=5)
    pulled = golden.run("pull", "2025-02-11")
    assert pulled.exit_code == 0, pulled.output
    assert "2025-02 is 待修订" in golden.run("status", "2025-02").stdout

    revised = golden.run("revise", "2025-02", "--reason", "late_data", "--note", "窗口补报")

    assert revised.exit_code == 0, revised.output
    assert golden.numbers("2025-02")["accepted"] == 286
    assert "4 certificates" in golden.run("verify", "--recount").stdout
    rebuild(golden, "2025-02", 1)
    rebuild(golden, "2025-02", 2)
