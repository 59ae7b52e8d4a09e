"""A hall system asked over HTTP: JSON, one answer or pages of it, mapped to the contract by the hall's settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration.config.systems import HttpSystem
from orchestration.sources.contract import (
    Outcome,
    PermanentFault,
    Request,
    contract_rows,
    shared_out,
    whole_number,
)
from orchestration.sources.http.client import Target, Transport
from orchestration.sources.http.pages import all_pages
from orchestration.sources.http.paging import ResponsePage, Step, refuse_other_count
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.http.response_validation import refuse_failure, refuse_other, single
from orchestration.sources.http.strict_json import at, shown


class HttpSource:
    """Asks one HTTP system; safe to share between threads.

    Raises:
        SettingsError: a variable, a certificate or an address of the settings can't be used.
    """

    def __init__(self, system: HttpSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str]) -> None:
        self.by_site = system.names_site
        self._system = system
        self._sites = sites
        self._questions = HttpRequest(system.url, system.query, variables)
        self._transport = Transport(system, folder, variables)

    def ask(self, question: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        system = self._system
        target = self._questions.target({"day": question.day, "hall": question.sites[0]})
        pages = all_pages(system.paging, lambda number, step: self._page(target, question.day, number, step))
        rows = [
            (f"{page.name} row {position}", row) for page in pages for position, row in enumerate(page.rows, start=1)
        ]
        first = pages[0]
        if system.declared_rows is not None:
            refuse_other_count(len(rows), single(first.said, system.declared_rows, first.name))
        return shared_out(
            question,
            question.sites if self.by_site else self._sites,
            rows=contract_rows(rows, system.columns, system.constants, question.day),
            declared={
                measure: whole_number(single(first.said, path, first.name)) for measure, path in system.declared.items()
            },
            source=target.shown,
        )

    def _page(self, target: Target, day: dt.date, number: int, step: Step) -> ResponsePage:
        where = f"page {number}"
        if step.url is None:
            asked = Target(target.url, {**target.parameters, **step.parameters}, target.shown)
        else:
            asked = Target(step.url, {}, target.shown)
        document = self._transport.get(asked, where)
        refuse_failure(document.said, self._system.success, where)
        refuse_other(document.said, self._system.day, day.strftime(self._system.day_form), where, what="day")
        rows = _rows(document.said, self._system.rows, where)
        _refuse_nested_cells(rows, self._system.columns, where)
        return ResponsePage(number, document.said, rows, document.url, document.link)


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
