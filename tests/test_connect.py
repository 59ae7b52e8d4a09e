"""`yuebao connect`: settings proposed from samples, proven by them, with questions for what they leave open."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.demo.days import days_of
from orchestration.demo.drop_folders import call_centre_file, courier_file, drop_files
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import Home
from tests.drop_files import csv_of, xlsx_of

DAY, NEXT = "2025-03-12", "2025-03-13"
SATURDAY = "2025-03-15"
Rows = Sequence[Sequence[Any]]


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def folder(home: Home, tmp_path: Path) -> Path:
    """A new hall of two departments, without its example of a system's counts."""
    made = tmp_path / "hall"
    assert _run("new-hall", made).exit_code == 0
    departments = made / "catalogue" / "departments.csv"
    departments.write_text("department_code,department_name\nD01,发展改革窗口\nD02,公安窗口\n", encoding="utf-8")
    return made


def _connect(folder: Path, files: Sequence[Path], *options: str) -> str:
    told = _run("connect", folder, *files, "--system", "desk", *options)
    assert told.exit_code == 0, (told.stderr, told.exception)
    return told.stdout


def _settings(folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((folder / "hall.toml").read_text(encoding="utf-8"))["systems"]["desk"]
    return settings


def _sampled(folder: Path, day: str) -> list[list[str]]:
    """The rows of a day as `sample-hall` shows them."""
    told = _run("sample-hall", folder, day, "--system", "desk")
    assert told.exit_code == 0, told.stderr
    return [line.split() for line in told.stdout.splitlines() if line.split()[:1] == [day]]


@dataclass(frozen=True)
class Form:
    """An ordinary form whose settings can be told from it alone.

    Attributes:
        name: what is of note in it.
        rows: its sheet, of which `{day}` is the day in the form of the file's name.
        settings: settings that the samples prove, some of them.
        file: the pattern of its name.
        options: what the command is told.
        encoding: that of a .csv.
        counts: by department, what must land.
    """

    name: str
    rows: Rows
    settings: Mapping[str, Any]
    file: str = "日报_{day}.xlsx"
    options: tuple[str, ...] = ("--opens", "working_days")
    encoding: str = "utf-8"
    counts: Mapping[str, str] = field(default_factory=lambda: {"D01": "5", "D02": "7"})


_BODY: Rows = (("{day}", "D01", 5), ("{day}", "D02", 7))
_TABLE: Rows = (("日期", "部门编码", "受理量"), *_BODY, ("合计", None, 12))
FORMS = [
    Form("a plain table", _TABLE, {"total_row": "合计", "file": "日报_%Y-%m-%d.xlsx", "title": "日报"}),
    Form(
        "title, unit, day and site as offices write them",
        (
            ("窗口受理日报",),
            ("填报单位：示例政务服务大厅", None, "统计日期：{day}", "单位：件"),
            *_TABLE,
            ("制表人：甲", None, "打印时间：2025-03-14"),
        ),
        {"stated": {"unit": "件", "day": "统计日期", "site": "填报单位"}},
    ),
    Form(
        "names instead of codes",
        (("部门名称", "受理件数"), ("公安窗口", 7), ("发展改革窗口", 5), ("总计：", 12)),
        {
            "values": "maps/desk.csv",
            "total_row": "总计:",
            "columns": {"部门名称": "department_code", "受理件数": "count"},
        },
    ),
    Form(
        "codes beside names",
        (
            ("序号", "部门编码", "部门", "受理量", "备注"),
            (1, "D01", "发展改革窗口", 5, None),
            (2, "D02", "公安窗口", 7, "补"),
        ),
        {"columns": {"部门编码": "department_code", "受理量": "count"}},
    ),
    Form("GBK", _TABLE, {"encoding": "gb18030"}, file="日报_{day}.csv", encoding="gbk"),
    Form(
        "subtotals",
        (
            ("部门编码", "事项编码", "受理量"),
            *(("D01", "A1", 3), ("D01", "A2", 2), ("小计", None, 5)),
            *(("D02", "A1", 7), ("小计", None, 7), ("合计", None, 12)),
        ),
        {"subtotals": ["小计"], "total_row": "合计"},
        counts={"A1": "7", "A2": "2"},
    ),
    Form(
        "a header of two levels",
        (("部门编码", "受理量", None), (None, "当日", "本月累计"), ("D01", 5, 105), ("D02", 7, 207), ("合计", 12, 312)),
        {"columns": {"部门编码": "department_code", "受理量/当日": "count"}},
    ),
    Form(
        "the day's count beside the month's",
        (("部门编码", "当日受理量", "本月累计受理量"), ("D01", 5, 105), ("D02", 7, 207), ("合计", 12, 312)),
        {"columns": {"部门编码": "department_code", "当日受理量": "count"}},
    ),
    Form(
        "a register of the month",
        (("日期", "部门编码", "受理量"), *(("2025-03-11", "D01", 4), ("2025-03-11", "D02", 2)), *_BODY),
        {"rows": "of_the_day", "file": "台账_%Y-%m.xlsx"},
        file="台账_2025-03.xlsx",
    ),
    Form(
        "what is counted is said by nothing but the catalogue",
        (("窗口编码", "数量"), ("D01", 5), ("D02", 7)),
        {"measures": ["cases_accepted"], "constants": {"hall_code": "000000", "measure": "cases_accepted"}},
    ),
]


def _sample(folder: Path, form: Form, day: str) -> Path:
    rows = [[cell.replace("{day}", day) if isinstance(cell, str) else cell for cell in row] for row in form.rows]
    path = folder.parent / "samples" / form.file.replace("{day}", day)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(csv_of(rows, form.encoding) if path.suffix == ".csv" else xlsx_of(rows))
    return path


@pytest.mark.parametrize("form", FORMS, ids=[form.name for form in FORMS])
def test_an_ordinary_form_is_connected_and_lands_without_an_edit(folder: Path, form: Form) -> None:
    told = _connect(folder, [_sample(folder, form, DAY)], *form.options)
    assert "open:" not in told, told
    settings = _settings(folder)
    assert {key: settings.get(key) for key in form.settings} == form.settings
    shown = {row[2] if "subtotals" not in settings else row[3]: row[-1] for row in _sampled(folder, DAY)}
    assert shown.items() >= form.counts.items()


def test_the_demo_halls_own_drops_are_connected(home: Home, folder: Path, tmp_path: Path) -> None:
    days = [day for day in days_of("2025-03") if str(day) in {DAY, NEXT, SATURDAY}]
    drops = tmp_path / "demo"
    for day in days:
        drop_files(drops, day)
    hall = tmp_path / "demo_hall"
    shutil.copytree(DEMO_HALL, hall)
    for files, measure in (
        ([courier_file(drops, day) for day in days[:2]], "parcels_mailed"),
        ([call_centre_file(drops, day) for day in days], "phone_consultations"),
    ):
        opens = ["--opens", "working_days"] if len(files) == 2 else []
        told = _run("connect", hall, *files, "--system", f"new_{measure}", "--measure", measure, *opens)
        assert (told.exit_code, "open:" in told.stdout) == (0, False), (told.stdout, told.stderr)
        checked = _run("sample-hall", hall, DAY, "--system", f"new_{measure}")
        assert (checked.exit_code, measure in checked.stdout) == (0, True), checked.stderr
    settings = tomllib.loads((hall / "hall.toml").read_text())["systems"]
    for old, new in (("courier", "new_parcels_mailed"), ("call_centre", "new_phone_consultations")):
        for key in ("columns", "constants", "total_row", "format", "opens", "measures"):
            assert settings[new][key] == settings[old][key]


def test_evidence_names_rows_headers_and_sums(folder: Path) -> None:
    _connect(folder, [_sample(folder, FORMS[0], day) for day in (DAY, NEXT)], "--opens", "working_days")
    text = (folder / "hall.toml").read_text(encoding="utf-8")
    for words in (
        "# row 1 names 日期、部门编码、受理量; 日期 holds days in 2 rows; each 部门编码 is a code of departments.csv",
        "# the 合计 in row 4 equals the sum of rows 2–3, and so in each sample",
        "# each name holds its day, which is that of its rows",
    ):
        assert words in text


def test_a_sample_of_a_day_off_says_that_every_day_is_answered(folder: Path) -> None:
    _connect(folder, [_sample(folder, FORMS[0], day) for day in (DAY, SATURDAY)])
    assert _settings(folder)["opens"] == "every_day"


@pytest.mark.parametrize(
    ("delimiter", "encoding", "named"),
    [(";", "gbk", "gb18030"), ("\t", "utf-16", "utf-16"), ("|", "utf-8-sig", "utf-8-sig")],
    ids=["semicolons", "Excel's Unicode text", "vertical bars"],
)
def test_delimiter_and_encoding_are_told_by_the_header(folder: Path, delimiter: str, encoding: str, named: str) -> None:
    path = _sample(folder, Form("delimited", _TABLE, {}, "日报_{day}.csv"), DAY)
    path.write_bytes(path.read_text(encoding="utf-8").replace(",", delimiter).encode(encoding))
    _connect(folder, [path], "--opens", "working_days")
    assert (_settings(folder)["delimiter"], _settings(folder)["encoding"]) == (delimiter, named)
    assert len(_sampled(folder, DAY)) == 2


def test_a_workbook_a_month_has_a_sheet_a_day(folder: Path) -> None:
    path = folder.parent / "samples" / "日报_2025-03.xlsx"
    path.parent.mkdir()
    rows = [("部门编码", "受理量"), ("D01", 5), ("D02", 7), ("合计", 12)]

    def add(page: Any) -> None:
        for day in (9, 10, 12):
            sheet = page.parent.create_sheet(f"3.{day}")
            for row in rows:
                sheet.append(row)
        page.parent.create_sheet("说明").append(("只看当日",))

    path.write_bytes(xlsx_of(rows, add, title="3.8"))
    _connect(folder, [path])
    settings = _settings(folder)
    assert (settings["sheet"], settings["file"], settings["opens"]) == ("%-m.%-d", "日报_%Y-%m.xlsx", "every_day")
    assert [row[-1] for row in _sampled(folder, DAY)] == ["5", "7"]


@dataclass(frozen=True)
class Unclear:
    """Samples that leave something open.

    Attributes:
        name: what is open.
        rows: the sheet.
        says: what the question must hold.
        file: the file's name.
        options: what the command is told.
    """

    name: str
    rows: Rows
    says: str
    file: str = "日报_2025-03-12.xlsx"
    options: tuple[str, ...] = ("--opens", "working_days")


UNCLEAR = [
    Unclear(
        "no cases", (("部门编码", "受理量"), ("合计", 0)), "open: columns: 日报_2025-03-12.xlsx has no row of counts"
    ),
    Unclear("days off", _TABLE, "open: opens: each sample is of a working day", options=()),
    Unclear(
        "another event",
        (("部门编码", "办结量"), ("D01", 5)),
        "open: measures: which measures of measures.csv are 办结量",
    ),
    Unclear(
        "a title of another event",
        (("窗口办结日报",), ("窗口编码", "数量"), ("D01", 5)),
        "open: measures: which measures of measures.csv are 数量",
    ),
    Unclear(
        "an average", (("部门编码", "日均受理量", "办结量"), ("D01", 5, 4)), "which measures of measures.csv are 办结量"
    ),
    Unclear(
        "unknown departments",
        (("部门", "受理量"), ("秘密窗口甲", 5), ("公安窗口", 7)),
        "open: values: 部门 in 日报_2025-03-12.xlsx A2 is neither a code nor a name",
    ),
    Unclear(
        "a total that isn't the sum",
        (("部门编码", "受理量"), ("D01", 5), ("D02", 7), ("合计", 13)),
        "open: total_row: 日报_2025-03-12.xlsx row 4 is labelled as a sum, and isn't that of all rows",
    ),
    Unclear(
        "a mark for none", (("部门编码", "受理量"), ("D01", 5), ("D02", "—")), "cell B3 (受理量) holds a mark for none"
    ),
    Unclear(
        "no day", (("部门编码", "受理量"), ("D01", 5)), "open: file: neither the names nor a column say", "日报.xlsx"
    ),
    Unclear("another day", (("日期", "部门编码", "受理量"), ("2025-03-11", "D01", 5)), "open: file: of the dates"),
    Unclear(
        "two days in a name",
        (("部门编码", "受理量"), ("D01", 5)),
        "open: file: of the dates in the files' names each may be the day",
        "日报_2025-03-12_20250313.xlsx",
    ),
    Unclear(
        "noughts before numbers",
        (("部门编码", "受理量"), ("D01", 5)),
        "open: file: the files' names don't show whether the month of 3 is written 03 or 3",
        "日报2025年12月12日.xlsx",
    ),
    Unclear("hundreds", (("单位：百件",), ("部门编码", "受理量"), ("D01", 5)), "says that its unit is 百件"),
    Unclear("another day in the title", (("2025年3月11日日报",), ("部门编码", "受理量"), ("D01", 5)), "2025-03-11"),
]


@pytest.mark.parametrize("unclear", UNCLEAR, ids=[unclear.name for unclear in UNCLEAR])
def test_what_cannot_be_told_is_a_question_beside_the_settings(folder: Path, unclear: Unclear) -> None:
    before = (folder / "hall.toml").read_bytes()
    form = Form(unclear.name, unclear.rows, {}, unclear.file)
    told = _connect(folder, [_sample(folder, form, DAY)], *unclear.options)
    assert unclear.says in told
    assert (folder / "hall.toml").read_bytes() == before
    review = (folder / "hall.desk.toml").read_text(encoding="utf-8")
    assert "# QUESTION" in review
    assert tomllib.loads(review)["systems"]["desk"]["kind"] == "drop_folder"


def test_no_text_of_a_sample_is_repeated(folder: Path) -> None:
    canaries = ("张三丰", "川A12345", "<script>", "某某路 7 号")
    rows = (
        ("某某路 7 号",),
        ("部门编码", "受理量", "备注"),
        ("张三丰", 5, "<script>"),
        ("D02", 7, "川A12345"),
        ("合计", 12, None),
        ("某某路 7 号",),
    )
    told = _connect(folder, [_sample(folder, Form("canaries", rows, {}), DAY)])
    # In a .csv every value is text, and could be taken for a second row of the header.
    texts_only = (("部门编码", "受理量", "备注"), ("张三丰", "5.5", "<script>"), ("D02", "7", "川A12345"))
    sample = _sample(folder, Form("texts", texts_only, {}, "日报_{day}.csv"), NEXT)
    other = _run("connect", folder, sample, "--system", "window")
    told += other.stdout + other.stderr
    texts = told + "".join(
        path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.suffix in {".toml", ".csv"}
    )
    assert [canary for canary in canaries if canary in texts] == []


def test_another_organisation_beside_the_table_is_pointed_at(folder: Path) -> None:
    rows = (("填报单位：另一大厅", None, "单位：件"), *_TABLE)
    _connect(folder, [_sample(folder, Form("another site", rows, {}), DAY)], "--opens", "working_days")
    text = (folder / "hall.toml").read_text(encoding="utf-8")
    assert "# Look whose counts these are: beside 填报单位 in 日报_2025-03-12.xlsx" in text
    assert "另一大厅" not in text


def test_a_file_of_a_hostile_name_makes_settings_that_can_be_read(folder: Path) -> None:
    form = Form("hostile", _TABLE, {}, file='日报"]\n\x07[x]%d{day}.xlsx')
    _connect(folder, [_sample(folder, form, DAY)], "--opens", "working_days")
    assert _settings(folder)["file"] == '日报"]\n\x07[[]x]%%d%Y-%m-%d.xlsx'
    assert len(_sampled(folder, DAY)) == 2


def test_samples_that_differ_in_their_columns_are_a_question(folder: Path) -> None:
    other = Form("another form", (("日期", "部门代码", "受理量"), *_BODY), {})
    told = _connect(folder, [_sample(folder, FORMS[0], DAY), _sample(folder, other, NEXT)], "--opens", "working_days")
    assert "differ in the columns 部门代码、部门编码" in told


def test_nothing_that_is_there_is_overwritten(folder: Path) -> None:
    sample = _sample(folder, FORMS[2], DAY)
    table = folder / "maps" / "desk.csv"
    table.parent.mkdir()
    table.write_text("theirs", encoding="utf-8")
    before = (folder / "hall.toml").read_bytes()
    refused = _run("connect", folder, sample, "--system", "desk", "--opens", "working_days")
    assert (refused.exit_code, table.read_text()) == (1, "theirs")
    assert f"{table} is there already" in refused.stderr
    assert _run("connect", folder, sample, "--system", "counter").exit_code == 1
    assert (folder / "hall.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.pdf", b"%PDF-1.7", "a.pdf is no .csv, .xlsx, .xls"),
        ("a.csv", "甲,乙\n丙,丁\n".encode(), "no row of the first 20 names a column of counts"),
        ("a.json", b"[1, 2", "the answer isn't whole JSON"),
        ("a.json", b'{"rows": [{"a": 1}]}', "0 lists of objects hold a count"),
    ],
)
def test_what_is_no_sample_is_refused_in_one_line(folder: Path, name: str, content: bytes, says: str) -> None:
    path = folder.parent / name
    path.write_bytes(content)
    refused = _run("connect", folder, path)
    assert refused.exit_code == 1
    assert says in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 2


