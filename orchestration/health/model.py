"""What the health page says, as plain data: page, metrics and terminal show this and find out nothing themselves."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from orchestration.alerts.snoozes import Snooze
from orchestration.health.timeliness import Arrivals
from orchestration.landing.quarantine import Refusal
from orchestration.landing.site_days import SiteMatrix
from reports.figures.day_verdict import VERDICTS, DayVerdict
from reports.figures.readiness import BuildCheck, CheckStatus, Problem, Remedy, remedies

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
    """One system and day of the heat map, with every site that the system answers for."""

    system: str
    day: dt.date
    state: CellState
    sites: Mapping[str, CellState]  # by code, the state of each site
    detail: str  # why the day isn't in, as far as it is known
    warned: tuple[str, ...]  # the rules of the suite that warned
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
    """One month, of which what isn't in is `missing` if it is late."""

    month: str
    state: MonthState
    answers: int  # how many the month has up to yesterday, one for each system and day
    certificate: str
    code: str
    days: tuple[dt.date, ...] = ()  # all of its days
    missing: int = 0
    not_late: int = 0
    problems: tuple[Problem, ...] = ()  # as `yuebao status` says them, of a month under way those of late days
    urgent: tuple[Problem, ...] = ()  # those that wait for a person; the automation mends the others
    whole: str = ""  # the one command for several gaps, of a month that is over
    to_be_certified: bool = False  # whether everything has passed and a person has to certify it
    pending: str = ""  # why it waits for a revision
    checks: Mapping[CheckStatus, int] = field(default_factory=dict)  # of the newest build, how many ended how
    doubtful: tuple[BuildCheck, ...] = ()  # those that didn't pass
    sites: SiteMatrix = field(default_factory=SiteMatrix)  # how each site stands; what isn't late yet is left out

    @property
    def came(self) -> int:
        """How many answers are in."""
        return self.answers - self.missing - self.not_late

    @property
    def remedies(self) -> list[Remedy]:
        """What to do about its problems, each command once."""
        return remedies(self.problems, self.whole)

    @property
    def urgent_remedies(self) -> list[Remedy]:
        """What a person has to do."""
        return remedies(self.urgent, self.whole)


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
    """What the suite said of a system's days in the window: days judged, refused, and by rule those that warned."""

    system: str
    judged: int
    refused: int
    warned: Mapping[str, tuple[dt.date, ...]]  # the rule with the most days first


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
    """Something that a person has to do: what is wrong, a line for each, and the command that mends it."""

    told: tuple[tuple[str, tuple[str, ...]], ...]  # each text with what a check found, a line for each row
    command: str

    @property
    def texts(self) -> list[str]:
        """What is wrong, without rows."""
        return [text for text, _ in self.told]


@dataclass(frozen=True)
class Health:
    """All of it, at one moment."""

    now: dt.datetime
    hall: str
    site_names: Mapping[str, str]  # by code
    system_names: Mapping[str, str]  # by code
    headline: str
    actions: tuple[Action, ...]
    months: tuple[MonthHealth, ...]  # the newest first
    deadlines: tuple[Deadline, ...]
    cells: tuple[DayCell, ...]  # day by day, the oldest first, of the last 60 days
    arrivals: Arrivals
    refusals: tuple[Refusal, ...]
    suites: tuple[SuiteHistory, ...]  # the system that warned most first
    jobs: tuple[JobHistory, ...]
    snoozed: Mapping[str, Snooze]  # by key of what is snoozed, by whom and until when
    certified_months: int
    pending: tuple[str, ...]
    bytes_by_part: Mapping[str, int]  # of the state folder
    free_bytes: int

    def named_site(self, code: str) -> str:
        """A site's code with its name, as far as that is known."""
        return f"{code} {self.site_names.get(code, '')}".rstrip()

    @property
    def is_well(self) -> bool:
        """Whether nothing needs a person."""
        return not self.actions
