"""Selects certified numbers by month, metric and department, as they were printed or as they stand."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from orchestration.certification.certify import current_archive
from orchestration.certification.lookup import require_certified_site
from orchestration.certification.settings_evidence import certified_settings
from orchestration.config.catalogue import Member, closing_measures, members, validity_of
from orchestration.runtime.errors import Refused
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive
from reports.certificates.release_text import ordered_metrics
from reports.certificates.trace import TraceError, traces
from reports.figures.months import first_day
from reports.workbook.exports import csv_of
from reports.workbook.tables import ExportRow, number_rows

MonthVintage = Literal["printed", "revised"]


@dataclass(frozen=True)
class Selection:
    """Which numbers; an empty text or sequence asks for all.

    `by_department` gives a row for each department, `department` only the rows of one.
    """

    metrics: Sequence[str]
    month: str
    first: str
    last: str
    department: str
    by_department: bool
    site: str
    vintage: MonthVintage


def numbers_of(selection: Selection) -> list[ExportRow]:
    """The rows, oldest month first, each month's in the order of the newest report.

    A department's rows have exact counts only: what was printed is the hall's number. They name it as it was called
    then, and with its successors of today; a month in which it wasn't counted has no row of it.

    Raises:
        Refused: a month, metric, department or site has no certified number; it says what there is.
    """
    archive = current_archive()
    require_certified_site(archive, selection.site)
    certificates = list(_certificates(archive, selection))
    order = ordered_metrics(certificates[-1], {metric for each in certificates for metric in each.by_metric})
    rows = [row for certificate in certificates for row in _rows(archive, certificate, selection, order)]
    if not rows:
        raise Refused(_not_counted(selection.department))
    return rows


def _not_counted(department: str) -> str:
    """Why a department has no number in the months selected, by the settings of today."""
    member = members("departments").get(department)
    when = f"{member} {validity_of('departments', member)}" if member and member.ends else f"department {department}"
    return f"no month selected counts it: {when}; ask for the months in which it was counted, or for another department"


def rows_as_text(rows: Sequence[ExportRow], form: Literal["csv", "json"]) -> str:
    """The rows for another program: stable columns, in a stable order."""
    if form == "csv":
        return csv_of(rows, encoding="utf-8").decode()
    return json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"


def _certificates(archive: Archive, selection: Selection) -> Iterator[Certificate]:
    site = archive.below(selection.site)
    certified = archive.ledger.months(site)
    first, last = (_month(selection.month or end) for end in (selection.first, selection.last))
    months = [month for month in certified if (not first or month >= first) and (not last or month <= last)]
    if not months:
        span = f"{first or 'the first month'} to {last or 'the newest'}" if first != last else first or "any month"
        raise Refused(f"no certificate of {span}; certified: {', '.join(certified) or 'none yet'}")
    for month in months:
        entries = archive.ledger.entries(month, site)
        yield entries[0 if selection.vintage == "printed" else -1].certificate


def _month(text: str) -> str:
    try:
        if text:
            first_day(text)
    except ValueError as error:
        raise Refused(str(error)) from error
    return text


def _rows(archive: Archive, certificate: Certificate, selection: Selection, order: Sequence[str]) -> list[ExportRow]:
    if unknown := sorted(set(selection.metrics) - certificate.by_metric.keys()):
        raise Refused(f"{certificate.month} has no {', '.join(unknown)}; it has {', '.join(certificate.by_metric)}")
    in_order = [certificate.by_metric[metric] for metric in order if metric in certificate.by_metric]
    rows = number_rows(certificate, archive.ledger.state(certificate), in_order)
    selected = [row for row in rows if not selection.metrics or row["metric"] in selection.metrics]
    if not (selection.by_department or selection.department):
        return selected
    return _taken_apart(archive, certificate, selected, selection.department)


def _taken_apart(archive: Archive, certificate: Certificate, rows: list[ExportRow], only: str) -> list[ExportRow]:
    with certified_settings(archive, certificate):
        known = members("departments")
    today = members("departments")
    if only and only not in {**known, **today}:
        raise Refused(f"no department {only} in departments.csv; it has {', '.join(known)}")
    if only and not _is_counted(known.get(only), certificate):
        return []
    counted = {number.metric for number in certificate.counted_numbers}
    metrics = [str(row["metric"]) for row in rows if row["metric"] in counted]
    if not metrics and rows:
        derived = ", ".join(str(row["metric"]) for row in rows)
        raise Refused(
            f"{derived} is made of sums, so that departments don't add up to it; "
            f"`yuebao trace {certificate.month} {rows[0]['metric']}` takes it apart"
        )
    try:
        traced = traces(certificate, archive.landing, closing_measures(), metrics)
    except TraceError as error:
        raise Refused(str(error)) from error
    apart: list[ExportRow] = []
    for row in (row for row in rows if row["metric"] in counted):
        sums = traced[str(row["metric"])].by_department
        for code in [only] if only else sums:
            count = sums.get(code, 0)
            part: ExportRow = {
                "department": code,
                "department_name": known[code].name if code in known else "",
                "department_successors": ";".join(today[code].successors) if code in today else "",
            }
            exact: ExportRow = {"exact": count if isinstance(count, int) else str(count), "exact_digits": str(count)}
            apart.append({**row, **part, **exact, "printed": "", "display_unit": ""})
    return apart


def _is_counted(department: Member | None, certificate: Certificate) -> bool:
    """Whether a department is counted on any day of a month."""
    return department is not None and any(map(department.is_valid_on, certificate.days))
