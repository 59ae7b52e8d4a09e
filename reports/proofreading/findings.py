"""What proofreading says: findings, matched numbers, and numerals that it didn't check."""

from dataclasses import dataclass

from reports.proofreading.passages import TextPlace


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
    """Something to put right, in plain Chinese."""

    rule: str  # the rule's code
    rule_name: str  # the rule's name for authors
    spot: Spot  # where, and what was found
    expected: str  # what the certificates say
    suggestion: str  # what to do

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
    """A numeral that certificates don't know, and what kind of numeral it is: 日期, 文号, 自有计数 …."""

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
        return not self.findings

    def __str__(self) -> str:
        counts = f"相符 {len(self.matched)} 处，需处理 {len(self.findings)} 处，未核对 {len(self.not_checked)} 处"
        lines = [f"核对结果：{counts}。", *(f"{index}. {finding}" for index, finding in enumerate(self.findings, 1))]
        if self.not_checked:
            lines.append("未核对（核定书里没有的数，请作者自行负责）：")
            lines += [f"- {spot.spot.place} “{spot.spot.found}” {spot.kind}" for spot in self.not_checked]
        return "\n".join(lines)
