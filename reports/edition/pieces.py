"""What readers of authors' files give: blocks with their places, and remarks on what has to be put right or known."""

from dataclasses import dataclass

from reports.edition.ordinals import Ordinal
from reports.proofreading import TextPlace
from reports.word.blocks import Block


@dataclass(frozen=True)
class MetricsTable:
    """Where an author wants the table of the month's metrics."""


@dataclass(frozen=True)
class CourseOf:
    """Where an author wants the chart of a metric, and how it is called there."""

    name: str


@dataclass(frozen=True)
class Piece:
    """A block and where it stands in its file.

    `ordinal` is the number that Word or Markdown gives it, which isn't in its text. `depth` is 0 for an item that is
    numbered （一）, 1 for 1. and so on, None for what isn't numbered; `restarts` says that it begins a list of its own.
    """

    block: Block | MetricsTable | CourseOf
    place: TextPlace
    ordinal: Ordinal | None = None
    depth: int | None = None
    restarts: bool = False


@dataclass(frozen=True)
class Remark:
    """Something about a file of the edition."""

    file: str
    place: str
    text: str
    wrong: bool = True  # whether it has to be put right before printing, or authors should merely know it

    def __str__(self) -> str:
        return (
            f"{'【须改】' if self.wrong else '【提示】'}{' '.join(filter(None, [self.file, self.place]))}：{self.text}"
        )


def where(place: TextPlace) -> str:
    """A line or a paragraph, without the column, which references have moved."""
    if place.table:
        return f"第 {place.table} 个表格第 {place.row} 行"
    return f"第 {place.paragraph} 段" if place.paragraph else f"第 {place.line} 行"
