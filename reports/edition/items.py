"""Which blocks of an author's file are items, how deep each stands, and whether the author's ordinals are in order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reports.edition.ordinals import DEEPEST, Ordinal, read_ordinal
from reports.edition.pieces import Piece, Remark, where
from reports.word.blocks import Heading, Paragraph, part_of, plain

ITEM = 2  # the level of （一）
_DEEPEST_HEADING = 4
_LONGEST_TITLE = 40
_LONGEST_HEADING = 56  # two lines of 28: more is no heading
_SENTENCE = re.compile(r"[。；！？]")
_NO_TITLE_ENDS = "。；！？：，、"


@dataclass
class _Level:
    """The items of one depth that were met last: the author's form, the last value, and how many there are."""

    form: str
    last: int
    count: int = 1


def arranged(pieces: Sequence[Piece], name: str, before: int) -> tuple[list[Piece], list[Remark]]:
    """Find the items of a file: titles, and paragraphs that have an ordinal or stand for themselves.

    Args:
        pieces: The file's blocks as its reader gave them.
        name: What remarks call the file.
        before: How many items its section has already.

    Returns:
        The blocks without their authors' ordinals, items with their depth; and what is to remark on ordinals.
    """
    arranging = _Arranging(name, before)
    marked = arranging.marked(pieces)
    return list(arranging.walk(marked)), arranging.remarks


