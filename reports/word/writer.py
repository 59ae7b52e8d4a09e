"""Setting a manuscript as .docx in a profile; see `profiles.toml` for what it looks like."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from reports.word.blocks import (
    Block,
    Heading,
    Paragraph,
    RichText,
    Run,
    TableBlock,
    plain,
    printable_text,
    text_of,
)
from reports.word.manuscript import Manuscript, Masthead
from reports.word.package import new_document, set_properties, to_bytes
from reports.word.page import DRAFT, mark_draft, set_page
from reports.word.profiles import Profile, Style
from reports.word.styles import set_styles
from reports.word.xml import attribute, element, twips

# GB/T 9704-2012: the first and last rules of the 版记 are 0.35 mm thick, those between 0.25 mm; eighths of a point.
_THICK, _THIN = 8, 6
_RULE_UNDER_MASTHEAD = (
    '<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="4" w:color="{colour}"/></w:pBdr>'
    '<w:tabs><w:tab w:val="right" w:pos="{right}"/></w:tabs>'
)
_AT_THE_FOOT = (
    '<w:tblpPr w:leftFromText="0" w:rightFromText="0" w:horzAnchor="margin" w:vertAnchor="margin" w:tblpXSpec="left"'
    ' w:tblpYSpec="bottom"/>'
)
DISTRIBUTION = "版记"


def set_document(manuscript: Manuscript, profile: Profile) -> bytes:
    """Set a manuscript.

    Returns:
        The .docx; the same manuscript and profile always give the same bytes. Characters that no document can hold
        are left out.
    """
    document = new_document()
    set_styles(document, profile)
    set_page(document, profile)
    if manuscript.draft:
        mark_draft(document, profile)
    body = document.element.body
    end = body.sectPr
    for element_ in _BlockWriter(profile).manuscript(manuscript):
        end.addprevious(element_)
    attribution = manuscript.attribution
    properties = {
        "title": printable_text(manuscript.title),
        "subject": f"{attribution.month} {attribution.line}",
        "author": printable_text(manuscript.masthead.body if manuscript.masthead else attribution.hall),
        "identifier": attribution.code,
        "keywords": attribution.line,
        "content_status": DRAFT if manuscript.draft else attribution.state,
    }
    set_properties(document, properties, attribution.moment)
    return to_bytes(document)


class _BlockWriter:
    """Turns blocks into elements of a document in one profile."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.width = twips(profile.type_width_mm)
        self.heading = ""

    def manuscript(self, manuscript: Manuscript) -> Iterator[Any]:
        """Everything, in order."""
        if manuscript.masthead:
            yield from self._masthead(manuscript.masthead)
        for block in manuscript.blocks:
            yield from self._block(block)
        if manuscript.annex:
            yield self._paragraph(text_of("附件"), "annex", "<w:pageBreakBefore/>")
            yield self._paragraph((), "body")
            yield self._paragraph(text_of(manuscript.annex_title), "annex_title")
            yield self._paragraph((), "body")
            for block in manuscript.annex:
                yield from self._block(block)
        yield from self._distribution(manuscript.distribution)

    def _masthead(self, masthead: Masthead) -> Iterator[Any]:
        title = self.profile.styles["title"]
        yield self._paragraph(text_of(masthead.title), "title")
        yield self._paragraph(text_of(masthead.issue), "issue")
        rule = _RULE_UNDER_MASTHEAD.format(colour=title.colour or "000000", right=self.width)
        yield self._paragraph(text_of(f"{masthead.body}\t{masthead.date}"), "imprint", rule)
        yield self._paragraph((), "body")

    def _block(self, block: Block) -> Iterator[Any]:
        match block:
            case Heading(level=level, text=text):
                self.heading = plain(text)
                yield self._paragraph(text, f"heading{level}")
            case Paragraph(text=text, style=style):
                yield self._paragraph(text, style)
            case TableBlock():
                yield self._table(block)
                # Two tables without a paragraph between them would be read as one.
                yield self._paragraph((), "cell")

    def _paragraph(self, text: RichText, style: str, properties: str = "") -> Any:
        return element(_paragraph(text, self.profile.styles[style], properties))

    def _table(self, table: TableBlock) -> Any:
        columns = max(map(len, table.rows))
        widths = _widths(table, columns, self.width)
        style = self.profile.styles["cell"]
        rows = "".join(
            f"<w:tr><w:trPr><w:cantSplit/>{'' if index else '<w:tblHeader/>'}</w:trPr>"
            f"{''.join(_cells(row, widths, style, heads=not index))}</w:tr>"
            for index, row in enumerate(table.rows)
        )
        caption = attribute(printable_text(table.caption or self.heading))
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        return element(
            f'<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{self.width}" w:type="dxa"/>'
            '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0020" w:firstRow="1"/>'
            f"<w:tblCaption w:val={caption}/></w:tblPr>"
            f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
        )

    def _distribution(self, lines: Sequence[str]) -> Iterator[Any]:
        """The 版记, at the foot of the page on which the text ends."""
        if not lines:
            return
        style = self.profile.styles["distribution"]
        cell = f'<w:tc><w:tcPr><w:tcW w:w="{self.width}" w:type="dxa"/></w:tcPr>{{}}</w:tc>'
        rows = "".join(
            f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cell.format(_paragraph(text_of(line), style))}</w:tr>"
            for line in lines
        )
        rules = "".join(
            f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
            for side, size in (("top", _THICK), ("bottom", _THICK), ("insideH", _THIN))
        )
        yield element(
            f'<w:tbl><w:tblPr>{_AT_THE_FOOT}<w:tblW w:w="{self.width}" w:type="dxa"/>'
            f'<w:tblBorders>{rules}</w:tblBorders><w:tblLayout w:type="fixed"/>'
            '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar>'
            f'<w:tblCaption w:val="{DISTRIBUTION}"/></w:tblPr><w:tblGrid><w:gridCol w:w="{self.width}"/></w:tblGrid>'
            f"{rows}</w:tbl>"
        )
        # A table can't be a document's end; this line takes no room.
        yield element('<w:p><w:pPr><w:spacing w:line="20" w:lineRule="exact"/></w:pPr></w:p>')


