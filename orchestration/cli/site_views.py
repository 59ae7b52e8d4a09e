"""How the reports of sites are told: a line for each, and below them what isn't in."""

import os
from collections.abc import Iterator

from orchestration.certification.site_reports import SiteReport, SiteReports


def site_lines(reports: SiteReports) -> Iterator[str]:
    """Every site with its certificate and folder, or what keeps it; then each site that isn't in, with its reasons."""
    yield from map(_line, sorted(reports.reports, key=lambda report: report.certificate is not None))
    names = {report.site: f"{report.site} {report.name}" for report in reports.reports}
    for site, reasons in reports.gaps.items():
        yield f"{names.get(site, site)} isn't in:"
        yield from (f"  {reason}" for reason in reasons)
    if reports.gaps:
        yield f"next: yuebao report {reports.month} --all asks for what isn't in, and certifies those that are by then"
    if reports.waits:
        yield reports.waits
    certified = sum(report.certificate is not None for report in reports.reports)
    new = sum(report.is_new for report in reports.reports)
    yield f"{reports.month}: {certified} of {len(reports.reports)} sites are certified, {new} of them now"


def _line(report: SiteReport) -> str:
    named = f"{report.site} {report.name}"
    if report.certificate and report.release:
        certificate = report.certificate
        told = f"{named}: 已核定, revision {certificate.revision}, code {certificate.code}"
        return f"{told}, {os.path.relpath(report.release)}" + (f"; {report.pending}" if report.pending else "")
    if others := [site for site in report.missing if site != report.site]:
        told = f"{named}: not certified, for {', '.join(others)} {'is' if len(others) == 1 else 'are'} not in"
        return told + (f"; 草稿 of the others: {os.path.relpath(report.draft)}" if report.draft else "")
    return f"{named}: not certified"
