"""Reading a .docx that somebody else made, within limits and without entities: its paragraphs, tables and texts.

What is done with the text doesn't belong here. Imports `reports.errors` at most.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.errors import ReportsError

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TABLE = f"{W}tbl"
_CONTAINERS = frozenset({f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}moveTo", f"{W}customXml"})
# What stands in a run beside its text; a note's mark has none, but a place.
_MARKS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_MARKS |= {f"{W}footnoteReference": "", f"{W}endnoteReference": ""}
# What tracked changes deleted or moved away, the second copy of a text box, text boxes, which are read apart, and
# properties, whose tab stops are no tabs.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
LEFT_OUT = frozenset({f"{W}del", f"{W}moveFrom", f"{W}txbxContent", f"{W}pPr", _FALLBACK})
_MOST_BYTES = 256 * 1024 * 1024
_MOST_XML_BYTES = 32 * 1024 * 1024
_MOST_PARTS = 5_000


class DocumentError(ReportsError):
    """A file can't be read as what its name says; the message says why."""


def open_docx(source: Path | bytes) -> Any:
    """Open a Word document, a file or its content.

    Returns:
        A `docx.document.Document`.

    Raises:
        DocumentError: It is damaged, too large when unpacked, or declares entities as no word processor does.
        OSError: The file can't be opened.
    """
    from docx import Document

    content, name = (source, "文件") if isinstance(source, bytes) else (source.read_bytes(), source.name)
    with readable(name):
        _require_limits(content, name)
        return Document(io.BytesIO(content))


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Whatever a damaged file makes the libraries raise, wherever they meet the damage, becomes a DocumentError."""
    try:
        yield
    except DocumentError:
        raise
    except Exception as error:
        raise DocumentError(f"{name} 不是完整的 Word 文档，打不开（{error}），请用 Word 另存一份再试") from error


def _require_limits(content: bytes, name: str) -> None:
    # zipfile reads no more of a part than the archive's directory declares: its sum is a limit while reading, too.
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = archive.infolist()
        large = [
            part for part in parts if part.filename.endswith((".xml", ".rels")) and part.file_size > _MOST_XML_BYTES
        ]
        if large or len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_BYTES:
            raise DocumentError(f"{name} 解开以后太大（超过 {_MOST_BYTES // 2**20} MB 或部件过多），不予打开")
        for part in parts:
            if part.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(part)[:4096]:
                raise DocumentError(f"{name} 里有 Word 不会写的实体声明（DOCTYPE），不予打开")


@dataclass(frozen=True)
class DocxBlock:
    """A paragraph or a table; `number` counts those of its kind from 1, in reading order."""

    element: Any
    number: int

    @property
    def is_table(self) -> bool:
        """Whether it is a table."""
        return bool(self.element.tag == _TABLE)

    @property
    def rows(self) -> list[list[list[Any]]]:
        """Of a table, the paragraphs of each cell by row."""
        return [
            [list(cell.iterchildren(f"{W}p")) for cell in row.iterchildren(f"{W}tc")]
            for row in self.element.iterchildren(f"{W}tr")
        ]

    @property
    def nested(self) -> list[Any]:
        """Of a table, the tables in its cells, which come as blocks right after it."""
        return list(self.element.iterfind(f"{W}tr/{W}tc/{_TABLE}"))


def blocks_of(container: Any, counts: Counter[str] | None = None) -> Iterator[DocxBlock]:
    """The blocks of a document's body as they are when tracked changes are accepted, text boxes after their paragraph.

    `counts` says how many elements of each tag came before those of a container inside of the body.
    """
    counts = Counter() if counts is None else counts
    for element in container.iterchildren():
        if element.tag in _CONTAINERS:
            yield from blocks_of(element, counts)
        elif element.tag in {f"{W}p", _TABLE}:
            yield from _block(element, counts)


def _block(element: Any, counts: Counter[str]) -> Iterator[DocxBlock]:
    counts[element.tag] += 1
    block = DocxBlock(element, counts[element.tag])
    yield block
    if block.is_table:
        for nested in block.nested:
            yield from _block(nested, counts)
        return
    for box in element.iter(f"{W}txbxContent"):
        if not any(parent.tag == _FALLBACK for parent in box.iterancestors()):
            yield from blocks_of(box, counts)


def texts_of(element: Any, run: Any = None) -> Iterator[tuple[str, Any]]:
    """The texts of a paragraph as a reader sees it, whatever links and insertions split it, each with its run."""
    for child in element.iterchildren():
        if child.tag in LEFT_OUT:
            continue
        if child.tag == f"{W}t":
            yield child.text or "", run
        elif child.tag in _MARKS:
            yield _MARKS[child.tag], run
        else:
            yield from texts_of(child, child if child.tag == f"{W}r" else run)


def notes_in(part: Any) -> Iterator[Any]:
    """The footnotes and endnotes of a document's main part, each an element with its `w:id`; no rules before them."""
    from docx.oxml import parse_xml

    for relation in part.rels.values():
        kind = relation.reltype.rpartition("/")[2].removesuffix("s")
        if kind in {"footnote", "endnote"}:
            notes = parse_xml(relation.target_part.blob).iterchildren(f"{W}{kind}")
            yield from (note for note in notes if note.get(f"{W}type") in {None, "normal"})
