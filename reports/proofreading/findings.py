"""What proofreading says: findings, matched numbers, and numerals that it didn't check."""

from dataclasses import dataclass

from reports.proofreading.passages import TextPlace


@dataclass(frozen=True)
class Spot:
    """A numeral in the author's text.

    Attributes:
        passage: The index of its passage.
        start: Its first character in the passage's text.
        end: After its last character.
        place: Where it stands, for people.
        found: What is written there.
        excerpt: The words around it.
    """

    passage: int
    start: int
    end: int
    place: TextPlace
    found: str
    excerpt: str


@dataclass(frozen=True)
class ProofFinding:
    """Something to put right, in plain Chinese.

    Attributes:
        rule: The rule's code.
        rule_name: The rule's name for authors.
        spot: Where, and what was found.
        expected: What the certificates say.
        suggestion: What to do.
    """

    rule: str
    rule_name: str
    spot: Spot
    expected: str
    suggestion: str

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
