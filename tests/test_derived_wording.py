"""A section that prints every kind of derived number: directions, lists, a table, and what has no value."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from orchestration.config.hall import load_hall
from orchestration.doctor.hall import folder_checks
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import PROJECT_ROOT
from reports.word.facts import facts_in
from tests.derived_halls import ROWS, derive, drop_months, exact, report
from tests.editions import changed
from tests.small_halls import SmallHall
from tests.test_words import ENGLISH, use_words

EVERY_KIND = """\
一、{{ year }} 年 {{ month }} 月总体情况

截至 {{ last.month }} 月 {{ last.day }} 日，受理 {{ n.accepted }}，环比{{ n.accepted_growth }}，\
未办结率 {{ n.completion_rate }}，{% if n.rate_change.known %}比上月{{ n.rate_change }}，{% endif %}\
平均 {{ n.completed_each }}，办结占 {{ n.completed_share }}，\
日均受理 {{ n.accepted_daily }}；今年累计受理 {{ n.accepted_to_date }}，累计未办结率 {{ n.completion_to_date }}；\
在办同比{{ n.open_yearly }}；受理前列是 {{ n.busiest.names }}，分别为 {{ n.busiest.values }}。

| 名次 | 部门 | 办结占比 |
| --- | --- | --- |
{% for row in n.by_rate %}| {{ row.place }} | {{ row.name }} | {{ row.value }} |
{% endfor %}
"""


def _begun(place: Path) -> SmallHall:
    hall = SmallHall.begun(place)
    (hall.folder / "catalogue" / "stock_balances.csv").write_text("stock,measure,sign\n", encoding="utf-8")
    text = EVERY_KIND.replace("\\\n", "")
    (hall.folder / "wording.txt.j2").write_text(text, encoding="utf-8")
    derive(hall)
    return hall


@pytest.fixture
def hall(tmp_path: Path) -> SmallHall:
    return _begun(tmp_path)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> SmallHall:
    """The hall with two months printed."""
    hall = _begun(tmp_path_factory.mktemp("reported"))
    drop_months(hall, "2025-01", "2025-02")
    for month in ("2025-01", "2025-02"):
        report(hall, month)
    return hall


def section(hall: SmallHall, month: str, name: str = "section.txt") -> str:
    return (hall.home / "published" / month / "current" / name).read_text(encoding="utf-8")


def test_every_kind_is_printed_with_its_words_and_every_digit_is_certified(reported: SmallHall) -> None:
    hall = reported
    checked = hall.run("check-hall", str(hall.folder))
    assert "prints accepted, accepted_growth, completion_rate" in checked.output, checked.output
    document = json.loads(section(hall, "2025-02", "numbers.json"))
    printed = {metric["metric"]: metric["printed"] for metric in document["metrics"]}
    values = exact(hall, "2025-02")
    text = section(hall, "2025-02")
    growth = values["accepted_growth"]
    direction = "增长" if growth > 0 else "下降"
    points = "上升" if values["rate_change"] > 0 else "下降"
    ranking = {each["metric"]: each["ranking"] for each in document["derived"] if "ranking" in each}
    paragraph = (
        f"截至 2 月 28 日，受理 {printed['accepted']} 件，环比{direction} {printed['accepted_growth'].lstrip('-')}%，"
        f"未办结率 {printed['completion_rate']}%，比上月{points} {printed['rate_change'].lstrip('-')} 百分点，"
        f"平均 {printed['completed_each']} 件，办结占 {printed['completed_share']}‰，"
        f"日均受理 {printed['accepted_daily']} 件；今年累计受理 {printed['accepted_to_date']} 件，"
        f"累计未办结率 {printed['completion_to_date']}%；在办同比有月份未核定，不计算；"
        f"受理前列是 市场科，分别为 {ranking['busiest'][0]['printed']} 件。"
    )
    assert text.splitlines()[:3] == ["一、2025 年 2 月总体情况", "", paragraph]
    rows = [f"| {row['place']} | {row['name']} | {row['printed']}‰ |" for row in ranking["by_rate"]]
    assert section(hall, "2025-02", "section.md").rstrip().splitlines()[-len(rows) :] == rows
    assert hall.run("verify", "--recount").exit_code == 0
    first = section(hall, "2025-01")
    assert "环比有月份未核定，不计算" in first
    assert "比上月" not in first, "a sentence may be left out where its number has no value"


def test_proofreading_reads_derived_numbers_only_where_it_is_certain(reported: SmallHall, tmp_path: Path) -> None:
    hall = reported
    printed = {
        each["metric"]: each["printed"] for each in json.loads(section(hall, "2025-02", "numbers.json"))["metrics"]
    }
    rate, daily = printed["completion_rate"], printed["accepted_daily"]
    text = tmp_path / "稿子.txt"

    def findings(sentence: str) -> str:
        text.write_text(sentence + "\n", encoding="utf-8")
        done = hall.run("proofread", str(text), "--month", "2025-02")
        assert done.exit_code in {0, 1}, done.output
        return done.stdout if done.exit_code else ""

    text.write_text(section(hall, "2025-02"), encoding="utf-8")
    own = hall.run("proofread", str(text), "--month", "2025-02")
    assert own.exit_code == 0, own.stdout
    for right in (f"未办结率 {rate}%。", f"未办结率为{rate}%，日均受理 {daily} 件。"):
        assert findings(right) == ""
    wrong = findings("2 月，未办结率 12.34%，日均受理 1.5 件。")
    assert f"请改为“{rate}%”" in wrong
    assert f"请改为“{daily} 件”" in wrong
    # What isn't one certified number of one month of this hall is asked of nobody.
    for unread in (
        "1—2 月未办结率 12.34%。",
        "某县未办结率 12.34%。",
        "未办结率约 12%。",
        "未办结率在 12% 以下。",
        "未办结率提高 12.34%。",
        "未办结率大幅下降。",
        "未办结率、日均受理分别为 12.34%、1.5 件。",
        "未办结率最高的部门为 99%。",
        "累计未办结率 12.34%。",
        "窗口未办结率 12.34%。",
    ):
        assert findings(unread) == "", unread


def test_a_draft_prints_them_too(hall: SmallHall) -> None:
    drop_months(hall, "2025-01")
    done = hall.run("report", "2025-01", "--draft")
    assert done.exit_code == 0, done.output
    assert re.search(r"未办结率 \d+(\.\d+)?%", done.output)


def test_a_numeral_in_a_list_or_a_loop_is_refused_as_anywhere(hall: SmallHall) -> None:
    hall.edit("wording.txt.j2", ("| {{ row.place }} |", "| 第3 |"))
    checked = hall.run("check-hall", str(hall.folder))
    assert checked.exit_code == 1
    assert "holds a numeral that no certificate vouches for" in " ".join(checked.output.split())


def test_every_file_for_authors_has_the_same_digits(reported: SmallHall) -> None:
    hall = reported
    made = hall.run("desk")
    assert made.exit_code == 0, made.output
    published = hall.home / "published" / "2025-02"
    document = json.loads(section(hall, "2025-02", "numbers.json"))
    printed = {metric["metric"]: metric["printed"] for metric in document["metrics"]}
    desk = published / "desk" / "r1"
    with (desk / "numbers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["metric"]: row for row in csv.DictReader(file)}
    assert {metric: re.sub(r"[^-\d.]", "", row["printed"]) for metric, row in rows.items()} == printed
    book = load_workbook(next(desk.glob("*.xlsx")))
    sheet = list(book["核定数（数据人员用）"].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(sheet) if row[0] == "代号")
    assert {row[0]: row[2] for row in sheet[head + 1 :]} == printed
    months = (published.parent / "index.html").read_text(encoding="utf-8")
    assert "<td>—</td>" in months, "January has no change, for want of a December"
    page = (published / "index.html").read_text(encoding="utf-8")
    for metric, text in printed.items():
        assert f'data-metric="{metric}"' in page
        assert text.lstrip("-") in page
    with (desk / "numbers.sdmx.csv").open(encoding="utf-8", newline="") as file:
        observations = {row["INDICATOR"]: row for row in csv.DictReader(file) if row["DEPARTMENT"] == "_T"}
    assert observations["completion_rate"]["OBS_VALUE"].lstrip("'") == printed["completion_rate"]
    assert (observations["open_yearly"]["OBS_STATUS"], observations["open_yearly"]["OBS_VALUE"]) == ("M", "")
    traced = hall.run("trace", "2025-02", "completion_to_date")
    assert traced.exit_code == 0, traced.output
    assert "2025-01" in traced.output
    assert "daily" not in traced.output
    shown = hall.run("show", "2025-02", "--rates", "as_revised")
    assert shown.exit_code == 0, shown.output


ENGLISH_KINDS = """\
I. Overview of {{ month_name }} {{ year }}

