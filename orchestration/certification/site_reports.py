"""Reports of sites: a month's sites brought to their certificates, those that are in, and what the others wait for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from orchestration.certification.certify import current_archive, origin_of, template_of
from orchestration.certification.derived_metrics import draft_numbers
from orchestration.certification.monthly_report import (
    AskedAnswers,
    Asking,
    RunOutcome,
    Steps,
    ask_month,
    build_if_due,
    build_is_due,
    judged_month,
    require_success,
    waiting_message,
)
from orchestration.certification.pending_revision import pending_among
from orchestration.certification.settings_evidence import settings_for
from orchestration.certification.signatures import require_waiting, waiting_of
from orchestration.certification.sites import MonthSites, SiteRequests
from orchestration.certification.verified_month import require_sound
from orchestration.config.hall import HallFolder
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import Home, current_home
from orchestration.runtime.progress import tell
from orchestration.warehouse.month import Month
from reports.certificates.certificate import BATCH, Certificate, Reason
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release import release_of
from reports.certificates.revision import compare
from reports.figures import section
from reports.figures.numbers import read_site_numbers


class SiteSteps(Protocol):
    """Runs the step of the sites' job."""

    def certify_sites(self, month: Month, requests: SiteRequests, *, build: bool) -> RunOutcome:
        """Build and test a part of a month if asked to, and certify sites of it."""


class ReportSteps(Steps, SiteSteps, Protocol):
    """The steps of the main job and of the sites' job."""


@dataclass(frozen=True)
class SiteReport:
    """How a site's month came out.

    Attributes:
        site: Its code.
        name: In Chinese.
        certificate: Its newest, None where it is blocked or waits.
        release: The folder of its section.
        is_new: Whether it was certified just now.
        missing: The sites counted in it that aren't in.
        draft: The folder of a draft of the others, where the hall's settings ask for one.
        pending: Why it waits for a revision.
    """

    site: str
    name: str
    certificate: Certificate | None
    release: Path | None
    is_new: bool
    missing: tuple[str, ...] = ()
    draft: Path | None = None
    pending: str = ""


@dataclass(frozen=True)
class SiteReports:
    """How the sites that were asked for came out, and what isn't in, by site, a line for each reason."""

    month: str
    reports: tuple[SiteReport, ...]
    gaps: Mapping[str, tuple[str, ...]]
    asked: AskedAnswers | None
    waits: str = ""


def report_sites(name: str, steps: ReportSteps, asking: Asking, wanted: Sequence[str] = ()) -> SiteReports:
    """Ask for a month, and bring its sites below the hall to their certificates; all when none is named.

    Raises:
        Refused, SettingsError: a site isn't one, or nothing of it is asked of any system; a check isn't right.
    """
    asked = None if asking == "nothing" else ask_month(name, steps, asking)
    archive = current_archive()
    with settings_for(archive, name) as settings:
        sites = MonthSites(judged_month(name))
        chosen = _chosen(sites, wanted)
        before = {site: archive.ledger.latest(name, site) for site in chosen}
        due = {site: 1 for site in chosen if not before[site] and not sites.missing_in(site)}
        if due:
            tell("certifying %d sites of %s", len(due), name)
            part = sites.part
            require_success(steps.certify_sites(part, SiteRequests(due), build=build_is_due(part)))
        elif any(before.values()):
            require_sound(archive, name)
        drafts = _write_drafts(sites, [site for site in chosen if not before[site]], settings, steps)
        reports = _with_pending(
            [replace(_report(sites, archive, site, is_new=site in due), draft=drafts.get(site)) for site in chosen],
            sites.month.home,
        )
        missing = dict.fromkeys(code for report in reports if not report.certificate for code in report.missing)
        gaps = {code: tuple(problem.message for problem in sites.problems_of(code)) for code in missing}
    waiting = waiting_of(sites.month.home, name, BATCH)
    return SiteReports(name, reports, gaps, asked, waiting_message(waiting) if waiting else "")


def draft_of_those_in(name: str, steps: Steps) -> Path | None:
    """Write the draft of the hall's month that sums up the sites that are in, and names the others; give its folder.

    None where the hall's settings ask for none (`missing_sites`), or it isn't for sites below it that the month waits.
    """
    with settings_for(current_archive(), name) as settings:
        sites = MonthSites(judged_month(name))
        return _write_drafts(sites, [sites.month.hall.code], settings, steps).get(sites.month.hall.code)


def _write_drafts(sites: MonthSites, wanted: Sequence[str], settings: HallFolder, steps: Steps) -> dict[str, Path]:
    """Of each site wanted that waits for sites below it alone, the folder of its draft."""
    part = sites.part
    waiting = [site for site in wanted if site not in sites.blocked and sites.missing_in(site)]
    if not waiting or not part.systems or part.hall.certification.missing_sites == "wait":
        return {}
    build_if_due(part, steps)
    drafts = {}
    for site, numbers in read_site_numbers(part.facts, month=part.name, sites=waiting, draft=True).items():
        member = part.site_tree.sites[site]
        left_out = [part.site_tree.sites[code].name for code in sites.missing_in(site)]
        every, derived = draft_numbers(part, site, numbers)
        origin = replace(
            origin_of(part, every), hall_code=site, hall_name=member.name, left_out=left_out, derived=derived
        )
        template = template_of(settings, "" if site == part.hall.code else member.level)
        drafts[site] = part.draft_of(site)
        section.write_draft(drafts[site], every, origin, template=template)
    return drafts


