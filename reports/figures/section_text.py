"""A section as it is printed, and its two texts: `section.txt` for people, `section.md`, which is also read back."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

Alignment = Literal["left", "right", "center"]

_CELL_BORDER = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_RULES: dict[Alignment, str] = {"left": "---", "right": "---:", "center": ":---:"}
_WIDE = {"W", "F"}
_GAP = "  "
_DRAFT = re.compile(r"\*\*(.+)\*\*")


@dataclass(frozen=True)
class SectionTable:
    """A table of texts: its rows, the head first, and how each column is aligned."""

    rows: tuple[tuple[str, ...], ...]
    alignments: tuple[Alignment, ...]

    @classmethod
    def read(cls, lines: Sequence[str]) -> "SectionTable":
        """A pipe table of Markdown: a head, a rule and at least one row; ValueError where it isn't one."""
        head, *others = [_cells(line) for line in lines]
        if len(others) < 2 or not all(map(_RULE.fullmatch, others[0])):
            raise ValueError("a table has a head, a rule such as | --- | ---: | and rows")
        for number, row in enumerate(others, 1):
            if len(row) != len(head):
                raise ValueError(f"line {number + 1} of the table has {len(row)} cells, and its head {len(head)}")
        return cls((head, *others[1:]), tuple(map(_alignment, others[0])))

    @property
    def markdown(self) -> list[str]:
        """Its lines as a pipe table."""
        rows = [[cell.replace("|", r"\|") for cell in row] for row in self.rows]
        rows.insert(1, [_RULES[alignment] for alignment in self.alignments])
        return [f"| {' | '.join(row)} |" for row in rows]

    @property
    def text(self) -> list[str]:
        """Its lines in columns of equal width, in which a Chinese character is as wide as two Latin letters."""
        widths = [max(map(_width, column)) for column in zip(*self.rows, strict=True)]
        return [_GAP.join(map(_padded, row, widths, self.alignments)).rstrip() for row in self.rows]


@dataclass(frozen=True)
class PrintedSection:
    """A section in print; `draft` is the mark of a draft, empty where the section is certified."""

    heading: str
    paragraph: str
    table: SectionTable | None = None
    notes: tuple[str, ...] = ()
    draft: str = ""

    @classmethod
    def read(cls, markdown: str) -> "PrintedSection":
        """Read a `section.md`; ValueError where it isn't one."""
        lines = [line for line in markdown.split("\n") if line]
        draft = _DRAFT.fullmatch(lines[0]) if lines else None
        match lines[1:] if draft else lines:
            case [heading, paragraph, *rest] if heading.startswith("## "):
                rows = list(takewhile(is_row, rest))
                table = SectionTable.read(rows) if rows else None
                notes = tuple(rest[len(rows) :])
                return cls(heading.removeprefix("## "), paragraph, table, notes, draft[1] if draft else "")
            case _:
                raise ValueError("a section has a heading and a paragraph")

    @property
    def text(self) -> str:
        """`section.txt`."""
        return self._joined(self.draft, self.heading, self.table.text if self.table else [])

    @property
    def markdown(self) -> str:
        """`section.md`."""
        draft = f"**{self.draft}**" if self.draft else ""
        return self._joined(draft, f"## {self.heading}", self.table.markdown if self.table else [])

    def _joined(self, draft: str, heading: str, table: Sequence[str]) -> str:
        blocks = (draft, heading, self.paragraph, "\n".join(table), *self.notes)
        return "\n\n".join(filter(None, blocks)) + "\n"


def is_row(line: str) -> bool:
    """Whether a line is one of a pipe table."""
    return line.startswith("|")


def _cells(line: str) -> tuple[str, ...]:
    inner = line.strip().removeprefix("|")
    cells = _CELL_BORDER.split(inner)
    if cells[-1].strip():
        raise ValueError(f"a row of a table ends in |, not as {line!r} does")
    return tuple(cell.strip().replace(r"\|", "|") for cell in cells[:-1])


def _alignment(rule: str) -> Alignment:
    if rule.endswith(":"):
        return "center" if rule.startswith(":") else "right"
    return "left"


def _padded(cell: str, width: int, alignment: Alignment) -> str:
    missing = width - _width(cell)
    before = {"left": 0, "right": missing, "center": missing // 2}[alignment]
    return f"{' ' * before}{cell}{' ' * (missing - before)}"


def _width(text: str) -> int:
    """In columns of a terminal or a fixed font."""
    return sum(2 if unicodedata.east_asian_width(character) in _WIDE else 1 for character in text)
