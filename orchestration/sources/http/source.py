"""A hall system asked over HTTP: JSON, one answer or pages of it, mapped to the contract by the hall's settings."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.config.catalogue import quantities
from orchestration.config.systems import ContractName, HttpSystem
from orchestration.config.systems.common import site_constants
from orchestration.config.systems.http_paging import Offset, Pages
from orchestration.config.systems.http_template import MOMENTS, DayValue
from orchestration.sources.answers import LeastUnits, contract_counts, divide_answer, stated_of
from orchestration.sources.contract import Outcome, Request
from orchestration.sources.daily_counts import DailyCounts, concatenated
from orchestration.sources.http.client import Client
from orchestration.sources.http.document import Document, day_of_moment
from orchestration.sources.http.paging import all_pages, refuse_other_count
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.http.target import Target
from orchestration.sources.value_map import value_map


class HttpSource:
    """Asks one HTTP system; safe to share between threads. SettingsError where its settings can't be used."""

    def __init__(
        self, system: HttpSystem, folder: Path, sites: tuple[str, ...], variables: Mapping[str, str], zone: ZoneInfo
    ) -> None:
        self.by_site = system.names_site
        self._system = system
        self._zone = zone
        self._sites = sites
        self._units = LeastUnits(quantities(folder / "catalogue"))
        self._request = HttpRequest(
            system.url, system.query, variables, system.method, system.content, system.form is not None
        )
        self._client = Client(system, folder, variables)
        self._values_on = value_map(folder, system.values)

    def ask(self, request: Request) -> dict[str, Outcome]:
        """See `Source.ask`."""
        system = self._system
        target = self._request.target({"day": DayValue(request.day, self._zone), "hall": request.sites[0]})
        pages = all_pages(system.paging, target, lambda number, page: self._page(page, request.day, number))
        first = pages[0]
        constants = site_constants(system.constants, request.sites[0])
        counts = concatenated([self._counts(page, request.day, constants) for page in pages])
        rows = sum(len(page.rows) for page in pages)
        if system.declared_rows is not None:
            refuse_other_count(rows, first.single_value(system.declared_rows))
        return divide_answer(
            request,
            request.sites if self.by_site else self._sites,
            self._units.counts(counts),
            declared=self._units.totals(self._declared(first, rows)),
            source=target.shown_url,
        )

    def _declared(self, first: Document, rows: int) -> dict[str, Any]:
        """The system's own totals by measure; a stated count of no rows is a total of 0 of each."""
        system = self._system
        declared = {measure: first.single_value(path) for measure, path in system.declared.items()}
        stated = system.declared_rows or (system.paging.total if isinstance(system.paging, Pages | Offset) else None)
        zero = dict.fromkeys(system.measures, 0) if stated and not rows else {}
        return {**zero, **declared}

    def _counts(self, page: Document, day: dt.date, constants: Mapping[ContractName, str]) -> DailyCounts:
        columns, lines = self._system.columns, range(1, len(page.rows) + 1)
        rows = self._values_on(day).bring(page.rows, columns, page.where, lines)
        if self._system.day_form in MOMENTS:
            rows = [self._with_day(row) for row in rows]
        return contract_counts(rows, page.where, lines, columns, stated_of(day, constants))

    def _with_day(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row whose moments are written as the days that they are of."""
        own = [name for name, ours in self._system.columns.items() if ours == "stat_date"]
        said = {name: day_of_moment(row.get(name), self._system.day_form, self._zone) for name in own}
        return {**row, **{name: moment.isoformat() for name, moment in said.items() if moment is not None}}

    def _page(self, target: Target, day: dt.date, number: int) -> Document:
        system = self._system
        document = self._client.ask(target, f"page {number}")
        document.refuse_other_day(system.day, system.day_form, day, self._zone)
        return replace(document, rows=document.read_rows(system.rows, system.columns))
