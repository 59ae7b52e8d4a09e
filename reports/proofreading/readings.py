"""What a numeral says once it is read: a count, a rate, a share …, of which metric, month and base."""

from dataclasses import dataclass
from typing import Literal, cast

from reports.proofreading.labels import Subject
from reports.proofreading.numerals import Numeral
from reports.proofreading.periods import Months
from reports.proofreading.quotations import Quoted
from reports.proofreading.vocabulary import Around

NumeralRole = Literal["level", "rate", "points", "share", "difference", "trend", "fold", "quoted", "other"]


@dataclass(frozen=True)
class Reading:
    """A numeral with what it says; without one, a `trend`, 同比下降, or a word that is `quoted`, as a name."""

    start: int  # its first character in the passage's plain text
    end: int  # after its unit
    role: NumeralRole  # what it says; `other` is nothing that certificates know
    numeral: Numeral | None = None  # the numeral, unless it is about words
    quoted: Quoted | None = None  # what a certified section has in its stead
    kind: str = ""  # for `other`, what it is
    subject: Subject | None = None  # what it counts
    joint: tuple[Subject, ...] = ()  # subjects that it counts together with the first: 电话咨询和现场咨询共…
    months: Months = ()  # the months it is about
    also: tuple[Months, ...] = ()  # other months that it may be about, where the words leave it open
    bases: tuple[Months, ...] = ()  # for a rate, difference or trend, the months that it may be compared with
    direction: int | None = None  # 1, −1 or 0 (持平); None if no word says it
    whole: str = ""  # for a share, the metric that it is a share of; empty if the words don't say
    ratio: bool = False  # whether what changes is itself a ratio: 占比提高…
    around: Around = ""  # 约, 近 or 超, instead of the exact number
    formerly: bool = False  # whether the words say that it is an earlier number, quoted as such
    sentence: int = 0  # which sentence of the passage it stands in
    part: int = 0  # which part of the passage, between semicolons, it stands in
    total: bool = False  # whether it is announced as a sum
    among: bool = False  # whether it follows an 其中 of its part
    doubled: int = 0  # for a trend, by how many times its base it grew, if it says 翻番
    certain: bool = False  # whether every word that it rests on is understood, so that a number may be proposed
    scope: str = "default"  # whom it is about, see `parsed.Scope`
    words: tuple[str, ...] = ()  # the words of the label that named it
    unit_text: str = ""  # scale and unit, which in a table may stand in the heading
    in_table: bool = False  # whether it stands in a table's cell, where no unit has to

    @property
    def count(self) -> Numeral:
        """The numeral of what isn't a trend."""
        return cast("Numeral", self.numeral)

    @property
    def metric(self) -> str:
        """The metric's code; empty if it is about none."""
        return self.subject.code if self.subject is not None and not self.subject.own else ""

    @property
    def figure(self) -> str:
        """The code of the author's own figure; empty if it is about none."""
        return self.subject.code if self.subject is not None and self.subject.own else ""
