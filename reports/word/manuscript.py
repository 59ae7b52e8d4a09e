"""A whole document before it is set: what it says, whose numbers it prints, and whether it may be printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reports.figures.words import SectionWords
from reports.word.blocks import Block


@dataclass(frozen=True)
class Masthead:
    """What stands at the head of an edition (报头): its name, 第 N 期, the issuing body and the date, as printed."""

    title: str
    issue: str
    body: str
    date: str


@dataclass(frozen=True)
class Attribution:
    """Whose numbers a document prints."""

    month: str  # `2025-03`
    hall: str  # the hall's name
    state: str  # 已核定 or 已修订, or 草稿 for numbers that nobody has certified
    code: str  # the certificate's short code, empty for a draft
    revision: int  # the certificate's, 0 for a draft
    moment: datetime  # when the certificate was signed; for a draft any moment that always is the same

    @property
    def line(self) -> str:
        """What a page says of it."""
        if not self.code:
            return f"数据状态：{self.state}，未经核定"
        return f"核定码：{self.code}（第 {self.revision} 版，{self.state}）"


@dataclass(frozen=True)
class Manuscript:
    """A document."""

    title: str  # what readers and screen readers call it
    attribution: Attribution  # whose numbers it prints
    draft: bool  # whether 草稿 stands on every page
    blocks: Sequence[Block]  # its text
    words: SectionWords  # those that a draft is marked with
    masthead: Masthead | None = None  # the head of an edition, if it is one
    annex: Sequence[Block] = ()  # what follows on a page of its own, under 附件
    annex_title: str = ""  # the annex's title
    distribution: Sequence[str] = ()  # the lines of the 版记 at the foot of the last page; empty for none
