"""What a numeral says once it is read: a count, a rate, a share …, of which metric, month and base."""

from dataclasses import dataclass
from typing import Literal

from reports.proofreading.labels import Subject
from reports.proofreading.numerals import Numeral
from reports.proofreading.periods import Months
from reports.proofreading.vocabulary import Around

NumeralRole = Literal["level", "rate", "points", "share", "difference", "trend", "other"]


@dataclass(frozen=True)
class Reading:
    """A numeral with what it says; a `trend` is a change without a numeral, such as 同比下降.

    Attributes:
        start: Its first character in the passage's plain text.
        end: After its unit.
        role: What it says; `other` is nothing that certificates know.
        numeral: The numeral; None for a trend.
        kind: For `other`, what it is.
        subject: What it counts.
        joint: Subjects that it counts together with the first: 电话咨询和现场咨询共….
        months: The months it is about.
        also: Other months that it may be about, where the words leave it open.
        bases: For a rate, difference or trend, the months that it may be compared with.
        direction: 1, −1 or 0 (持平); None if no word says it.
        whole: For a share, the metric that it is a share of; empty if the words don't say.
        ratio: Whether what changes is itself a ratio: 占比提高….
        around: 约, 近 or 超, instead of the exact number.
        formerly: Whether the words say that it is an earlier number, quoted as such.
        sentence: Which sentence of the passage it stands in.
        part: Which part of the passage, between semicolons, it stands in.
        total: Whether it is announced as a sum.
        among: Whether it follows an 其中 of its part.
        unit_text: Scale and unit, which in a table may stand in the heading.
    """

    start: int
    end: int
    role: NumeralRole
    numeral: Numeral | None = None
    kind: str = ""
    subject: Subject | None = None
    joint: tuple[Subject, ...] = ()
    months: Months = ()
    also: tuple[Months, ...] = ()
    bases: tuple[Months, ...] = ()
    direction: int | None = None
    whole: str = ""
    ratio: bool = False
    around: Around = ""
    formerly: bool = False
    sentence: int = 0
    part: int = 0
    total: bool = False
    among: bool = False
    unit_text: str = ""

    @property
    def metric(self) -> str:
        """The metric's code; empty if it is about none."""
        return self.subject.code if self.subject is not None and not self.subject.own else ""

    @property
    def figure(self) -> str:
        """The code of the author's own figure; empty if it is about none."""
        return self.subject.code if self.subject is not None and self.subject.own else ""
