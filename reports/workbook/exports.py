"""The numbers of a certified month as files for other programs: CSV, Parquet, SDMX-CSV 2.0."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier
from reports.figures.numbers import MonthlyNumber

ExportRow = dict[str, str | int]

# What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

_DATAFLOW = "YUEBAO:MONTHLY_NUMBERS(1.0)"
_ALL_DEPARTMENTS = "_T"


def number_rows(certificate: Certificate, state: str) -> list[ExportRow]:
    """The numbers of a certificate, each with all that it takes to cite it; `exact` is whole, in `unit`."""
    return [
        {
            "month": certificate.month,
            "hall": certificate.hall.code,
            "metric": number.metric,
            "metric_name": number.metric_name,
            "definition_version": number.version,
            "exact": number.exact,
            "unit": number.unit,
            "printed": number.printed,
            "display_unit": number.display_unit,
            "flags": "".join(number.flags),
            "revision": certificate.revision,
            "code": certificate.code,
            "state": state,
        }
        for number in certificate.numbers
    ]


def numbers_csv(dossier: Dossier) -> bytes:
    """`numbers.csv`: UTF-8 with the byte order mark that Excel asks for; a text like a formula gets an apostrophe."""
    return csv_of(number_rows(dossier.certificate, dossier.state), encoding="utf-8-sig")


def numbers_parquet(dossier: Dossier) -> bytes:
    """`numbers.parquet`: whole numbers as int64, the rest as text."""
    return parquet_of(number_rows(dossier.certificate, dossier.state))


def sdmx_csv(dossier: Dossier) -> bytes:
    """`numbers.sdmx.csv`: SDMX-CSV 2.0, a row for each metric of the hall (`DEPARTMENT` `_T`) and of each department.

    `OBS_VALUE` is exact, so `UNIT_MULT` and `DECIMALS` are 0. `OBS_STATUS` is of CL_OBS_STATUS, which has no code for
    revised; `FLAGS` are the certificate's.
    """
    return csv_of(list(_observations(dossier)), encoding="utf-8")


def _observations(dossier: Dossier) -> Iterator[ExportRow]:
    for number in dossier.certificate.numbers:
        yield _observation(dossier, number, _ALL_DEPARTMENTS, number.exact)
        for department, total in dossier.traces[number.metric].by_department.items():
            yield _observation(dossier, number, department, total)


def _observation(dossier: Dossier, number: MonthlyNumber, department: str, value: int) -> ExportRow:
    certificate = dossier.certificate
    return {
        "STRUCTURE": "dataflow",
        "STRUCTURE_ID": _DATAFLOW,
        "ACTION": "I",
        "FREQ": "M",
        "REF_AREA": certificate.hall.code,
        "INDICATOR": number.metric,
        "DEPARTMENT": department,
        "TIME_PERIOD": certificate.month,
        "OBS_VALUE": value,
        "OBS_STATUS": _status(number),
        "UNIT_MEASURE": number.unit,
        "UNIT_MULT": 0,
        "DECIMALS": 0,
        "FLAGS": "".join(number.flags),
        "DEFINITION_VERSION": number.version,
        "REVISION": certificate.revision,
        "CERTIFICATE": certificate.code,
        "STATE": dossier.state,
    }


def _status(number: MonthlyNumber) -> str:
    return "P" if "p" in number.flags else "B" if "b" in number.flags else "A"


def csv_of(rows: Sequence[ExportRow], *, encoding: str) -> bytes:
    """Rows with one header line, lines ended as RFC 4180 says; no rows give no bytes."""
    if not rows:
        return b""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode(encoding)


def parquet_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as Parquet, typed by their values; the first row has every column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _harmless(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
