"""The section's files: what they say, the same bytes each time, and a folder that is whole at every moment."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from reports.figures.section import NumberSource, Origin, SectionError, write_draft
from reports.figures.section_text import PrintedSection, SectionTable
from reports.figures.wording import Section, WordingTemplate

TEMPLATE = "一、{{ year }} 年 {{ month }} 月\n\n邮寄量 {{ n.parcels_mailed }}。\n"
SHA = {1: "1" * 64, 2: "2" * 64}


def source(system: str, system_name: str) -> NumberSource:
    days: list[Any] = [{"day": f"2025-03-0{day}", "sha256": SHA[day]} for day in (2, 1)]
    return {"system": system, "system_name": system_name, "extracts": days}


ORIGIN = Origin(
    month="2025-03",
    hall_code="510000",
    hall_name="四川省政务服务大厅",
    fingerprint="f" * 64,
    sources={
        "parcels_mailed": [source("courier", "邮寄")],
        "documents_issued": [source("window_system", "窗口系统"), source("courier", "邮寄")],
    },
)


def number(metric: str, exact: int) -> MonthlyNumber:
    return MonthlyNumber(
        metric=metric,
        metric_name="邮寄量",
        version="1",
        definition="当月交寄的邮件数",
        event_counted="邮件交寄",
        deduplication_key="邮件号",
        exact=exact,
        printed=printed(exact, divisor=10_000, decimals=2, rule="half_up"),
        unit="件",
        display_unit="万件",
        display_divisor=10_000,
        display_decimals=2,
        rounding="half_up",
        measures=(metric,),
        parts=(),
    )


NUMBERS = {metric: number(metric, exact) for metric, exact in [("parcels_mailed", 893), ("documents_issued", 2_317)]}
CORRECTED = {**NUMBERS, "parcels_mailed": number("parcels_mailed", 993)}


@pytest.fixture
def template(tmp_path: Path) -> WordingTemplate:
    path = tmp_path / "wording.txt.j2"
    path.write_text(TEMPLATE, encoding="utf-8")
    return WordingTemplate.read(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "published" / "2025-03" / "r1"


def write(
    folder: Path,
    template: WordingTemplate,
    numbers: dict[str, MonthlyNumber] = NUMBERS,
    origin: Origin = ORIGIN,
) -> Section:
    return write_draft(folder, numbers, origin, template=template)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_text_and_markdown(folder: Path, template: WordingTemplate) -> None:
    section = write(folder, template)
    assert section.metrics == ("parcels_mailed",)
    assert contents(folder)["section.txt"].decode() == "草稿\n\n一、2025 年 3 月\n\n邮寄量 0.09 万件。\n"
    assert contents(folder)["section.md"].decode() == "**草稿**\n\n## 一、2025 年 3 月\n\n邮寄量 0.09 万件。\n"


def test_numbers_say_what_they_rest_on(folder: Path, template: WordingTemplate) -> None:
    write(folder, template)
    document = json.loads(contents(folder)["numbers.json"])
    assert {key: document[key] for key in ("month", "hall", "state", "fingerprint", "certificate")} == {
        "month": "2025-03",
        "hall": {"code": "510000", "name": "四川省政务服务大厅"},
        "state": "草稿",
        "certificate": None,
        "fingerprint": "f" * 64,
    }
    issued, mailed = document["metrics"]
    assert mailed == {
        "metric": "parcels_mailed",
        "name": "邮寄量",
        "exact": 893,
        "unit": "件",
        "printed": "0.09",
        "display_unit": "万件",
        "flags": ["p"],
        "in_section": True,
        "definition": "当月交寄的邮件数",
        "event_counted": "邮件交寄",
        "deduplication_key": "邮件号",
        "version": "1",
        "rounding": "half_up",
        "display_decimals": 2,
        "measures": ["parcels_mailed"],
        "parts": [],
        "sources": [
            {
                "system": "courier",
                "system_name": "邮寄",
                "extracts": [{"day": "2025-03-01", "sha256": SHA[1]}, {"day": "2025-03-02", "sha256": SHA[2]}],
            }
        ],
    }
    assert issued["in_section"] is False
    assert [one["system"] for one in issued["sources"]] == ["courier", "window_system"]


def test_a_draft_says_so_in_every_file(folder: Path, template: WordingTemplate) -> None:
    write(folder, template)
    assert all("草稿" in content.decode() for content in contents(folder).values())


def test_identical_files_are_left_untouched(folder: Path, template: WordingTemplate) -> None:
    write(folder, template)
    before = {path.name: path.stat() for path in (folder, *folder.iterdir())}
    write(folder, template, numbers=dict(reversed(NUMBERS.items())))
    after = {path.name: path.stat() for path in (folder, *folder.iterdir())}
    assert {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in after.items()} == {
        name: (stat.st_ino, stat.st_mtime_ns) for name, stat in before.items()
    }


def test_the_same_bytes_in_another_place(folder: Path, template: WordingTemplate, tmp_path: Path) -> None:
    write(folder, template)
    write(tmp_path / "elsewhere", template)
    assert contents(folder) == contents(tmp_path / "elsewhere")


def test_a_corrected_number_replaces_the_folder(folder: Path, template: WordingTemplate) -> None:
    write(folder, template)
    write(folder, template, numbers=CORRECTED)
    assert "0.1 万件" in contents(folder)["section.txt"].decode()
    assert {path.name for path in folder.parent.iterdir()} == {"r1", ".r1.lock"}


def test_writers_at_once_leave_one_whole_section(folder: Path, template: WordingTemplate, tmp_path: Path) -> None:
    sound = []
    for name, numbers in [("old", NUMBERS), ("new", CORRECTED)]:
        write(tmp_path / name, template, numbers=numbers)
        sound.append(contents(tmp_path / name))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda turn: write(folder, template, numbers=(NUMBERS, CORRECTED)[turn % 2]), range(20)))
    assert contents(folder) in sound


@pytest.mark.parametrize("name", ["section.txt", "section.md", "numbers.json"])
def test_a_file_that_was_changed_or_lost_is_written_again(folder: Path, template: WordingTemplate, name: str) -> None:
    write(folder, template)
    sound = contents(folder)
    (folder / name).write_bytes(b"edited")
    write(folder, template)
    assert contents(folder) == sound
    (folder / name).unlink()
    write(folder, template)
    assert contents(folder) == sound


def test_a_folder_with_other_files_is_not_replaced(folder: Path, template: WordingTemplate) -> None:
    folder.mkdir(parents=True)
    (folder / "facts").mkdir()
    with pytest.raises(SectionError, match="holds facts, which a section must not replace"):
        write(folder, template)
    assert [path.name for path in folder.iterdir()] == ["facts"]


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ([], "parcels_mailed has no sources"),
        ([{**source("courier", "邮寄"), "extracts": []}], "courier is named as a source without any extract"),
        (
            [{**source("courier", "邮寄"), "extracts": [{"day": "2025-03-01", "sha256": "ABC"}]}],
            "courier 2025-03-01: 'ABC' is no SHA-256",
        ),
    ],
)
def test_a_number_that_cannot_be_traced_is_refused(
    folder: Path, template: WordingTemplate, sources: list[NumberSource], message: str
) -> None:
    origin = replace(ORIGIN, sources={**ORIGIN.sources, "parcels_mailed": sources})
    with pytest.raises(SectionError, match=message):
        write(folder, template, origin=origin)
    assert not folder.exists()


def killed_at(step: int, folder: Path, template: WordingTemplate) -> bool:
    """Whether a child that writes corrected numbers was killed before its file operation number `step`."""
    child = os.fork()
    if child == 0:
        steps = iter(range(step))

        def strike(event: str, arguments: tuple[Any, ...]) -> None:
            ours = event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"} and ".r1" in str(arguments)
            if ours and next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(strike)
        try:
            write(folder, template, numbers=CORRECTED)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status != 0


def crashes(folder: Path, template: WordingTemplate) -> Iterator[int]:
    step = 0
    while killed_at(step, folder, template):
        yield step
        step += 1


def test_killed_at_any_step_the_old_or_the_new_section_is_whole(
    folder: Path, template: WordingTemplate, tmp_path: Path
) -> None:
    write(folder, template)
    old = contents(folder)
    write(tmp_path / "new", template, numbers=CORRECTED)
    new = contents(tmp_path / "new")
    steps = 0
    for _ in crashes(folder, template):
        steps += 1
        whole = folder if folder.exists() else folder.with_name(".r1.replaced")
        assert contents(whole) in (old, new)
        write(folder, template)
        assert contents(folder) == old
        assert {path.name for path in folder.parent.iterdir()} == {"r1", ".r1.lock"}
    assert steps >= 8
    assert contents(folder) == new


_LINE = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" |\\"), min_size=1).map(str.strip)


@given(
    st.builds(
        PrintedSection,
        _LINE.filter(bool),
        _LINE.filter(lambda line: line and not line.startswith("|")),
        st.none()
        | st.lists(st.tuples(_LINE, _LINE), min_size=2).map(
            lambda rows: SectionTable(tuple(rows), ("left", "right")),
        ),
        st.lists(_LINE.filter(lambda line: line and not line.startswith(("|", "*"))), max_size=2).map(tuple),
        st.sampled_from(["", "草稿", "DRAFT"]),
    )
)
def test_a_section_is_read_back_as_it_was_written(section: PrintedSection) -> None:
    assert PrintedSection.read(section.markdown) == section
