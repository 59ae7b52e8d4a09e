"""A Word file as blocks: headings by their styles, paragraphs with Word's own ordinals, tables, changes as accepted."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.docx_files import LEFT_OUT, DocxBlock, W, blocks_of, notes_in, readable, texts_of
from reports.edition.pieces import Piece, Remark, where
from reports.edition.word_numbering import WordNumbering
from reports.proofreading import TextPlace
from reports.word.blocks import Block, Heading, Paragraph, Picture, RichText, Run, TableBlock, plain, stripped
from reports.word.measurements import Measurements
from reports.word.pictures import picture_of

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_NOTES = (f"{W}footnoteReference", f"{W}endnoteReference")
_Notes = Mapping[tuple[str, str], RichText]
_EMU_PER_MM = 36_000
_NO_PICTURE = "这里的图表、图形或图片格式不能带入，请另存为 PNG 图片再插入"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}oMath"
# What isn't carried over, whether that has to be put right, and how it is said.
_LOST: tuple[tuple[tuple[str, ...], bool, str], ...] = (
    ((f"{W}object",), True, "嵌入的对象没有带入"),
    ((_MATH,), True, "公式没有带入，请改写成文字"),
    ((f"{W}endnoteReference",), False, "尾注已改排为脚注"),
    ((f"{W}commentReference",), False, "批注没有带入"),
    ((f"{W}ins", f"{W}del", f"{W}moveFrom"), False, "有修订痕迹，已按接受修订处理"),
)


def read_word(path: Path, name: str) -> tuple[list[Piece], list[Remark]]:
    """Read a Word file; DocumentError if it can't be opened (see `open_docx`), or is damaged."""
    pieces: list[Piece] = []
    remarks: list[Remark] = []
    with readable(path.name):
        measurements = Measurements(path)
        numbering, notes = WordNumbering(measurements), _notes(measurements.document.part)
        for block in blocks_of(measurements.document.element.body):
            place = TextPlace(table=block.number, row=1) if block.is_table else TextPlace(paragraph=block.number)
            remarks += [Remark(name, where(place), text, wrong=wrong) for text, wrong in _losses(block)]
            ordinal = None if block.is_table else numbering.ordinal_of(block.element)
            content = _table(block, notes) if block.is_table else _paragraph(block.element, measurements, notes)
            if content:
                pieces.append(Piece(content, place, ordinal))
            for picture in [] if block.is_table else _pictures(block.element, measurements.document.part):
                if picture:
                    pieces.append(Piece(picture, place))
                else:
                    remarks.append(Remark(name, where(place), _NO_PICTURE))
    return pieces, list(dict.fromkeys(remarks))


def _notes(part: Any) -> _Notes:
    """The footnotes and endnotes of a document, by what refers to them."""
    notes: dict[tuple[str, str], RichText] = {}
    for note in notes_in(part):
        lines = [_joined(_runs(paragraph, {})) for paragraph in note.iter(f"{W}p")]
        whole = [run for line in lines for run in (Run("\n"), *line)][1:]
        notes[f"{note.tag}Reference", note.get(f"{W}id")] = stripped(tuple(whole))
    return notes


def _paragraph(element: Any, measurements: Measurements, notes: _Notes) -> Block | None:
    text = _joined(_runs(element, notes))
    if not plain(text).strip():
        return None
    is_title = measurements.style_name(measurements.style_of(element)).lower() == "title"
    level = 1 if is_title else measurements.outline_of(element)
    return Heading(level, stripped(text)) if level else Paragraph(stripped(text))


