"""An author's file as blocks, each with its place: .md, .txt and .docx; what can't be carried over is named."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports.docx_files import DocumentError
from reports.edition.markdown_fragments import read_markdown
from reports.edition.pieces import Piece, Remark, where
from reports.edition.word_fragments import read_word
from reports.proofreading import TextPlace, read_text
from reports.word.blocks import Heading, Paragraph, plain, text_of

ITEM = 2  # the level of （一）
_DEEPEST = 4
_OWN_NUMBER = re.compile(
    r"\s*(?:[（(][一二三四五六七八九十]{1,3}[）)]|[一二三四五六七八九十]{1,3}、|[（(]\d{1,2}[）)]|\d{1,2}[.、．](?!\d))\s*"
)
# A line of its own that is numbered as an item and doesn't end as a sentence does is a heading, whatever its style.
_TYPED_HEADING = re.compile(r"\s*[（(][一二三四五六七八九十]{1,3}[）)][^。；！？]{1,50}$")


@dataclass(frozen=True)
class Fragment:
    """An author's file: what it says, with headings from level 2 down, and what there is to remark."""

    file: str
    pieces: tuple[Piece, ...]
    remarks: tuple[Remark, ...]


def read_fragment(path: Path, name: str) -> Fragment:
    """Read an author's file, which remarks call `name`; one that can't be read gives a remark that says why."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        return Fragment(name, (), (Remark(name, "", "只收 .md、.txt 和 .docx 稿件，这个文件没有收进来"),))
    try:
        pieces, remarks = reader(path, name)
    except (DocumentError, OSError) as error:
        return Fragment(name, (), (Remark(name, "", str(error)),))
    pieces = _levelled([_typed(piece) for piece in pieces])
    if not pieces:
        remarks.append(Remark(name, "", "稿件是空的"))
    elif not isinstance(pieces[0].block, Heading):
        remarks.append(Remark(name, where(pieces[0].place), "开头没有标题，这一段不编号，接在前一条后面", wrong=False))
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


def _typed(piece: Piece) -> Piece:
    """A paragraph that is typed as a heading becomes one, and a heading loses the number that its author gave it."""
    block = piece.block
    if isinstance(block, Paragraph) and _TYPED_HEADING.match(plain(block.text)):
        block = Heading(1, block.text)
    if isinstance(block, Heading) and block.text:
        first, *rest = block.text
        block = Heading(block.level, (replace(first, text=_OWN_NUMBER.sub("", first.text, count=1)), *rest))
    return replace(piece, block=block)


def _levelled(pieces: Sequence[Piece]) -> list[Piece]:
    """Headings from （一） down, whichever level an author's file begins with."""
    levels = [piece.block.level for piece in pieces if isinstance(piece.block, Heading)]
    down = ITEM - min(levels, default=ITEM)
    return [
        replace(piece, block=Heading(min(piece.block.level + down, _DEEPEST), piece.block.text))
        if isinstance(piece.block, Heading)
        else piece
        for piece in pieces
    ]
