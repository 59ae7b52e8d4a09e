"""Which metric, month and base a numeral is about, by the words of its item; certain where every word is understood."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from reports.figures.rounding import Exact
from reports.proofreading.arithmetic import last_place
from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.labels import Labels, Naming, Subject
from reports.proofreading.naming import JOINS, Named, Names
from reports.proofreading.numeral_kinds import kind_of
from reports.proofreading.numerals import PERCENT, POINTS, Numeral
from reports.proofreading.parsed import Parsed, SentencePart
from reports.proofreading.periods import Mention, Months, PeriodsInForce, year_to_date
from reports.proofreading.quotations import Quoted
from reports.proofreading.readings import Reading
from reports.proofreading.sharing import Before, Shared, share_out
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
)

_UNIT_OF_TABLE = re.compile(r"[（(](?:单位:)?([^（()），]{1,6}(?:（次）|\(次\))?)[)）]|单位:([^，。]{1,8})")
_UNIT_IN_BRACKETS = re.compile(r"[（(]([^（()），。\d]{1,3}(?:（次）|\(次\))?)[)）]")
# 1102（1月）: the month stands after the number.
_ITS_MONTH = re.compile(r"[（(](?:\d{4}年)?\d{1,2}月份?[)）]")
_UNITS_OF_RATIOS = frozenset((*PERCENT, *POINTS))
_BRACKET_CLOSES = re.compile("[）)]")
_WHOLE_IS_SAID = re.compile(r"其中|渠道看")
# 由 A 增加到 B: what it was before, and nobody says when.
_FROM = re.compile(r"(?:由|从)(?:原来的?|之前的?|改革前的?)?$")
_FOREIGN_UNIT_DIGITS = 3
# A count in another unit than the printed one is off by less than this part, or counts something else.
_OFF_BY_A_SLIP = 4


class Reader:
    """Reads what is parsed; what depends on the known numbers alone is made once."""

    def __init__(self, known: KnownNumbers, labels: Labels) -> None:
        self.known = known
        self.labels = labels
        self.families = {metric: family(number.unit) for metric, number in known.metrics.items()}
        self.display_units = frozenset(each.display_unit for each in known.metrics.values() if not each.derived)
        self._values: dict[str, set[Decimal | Exact]] = {}
        for number in known.numbers:
            self._values.setdefault(number.metric, set()).update((Decimal(number.printed), number.exact))

    def read(self, parsed: Parsed) -> list[Reading]:
        """The readings of a passage, in order of where they stand; those of its lead are left out."""
        return [reading for reading in _Reading(self, parsed).readings() if reading.start >= parsed.passage.begins]

    def is_ratio(self, subject: Subject) -> bool:
        """Whether a subject is itself in per cent or per mille."""
        return not subject.own and self.known.metrics[subject.code].display_unit in PERCENT

    def binds(self, subject: Subject, numeral: Numeral, unit_text: str, months: Months) -> bool:
        """Whether a numeral can count a subject: in its unit, or in another with digits that are certified for it."""
        if subject.own:
            return unit_text == self.known.by_figure[subject.code].unit
        metric = subject.code
        if unit_text == self.known.metrics[metric].display_unit:
            return True
        unit = unit_text.lstrip("千百万亿")
        certified = not {numeral.value, numeral.amount}.isdisjoint(self._values[metric])
        if unit in self.families[metric]:
            number = self.known.current(metric, months)
            if number is None:
                return certified
            away, place = abs(Fraction(numeral.amount) - number.exact), last_place(numeral.value) * numeral.scale
            turned = sorted(numeral.digits) == sorted(number.exact_digits)
            slip = len(numeral.digits) >= _FOREIGN_UNIT_DIGITS and (turned or away * _OFF_BY_A_SLIP <= number.exact)
            return certified or slip or away < Fraction(place)
        bare = not unit and numeral.is_bare
        return certified and (bare or len(numeral.digits) >= _FOREIGN_UNIT_DIGITS)


class _Reading:
    """One passage being read from left to right."""

    def __init__(self, reader: Reader, parsed: Parsed) -> None:
        self.reader, self.parsed, self.text = reader, parsed, parsed.text
        self.times = PeriodsInForce(edition=(reader.known.month,))
        lead = _UNIT_OF_TABLE.findall(self.text[: parsed.passage.begins])
        self.table_unit = (lead[-1][0] or lead[-1][1]) if lead else ""
        # By where a repeated stretch begins, the month that it is about.
        self.months_repeated: dict[int, Months] = {}
        self.sentence_starts: dict[int, int] = {}
        for item in parsed.items:
            self.sentence_starts.setdefault(item.sentence, item.start)
        self.names = Names(reader.known, reader.labels, parsed)

    def readings(self) -> Iterator[Reading]:
        """Every numeral and every certain trend, in order."""
        trends = [match for match in TREND.finditer(self.text) if not any(map(str.isdigit, match["rest"]))]
        events: list[tuple[int, Numeral | re.Match[str] | Mention | Quoted, str]] = [
            *((mention.start, mention, "") for mention in self.parsed.listed_times),
            *((numeral.start, numeral, kind) for numeral, kind in self.parsed.numerals),
            *((match.start(), match, "") for match in trends if not self.parsed.repeats(match.start())),
            *((value.start, value, "") for value in self._words_quoted()),
        ]
        before, index, sentence = Before(), 0, 0
        for position, event, kind in sorted(events, key=lambda event: event[0]):
            item = self.parsed.item_at(position)
            if item.sentence != sentence:
                sentence, before = item.sentence, replace(before, shared=None)
                self.times.end_sentence()
            if isinstance(event, Mention):
                self.times.meet(event)
            elif isinstance(event, re.Match):
                yield from self._trend(event, item, before)
            elif isinstance(event, Quoted):
                word = Reading(event.start, event.end, "other", sentence=sentence, part=item.part)
                yield from self._quoted(word, [event])
            elif kind:
                yield Reading(
                    event.start,
                    event.end,
                    "other",
                    event,
                    kind=kind,
                    sentence=sentence,
                    part=item.part,
                    scope=item.scope,
                )
            else:
                before = self._numeral(event, index, item, before)
                index += 1
                if before.last is not None:
                    values = self.parsed.values_at(before.last.start)
                    yield next(self._quoted(before.last, values), before.last)

    # What certified sections say.

    def _words_quoted(self) -> Iterator[Quoted]:
        """The names and directions that a certified section has where the text may have others."""
        starts = {numeral.start - abs(numeral.sign) for numeral, _ in self.parsed.numerals}
        values = [value for each in self.parsed.repeated for value in each.values]
        return (value for value in dict.fromkeys(values) if not starts & set(range(value.start, value.end)))

    def _quoted(self, reading: Reading, values: Iterable[Quoted]) -> Iterator[Reading]:
        """A reading as the value that its month's section has there, unless its own words say the same metric."""
        for value in values:
            if self._is_said(value) and not (reading.certain and reading.metric == value.metric):
                # What is wrong is told whole, of a line of a table as of a number.
                place = reading if value.agrees else value
                quoted = replace(reading, start=place.start, end=place.end, role="quoted", kind="", subject=None)
                yield replace(quoted, quoted=value, months=(value.month,), certain=True)

    def _is_said(self, value: Quoted) -> bool:
        """Whether a value is meant: its month is, by what is repeated or by what stands before, and the hall."""
        if value.sure:
            return True
        first = next(each.start for each in self.parsed.repeated if value in each.values)
        if first not in self.months_repeated:
            inside = (time for time in self.parsed.times if first <= time.start < value.start)
            named = (time.months for time in inside if time.kind != "aside" and len(time.months) == 1)
            self.months_repeated[first] = next(named, self.times.months)
        return self.months_repeated[first] == (value.month,) and self.parsed.item_at(value.start).is_ours

    # Numerals.

    def _numeral(self, numeral: Numeral, index: int, item: SentencePart, before: Before) -> Before:
        left = self._left(item, before)
        segment = self.text[left : numeral.start - abs(numeral.sign)]
        shared = before.shared if before.shared is not None and index <= before.shared.last else None
        given = replace(before, shared=shared)
        if shared is None and "分别" in segment:
            shared = share_out(self.names, self.times, index, left, given)
            given = replace(given, shared=shared, shared_subjects=tuple(shared.subjects))
        reading = self._read(numeral, index, item, left, given)
        clause = segment[_clause(segment) :]
        elsewhen = self.times.aside if reading.role == "share" else self.times.aside_opens and reading.role != "level"
        formerly = bool(FORMERLY.search(clause) or REPLACED.match(self.text, numeral.end))
        marked = replace(
            reading,
            certain=reading.certain and not elsewhen and (formerly or not _FROM.search(segment)),
            end=numeral.end + (reading.kind == "倍数" or reading.role == "fold"),
            around=around(segment, more=numeral.more),
            formerly=formerly,
            sentence=item.sentence,
            part=item.part,
            scope=item.scope,
            in_table=bool(self.parsed.passage.lead),
            total=bool(TOTAL.search(segment[-20:])),
        )
        return replace(given, end=max(reading.end, numeral.end), last=marked)

    def _unit_before(self, numeral: Numeral, item: SentencePart) -> str:
        """The unit of a number without one: that of its table, or of a bracket before it, 全程网办受理（万件）为…."""
        brackets = _UNIT_IN_BRACKETS.findall(self.text, self.sentence_starts[item.sentence], numeral.start)
        return brackets[-1] if brackets and brackets[-1] in self.reader.display_units else self.table_unit

    def _left(self, item: SentencePart, before: Before) -> int:
        """Where the words begin that may speak of a number: after the last one, or with the sentence."""
        return max(before.end, self.sentence_starts[item.sentence])

    def _read(self, numeral: Numeral, index: int, item: SentencePart, left: int, before: Before) -> Reading:
        unit_text = numeral.unit_text or (self._unit_before(numeral, item) if numeral.is_bare else "")
        other = Reading(
            numeral.start,
            numeral.end,
            "other",
            numeral,
            kind=kind_of(numeral, self.text, self.reader.display_units),
            months=self.times.months,
            unit_text=unit_text,
        )
        if before.shared is not None:
            return self._handed_out(other, index, item, before.shared)
        if unit_text in _UNITS_OF_RATIOS or other.kind == "倍数":
            return self._level_of_ratio(other, item, left, before) or self._ratio(other, item, left, before)
        return self._count(other, numeral, item, left, before)

    # Counts.

    def _count(self, other: Reading, numeral: Numeral, item: SentencePart, left: int, before: Before) -> Reading:
        segment = self.text[left : numeral.start]
        changed = CHANGED_BY.search(segment[-24:])
        named = self.names.named(numeral.start, item, left, before.last)
        if named is None and (changed or self._names_a_time(segment)):
            named = self.names.goes_on(left, numeral.start, before.last)
        named = named or self.names.after(numeral, item)
        if named and any(map(self.names.is_derived, named.subjects)) and not changed:
            return self._derived(other, numeral, item, left, named)
        months = self.times.months
        bases = self.times.bases(segment, left) if changed else ()
        if not changed:
            months = self.times.of_count(self.text, numeral.start)
        if named is None or (changed and not bases):
            return other
        if not self.reader.binds(named.subjects[0], numeral, other.unit_text, months) and not changed:
            return other
        if changed and not self._is_in_family(named.subjects[0], other.unit_text):
            return other
        if named.subjects[0].own:
            return self._own_figure(other, named) or other
        to_date = "累计" in segment and len(months) == 1
        return replace(
            other,
            role="difference" if changed else "level",
            kind="",
            end=max(numeral.end, named.end),
            subject=named.subjects[0],
            joint=named.subjects[1:],
            months=months,
            also=(year_to_date(months),) if to_date else (),
            bases=bases,
            direction=direction(changed),
            words=named.words,
            certain=named.certain and not to_date and self._ends_well(numeral),
        )

    def _is_in_family(self, subject: Subject, unit_text: str) -> bool:
        if subject.own:
            return False
        unit = unit_text.lstrip("千百万亿")
        return (
            unit_text == self.reader.known.metrics[subject.code].display_unit
            or unit in self.reader.families[subject.code]
        )

    def _ends_well(self, numeral: Numeral) -> bool:
        """Whether nothing after it makes it another number: no list, no bracket that isn't understood, （不含甲县）."""
        if _ITS_MONTH.match(self.text, numeral.end):
            return False
        following = next((other for other in self.names.counted if other.start > numeral.start), None)
        alike = following is not None and following.unit_text == numeral.unit_text
        if following and alike and self.text[numeral.end : following.start] in JOINS:
            return False
        if self.text[numeral.end : numeral.end + 1] not in {"（", "("}:
            return True
        closing = _BRACKET_CLOSES.search(self.text, numeral.end)
        if closing is None or self.text.startswith("其中", numeral.end + 1):
            return closing is not None
        return not any(item.residue for item in self.parsed.items_between(numeral.end + 1, closing.start()))

    def _names_a_time(self, segment: str) -> bool:
        """Whether a segment without a name speaks of the same subject at another time: （去年同期…, 增至…."""
        named_time = self.times.once or BASE.search(segment) or re.search(r"\d月|本月|当月", segment)
        return bool(CHANGED_TO.search(segment[-6:]) or named_time)

    def _derived(self, other: Reading, numeral: Numeral, item: SentencePart, left: int, named: Named) -> Reading:
        """A derived number, where its name stands before it with nothing but grammar, in its unit and of one month.

        Nothing else is read of one: it isn't summed over months, and how it changes is another number.
        """
        zone = max(left, item.start)
        months, metric = self.times.of_count(self.text, numeral.start), named.subjects[0].code
        known, segment = self.reader.known, self.text[zone : numeral.start]
        names = [name for name in self.names.all_names(zone, numeral.start) if name.subject == named.subjects[0]]
        certain = (
            named.certain
            and len(named.subjects) == len(months) == len(names) == 1
            and known.current(metric, months) is not None
            and other.unit_text == known.metrics[metric].display_unit
            and self.names.is_thin(names, zone, numeral.start)
            and not around(segment, more=numeral.more)
            and "累计" not in _without(segment, names, zone)
        )
        if not certain:
            return other
        return replace(other, role="level", kind="", subject=named.subjects[0], months=months, certain=True)

    def _own_figure(self, other: Reading, named: Named) -> Reading | None:
        numeral, subject = other.numeral, named.subjects[0]
        if numeral is None or not self.reader.binds(subject, numeral, other.unit_text, ()):
            return None
        # A register says how much it is this month.
        certain = named.certain and other.months == (self.reader.known.month,) and self._ends_well(numeral)
        return replace(other, role="level", kind="" if certain else other.kind, subject=subject, certain=certain)

    # Rates, points and shares.

    def _level_of_ratio(self, other: Reading, item: SentencePart, left: int, before: Before) -> Reading | None:
        """A ratio that is itself registered or certified: 群众满意率 99.97%."""
        numeral = other.numeral
        named = self.names.named(other.start, item, left, before.last)
        if numeral is None or named is None or CHANGE.search(self.text, max(left, named.end), other.start):
            return None
        if named.subjects[0].own:
            return self._own_figure(other, named)
        if self.names.is_derived(named.subjects[0]):
            return self._derived(other, numeral, item, left, named)
        return None

    def _ratio(self, other: Reading, item: SentencePart, left: int, before: Before) -> Reading:
        numeral = other.numeral
        segment = self.text[left : other.start - (abs(numeral.sign) if numeral else 0)]
        tail = max(0, len(segment) - 30)
        changed = CHANGED_BY.search(segment, tail)
        of_ratio = bool(RATIO_CHANGED.search(segment, tail))
        shares = list(SHARE.finditer(segment))
        compared = list(BASE.finditer(segment))
        markers = (*shares[-1:], *filter(None, [changed])) or compared[-1:]
        marker = left + min((match.start() for match in markers), default=0)
        named = self._subject_at(marker, self.parsed.item_at(marker), left, before) if markers else None
        if not markers or (named and self.reader.is_ratio(named.subjects[0]) and other.unit_text not in POINTS):
            return other
        of_ratio = of_ratio or (_moves_a_ratio(changed) and self._last_is_ratio(left, other.start, before))
        said = self.times.bases(segment, left) or self._bases_again(left, other.start, before)
        bases = said or self.times.any_bases()
        unbound = replace(other, direction=direction(changed), certain=of_ratio and not named)
        subject = named.subjects[0] if named and not named.subjects[0].own else None
        bound = replace(
            unbound,
            kind="",
            subject=subject,
            bases=bases,
            ratio=of_ratio or bool(shares),
            words=named.words if named else (),
            certain=bool(named and named.certain and (said or (shares and changed is None))) and item.is_ours,
        )
        counted = subject is not None
        if other.unit_text in POINTS and subject is not None and self.reader.is_ratio(subject):
            return replace(bound, role="points", ratio=True)
        if other.unit_text in POINTS:
            of_own_ratio = of_ratio and not (shares or _is_share(before.last))
            return unbound if subject is None or of_own_ratio else replace(bound, role="points")
        if of_ratio and other.kind != "倍数":
            return replace(bound, role="rate", certain=True)
        if other.kind == "倍数":
            return replace(bound, role="fold") if counted and changed else other
        return self._rate_or_share(other, bound, shares if changed is None else [], left, item) if counted else unbound

    def _rate_or_share(
        self, other: Reading, bound: Reading, shares: Sequence[re.Match[str]], left: int, item: SentencePart
    ) -> Reading:
        if not shares:
            return replace(bound, role="rate", ratio=False)
        whole = self._whole(left + shares[-1].end(), other.start, item)
        return other if whole is None else replace(bound, role="share", whole=whole)

    def _bases_again(self, start: int, end: int, before: Before) -> tuple[Months, ...]:
        """The base of the number before, where nothing else is said since: 环比减少 56 人（次），下降 4.5%."""
        last = before.last
        same = last is not None and last.sentence == self.parsed.item_at(start).sentence and last.role == "difference"
        return last.bases if last is not None and same and self._goes_quietly(start, end) else ()

    def _last_is_ratio(self, start: int, end: int, before: Before) -> bool:
        """Whether the number before is a ratio, and not a change: 满意率 99.2%，同比提高…."""
        last = before.last
        if last is None or last.sentence != self.parsed.item_at(start).sentence or not self._goes_quietly(start, end):
            return False
        own = last.role == "other" or bool(last.figure)
        return _is_share(last) or (own and last.unit_text in PERCENT and last.direction is None and last.kind != "范围")

    def _goes_quietly(self, start: int, end: int) -> bool:
        return not self.names.leftover([], start, end) and all(
            item.understood for item in self.parsed.items_between(start, end) if item.start >= start
        )

    def _subject_at(self, position: int, item: SentencePart, left: int, before: Before) -> Named | None:
        """What the words before a position name, or else what the last number is about."""
        last = before.last
        return self.names.named(position, item, left, last) or self.names.goes_on(left, position, last)

    def _whole(self, start: int, end: int, item: SentencePart) -> str | None:
        """The metric that a share is of; empty if the words don't say, None if they name something unknown."""
        names = [name for name in self.names.all_names(start, end) if not name.subject.own]
        if names:
            return names[-1].subject.code
        said = _WHOLE_IS_SAID.search(self.text) or any(
            self.reader.known.metrics[label.subject.code].parts
            for label in self.reader.labels.labels
            if not label.subject.own and all(word in self.text for word in label.words)
        )
        return "" if said and item.understood else None

    # 分别.

    def _handed_out(self, other: Reading, index: int, item: SentencePart, shared: Shared) -> Reading:
        if not shared.subjects:
            return other
        taken = index - shared.first
        subject, bases, months = shared.subjects[taken], shared.bases[taken], shared.months[taken]
        bound = replace(
            other,
            kind="",
            subject=subject,
            months=months,
            bases=bases,
            direction=shared.direction,
            certain=shared.certain and item.is_ours and (shared.direction is None or bool(bases)),
        )
        if other.unit_text in PERCENT:
            changes = shared.direction is not None and not subject.own
            return replace(bound, role="rate", bases=bases or self.times.any_bases()) if changes else other
        if other.unit_text in POINTS:
            return replace(bound, role="points")
        if shared.direction is not None:
            return replace(bound, role="difference") if bases else other
        numeral = other.numeral
        bindable = numeral is not None and self.reader.binds(subject, numeral, other.unit_text, months)
        return replace(bound, role="level") if bindable else other

    # Changes without a number.

    def _trend(self, match: re.Match[str], item: SentencePart, before: Before) -> Iterator[Reading]:
        left = self._left(item, before)
        if self.times.aside_opens or SHARE.search(self.text, item.start, match.start()):
            return
        named = self._subject_at(match.start(), item, left, before)
        subject = named.subjects[0] if named and named.certain and item.is_ours else None
        if named is None or subject is None or subject.own or self.names.is_derived(subject):
            return
        yield Reading(
            match.start(),
            match.end("change"),
            "trend",
            subject=subject,
            months=self.times.months,
            bases=(self.times.base_of(match),),
            direction=direction(CHANGE.search(match["change"])),
            doubled=_doubled(match["change"]),
            around="about" if "基本" in match.group() else "",
            sentence=item.sentence,
            part=item.part,
            certain=True,
        )


def _doubled(change: str) -> int:
    """By how many times its base a thing has grown that doubled once, twice …; 0 where nothing is said to double."""
    return 2 ** {"一": 1, "两": 2, "三": 3}.get(change[-2:-1], 1) - 1 if change.endswith("番") else 0


def _moves_a_ratio(changed: re.Match[str] | None) -> bool:
    """Whether a change may be said of a ratio: 提高, and not 增长."""
    return changed is not None and not changed.group().startswith("增")


def _is_share(reading: Reading | None) -> bool:
    """Whether a number is a certified share or its change."""
    return reading is not None and (reading.role == "share" or (reading.role == "points" and reading.ratio))


def _without(segment: str, names: Sequence[Naming], start: int) -> str:
    """A segment without the words of names."""
    kept = list(segment)
    for word in (word for name in names for word in name.words):
        kept[word.start - start : word.end - start] = " " * (word.end - word.start)
    return "".join(kept)


def _clause(segment: str) -> int:
    """Where the last clause of a segment begins."""
    return max(map(segment.rfind, "，；：（(,;:")) + 1
