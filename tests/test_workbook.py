"""The workbook and the tables of a certified month: read back by other programs, compared with the certificate."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pdfplumber
import pytest

from orchestration.certification.lookup import find
from orchestration.config.catalogue import closing_measures, department_names
from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier, open_dossier
from reports.certificates.rates import Rate
from reports.figures.numbers import MonthlyNumber, with_exact
from reports.workbook.book import workbook
from reports.workbook.exports import numbers_csv, numbers_parquet, sdmx_csv
from reports.workbook.overview import overview
from reports.workbook.parts import by_day, by_department, revisions
from reports.workbook.sheets import BookSheet, Shown, as_change, as_digits
from tests import dossiers as made
from tests.dossiers import changed, past
from tests.halls import Hall
from tests.servers.programs import program

HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "bell\x07")
FOR_DATA_PEOPLE = "（数据人员用）"
SHEETS = ["主要指标", "按部门", "按日", "各日走势", "排名", "修订"]
SHEETS += [f"{title}{FOR_DATA_PEOPLE}" for title in ("核定数", "口径", "检查", "来源", "走势数据")]


@pytest.fixture(scope="module")
def dossier(printed_hall: Hall) -> Iterator[Dossier]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in printed_hall.environment.items():
            environment.setenv(name, value)
        archive, entry = find("2025-03", None, "")
        yield open_dossier(archive, entry.certificate, department_names(), closing_measures())


@pytest.fixture(scope="module")
def book(dossier: Dossier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "numbers.xlsx"
    path.write_bytes(workbook(dossier))
    return path


@pytest.fixture(scope="module")
def calc(book: Path) -> Path:
    """A folder with each sheet of the workbook as LibreOffice writes it as CSV."""
    soffice = program("soffice", "libreoffice-calc-nogui", part="/usr/lib/libreoffice/program/libsclo.so")
    folder = book.parent
    # 44,34,76: comma, quotation mark, UTF-8; the last -1: every sheet.
    every_sheet = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [soffice, profile, "--headless", "--convert-to", every_sheet, "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder


def sheet_of(calc: Path, title: str) -> list[dict[str, str]]:
    """The rows of a sheet's table, as LibreOffice shows them."""
    with (calc / f"numbers-{title}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(io.StringIO("".join(file.readlines()[2:]))))


def shown_on(sheet: BookSheet, table: int = 0) -> list[list[str]]:
    """The cells of a table as they are shown."""
    return [[cell.text if isinstance(cell, Shown) else str(cell) for cell in row] for row in sheet.tables[table].rows]


def test_libreoffice_shows_every_number_as_the_report_prints_it(dossier: Dossier, calc: Path) -> None:
    first, technical = sheet_of(calc, "主要指标"), sheet_of(calc, f"核定数{FOR_DATA_PEOPLE}")
    printed = {number.metric_name: (number.display_unit, number.printed) for number in dossier.numbers}
    assert {row["指标"]: (row["单位"], row["本月"]) for row in first if row["指标"] in printed} == printed
    exact = {row["代号"]: (row["准确数"], row["刊印数"]) for row in technical if row["代号"]}
    assert exact == {number.metric: (number.exact_digits, number.printed) for number in dossier.numbers}


def test_indicators_stand_in_the_reports_order(dossier: Dossier) -> None:
    places = [dossier.printed.paragraph.find(number.with_unit) for number in dossier.numbers]
    in_print = [place for place in places if place >= 0]
    assert in_print == sorted(in_print)
    assert len(in_print) >= 8
    names = [number.metric_name for number in dossier.numbers]
    assert [row[0] for row in shown_on(overview(dossier)) if row[0] in names] == names
    assert [
        row["metric_name"] for row in csv.DictReader(io.StringIO(numbers_csv(dossier).decode("utf-8-sig")))
    ] == names


def test_parts_add_up_to_the_certified_number(dossier: Dossier, calc: Path) -> None:
    for title, first in (("按部门", "部门"), ("按日", "日期")):
        *parts, total = [
            row for row in sheet_of(calc, title) if None not in row.values() and row[first][:1] not in "注　"
        ]
        assert total[first] == "合计"
        for number in dossier.certificate.counted_numbers:
            counts = [row[f"{number.metric_name}\n{number.unit}"] for row in [total, *parts]]
            whole, *others = [int(count) for count in counts if count not in {"—", "休"}]
            assert whole == number.exact == sum(others)


def put(certificate: Certificate, number: MonthlyNumber) -> Certificate:
    return replace(
        certificate, numbers=tuple(number if one.metric == number.metric else one for one in certificate.numbers)
    )


def test_the_first_sheet_compares_and_sums_up_what_is_certified(tmp_path: Path) -> None:
    history = past(14)
    rate = made.number("online_completed", 992, unit="%", display_unit="%", display_divisor=10, display_decimals=1)
    before = replace(rate, exact=989, printed="98.9")
    history["2025-02"] = [put(history["2025-02"][0], before)]
    march = put(made.certificate(), rate)
    shown = made.dossier(tmp_path, [march], history)
    shown = replace(shown, closing=frozenset({"parcels_mailed"}))
    rows = {row[0]: row[1:] for row in shown_on(overview(shown))}
    first, last = (history[month][0].by_metric["online_accepted"] for month in ("2025-01", "2025-02"))
    march_number = march.by_metric["online_accepted"]
    total = with_exact(march_number, first.exact + last.exact + march_number.exact)
    told = shown.rate("online_accepted", "month_before")
    assert isinstance(told, Rate)
    year = history["2024-03"][0].by_metric["online_accepted"].printed
    cells = rows["全程网办受理"]
    assert cells[:3] == ["万件", march_number.printed, last.printed]
    assert cells[3] == told.text.removeprefix("环比")
    assert (cells[4], cells[6]) == (year, total.printed)
    assert rows["全程网办办结"][3] == "上升 3.0 个百分点"
    assert rows["政务大厅现场邮寄量"][-1] == "不累加"


def test_what_there_is_not_is_a_dash_with_its_reason_said_once(tmp_path: Path) -> None:
    sheet = overview(made.dossier(tmp_path))
    assert all(row[3:] == ["—"] * 5 for row in shown_on(sheet))
    notes = "\n".join(sheet.notes)
    assert notes.count("2024 年 3 月") == 1
    assert notes.count("累计：2025 年 1 月、2025 年 2 月没有核定数") == 1
    assert sheet.trends is None, "one month is no course"


def test_trends_leave_gaps_and_break_where_the_definition_does(tmp_path: Path) -> None:
    history = past(6)
    del history["2024-11"]
    history["2024-10"] = [changed(history["2024-10"][0], "online_accepted", version="0")]
    shown = made.dossier(tmp_path, history=history)
    trends = overview(shown).trends
    assert trends is not None
    assert [str(day)[:7] for day in trends.dates] == [f"2024-{n:02}" for n in (9, 10, 11, 12)] + [
        f"2025-0{n}" for n in (1, 2, 3)
    ]
    (online,) = [trend for trend in trends.of if trend.name == "全程网办受理"]
    assert [value is None for value in online.values] == [False, False, True, False, False, False, False]
    assert online.breaks == {1, 3}
    with zipfile.ZipFile(io.BytesIO(workbook(shown))) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/charts/chart")]
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not [name for name in archive.namelist() if "vba" in name.lower() or "externalLink" in name]
    assert len(charts) == 2 * len(trends.of), "months and days"
    assert all("dateAx" in chart and 'dispBlanksAs val="gap"' in chart for chart in charts)
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]


