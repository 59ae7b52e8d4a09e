"""Numbers as a wording template writes them: `n.<metric>`, its forms, a change's direction, a ranking's names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.figures.derived import RANKINGS, Derived, DerivedMetric, RankedMember
from reports.figures.template_rules import BLANK
from reports.figures.words import SectionWords, WordingError

if TYPE_CHECKING:
    from reports.figures.numbers import MonthlyNumber
    from reports.figures.rounding import Exact


# Around a value in a rendered template: private characters, which no text has.
_OPENS, _SAYS, _CLOSES = "\ue001", "\ue002", "\ue003"
_MARKED = re.compile(f"{_OPENS}([^{_SAYS}]*){_SAYS}([^{_CLOSES}]*){_CLOSES}")
# What of a number is in words.
NAME, DIRECTION = "name", "direction"


@dataclass(frozen=True)
class WrittenValue:
    """Where in a text a value of a metric stands, and in which form; empty as it is printed with its unit."""

    start: int
    end: int
    metric: str
    name: str  # the metric's
    form: str = ""


class _Value(str):
    """A value as it is written: conditions compare it, and what is rendered of it is marked."""

    __slots__ = ("_what",)

    def __new__(cls, text: str, metric: MonthlyNumber | DerivedMetric, form: str = "") -> _Value:
        value = super().__new__(cls, text)
        value._what = f"{metric.metric}.{form}.{metric.metric_name}"
        return value

    _what: str

    def __str__(self) -> str:
        return f"{_OPENS}{self._what}{_SAYS}{super().__str__()}{_CLOSES}"


def unmarked(text: str) -> tuple[str, tuple[WrittenValue, ...]]:
    """A rendered text without marks, and the values in it, in order."""
    plain, values, done, length = [], [], 0, 0
    for match in _MARKED.finditer(text):
        length += match.start() - done
        metric, form, name = match[1].split(".", 2)
        values.append(WrittenValue(length, length + len(match[2]), metric, name, form))
        plain += [text[done : match.start()], match[2]]
        done, length = match.end(), length + len(match[2])
    return "".join([*plain, text[done:]]), tuple(values)


@dataclass
class Used:
    """The metrics that a template writes, in the order in which it first does, and which of them as printed."""

    written: dict[str, None] = field(default_factory=dict)
    printed: set[str] = field(default_factory=set)

    def note(self, metric: str, *, as_printed: bool = True) -> None:
        """A metric is written."""
        self.written.setdefault(metric)
        if as_printed:
            self.printed.add(metric)


class Numbers:
    """What a template knows as `n`: numbers by metric, without a public name that a metric could clash with."""

    def __init__(
        self,
        numbers: Mapping[str, MonthlyNumber],
        derived: Derived,
        words: SectionWords,
        used: Used,
        *,
        blank: bool = False,
    ) -> None:
        self._numbers = numbers
        self._derived = derived
        self._words = words
        self._used = used
        self._blank = blank

    def __getitem__(self, metric: str) -> _Written | _Ranking | _WithoutValue:
        kind, outcome = self._derived.by_metric.get(metric), self._derived.outcomes.get(metric)
        if kind and outcome and kind.kind in RANKINGS:
            return _Ranking(kind, outcome.ranking, self._words, self._used, blank=self._blank)
        if outcome and outcome.reason:
            return _WithoutValue(metric, self._words.reason(outcome.reason), self._used)
        if metric not in self._numbers:
            raise WordingError(f"it prints {metric}, which this month's numbers don't hold")
        written = _Change if kind and kind.kind == "change" else _Written
        return written(self._numbers[metric], self._words, self._used, blank=self._blank)


class _Written:
    """A number as a template writes it, with its unit or in one of the forms below; what is written is noted as used.

    A blank one writes no digit of its own, and is otherwise the same.
    """

    known = True

    def __init__(self, number: MonthlyNumber, words: SectionWords, used: Used, *, blank: bool) -> None:
        self._number = number
        self._words = words
        self._used = used
        self._blank = blank

    def __str__(self) -> str:
        return str(self._written(self._words.amount(self._printed(), self._number.display_unit)))

    def __getitem__(self, form: str) -> str:
        raise WordingError(
            f"{self._number.metric} has no form {form}: .number, .unit, .exact and .grouped print, .value is compared"
        )

    @property
    def number(self) -> str:
        """The digits alone."""
        return self._written(self._words.digits(self._printed()), "number")

    @property
    def unit(self) -> str:
        """The unit alone."""
        return self._unless_blank(self._number.display_unit)

    @property
    def grouped(self) -> str:
        """The number with separators between its thousands, and its unit."""
        grouped = self._words.amount(self._printed(), self._number.display_unit, self._words.grouped)
        return self._written(grouped, "grouped")

    @property
    def exact(self) -> str:
        """The exact number and the unit that it is counted in."""
        self._used.note(self._number.metric, as_printed=False)
        exact = self._words.amount(self._unless_blank(self._number.exact_digits), self._number.unit)
        return self._written(exact, "exact")

    @property
    def value(self) -> Exact:
        """The exact number, which conditions compare."""
        return self._number.exact

    def _printed(self) -> str:
        self._used.note(self._number.metric)
        return self._unless_blank(self._number.printed)

    def _unless_blank(self, certified: str) -> str:
        return BLANK if self._blank else certified

    def _written(self, text: str, form: str = "") -> str:
        return text if self._blank else _Value(text, self._number, form)


class _Change(_Written):
    """A change: `{{ n.x }}` is its direction and how large it is, 增长 3.1%, or 持平 where nothing is left of it."""

    def __str__(self) -> str:
        return str(self.direction) if not self._sign else f"{self.direction} {self.size}"

    @property
    def direction(self) -> str:
        """增长, 上升 or 增加, 下降 or 减少, by its unit; 持平."""
        self._used.note(self._number.metric)
        return self._written(self._words.direction(self._sign, self._number.unit), DIRECTION)

    @property
    def size(self) -> str:
        """How large it is, without a sign, and its unit."""
        self._used.note(self._number.metric)
        size = self._unless_blank(self._number.printed.removeprefix("-"))
        return self._written(self._words.amount(size, self._number.display_unit), "size")

    @property
    def _sign(self) -> int:
        """-1, 0 or 1, of what is printed."""
        value = Decimal(self._number.printed)
        return (value > 0) - (value < 0)


class _WithoutValue:
    """A number that this month doesn't have; `{% if n.x.known %}` leaves its sentence out."""

    known = False

    def __init__(self, metric: str, reason: str, used: Used) -> None:
        self._metric = metric
        self._reason = reason
        self._used = used

    def __str__(self) -> str:
        self._used.note(self._metric)
        return self._reason

    def __getattr__(self, form: str) -> str:
        """Every form of it says why."""
        return str(self)


class _Ranking:
    """Those who are ranked, in order: `names` and `values` are lists, and `for` goes through them one by one."""

    def __init__(
        self, metric: DerivedMetric, members: Sequence[RankedMember], words: SectionWords, used: Used, *, blank: bool
    ) -> None:
        self._metric = metric
        self._members = members
        self._words = words
        self._used = used
        self._blank = blank

    @property
    def known(self) -> bool:
        """Whether anybody is ranked."""
        return bool(self._members)

    @property
    def names(self) -> str:
        """`省税务局、公安厅、民政厅`."""
        return self._words.list_separator.join(str(row["name"]) for row in self)

    @property
    def values(self) -> str:
        """`1.2 万件、1.1 万件、0.9 万件`."""
        return self._words.list_separator.join(str(row["value"]) for row in self)

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        self._used.note(self._metric.metric)
        for member in self._members:
            place, name, printed = str(member.place), member.name, member.printed
            if self._blank:
                place = name = printed = BLANK
            value = self._words.amount(printed, self._metric.display_unit)
            row = {"place": place, NAME: name, "value": value}
            yield row if self._blank else {form: _Value(text, self._metric, form) for form, text in row.items()}
