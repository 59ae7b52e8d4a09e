"""What `yuebao numbers` prints: certified numbers by month and department, as they were printed or as they stand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.table import Table

from orchestration.certification.certify import archive_of
from orchestration.config.catalogue import closing_measures, department_names
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError, traces
from reports.figures.months import first_day
from reports.workbook.exports import ExportRow, csv_of, number_rows

Vintage = Literal["printed", "revised"]


@dataclass(frozen=True)
class Wanted:
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
    vintage: Vintage


def numbers_of(wanted: Wanted) -> list[ExportRow]:
    """The rows, by month and metric, oldest month first.

    A department's rows have exact counts only: what was printed is the hall's number.

    Raises:
        Refused: a month, metric, department or site has no certified number; it says what there is.
    """
    hall = load_hall()
    _require_site(wanted.site, hall.hall.code)
    archive = archive_of(hall, current_home())
    return [row for certificate in _certificates(archive, wanted) for row in _rows(archive, certificate, wanted)]


def written(rows: Sequence[ExportRow], form: Literal["csv", "json"]) -> str:
    """The rows for another program: stable columns, in a stable order."""
    if form == "csv":
        return csv_of(rows, encoding="utf-8").decode()
    return json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n"


def _require_site(asked: str, own: str) -> None:
    if asked not in {"", own}:
        raise Refused(
            f"site {asked} has no certified numbers here: this ledger certifies site {own} only, "
            "and numbers of several sites aren't added up"
        )


def _certificates(archive: Archive, wanted: Wanted) -> Iterator[Certificate]:
    certified = sorted({link.month for link in archive.ledger.links()})
    first, last = (_month(wanted.month or end) for end in (wanted.first, wanted.last))
    months = [month for month in certified if (not first or month >= first) and (not last or month <= last)]
    if not months:
        span = f"{first or 'the first month'} to {last or 'the newest'}" if first != last else first or "any month"
        raise Refused(f"no certificate of {span}; certified: {', '.join(certified) or 'none yet'}")
    for month in months:
        entries = archive.ledger.entries(month)
        yield entries[0 if wanted.vintage == "printed" else -1].certificate


def _month(text: str) -> str:
    try:
        if text:
            first_day(text)
    except ValueError as error:
        raise Refused(str(error)) from error
    return text


def _rows(archive: Archive, certificate: Certificate, wanted: Wanted) -> list[ExportRow]:
    if unknown := sorted(set(wanted.metrics) - certificate.by_metric.keys()):
        raise Refused(f"{certificate.month} has no {', '.join(unknown)}; it has {', '.join(certificate.by_metric)}")
    rows = number_rows(certificate, archive.ledger.state(certificate))
    asked = [row for row in rows if not wanted.metrics or row["metric"] in wanted.metrics]
    if not (wanted.by_department or wanted.department):
        return asked
    return _taken_apart(archive, certificate, asked, wanted.department)


def _taken_apart(archive: Archive, certificate: Certificate, rows: list[ExportRow], only: str) -> list[ExportRow]:
    names = department_names()
    if only and only not in names:
        raise Refused(f"no department {only} in departments.csv; it has {', '.join(names)}")
    metrics = [str(row["metric"]) for row in rows]
    try:
        traced = traces(certificate, archive.landing, closing_measures(), metrics)
    except TraceError as error:
        raise Refused(str(error)) from error
    apart: list[ExportRow] = []
    for row in rows:
        sums = traced[str(row["metric"])].by_department
        for code in [only] if only else sums:
            part: ExportRow = {"department": code, "department_name": names.get(code, "")}
            apart.append({**row, **part, "exact": sums.get(code, 0), "printed": "", "display_unit": ""})
    return apart


def table_of(rows: Sequence[ExportRow]) -> Table:
    """The rows for the eye: exact counts to the right, columns that hold nothing left out."""
    table = Table(box=None, pad_edge=False)
    columns = [name for name in rows[0] if any(row[name] != "" for row in rows)]
    for name in columns:
        table.add_column(name, justify="right" if name == "exact" else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(str(row[name]) for name in columns))
    return table
