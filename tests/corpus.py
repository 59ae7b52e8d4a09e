"""The corpus of bad answers: each is asked for by `yuebao sample-hall`, and is a row of the test report.

A kind's test makes a hall folder with one system of that kind, spoils what the system answers, and calls `judge`.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli.main import app
from orchestration.runtime.installation import DEMO_HALL


@dataclass(frozen=True)
class Case:
    """One bad answer.

    Attributes:
        name: what is bad, in a few words.
        spoil: what a kind's test does to make it so.
        says: what the message must hold; empty for an answer that is good in spite of its look.
    """

    name: str
    spoil: Any
    says: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.name


def ask(folder: Path, day: dt.date, variables: Mapping[str, str]) -> Result:
    """What `yuebao sample-hall` says of a hall folder."""
    return run(folder, variables, "sample-hall", str(folder), str(day))


def run(folder: Path, variables: Mapping[str, str], *words: str) -> Result:
    """What a command says of a hall folder, which gets the demo hall's catalogue unless it has one."""
    if not (folder / "catalogue").exists():
        shutil.copytree(DEMO_HALL / "catalogue", folder / "catalogue")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**variables, "YUEBAO_HALL": str(folder), "YUEBAO_HOME": str(folder / "home")}.items():
            patch.setenv(name, value)
        return CliRunner().invoke(app, words)


def judge(  # noqa: PLR0917 - what a case is, where it is asked, and pytest's recorder
    case: Case,
    kind: str,
    folder: Path,
    day: dt.date,
    variables: Mapping[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    """Ask the one system of a hall folder, and hold exit code and message against the case."""
    told = ask(folder, day, variables)
    # Every command for people begins with the installation.
    installation, _, message = told.stderr.strip().partition("\n")
    assert installation == f"hall {folder}, state {folder / 'home'}"
    record_property("corpus", [kind, case.name, message, told.exit_code])
    assert not (folder / "home" / "landing").exists()
    if not case.says:
        assert (told.exit_code, message) == (0, "")
        return
    assert told.exit_code == 1, (told.stdout, message, told.exception)
    assert [part for part in case.says if part not in message] == [], message
    assert f"{day}" in message
    assert "Traceback" not in message
    assert "\n" not in message
