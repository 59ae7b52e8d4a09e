"""The numbers of a certified month as files for other programs: CSV, Parquet, SDMX-CSV 2.0."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from reports.certificates.dossier import Dossier
from reports.workbook.tables import ExportRow, number_rows, observations

# What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def numbers_csv(dossier: Dossier) -> bytes:
    """`numbers.csv`: UTF-8 with the byte order mark that Excel asks for; a text like a formula gets an apostrophe."""
    return csv_of(number_rows(dossier.certificate, dossier.state), encoding="utf-8-sig")


def numbers_parquet(dossier: Dossier) -> bytes:
    """`numbers.parquet`: whole numbers as int64, the rest as text."""
    return parquet_of(number_rows(dossier.certificate, dossier.state))


def sdmx_csv(dossier: Dossier) -> bytes:
    """`numbers.sdmx.csv`: SDMX-CSV 2.0."""
    return csv_of(observations(dossier), encoding="utf-8")


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
