"""What the health page says, as plain data: page, metrics and terminal show this and find out nothing themselves."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestration.health.timeliness import Arrivals
from orchestration.landing.quarantine import Refusal
from reports.figures.day_verdict import VERDICTS, DayVerdict
from reports.figures.readiness import BuildCheck, CheckStatus, Problem

CellState = Literal[DayVerdict, "awaited", "not_due"]
DeadlineKind = Literal["candidate", "certification", "edition"]
MonthState = Literal["under way", "draft", "waiting", "certified", "revision pending"]

CELL_SIGNS: Mapping[CellState, str] = {
    **{verdict: meaning.sign for verdict, meaning in VERDICTS.items()},
    "awaited": "…",
    "not_due": "-",
}
CELL_WORDS: Mapping[CellState, str] = {
    **{verdict: meaning.text for verdict, meaning in VERDICTS.items()},
    "missing": "missing, late",
    "awaited": "being asked for, not late yet",
    "not_due": "not due yet",
}
IN: frozenset[CellState] = frozenset(verdict for verdict, meaning in VERDICTS.items() if meaning.is_in)
NOT_LATE: frozenset[CellState] = frozenset({"awaited", "not_due"})


@dataclass(frozen=True)
class DayCell:
    """One system and day of the heat map, with every site that the system answers for.

    Attributes:
        sites: by code, the state of each site.
        detail: why the day isn't in, as far as it is known.
        warned: the rules of the suite that warned.
    """

    system: str
    day: dt.date
    state: CellState
    sites: Mapping[str, CellState]
    detail: str
    warned: tuple[str, ...]
    landed_at: dt.datetime | None

    @property
    def absent(self) -> tuple[str, ...]:
        """The sites that aren't in."""
        return tuple(site for site, state in self.sites.items() if state not in IN)

    @property
    def came(self) -> int:
        """How many sites are in."""
        return len(self.sites) - len(self.absent)


@dataclass(frozen=True)
class MonthHealth:
    """One month.

    Attributes:
        answers: how many the month has up to yesterday, one for each system and day; `not_late` of them aren't in and
            aren't late either, and `missing` aren't in and are.
        problems: as `yuebao status` says them, of a month under way those of its days that are late.
        urgent: those that wait for a person; the others mend themselves as the automation goes on.
        to_be_certified: whether everything has passed and a person has to certify it.
        pending: why it waits for a revision, else empty.
        checks: the newest build's, how many ended how.
        doubtful: those of them that didn't pass.
    """

    month: str
    state: MonthState
    answers: int
    certificate: str
    code: str
    missing: int = 0
    not_late: int = 0
    problems: tuple[Problem, ...] = ()
    urgent: tuple[Problem, ...] = ()
    to_be_certified: bool = False
    pending: str = ""
    checks: Mapping[CheckStatus, int] = field(default_factory=dict)
    doubtful: tuple[BuildCheck, ...] = ()

    @property
    def came(self) -> int:
        """How many answers are in."""
        return self.answers - self.missing - self.not_late


@dataclass(frozen=True)
class Deadline:
    """A date of a month's report, and whether what has to be done by then is done."""

    month: str
    what: DeadlineKind
    day: dt.date
    days_left: int
    done: bool


@dataclass(frozen=True)
class SuiteHistory:
    """What the suite said of a system's days in the window: days judged, refused, and by rule how many warned."""

    system: str
    judged: int
    refused: int
    warned: Mapping[str, int]


@dataclass(frozen=True)
class RunLine:
    """One run of Dagster's history; `seconds` is None until it ends, `about` the days or the month that it is for."""

    run_id: str
    status: str
    started: dt.datetime
    seconds: float | None
    about: str


@dataclass(frozen=True)
class JobHistory:
    """The runs of a job in the last 30 days, the newest first; of some, how long they took."""

    job: str
    runs: tuple[RunLine, ...]
    by_status: Mapping[str, int]
    median: float | None
    longest: float | None


@dataclass(frozen=True)
class Action:
    """Something that a person has to do: what is wrong, and the command that mends it."""

    text: str
    command: str


@dataclass(frozen=True)
class Health:
    """All of it, at one moment.

    Attributes:
        site_names, system_names: by code.
        months: the newest first.
        cells: day by day, the oldest first, of the last 60 days.
        bytes_by_part: of the state folder.
    """

    now: dt.datetime
    hall: str
    site_names: Mapping[str, str]
    system_names: Mapping[str, str]
    headline: str
    actions: tuple[Action, ...]
    months: tuple[MonthHealth, ...]
    deadlines: tuple[Deadline, ...]
    cells: tuple[DayCell, ...]
    arrivals: Arrivals
    refusals: tuple[Refusal, ...]
    suites: tuple[SuiteHistory, ...]
    jobs: tuple[JobHistory, ...]
    certified_months: int
    pending: tuple[str, ...]
    bytes_by_part: Mapping[str, int]
    free_bytes: int

    @property
    def is_well(self) -> bool:
        """Whether nothing needs a person."""
        return not self.actions
