"""What other people's programs make of each file that is handed out: polars, Arrow, DuckDB, pandas, R, LibreOffice.

R reads the CSV alone: Debian has no package for it that reads Parquet.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
import math
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from pyarrow import csv as arrow_csv

from orchestration.runtime.paths import PROJECT_ROOT
from reports.workbook.exports import csv_of
from tests.halls import PARAGRAPH, Hall, Printed
from tests.servers.browser import open_browser
from tests.servers.programs import program

Table = dict[str, list[str]]
_OFFICE = "/usr/lib/libreoffice/program"
MARTS = yaml.safe_load((PROJECT_ROOT / "dbt_project/models/marts/_marts.yml").read_text(encoding="utf-8"))["models"]
# Codes that guessing makes other numbers of, each as it may stand in a hall's tables.
CODES = {"department": ["010", "D01"], "item": ["12E3", "13e4"], "matter": ["1151000000000000001", "0" * 16]}


@pytest.fixture(scope="module")
def given(printed_hall: Hall, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By its name, each file of March that somebody is handed, and tables that commands print."""
    result = printed_hall.run("desk", "2025-03")
    assert result.exit_code == 0, result.output
    month, folder = printed_hall.home / "published" / "2025-03", tmp_path_factory.mktemp("given")
    printed = printed_hall.run("numbers", "--by", "department", "--format", "csv").stdout
    (folder / "by_department.csv").write_text(printed, encoding="utf-8")
    assert printed_hall.run("trace", "2025-03", "parcels_mailed", "--csv", str(folder / "rows.csv")).exit_code == 0
    codes = [dict(zip(CODES, values, strict=True)) for values in zip(*CODES.values(), strict=True)]
    (folder / "codes.csv").write_bytes(csv_of([{**code} for code in codes], encoding="utf-8"))
    files = [*(month / "desk" / "r1").iterdir(), *month.glob("facts/*.parquet"), month / "dictionary.csv"]
    return {path.name: path for path in [*files, *folder.iterdir()]}


# --- CSV in readers that guess types -------------------------------------------------------------------------------


def _texts(columns: Mapping[str, Sequence[Any]]) -> Table:
    """Cells as they were written, were they not changed: a day by itself is ISO, nothing is an empty text.

    A column of whole and of decimal numbers is read as floats, of which a whole one has the same value.
    """

    def text(cell: Any) -> str:
        if cell is None or (isinstance(cell, float) and math.isnan(cell)):
            return ""
        if isinstance(cell, float) and cell.is_integer():
            return str(int(cell))
        return str(cell.date()) if isinstance(cell, dt.datetime) else str(cell)

    return {name: [text(cell) for cell in cells] for name, cells in columns.items()}


def _pandas(path: Path) -> Table:
    return _texts({str(name): list(cells) for name, cells in pd.read_csv(path).items()})


def _polars(path: Path) -> Table:
    return _texts(pl.read_csv(path).to_dict(as_series=False))


def _arrow(path: Path) -> Table:
    return _texts(arrow_csv.read_csv(path).to_pydict())


def _duckdb(path: Path) -> Table:
    with duckdb.connect() as client:
        return _texts(client.sql(f"FROM read_csv('{path}')").to_arrow_table().to_pydict())


def _each(read: Callable[[Path], Table]) -> Callable[[list[Path], Path], list[Table]]:
    return lambda paths, _folder: [read(path) for path in paths]


_R_CODE = """
for (path in commandArgs(TRUE)) {
  cells <- sapply(read.csv(path, check.names = FALSE, fileEncoding = "UTF-8-BOM"), as.character)
  cells[is.na(cells)] <- ""
  write.table(cells, paste0(path, ".tsv"), quote = FALSE, sep = "\\t", row.names = FALSE)
}
"""


def _r(paths: list[Path], folder: Path) -> list[Table]:
    copies = [folder / path.name for path in paths]
    for path, copy in zip(paths, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    command = [program("Rscript", "r-base-core"), "--vanilla", "-e", _R_CODE, *map(str, copies)]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return [_written(copy.with_name(f"{copy.name}.tsv"), "\t") for copy in copies]


def _libreoffice(paths: list[Path], folder: Path) -> list[Table]:
    _convert(paths, folder, "xlsx", "--infilter=CSV:44,34,76")
    sheets = [list(openpyxl.load_workbook(folder / f"{path.stem}.xlsx").worksheets[0].values) for path in paths]
    return [_texts(dict(zip(map(str, header), zip(*rows, strict=True), strict=True))) for header, *rows in sheets]


def _convert(paths: Sequence[Path], folder: Path, kind: str, *options: str) -> None:
    """Open files in LibreOffice, by one start, and save each as another kind."""
    program("soffice", "libreoffice-writer-nogui", f"{_OFFICE}/libswlo.so")
    office = program("soffice", "libreoffice-calc-nogui", f"{_OFFICE}/libsclo.so")
    told = ["--headless", f"-env:UserInstallation={(folder / 'user').as_uri()}", *options]
    command = [office, *told, "--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


READERS = {
    "pandas": _each(_pandas),
    "polars": _each(_polars),
    "Arrow": _each(_arrow),
    "DuckDB": _each(_duckdb),
    "R": _r,
    "LibreOffice": _libreoffice,
}


def _written(path: Path, delimiter: str = ",") -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=delimiter)
    return dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))


