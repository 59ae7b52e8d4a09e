"""A day of a hall as it would land: asked for, judged and shown, with nothing landed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.asking import Questions
from orchestration.catalogue import code_version, evidence_version, working_days
from orchestration.hall_systems import open_source
from orchestration.landing import Landing, Provenance, Row
from orchestration.pulling import DayResult, Judge
from orchestration.quarantine import Quarantine
from orchestration.settings import HallFolder, Retries

# Somebody waits for the answer, and asks again by hand.
ONCE = Retries(attempts=1)


@dataclass(frozen=True)
class Sample:
    """What one system said of one day, judged as a pull would: the rows that would land, and why others wouldn't."""

    system: str
    result: DayResult
    rows: Sequence[Row]


def sample(hall: HallFolder, day: dt.date, systems: Sequence[str], variables: Mapping[str, str]) -> Iterator[Sample]:
    """Ask each of these systems for one day, once, and judge what it says; `YUEBAO_HALL` must name the hall's folder.

    Raises:
        SettingsError: a reviewed table of the hall can't be used.
    """
    with TemporaryDirectory(prefix="yuebao-sample-") as folder:
        landing = Landing(Path(folder) / "landing")
        for name in systems:
            judge = Judge(
                hall=hall.hall,
                system=name,
                calendar=working_days(),
                landing=landing,
                quarantine=Quarantine(Path(folder) / "quarantine"),
                provenance=Provenance("sample", code_version(), evidence_version()),
            )
            questions = Questions(ONCE, hall.hall.at_once)
            questions.ask(
                {name: open_source(hall, name, variables)}, [day], lambda system, _: hall.hall.halls_of(system)
            )
            (result,) = judge.settle(questions.outcomes(name, [day])).days
            questions.close()
            yield Sample(name, result, landing.rows(result.extract) if result.extract else [])
