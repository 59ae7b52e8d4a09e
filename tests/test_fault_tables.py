"""The faults of sources as tables: each that the code raises is worded, each that is worded is raised."""

import ast
import string
import tomllib
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources.contract import FaultRule, FaultTable

SOURCES = Path(__file__).parents[1] / "orchestration" / "sources"
LANDING = SOURCES.parent / "landing"
ROOMS = (SOURCES, SOURCES / "http", SOURCES / "sql", SOURCES / "files", LANDING)


def told(room: Path) -> dict[str, Any]:
    return tomllib.loads((room / "faults.toml").read_text(encoding="utf-8"))


def rules(room: Path) -> dict[str, FaultRule]:
    table = FaultTable(str(room / "errors.py"))
    names = [
        name
        for key, value in told(room).items()
        for name in ([key] if "fault" in value else [f"{key}.{member}" for member in value])
    ]
    return {name: table.rule(name) for name in names}


def placeholders(rule: FaultRule) -> set[str]:
    texts = string.Formatter().parse(rule.problem + rule.next_step)
    return {name for _, name, _, _ in texts if name is not None}


def raised(room: Path) -> list[tuple[str, str, set[str]]]:
    """Where a fault of the room's table is called for by name, that name, and the details given."""
    calls = [
        (f"{path.name} line {node.lineno}", node)
        for path in sorted(room.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "fault"
    ]
    named = [(where, node, node.args[0]) for where, node in calls]
    return [
        (where, name.value, {each.arg or "**" for each in node.keywords})
        for where, node, name in named
        if isinstance(name, ast.Constant) and isinstance(name.value, str)
    ]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_fault_that_is_raised_is_worded_with_the_details_given(room: Path) -> None:
    worded = rules(room)

    assert raised(room)
    for where, name, details in raised(room):
        assert name in worded, f"{where} raises {name}, which faults.toml doesn't word"
        optional = {"format"} if name.startswith("formats.") else set()
        assert placeholders(worded[name]) - optional == details, f"{where} gives {name} other details"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_fault_that_is_worded_is_raised(room: Path) -> None:
    alone = [name for name in rules(room) if "." not in name]
    code = "".join(path.read_text(encoding="utf-8") for path in (*SOURCES.rglob("*.py"), *LANDING.glob("*.py")))
    assert [name for name in alone if f'"{name}"' not in code] == []


def test_a_failure_that_no_rule_knows_has_the_last_one_or_the_default() -> None:
    http, files = FaultTable(str(SOURCES / "http" / "errors.py")), FaultTable(str(SOURCES / "files" / "errors.py"))

    assert http.match("statuses", code="418") == http.rule("statuses.other")
    assert http.match("statuses", code="503") == http.rule("statuses.failing")
    assert files.match("local", OSError(), default="unreadable") == files.rule("unreadable")
    assert files.match("s3", OSError(), default="unreadable") == files.rule("s3.connection")
