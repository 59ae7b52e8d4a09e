"""A hall system asked over HTTP: JSON, one answer or pages of it, mapped to the contract by the hall's settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.hall_systems.contract import (
    Outcome,
    PassingFault,
    PermanentFault,
    Question,
    contract_rows,
    shared_out,
    whole_number,
)
from orchestration.hall_systems.http_json import ABSENT, at, maybe_at, shown
from orchestration.hall_systems.http_pages import all_pages
from orchestration.hall_systems.http_paging import Page, Step, refuse_other_count
from orchestration.hall_systems.http_question import Questions
from orchestration.hall_systems.http_transport import Target, Transport
from orchestration.system_settings import HttpSystem
from orchestration.system_settings.http_api import Success


class HttpSource:
    """Asks one HTTP system; safe to share between threads.

    Raises:
        SettingsError: a variable, a certificate or an address of the settings can't be used.
    """

    def __init__(self, system: HttpSystem, folder: Path, halls: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self.by_hall = system.names_hall
        self._system = system
        self._halls = halls
        self._questions = Questions(system, variables)
        self._transport = Transport(system, folder, variables)

    def ask(self, question: Question) -> dict[str, Outcome]:
        """See `Source.ask`."""
        system, target = self._system, self._questions.target(question)
        pages = all_pages(system.paging, lambda number, step: self._page(target, question.day, number, step))
        rows = [
            (f"{page.name} row {position}", row) for page in pages for position, row in enumerate(page.rows, start=1)
        ]
        first = pages[0]
        if system.declared_rows is not None:
            refuse_other_count(len(rows), _single(first.said, system.declared_rows, first.name))
        return shared_out(
            question,
            question.halls if self.by_hall else self._halls,
            rows=contract_rows(rows, system.columns, system.constants, question.day),
            declared={
                measure: whole_number(_single(first.said, path, first.name))
                for measure, path in system.declared.items()
            },
            source=target.shown,
        )

    def _page(self, target: Target, day: dt.date, number: int, step: Step) -> Page:
        where = f"page {number}"
        if step.url is None:
            asked = Target(target.url, {**target.parameters, **step.parameters}, target.shown)
        else:
            asked = Target(step.url, {}, target.shown)
        document = self._transport.get(asked, where)
        _refuse_failure(document.said, self._system.success, where)
        _refuse_other_day(document.said, self._system.day, day.strftime(self._system.day_form), where)
        rows = _rows(document.said, self._system.rows, where)
        _refuse_nested_cells(rows, self._system.columns, where)
        return Page(number, document.said, rows, document.url, document.link)


def _refuse_failure(said: Any, success: Success | None, where: str) -> None:
    if success is None:
        return
    got = maybe_at(said, success.path)
    # In Python True is 1, and to a system they are two answers.
    if (type(got), got) != (type(success.value), success.value):
        told = "nothing" if got is ABSENT else shown(got)
        reason = maybe_at(said, success.reason) if success.reason else ABSENT
        because = "" if reason is ABSENT else f", because of {shown(reason)}"
        raise PassingFault(
            f"{where}: the system says that it failed: {success.path} is {told} and not {success.value!r}{because}",
            "look the code up in the system's interface description, then pull again",
        )


def _refuse_other_day(said: Any, path: str, wanted: str, where: str) -> None:
    got = at(said, path, where)
    if isinstance(got, bool | dict | list) or str(got) != wanted:
        raise PermanentFault(
            f"{where}: {path} is {shown(got)} and not the day asked for ({wanted!r})",
            "ask the system's keeper; nothing of it was kept",
        )


def _rows(said: Any, path: str, where: str) -> list[Mapping[str, Any]]:
    rows = at(said, path, where)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PermanentFault(
            f"{where}: {path!r} of the answer isn't a list of rows", "ask the system's keeper what it answers"
        )
    return rows


def _refuse_nested_cells(rows: list[Mapping[str, Any]], columns: Mapping[str, str], where: str) -> None:
    for position, row in enumerate(rows, start=1):
        for name in columns:
            if isinstance(row.get(name), dict | list):
                raise PermanentFault(
                    f"{where} row {position}: {name!r} is {shown(row[name])} and not a single value",
                    "hold `columns` in hall.toml against the system's interface description",
                )


def _single(said: Any, path: str, where: str) -> Any:
    value = at(said, path, where)
    if isinstance(value, dict | list | bool):
        raise PermanentFault(
            f"{where}: {path} is {shown(value)} and no number",
            "hold `declared` in hall.toml against the system's interface description",
        )
    return value
