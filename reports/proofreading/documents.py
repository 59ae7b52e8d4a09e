"""Reading an author's file into passages: .txt, .md and .docx, with the place of every paragraph and table cell."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reports.docx_files import DocumentError, blocks_of, open_docx, readable, texts_of
from reports.proofreading.passages import Passage, TextPlace

_BEGINS = re.compile(
    r"\s*(?:#{1,6}\s|[-*+•]\s|>|[（(]?[一二三四五六七八九十]{1,3}[）)、]|[（(]\d{1,2}[)）]|\d{1,2}[.、)）](?!\d))"
)
_ENDS_ALONE = re.compile(r"\s*(?:#{1,6}\s.*|[一二三四五六七八九十]{1,3}、[^。；，]{0,40})$")
_RULE_OF_TABLE = re.compile(r"\s*\|?[\s:|-]+\|?\s*$")
_CELL_OF_LINE = re.compile(r"(?<=\|)[^|]*(?=\|)|(?<=\|)[^|]+$")
_UNIT_CAPTION = re.compile(r"单位\s*[:：]\s*[^\s，。）)]{1,8}")
# What a first row has that its first cells don't say anything of: headings, and counts of nobody knows which column.
_SPEAKS_ALONE = re.compile(
    r"\D*(?:(?:\d{4}\s*年)?\s*\d{1,2}\s*月\D*)?$|\s*[-−+]?\d[\d.,]*\s*(?:[万亿千百]|[件人次个户项元条份%％（）()])*\s*$"
)
_COUNT = re.compile(r"\d\s*(?:[万亿]|%|％|[件人次个户元项条份])")
_NUMBER_CELL = re.compile(r"[\s\d.,，%％+\-−—－万亿０-９．]*$")
# A longer cell is prose, and speaks for itself.
_LONGEST_CELL = 40


def read_document(path: Path) -> list[Passage]:
    """Read an author's file.

    Args:
        path: A .docx, .txt or .md file; texts in UTF-8 or GB 18030.

    Returns:
        Its passages in reading order: of a .docx the paragraphs, table cells and text boxes of the body, as they
        are when tracked changes are accepted.

    Raises:
        DocumentError: Another kind of file, or one that is damaged.
        OSError: The file can't be opened.
    """
    match path.suffix.lower():
        case ".docx":
            return _read_docx(path)
        case ".md":
            return passages_of(read_text(path))
        case ".txt":
            return passages_of(read_text(path), by_line=True)
    raise DocumentError(f"{path.name}：只能核对 .docx、.txt 和 .md 文件")


# Plain text and Markdown.


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 or GB 18030; DocumentError if it is in neither."""
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DocumentError(f"{path.name} 的文字编码既不是 UTF-8，也不是 GB 18030")


def passages_of(text: str, *, by_line: bool = False) -> list[Passage]:
    """Split a text into paragraphs, headings, items and table cells.

    Lines of one paragraph are read together, as Markdown has them; `by_line` every line is a paragraph, as an edition
    takes those of a .txt.
    """
    passages: list[Passage] = []
    caption = ""
    for first, lines in _blocks(text, by_line=by_line):
        if lines[0].lstrip().startswith("|"):
            passages += _table_of_lines(first, lines, caption)
        else:
            block = "\n".join(lines)
            caption = _caption(block)
            passages.append(Passage(block, TextPlace(line=first, column=1)))
    return passages


def _blocks(text: str, *, by_line: bool) -> Iterator[tuple[int, list[str]]]:
    block: list[str] = []
    begun = 0
    for number, line in enumerate(text.split("\n"), 1):
        if block and (_separates(block[-1], line) or (by_line and not _are_rows(block[-1], line))):
            yield begun, block
            block = []
        if line.strip():
            begun = begun if block else number
            block.append(line)
    if block:
        yield begun, block


def _are_rows(before: str, line: str) -> bool:
    return before.lstrip().startswith("|") and line.lstrip().startswith("|")


def _separates(before: str, line: str) -> bool:
    if _are_rows(before, line):
        return False
    return (
        not line.strip()
        or bool(_BEGINS.match(line) or _ENDS_ALONE.match(before))
        or "|" in {before.lstrip()[:1], line.lstrip()[:1]}
    )


def _table_of_lines(first: int, lines: Sequence[str], caption: str) -> Iterator[Passage]:
    rows = []
    for number, line in enumerate(lines, first):
        if not _RULE_OF_TABLE.match(line):
            cells = _CELL_OF_LINE.finditer(line)
            rows.append([(cell[0], TextPlace(line=number, column=cell.start() + 1)) for cell in cells])
    yield from table_passages(rows, caption)


# Tables of either kind.


def table_passages(rows: Sequence[Sequence[tuple[str, TextPlace]]], caption: str) -> Iterator[Passage]:
    """The cells of a table; a number is told the texts to its left and the heading of its column."""
    headings = [text.strip() for text, _ in rows[0]] if rows else []
    for index, row in enumerate(rows):
        labels: list[str] = []
        for column, (text, place) in enumerate(row):
            heading = headings[column] if index and column < len(headings) else ""
            lead = "" if len(text.strip()) > _LONGEST_CELL else "，".join(filter(None, [caption, *labels, heading]))
            if text.strip():
                yield Passage(text, place, lead=lead if index or not _SPEAKS_ALONE.match(text) else "")
            if text.strip() and not (_NUMBER_CELL.match(text) or _COUNT.search(text)):
                labels.append(text.strip())


def _caption(text: str) -> str:
    match = _UNIT_CAPTION.search(text) if len(text) <= _LONGEST_CELL else None
    return match[0] if match else ""


# Word.


def _read_docx(path: Path) -> list[Passage]:
    with readable(path.name):
        return list(_docx_passages(open_docx(path).element.body))


def _docx_passages(body: Any) -> Iterator[Passage]:
    caption = ""
    for block in blocks_of(body):
        if block.is_table:
            rows = [
                [
                    ("\n".join(map(_text, cell)), TextPlace(table=block.number, row=row, cell=column, column=1))
                    for column, cell in enumerate(cells, 1)
                ]
                for row, cells in enumerate(block.rows, 1)
            ]
            yield from table_passages(rows, caption)
        elif (text := _text(block.element)).strip():
            caption = _caption(text)
            yield Passage(text, TextPlace(paragraph=block.number, column=1))


def _text(paragraph: Any) -> str:
    return "".join(text for text, _ in texts_of(paragraph))
