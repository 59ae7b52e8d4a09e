"""Putting an edition together: fragments in order, numbered, filled with numbers, and proofread as one text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reports.edition.fragments import Fragment, read_fragment
from reports.edition.ordinals import DEEPEST, item_number
from reports.edition.pieces import CourseOf, MetricsTable, Piece, Remark, where
from reports.edition.references import References
from reports.edition.settings import REGISTERS, SETTINGS, Settings
from reports.proofreading import (
    KnownNumbers,
    OwnFigure,
    Passage,
    ProofFinding,
    RegisterError,
    TextPlace,
    proofread,
    register_rows,
    sum_faults,
    table_passages,
)
from reports.word.blocks import (
    Block,
    Chart,
    Heading,
    Paragraph,
    Picture,
    RichText,
    Run,
    TableBlock,
    plain,
    printable_text,
    text_of,
)
from reports.word.manuscript import Manuscript, Masthead
from reports.word.month_content import MonthContent, annex_blocks, annex_title, metrics_table, section_blocks
from reports.word.pictures import SUFFIXES

_GUIDE = "说明.txt"
_DIGITS = re.compile(r"(\d+)")
# What the fonts of official documents don't have: pictographs and what varies them.
_PICTURES = re.compile("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]+")
# Items are numbered here, section by section.
_NUMBERED_HERE = ("ordinal", "ordinal_brackets")
_SECTION_ONE = "一、总体运行情况"
_ABSENT = "（本栏目稿件暂缺）"


@dataclass(frozen=True)
class Edition:
    """An edition as it would be printed, and what there is to say about it."""

    settings: Settings
    manuscript: Manuscript
    remarks: tuple[Remark, ...]

    @property
    def wrong(self) -> tuple[Remark, ...]:
        """What has to be put right first."""
        return tuple(remark for remark in self.remarks if remark.wrong)


@dataclass(frozen=True)
class _Line:
    """A piece of text to be proofread: where it comes from, and which parts of it references put there."""

    file: str
    passage: Passage
    inserted: tuple[tuple[int, int], ...] = ()


def assemble(folder: Path, settings: Settings, month: MonthContent, certified: KnownNumbers) -> Edition:
    """Put an edition together.

    Args:
        folder: Where its texts and registers lie.
        settings: What its `edition.toml` says.
        month: The numbers that it prints, and section 一.
        certified: What its text may print, for proofreading, but for its own figures; the numbers of `month` among it.

    Returns:
        The edition; 草稿 stands on every page as long as its month isn't certified or something is wrong.
    """
    assembling = _Assembling(month)
    figures = assembling.registers(folder / REGISTERS)
    references = References(month, figures, settings.number_spacing)
    blocks = [*assembling.section_one()]
    for heading in settings.headings:
        blocks += assembling.section(folder / heading, heading, references)
    annex = assembling.annex(settings, references) if settings.annex else ()
    assembling.strangers(folder, settings)
    usage = replace(certified.usage, off={*certified.usage.off, *_NUMBERED_HERE})
    known = replace(certified, figures=figures, usage=usage)
    remarks = [*assembling.remarks, *assembling.proof(known)]
    if not month.certified:
        remarks.append(Remark(_SECTION_ONE, "", "本月数据还没有核定，只能看样", wrong=False))
    draft = not month.certified or any(remark.wrong for remark in remarks)
    manuscript = Manuscript(
        title=f"{settings.title} {settings.issue}",
        attribution=month.attribution,
        draft=draft,
        blocks=blocks,
        words=month.words,
        masthead=Masthead(settings.title, settings.issue, settings.issuing_body, settings.issued),
        annex=annex,
        annex_title=annex_title(month),
        distribution=(*settings.distribution, month.attribution.line),
    )
    return Edition(settings, manuscript, tuple(remarks))


class _Assembling:
    """Gathers what there is to remark and to proofread while blocks are made."""

    def __init__(self, month: MonthContent) -> None:
        self.month = month
        self.remarks: list[Remark] = []
        self.lines: list[_Line] = []

    # Registers.

    def registers(self, folder: Path) -> list[OwnFigure]:
        """The author's figures of every register, those of unsound registers left out."""
        taken = {name for number in self.month.numbers.values() for name in (number.metric, number.metric_name)}
        figures: list[OwnFigure] = []
        for path in _files(folder):
            file = f"{REGISTERS}/{printable_text(path.name)}"
            try:
                rows = register_rows(path)
            except RegisterError as error:
                self._wrong(file, error.place, error.fault)
                continue
            for index, fault in sum_faults([figure for _, figure in rows]):
                self._wrong(file, rows[index][0], fault)
            for place, figure in rows:
                if clash := taken & {figure.code, figure.name}:
                    self._wrong(file, place, f"{'、'.join(sorted(clash))} 已经是别的数的代码或名称，请换一个")
                else:
                    figures.append(figure)
                    taken |= {figure.code, figure.name}
        return figures

    # Sections.

    def section_one(self) -> Iterator[Block]:
        """Section 一, as it was certified: the system put every word of it there."""
        for number, block in enumerate(section_blocks(self.month), 1):
            if isinstance(block, Heading | Paragraph):
                text = plain(block.text)
                passage = Passage(text, TextPlace(paragraph=number, column=1))
                self.lines.append(_Line(_SECTION_ONE, passage, ((0, len(text)),)))
            yield block

    def section(self, folder: Path, heading: str, references: References) -> Iterator[Block]:
        """A section that authors write: its heading, and its files' items numbered （一）（二）…."""
        yield Heading(1, text_of(heading))
        numbering = _Numbering()
        fragments = self.fragments(folder, heading)
        if not any(fragment.pieces for fragment in fragments):
            self._wrong(heading, "", "这个栏目没有稿件，请把 .md、.txt 或 .docx 放进同名的文件夹")
            yield Paragraph(text_of(_ABSENT))
        for fragment in fragments:
            self.remarks += fragment.remarks
            for piece in fragment.pieces:
                yield self._filled(fragment, piece, numbering.number(piece), references)

    def fragments(self, folder: Path, heading: str) -> list[Fragment]:
        """The files of a section."""
        fragments: list[Fragment] = []
        for path in _files(folder):
            if path.suffix.lower() in SUFFIXES:
                continue  # a text's picture
            before = sum(fragment.items for fragment in fragments)
            fragments.append(read_fragment(path, f"{heading}/{printable_text(path.name)}", before))
        return fragments

    def _filled(self, fragment: Fragment, piece: Piece, number: str, references: References) -> Block:
        block = piece.block
        if isinstance(block, Picture | Chart):
            return block
        if isinstance(block, MetricsTable):
            return metrics_table(self.month)
        if isinstance(block, CourseOf):
            return self.chart(fragment.file, where(piece.place), block.name, references)
        if isinstance(block, TableBlock):
            return self._table(fragment, block, piece.place, references)
        text, inserted = self._text(fragment.file, block.text, piece.place, references)
        if number:
            text = (Run(number), *text)
            inserted = ((0, len(number)), *((start + len(number), end + len(number)) for start, end in inserted))
        self.lines.append(_Line(fragment.file, Passage(plain(text), replace(piece.place, column=1)), inserted))
        return replace(block, text=text)

    def chart(self, file: str, place: str, name: str, references: References) -> Chart | Paragraph:
        """The chart of a metric; where there is none, a remark, and a text that says so."""
        chart = references.chart(name)
        if isinstance(chart, Chart):
            return chart
        self._wrong(file, place, chart)
        return Paragraph(text_of(f"〔图：{name}？〕"))

    def _table(self, fragment: Fragment, table: TableBlock, place: TextPlace, references: References) -> TableBlock:
        rows: list[list[RichText]] = []
        placed: list[list[tuple[str, TextPlace]]] = []
        spans: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        for number, row in enumerate(table.rows, 1):
            rows.append([])
            placed.append([])
            for column, cell in enumerate(row, 1):
                text, spans[number, column] = self._text(
                    fragment.file, cell, _cell_place(place, number, column), references
                )
                rows[-1].append(text)
                # The row and cell identify the cell's passage below, also of a table in Markdown.
                placed[-1].append((plain(text), TextPlace(table=1, row=number, cell=column, column=1)))
        for passage in table_passages(placed, ""):
            at = passage.place.row, passage.place.cell
            self.lines.append(_Line(fragment.file, replace(passage, place=_cell_place(place, *at)), spans[at]))
        return replace(table, rows=rows)

    def _text(
        self, file: str, text: RichText, place: TextPlace, references: References
    ) -> tuple[RichText, tuple[tuple[int, int], ...]]:
        clean = tuple(replace(run, text=printable_text(run.text)) for run in text)
        if clean != text:
            self._note(file, where(place), "有看不见的控制字符，已去掉")
        if picture := _PICTURES.search(plain(clean)):
            self._note(file, where(place), f"“{picture[0]}”这样的符号公文字体里没有，印出来可能是方框，请删去")
        filled = references.fill(clean)
        for fault in filled.faults:
            self._wrong(file, where(place), fault)
        text = tuple(
            replace(run, note=self._note_text(file, run.note, place, references)) if run.note else run
            for run in filled.text
        )
        return text, filled.inserted

    def _note_text(self, file: str, note: RichText, place: TextPlace, references: References) -> RichText:
        """A footnote, which is filled and proofread as a paragraph is."""
        text, inserted = self._text(file, note, place, references)
        self.lines.append(_Line(file, Passage(plain(text), replace(place, column=1)), inserted))
        return text

    # The whole.

    def annex(self, settings: Settings, references: References) -> list[Block]:
        """The annex, with the charts that the edition's settings name."""
        charts = [self.chart(SETTINGS, "annex_charts", name, references) for name in settings.annex_charts]
        return annex_blocks(self.month, charts)

    def strangers(self, folder: Path, settings: Settings) -> None:
        """Say what lies in the folder and isn't used."""
        used = {*settings.headings, REGISTERS, SETTINGS, _GUIDE}
        for path in sorted(folder.iterdir()):
            if path.name not in used and not _is_left_out(path):
                self._note(
                    printable_text(path.name),
                    "",
                    "没有用上：不是栏目的文件夹，栏目名称见 edition.toml 的 sections",
                )

    def proof(self, known: KnownNumbers) -> Iterator[Remark]:
        """What proofreading finds; what it says of a number that a reference put there is for authors to know."""
        findings = proofread([line.passage for line in self.lines], known).findings
        for finding in findings:
            line = self.lines[finding.spot.passage]
            own = not any(start <= finding.spot.start < end for start, end in line.inserted)
            yield Remark(line.file, where(finding.spot.place), _remark_text(finding), wrong=own and finding.must)

    def _wrong(self, file: str, place: str, text: str) -> None:
        self.remarks.append(Remark(file, place, text))

    def _note(self, file: str, place: str, text: str) -> None:
        self.remarks.append(Remark(file, place, text, wrong=False))


