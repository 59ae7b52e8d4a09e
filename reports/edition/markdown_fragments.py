"""A Markdown file as blocks: headings, paragraphs, lists, tables, and text in bold or italics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from reports.edition.ordinals import Ordinal, read_ordinal
from reports.edition.pieces import Piece, Remark, where
from reports.proofreading import TextPlace, read_text
from reports.word.blocks import Heading, Paragraph, Picture, RichText, Run, TableBlock, stripped, text_of
from reports.word.pictures import picture_of

if TYPE_CHECKING:
    from markdown_it.token import Token

_HTML = "HTML 标记不起作用，“{}”已按文字印出，请删去"
_NOT_BESIDE = "图片“{}”找不到，请把图片文件放在稿件旁边"
_NOTE = re.compile(r" {0,3}\[\^([^\]\s]+)\]:(.*)")
_NOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_NO_NOTE = "脚注 [^{}] 没有内容，请在文末另起一行写“[^{}]: 脚注的文字”"
_NO_PICTURE = "图片“{}”的格式不能带入，请另存为 PNG 再引用"


def read_markdown(path: Path, name: str) -> tuple[list[Piece], list[Remark]]:
    """Read a Markdown file (CommonMark with tables); pictures lie beside it, and HTML is text."""
    from markdown_it import MarkdownIt

    text, notes = _without_notes(read_text(path))
    reading = _Reading(name, path.parent, notes)
    pieces = list(reading.pieces(MarkdownIt("commonmark").enable("table").parse(text)))
    reading.check_notes()
    return pieces, reading.remarks


def _without_notes(text: str) -> tuple[str, dict[str, str]]:
    """The text with empty lines where its footnotes stood, `[^1]: …` and indented lines after it; and those by key."""
    notes: dict[str, str] = {}
    lines = text.split("\n")
    last = ""
    for number, line in enumerate(lines):
        begun = _NOTE.match(line)
        if begun:
            last = begun[1]
            notes[last] = begun[2].strip()
        elif last and line.startswith(("  ", "\t")) and line.strip():
            notes[last] += line.strip()
        else:
            last = ""
            continue
        lines[number] = ""
    return "\n".join(lines), notes


class _Reading:
    """Walks the tokens of one file and notes what there is to remark."""

    def __init__(self, name: str, folder: Path, notes: Mapping[str, str]) -> None:
        self.name = name
        self.folder = folder
        self.notes = notes
        self.noted: set[str] = set()
        self.pictures: list[Picture] = []
        self.remarks: list[Remark] = []
        self.place = TextPlace(line=1)
        self.heading = 0
        self.rows: list[list[RichText]] = []
        self.begun = self.place
        self.lists: list[tuple[int, int]] = []  # where each begins, and the number that comes next
        self.pending: Ordinal | None = None

    def pieces(self, tokens: Sequence[Token]) -> Iterator[Piece]:
        """The blocks, in order."""
        for token in tokens:
            if token.map:
                self.place = TextPlace(line=token.map[0] + 1)
            self._list(token)
            if token.type == "table_open":
                self.rows, self.begun = [], self.place
            elif token.type == "tr_open":
                self.rows.append([])
            elif token.type == "table_close":
                yield Piece(TableBlock(self.rows), self.begun)
                self.rows = []
            elif token.type == "heading_open":
                self.heading = int(token.tag.removeprefix("h"))
            else:
                yield from self._content(token)

    def _content(self, token: Token) -> Iterator[Piece]:
        if token.type == "inline":
            if self.rows:
                self.rows[-1].append(self._text(token.children or []))
            else:
                yield from self._paragraphs(token)
        elif token.type == "code_block":
            # Four blanks are an author's indent.
            for number, line in enumerate(token.content.split("\n")):
                if line.strip():
                    yield Piece(Paragraph(text_of(line.strip())), replace(self.place, line=self.place.line + number))
        elif token.type in {"fence", "html_block"}:
            if token.type == "html_block":
                self._remark(_HTML.format(_short(token.content)))
            yield Piece(Paragraph((Run(token.content.strip()),)), self.place)

    def _paragraphs(self, token: Token) -> Iterator[Piece]:
        """A heading or a paragraph; a line of it that begins with an ordinal is a paragraph of its own."""
        level, self.heading = self.heading, 0
        for children, line in _split(token.children or []):
            place = replace(self.place, line=self.place.line + line)
            if text := stripped(self._text(children)):
                yield Piece(Heading(level, text) if level else Paragraph(text), place, self.pending)
                self.pending = None
            yield from (Piece(picture, place) for picture in self.pictures)
            self.pictures.clear()

    def _list(self, token: Token) -> None:
        """Ordered lists keep their numbers, 1. 1. 1. counting up; 0 stands for a list without numbers."""
        if token.type in {"ordered_list_open", "bullet_list_open"}:
            start = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else 0
            self.lists.append((start, start))
        elif token.type in {"ordered_list_close", "bullet_list_close"}:
            self.lists.pop()
        elif token.type == "list_item_open" and self.lists[-1][0]:
            start, following = self.lists[-1]
            value = following if int(token.info) == start else int(token.info)
            self.pending = Ordinal("1." * len(self.lists), value, f"{value}.")
            self.lists[-1] = start, value + 1

    def _text(self, children: Sequence[Token]) -> RichText:
        runs: list[Run] = []
        bold = italic = 0
        for child in children:
            bold += {"strong_open": 1, "strong_close": -1}.get(child.type, 0)
            italic += {"em_open": 1, "em_close": -1}.get(child.type, 0)
            content = "" if child.type == "softbreak" else "\n" if child.type == "hardbreak" else child.content
            if child.type == "html_inline":
                self._remark(_HTML.format(_short(content)))
            if child.type == "image":
                self._picture(unquote(str(child.attrs.get("src", ""))), child.content)
            elif content:
                runs += self._runs(content, bold=bold > 0, italic=italic > 0)
        return tuple(runs)

    def _runs(self, content: str, *, bold: bool, italic: bool) -> Iterator[Run]:
        """A text, and the footnotes that are asked for in it."""
        for number, part in enumerate(_NOTE_MARK.split(content)):
            if number % 2 == 0 or part not in self.notes:
                written = part if number % 2 == 0 else f"[^{part}]"
                if number % 2:
                    self._remark(_NO_NOTE.format(part, part))
                if written:
                    yield Run(written, bold=bold, italic=italic)
            else:
                self.noted.add(part)
                yield Run("", note=text_of(self.notes[part]))

    def check_notes(self) -> None:
        """Remark footnotes that nothing refers to."""
        for key in self.notes:
            if key not in self.noted:
                self.remarks.append(Remark(self.name, "", f"脚注 [^{key}] 没有用上：正文里没有写 [^{key}]"))

    def _picture(self, name: str, description: str) -> None:
        """A picture that lies beside the text, never one from elsewhere."""
        path = self.folder / name
        beside = path.resolve().parent.is_relative_to(self.folder.resolve()) and path.is_file()
        picture = picture_of(path.read_bytes(), description) if beside else None
        if picture:
            self.pictures.append(picture)
        else:
            self._remark((_NO_PICTURE if beside else _NOT_BESIDE).format(_short(name)))

    def _remark(self, text: str) -> None:
        self.remarks.append(Remark(self.name, where(self.place), text))


def _split(children: Sequence[Token]) -> Iterator[tuple[Sequence[Token], int]]:
    """The parts of a paragraph that begin with an ordinal, each with the lines before it."""
    begun = breaks = begun_at = 0
    for index, child in enumerate(children):
        if child.type not in {"softbreak", "hardbreak"}:
            continue
        breaks += 1
        after = children[index + 1] if index + 1 < len(children) else child
        if after.type == "text" and read_ordinal(after.content):
            yield children[begun:index], begun_at
            begun, begun_at = index + 1, breaks
    yield children[begun:], begun_at


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 40 else f"{words[:40]}…"