@pytest.mark.parametrize("reader", READERS)
def test_a_reader_that_guesses_types_leaves_every_cell_as_written(
    reader: str, given: Mapping[str, Path], tmp_path: Path
) -> None:
    paths = [path for name, path in given.items() if name.endswith(".csv")]
    assert len(paths) == 6
    written = [_written(path) for path in paths]
    read = READERS[reader](paths, tmp_path)
    differing = {
        (path.name, column): [pair for pair in zip(cells, told.get(column, ()), strict=False) if pair[0] != pair[1]][:3]
        for path, expected, told in zip(paths, written, read, strict=True)
        for column, cells in expected.items()
        if cells != told.get(column)
    }
    assert not differing
    assert "5515 人（次）" in _written(given["numbers.csv"])["printed"]


def test_a_code_that_would_be_misread_has_an_apostrophe_but_in_sdmx(given: Mapping[str, Path]) -> None:
    told = {name: [cell.removeprefix("'") for cell in cells] for name, cells in _written(given["codes.csv"]).items()}
    assert told == CODES
    assert _written(given["codes.csv"])["department"] == ["'010", "D01"]
    assert set(_written(given["numbers.sdmx.csv"])["REF_AREA"]) == {"510000"}


# --- Parquet -------------------------------------------------------------------------------------------------------


def _rows_of_polars(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).to_dicts()


def _rows_of_duckdb(path: Path) -> list[dict[str, Any]]:
    with duckdb.connect() as client:
        rows: list[dict[str, Any]] = client.sql(f"FROM '{path}'").to_arrow_table().to_pylist()
    return rows


@pytest.mark.parametrize("read", [_rows_of_polars, _rows_of_duckdb])
def test_parquet_is_the_same_rows_to_each_reader(
    read: Callable[[Path], list[dict[str, Any]]], given: Mapping[str, Path]
) -> None:
    paths = [path for name, path in given.items() if name.endswith(".parquet")]
    assert len(paths) == len(MARTS) + 1
    for path in paths:
        assert read(path) == pq.read_table(path).to_pylist()


