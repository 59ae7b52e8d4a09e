"""The state of a month as authors are told it: a word in large, whether it may be printed, what is still missing."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from reports.certificates.certificate import Certificate
from reports.certificates.queries import Query
from reports.figures.months import month_title

Status = Literal["草稿", "待核定", "已核定", "待修订", "已修订"]


@dataclass(frozen=True)
class Meaning:
    """What a state means: its tone on the page, whether the month may be printed, and what to do."""

    tone: Literal["good", "careful", "bad"]
    print: str
    advice: str


WORDS: Mapping[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
MEANINGS: Mapping[Status, Meaning] = {status: Meaning(**WORDS["meanings"][status]) for status in get_args(Status)}


class PathStep(NamedTuple):
    """A site on the way from the hall to the one whose page it is: its name, and its page where there is one."""

    name: str
    page: str = ""


@dataclass(frozen=True)
class MonthSummary:
    """A month on the index and at the head of its page."""

    month: str
    status: Status
    certificate: Certificate | None  # the newest one; None before the first
    reasons: tuple[str, ...] = ()  # in Chinese, what is missing or has changed since
    questions: tuple[Query, ...] = ()  # 校核 of the month
    site: str = ""  # the code of the site below the hall whose month it is
    path: tuple[PathStep, ...] = ()  # from the hall to that site

    @property
    def title(self) -> str:
        """`2025 年 3 月`."""
        return month_title(self.month)

    @property
    def meaning(self) -> Meaning:
        """What the state means."""
        return MEANINGS[self.status]

    @property
    def open_questions(self) -> int:
        """How many questions nobody has answered."""
        return sum(question.is_open for question in self.questions)
