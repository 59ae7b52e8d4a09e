"""The state of a month as authors are told it: a word in large, whether it may be printed, what is still missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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


MEANINGS: Mapping[Status, Meaning] = {
    "草稿": Meaning("bad", "不能刊印", "数据还没有到齐，或者有检查没有通过。补齐、核定以后，这里才会出现数字。"),
    "待核定": Meaning("careful", "暂不能刊印", "数据已经到齐，检查已经通过，等待审核、签署。"),
    "已核定": Meaning("good", "可以刊印", "数字已经签署，不再改动。请使用下面的正文和数字。"),
    "待修订": Meaning(
        "careful",
        "先问数据人员再刊印",
        "核定以后业务系统又有更正，新数还没有核定。下面仍是已核定的数，已刊印的不受影响。",
    ),
    "已修订": Meaning("bad", "不要再用", "后来又有新的核定书，请用新的一版，并刊登修订说明。"),
}


@dataclass(frozen=True)
class MonthSummary:
    """A month on the index and at the head of its page.

    Attributes:
        certificate: the newest one; None before the first.
        reasons: in Chinese, what is missing or has changed since.
        questions: 校核 of the month.
    """

    month: str
    status: Status
    certificate: Certificate | None
    reasons: tuple[str, ...] = ()
    questions: tuple[Query, ...] = ()

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