def test_missing_zero_and_closed_are_three_facts(tmp_path: Path) -> None:
    shown = made.dossier(tmp_path)
    metric, trace = "online_accepted", shown.traces["online_accepted"]
    extracts = sorted(trace.by_extract, key=lambda each: each.day)
    counts = {extract: count for extract, count in trace.by_extract.items() if extract != extracts[1]}
    counts[extracts[0]] = 0
    departments = {"D00": 0, "D01": trace.by_department["D01"]}
    spoiled = replace(trace, by_extract=counts, by_department=departments)
    shown = replace(shown, traces={**shown.traces, metric: spoiled})
    column = [number.metric for number in shown.numbers].index(metric) + 1
    by_days = {row[0]: row[column] for row in shown_on(by_day(shown))}
    assert (by_days["3 月 1 日 周六"], by_days["3 月 2 日 周日"], by_days["3 月 3 日 周一"]) == ("0", "休", "—")
    by_departments = {row[0]: row[column] for row in shown_on(by_department(shown))}
    assert (by_departments["综合窗口"], by_departments["教育厅"]) == ("0", "—")


def test_revisions_show_what_changed_and_nothing_else(tmp_path: Path) -> None:
    first = changed(made.certificate(), "parcels_mailed", exact=800, printed="0.08")
    sheet = revisions(made.dossier(tmp_path, [first, made.certificate(revision=2)]))
    assert [row[0] for row in shown_on(sheet)] == ["第 1 版", "第 2 版"]
    assert shown_on(sheet, 1) == [["政务大厅现场邮寄量", "万件", "0.08", "0.09"]]


@pytest.mark.parametrize(
    ("size", "unit", "text", "form"),
    [
        ("3.1", "%", "增长 3.1%", '"增长 "0.0%;"下降 "0.0%;"持平"'),
        ("-12.05", "%", "下降 12.05%", '"增长 "0.00%;"下降 "0.00%;"持平"'),
        ("0.0", "%", "持平", '"增长 "0.0%;"下降 "0.0%;"持平"'),
        ("-0.3", "个百分点", "下降 0.3 个百分点", '"上升 "0.0" 个百分点";"下降 "0.0" 个百分点";"持平"'),
        ("5", "件", "增加 5 件", '"增加 "0" 件";"减少 "0" 件";"持平"'),
    ],
)
def test_a_change_is_a_number_shown_in_words(size: str, unit: str, text: str, form: str) -> None:
    shown = as_change(Decimal(size), unit)
    assert (shown.text, shown.form) == (text, form)
    assert shown.value == Decimal(size) / (100 if unit == "%" else 1)


