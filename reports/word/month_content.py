"""What documents print of one month, its numbers and section 一, certified or as a draft; and section 一 as one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate
from reports.figures.months import first_day, month_title
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import DRAFT
from reports.figures.section_text import PrintedSection
from reports.figures.words import SectionWords
from reports.word.blocks import Block, Heading, Paragraph, TableBlock, text_of
from reports.word.manuscript import Attribution, Manuscript
from reports.word.profiles import Profile
from reports.word.writer import set_document

_ANNEX_COLUMNS = ("指标", "刊印数", "准确数", *WORDS.values())
_NO_RATE = "—"


@dataclass(frozen=True)
class MonthContent:
    """A month's numbers by metric, section 一, the words that it is written in, and rates."""

    attribution: Attribution
    numbers: Mapping[str, MonthlyNumber]
    section: PrintedSection
    words: SectionWords
    rate: Callable[[str, Against], Rate | str]

    @property
    def certified(self) -> bool:
        """Whether a certificate vouches for it."""
        return bool(self.attribution.code)


def certified_content(dossier: Dossier) -> MonthContent:
    """A certified month."""
    certificate = dossier.certificate
    attribution = Attribution(
        month=certificate.month,
        hall=certificate.site_name,
        state=dossier.state,
        code=certificate.code,
        revision=certificate.revision,
        moment=certificate.signed_at,
    )
    return MonthContent(attribution, certificate.by_metric, dossier.printed, dossier.words, dossier.rate)


def draft_content(
    month: str, hall: str, numbers: Mapping[str, MonthlyNumber], section: PrintedSection, words: SectionWords
) -> MonthContent:
    """A month that nobody has certified: it has no rates, and `section` is its draft's."""
    first = first_day(month)
    attribution = Attribution(month, hall, DRAFT, "", 0, datetime(first.year, first.month, 1))  # noqa: DTZ001 - no real moment
    return MonthContent(attribution, numbers, section, words, lambda *_: _NO_RATE)


def section_docx(content: MonthContent, profile: Profile) -> bytes:
    """Section 一 alone, as .docx; the same month and profile always give the same bytes."""
    heading, *rest = section_blocks(content)
    note = Paragraph(text_of(content.attribution.line), "distribution")
    manuscript = Manuscript(
        title=f"{month_title(content.attribution.month)}总体运行情况",
        attribution=content.attribution,
        draft=not content.certified,
        blocks=[heading, *rest, note],
        words=content.words,
    )
    return set_document(manuscript, profile)


def section_blocks(content: MonthContent) -> list[Block]:
    """Section 一: its heading, its paragraph, its table and its notes."""
    section = content.section
    heading, paragraph = Heading(1, text_of(section.heading)), Paragraph(text_of(section.paragraph))
    return [heading, paragraph, *_table(section), *(Paragraph(text_of(note)) for note in section.notes)]


def _table(section: PrintedSection) -> Iterator[TableBlock]:
    if table := section.table:
        rows = [tuple(map(text_of, row)) for row in table.rows]
        yield TableBlock(rows, alignments=table.alignments)


def annex_blocks(content: MonthContent) -> list[Block]:
    """The table of the metrics: as printed, exactly, and how they changed, against the numbers first printed."""
    rows = [tuple(map(text_of, _ANNEX_COLUMNS))]
    rows += [tuple(map(text_of, _row(content, number))) for number in content.numbers.values()]
    notes = Paragraph(text_of("注：环比、同比以准确数计算，对比首次刊印数；“—”表示没有可比的核定数。"), "cell")
    return [TableBlock(rows, annex_title(content)), notes]


def annex_title(content: MonthContent) -> str:
    """What the annex is called."""
    return f"{month_title(content.attribution.month)}主要指标"


def _row(content: MonthContent, number: MonthlyNumber) -> Iterator[str]:
    yield number.metric_name
    yield number.with_unit
    yield number.exact_with_unit
    for against, word in WORDS.items():
        rate = content.rate(number.metric, against)
        yield rate.text.removeprefix(word) if isinstance(rate, Rate) else _NO_RATE
