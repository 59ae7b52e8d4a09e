"""A hall's own words: a section in another language by its folder alone, and what is said of words that are wrong."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.editions import cells_in, lines_in
from tests.small_halls import SmallHall

ENGLISH = Path(__file__).parent / "english_hall"
TWO = ("D1", "D2")
DAY = {"accepted": 50, "completed": 47, "withdrawn": 1}
JANUARY = """I. Overview of January 2025

Between 1 January and 31 January, Qingchuan Service Hall dealt with 6.08 thousand cases: it accepted 3.1 thousand \
cases (3,100 cases), completed 2.91 thousand cases and saw 0.06 thousand cases withdrawn. More cases were accepted \
than completed. Because of rounding, parts may differ slightly from their total; none was adjusted.

Stage           thousand cases      Exactly
Accepted                   3.1  3,100 cases
Completed                 2.91  2,914 cases
撤回 Withdrawn            0.06     62 cases
"""
NOTE = """Revised: January 2025: Cases accepted from 3.1 thousand cases to 3.11 thousand cases; Cases completed from \
2.91 thousand cases to 2.92 thousand cases; Cases dealt with from 6.08 thousand cases to 6.09 thousand cases \
(reported late).
"""


def use_words(hall: SmallHall) -> None:
    hall.edit("hall.toml", ('wording = "wording.txt.j2"', 'wording = "wording.txt.j2"\nwords = "words.toml"'))


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    hall = SmallHall.begun(tmp_path)
    shutil.copytree(ENGLISH, hall.folder, dirs_exist_ok=True)
    use_words(hall)
    for file in ("hall.toml", "catalogue/sites.csv"):
        hall.edit(file, ("青川县政务服务大厅", "Qingchuan Service Hall"))
    return hall


def report(hall: SmallHall, month: str, *options: str) -> str:
    done = hall.run("report", month, *options)
    assert done.exit_code == 0, done.output
    return done.stdout


def released(hall: SmallHall, month: str, name: str, release: str = "current") -> str:
    return (hall.home / "published" / month / release / name).read_text(encoding="utf-8")


def test_a_section_in_english_by_the_halls_folder_alone(hall: SmallHall) -> None:
    for month in ("2025-01", "2025-02"):
        hall.drop_month(month, TWO, "counter", **DAY)
    report(hall, "2025-01")
    assert released(hall, "2025-01", "section.txt") == JANUARY
    marked = released(hall, "2025-01", "section.md").splitlines()
    assert marked[0] == "## I. Overview of January 2025"
    assert marked[4:] == [
        "| Stage | thousand cases | Exactly |",
        "| --- | ---: | ---: |",
        "| Accepted | 3.1 | 3,100 cases |",
        "| Completed | 2.91 | 2,914 cases |",
        "| 撤回 Withdrawn | 0.06 | 62 cases |",
    ]

    hall.drop(dt.date(2025, 1, 31), TWO, "counter", "", **(DAY | {"accepted": 53, "completed": 50}))
    for command in (["pull", "2025-01-31", "--system", "counter"], ["revise", "2025-01", "--reason", "late_data"]):
        done = hall.run(*command, *(["--note", "late"] if "revise" in command else []))
        assert done.exit_code == 0, done.output
    report(hall, "2025-02")
    *_, table, note = released(hall, "2025-02", "section.txt").split("\n\n")
    assert table.startswith("Stage  ")
    assert note == NOTE

    verified = hall.run("verify")
    assert verified.exit_code == 0, verified.output
    rebuilt = hall.run("rebuild", "2025-02")
    assert rebuilt.exit_code == 0, rebuilt.output


def test_the_words_are_evidence_and_a_later_change_of_them_changes_nothing_certified(hall: SmallHall) -> None:
    hall.drop_month("2025-01", TWO, "counter", **DAY)
    report(hall, "2025-01")
    folder = hall.home / "published" / "2025-01" / "current"
    certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    evidence = hall.home / "evidence" / certificate["candidate"]["evidence"]["wording"]
    words = json.loads(evidence.read_text(encoding="utf-8"))["words"]
    assert words["sentence_end"] == "."
    assert "grouped" not in words

    hall.edit("words.toml", ('draft = "DRAFT"', 'draft = "ENTWURF"'), ("Because of rounding", "By rounding"))
    for command in (["verify"], ["rebuild", "2025-01"]):
        done = hall.run(*command)
        assert done.exit_code == 0, done.output
    assert released(hall, "2025-01", "section.txt") == JANUARY


def test_a_hall_without_words_of_its_own_has_none_in_its_evidence(tmp_path: Path) -> None:
    hall = SmallHall.begun(tmp_path)
    hall.drop_month("2025-01")
    report(hall, "2025-01")
    certificate = json.loads(released(hall, "2025-01", "certificate.json"))
    evidence = hall.home / "evidence" / certificate["candidate"]["evidence"]["wording"]
    assert sorted(json.loads(evidence.read_text(encoding="utf-8"))) == ["constants", "template"]


def test_a_draft_in_english_on_paper(hall: SmallHall) -> None:
    hall.drop_month("2025-01", TWO, "counter", **DAY)
    report(hall, "2025-01", "--draft")
    drafts = [path for path in hall.home.rglob("section.txt") if "draft" in str(path)]
    assert [path.read_text(encoding="utf-8") for path in drafts] == [f"DRAFT\n\n{JANUARY}"]
    assert hall.run("edition", "--new", "2025-01").exit_code == 0
    hall.run("edition", "2025-01")
    (edition,) = hall.home.rglob("*.docx")
    with ZipFile(edition) as package:
        headers = [package.read(name).decode() for name in package.namelist() if "header" in name]
    assert all("DRAFT: not certified, not to be printed" in header for header in headers)
    assert "草稿" not in "".join(headers)


def test_word_and_page_hold_the_section_as_it_is(hall: SmallHall) -> None:
    hall.drop_month("2025-01", TWO, "counter", **DAY)
    report(hall, "2025-01")
    desk = hall.run("desk", "2025-01")
    assert desk.exit_code == 0, desk.output
    heading, paragraph = JANUARY.split("\n\n")[:2]
    document = hall.home / "published" / "2025-01" / "desk" / "r1" / "section.docx"
    assert [text for text in lines_in(document) if text][:2] == [heading, paragraph]
    (table,) = cells_in(document)
    assert table[1] == ["Accepted", "3.1", "3,100 cases"]
    page = (hall.home / "published" / "2025-01" / "index.html").read_text(encoding="utf-8")
    assert f'<p class="paragraph">{paragraph}</p>' in page
    assert '<td class="right">3,100 cases</td>' in page


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('sentence_ends = "."', "line 3: there is no word sentence_ends"),
        ('revised_number = "{metric}: {new}"', "line 3: revised_number holds {metric}, {new}, {old}, not"),
        ('revised_number = "{metric} {old} {new} {site}"', "line 3: revised_number holds {metric}, {new}, {old}, not"),
        ('revised_number = "{metric} {old!r} {new}"', "line 3: revised_number holds"),
        ('revised_number = "{metric} {old} {new"', "line 3: revised_number holds"),
        ('month_title = "{month_name}"', "line 3: month_title holds {month}, {year}, not"),
        ('draft = ""', "line 3: draft is a text on one line, and not empty"),
        ('draft = "a\\nb"', "line 3: draft is a text on one line"),
        ("draft = 3", "line 3: draft is a text, not 3"),
        ('thousands = "."', "line 3: thousands is one of"),
        ('thousands = "0"', "line 3: thousands is one of"),
        ('unit_space = " 9"', "line 3: unit_space is one of"),
        ('rounding_note = "up to 9 more"', "line 3: rounding_note holds a numeral that no certificate vouches for"),
        ('month_names = ["January"]', "line 3: month_names is twelve names"),
        ("units_without_space = [1]", "line 3: units_without_space is a list of texts"),
        ("draft =", "words.toml: "),
    ],
)
def test_words_that_are_wrong_are_named_with_their_line(hall: SmallHall, line: str, says: str) -> None:
    (hall.folder / "words.toml").write_text(f'# Ours\nsentence_end = "."\n{line}\n', encoding="utf-8")
    checked = hall.run("check-hall", str(hall.folder))
    told = [line for line in checked.stdout.splitlines() if "words.toml" in line]
    assert len(told) == 1, checked.stdout
    assert told[0].startswith("BAD")
    assert says in told[0]
    refused = hall.run("report", "2025-01", "--no-pull")
    assert refused.exit_code != 0
    assert "Traceback" not in refused.output


def test_words_that_are_absent_are_told(hall: SmallHall) -> None:
    (hall.folder / "words.toml").unlink()
    assert "words.toml" in hall.run("check-hall", str(hall.folder)).stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{{ n.accepted }}", "{{ n.accepted.value }}", "line 4: a .value is compared in {% if %} and never printed"),
        ("{{ n.accepted }}", "{{ n.accepted['value'] }}", "line 4: a .value is compared"),
        ("{{ n.accepted }}", "{{ n.accepted.total }}", "line 4: accepted has no form total"),
        ("{{ n.completed }}", "{{ n.complete }}", "line 4: it prints complete, which this month's numbers don't hold"),
        ("{{ n.completed }}", "nine {{ n.completed", "line 4: "),
        ("| Accepted |", "| Accepted | 五 |", "line 8: 'epted | 五 |' holds a numeral"),
        ("accepted than", "accepted, about two Thousand and forty cases, than", "line 4: 'about two Thousa' holds"),
        ("completed {{", "completed ten per cent, {{", "line 4: 'leted ten per ce' holds a numeral"),
        ("| Accepted |", "| Accepted | so |", "line 3 of the table has 4 cells, and its head 3"),
        ("| :--- | ---: | ---: |", "| a | b | c |", "a table has a head, a rule such as"),
        ("accepted.{% endif", "accepted{% endif", "a paragraph on one line that ends in ."),
    ],
)
def test_a_template_that_is_wrong_is_named_with_its_line(hall: SmallHall, old: str, new: str, says: str) -> None:
    hall.edit("wording.txt.j2", (old, new))
    checked = hall.run("check-hall", str(hall.folder))
    told = [line for line in checked.stdout.splitlines() if "wording.txt.j2" in line]
    assert len(told) == 1, checked.stdout
    assert told[0].startswith("BAD")
    assert says in told[0]