def _told_by_arrow(path: Path) -> dict[str, dict[str, str]]:
    """Of each column, the metadata of its field."""
    return {
        field.name: {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        for field in pq.read_schema(path)
    }


def _told_by_polars(path: Path) -> dict[str, dict[str, str]]:
    columns: dict[str, dict[str, str]] = json.loads(pl.read_parquet_metadata(path)["dictionary"])["columns"]
    return columns


def _told_by_duckdb(path: Path) -> dict[str, dict[str, str]]:
    asked = f"SELECT decode(value) FROM parquet_kv_metadata('{path}') WHERE decode(key) = 'dictionary'"
    with duckdb.connect() as client:
        ((told,),) = client.execute(asked).fetchall()
    columns: dict[str, dict[str, str]] = json.loads(told)["columns"]
    return columns


@pytest.mark.parametrize("told", [_told_by_arrow, _told_by_polars, _told_by_duckdb])
def test_each_fact_says_what_its_columns_mean(
    told: Callable[[Path], dict[str, dict[str, str]]], given: Mapping[str, Path]
) -> None:
    for mart in MARTS:
        columns = told(given[f"{mart['name']}.parquet"])
        grain = ", ".join(mart["config"]["meta"]["grain"])
        assert list(columns) == [column["name"] for column in mart["columns"]]
        for column in mart["columns"]:
            assert columns[column["name"]]["meaning"] == column["description"]
            assert columns[column["name"]]["grain"] == grain
    count = told(given["fct_daily_counts.parquet"])
    assert count["row_count"]["unit"] == "rows"
    assert count["stat_date"]["unit"] == ""
    assert count["daily_count"]["unit"].startswith("by measure: 件 (online_accepted, online_completed, ")
    assert "; 人（次） (phone_consultations, onsite_consultations); 次 (queue_calls); " in count["daily_count"]["unit"]
    assert "; 人（次） (phone_" in told(given["fct_monthly_metrics.parquet"])["exact_value"]["unit"]


# --- the dictionary beside the facts -------------------------------------------------------------------------------


def _dictionary(hall: Hall) -> Table:
    return _written(hall.home / "published" / "2025-03" / "dictionary.csv")


def _state(hall: Hall) -> tuple[str, str, str]:
    """State, revision and code of the month, which every row has."""
    told = _dictionary(hall)
    ((state, revision, code),) = set(zip(told["state"], told["revision"], told["code"], strict=True))
    return state, revision, code


def _code(hall: Hall, revision: int) -> str:
    shown = hall.run("numbers", "--as", "printed" if revision == 1 else "revised", "--format", "json").stdout
    code: str = json.loads(shown)[0]["code"]
    return code


def test_the_dictionary_has_a_row_for_each_column_of_each_fact(given: Mapping[str, Path]) -> None:
    told = _written(given["dictionary.csv"])
    facts = [(mart["name"], column["name"]) for mart in MARTS for column in mart["columns"]]
    assert sorted(zip(told["table"], told["column"], strict=True)) == sorted(facts)
    assert dict(zip(told["column"], told["type"], strict=True))["exact_value"] == "int64"
    assert all(told["meaning"])
    assert all(told["grain"])


def test_the_dictionary_says_how_far_the_month_is(printed_hall: Hall, tmp_path: Path) -> None:
    hall = printed_hall.copy(tmp_path, demo=True)
    assert _state(hall) == ("已核定", "1", _code(hall, 1))
    hall.correct_calls("2025-03-12", 1_000)
    assert hall.run("pull", "2025-03-12").exit_code == 0
    assert _state(hall) == ("待修订", "1", _code(hall, 1))
    revised = hall.run("revise", "2025-03", "--reason", "late_data", "--note", "补报")
    assert revised.exit_code == 0, revised.output
    assert _state(hall) == ("已核定", "2", _code(hall, 2))
    assert hall.run("verify").exit_code == 0


def test_the_dictionary_is_made_again_by_one_command_and_stops_nothing(
    printed_hall: Hall, march_printed: Printed, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall(tmp_path, printed_hall.variables).begin_uncertified(march_printed)
    path = hall.home / "published" / "2025-03" / "dictionary.csv"
    evidence, aside = path.with_name("build.json"), tmp_path / "build.json"
    assert hall.run("desk", "2025-03").exit_code == 1
    assert _state(hall) == ("待核定", "", "")
    evidence.rename(aside)
    assert hall.run("desk", "2025-03").exit_code == 1
    assert _state(hall) == ("草稿", "", "")
    aside.rename(evidence)
    path.unlink()
    path.mkdir()
    certified = hall.run("certify", "2025-03")
    assert certified.exit_code == 0, certified.output
    assert hall.run("desk").exit_code == 0
    assert f"{path} can't be written" in caplog.text
    path.rmdir()
    path.write_text("of somebody else", encoding="utf-8")
    assert hall.run("verify").exit_code == 0
    made = hall.run("desk")
    assert made.exit_code == 0
    assert "2025-03/dictionary.csv" in made.output
    assert _state(hall)[:2] == ("已核定", "1")


# --- documents and pages -------------------------------------------------------------------------------------------


def test_libreoffice_opens_the_section_and_the_workbook(given: Mapping[str, Path], tmp_path: Path) -> None:
    _convert([given["section.docx"]], tmp_path, "txt:Text (encoded):UTF8")
    assert PARAGRAPH in (tmp_path / "section.txt").read_text(encoding="utf-8-sig")
    _convert([given["numbers.xlsx"]], tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76")
    _, stamp, *lines = (tmp_path / "numbers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    read = {row["指标"]: f"{row['本月']}{row['单位']}" for row in csv.DictReader(lines)}
    told = _written(given["numbers.csv"])
    for name, printed in zip(told["metric_name"], told["printed"], strict=True):
        assert read[name] == printed.removeprefix("'").replace(" ", "")
    assert told["code"][0] in stamp


@pytest.mark.parametrize("page", ["index.html", "2025-03/index.html"])
def test_chromium_opens_the_pages_without_an_error_on_its_console(
    page: str, given: Mapping[str, Path], printed_hall: Hall
) -> None:
    assert "section.docx" in given
    with open_browser() as browser, browser.tab() as tab:
        tab.page.goto((printed_hall.home / "published" / page).as_uri())
        assert "2025 年 3 月" in tab.page.inner_text("body")
    assert tab.errors == []
