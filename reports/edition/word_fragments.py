"""A Word file as blocks: headings by their styles, paragraphs, tables, text in bold or italics, changes as accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reports.docx_files import BREAKS, LEFT_OUT, W, readable
from reports.edition.pieces import Piece, Remark, where
from reports.proofreading import TextPlace
from reports.word.blocks import Heading, Paragraph, RichText, Run, TableBlock, plain
from reports.word.measurements import Measurements

_CONTAINERS = frozenset({f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml"})
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
# What isn't carried over, whether that has to be put right, and how it is said.
_LOST: tuple[tuple[str, bool, str], ...] = (
    (f"{W}drawing", True, "图片没有带入，请在生成的 Word 里插入"),
    (f"{W}pict", True, "图片没有带入，请在生成的 Word 里插入"),
    (f"{W}object", True, "嵌入的对象没有带入"),
    (_MATH, True, "公式没有带入，请改写成文字"),
    (f"{W}footnoteReference", True, "脚注没有带入，请写进正文"),
    (f"{W}endnoteReference", True, "尾注没有带入，请写进正文"),
    (f"{W}commentReference", False, "批注没有带入"),
    (f"{W}ins", False, "有修订痕迹，已按接受修订处理"),
    (f"{W}del", False, "有修订痕迹，已按接受修订处理"),
    (f"{W}moveFrom", False, "有修订痕迹，已按接受修订处理"),
    (f"{W}numPr", False, "Word 的自动编号没有带入，需要时请直接写出编号"),
    (f"{W}gridSpan", False, "合并的单元格已拆开"),
    (f"{W}vMerge", False, "合并的单元格已拆开"),
)


def read_word(path: Path, name: str) -> tuple[list[Piece], list[Remark]]:
    """Read a Word file.

    Raises:
        DocumentError: It can't be opened (see `open_docx`), or is damaged.
    """
    with readable(path.name):
        reading = _Reading(name, Measurements(path))
        pieces = list(reading.pieces(reading.measured.document.element.body))
        return pieces, list(dict.fromkeys(reading.remarks))


class _Reading:
    """Counts paragraphs and tables while the body is read, as proofreading does."""

    def __init__(self, name: str, measured: Measurements) -> None:
        self.name = name
        self.measured = measured
        self.remarks: list[Remark] = []
        self.paragraphs = 0
        self.tables = 0

    def pieces(self, container: Any) -> Iterator[Piece]:
        """The blocks of a container."""
        for element in container.iterchildren():
            if element.tag == f"{W}p":
                yield from self._paragraph(element)
            elif element.tag == f"{W}tbl":
                yield from self._table(element)
            elif element.tag in _CONTAINERS:
                yield from self.pieces(element)

    def _paragraph(self, element: Any) -> Iterator[Piece]:
        self.paragraphs += 1
        place = TextPlace(paragraph=self.paragraphs)
        self._lost(element, place)
        text = _joined(_runs(element))
        if plain(text).strip():
            level = self._level(element)
            yield Piece(Heading(level, text) if level else Paragraph(_stripped(text)), place)
        for box in _boxes(element):
            yield from self.pieces(box)

    def _level(self, element: Any) -> int:
        if self.measured.style_name(self.measured.style_of(element)).lower() == "title":
            return 1
        return self.measured.outline_of(element)

    def _table(self, element: Any) -> Iterator[Piece]:
        self.tables += 1
        place = TextPlace(table=self.tables, row=1)
        self._lost(element, place)
        nested = list(element.iterfind(f"{W}tr/{W}tc/{W}tbl"))
        rows = [
            [
                _joined(run for paragraph in cell.iterchildren(f"{W}p") for run in (*_runs(paragraph), Run("\n")))
                for cell in line.iterchildren(f"{W}tc")
            ]
            for line in element.iterchildren(f"{W}tr")
        ]
        rows = [[_stripped(cell) for cell in row] for row in rows if row]
        if rows:
            yield Piece(TableBlock(rows), place)
        for inner in nested:
            self.remarks.append(Remark(self.name, where(place), "表格里的表格已移到后面", wrong=False))
            yield from self._table(inner)

    def _lost(self, element: Any, place: TextPlace) -> None:
        for tag, wrong, says in _LOST:
            found = element.find(f".//{tag}")
            if found is not None and found.find(f".//{W}txbxContent") is None:
                self.remarks.append(Remark(self.name, where(place), says, wrong=wrong))


def _runs(element: Any, *, bold: bool = False, italic: bool = False) -> Iterator[Run]:
    """The text of a paragraph as a reader sees it, whatever links and insertions it is split into."""
    for child in element.iterchildren():
        if child.tag in LEFT_OUT:
            continue
        if child.tag == f"{W}t":
            yield Run(child.text or "", bold=bold, italic=italic)
        elif child.tag in BREAKS:
            yield Run(BREAKS[child.tag], bold=bold, italic=italic)
        elif child.tag == f"{W}r":
            yield from _runs(child, bold=_holds(child, "b"), italic=_holds(child, "i"))
        else:
            yield from _runs(child, bold=bold, italic=italic)


def _holds(run: Any, name: str) -> bool:
    found = run.find(f"{W}rPr/{W}{name}")
    return found is not None and found.get(f"{W}val", "1") not in {"0", "false", "off"}


def _joined(runs: Iterator[Run] | Any) -> RichText:
    """Neighbouring runs of one format as one, so that a reference is found whole."""
    joined: list[Run] = []
    for run in runs:
        if joined and (joined[-1].bold, joined[-1].italic) == (run.bold, run.italic):
            joined[-1] = Run(joined[-1].text + run.text, bold=run.bold, italic=run.italic)
        else:
            joined.append(run)
    return tuple(run for run in joined if run.text)


def _stripped(text: RichText) -> RichText:
    """Without the blanks at either end, which authors type as indents."""
    if not text:
        return text
    first, *rest = text
    text = (Run(first.text.lstrip(), first.bold, first.italic), *rest)
    *most, last = text
    return (*most, Run(last.text.rstrip(), last.bold, last.italic))


def _boxes(element: Any) -> Iterator[Any]:
    for box in element.iter(f"{W}txbxContent"):
        if not any(parent.tag.endswith("}Fallback") for parent in box.iterancestors()):
            yield box
