"""The contract of a system for its keeper: valid ODCS, in the system's own words, without addresses and secrets."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from expectations.rules import RULES
from orchestration.cli.main import app
from orchestration.runtime.installation import DEMO_HALL
from orchestration.runtime.paths import Home
from tests.bench.setting_up import SetUpError, python_of
from tests.servers.programs import without
from tests.small_halls import OWN_FILES, SmallHall

SECOND_HALL = Path(__file__).parent / "second_hall"
SYSTEMS = {
    DEMO_HALL: ["online_platform", "window_system", "courier", "call_centre", "enquiry_desks", "rating", "queue"],
    SECOND_HALL: ["kiosks", "letters", "hotline"],
}
LINT = """
import json, sys
from pathlib import Path
from datacontract.cli import app
from typer.testing import CliRunner
codes = {Path(path).name: CliRunner().invoke(app, ["lint", path]).exit_code for path in sys.argv[1:]}
print(json.dumps(codes))
"""
SPOILT = {
    "logicalType: integer": "quantity",
    "metric: invalidValues": "unknownValues",
}
# What settings and the environment hold, and no keeper of another system may read.
HIDDEN = ("${", "YUEBAO_DEMO", "BINHAI", "://", "YUEBAO_SIGNING", "sslmode", "reader")


def _run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def _contracts(hall: Path, out: Path, *systems: str) -> dict[str, Any]:
    told = _run("contract", hall, *systems, "--out", out)
    assert told.exit_code == 0, told.stderr
    return {path.name.removesuffix(".odcs.yaml"): yaml.safe_load(path.read_text()) for path in out.iterdir()}


@pytest.fixture(scope="module")
def judge() -> Path:
    """The interpreter of the environment in which the peer that judges contracts is installed."""
    try:
        return python_of("datacontract")
    except SetUpError as error:
        without(f"datacontract-cli can't be installed: {error}")


def _lint(judge: Path, contracts: Iterable[Path]) -> dict[str, bool]:
    """Whether `datacontract lint` passes each of these; in one process, since its imports take most of the time."""
    told = subprocess.run([judge, "-c", LINT, *contracts], capture_output=True, check=True, timeout=300)
    return {name: code == 0 for name, code in json.loads(told.stdout).items()}


def test_the_standards_own_lint_passes_every_contract_and_no_spoilt_one(
    home: Home, tmp_path: Path, judge: Path
) -> None:
    sound, spoilt = [], []
    for hall, systems in SYSTEMS.items():
        out = tmp_path / hall.name
        assert sorted(_contracts(hall, out)) == sorted(systems)
        sound += sorted(out.iterdir())
    text = (tmp_path / DEMO_HALL.name / "courier.odcs.yaml").read_text()
    for right, wrong in SPOILT.items():
        assert f"{right}\n" in text
        spoilt.append(tmp_path / f"{wrong}.yaml")
        spoilt[-1].write_text(text.replace(f"{right}\n", f"{right.split()[0]} {wrong}\n"))
    passed = {path.name: True for path in sound} | {path.name: False for path in spoilt}
    assert _lint(judge, [*sound, *spoilt]) == passed


def test_every_rule_of_the_suite_is_said_to_the_keeper(home: Home, tmp_path: Path) -> None:
    courier = _contracts(DEMO_HALL, tmp_path, "courier")["courier"]
    said = {rule["name"]: rule["severity"] for rule in courier["schema"][0]["quality"]}
    assert said == {rule.name: rule.severity for rule in RULES}


def test_columns_have_the_systems_own_names_and_their_words(home: Home, tmp_path: Path) -> None:
    courier = _contracts(DEMO_HALL, tmp_path, "courier")["courier"]
    (table,) = courier["schema"]
    assert [column["name"] for column in table["properties"]] == ["日期", "部门编码", "邮寄件数"]
    (known,) = table["properties"][1]["quality"]
    assert known["arguments"]["validValues"][0] in table["properties"][1]["customProperties"][0]["value"]
    assert {"property": "total_row", "value": "合计"} in courier["customProperties"]


def test_a_table_of_names_gives_those_that_are_valid_last(home: Home, tmp_path: Path) -> None:
    letters = _contracts(SECOND_HALL, tmp_path, "letters")["letters"]
    assert [column["name"] for column in letters["schema"][0]["properties"]] == ["日期", "部门代码", "答复数"]


def test_service_levels_are_those_of_the_settings(home: Home, tmp_path: Path) -> None:
    calls = _contracts(DEMO_HALL, tmp_path, "call_centre")["call_centre"]
    levels = {level["property"]: level["value"] for level in calls["slaProperties"]}
    assert levels == {
        "frequency": 1,
        "timeOfAvailability": "02:30+08:00",
        "timeOfDetection": "09:00+08:00",
        "timeToRepair": 3,
        "responseTime": 20.0,
    }


@pytest.mark.parametrize("hall", SYSTEMS, ids=["demo", "second"])
def test_nothing_is_said_of_addresses_and_secrets(home: Home, hall: Path, tmp_path: Path) -> None:
    _contracts(hall, tmp_path)
    texts = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert [(name, hidden) for name, text in texts.items() for hidden in HIDDEN if hidden in text] == []


def test_the_same_settings_make_the_same_bytes_and_others_another_version(home: Home, tmp_path: Path) -> None:
    hall = tmp_path / "hall"
    shutil.copytree(DEMO_HALL, hall)
    first = _contracts(hall, tmp_path / "first", "courier")["courier"]
    _contracts(hall, tmp_path / "again", "courier")
    same = [tmp_path / folder / "courier.odcs.yaml" for folder in ("first", "again")]
    assert same[0].read_bytes() == same[1].read_bytes()
    departments = hall / "catalogue" / "departments.csv"
    departments.write_text(departments.read_text() + "X99,另一部门\n")
    other = _contracts(hall, tmp_path / "other", "courier")["courier"]
    assert first["version"] != other["version"]
    assert first["id"] == other["id"]


def test_a_system_that_the_hall_does_not_have_is_named(home: Home, tmp_path: Path) -> None:
    told = _run("contract", DEMO_HALL, "desk", "--out", tmp_path)
    assert told.exit_code == 2
    assert "no system desk; the hall has online_platform" in told.stderr


def test_the_keeper_reads_from_when_to_when_a_system_and_its_codes_are_counted(tmp_path: Path) -> None:
    hall = SmallHall(tmp_path)
    shutil.copytree(OWN_FILES, hall.folder)
    (hall.folder / "catalogue" / "departments.csv").write_text(
        "department_code,department_name,valid_from,valid_to,successors\n"
        "D1,市场科,,2025-02-09,D3\nD2,住建科,,,\nD3,市场监管科,2025-02-10,,\n",
        encoding="utf-8",
    )
    hall.edit("catalogue/measures.csv", ("kind\n", "kind,valid_from,valid_to\n"))
    hall.edit("catalogue/measures.csv", ("撤回办件,count", "撤回办件,count,2025-05-01,"))
    hall.edit("hall.toml", ('title = "窗口日报"', 'title = "窗口日报"\nvalid_from = 2025-01-15\nvalid_to = 2025-06-30'))

    counter = _contracts(hall.folder, tmp_path / "out")["counter"]

    assert counter["description"]["usage"].endswith("本系统只取自 2025-01-15 起，至 2025-06-30 止的数。")
    columns = {column["name"]: column for column in counter["schema"][0]["properties"]}
    (meanings,) = columns["部门"]["customProperties"]
    assert meanings["value"] == {
        "D1": "市场科（至 2025-02-09 止，此后为 D3）",
        "D2": "住建科",
        "D3": "市场监管科（自 2025-02-10 起）",
    }
    assert columns["撤回"]["description"] == "撤回量（自 2025-05-01 起）（withdrawn）"
