"""A day of a hall as it would land: asked for, validated and shown, with nothing landed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.config.catalogue import evidence_version, working_days
from orchestration.config.hall import HallFolder, Retries
from orchestration.landing.manifest import Landing, Provenance
from orchestration.landing.quarantine import Quarantine
from orchestration.landing.validate_and_land import DayResult, DayValidation
from orchestration.runtime.left_overs import temporary_folder
from orchestration.runtime.program import code_version
from orchestration.sources import open_source
from orchestration.sources.pool import Requests

if TYPE_CHECKING:
    from orchestration.sources.daily_counts import DailyCounts

# Somebody waits for the answer, and asks again by hand.
ONCE = Retries(attempts=1)


@dataclass(frozen=True)
class Sample:
    """What one system said of one day, judged as a pull would: the counts that would land, and why others wouldn't."""

    system: str
    result: DayResult
    counts: DailyCounts | None


def sample(hall: HallFolder, day: dt.date, systems: Sequence[str], variables: Mapping[str, str]) -> Iterator[Sample]:
    """Ask each of these systems for one day, once, and judge what it says; `YUEBAO_HALL` names the hall's folder."""
    with temporary_folder("sample") as folder:
        landing = Landing(folder / "landing")
        for name in systems:
            validation = DayValidation(
                hall=hall.hall,
                system=name,
                calendar=working_days(),
                landing=landing,
                quarantine=Quarantine(folder / "quarantine"),
                provenance=Provenance("sample", code_version(), evidence_version(hall.hall.systems[name])),
            )
            questions = Requests(ONCE, hall.hall.at_once)
            questions.ask(
                {name: open_source(hall, name, variables)}, [day], lambda system, _: hall.hall.sites_of(system)
            )
            (result,) = validation.settle(questions.outcomes(name, [day])).days
            questions.close()
            yield Sample(name, result, landing.counts(result.extract) if result.extract else None)
