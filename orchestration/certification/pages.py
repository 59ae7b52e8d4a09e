"""Writes the pages of months, the hall's own and its sites', and their index, from the archive and how each stands."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from orchestration.certification.certify import archive_of
from orchestration.certification.pending_revision import Pending
from orchestration.certification.sites import MonthSites
from orchestration.certification.standing import SiteMonth, Standing, standing_of
from orchestration.certification.verified_month import sites_above
from orchestration.config.catalogue import labels
from orchestration.config.hall import Hall, load_hall
from orchestration.config.site_tree import site_tree
from orchestration.landing.day_status import SystemDay
from orchestration.runtime.paths import Home, current_home
from orchestration.runtime.progress import tell_item
from orchestration.warehouse.month import Month, problems_of
from reports.certificates.certificate import CertifiedHall
from reports.certificates.dossier import Dossier
from reports.certificates.handed_over import PAGE, vouch_for_pages
from reports.certificates.ledger import Archive
from reports.certificates.queries import Queries
from reports.certificates.release import SITES, folder_of, in_months
from reports.figures.day_verdict import VERDICTS
from reports.files import write_changed
from reports.page import MonthSummary, PathStep, index_page, month_page, waiting_page

_LISTED = 5
_LISTED_SITES = 20
_NOT_COMPARED = "上月末的数据没有到，本月初的在办数没有核对"
_NOT_BUILT = "每天的数据都到了，还没有汇总，或者有检查没有通过；请数据人员查看"


def write_pages(wanted: Sequence[SiteMonth], dossiers: Mapping[SiteMonth, Dossier]) -> list[Path]:
    """Write the pages of months, and the index where any is of the hall itself; return their paths.

    What isn't certified gets a page that says what is missing. The index lists every month that has a page of the hall.

    Args:
        wanted: Of which months and sites.
        dossiers: Of those that are certified, each proved.

    Raises:
        LandingError, LedgerError, MonthError, SettingsError: nobody can say how a month stands.
    """
    home, hall = current_home(), load_hall()
    archive = archive_of(hall, home)
    there = {*wanted, *_with_pages(home.published)}
    listed = sorted(each for each in there if not each.site) if any(not each.site for each in wanted) else []
    summaries = {each: _summary(each, archive, hall.hall, home) for each in dict.fromkeys([*listed, *wanted])}
    pages = {}
    for each in wanted:
        tell_item("page of %s", " ".join(filter(None, each)))
        pages[_page_of(home.published, each)] = _page(each, summaries[each], hall.hall, dossiers.get(each), there)
    if listed:
        pages[home.published / PAGE] = _index([summaries[each] for each in listed], hall.hall)
    for path, content in pages.items():
        write_changed(path, content)
    vouch_for_pages(home.published, pages)
    return list(pages)


def _page_of(published: Path, each: SiteMonth) -> Path:
    return folder_of(published, *each) / PAGE


def _with_pages(published: Path) -> Iterator[SiteMonth]:
    """The months and sites that have a page."""
    for path in in_months(published, PAGE):
        month, *place = path.relative_to(published).parts
        yield SiteMonth(month, place[1] if place[0] == SITES else "")


def _page(
    each: SiteMonth, summary: MonthSummary, hall: Hall, dossier: Dossier | None, there: Collection[SiteMonth]
) -> bytes:
    months = sorted(other.month for other in there if other.site == each.site)
    if each.site:
        own = CertifiedHall(hall.code, hall.name)
        above = dossier.above if dossier else sites_above(each.site, own)
        name = dossier.certificate.site_name if dossier else site_tree().sites[each.site].name
        summary = replace(summary, site=each.site, path=(*_steps(each, above, there), PathStep(name)))
    if dossier is None:
        return waiting_page(summary, edition=hall.edition.title, hall=hall.name, months=months)
    return month_page(dossier, summary, edition=hall.edition.title, labels=labels(), months=months)


def _steps(each: SiteMonth, above: Sequence[CertifiedHall], there: Collection[SiteMonth]) -> Iterator[PathStep]:
    """The way to a site, from the hall on, as its page leads up."""
    for place, site in enumerate(above):
        page = SiteMonth(each.month, site.code if place else "")
        up = f"../{site.code}/{PAGE}" if place else f"../../{PAGE}"
        yield PathStep(site.name, up if page in there else "")


def _index(summaries: Sequence[MonthSummary], hall: Hall) -> bytes:
    return index_page(summaries, edition=hall.edition.title, hall=hall.name)


def _summary(each: SiteMonth, archive: Archive, hall: Hall, home: Home) -> MonthSummary:
    standing = standing_of(each.month, archive, home, site=each.site)
    questions = () if each.site else Queries(home.questions).of(each.month)
    return MonthSummary(each.month, standing.status, standing.certificate, _reasons(each, standing, hall), questions)


def _reasons(each: SiteMonth, standing: Standing, hall: Hall) -> tuple[str, ...]:
    if month := standing.uncertified:
        return tuple(_missing_below(MonthSites(month), each.site) if each.site else _missing(month))
    return tuple(_changed(standing.pending, hall)) if standing.pending else ()


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
    absent = list(_absent(month.system_days, month.hall))
    yield from absent
    not_compared = [problem for problem in problems if problem.kind == "boundary_not_compared"]
    for problem in not_compared:
        yield f"{_NOT_COMPARED}：{problem.subject}"
    if not absent and not not_compared:
        yield _NOT_BUILT


def _missing_below(sites: MonthSites, site: str) -> Iterator[str]:
    """Of each site that is counted in one and isn't in; of many the first, and how many more there are."""
    missing = sites.missing_in(site)
    for code in missing[:_LISTED_SITES]:
        whose = "" if code == site else f"{sites.month.site_tree.sites[code].name}，"
        for reason in _absent(sites.days_of(code), sites.month.hall):
            yield f"{whose}{reason}"
        if sites.not_compared(code):
            yield f"{whose}{_NOT_COMPARED}"
    if more := missing[_LISTED_SITES:]:
        yield f"另有 {len(more)} 个网点的数据没有到齐"
    if not missing and problems_of(sites.part):
        yield _NOT_BUILT


def _absent(statuses: Iterable[SystemDay], hall: Hall) -> Iterator[str]:
    absent = [status for status in statuses if not status.is_in]
    for (system, verdict), days in groupby(absent, key=lambda status: (status.system, status.verdict)):
        title = hall.systems[system].title
        yield f"{title}：{_days([status.day for status in days])}，{VERDICTS[verdict].chinese}"


def _days(days: Sequence[dt.date]) -> str:
    """Days of one month: `3 月 12 日、13 日`, `3 月 1 日至 31 日`; many with gaps are told by their number."""
    first, last = days[0], days[-1]
    if len(days) <= _LISTED:
        return f"{first.month} 月 " + "、".join(f"{day.day} 日" for day in days)
    ends = f"{first.month} 月 {first.day} 日至 {last.day} 日"
    return ends if (last - first).days == len(days) - 1 else f"{ends}当中的 {len(days)} 天"
