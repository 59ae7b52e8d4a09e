"""An author's file as blocks, each with its place: .md, .txt and .docx; what can't be carried over is named."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reports.docx_files import DocumentError
from reports.edition.items import arranged
from reports.edition.markdown_fragments import read_markdown
from reports.edition.pieces import CourseOf, MetricsTable, Piece, Remark
from reports.edition.references import FULL_WIDTH
from reports.edition.word_fragments import read_word
from reports.proofreading import TextPlace, read_text
from reports.word.blocks import Paragraph, plain, text_of

_TABLE = re.compile(r"\{\{\s*主要指标表\s*\}\}")
_CHART = re.compile(r"\{\{\s*图\s*[:：]\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True)
class Fragment:
    """An author's file: what it says, with headings from level 2 down, and what there is to remark."""

    file: str
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]

    @property
    def items(self) -> int:
        """How many items of its section it holds."""
        return sum(piece.depth == 0 for piece in self.pieces)


def read_fragment(path: Path, name: str, before: int = 0) -> Fragment:
    """Read an author's file.

    Args:
        path: The file.
        name: What remarks call it.
        before: How many items its section has already.

    Returns:
        Its blocks, items found and without their authors' ordinals; if it can't be read, a remark that says why.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        return Fragment(name, (), (Remark(name, "", "只收 .md、.txt 和 .docx 稿件，这个文件没有收进来"),))
    try:
        pieces, remarks = reader(path, name)
    except (DocumentError, OSError) as error:
        return Fragment(name, (), (Remark(name, "", str(error)),))
    if not pieces:
        remarks.append(Remark(name, "", "稿件是空的"))
    pieces, more = arranged([_standing_alone(piece) for piece in pieces], name, before)
    remarks += more
    return Fragment(name, tuple(pieces), tuple(remarks))


def _read_text(path: Path, _: str) -> tuple[list[Piece], list[Remark]]:
    """Plain text: every line that isn't blank is a paragraph."""
    lines = enumerate(read_text(path).split("\n"), 1)
    return [
        Piece(Paragraph(text_of(line.strip())), TextPlace(line=number)) for number, line in lines if line.strip()
    ], []


_READERS: Mapping[str, Callable[[Path, str], tuple[list[Piece], list[Remark]]]] = {
    ".md": read_markdown,
    ".txt": _read_text,
    ".docx": read_word,
}


def _standing_alone(piece: Piece) -> Piece:
    """A paragraph that is nothing but a reference to a table or a chart stands for that."""
    if not isinstance(piece.block, Paragraph):
        return piece
    text = plain(piece.block.text).strip().translate(FULL_WIDTH)
    if chart := _CHART.fullmatch(text):
        return replace(piece, block=CourseOf(chart[1]))
    return replace(piece, block=MetricsTable()) if _TABLE.fullmatch(text) else piece
