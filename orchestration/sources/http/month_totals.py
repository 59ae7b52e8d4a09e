"""A system's own totals of a month over HTTP, asked with the same care as its daily counts."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from orchestration.config.catalogue import quantities
from orchestration.config.systems import HttpSystem
from orchestration.config.systems.http_api import MonthTotals
from orchestration.config.systems.http_template import MonthValue
from orchestration.sources.answers import LeastUnits
from orchestration.sources.http.client import Client
from orchestration.sources.http.errors import fault
from orchestration.sources.http.request import HttpRequest
from orchestration.sources.http.strict_json import brief


class MonthTotalsSource:
    """Asks one HTTP system for its totals of months; SettingsError where its settings can't be used."""

    def __init__(self, system: HttpSystem, totals: MonthTotals, folder: Path, variables: Mapping[str, str]) -> None:
        self._units = LeastUnits(quantities(folder / "catalogue"))
        self._system = system
        self._totals = totals
        self._request = HttpRequest(
            totals.url, totals.query, variables, totals.method, totals.content, totals.form is not None
        )
        self._client = Client(system, folder, variables)

    def ask(self, first_day: dt.date, site: str) -> dict[str, int]:
        """The totals by measure of the month that begins on a day, of one site if the request names it, or a fault."""
        totals, where = self._totals, f"month totals of {first_day:%Y-%m}"
        target = self._request.target({"month": MonthValue(first_day), "hall": site})
        document = self._client.ask(target, where)
        if totals.month:
            document.refuse_other_period(totals.month, first_day.strftime(totals.month_form), "month")
        stated = self._units.totals(
            {measure: document.single_value(path, "month_totals.totals") for measure, path in totals.totals.items()}
        )
        for measure, total in stated.items():
            if type(total) is not int:
                raise fault("no_whole_total", where=where, measure=measure, stated=brief(total))
        return stated
