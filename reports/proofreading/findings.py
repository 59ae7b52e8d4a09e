"""What proofreading says: findings, matched numbers, and numerals that it didn't check."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from reports.proofreading.passages import TextPlace

# What has to be put right, and what its author is asked to look at.
Level = Literal["fix", "ask"]
_LEVELS: tuple[tuple[Level, str], ...] = (("fix", "须改"), ("ask", "请核"))


@dataclass(frozen=True)
class Spot:
    """A numeral in the author's text."""

    passage: int  # the index of its passage
    start: int  # its first character in the passage's text
    end: int  # after its last character
    place: TextPlace  # where it stands, for people
    found: str  # what is written there
    excerpt: str  # the words around it


@dataclass(frozen=True)
class ProofFinding:
    """Something to put right or to look at, in plain Chinese."""

    rule: str  # the rule's code
    rule_name: str  # the rule's name for authors
    spot: Spot  # where, and what was found
    expected: str  # what the certificates say
    suggestion: str  # what to do
    level: Level = "fix"  # whether it has to be put right

    @property
    def must(self) -> bool:
        """Whether it has to be put right before the text is printed."""
        return self.level == "fix"

    def __str__(self) -> str:
        return (
            f"{self.spot.place}【{self.rule_name}】“{self.spot.found}”：{self.expected}。{self.suggestion}。"
            f"原文：{self.spot.excerpt}"
        )


@dataclass(frozen=True)
class Matched:
    """A numeral that agrees with certified numbers; `what` says with which."""

    spot: Spot
    what: str


@dataclass(frozen=True)
class NotChecked:
    """A numeral that certificates don't know, and what kind of numeral it is: 日期, 文号, 作者自己的数 …."""

    spot: Spot
    kind: str


@dataclass(frozen=True)
class Proof:
    """The outcome, each list in the order of the text."""

    findings: tuple[ProofFinding, ...]
    matched: tuple[Matched, ...]
    not_checked: tuple[NotChecked, ...]

    @property
    def clean(self) -> bool:
        """Whether there is nothing to put right."""
        return not any(finding.must for finding in self.findings)

    def of_level(self, level: Level) -> list[ProofFinding]:
        """The findings of a level, in order."""
        return [finding for finding in self.findings if finding.level == level]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        counts = [f"{word} {len(self.of_level(level))} 处" for level, word in _LEVELS]
        yield f"核对结果：{'，'.join(counts)}，相符 {len(self.matched)} 处，未核对 {len(self.not_checked)} 处。"
        for level, word in _LEVELS:
            if findings := self.of_level(level):
                yield f"{word}："
                yield from (f"{index}. {finding}" for index, finding in enumerate(findings, 1))
        if self.not_checked:
            kinds = Counter(unchecked.kind for unchecked in self.not_checked)
            counted = [f"{kind} {count} 处" for kind, count in kinds.most_common()]
            yield f"未核对（请作者自己负责）：{'，'.join(counted)}。"

    @property
    def unchecked_list(self) -> str:
        """Each numeral that wasn't checked, with its place, a line each."""
        return "\n".join(f"- {each.spot.place} “{each.spot.found}” {each.kind}" for each in self.not_checked)