def _paragraph(text: RichText, style: Style, properties: str = "", after: str = "") -> str:
    runs = "".join(_runs(text))
    return f'<w:p><w:pPr><w:pStyle w:val="{style.style_id}"/>{properties}{after}</w:pPr>{runs}</w:p>'


def _runs(text: RichText) -> Iterator[str]:
    for run in text:
        format_ = _format(run)
        for index, line in enumerate(printable_text(run.text).split("\n")):
            if index:
                yield "<w:r><w:br/></w:r>"
            for place, piece in enumerate(line.split("\t")):
                if place:
                    yield "<w:r><w:tab/></w:r>"
                if piece:
                    yield f'<w:r>{format_}<w:t xml:space="preserve">{escape(piece, quote=False)}</w:t></w:r>'


def _format(run: Run) -> str:
    marks = "".join(f"<w:{tag}/>" for tag, holds in (("b", run.bold), ("i", run.italic)) if holds)
    marks += f'<w:vertAlign w:val="{run.raised}"/>' if run.raised else ""
    return f"<w:rPr>{marks}</w:rPr>" if marks else ""


def _cells(row: Sequence[RichText], widths: Sequence[int], style: Style, *, heads: bool) -> Iterator[str]:
    centred = '<w:jc w:val="center"/>' if heads else ""
    for width, text in zip(widths, [*row, *[()] * (len(widths) - len(row))], strict=True):
        yield (
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
            f"{_paragraph(text, style, after=centred)}</w:tc>"
        )


def _widths(table: TableBlock, columns: int, width: int) -> list[int]:
    """Columns as wide as their longest cell asks for, within bounds that keep a long one from starving the others."""
    longest = [max(_length(row[column]) if column < len(row) else 0 for row in table.rows) for column in range(columns)]
    shares = [min(max(length, 4), 24) for length in longest]
    widths = [width * share // sum(shares) for share in shares]
    return [widths[0] + width - sum(widths), *widths[1:]]


def _length(text: Iterable[Run]) -> int:
    """How wide a text is, in full-width characters: two Latin letters make one."""
    return sum(2 if ord(character) > 0x2E80 else 1 for run in text for character in run.text) // 2 + 1
