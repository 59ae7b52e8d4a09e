"""How certificates and traces are shown: their tables, and the rows behind a number for another program."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.table import Table

from orchestration.cli.app import table
from orchestration.config.catalogue import department_names
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive
from reports.certificates.rates import Against, RateBasis, RateError, base_month, rate
from reports.certificates.trace import Contribution, Trace
from reports.workbook.exports import kept
from reports.workbook.tables import ExportRow

_RATES: tuple[Against, ...] = ("month_before", "year_before")


def vintage_of(certificate: Certificate) -> str:
    """Which month, site and revision a certificate is of."""
    whose = f" site {certificate.below}" if certificate.below else ""
    return f"{certificate.month}{whose} r{certificate.revision}"


def numbers_table(archive: Archive, certificate: Certificate, basis: RateBasis | None) -> Table:
    """The numbers of a certificate, with 环比 and 同比 when a basis is named."""
    rows = []
    for number in certificate.numbers:
        rates = [_rates(archive, certificate, number.metric, basis)] if basis else []
        shown = (number.metric, number.metric_name, number.with_unit, number.exact_with_unit)
        rows.append((*shown, "".join(number.flags), f"v{number.version}", *rates))
    titles = ["metric", "指标", "刊印数", "exact", "flags", "definition"]
    return table([*titles, *([f"rates, {basis}"] if basis else [])], rows)


def _rates(archive: Archive, certificate: Certificate, metric: str, basis: RateBasis) -> str:
    lines = []
    for against in _RATES:
        month = base_month(certificate.month, against)
        history = [entry.certificate for entry in archive.ledger.entries(month, certificate.below)]
        try:
            change = rate(metric, certificate, history, basis)
        except RateError as error:
            lines.append(str(error) if history else f"{month} isn't certified")
        else:
            lines.append(f"{change.text}（{change.basis_text}）")
    return "\n".join(lines)


def history_lines(archive: Archive, month: str, site: str = "") -> Iterator[str]:
    """Every certificate of a month: its state, code, who signed and when, and why there is a revision."""
    for entry in archive.ledger.entries(month, site):
        certificate = entry.certificate
        signers = "、".join(sign_off.name for sign_off in certificate.sign_offs)
        why = f", {certificate.reason}: {certificate.note}" if certificate.reason else ""
        state, at = archive.ledger.state(certificate), f"{certificate.signed_at:%Y-%m-%d %H:%M}"
        yield f"  r{certificate.revision} {state} {certificate.code} {at} {signers}{why}"


def department_table(traced: Trace) -> Table:
    """What each department adds."""
    names = department_names()
    rows = [(code, names.get(code, ""), total) for code, total in traced.by_department.items()]
    return table(("department", "", "sum"), [*rows, ("", "total", sum(traced.by_department.values()))])


def site_tables(traced: Trace, certificate: Certificate) -> Iterator[Table | str]:
    """What each site adds, where it is more than one, and a line below it."""
    if sites := certificate.foundation.sites:
        names = {site.code: site.name for site in sites}
        rows = [(code, names[code], total) for code, total in traced.by_site.items()]
        yield table(("site", "", "sum"), [*rows, ("", "total", sum(traced.by_site.values()))])
        yield ""


def term_table(traced: Trace) -> Table:
    """What a derived number is made of, each with the certificate that it stands in."""
    rows = [
        (term.role, term.metric, term.month, f"r{term.revision}" if term.revision else "this one", term.value)
        for term in traced.terms
    ]
    return table(("part", "metric", "month", "certificate", "exact"), rows)


def counted_tables(traced: Trace, certificate: Certificate) -> Iterator[Table | str]:
    """What sites, departments and extracts add to a number that rows add up to."""
    yield from site_tables(traced, certificate)
    yield from (department_table(traced), "", extract_table(traced))


def traced_tables(traced: Trace, certificate: Certificate) -> Iterator[Table | str]:
    """A number down to its extracts: a derived one by its terms, and then each of those that are of its month."""
    if not traced.terms:
        yield from counted_tables(traced, certificate)
        return
    yield term_table(traced)
    for part in traced.parts:
        yield f"\n{part.number.metric} {part.number.metric_name} {part.number.exact_with_unit}"
        yield from counted_tables(part, certificate)


def extract_table(traced: Trace) -> Table:
    """What each extract adds, with the file in which it stands."""
    rows = [(each.day, each.system, total, each.path, each.sha256[:12]) for each, total in traced.by_extract.items()]
    return table(("day", "system", "sum", "extract", "sha256"), rows, wrap=False)


def write_rows(rows: Iterable[Contribution], path: Path) -> None:
    """Every row behind a number, as a table for another program."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["system", "day", "site", "department", "item", "measure", "count", "extract", "sha256"])
        for row in rows:
            extract = row.extract
            counted = kept(row.site), kept(row.department), kept(row.item), row.measure, row.count
            lines.writerow([extract.system, extract.day, *counted, extract.path, extract.sha256])


# What authors see of an exported row, and how it is called there.
_FOR_AUTHORS = {
    "month": "月份",
    "department": "部门",
    "department_name": "部门名称",
    "department_successors": "后续部门",
    "metric": "代码",
    "metric_name": "指标",
    "printed": "刊印数",
    "exact": "准确数",
    "unit": "单位",
    "flags": "标记",
    "state": "状态",
    "revision": "版次",
    "code": "核定书",
}


def rows_table(rows: Sequence[ExportRow]) -> Table:
    """The rows for the eye, in Chinese: exact counts to the right, columns that hold nothing left out."""
    columns = [name for name in _FOR_AUTHORS if any(row.get(name, "") != "" for row in rows)]
    titles = [_FOR_AUTHORS[name] for name in columns]
    return table(titles, ([row[name] for name in columns] for row in rows), wrap=False)
