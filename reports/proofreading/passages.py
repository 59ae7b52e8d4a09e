"""A passage is what is read in one piece: a paragraph, a heading or a table cell, with its place in the file."""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

# Blanks, emphasis marks of Markdown, and characters without width: nothing that a reader sees between two words.
_SKIPPED = frozenset(" \t\r\n\v\f\u00a0\u2002\u2003\u2009\u202f\u3000*`\u200b\u200c\u200d\u2060\ufeff\u00ad")
_WITHOUT_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad")
_AROUND = 12
_HALF_WIDTH = str.maketrans("０１２３４５６７８９．％：－＋〜∼", "0123456789.%:-+~~")


@dataclass(frozen=True)
class TextPlace:
    """Where a numeral stands, counted from 1; what doesn't apply is 0. `column` counts characters."""

    line: int = 0
    paragraph: int = 0
    table: int = 0
    row: int = 0
    cell: int = 0
    column: int = 0

    def __str__(self) -> str:
        if self.table:
            piece = f"第 {self.table} 个表格第 {self.row} 行第 {self.cell} 格"
        elif self.paragraph:
            piece = f"第 {self.paragraph} 段"
        else:
            piece = f"第 {self.line} 行"
        return f"{piece}第 {self.column} 字"


@dataclass(frozen=True)
class Passage:
    """A piece of text."""

    text: str  # as the author wrote it
    place: TextPlace  # where it begins; its column is that of the first character
    lead: str = ""  # for a table cell, what its row and column are called; it is context, and not proofread here

    @cached_property
    def _squeezed(self) -> tuple[str, list[int]]:
        return _squeeze(self.text)

    @cached_property
    def original(self) -> str:
        """Lead and text without blanks."""
        return self._lead + self._squeezed[0]

    @cached_property
    def plain(self) -> str:
        """`original` with half-width digits and marks, character for character."""
        return self.original.translate(_HALF_WIDTH)

    @cached_property
    def _lead(self) -> str:
        return _squeeze(f"{self.lead}，")[0] if self.lead else ""

    @property
    def begins(self) -> int:
        """Where the text begins in `plain`."""
        return len(self._lead)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The positions in `text` of a piece of `plain`."""
        origin = self._squeezed[1]
        return origin[start - self.begins], origin[end - 1 - self.begins] + 1

    def place_of(self, position: int) -> TextPlace:
        """The place of a position in `text`."""
        if not self.place.line:
            return TextPlace(**{**vars(self.place), "column": self.place.column + position})
        line = bisect_right(self._line_starts, position) - 1
        column = position - self._line_starts[line] + (self.place.column if line == 0 else 1)
        return TextPlace(line=self.place.line + line, column=column)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(index + 1 for index, character in enumerate(self.text) if character == "\n")]

    def excerpt(self, start: int, end: int) -> str:
        """What stands around a piece of `text`, on one line."""
        before, after = max(0, start - _AROUND), min(len(self.text), end + _AROUND)
        words = " ".join(self.text[before:after].split())
        return f"{'…' if before else ''}{words}{'…' if after < len(self.text) else ''}"


def plain_text(text: str) -> str:
    """A text as `Passage.plain` has one."""
    return _squeeze(text)[0].translate(_HALF_WIDTH)


def _squeeze(text: str) -> tuple[str, list[int]]:
    """The text without blanks, and where each character comes from; digits on either side of a blank stay apart."""
    kept: list[str] = []
    origin: list[int] = []
    blank = -1
    for index, character in enumerate(text):
        if character in _SKIPPED:
            blank = index if character not in _WITHOUT_WIDTH else blank
            continue
        if blank >= 0 and kept and kept[-1].isdigit() and character.isdigit():
            kept.append(" ")
            origin.append(blank)
        blank = -1
        kept.append(character)
        origin.append(index)
    return "".join(kept), origin
