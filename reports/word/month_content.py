"""What documents print of one month, its numbers and section 一, certified or as a draft; and section 一 as one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reports.certificates.dossier import Dossier
from reports.certificates.rates import WORDS, Against, Rate
from reports.figures.months import first_day, month_title
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import DRAFT
from reports.figures.section_text import PrintedSection
from reports.figures.words import SectionWords
from reports.figures.written import WrittenValue
from reports.word.blocks import Block, Fact, Heading, Paragraph, RichText, Run, TableBlock, text_of
from reports.word.facts import with_facts, with_values
from reports.word.manuscript import Attribution, Manuscript
from reports.word.profiles import Profile
from reports.word.writer import set_document

_ANNEX_COLUMNS = ("指标", "刊印数", "准确数", *WORDS.values())
_NO_RATE = "—"
TO_DATE = "累计"


@dataclass(frozen=True)
class MonthContent:
    """A month's numbers by metric in the report's order, section 一, the words that it is written in, and rates.

    `to_date` has the sums from January on of metrics whose months add up and are all certified; `past` the numbers of
    each metric by month, this one among them; `values` are those of the section's paragraph, where they are known.
    """

    attribution: Attribution
    numbers: Mapping[str, MonthlyNumber]
    section: PrintedSection
    words: SectionWords
    rate: Callable[[str, Against], Rate | str]
    to_date: Mapping[str, MonthlyNumber] = field(default_factory=dict)
    past: Mapping[str, Mapping[str, MonthlyNumber]] = field(default_factory=dict)
    values: Sequence[WrittenValue] = ()

    def fact(self, number: MonthlyNumber, form: str = "") -> Fact:
        """Which number it is, as documents carry it."""
        return Fact(number.metric, number.metric_name, self.attribution.month, self.attribution.code, form)

    def with_facts(self, text: str) -> RichText:
        """A text that was made of the month's numbers, each with which it is."""
        return with_facts(text, self.numbers, self.attribution.month, self.attribution.code)

    @property
    def paragraph(self) -> RichText:
        """The paragraph of section 一, each value with which it is."""
        if not self.values:
            return self.with_facts(self.section.paragraph)
        return with_values(
            self.section.paragraph, self.values, Fact("", "", self.attribution.month, self.attribution.code)
        )

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
    numbers = {number.metric: number for number in dossier.numbers}
    totals = {metric: dossier.to_date(metric) for metric in numbers}
    to_date = {metric: total for metric, total in totals.items() if isinstance(total, MonthlyNumber)}
    return MonthContent(
        attribution, numbers, dossier.printed, dossier.words, dossier.rate, to_date, values=dossier.values
    )


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
    paragraph = Paragraph(content.paragraph)
    notes = (Paragraph(text_of(note)) for note in section.notes)
    return [Heading(1, text_of(section.heading)), paragraph, *_table(content), *notes]


def _table(content: MonthContent) -> Iterator[TableBlock]:
    if table := content.section.table:
        rows = [tuple(map(content.with_facts, row)) for row in table.rows]
        yield TableBlock(rows, alignments=table.alignments)


def annex_blocks(content: MonthContent, charts: Sequence[Block] = ()) -> list[Block]:
    """The table of the metrics, how its rates were computed, and charts."""
    notes = Paragraph(text_of("注：环比、同比以准确数计算，对比首次刊印数；“—”表示没有可比的核定数。"), "cell")
    return [metrics_table(content), notes, *charts]


def metrics_table(content: MonthContent) -> TableBlock:
    """The metrics as printed, exactly, how they changed against the numbers first printed, and their sums to date."""
    month = first_day(content.attribution.month).month
    to_date = (f"1—{month} 月{TO_DATE}",) if _sums_months(content) else ()
    rows = [tuple(map(text_of, (*_ANNEX_COLUMNS, *to_date)))]
    rows += [tuple(_row(content, number)) for number in content.numbers.values()]
    return TableBlock(rows, annex_title(content))


def _sums_months(content: MonthContent) -> bool:
    """Whether there is a sum to date that isn't the month's own number."""
    return bool(content.to_date) and first_day(content.attribution.month).month > 1


def annex_title(content: MonthContent) -> str:
    """What the annex is called."""
    return f"{month_title(content.attribution.month)}主要指标"


def _row(content: MonthContent, number: MonthlyNumber) -> Iterator[RichText]:
    yield text_of(number.metric_name)
    yield (Run(number.with_unit, fact=content.fact(number)),)
    yield (Run(number.exact_with_unit, fact=content.fact(number, "exact")),)
    for against, word in WORDS.items():
        rate = content.rate(number.metric, against)
        if isinstance(rate, Rate):
            yield (Run(rate.text.removeprefix(word), fact=content.fact(number, word)),)
        else:
            yield text_of(_NO_RATE)
    if _sums_months(content):
        total = content.to_date.get(number.metric)
        yield (Run(total.with_unit, fact=content.fact(number, TO_DATE)),) if total else text_of(_NO_RATE)
