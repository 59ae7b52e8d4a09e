"""A hall of two systems that is told of through channels, for tests of alerts: its days, its files, its moments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.alerts.notification import Delivery, find_conditions, notify
from orchestration.alerts.snoozes import Wish, snooze
from orchestration.automation.deadlines import Moment
from orchestration.config.hall import Hall, load_hall
from orchestration.config.working_days import WorkingDays
from orchestration.landing.manifest import Counted, Landing, Provenance, SiteCounts
from orchestration.landing.quarantine import Quarantine, Refusal
from orchestration.runtime.paths import Home
from reports.figures.readiness import BuildCheck, BuildEvidence, FailingRow
from reports.files import write_bytes
from tests import certificates
from tests.counts import counts_of
from tests.moments import at

CODE = "510000"
FIRST_DAY = dt.date(2025, 3, 1)
SYSTEMS = ("courier", "call_centre")


def hall_with(channels: Mapping[str, Mapping[str, Any]], **alerts: Any) -> Hall:
    """Two systems of the demo hall since March 2025, with channels: `{"name": {"url": VARIABLE}}`."""
    document = load_hall().hall.model_dump(exclude_unset=True)
    document["systems"] = {name: document["systems"][name] for name in SYSTEMS}
    return Hall.model_validate({**document, "first_day": FIRST_DAY, "alerts": {**alerts, "channels": dict(channels)}})


_ROWS: tuple[FailingRow, ...] = tuple(
    {"system": "courier", "stat_date": f"2025-03-0{day}", "found_rows": day} for day in range(1, 6)
)


@dataclass(frozen=True)
class Told:
    """A hall, its state folder and its runs, and what channels are told of them at any moment."""

    hall: Hall
    home: Home
    instance: dg.DagsterInstance = field(default_factory=dg.DagsterInstance.ephemeral)

    def moment(self, now: str) -> Moment:
        return Moment(self.hall, self.home, WorkingDays({}), at(now))

    def found(self, now: str) -> dict[str, str]:
        """By key, the kind of each condition."""
        return {key: each.kind for key, each in find_conditions(self.moment(now), self.instance).conditions.items()}

    def tell(self, now: str) -> list[Delivery]:
        return notify(self.moment(now), self.instance)

    def land(self, *days: str, systems: tuple[str, ...] = SYSTEMS, checks: Mapping[str, str] | None = None) -> None:
        """Days, `2025-03-12` or `2025-03-01..2025-03-07`, that came in."""
        for day in (each for span in days for each in _days(span)):
            for system in systems:
                counts = Counted(
                    system, day, "answered", {CODE: SiteCounts(counts_of(()), {}, "a test", dict(checks or {}))}
                )
                Landing(self.home.landing).land(counts, Provenance("run", "code", "suite"))
                Quarantine(self.home.quarantine).resolve(system, day, CODE)

    def refuse(self, system: str, day: str, reason: str = "a bad row; mend it", *, answered: bool = True) -> None:
        """A day whose answer was refused, or that gave none."""
        refusal = Refusal(system, day, CODE, reason, f"{day}T23:00:00+00:00", "run", answered)
        Quarantine(self.home.quarantine).keep(refusal)

    def build(self, month: str, built_at: str, **checks: Any) -> None:
        """What a build of a month left, its checks by name and status."""
        told = tuple(
            BuildCheck(name, "facts", "error", status, 5, "Got 5 results", _ROWS if status == "fail" else ())
            for name, status in checks.items()
        )
        evidence = BuildEvidence(month, "f" * 64, at(built_at).isoformat(), "run", told)
        write_bytes(self.home.published / month / "build.json", evidence.to_json().encode())

    def certify(self, month: str, moment: str, **revision: str) -> str:
        """A certificate of a month, or its next revision, signed at a moment; its name."""
        elsewhere = certificates.archive_in(self.home.root / "elsewhere")
        archive = replace(elsewhere, certificates=self.home.certificates, published=self.home.published)
        return certificates.Month(archive, month, at(moment), **revision).certified().certificate.name

    def snooze(self, now: str, what: str, *, until: str) -> None:
        """What 张三 snoozed at a moment."""
        moment = self.moment(now)
        wish = Wish(what, dt.date.fromisoformat(until), "known", "张三")
        snooze(moment, find_conditions(moment, self.instance), wish)

    def owned(self, system: str, owner: str) -> Told:
        """The same, a system of which has an owner."""
        settings = self.hall.systems[system].model_copy(update={"owner": owner})
        return replace(self, hall=self.hall.model_copy(update={"systems": {**self.hall.systems, system: settings}}))

    def with_alerts(self, channels: Mapping[str, Mapping[str, Any]], **alerts: Any) -> Told:
        """The same, told through other channels."""
        return replace(self, hall=hall_with(channels, **alerts))


def told_in(folder: Path, channels: Mapping[str, Mapping[str, Any]] | None = None, **alerts: Any) -> Told:
    """A hall in a folder of its own."""
    return Told(hall_with(channels or {}, **alerts), Home(folder))


def _days(span: str) -> list[dt.date]:
    first, _, last = span.partition("..")
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    return [begin + dt.timedelta(days=offset) for offset in range((end - begin).days + 1)]
