"""`yuebao numbers`: certified numbers by month and department, for people and for other programs."""

import csv
import io
import json

import pytest

from tests.halls import Hall, Printed


@pytest.fixture(scope="module")
def revised(hall: Hall, april_printed: Printed) -> Hall:
    """A hall with March certified, and revised after a late correction of the call centre."""
    hall.begin_with(april_printed)
    hall.correct_calls("2025-03-12", 1_000)
    for arguments in (
        ["pull", "2025-03-12"],
        ["revise", "2025-03", "--reason", "late_data", "--note", "补报"],
    ):
        result = hall.run(*arguments)
        assert result.exit_code == 0, result.output
    return hall


def numbers(hall: Hall, *arguments: str) -> list[dict[str, object]]:
    result = hall.run("numbers", *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    rows: list[dict[str, object]] = json.loads(result.stdout)
    return rows


def certified(hall: Hall, month: str, revision: int) -> dict[str, int]:
    path = hall.home / "published" / month / f"r{revision}" / "numbers.json"
    return {each["metric"]: each["exact"] for each in json.loads(path.read_text())["metrics"]}


@pytest.mark.parametrize(("vintage", "revision"), [("printed", 1), ("revised", 2)])
def test_each_vintage_is_what_its_certificate_says(revised: Hall, vintage: str, revision: int) -> None:
    rows = numbers(revised, "--month", "2025-03", "--as", vintage)
    assert {row["metric"]: row["exact"] for row in rows} == certified(revised, "2025-03", revision)
    assert {row["revision"] for row in rows} == {revision}
    assert certified(revised, "2025-03", 1) != certified(revised, "2025-03", 2)


def test_departments_add_up_to_the_halls_number(revised: Hall) -> None:
    (whole,) = numbers(revised, "online_accepted", "--month", "2025-03")
    parts = numbers(revised, "online_accepted", "--month", "2025-03", "--by", "department")
    assert sum(int(str(row["exact"])) for row in parts) == whole["exact"]
    code = str(parts[0]["department"])
    assert numbers(revised, "online_accepted", "--month", "2025-03", "--department", code) == parts[:1]


def test_departments_do_not_add_up_to_a_derived_number(revised: Hall) -> None:
    refused = revised.run("numbers", "satisfaction_rate", "--month", "2025-03", "--by", "department")
    assert refused.exit_code == 1
    assert "satisfaction_rate 是由合计算出来的" in refused.output
    every = numbers(revised, "--month", "2025-03", "--by", "department")
    assert "satisfaction_rate" not in {row["metric"] for row in every}


def test_csv_says_the_same_as_json_and_the_table_shows_it(revised: Hall) -> None:
    span = "online_accepted", "--from", "2025-03", "--to", "2025-04"
    told = csv.DictReader(io.StringIO(revised.run("numbers", *span, "--format", "csv").stdout))
    rows = [{name: str(value) for name, value in row.items()} for row in numbers(revised, *span)]
    assert list(told) == rows
    assert [row["month"] for row in rows] == ["2025-03", "2025-04"]
    table = revised.run("numbers", *span).stdout
    assert all(row["exact"] in table and row["code"] in table for row in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such"], "没有 no_such 这个指标；有的是"),
        (["--month", "2024-07"], "2024-07 没有核定书；已核定的有 2025-03"),
        (["--month", "March"], "月份写成 2025-03 这样，现在是“March”"),
        (["--site", "510100"], "这里只核定全厅"),
        (["--department", "NONE"], "没有代码是 NONE 的部门"),
    ],
)
def test_what_there_is_not_is_refused_with_what_there_is(revised: Hall, arguments: list[str], said: str) -> None:
    result = revised.run("numbers", *arguments)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
