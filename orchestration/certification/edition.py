"""Lays out the folder of a month's edition, and puts the edition together from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from orchestration.certification.certify import current_archive, words_of
from orchestration.certification.lookup import known_of, ledger_knowledge
from orchestration.certification.monthly_report import Steps, create_draft
from orchestration.certification.verified_month import dossier_of
from orchestration.config.catalogue import closing_measures
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from orchestration.warehouse.month import open_month
from reports.certificates.handed_over import write_manifest
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError
from reports.edition.assembly import assemble
from reports.edition.output import EDITION, EditionFiles, write_edition
from reports.edition.settings import Settings, lay_out, read_settings, with_choices
from reports.figures.history import sum_to_date
from reports.figures.months import first_day, months_before
from reports.figures.numbers import MonthlyNumber
from reports.figures.section import SECTION_MARKDOWN
from reports.figures.section_text import PrintedSection
from reports.proofreading import KnownNumber, KnownNumbers
from reports.word.month_content import MonthContent, certified_content, draft_content


def new_edition(month: str) -> list[Path]:
    """Lay out the folder of a month's edition, with what the hall's settings say of every edition.

    Raises:
        EditionError: it is there already.
        MonthError: the month isn't one.
    """
    hall = open_month(month).hall
    common = hall.edition
    following = hall.months.days_of(months_before(month, -1))
    printed_on = min(hall.automation.edition_day, 28)
    # What isn't right with the hall's own words is told when the edition is made, as of any author's.
    settings = Settings.model_construct(
        title=common.title,
        number=first_day(month).month,
        date=next((day for day in following if day.day == printed_on), following[-1]),
        issuing_body=common.issuing_body or hall.name,
        report_to=common.report_to,
        send_to=common.send_to,
        sections=common.sections,
        profile=common.profile,
        annex=common.annex,
    )
    return lay_out(current_home().editions / month, settings)


def make_edition(month: str, steps: Steps, profile: str, *, annex: bool, pdf: bool) -> EditionFiles:
    """Put a month's edition together and write its files.

    Args:
        month: As `2025-03`.
        steps: Builds a draft, where the month isn't certified.
        profile: Of the page; the edition's own when empty. Another than its own has files with its name.
        annex: With the table of the metrics.
        pdf: Also as PDF.

    Raises:
        EditionError: its `edition.toml` can't be used.
        Refused: the month has no numbers, not even a draft's.
    """
    folder = current_home().editions / month
    own = read_settings(folder)
    settings = with_choices(own, profile, annex=annex)
    name = EDITION if settings.profile == own.profile else f"{EDITION}-{settings.profile}"
    archive = current_archive()
    printed = _certified(archive, month) or _draft(month, steps)
    known = _known(archive, month, printed)
    past = _past(known.numbers)
    to_date = printed.to_date if printed.certified else _drafted_to_date(printed.numbers.values(), past, month)
    printed = replace(printed, to_date=to_date, past=past)
    edition = assemble(folder, settings, printed, known)
    release = f"r{printed.attribution.revision}" if printed.certified else "draft"
    desk = archive.published / month / "desk" / release
    files = write_edition(edition, desk, name, pdf=pdf)
    write_manifest(desk)
    return files


def _certified(archive: Archive, month: str) -> MonthContent | None:
    entry = archive.ledger.latest(month)
    if entry is None:
        return None
    try:
        return certified_content(dossier_of(archive, entry.certificate))
    except TraceError as error:
        raise Refused(f"{month} 的核定数与原始数据对不上，请找数据人员：\n{error}") from error


def _draft(month: str, steps: Steps) -> MonthContent:
    """The numbers of a month that nobody has certified, if every day is in and every check has passed."""
    try:
        draft = create_draft(month, steps, "nothing")
    except Refused as refused:
        raise Refused(
            f"{month} 还没有核定，数据也不齐，出不了样稿；请数据人员看 yuebao status {month}：\n{refused}"
        ) from None
    section = PrintedSection.read((draft.folder / SECTION_MARKDOWN).read_text(encoding="utf-8"))
    printed = draft_content(month, draft.month.hall.name, draft.numbers, section, words_of(load_hall()))
    return replace(printed, values=draft.values)


def _known(archive: Archive, month: str, printed: MonthContent) -> KnownNumbers:
    known = ledger_knowledge(archive, month)
    drafted = () if printed.certified else known_of(printed.numbers.values(), month)
    return replace(known, numbers=[*known.numbers, *drafted])


def _past(numbers: Sequence[KnownNumber]) -> Mapping[str, Mapping[str, KnownNumber]]:
    """By metric, the numbers of each month that hold."""
    past: dict[str, dict[str, KnownNumber]] = {}
    for number in numbers:
        if not number.superseded:
            past.setdefault(number.metric, {})[number.month] = number
    return past


def _drafted_to_date(
    numbers: Iterable[MonthlyNumber], past: Mapping[str, Mapping[str, KnownNumber]], month: str
) -> Mapping[str, MonthlyNumber]:
    """The sums from January on of a month that has no certificate; none of stocks, or of what is made of others."""
    closing = closing_measures()
    totals = {
        number.metric: sum_to_date(number, month, past[number.metric])
        for number in numbers
        if not closing.intersection(number.measures) and not past[number.metric][month].derived
    }
    return {metric: total for metric, total in totals.items() if isinstance(total, MonthlyNumber)}
