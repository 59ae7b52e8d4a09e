"""What the commands that look back do: show a certificate, trace a number, rebuild a month."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.table import Table

from orchestration.certification.certify import archive_of
from orchestration.certification.rebuild import Rebuilt, rebuild
from orchestration.config.catalogue import closing_measures, department_names
from orchestration.config.hall import load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home, prepare_environment
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.month import open_month
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.rates import Against, RateBasis, RateError, base_month, rate
from reports.certificates.trace import Trace, TraceError, trace
from reports.figures.months import first_day

_RATES: tuple[Against, ...] = ("month_before", "year_before")


def find(what: str, revision: int | None, as_of: str) -> tuple[Archive, LedgerEntry]:
    """The certificate that a month or a short code stands for.

    Args:
        what: `2025-03`, or the code that a printed page carries.
        revision: Of a month, another revision than the newest.
        as_of: Of a month, the one that was certified at a moment (`2025-05-02`, its end, or with a time).

    Raises:
        Refused: there is none.
    """
    archive = archive_of(load_hall(), current_home())
    try:
        first_day(what)
    except ValueError:
        return archive, _by_code(archive, what)
    if as_of:
        found = archive.ledger.at(what, _moment(as_of))
    else:
        entries = archive.ledger.entries(what)
        wanted = [entry for entry in entries if revision in {None, entry.certificate.revision}]
        found = wanted[-1] if wanted else None
    if found is None:
        which = f"revision {revision}" if revision else f"certificate as of {as_of}" if as_of else "certificate"
        raise Refused(f"{what} has no {which}; `yuebao show {what}` lists what there is")
    return archive, found


def _by_code(archive: Archive, code: str) -> LedgerEntry:
    try:
        found = archive.ledger.find(code)
    except ValueError as error:
        raise Refused(f"{code!r} is neither a month, such as 2025-03, nor a certificate's code: {error}") from error
    if found is None:
        raise Refused(f"no certificate in {archive.certificates} has the code {code}")
    return found


def _moment(text: str) -> dt.datetime:
    zone = ZoneInfo(load_hall().hall.timezone)
    try:
        if len(text) == len("2025-05-02"):
            return dt.datetime.combine(dt.date.fromisoformat(text), dt.time.max, zone)
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no moment; write 2025-05-02 or 2025-05-02T12:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def numbers_table(archive: Archive, certificate: Certificate, basis: RateBasis | None) -> Table:
    """The numbers of a certificate, with 环比 and 同比 when a basis is named."""
    table = Table(box=None, pad_edge=False)
    for title in ("metric", "指标", "刊印数", "exact", "flags", "definition"):
        table.add_column(title, justify="right" if title == "exact" else "left")
    if basis:
        table.add_column(f"rates, {basis}")
    for number in certificate.numbers:
        table.add_row(
            number.metric,
            number.metric_name,
            number.with_unit,
            number.exact_with_unit,
            "".join(number.flags),
            f"v{number.version}",
            *([_rates(archive, certificate, number.metric, basis)] if basis else []),
        )
    return table


def _rates(archive: Archive, certificate: Certificate, metric: str, basis: RateBasis) -> str:
    lines = []
    for against in _RATES:
        month = base_month(certificate.month, against)
        history = [entry.certificate for entry in archive.ledger.entries(month)]
        try:
            found = rate(metric, certificate, history, basis)
        except RateError as error:
            lines.append(str(error) if history else f"{month} isn't certified")
        else:
            lines.append(f"{found.text}（{found.basis_text}）")
    return "\n".join(lines)


def history_lines(archive: Archive, month: str) -> Iterator[str]:
    """Every certificate of a month: its state, code, who signed and when, and why there is a revision."""
    for entry in archive.ledger.entries(month):
        each = entry.certificate
        signers = "、".join(sign_off.name for sign_off in each.sign_offs)
        why = f", {each.reason}: {each.note}" if each.reason else ""
        state, at = archive.ledger.state(each), f"{each.signed_at:%Y-%m-%d %H:%M}"
        yield f"  r{each.revision} {state} {each.code} {at} {signers}{why}"


def trace_number(what: str, metric: str, revision: int | None) -> tuple[LedgerEntry, Trace]:
    """A certified number, down to the rows of its extracts.

    Raises:
        Refused: it isn't certified, or what lies in the landing isn't what was signed.
    """
    archive, entry = find(what, revision, "")
    try:
        return entry, trace(entry.certificate, metric, archive.landing, closing_measures())
    except TraceError as error:
        raise Refused(str(error)) from error


def department_table(traced: Trace) -> Table:
    """What each department adds."""
    table = Table(box=None, pad_edge=False)
    for title in ("department", "", "sum"):
        table.add_column(title, justify="right" if title == "sum" else "left")
    names = department_names()
    for code, total in traced.by_department.items():
        table.add_row(code, names.get(code, ""), str(total))
    table.add_row("", "total", str(traced.number.exact))
    return table


def extract_table(traced: Trace) -> Table:
    """What each extract adds, with the file in which it stands."""
    table = Table(box=None, pad_edge=False)
    for title in ("day", "system", "sum", "extract", "sha256"):
        table.add_column(title, justify="right" if title == "sum" else "left", no_wrap=True)
    for extract, total in traced.by_extract.items():
        table.add_row(extract.day, extract.system, str(total), extract.path, extract.sha256[:12])
    return table


def write_rows(traced: Trace, path: Path) -> None:
    """Every row behind a number, as a table for another program."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["system", "day", "department", "item", "measure", "count", "extract", "sha256"])
        for each in traced.contributions:
            extract = each.extract
            table.writerow(
                [
                    extract.system,
                    extract.day,
                    each.department,
                    each.item,
                    each.measure,
                    each.count,
                    extract.path,
                    extract.sha256,
                ]
            )


def rebuild_now(month: str, revision: int | None) -> Rebuilt:
    """Recompute a certified month from its extracts alone, in an empty warehouse.

    Raises:
        Refused: the month or the revision isn't certified.
    """
    prepare_environment(current_home())
    ensure_manifest()
    archive, entry = find(month, revision, "")
    return rebuild(entry, open_month(entry.certificate.month), archive, load_hall().wording)
