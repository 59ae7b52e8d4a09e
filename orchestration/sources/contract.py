"""What every kind of source answers: the daily counts of one day, or a fault that says what went wrong and what to do.

The contract of daily counts (design, "Words"): one row per stat_date, hall_code, department_code, item_code (or null)
and measure.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

from pydantic import ImportString

from orchestration.config.systems import ContractName
from orchestration.config.systems.common import Strict

if TYPE_CHECKING:
    from orchestration.sources.daily_counts import DailyCounts

CONTRACT: tuple[ContractName, ...] = get_args(ContractName)


class SourceFault(Exception):
    """A request that got no usable answer."""

    answered = True  # whether the system said something (that can't be used), or nothing at all
    retry_after: float | None = None  # seconds after which asking again makes sense, where the source says so

    def __init__(self, problem: str, next_step: str) -> None:
        super().__init__(problem)
        self.problem = problem  # what happened, with file, page or row where one is known
        self.next_step = next_step  # what an engineer does about it


class PassingFault(SourceFault):
    """A fault that may pass by itself: worth asking again."""

    answered = False


class BrokenAnswer(PassingFault):
    """An answer that arrived damaged: it may be whole the next time."""

    answered = True


class PermanentFault(SourceFault):
    """A fault that asking again can't mend."""


class RequestRefused(SourceFault):
    """The system takes no request from us as things stand: nothing is said of the day, and asking again is no use."""

    answered = False


class NothingForDay(SourceFault):
    """The source is well and has no answer for the day: right on a closed day, missing on any other."""

    answered = False


@dataclass(frozen=True)
class Request:
    """What a hall system is asked at once: one day, of one site or of several."""

    day: dt.date
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What one hall system answered for one day of one site."""

    asked_date: dt.date
    counts: DailyCounts
    declared: Mapping[str, Any] = field(default_factory=dict)  # the source's own totals by measure
    source: str = ""  # where it came from, without secrets


Outcome = Answer | SourceFault


class Source(Protocol):
    """One hall system, whatever its kind."""

    by_site: bool  # whether its requests name a site, so that every site is asked for on its own

    def ask(self, request: Request) -> Mapping[str, Outcome]:
        """The counts of one day by site, with an answer or a fault for every site of the request.

        Raises:
            SourceFault: there is no usable answer for any site; its kind says whether to ask again.
        """


_FAULTS: Mapping[str, type[SourceFault]] = {
    kind.__name__: kind for kind in (PassingFault, BrokenAnswer, PermanentFault, RequestRefused, NothingForDay)
}


class FaultRule(Strict):
    """What a kind of failure means, in words that may hold `{name}`s; `describe` fills them in."""

    fault: Literal["PassingFault", "BrokenAnswer", "PermanentFault", "RequestRefused", "NothingForDay"]
    problem: str
    next_step: str
    errors: tuple[ImportString[type[BaseException]], ...] = ()  # the exceptions that mean it
    codes: str = "(?!)"  # a pattern of the codes that mean it, such as HTTP's statuses or SQLSTATEs
    words: str = "(?!)"  # a pattern of the texts that mean it, for failures without a code

    def describe(self, **details: object) -> SourceFault:
        """The fault, with these details in its words."""
        return _FAULTS[self.fault](self.problem.format(**details), self.next_step.format(**details))

    def matches(self, errors: Collection[BaseException], code: str, text: str) -> bool:
        """Whether a failure is of this kind: by an exception, by its code, or without a code by its text."""
        if any(isinstance(error, self.errors) for error in errors):
            return True
        return bool(re.fullmatch(self.codes, code) if code else re.search(self.words, text))


class FaultTable:
    """The faults of one kind of source, as the faults.toml beside a module words them: by name, or group and name."""

    def __init__(self, module: str) -> None:
        self._told = tomllib.loads(Path(module).with_name("faults.toml").read_text(encoding="utf-8"))

    def __call__(self, name: str, /, **details: object) -> SourceFault:
        """The fault of that name, with these details in its words."""
        return self.rule(name).describe(**details)

    def rule(self, name: str) -> FaultRule:
        """The rule of that name; `group.name` is one of a group's."""
        group, _, member = name.partition(".")
        return FaultRule.model_validate(self._told[group][member] if member else self._told[group])

    def match(self, group: str, *errors: BaseException, code: str = "", text: str = "", default: str = "") -> FaultRule:
        """The first rule of a group that a failure matches; that of the name `default`, or the last, if none does."""
        rules = [FaultRule.model_validate(told) for told in self._told[group].values()]
        matching = (rule for rule in rules if rule.matches(errors, code, text))
        return next(matching, None) or (self.rule(default) if default else rules[-1])


fault = FaultTable(__file__)
