"""What authors take from a certified month, all of it by one command: from the certificate, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

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
    values = {cell for row in book["核定数"].values for cell in row}
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


def test_what_was_tampered_with_isnt_handed_out(laid: Path, hall: Hall, tmp_path: Path) -> None:
    other = hall.copy(tmp_path)
    changed = other.home / "published" / "2025-03" / "r1" / "section.txt"
    changed.write_text(changed.read_text().replace("5.42", "5.43"))
    refused = other.run("desk", "2025-03")
    assert refused.exit_code == 1
    assert f"{changed}: it was changed" in refused.stderr