By {{ last.day }} {{ last.month_name }}, {{ n.accepted }} were accepted, {{ n.accepted_growth }} on the month before; \
open: {{ n.completion_rate }}, {{ n.rate_change }}; {{ n.completed_each }} completed of each; {{ n.accepted_daily }} \
a working day; {{ n.accepted_to_date }} since January, {{ n.completion_to_date }} of them open; \
a year ago: {{ n.open_yearly }}; busiest: {{ n.busiest.names }} ({{ n.busiest.values }}).

| Place | Department | Completed |
| ---: | --- | ---: |
{% for row in n.by_rate %}| {{ row.place }} | {{ row.name }} | {{ row.value }} |
{% endfor %}
"""
ENGLISH_WORDS = """
grown = "up"
fallen = "down"
unchanged = "unchanged"
risen_points = "up"
fallen_points = "down"
increased = "more by"
decreased = "fewer by"
not_certified = "not certified"
"""


def test_every_kind_in_english_by_the_halls_folder_alone(hall: SmallHall) -> None:
    shutil.copytree(ENGLISH, hall.folder, dirs_exist_ok=True)
    use_words(hall)
    words = hall.folder / "words.toml"
    words.write_text(words.read_text(encoding="utf-8") + ENGLISH_WORDS, encoding="utf-8")
    (hall.folder / "wording.txt.j2").write_text(ENGLISH_KINDS.replace("\\\n", ""), encoding="utf-8")
    yearly = {"open_yearly": "change,accepted,,,,,year_before,,,,,cases"}
    derive(hall, **{name: values.replace("件", "cases") for name, values in (ROWS | yearly).items()})
    hall.edit("catalogue/metrics.csv", ("thousand cases,1000,2", "cases,1,0"))
    hall.edit("catalogue/derived_metrics.csv", (",百分点,百分点,", ",百分点,percentage points,"))
    hall.edit("catalogue/departments.csv", ("市场科", "Market Office"), ("住建科", "Housing Office"))
    drop_months(hall, "2025-01", "2025-02")
    for month in ("2025-01", "2025-02"):
        report(hall, month)
    text = section(hall, "2025-02")
    assert re.fullmatch(r"[\x20-\x7e\n‰]+", text), text
    assert text.startswith("I. Overview of February 2025\n\nBy 28 February, ")
    assert re.search(
        r" (up|down) [\d.]+% on the month before; open: [\d.]+%, (up|down) [\d.]+ percentage points;", text
    )
    assert "a year ago: not certified; busiest: Market Office (" in text
    assert re.search(r"\n +1  (Market|Housing) Office +[\d,.]+‰\n", text), text
    proof = hall.run("verify", "--recount")
    assert proof.exit_code == 0, proof.output


def test_the_guides_three_rows_and_one_line_are_all_that_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (PROJECT_ROOT / "reports" / "figures" / "README.md").read_text(encoding="utf-8")
    rows = re.search(r"```csv\n(.*?)```", guide, re.DOTALL)
    line = re.search(r"```\n(本年累计受理.*?)\n```", guide)
    assert rows
    assert line
    folder = tmp_path / "hall"
    shutil.copytree(DEMO_HALL, folder)
    (folder / "catalogue" / "derived_metrics.csv").write_text(rows[1], encoding="utf-8")
    wording = folder / "wording.txt.j2"
    wording.write_text(wording.read_text(encoding="utf-8").rstrip() + line[1] + "\n", encoding="utf-8")
    monkeypatch.setenv("YUEBAO_HALL", str(folder))
    told = {check.subject: check for check in folder_checks(load_hall(folder))}
    assert told["codes"].verdict == "ok", told["codes"]
    assert told["wording.txt.j2"].verdict == "ok", told["wording.txt.j2"].message
    assert {"accepted_to_date", "satisfaction_rate", "top_five"} <= set(re.findall(r"\w+", str(told["wording.txt.j2"])))


def proofread_text(hall: SmallHall, text: str) -> str:
    draft = hall.home / "draft.txt"
    draft.write_text(text, encoding="utf-8")
    return hall.run("proofread", str(draft), "--month", "2025-02").output


def test_proofreading_a_section_matches_each_of_its_numbers(reported: SmallHall) -> None:
    output = proofread_text(reported, section(reported, "2025-02"))

    assert "须改 0 处，请核 0 处，相符 14 处" in output, output


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (r"(?<=环比)(?:增长|下降)", "持平"),
        (r"(?<=未办结率 )[\d.]+%", "1.5%"),
        (r"(?<=比上月)(?:上升|下降)", "持平"),
        (r"(?<=个|降|升) [\d.]+ 百分点", " 77 百分点"),
        (r"(?<=平均 )[\d.]+ 件", "777 件"),
        (r"(?<=办结占 )[\d.]+‰", "77‰"),
        (r"(?<=受理前列是 )\w+(?=，)", "民政厅"),
        (r"(?<=分别为 )[\d.]+ 件", "777 件"),
    ],
)
def test_another_value_in_a_sentence_of_the_section_is_told(reported: SmallHall, pattern: str, instead: str) -> None:
    text = section(reported, "2025-02")
    found = re.search(pattern, text)
    assert found
    planted = text[: found.start()] + instead + text[found.end() :]
    output = proofread_text(reported, planted)

    assert "须改 1 处，请核 0 处" in output, output
    assert f"请改为“{found[0].strip()}”" in output

    of_another_place = proofread_text(reported, planted.replace("日，受理", "日，甲县受理"))
    assert "须改 0 处，请核 0 处" in of_another_place, of_another_place


@pytest.mark.parametrize(
    ("name", "form"), [("rate_change", "direction"), ("rate_change", "size"), ("busiest", "name"), ("busiest", "value")]
)
def test_a_part_of_a_derived_number_that_was_altered_is_told_with_what_is_certified(
    reported: SmallHall, name: str, form: str
) -> None:
    """The direction and the size of a change, a ranked name and its value stand in controls of their own."""
    assert reported.run("desk", "2025-02").exit_code == 0
    written = reported.home / "published" / "2025-02" / "desk" / "r1" / "section.docx"
    (fact,) = [each for each in facts_in(written) if (each.fact.metric, each.fact.form) == (name, form)]
    altered = reported.home / "altered.docx"
    instead = fact.text.replace(fact.text[0], "9" if fact.text[0].isdigit() else "某", 1)
    altered.write_bytes(changed(written.read_bytes(), "word/document.xml", f">{fact.text}<", f">{instead}<"))
    told = reported.run("facts-of", str(altered)).output

    assert "1 个手工改过" in told
    assert f"{instead}　手工改过，核定的是 {fact.text}" in told


def test_a_cell_of_the_sections_table_is_told_in_lines_and_in_cells(reported: SmallHall) -> None:
    lines, cells = section(reported, "2025-02"), section(reported, "2025-02", "section.md")
    row = lines.rstrip("\n").split("\n")[-1]
    digits = row.split()[-1]
    for text, certified in ((lines, " ".join(row.split())), (cells, digits)):
        output = proofread_text(reported, "777‰".join(text.rsplit(digits, 1)))
        assert "须改 1 处，请核 0 处" in output, output
        assert f"请改为“{certified}”" in output
