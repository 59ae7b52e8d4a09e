"""The corpus of bad answers: each is asked for as `yuebao sample-hall` would, and is a row of the test report.

A kind's test makes a hall folder with one system of that kind, spoils what the system answers, and calls `judge`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.hall_systems import open_source
from orchestration.hall_systems.contract import Question, SourceFault
from orchestration.settings import load_hall


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


def judge(  # noqa: PLR0917 - what a case is, where it is asked, and pytest's recorder
    case: Case,
    kind: str,
    folder: Path,
    day: dt.date,
    variables: Mapping[str, str],
    record_property: Callable[[str, object], None],
) -> None:
    """Ask the one system of a hall folder, and hold exit code and message against the case."""
    code, message = _asked(folder, day, variables)
    record_property("corpus", [kind, case.name, message, code])
    if not case.says:
        assert (code, message) == (0, "")
        return
    assert code == 1
    assert all(part in message for part in case.says), message
    assert f"{day}" in message
    assert "Traceback" not in message
    assert "\n" not in message


def _asked(folder: Path, day: dt.date, variables: Mapping[str, str]) -> tuple[int, str]:
    hall = load_hall(folder)
    (name,) = hall.hall.systems
    source = open_source(hall, name, variables)
    try:
        replies = source.ask(Question(day, hall.hall.halls_of(name)))
    except SourceFault as fault:
        replies = dict.fromkeys(hall.hall.halls_of(name), fault)
    faults = [reply for reply in replies.values() if isinstance(reply, SourceFault)]
    if not faults:
        return 0, ""
    return 1, f"{name}, {day}: {faults[0].problem}. Next: {faults[0].next_step}."
