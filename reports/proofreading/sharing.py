"""What 分别 hands out, one by one: subjects, months or bases, to the numerals of a list."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from reports.proofreading.labels import Subject
from reports.proofreading.naming import JOINS, Names
from reports.proofreading.periods import Months, PeriodsInForce
from reports.proofreading.readings import Reading
from reports.proofreading.vocabulary import BASE, CHANGED_BY, direction


@dataclass(frozen=True)
class Shared:
    """What 分别 hands out one by one: subjects, months or bases, in order, to the numerals up to `last`."""

    first: int
    last: int
    subjects: Sequence[Subject]
    months: Sequence[Months]
    bases: Sequence[tuple[Months, ...]]
    direction: int | None
    certain: bool


@dataclass(frozen=True)
class Before:
    """What the numbers before say that a number may go on with."""

    end: int = 0  # where the last numeral ends
    last: Reading | None = None
    shared: Shared | None = None
    shared_subjects: tuple[Subject, ...] = ()


def share_out(names: Names, times: PeriodsInForce, index: int, left: int, before: Before) -> Shared:
    """What 分别 hands out to the numeral at an index and to those that follow it in a list."""
    counted, text, parsed, numeral = names.counted, names.text, names.parsed, names.counted[index]
    item = parsed.item_at(numeral.start)
    last = index
    while last + 1 < len(counted):
        gap = text[counted[last].end : counted[last + 1].start]
        if len(gap) > 2 or not gap.startswith((*JOINS, "，")):
            break
        last += 1
    size = last - index + 1
    segment = text[left : numeral.start]
    begins = max(left, item.start)
    found = names.all_names(begins, numeral.start)
    found = found if len(found) > 1 else names.all_names(left, numeral.start)
    comparisons = list(BASE.finditer(segment))
    bases: list[tuple[Months, ...]] = [(times.base_of(match),) for match in comparisons]
    if len(bases) != size or size == 1:
        bases = [times.bases(segment, left)] * size
    subjects = [name.subject for name in found]
    certain = item.is_ours and not names.leftover(found, begins, numeral.start)
    if not subjects and (named := names.goes_on(left, numeral.start, before.last)):
        again = len(comparisons) != size and len(before.shared_subjects) == size
        subjects = list(before.shared_subjects) if again else list(named.subjects)
        certain = certain and named.certain
    first, end = (bisect_left(parsed.times, at, key=lambda met: met.start) for at in (left, numeral.start))
    named_times = [mention.months for mention in parsed.times[first:end]]
    if len(named_times) == 1 and len(named_times[0]) == size:
        named_times = [(month,) for month in named_times[0]]
    months = named_times if len(named_times) == size > 1 else [times.months] * size
    if len(subjects) == 1 and size in {len(comparisons), len(named_times)}:
        subjects *= size
    if len(subjects) != size or any(map(names.is_derived, subjects)):
        subjects = []
    changed = direction(CHANGED_BY.search(segment[-24:]))
    return Shared(index, last, subjects, months, bases, changed, certain)