def test_a_saved_answer_tells_all_but_where_it_was_asked_for(folder: Path) -> None:
    rows = [{"dept": "D01", "n": 5}, {"dept": "D02", "n": 7}]
    body = {"code": 0, "data": {"date": "20250312", "rows": rows, "total": 2, "sum": 12, "pages": 1}}
    answer = folder.parent / "answer.json"
    answer.write_text(json.dumps(body), encoding="utf-8")
    told = _connect(folder, [answer], "--opens", "every_day")
    assert "open: url:" in told
    assert "open: success: does code say" in told
    review = (folder / "hall.desk.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(review)["systems"]["desk"]
    assert settings == {
        "kind": "http_api",
        "title": "desk",
        "opens": "every_day",
        "measures": ["cases_accepted"],
        "rows": "data.rows",
        "day": "data.date",
        "day_form": "%Y%m%d",
        "columns": {"dept": "department_code", "n": "count"},
        "constants": {"hall_code": "000000", "measure": "cases_accepted"},
        "declared": {"cases_accepted": "data.sum"},
        "declared_rows": "data.total",
    }


@pytest.mark.parametrize(
    ("said", "form"),
    [
        (1741708800000, "epoch_ms"),
        (1741708800, "epoch_s"),
        ("2025-03-11T16:00:00Z", "instant"),
        ("2025/03/12", "%Y/%m/%d"),
    ],
)
def test_the_form_of_an_answers_day_is_told(folder: Path, said: object, form: str) -> None:
    answer = folder.parent / "answer.json"
    answer.write_text(json.dumps({"day": said, "rows": [{"dept": "D01", "count": 5}]}), encoding="utf-8")
    _connect(folder, [answer])
    settings = tomllib.loads((folder / "hall.desk.toml").read_text(encoding="utf-8"))["systems"]["desk"]
    assert (settings["day"], settings["day_form"]) == ("day", form)


def test_no_value_of_an_answer_is_repeated(folder: Path) -> None:
    canaries = ("张三丰", "李四", "13800138000")
    rows = [{"dept": "D01", "count": 5, "clerk": "张三丰"}, {"dept": "D02", "count": 7, "clerk": "李四"}]
    body = {"msg": "13800138000", "date": "2025-03-12", "rows": rows, "李四": {"total": 12}}
    answer = folder.parent / "answer.json"
    answer.write_text(json.dumps(body), encoding="utf-8")
    told = _connect(folder, [answer]) + (folder / "hall.desk.toml").read_text(encoding="utf-8")
    assert [canary for canary in canaries if canary in told] == []


def test_a_moment_within_a_day_is_no_day(folder: Path) -> None:
    answer = folder.parent / "answer.json"
    body = {"date": "2025-03-12T10:15:00+08:00", "rows": [{"dept": "D01", "count": 5}]}
    answer.write_text(json.dumps(body), encoding="utf-8")
    assert "open: day: 0 values of the answer are a day" in _connect(folder, [answer])