def _cell_place(table: TextPlace, row: int, cell: int) -> TextPlace:
    """Where a cell stands: in a Word file its row and cell, in Markdown the line of the table."""
    return replace(table, row=row, cell=cell, column=1) if table.table else replace(table, column=1)


class _Numbering:
    """Counts the items of one section by their depths."""

    def __init__(self) -> None:
        self.counts = [0] * (DEEPEST + 1)

    def number(self, piece: Piece) -> str:
        """What an item is numbered; empty for what is none."""
        if piece.depth is None:
            return ""
        self.counts[piece.depth] = 1 if piece.restarts else self.counts[piece.depth] + 1
        self.counts[piece.depth + 1 :] = [0] * (DEEPEST - piece.depth)
        return item_number(piece.depth, self.counts[piece.depth])


def _files(folder: Path) -> list[Path]:
    """The files of a folder in the order in which people count: 2 before 10."""
    if not folder.is_dir():
        return []
    return sorted(
        (path for path in folder.iterdir() if path.is_file() and not _is_left_out(path)),
        key=lambda path: [
            (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in _DIGITS.split(path.name)
        ],
    )


def _is_left_out(path: Path) -> bool:
    return path.name.startswith((".", "_", "~$"))


def _remark_text(finding: ProofFinding) -> str:
    spot = finding.spot
    return f"{finding.rule_name}，“{spot.found}”：{finding.expected}。{finding.suggestion}。原文：{spot.excerpt}"