class _Arranging:
    def __init__(self, name: str, before: int) -> None:
        self.name = name
        self.before = before
        self.remarks: list[Remark] = []
        self.levels: list[_Level] = []
        self.text_since = False
        self.begun: Piece | None = None

    # Marks: titles and ordinals.

    def marked(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces with their ordinals beside their text; those without any title or ordinal get titles or stand
        each for itself.
        """
        read = self._titled([self._without_ordinal(piece) for piece in pieces])
        if any(_is_marked(piece) for piece in read):
            return read
        titles = [_is_title(piece, after) for piece, after in _with_next(read)]
        if any(titles):
            for piece, title in zip(read, titles, strict=True):
                if title:
                    self._note(piece, f"“{_text(piece)}”单独成行，按标题编号")
            return [_as_heading(piece, 1) if title else piece for piece, title in zip(read, titles, strict=True)]
        paragraphs = [piece for piece in read if isinstance(piece.block, Paragraph)]
        if len(paragraphs) > 1:
            self._note(
                paragraphs[0],
                f"这篇没有标题也没有序号，{len(paragraphs)} 段各作一条；如果是一条分几段，请在第一段前写（一）",
            )
        return [replace(piece, depth=0) if isinstance(piece.block, Paragraph) else piece for piece in read]

    def _without_ordinal(self, piece: Piece) -> Piece:
        block = piece.block
        if not isinstance(block, Heading | Paragraph):
            return piece
        found = read_ordinal(plain(block.text))
        if found is None:
            return self._no_long_heading(piece)
        ordinal, rest = found
        if piece.ordinal:
            self._wrong(piece, f"自动编号之外又写了序号“{ordinal.written.strip()}”，请只留一个")
        text = part_of(block.text, rest)
        return self._no_long_heading(replace(piece, block=replace(block, text=text), ordinal=piece.ordinal or ordinal))

    def _no_long_heading(self, piece: Piece) -> Piece:
        """What an author set as a heading and reads as a text is an item without a title."""
        block = piece.block
        if not isinstance(block, Heading):
            return piece
        text = plain(block.text)
        ends = _SENTENCE.search(text)
        if len(text) <= _LONGEST_HEADING and not (ends and len(text) > _LONGEST_TITLE):
            if len(text) > _LONGEST_TITLE:
                self._note(piece, f"标题超过 {_LONGEST_TITLE} 字，请看看能不能短些")
            return piece
        self._note(piece, f"用了标题样式，但有 {len(text)} 字，按没有标题的一条排成正文")
        return replace(piece, block=Paragraph(block.text), depth=block.level - 1)

    def _titled(self, pieces: Sequence[Piece]) -> list[Piece]:
        """With short paragraphs that have an ordinal and don't end as a sentence does as headings.

        Below （一） only those that a text follows: a list of words is no list of titles.
        """
        titled = []
        for piece, after in _with_next(pieces):
            ordinal, text = piece.ordinal, _text(piece)
            if not (isinstance(piece.block, Paragraph) and ordinal and piece.depth is None and _may_be_title(text)):
                titled.append(piece)
                continue
            followed = after is not None and not _is_marked(after) and isinstance(after.block, Paragraph)
            titled.append(_as_heading(piece, 0) if ordinal.form in {"一、", "（一）"} or followed else piece)
        return titled

    # Depths, and the order of ordinals.

    def walk(self, pieces: Sequence[Piece]) -> Iterator[Piece]:
        """The pieces with their depths."""
        base = min((level for piece in pieces if (level := _styled(piece)) is not None), default=1)
        for piece in pieces:
            if piece.ordinal is None and _styled(piece) is None:
                yield self._plain(piece)
                continue
            level = _styled(piece)
            depth, restarts = self._by_ordinal(piece) if level is None else self._by_style(piece, level - base)
            self.text_since = False
            yield _at_depth(piece, depth, restarts=restarts)
        if self.begun and self.levels:
            self._check_first(self.begun)

    def _plain(self, piece: Piece) -> Piece:
        if piece.depth is not None:
            return piece
        self.text_since = True
        if not self.levels and isinstance(piece.block, Paragraph) and self.begun is None:
            if self.before:
                self._wrong(piece, "开头这段没有标题也没有序号，不知道是哪一条的，请加上标题或序号")
            else:
                self._note(piece, "开头这段没有标题也没有序号，作为栏目的引语，不编号")
        return piece

    def _by_style(self, piece: Piece, depth: int) -> tuple[int, bool]:
        depth = min(depth, len(self.levels), _DEEPEST_HEADING - ITEM)
        del self.levels[depth + 1 :]
        return depth, self._count(piece, depth)

    def _by_ordinal(self, piece: Piece) -> tuple[int, bool]:
        ordinal = piece.ordinal
        assert ordinal is not None  # noqa: S101 - else it would have no depth
        depth = self._depth_of(ordinal)
        del self.levels[depth + 1 :]
        return depth, self._count(piece, depth)

    def _depth_of(self, ordinal: Ordinal) -> int:
        """Among the items of its form; else below the last item if it begins a list, else beside what it continues."""
        depths = range(len(self.levels) - 1, -1, -1)
        if same := [depth for depth in depths if self.levels[depth].form == ordinal.form]:
            return same[0]
        if ordinal.value > 1 and (continued := [d for d in depths if self.levels[d].last == ordinal.value - 1]):
            return continued[0]
        ranks = [Ordinal(level.form, 1, "").rank if level.form else -1 for level in self.levels]
        return next((depth for depth, rank in enumerate(ranks) if rank > ordinal.rank), len(self.levels))

    def _count(self, piece: Piece, depth: int) -> bool:
        """Count an item, and remark what isn't in order.

        Returns:
            Whether it begins a list of its own.
        """
        ordinal = piece.ordinal
        if depth == len(self.levels):
            self.levels.append(_Level(ordinal.form if ordinal else "", ordinal.value if ordinal else 1))
            if depth == 0:
                self.begun = piece
            elif ordinal and ordinal.value > 1:
                self._wrong(piece, f"序号从“{_label(ordinal)}”开始，前面少了“{ordinal.other(1)}”")
            return False
        level = self.levels[depth]
        if (
            ordinal
            and ordinal.form == level.form
            and ordinal.value == 1
            and depth
            and self.text_since
            and level.count > 1
        ):
            self.levels[depth] = _Level(level.form, 1)
            return True
        if fault := _fault(level, ordinal):
            self._wrong(piece, fault)
        level.last, level.count = ordinal.value if ordinal else level.last + 1, level.count + 1
        return False

    def _check_first(self, piece: Piece) -> None:
        """Whether a file's first item follows on those of the files before it, or begins anew."""
        ordinal = piece.ordinal
        if ordinal is None or ordinal.value in {1, self.before + 1}:
            return
        if self.levels[0].count == 1:
            self._note(piece, f"稿件写的是“{_label(ordinal)}”，已按文件的先后重新编号")
        else:
            self._wrong(piece, f"序号从“{_label(ordinal)}”开始，前面少了“{ordinal.other(1)}”")

    def _wrong(self, piece: Piece, text: str) -> None:
        self.remarks.append(Remark(self.name, where(piece.place), text))

    def _note(self, piece: Piece, text: str) -> None:
        self.remarks.append(Remark(self.name, where(piece.place), text, wrong=False))


def _fault(level: _Level, ordinal: Ordinal | None) -> str:
    """What isn't in order about an item after those before it; empty for nothing."""
    if ordinal is None:
        return "同级的别的条目有序号，这一条没有，请补上" if level.form else ""
    if not level.form:
        return f"同级的别的标题没有序号，这里写了“{_label(ordinal)}”，请统一：都写或都不写"
    if ordinal.form != level.form:
        return f"序号写法不一：前面的写作“{level.form}”这样，这里写“{_label(ordinal)}”，请统一"
    if ordinal.value <= level.last:
        return f"序号“{_label(ordinal)}”重复，前面已经到“{ordinal.other(level.last)}”"
    if ordinal.value > level.last + 1:
        absent = ordinal.other(level.last + 1)
        return f"序号从“{ordinal.other(level.last)}”跳到“{_label(ordinal)}”，少了“{absent}”"
    return ""


def _label(ordinal: Ordinal) -> str:
    return ordinal.written.strip()


def _styled(piece: Piece) -> int | None:
    """The level of a title that its author set as one, or of an item that was; None for all others."""
    block = piece.block
    if isinstance(block, Heading):
        return block.level or None
    return piece.depth + 1 if piece.depth is not None and isinstance(block, Paragraph) else None


def _with_next(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Piece | None]]:
    return zip(pieces, [*pieces[1:], None], strict=False)


def _is_marked(piece: Piece) -> bool:
    return piece.ordinal is not None or isinstance(piece.block, Heading) or piece.depth is not None


def _is_title(piece: Piece, after: Piece | None) -> bool:
    """A line without a sentence's end that a text follows."""
    return (
        isinstance(piece.block, Paragraph)
        and _may_be_title(_text(piece))
        and after is not None
        and isinstance(after.block, Paragraph)
        and not _may_be_title(_text(after))
    )


def _may_be_title(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TITLE and not _SENTENCE.search(text) and text[-1] not in _NO_TITLE_ENDS


def _text(piece: Piece) -> str:
    return plain(piece.block.text) if isinstance(piece.block, Heading | Paragraph) else ""


def _as_heading(piece: Piece, level: int) -> Piece:
    block = piece.block
    assert isinstance(block, Paragraph)  # noqa: S101 - only paragraphs become titles
    return replace(piece, block=Heading(level, block.text))


def _at_depth(piece: Piece, depth: int, *, restarts: bool) -> Piece:
    block = piece.block
    if isinstance(block, Heading):
        level = ITEM + depth
        block = Heading(level, block.text) if level <= _DEEPEST_HEADING else Paragraph(block.text)
    return replace(piece, block=block, depth=min(depth, DEEPEST), restarts=restarts)
