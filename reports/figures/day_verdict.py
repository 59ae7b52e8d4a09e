"""The vocabulary of day verdicts: what a system's answer for a day can be, and what each verdict means.

Who decides on a verdict doesn't belong here (`orchestration.landing.day_status`); nothing here reads a file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

DayVerdict = Literal[
    "closed", "declared_zero", "answered", "stale", "wrongly_closed", "missing", "quarantined", "damaged"
]
DayProblem = Literal["missing_day", "quarantined_day", "damaged_extract", "check_stale"]


@dataclass(frozen=True)
class VerdictMeaning:
    """What a verdict means to those who act on it."""

    sign: str  # one character; colour is never the only mark
    text: str  # in words, for engineers
    chinese: str  # and for authors
    problem: DayProblem | None = None  # why it keeps a month from being printed, or None where it doesn't
    is_in: bool = True  # whether an answer has landed that stands; the automation asks again for what isn't in


# From best to worst: a day is as its worst site is.
VERDICTS: Mapping[DayVerdict, VerdictMeaning] = {
    "closed": VerdictMeaning("·", "closed", "不开放"),
    "declared_zero": VerdictMeaning("0", "declared zero", "报零"),
    "answered": VerdictMeaning("■", "in", "已到"),
    "stale": VerdictMeaning("~", "checks are stale", "数据是按旧规则检查的", "check_stale"),
    "wrongly_closed": VerdictMeaning(
        *("≠", "declared closed, but the calendar has it open", "报的是不开放，日历上是开放的"),
        problem="missing_day",
        is_in=False,
    ),
    "missing": VerdictMeaning("?", "missing", "数据没有到", "missing_day", is_in=False),
    "quarantined": VerdictMeaning("!", "quarantined", "收到的数据没有通过检查", "quarantined_day", is_in=False),
    "damaged": VerdictMeaning("x", "damaged", "数据文件损坏", "damaged_extract", is_in=False),
}


def worst(verdicts: Iterable[DayVerdict]) -> DayVerdict:
    """The worst of the verdicts on a day's sites, of which there is at least one."""
    return max(verdicts, key=list(VERDICTS).index)