def _pictures(paragraph: Any, part: Any) -> Iterator[Picture | None]:
    """The pictures of a paragraph; None for a chart, a shape or a picture of a format that can't be carried over."""
    for drawing in paragraph.iter(f"{W}drawing", f"{W}pict"):
        if drawing.find(f".//{W}txbxContent") is not None or _is_left_out(drawing):
            continue
        source = drawing.find(f".//{_A}blip")
        data = drawing.find(".//{urn:schemas-microsoft-com:vml}imagedata") if source is None else source
        key = None if data is None else data.get(f"{_R}embed") or data.get(f"{_R}id")
        relation = part.rels.get(key) if key else None
        if relation is None or relation.is_external:
            yield None
            continue
        extent, properties = drawing.find(f".//{_WP}extent"), drawing.find(f".//{_WP}docPr")
        size = None if extent is None else (int(extent.get("cx")) / _EMU_PER_MM, int(extent.get("cy")) / _EMU_PER_MM)
        description = "" if properties is None else properties.get("descr", "")
        yield picture_of(relation.target_part.blob, description, size)


def _is_left_out(element: Any) -> bool:
    """Whether it was deleted by a tracked change, or stands in a text box, which is read apart."""
    return any(each.tag in LEFT_OUT for each in element.iterancestors())


def _table(block: DocxBlock, notes: _Notes) -> Block | None:
    """A table on its grid: every row has all columns."""
    rows: list[dict[int, RichText]] = []
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    above: dict[int, tuple[int, int]] = {}  # by column the cell that goes on downwards
    for row in block.element.iterchildren(f"{W}tr"):
        cells: dict[int, RichText] = {}
        column = _number(row, "trPr/{W}gridBefore", 0)
        for cell in row.iterchildren(f"{W}tc"):
            width, merge = _number(cell, "tcPr/{W}gridSpan", 1), cell.find(f"{W}tcPr/{W}vMerge")
            if merge is not None and merge.get(f"{W}val") != "restart" and column in above:
                top = above[column]
                spans[top] = len(rows) - top[0] + 1, width
            else:
                text = [run for each in cell.iterchildren(f"{W}p") for run in (*_runs(each, notes), Run("\n"))]
                cells[column] = stripped(_joined(text))
                above.pop(column, None)
                if width > 1:
                    spans[len(rows), column] = 1, width
                if merge is not None:
                    above[column] = len(rows), column
            column += width
        if column:
            rows.append({**dict.fromkeys(range(column), ()), **cells})
    columns = max(map(len, rows), default=0)
    return TableBlock([[row.get(each, ()) for each in range(columns)] for row in rows], spans=spans) if rows else None


def _number(element: Any, path: str, default: int) -> int:
    found = element.find(f"{W}{path.format(W=W)}")
    return default if found is None else int(found.get(f"{W}val", default))


def _losses(block: DocxBlock) -> Iterator[tuple[str, bool]]:
    """What isn't carried over, and whether that has to be put right."""
    for tags, wrong, text in _LOST:
        elements = (block.element.find(f".//{tag}") for tag in tags)
        if any(element is not None and element.find(f".//{W}txbxContent") is None for element in elements):
            yield text, wrong
    if block.is_table and block.nested:
        yield "表格里的表格已移到后面", False


def _runs(paragraph: Any, notes: _Notes) -> Iterator[Run]:
    for text, run in texts_of(paragraph):
        if text:
            yield Run(text, bold=_has_format(run, "b"), italic=_has_format(run, "i"))
            continue
        for reference in [] if run is None else run.iterchildren(*_NOTES):
            yield Run("", note=notes.get((reference.tag, reference.get(f"{W}id")), ()))


def _has_format(run: Any, name: str) -> bool:
    element = None if run is None else run.find(f"{W}rPr/{W}{name}")
    return element is not None and element.get(f"{W}val", "1") not in {"0", "false", "off"}


def _joined(runs: Iterable[Run]) -> RichText:
    """Neighbouring runs of one format as one, so that a reference is found whole."""
    joined: list[Run] = []
    for run in runs:
        if run.note:
            joined.append(run)
        elif joined and not joined[-1].note and (joined[-1].bold, joined[-1].italic) == (run.bold, run.italic):
            joined[-1] = Run(joined[-1].text + run.text, bold=run.bold, italic=run.italic)
        else:
            joined.append(run)
    return tuple(run for run in joined if run.text or run.note)
