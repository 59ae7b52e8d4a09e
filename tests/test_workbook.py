"""The workbook and the tables of a certified month: read back by other programs, compared with the certificate."""

from __future__ import annotations

import csv
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from orchestration.certification.lookup import find
from orchestration.config.catalogue import closing_measures, department_names
from reports.certificates.dossier import Dossier, open_dossier
from reports.workbook.book import workbook
from reports.workbook.exports import numbers_csv, numbers_parquet, sdmx_csv
from tests.halls import Hall
from tests.servers.programs import program

HOSTILE = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "bell\x07")
SHEETS = ["核定数", "按部门", "按日", "修订", "口径", "检查", "来源", "图表"]


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


def by_metric(rows: Iterator[dict[str, str]] | list[dict[str, str]]) -> dict[str, tuple[str, str]]:
    return {row["代号"]: (row["准确数"], row["刊印数"]) for row in rows}


def certified(dossier: Dossier) -> dict[str, tuple[str, str]]:
    return {each.metric: (str(each.exact), each.printed) for each in dossier.certificate.numbers}


def sheet_of(calc: Path, title: str) -> list[dict[str, str]]:
    lines = (calc / f"numbers-{title}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    return list(csv.DictReader(lines[1:]))


def test_libreoffice_reads_the_certified_numbers(dossier: Dossier, calc: Path) -> None:
    assert by_metric(sheet_of(calc, "核定数")) == certified(dossier)


def test_pandas_reads_the_certified_numbers(dossier: Dossier, book: Path) -> None:
    rows = pd.read_excel(book, sheet_name="核定数", header=1, dtype=str).to_dict("records")
    assert by_metric([{str(name): str(value) for name, value in row.items()} for row in rows]) == certified(dossier)


@pytest.mark.parametrize("title", ["按部门", "按日"])
def test_parts_add_up_to_the_certified_number(dossier: Dossier, calc: Path, title: str) -> None:
    rows = sheet_of(calc, title)
    for each in dossier.certificate.counted_numbers:
        assert sum(int(row["准确数"]) for row in rows if row["代号"] == each.metric) == each.exact


def test_every_sheet_says_whose_numbers_it_holds_and_is_ready_for_print(dossier: Dossier, book: Path) -> None:
    read = openpyxl.load_workbook(book)
    assert read.sheetnames == SHEETS
    for sheet in read.worksheets:
        assert all(word in str(sheet["A1"].value) for word in (dossier.certificate.code, dossier.state, "2025-03"))
        assert sheet.oddFooter is not None
        assert dossier.certificate.code in str(sheet.oddFooter.left.text)
        assert str(sheet.page_setup.paperSize) == sheet.PAPERSIZE_A4
    for sheet in read.worksheets[:-1]:
        assert (sheet.freeze_panes, sheet.print_title_rows) == ("A3", "$1:$2")
    about = read.properties
    found = about.identifier, about.version, about.contentStatus
    assert found == (dossier.certificate.code, "1", dossier.state)


def test_charts_draw_each_metric_and_nothing_is_a_formula_or_macro(dossier: Dossier, book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
        assert not [name for name in archive.namelist() if "vba" in name.lower() or "externalLink" in name]
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    drawn = sum(bool(trace.by_day) + bool(trace.by_department) for trace in dossier.traces.values())
    assert len(charts) == drawn
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<f " in sheet]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_department_name_stays_a_text(dossier: Dossier, name: str) -> None:
    spoiled = replace(dossier, departments=dict.fromkeys(dossier.departments, name))
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(spoiled)))["按部门"]
    cell = sheet["D3"]
    assert cell.data_type == "s"
    assert cell.quotePrefix is (not name.startswith("bell"))


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
