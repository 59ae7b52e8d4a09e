"""What the words before a number name, and whether they say nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.proofreading.known_numbers import KnownNumbers
from reports.proofreading.labels import Labels, Naming, Subject, between
from reports.proofreading.numerals import Numeral
from reports.proofreading.parsed import Parsed, SentencePart
from reports.proofreading.readings import Reading
from reports.proofreading.vocabulary import read_words

JOINS = ("、", "和", "与", "及", "以及")
# A clause that ends so says what the next one is about: 全程网办方面.
_TOPIC_ENDS = ("方面", "看", "中")
_NAME_AFTER = 4


@dataclass(frozen=True)
class Named:
    """What a number is about, by which words, and whether nothing else is said."""

    subjects: tuple[Subject, ...]
    words: tuple[str, ...]
    certain: bool
    end: int  # where the name ends


class Names:
    """The names in one passage."""

    def __init__(self, known: KnownNumbers, labels: Labels, parsed: Parsed) -> None:
        self.known, self.labels, self.parsed, self.text = known, labels, parsed, parsed.text
        self.counted = [numeral for numeral, kind in parsed.numerals if not kind]

    def is_derived(self, subject: Subject | None) -> bool:
        """Whether a subject is a metric that is made of others."""
        return subject is not None and not subject.own and self.known.metrics[subject.code].derived

    def named(self, numeral_start: int, item: SentencePart, left: int, before: Reading | None) -> Named | None:
        """What the words up to a position name, and whether they say nothing else."""
        zone = max(left, item.start)
        names = self.all_names(zone, numeral_start)
        if names:
            chain = self._joined(names)
            return self._certainly(chain, zone, numeral_start, item)
        last = before if before and before.part == item.part else None
        earlier = {word.word for word in between(self.parsed.words, left, zone)}
        here = between(self.parsed.words, zone, numeral_start)
        begun = earlier | set(last.words if last else ())
        completed = self.labels.completed(here, begun)
        if completed:
            best = max(completed, key=lambda name: (name.weight, name.end))
            words = {word for label in self.labels.labels if label.subject == best.subject for word in label.words}
            named = self._certainly([best], zone, numeral_start, item)
            topic = self.text[left:zone].rstrip("，：:").endswith(_TOPIC_ENDS)
            sure = topic or self.is_thin([best], zone, numeral_start)
            by_topic = topic or last is None or last.certain
            said = tuple(sorted(words & (begun | {word.word for word in here})))
            return replace(named, words=said, certain=named.certain and sure and by_topic)
        farther = self.all_names(left, zone)
        if farther:
            best = max(farther, key=lambda name: (name.end, name.weight))
            named = self._certainly([best], zone, numeral_start, item)
            return replace(named, certain=named.certain and not self.leftover([best], left, zone))
        return None

    def _certainly(self, chain: Sequence[Naming], zone: int, end: int, item: SentencePart) -> Named:
        """Names with whether nothing else is said in their item."""
        metrics = [self.known.metrics[name.subject.code] for name in chain if not name.subject.own]
        windows_alone = item.windows and any(metric.parts for metric in metrics)
        certain = item.is_ours and not windows_alone and not self.leftover(chain, zone, end)
        words = tuple(word.word for word in between(self.parsed.words, zone, end))
        return Named(tuple(name.subject for name in chain), words, certain, chain[-1].end)

    def leftover(self, chain: Sequence[Naming], start: int, end: int) -> bool:
        """Whether words of other labels stand there that aren't understood by themselves."""
        used = [(word.start, word.end) for name in chain for word in name.words]
        return any(
            not self.parsed.known[place] and not any(first <= place < last for first, last in used)
            for word in between(self.parsed.words, start, end)
            for place in range(word.start, word.end)
        )

    def is_thin(self, chain: Sequence[Naming], start: int, end: int) -> bool:
        """Whether beside a name there are only words of grammar and times."""
        kept = list(self.text[start:end])
        spans = [(word.start, word.end) for name in chain for word in name.words]
        spans += [(time.start, time.end) for time in self.parsed.times if start <= time.start < end]
        for first, last in spans:
            kept[first - start : last - start] = "，" * (last - first)
        return read_words().grammar_only.fullmatch("".join(kept)) is not None

    def all_names(self, start: int, end: int) -> list[Naming]:
        """The subjects that are named between two positions, each by the most words that say it, in order."""
        best: dict[Subject, Naming] = {}
        for name in self.labels.named(between(self.parsed.words, start, end)):
            held = best.get(name.subject)
            if held is None or (name.weight, name.end) > (held.weight, held.end):
                best[name.subject] = name
        return sorted(best.values(), key=lambda name: name.end)

    def _joined(self, names: list[Naming]) -> list[Naming]:
        """The names that are counted together, 电话咨询和现场咨询; or the one that takes the most words."""
        best = max(names, key=lambda name: (name.weight, name.start))
        chain = [names[-1]]
        for name in reversed(names[:-1]):
            if not self.text.startswith(JOINS, name.end) or name.end >= chain[0].end:
                break
            chain.insert(0, name)
        return chain if len(chain) > 1 else [best]

    def after(self, numeral: Numeral, item: SentencePart) -> Named | None:
        """1234 人（次）电话咨询: a name right after the number, for want of one before it."""
        end = min([item.end, *(other.start for other in self.counted if other.start > numeral.start)])
        names = [name for name in self.all_names(numeral.end, end) if name.start <= numeral.end + _NAME_AFTER]
        return self._certainly(names[-1:], numeral.end, end, item) if names else None

    def goes_on(self, start: int, end: int, last: Reading | None) -> Named | None:
        """The subject of the last number, where nothing else is named since."""
        if last is None or last.subject is None:
            return None
        said = between(self.parsed.words, start, end)
        if any(word.word not in last.words for word in said) or self.leftover([], start, end):
            return None
        quiet = all(item.understood for item in self.parsed.items_between(start, end))
        return Named((last.subject,), last.words, last.certain and quiet, start) if quiet else None
