"""Personal and hostile texts in every place where a system may write text: none is anywhere afterwards.

Sixty texts, in each text position of the demo hall's systems: REST interfaces with pages and without, a database,
a workbook and a text file. What may hold them is searched byte by byte: the state folder with its databases,
pages and logs, and all that commands say.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openpyxl.utils.exceptions import IllegalCharacterError

from orchestration.demo.server import demo_app, serving
from tests import faults
from tests.faults import FaultyApp, document, lines, sheet, sql
from tests.halls import Hall

TEXTS = (
    *("欧阳娜拉", "司马相茹", "张叁丰", "Zhang Sanfeng", "ＺＨＡＮＧ　ＳＡＮ", "阿卜杜拉·艾合买提", "李 雷雷"),
    *("王小二(经办人)", "患者张叁，女，45岁", "微信:wx_sanfeng", "成都市青羊区人民中路三段2号"),
    *("成都高新区天府大道1480号3栋2单元", "519901198503071234", "51990119850307123X", "519901850307123"),
    *(
        "519901 19850307 1234",
        "５１９９０１１９８５０３０７１２３４",
        "15412345678",
        "154-1234-5678",
        "+86 154 1234 5678",
    ),
    *("154_1234_5678", "154/1234/5678", "一五四一二三四五六七八", "(028) 8765 4321", "028-87654321"),
    *("6222021234567890128", "6222 0212 3456 7890 128", "4111111111111111", "E12345678", "EA1234567", "川A12Z45"),
    *("川A·D12345", "粤ZF023港", "zhang.san@example.gov.cn", "510107MB0X/12345K"),
    *("<script>alert('canary')</script>", '<img src=x onerror="canary()">', "<!--#exec canary-->", "&lt;canary&gt;"),
    *('=HYPERLINK("http://canary")', "=cmd|'/C calc'!A0", "@SUM(canary)", "+canary+1", "'; DROP TABLE canary; --"),
    *("1 OR canary=1", "{{ canary }}", "{% canary %}", "${CANARY}", "%(canary)s", "%n%s canary", "../../canary/passwd"),
    *("C:\\canary\\x", "\\\\canary\\share", "canary line\nsecond", "canary\ttab", "\u202ecanary", "\U0001f99ccanary"),
    *("canary\u200bzero", "‹canary›", "canary " * 20),
)
# As many as a system has positions at most; no other day is asked for.
_OPEN_DAYS = [dt.date(2025, 3, day) for day in (*range(3, 8), *range(10, 14))]
_TITLE, _HEADERS = 1, 2


def _rows_of(said: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = said["data"]["rows"] if "data" in said else said.get("desks") or said["departments"]
    return rows


def _in_rows(field: str) -> Any:
    """A row for each text, with it in one field."""

    def change(said: Any) -> None:
        rows = _rows_of(said)
        rows.extend({**rows[0], field: text} for text in TEXTS)

    return document(change)


def _around_rows(said: Any) -> None:
    said["note"] = list(TEXTS)
    for row, text in zip(_rows_of(said), TEXTS, strict=False):
        row[text] = text


def _as_total(name: str) -> Any:
    def change(said: Any) -> None:
        stated = said["data"]["totals"] if "data" in said else said.get("totals", said)
        stated[name] = TEXTS[0]

    return document(change)


def _in_lines(column: int) -> Any:
    """A line for each text, with it in one column, above 合计; a text outside of GBK is left out."""

    def change(table: list[list[str]]) -> None:
        model = table[1]
        for text in TEXTS:
            if text.encode("gbk", "ignore").decode("gbk") == text:
                table.insert(2, [*model[:column], text, *model[column + 1 :]])

    return lines(change)


def _in_cells(column: int) -> Any:
    """A row for each text, with it in one column, above 合计."""

    def change(page: Any) -> None:
        model = [cell.value for cell in page[_HEADERS + 1]]
        page.insert_rows(_HEADERS + 2, len(TEXTS))
        for number, text in enumerate(TEXTS, start=_HEADERS + 2):
            for place, value in enumerate(model, start=1):
                page.cell(number, place).value = value
            _write(page, number, column, text)

    return sheet(change)


def _around_cells(page: Any) -> None:
    page.title = "张叁丰"
    for column, text in enumerate(TEXTS, start=8):
        for row in (_TITLE, _HEADERS, _HEADERS + 1, page.max_row):
            _write(page, row, column, text)


def _write(page: Any, row: int, column: int, text: str) -> None:
    cell = page.cell(row, column)
    try:
        cell.value = text
    except IllegalCharacterError:
        return
    cell.data_type = "s"  # as text, whatever it begins with


def _cases(column: str) -> Any:
    """A case for each text, with it in one column of the database."""
    columns = [
        *("case_id", "hall_code", "department_code", "window_kind", "item_name", "applicant_name"),
        *("applicant_id_card", "applicant_phone", "accepted_at"),
    ]

    def statement(number: int, text: str) -> str:
        quoted = "'" + text.replace("'", "''") + "'"
        values = {"case_id": f"'canary-' || :day || '-{number}'", column: quoted}
        chosen = ", ".join(values.get(name, name) for name in columns)
        where = "accepted_at BETWEEN :from AND :to AND case_id NOT LIKE 'canary-%'"
        return f"INSERT INTO cases SELECT {chosen} FROM cases WHERE {where} LIMIT 1"

    return sql(*(statement(number, text) for number, text in enumerate(TEXTS)))


def _beside_lines(table: list[list[str]]) -> None:
    for row, text in zip(table, filter(_is_gbk, TEXTS), strict=False):
        row.append(text)


# By system, a spoilt day for each text position.
POSITIONS: Mapping[str, tuple[Any, ...]] = {
    "online_platform": (
        *(_in_rows(field) for field in ("hall", "department", "item", "measure", "count")),
        document(_around_rows),
        _as_total("online_accepted"),
        document(lambda said: said["data"].update(date=TEXTS[0])),
        document(lambda said: said["data"].update(pages=TEXTS[0])),
    ),
    "enquiry_desks": (
        *(_in_rows(field) for field in ("department", "consultations")),
        document(_around_rows),
        _as_total("sum"),
        document(lambda said: said.update(stat_date=TEXTS[0])),
    ),
    "rating": (
        *(_in_rows(field) for field in ("department", "fair")),
        document(_around_rows),
        _as_total("fair"),
        document(lambda said: said.update(date=TEXTS[0])),
    ),
    "queue": (
        *(_in_rows(field) for field in ("department", "waiting_seconds")),
        document(_around_rows),
        _as_total("calls"),
        document(lambda said: said.update(date=TEXTS[0])),
    ),
    "window_system": tuple(
        _cases(column) for column in ("department_code", "window_kind", "item_name", "applicant_name", "hall_code")
    ),
    "courier": (*(_in_cells(column) for column in (1, 2, 3, 4)), sheet(_around_cells)),
    "call_centre": (
        *(_in_lines(column) for column in (0, 1, 2, 3)),
        lines(_beside_lines),
        lines(lambda table: table[-1].__setitem__(3, TEXTS[0])),
    ),
}


def _is_gbk(text: str) -> bool:
    return text.encode("gbk", "ignore").decode("gbk") == text


@dataclass(frozen=True)
class Aftermath:
    """What there is after all of it was pulled: the state folder with what its files hold, and all that was said."""

    home: Path
    files: Mapping[Path, bytes]
    said: bytes


@pytest.fixture(scope="module")
def aftermath(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    root = tmp_path_factory.mktemp("aviary")
    folder = root / "systems"
    shutil.copytree(demo.folder, folder)
    app = FaultyApp(
        demo_app(*(demo.variables()[name] for name in ("YUEBAO_DEMO_PLATFORM_TOKEN", "YUEBAO_DEMO_DESKS_KEY")))
    )
    for system, spoils in POSITIONS.items():
        assert len(spoils) <= len(_OPEN_DAYS)
        for day, spoil in zip(_OPEN_DAYS, spoils, strict=False):
            _spoil(system, day, spoil, folder, app)
    with serving(app) as url:
        variables = {**demo.variables(), "YUEBAO_DEMO_URL": url, "YUEBAO_DEMO_DIR": str(folder)}
        hall = Hall(root, variables)
        hall.environment["YUEBAO_HALL"] = str(faults.hall_folder(root / "hall"))
        with _log_of_everything() as log:
            said = [
                hall.run("pull", f"{_OPEN_DAYS[0]}..{_OPEN_DAYS[-1]}", "--data-docs").output,
                *(hall.run(*command).output for command in COMMANDS),
            ]
        said.append(_in_a_process(hall))
    files = {path: path.read_bytes() for path in hall.home.rglob("*") if path.is_file()}
    return Aftermath(hall.home, files, "\n".join([*said, log.getvalue()]).encode())


COMMANDS = (
    ("status", "2025-03"),
    ("report", "2025-03", "--no-pull"),
    ("health",),
    ("alerts", "--dry-run"),
    ("doctor",),
)


def _in_a_process(hall: Hall) -> str:
    """One pull as a process says it, its JSON log with it."""
    command = [str(Path(sys.executable).with_name("yuebao")), "pull", "2025-03-03..2025-03-07"]
    environment = {**os.environ, **hall.environment}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


def _spoil(system: str, day: dt.date, spoil: Any, folder: Path, app: FaultyApp) -> None:
    match system:
        case "courier":
            spoil(folder / "courier" / f"邮寄日报_{day}.xlsx")
        case "call_centre":
            spoil(folder / "call_centre" / f"电话咨询_{day:%Y%m%d}.csv")
        case "window_system":
            spoil(folder / "window.sqlite", day.isoformat())
        case _:
            app.faults[system, day.isoformat()] = spoil


@contextmanager
def _log_of_everything() -> Iterator[io.StringIO]:
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    logger = logging.getLogger()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def _spellings(text: str) -> set[bytes]:
    """As files and pages may hold a text."""
    kept = " ".join(text.split()) if "\n" not in text else text.split("\n", maxsplit=1)[0]
    written: list[str] = [
        text,
        kept,
        escape(text),
        json.dumps(text)[1:-1],
        quote(text),
        repr(text)[1:-1],
        ascii(text)[1:-1],
    ]
    coded = {each.encode() for each in written}
    coded |= {text.encode("gbk")} if _is_gbk(text) else set()
    return {code for code in {*coded, text.encode("utf-16-le")} if len(code) >= 6}


def test_every_position_was_asked_and_refused_or_left_out(aftermath: Aftermath) -> None:
    refused = {path.parent.parent.parent.name for path in (aftermath.home / "quarantine").rglob("*.json")}
    assert refused == set(POSITIONS)
    assert b"withheld" in aftermath.said


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_anywhere_afterwards(aftermath: Aftermath, text: str) -> None:
    spellings = _spellings(text)
    assert len(aftermath.files) > 100
    found = [path for path, held in aftermath.files.items() if any(code in held for code in spellings)]
    assert found == []
    assert not [code for code in spellings if code in aftermath.said]
