"""Writes the pages of months and their index, from the archive and from how each month stands now."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from orchestration.certification.certify import archive_of
from orchestration.certification.pending_revision import Pending
from orchestration.certification.standing import standing_of
from orchestration.certification.verified_month import sound_dossier
from orchestration.config.catalogue import labels
from orchestration.config.hall import Hall, load_hall
from orchestration.runtime.paths import Home, current_home
from orchestration.warehouse.month import Month, problems_of
from reports.certificates.dossier import Dossier
from reports.certificates.handed_over import vouch_for_pages
from reports.certificates.ledger import Archive
from reports.certificates.queries import Queries
from reports.certificates.release import release_of
from reports.figures.day_verdict import VERDICTS
from reports.files import write_changed
from reports.page import MonthSummary, index_page, month_page, waiting_page

_PAGE = "index.html"
_LISTED = 5


def write_pages(months: Sequence[str], *opened: Dossier) -> list[Path]:
    """Write the pages of months, all certified ones when none is named, and the index; return their paths.

    A month without a certificate gets a page that says what is missing. The index lists every month that has a page.

    Args:
        months: As `2025-03`.
        opened: Dossiers that the caller has opened already, and that were proved then.

    Raises:
        Refused: a certified month isn't sound, so nothing of it is shown.
    """
    home, hall = current_home(), load_hall()
    archive = archive_of(hall, home)
    wanted = sorted(set(months) or archive.ledger.months())
    listed = sorted({*wanted, *(path.parent.name for path in home.published.glob(f"*/{_PAGE}"))})
    standings = {month: _standing(month, archive, hall.hall, home) for month in listed}
    dossiers = {dossier.certificate.code: dossier for dossier in opened}
    pages = {
        home.published / month / _PAGE: _page(standings[month], archive, hall.hall, listed, dossiers)
        for month in wanted
    }
    newest = next((each.certificate for each in reversed(standings.values()) if each.certificate), None)
    section = (release_of(archive.published, newest) / "section.txt").read_text(encoding="utf-8") if newest else ""
    pages[home.published / _PAGE] = index_page(list(standings.values()), hall=hall.hall.name, section=section)
    for path, content in pages.items():
        write_changed(path, content)
    vouch_for_pages(home.published, pages)
    return list(pages)


def _page(
    standing: MonthSummary, archive: Archive, hall: Hall, months: Sequence[str], opened: Mapping[str, Dossier]
) -> bytes:
    if standing.certificate is None:
        return waiting_page(standing, hall=hall.name, months=months)
    dossier = opened.get(standing.certificate.code) or sound_dossier(archive, standing.certificate)
    return month_page(dossier, standing, labels=labels(), months=months)


def _standing(month: str, archive: Archive, hall: Hall, home: Home) -> MonthSummary:
    standing = standing_of(month, archive, home)
    if standing.uncertified:
        reasons = tuple(_missing(standing.uncertified))
    else:
        reasons = tuple(_changed(standing.pending, hall)) if standing.pending else ()
    return MonthSummary(month, standing.status, standing.certificate, reasons, Queries(home.questions).of(month))


def _changed(pending: Pending, hall: Hall) -> Iterator[str]:
    """Days first; the facts can differ without a day's doing so, by another definition."""
    for system, days in groupby((each.split(" ") for each in pending.days), key=lambda one: one[0]):
        title = hall.systems[system].title if system in hall.systems else system
        yield f"{title}：{_days([dt.date.fromisoformat(day) for _, day in days])}的数据有更正"
    if not pending.days:
        yield "重新汇总的数与核定的数不同"


def _missing(month: Month) -> Iterator[str]:
    problems = problems_of(month)
    if not problems:
        return
    absent = [status for status in month.system_days if not status.is_in]
    for (system, verdict), days in groupby(absent, key=lambda status: (status.system, status.verdict)):
        title = month.hall.systems[system].title
        yield f"{title}：{_days([status.day for status in days])}，{VERDICTS[verdict].chinese}"
    for problem in problems:
        if problem.kind == "boundary_not_compared":
            yield f"上月末的数据没有到，本月初的在办数没有核对：{problem.subject}"
    if not absent and all(problem.kind != "boundary_not_compared" for problem in problems):
        yield "每天的数据都到了，还没有汇总，或者有检查没有通过；请数据人员查看"


def _days(days: Sequence[dt.date]) -> str:
    """Days of one month: `3 月 12 日、13 日`, `3 月 1 日至 31 日`; many with gaps are told by their number."""
    first, last = days[0], days[-1]
    if len(days) <= _LISTED:
        return f"{first.month} 月 " + "、".join(f"{day.day} 日" for day in days)
    ends = f"{first.month} 月 {first.day} 日至 {last.day} 日"
    return ends if (last - first).days == len(days) - 1 else f"{ends}当中的 {len(days)} 天"