def test_digits_that_a_spreadsheet_would_lose_stay_a_text() -> None:
    assert as_digits("1234567890123456") == "1234567890123456"
    assert as_digits("-12.50") == Shown(Decimal("-12.50"), "0.00", "-12.50")


def test_every_sheet_says_whose_numbers_it_holds_and_is_ready_for_print(dossier: Dossier, book: Path) -> None:
    read = openpyxl.load_workbook(book)
    assert read.sheetnames == SHEETS
    for sheet in read.worksheets:
        assert dossier.certificate.code in str(sheet["A2"].value)
        assert dossier.state in str(sheet["A2"].value)
        assert sheet.oddFooter is not None
        assert dossier.certificate.code in str(sheet.oddFooter.left.text)
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
        assert sheet.print_area
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_title_rows in {"$1:$2", "$1:$3"}
    assert read.worksheets[0]["A1"].value == "四川省政务服务大厅 2025 年 3 月主要指标"
    about = read.properties
    found = about.identifier, about.version, about.contentStatus
    assert found == (dossier.certificate.code, "1", dossier.state)


def test_a_hostile_department_name_stays_a_text(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(made.dossier(tmp_path, departments=HOSTILE))))["按部门"]
    cells = [sheet.cell(row, 1) for row in range(4, 4 + len(HOSTILE))]
    assert [cell.value for cell in cells] == [name.replace("\x07", "\ufffd") for name in HOSTILE]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [not name.startswith("bell") for name in HOSTILE]


@pytest.mark.proof
def test_it_prints_on_a_few_pages_with_one_two_and_thirty_months(tmp_path: Path) -> None:
    """The first sheet is one page; what is for data people is no more than what is for paper."""
    thirty = {month: each for month, each in past(29).items() if month not in {"2024-08", "2024-09"}}
    for name, history in {"1": {}, "2": past(1), "30": thirty}.items():
        (tmp_path / f"{name}.xlsx").write_bytes(workbook(made.dossier(tmp_path / name, history=history)))
    soffice = program("soffice", "libreoffice-calc-nogui", part="/usr/lib/libreoffice/program/libsclo.so")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    books = sorted(map(str, tmp_path.glob("*.xlsx")))
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *books]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for name in ("1", "2", "30"):
        with pdfplumber.open(tmp_path / f"{name}.pdf") as printed:
            pages = [page.extract_text() for page in printed.pages]
        assert "主要指标按部门" in pages[1]
        assert len(pages) <= 10


def test_same_month_gives_the_same_bytes(dossier: Dossier, book: Path) -> None:
    assert workbook(dossier) == book.read_bytes()
    for export in (numbers_csv, numbers_parquet, sdmx_csv):
        assert export(dossier) == export(dossier)


def test_csv_and_parquet_hold_the_certified_numbers(dossier: Dossier) -> None:
    text = numbers_csv(dossier)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig")))
    assert {row["metric"]: (row["exact"].removeprefix("'"), row["printed"].removeprefix("'")) for row in rows} == {
        each.metric: (str(each.exact), each.with_unit) for each in dossier.certificate.numbers
    }
    table = pd.read_parquet(io.BytesIO(numbers_parquet(dossier)), dtype_backend="numpy_nullable")
    assert str(table["exact"].dtype) == "Int64"
    pairs = zip(table["metric"], table["exact"], strict=True)
    whole = {metric: exact for metric, exact in pairs if exact is not pd.NA}
    assert whole == {each.metric: each.whole for each in dossier.certificate.numbers if each.whole is not None}
    assert list(table["exact_digits"]) == [each.exact_digits for each in dossier.numbers]
    assert set(table["code"]) == {dossier.certificate.code}


def test_sdmx_has_the_hall_and_its_departments(dossier: Dossier) -> None:
    rows = list(csv.DictReader(io.StringIO(sdmx_csv(dossier).decode())))
    assert list(rows[0])[:3] == ["STRUCTURE", "STRUCTURE_ID", "ACTION"]
    for each in dossier.certificate.counted_numbers:
        own = [row for row in rows if row["INDICATOR"] == each.metric]
        (total,) = [row["OBS_VALUE"] for row in own if row["DEPARTMENT"] == "_T"]
        assert int(total) == each.exact == sum(int(row["OBS_VALUE"]) for row in own if row["DEPARTMENT"] != "_T")
        assert {(row["OBS_STATUS"], row["TIME_PERIOD"], row["UNIT_MEASURE"]) for row in own} == {
            ("A", "2025-03", each.unit)
        }
