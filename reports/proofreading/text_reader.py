"""Reading a passage from left to right: the words around a numeral bind it to a metric, a month and a base."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from reports.figures.rounding import Exact
from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.labels import Labels, Naming, Subject, between, residue
from reports.proofreading.numeral_kinds import kind_of, kinds_by_place
from reports.proofreading.numerals import PERCENT, POINTS, Numeral, Tokenizer
from reports.proofreading.passages import Passage
from reports.proofreading.periods import Mention, Months, PeriodsInForce, mentions, year_to_date
from reports.proofreading.readings import Reading
from reports.proofreading.vocabulary import (
    BASE,
    CHANGE,
    CHANGED_BY,
    CHANGED_TO,
    FORMERLY,
    RATIO_CHANGED,
    REPLACED,
    SHARE,
    TOTAL,
    TREND,
    around,
    direction,
    family,
    read_words,
)

# So many characters without a known word may stand between a label and a number in the metric's own display unit.
_NEAR = 8
_CLAUSE_BREAK = "，；：（(,;:"
_SENTENCE_END = "。！？"
_PART_END = "。！？；"
_JOINS = ("、", "和", "与", "及", "以及")
_UNIT_OF_TABLE = re.compile(r"[（(](?:单位:)?([^（()），]{1,6}(?:（次）|\(次\))?)[)）]|单位:([^，。]{1,8})")
# What may stand before a derived metric's name in its clause, and between it and its number.
_BEGINS = re.compile(r"[、和与及]?\s*(?:(?:\d{4}\s*年\s*)?\d{1,2}\s*月份?|本月|当月)?\s*")
_RIGHT_BEFORE = re.compile(r"\s*(?:为|是|达|达到|[:：])?\s*")
_UNITS_OF_RATIOS = frozenset((*PERCENT, *POINTS))


class TextReader:
    """Reads passages; what depends on the known numbers alone is made once."""

    def __init__(self, known: KnownNumbers) -> None:
        self.known = known
        self.labels = Labels(known)
        self.families = {metric: family(number.unit) for metric, number in known.metrics.items()}
        self.display_units = frozenset(each.display_unit for each in known.metrics.values() if not each.derived)
        units = {unit for names in self.families.values() for unit in names}
        units |= {number.display_unit for number in known.metrics.values() if number.display_unit}
        units |= {figure.unit for figure in known.figures if figure.unit}
        self.tokenizer = Tokenizer(units)
        self._values: dict[str, set[Decimal | Exact]] = {}
        for number in known.numbers:
            self._values.setdefault(number.metric, set()).update((Decimal(number.printed), number.exact))

    def read(self, passage: Passage) -> list[Reading]:
        """The readings of a passage, in order of where they stand; those of its lead are left out."""
        return [reading for reading in _Walk(passage, self).readings() if reading.start >= passage.begins]

    def is_derived(self, subject: Subject | None) -> bool:
        """Whether a subject is a metric that is made of others."""
        return subject is not None and not subject.own and self.known.metrics[subject.code].derived

    def has_value(self, metric: str, numeral: Numeral) -> bool:
        """Whether some certificate has this number for the metric, printed or exact, of whichever month."""
        return not {numeral.value, numeral.amount}.isdisjoint(self._values[metric])


@dataclass(frozen=True)
class _Shared:
    """What 分别 hands out one by one: subjects, months or bases, in order, to the numerals up to `last`."""

    first: int
    last: int
    subjects: Sequence[Subject]
    months: Sequence[Months]
    bases: Sequence[tuple[Months, ...]]
    direction: int | None


@dataclass
class _Walk:
    """One pass over one passage."""

    passage: Passage
    reader: TextReader
    subject: Subject | None = None
    sentence: int = 0
    part: int = 0
    among: bool = False
    earlier: set[str] = field(default_factory=set)
    shared: _Shared | None = None
    left: int = 0
    last: Reading | None = None
    shared_before: tuple[Subject, ...] = ()

    def __post_init__(self) -> None:
        self.text = self.passage.plain
        self.words = self.reader.labels.words_in(self.text)
        self.times = PeriodsInForce(edition=(self.reader.known.month,))
        self.mentions = mentions(self.text, self.reader.known.month)
        self.ends = [index for index, character in enumerate(self.text) if character in _SENTENCE_END]
        self.parts = [index for index, character in enumerate(self.text) if character in _PART_END]
        lead = _UNIT_OF_TABLE.findall(self.text[: self.passage.begins])
        self.table_unit = (lead[-1][0] or lead[-1][1]) if lead else ""

    def readings(self) -> Iterator[Reading]:
        """Every numeral and every trend, in order."""
        kinds = kinds_by_place(self.text)
        numerals = [(numeral, kinds[numeral.start]) for numeral in self.reader.tokenizer.find(self.text)]
        self.counted = [numeral for numeral, kind in numerals if not kind]
        trends = [match for match in TREND.finditer(self.text) if not any(map(str.isdigit, match["rest"]))]
        events: list[tuple[int, Numeral | re.Match[str] | Mention, str]] = [
            *((mention.start, mention, "") for mention in self.mentions),
            *((numeral.start, numeral, kind) for numeral, kind in numerals),
            *((match.start(), match, "") for match in trends),
        ]
        index = 0
        for position, event, kind in sorted(events, key=lambda event: event[0]):
            self._arrive(position)
            if isinstance(event, Mention):
                self.times.meet(event)
            elif isinstance(event, re.Match):
                yield from self._trend(event)
            elif kind:
                yield Reading(event.start, event.end, "other", event, kind=kind, sentence=self.sentence, part=self.part)
            else:
                yield self._numeral(event, index)
                index += 1

    def _arrive(self, position: int) -> None:
        part = bisect_right(self.parts, position)
        if part != self.part:
            self.part, self.among = part, False
            self.earlier.clear()
        sentence = bisect_right(self.ends, position)
        if sentence == self.sentence:
            return
        self.sentence, self.shared = sentence, None
        self.left = max(self.left, self.ends[sentence - 1] + 1)
        self.times.end_sentence()

    def _numeral(self, numeral: Numeral, index: int) -> Reading:
        segment = self.text[self.left : numeral.start - abs(numeral.sign)]
        self.among = self.among or "其中" in segment[_last(segment, _PART_END) :]
        if self.shared is not None and index > self.shared.last:
            self.shared = None
        if self.shared is None and "分别" in segment:
            self.shared = self._share_out(numeral, index)
        reading = self._read(numeral, index, segment)
        self.earlier.update(word.word for word in between(self.words, self.left, numeral.start))
        self.left = max(reading.end, numeral.end)
        self.subject, self.last = None if self.reader.is_derived(reading.subject) else reading.subject, reading
        clause = segment[_clause(segment) :]
        return replace(
            reading,
            end=numeral.end,
            around=around(segment, more=numeral.more),
            formerly=bool(FORMERLY.search(clause) or REPLACED.match(self.text, numeral.end)),
            sentence=self.sentence,
            part=self.part,
            total=bool(TOTAL.search(segment[-20:])),
            among=self.among,
        )

    def _read(self, numeral: Numeral, index: int, segment: str) -> Reading:
        unit_text = numeral.unit_text or (self.table_unit if numeral.is_bare else "")
        other = Reading(
            numeral.start,
            numeral.end,
            "other",
            numeral,
            kind=kind_of(numeral, self.text, self.reader.display_units),
            months=self.times.months,
            unit_text=unit_text,
        )
        if self.shared is not None:
            return self._handed_out(other, index, self.shared)
        derived = [name for name in self._names(segment) if self.reader.is_derived(name.subject)]
        if derived:
            vague = around(segment, more=numeral.more)
            return other if vague else self._derived(other, numeral, derived[-1])
        elsewhere = bool(read_words().other_scope.search(segment, _clause(segment)))
        if unit_text in _UNITS_OF_RATIOS:
            return self._own_figure(other, segment) or self._ratio(other, segment, elsewhere=elsewhere)
        return (self._own_figure(other, segment) or other) if elsewhere else self._count(other, numeral, segment)

    # Names.

    def _names(self, segment: str) -> list[Naming]:
        """What the words up to a number name; more than one if they are joined, 电话咨询和现场咨询."""
        end = self.left + len(segment)
        begins = self.left + _clause(segment)
        in_clause = self._all_names(begins, end)
        if in_clause:
            best = max(in_clause, key=lambda name: (name.weight, name.start))
            return self._joined(in_clause, best)
        farther = self._all_names(self.left, end)
        return [max(farther, key=lambda name: (name.end, name.weight))] if farther else []

    def _all_names(self, start: int, end: int) -> list[Naming]:
        best: dict[Subject, Naming] = {}
        for name in self.reader.labels.named(between(self.words, start, end)):
            held = best.get(name.subject)
            if held is None or (name.weight, name.end) > (held.weight, held.end):
                best[name.subject] = name
        return sorted(best.values(), key=lambda name: name.end)

    def _joined(self, names: list[Naming], best: Naming) -> list[Naming]:
        chain = [names[-1]]
        for name in reversed(names[:-1]):
            if not self.text.startswith(_JOINS, name.end) or name.end >= chain[0].end:
                break
            chain.insert(0, name)
        return chain if len(chain) > 1 else [best]

    def _begun_earlier(self, segment: str) -> list[Naming]:
        """全程网办受理 3.27 万件，办结 3.05 万件: the second number's name began before the first."""
        words = between(self.words, self.left, self.left + len(segment))
        names = self.reader.labels.completed(words, self.earlier)
        if not names or self._foreign(segment):
            return []
        return [max(names, key=lambda name: (name.weight, name.end))]

    def _foreign(self, segment: str) -> int:
        """How many characters of a segment are neither words of labels nor filler."""
        kept = list(segment)
        for word in between(self.words, self.left, self.left + len(segment)):
            kept[word.start - self.left : word.end - self.left] = "，" * (word.end - word.start)
        return residue("".join(kept))

    def _named_after(self, numeral: Numeral) -> Naming | None:
        """1234 人（次）电话咨询: a name right after the number, for want of one before it."""
        region = re.match(r"[^，。；：、（\d]{0,20}", self.text[numeral.end : numeral.end + 20])
        end = numeral.end + (region.end() if region else 0)
        names = [name for name in self._all_names(numeral.end, end) if name.start <= numeral.end + 4]
        return names[-1] if names else None

    # Counts.

    def _count(self, other: Reading, numeral: Numeral, segment: str) -> Reading:
        changed = CHANGED_BY.search(segment[-24:])
        names = self._names(segment) or self._begun_earlier(segment)
        if not names and self.subject and not residue(segment) and (changed or self._goes_on(segment)):
            names = [Naming(self.subject, numeral.start, numeral.start, 0)]
        if not names and (after := self._named_after(numeral)):
            names = [after]
        months = self.times.months
        bases = self.times.bases(segment) if changed else ()
        if not changed:
            months = self.times.of_count(self.text, numeral.start)
        if not names or not self._binds(names[-1], numeral, other.unit_text) or (changed and not bases):
            return other
        also = (year_to_date(months),) if "累计" in segment and len(months) == 1 else ()
        return replace(
            other,
            role="difference" if changed else "level",
            kind="",
            end=max(numeral.end, names[-1].end),
            subject=names[0].subject,
            joint=tuple(name.subject for name in names[1:]),
            months=months,
            also=also,
            bases=bases,
            direction=direction(changed),
        )

    def _goes_on(self, segment: str) -> bool:
        """Whether a segment without a name speaks of the same subject at another time: （去年同期…, 增至…."""
        named_time = self.times.once or BASE.search(segment) or re.search(r"\d月|本月|当月", segment)
        return bool(CHANGED_TO.search(segment[-6:]) or named_time)

    def _binds(self, name: Naming, numeral: Numeral, unit_text: str) -> bool:
        gap = residue(self.text[name.end : numeral.start]) if name.end < numeral.start else 0
        if name.subject.own:
            return unit_text == self.reader.known.by_figure[name.subject.code].unit and gap <= _NEAR
        metric = name.subject.code
        certified = self.reader.has_value(metric, numeral)
        if unit_text == self.reader.known.metrics[metric].display_unit:
            return gap <= _NEAR or certified
        unit = unit_text.lstrip("千百万亿")
        if unit in self.reader.families[metric] or (not unit and numeral.is_bare):
            return gap == 0 or certified
        return gap == 0 and certified and len(numeral.digits) >= 3

    def _derived(self, other: Reading, numeral: Numeral, name: Naming) -> Reading:
        """A derived number, where its name stands right before it, in its unit and of one certified month.

        Nothing else is read of one: it isn't summed over months, and how it changes is another number.
        """
        months, metric = self.times.of_count(self.text, numeral.start), name.subject.code
        known = self.reader.known
        certain = (
            len(months) == 1
            and known.current(metric, months) is not None
            and other.unit_text == known.metrics[metric].display_unit
            and _RIGHT_BEFORE.fullmatch(self.text, name.end, numeral.start - abs(numeral.sign))
            and _BEGINS.fullmatch(self.text, self.left + _clause(self.text[self.left : name.start]), name.start)
        )
        return replace(other, role="level", kind="", subject=name.subject, months=months) if certain else other

    # Rates, points and shares.

    def _own_figure(self, other: Reading, segment: str) -> Reading | None:
        names = [name for name in self._names(segment) if name.subject.own]
        numeral = other.numeral
        if numeral is None or not names or not self._binds(names[-1], numeral, other.unit_text):
            return None
        return replace(other, role="level", kind="", subject=names[-1].subject)

    def _ratio(self, other: Reading, segment: str, *, elsewhere: bool) -> Reading:
        tail = max(0, len(segment) - 30)
        changed = CHANGED_BY.search(segment, tail)
        of_ratio = bool(RATIO_CHANGED.search(segment, tail))
        shares = list(SHARE.finditer(segment))
        compared = list(BASE.finditer(segment))
        points = other.unit_text in POINTS
        if changed is None and not shares and not (compared and not residue(segment[compared[-1].end() :])):
            return other
        marker = min(match.start() for match in ((*shares[-1:], *filter(None, [changed])) or compared[-1:]))
        subject = None if elsewhere else self._subject_before(segment, marker)
        of_ratio = of_ratio or (changed is not None and not residue(segment) and self._last_is_ratio())
        bases = self.times.bases(segment) or self.times.any_bases()
        unbound = replace(other, direction=direction(changed))
        bound = replace(unbound, kind="", subject=subject, bases=bases, ratio=of_ratio or bool(shares))
        if points:
            of_own_ratio = of_ratio and not (shares or self._last_is_share())
            return unbound if subject is None or subject.own or of_own_ratio else replace(bound, role="points")
        if of_ratio:
            return replace(bound, role="rate")
        if subject is None or subject.own:
            return unbound
        if shares and changed is None:
            whole = self._whole(segment, shares[-1].end())
            return other if whole is None else replace(bound, role="share", whole=whole)
        return replace(bound, role="rate", ratio=False)

    def _last_is_share(self) -> bool:
        """Whether the number before is a certified share or its change."""
        last = self.last if self.last and self.last.sentence == self.sentence else None
        return last is not None and (last.role == "share" or (last.role == "points" and last.ratio))

    def _last_is_ratio(self) -> bool:
        """Whether the number before is a ratio, and not a change: 满意率 99.2%，同比提高…."""
        last = self.last if self.last and self.last.sentence == self.sentence else None
        own = last is not None and (last.role == "other" or last.figure)
        return self._last_is_share() or bool(last and own and last.unit_text in PERCENT and last.direction is None)

    def _subject_before(self, segment: str, marker: int) -> Subject | None:
        before = segment[:marker]
        names = self._names(before)
        if names:
            return names[-1].subject if residue(before[max(0, names[-1].end - self.left) :]) <= 2 else None
        if begun := self._begun_earlier(before):
            return begun[-1].subject
        return self.subject if not residue(before) else None

    def _whole(self, segment: str, share: int) -> str | None:
        """The metric that a share is of; empty if the words don't say, None if they name something unknown."""
        names = [name for name in self._all_names(self.left + share, self.left + len(segment)) if not name.subject.own]
        if names:
            return names[-1].subject.code
        return None if residue(segment[share:]) else ""

    # 分别.

    def _share_out(self, numeral: Numeral, index: int) -> _Shared:
        last = index
        while last + 1 < len(self.counted):
            gap = self.text[self.counted[last].end : self.counted[last + 1].start]
            if len(gap) > 2 or not gap.startswith((*_JOINS, "，")):
                break
            last += 1
        size = last - index + 1
        segment = self.text[self.left : numeral.start]
        begins = self.left + _clause(segment)
        names = self._all_names(begins, numeral.start)
        names = names if len(names) > 1 else self._all_names(self.left, numeral.start)
        comparisons = list(BASE.finditer(segment))
        bases: list[tuple[Months, ...]] = [(self.times.base_of(match),) for match in comparisons]
        if len(bases) != size or size == 1:
            bases = [self.times.bases(segment)] * size
        subjects = [name.subject for name in names]
        if not subjects and self.subject and not residue(segment):
            again = len(comparisons) != size and len(self.shared_before) == size
            subjects = list(self.shared_before) if again else [self.subject]
        first, end = (bisect_left(self.mentions, at, key=lambda met: met.start) for at in (self.left, numeral.start))
        named_times = [mention.months for mention in self.mentions[first:end]]
        months = named_times if len(named_times) == size > 1 else [self.times.months] * size
        if len(subjects) == 1 and size in {len(comparisons), len(named_times)}:
            subjects *= size
        elsewhere = read_words().other_scope.search(segment, _clause(segment))
        if elsewhere or len(subjects) != size or any(map(self.reader.is_derived, subjects)):
            subjects = []
        self.shared_before = tuple(subjects)
        return _Shared(index, last, subjects, months, bases, direction(CHANGED_BY.search(segment[-24:])))

    def _handed_out(self, other: Reading, index: int, shared: _Shared) -> Reading:
        if not shared.subjects:
            return other
        taken = index - shared.first
        subject, bases = shared.subjects[taken], shared.bases[taken]
        months = shared.months[taken]
        bound = replace(other, kind="", subject=subject, months=months, bases=bases, direction=shared.direction)
        if other.unit_text in PERCENT:
            changes = shared.direction is not None and not subject.own
            return replace(bound, role="rate", bases=bases or self.times.any_bases()) if changes else other
        if other.unit_text in POINTS:
            return replace(bound, role="points")
        if shared.direction is not None:
            return replace(bound, role="difference") if bases else other
        return replace(bound, role="level")

    # Changes without a number.

    def _trend(self, match: re.Match[str]) -> Iterator[Reading]:
        segment = self.text[self.left : match.start()]
        clause = segment[_clause(segment) :]
        if read_words().other_scope.search(clause) or SHARE.search(clause):
            return
        subject = self._subject_before(segment, len(segment))
        if subject is None or subject.own or self.reader.is_derived(subject):
            return
        rising = CHANGE.search(match["change"])
        yield Reading(
            match.start(),
            match.end("change"),
            "trend",
            subject=subject,
            months=self.times.months,
            bases=(self.times.base_of(match),),
            direction=direction(rising),
            around="about" if "基本" in match.group() else "",
            sentence=self.sentence,
            part=self.part,
        )


def _clause(segment: str) -> int:
    """Where the last clause of a segment begins."""
    return _last(segment, _CLAUSE_BREAK)


def _last(segment: str, characters: str) -> int:
    """The position after the last of these characters; 0 if there is none."""
    return max(map(segment.rfind, characters)) + 1