@dataclass(frozen=True)
class SiteRevision:
    """A site's revision, and in Chinese what it changes of what was printed."""

    certificate: Certificate
    release: Path
    note: str


def revise_sites(name: str, steps: SiteSteps, wanted: Sequence[str], reason: Reason, note: str) -> list[SiteRevision]:
    """Certify sites of a month anew, for a reason, and with them those above that sum them up and are certified.

    Raises:
        Refused: one was never certified, nothing has changed, there is no note, a day isn't in, or it waits for
            signatures.
        SettingsError: a site isn't one.
    """
    archive = current_archive()
    with settings_for(archive, name, reason):
        sites = MonthSites(judged_month(name))
        chosen = _chosen(sites, wanted)
        above = {code for site in chosen for code in sites.month.site_tree.path(site)} - {sites.month.hall.code}
        before = {site: entry for site in sorted(above) if (entry := archive.ledger.latest(name, site))}
        if never := [site for site in chosen if site not in before]:
            raise Refused(f"{name} was never certified for {', '.join(never)}; run `yuebao report {name} --all`")
        if missing := [code for site in before for code in sites.missing_in(site)]:
            raise Refused("\n".join(problem.message for code in missing for problem in sites.problems_of(code)))
        changed = _changed([entry.certificate for entry in before.values()], sites, reason)
        if not changed:
            raise Refused(f"nothing behind {name} of {', '.join(before)} has changed since it was certified")
        if not note.strip():
            raise Refused('a revision has a reason and a note: say what happened, `--note "..."`')
        requests = SiteRequests({each.site: each.revision + 1 for each in changed}, reason, note)
        require_success(steps.certify_sites(sites.part, requests, build=build_is_due(sites.part)))
    return [_revised(archive, certificate) for certificate in changed]


def certify_signed_sites(name: str, steps: SiteSteps) -> LedgerEntry:
    """Certify the sites of a month whose batch everyone has signed; give the batch.

    Raises:
        Refused: somebody hasn't yet, or what was signed isn't what would be certified any more.
    """
    waiting = require_waiting(current_home(), name, BATCH)
    if waiting.waits_for:
        raise Refused(waiting_message(waiting))
    archive, candidate = current_archive(), waiting.candidate
    revisions = {record.site: record.revision for record in waiting.records}
    with settings_for(archive, name, candidate.reason):
        part = MonthSites(judged_month(name)).part
        requests = SiteRequests(revisions, candidate.reason, candidate.note)
        require_success(steps.certify_sites(part, requests, build=build_is_due(part)))
    entry = archive.ledger.newest()
    if entry is None or waiting_of(current_home(), name, BATCH):
        raise Refused(waiting_message(require_waiting(current_home(), name, BATCH)))
    return entry


def _changed(certificates: Sequence[Certificate], sites: MonthSites, reason: Reason) -> list[Certificate]:
    """Those behind which something has changed; with the count itself, all of them."""
    if reason in {"definition_change", "our_error"}:
        return list(certificates)
    return [pending.certificate for pending in pending_among(certificates, sites.month.home)]


def _revised(archive: Archive, before: Certificate) -> SiteRevision:
    entries = archive.ledger.entries(before.month, before.site)
    vintages = [entry.certificate for entry in entries[before.revision - 1 :]]
    if len(vintages) == 1:
        raise Refused(waiting_message(require_waiting(current_home(), before.month, BATCH)))
    return SiteRevision(vintages[-1], release_of(archive.published, vintages[-1]), compare(vintages).note)


def _chosen(sites: MonthSites, wanted: Sequence[str]) -> list[str]:
    """The codes of the sites that are reported on, in the table's order."""
    for code in wanted:
        sites.require(code)
    return [code for code in sites.answered if code in wanted or not wanted]


def _with_pending(reports: Sequence[SiteReport], home: Home) -> tuple[SiteReport, ...]:
    """With why those that were certified before wait for a revision."""
    standing = [report.certificate for report in reports if report.certificate and not report.is_new]
    pending = {each.certificate.site: str(each) for each in pending_among(standing, home)}
    return tuple(replace(report, pending=pending.get(report.site, "")) for report in reports)


def _report(sites: MonthSites, archive: Archive, site: str, *, is_new: bool) -> SiteReport:
    entry = archive.ledger.latest(sites.month.name, site)
    certificate = entry.certificate if entry else None
    return SiteReport(
        site=site,
        name=sites.month.site_tree.sites[site].name,
        certificate=certificate,
        release=release_of(archive.published, certificate) if certificate else None,
        is_new=is_new and certificate is not None,
        missing=sites.missing_in(site),
    )
