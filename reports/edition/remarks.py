"""What is said about an edition: things to put right, and things to know, each with file and place, in Chinese."""

from __future__ import annotations

from dataclasses import dataclass

from reports.proofreading import TextPlace


@dataclass(frozen=True)
class Remark:
    """Something about a file of the edition.

    `wrong` tells what has to be put right before the edition is printed from what authors should merely know.
    """

    file: str
    place: str
    text: str
    wrong: bool = True

    def __str__(self) -> str:
        return (
            f"{'【须改】' if self.wrong else '【提示】'}{' '.join(filter(None, [self.file, self.place]))}：{self.text}"
        )


def where(place: TextPlace) -> str:
    """A line or a paragraph, without the column, which references have moved."""
    if place.table:
        return f"第 {place.table} 个表格第 {place.row} 行"
    return f"第 {place.paragraph} 段" if place.paragraph else f"第 {place.line} 行"
