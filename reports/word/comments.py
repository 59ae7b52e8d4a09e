"""Remarks as Word comments at their spots, in a copy of an author's document."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.docx_files import DocumentError, W, blocks_of, open_docx, texts_of
from reports.proofreading import Passage, ProofFinding, TextPlace
from reports.word.package import new_document

_AUTHOR, _INITIALS = "月报核对", "核"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_LEVELS = {True: "须改", False: "请核"}
# The styles that comments are written in, which a document without comments needn't have.
_STYLES = {"CommentReference": ("character", "annotation reference"), "CommentText": ("paragraph", "annotation text")}


@dataclass(frozen=True)
class _Run:
    """A run of a paragraph, and where its text stands in that of the passage."""

    element: Any
    start: int
    end: int


def require_copy(source: Path, target: Path) -> None:
    """DocumentError where comments would be written over the author's own file, or into one that is no .docx."""
    if target.suffix.lower() != ".docx":
        raise DocumentError(f"批注要写进一份 .docx，不能写进 {target.name}：请换一个以 .docx 结尾的文件名")
    if target.exists() and target.samefile(source):
        raise DocumentError(f"{target.name} 就是稿子本身，批注要另写一份：请换一个文件名")


def write_comments(source: Path, target: Path, passages: Sequence[Passage], findings: Sequence[ProofFinding]) -> None:
    """Write a copy of a document with a comment at each finding.

    Args:
        source: The document that was proofread: a .docx, or a text, whose passages become paragraphs.
        target: The .docx to write.
        passages: Its passages, as the findings count them.
        findings: What proofreading found.

    Raises:
        DocumentError: The document can't be opened.
        OSError: The copy can't be written.
    """
    if source.suffix.lower() == ".docx":
        document = open_docx(source)
        paragraphs = _paragraphs(document.element.body)
    else:
        document, paragraphs = _of_texts(passages)
    # From the end: a run that is cut keeps what stands before it in place.
    for finding in sorted(findings, key=lambda finding: (finding.spot.passage, finding.spot.start), reverse=True):
        found = paragraphs.get(_key(passages[finding.spot.passage].place), [])
        if runs := _cut_out(found, finding.spot.start, finding.spot.end):
            text = f"【{_LEVELS[finding.must]}·{finding.rule_name}】{finding.expected}。{finding.suggestion}。"
            document.add_comment(runs=_as_runs(document, runs), text=text, author=_AUTHOR, initials=_INITIALS)
    _add_styles(document.styles.element)
    document.save(str(target))


def _add_styles(styles: Any) -> None:
    from docx.oxml import OxmlElement

    there = {style.get(f"{W}styleId") for style in styles} | {name.get(f"{W}val") for name in styles.iter(f"{W}name")}
    for key, (kind, name) in _STYLES.items():
        if there.isdisjoint({key, name}):
            style = OxmlElement("w:style", {f"{W}type": kind, f"{W}styleId": key})
            style.append(OxmlElement("w:name", {f"{W}val": name}))
            styles.append(style)


def _key(place: TextPlace) -> tuple[int, ...]:
    return (place.line, place.paragraph, place.table, place.row, place.cell, place.column if place.line else 0)


def _paragraphs(body: Any) -> Mapping[tuple[int, ...], Sequence[Any]]:
    """The paragraphs of a document by the place of their passage: one, or those of a cell."""
    found: dict[tuple[int, ...], Sequence[Any]] = {}
    for block in blocks_of(body):
        if not block.is_table:
            found[_key(TextPlace(paragraph=block.number, column=1))] = [block.element]
            continue
        for row, cells in enumerate(block.rows, 1):
            for column, cell in enumerate(cells, 1):
                found[_key(TextPlace(table=block.number, row=row, cell=column, column=1))] = cell
    return found


def _of_texts(passages: Sequence[Passage]) -> tuple[Any, Mapping[tuple[int, ...], Sequence[Any]]]:
    """A new document with a paragraph for each passage."""
    document = new_document()
    return document, {_key(passage.place): [_added(document, passage.text)] for passage in passages}


def _added(document: Any, text: str) -> Any:
    # A line end in a run becomes a break, which counts as one character, as here.
    return document.add_paragraph(text)._element  # noqa: SLF001 - what python-docx doesn't offer otherwise


def _runs(paragraphs: Sequence[Any]) -> Iterator[_Run]:
    place = 0
    for paragraph in paragraphs:
        for text, element in texts_of(paragraph):
            if element is not None:
                yield _Run(element, place, place + len(text))
            place += len(text)
        place += 1  # cells join their paragraphs by a line end


def _cut_out(paragraphs: Sequence[Any], start: int, end: int) -> list[Any]:
    """The runs between two positions; one that reaches beyond them is cut, if it holds a text alone."""
    runs = [run for run in _runs(paragraphs) if run.start < end and run.end > start]
    elements: list[Any] = []
    for run in runs:
        element = run.element
        if _text_of(element) is not None:
            if run.end > end:
                _split(element, end - run.start)
            if run.start < start:
                element = _split(element, start - run.start)
        if element not in elements:
            elements.append(element)
    return elements


def _text_of(run: Any) -> Any | None:
    """The only text of a run that has nothing else but its properties."""
    content = [child for child in run if child.tag != f"{W}rPr"]
    return content[0] if len(content) == 1 and content[0].tag == f"{W}t" else None


def _split(run: Any, position: int) -> Any:
    """Cut a run that holds a text alone in two; the second one is returned."""
    second = deepcopy(run)
    texts: tuple[Any, Any] = (_text_of(run), _text_of(second))
    whole = texts[0].text
    for element, text in zip(texts, (whole[:position], whole[position:]), strict=True):
        element.text = text
        element.set(_SPACE, "preserve")
    run.addnext(second)
    return second


def _as_runs(document: Any, elements: Sequence[Any]) -> list[Any]:
    from docx.text.run import Run

    return [Run(element, document) for element in (elements[0], elements[-1])]
