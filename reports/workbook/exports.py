"""The numbers of a certified month as files for other programs: CSV, Parquet, SDMX-CSV 2.0."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reports.certificates.dossier import Dossier
from reports.workbook.tables import Cell, ExportRow, number_rows, observations

# What a spreadsheet takes for a formula at the start of a cell (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# What a reader that guesses types makes something else of: 10 of 010, 12000 of 12E3, a day of 1/2, 0.004 of 0.4%; of 16
# digits Excel keeps 15.
_MISREAD = re.compile(r"0[0-9]+|[0-9]+[Ee][0-9]+|[0-9]+/[0-9]+|[0-9.]+[%‰]|[0-9]{16,}")


def kept(value: Cell) -> Cell:
    """A cell that readers that guess types leave as it is: what they would change begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and _MISREAD.fullmatch(value) else _no_formula(value)


def _no_formula(value: Cell) -> Cell:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def numbers_csv(dossier: Dossier) -> bytes:
    """`numbers.csv`: UTF-8 with the byte order mark that Excel asks for."""
    return csv_of(number_rows(dossier.certificate, dossier.state, dossier.numbers), encoding="utf-8-sig")


def numbers_parquet(dossier: Dossier) -> bytes:
    """`numbers.parquet`: whole numbers as int64, the rest as text; `exact` is null where it is a fraction."""
    rows = number_rows(dossier.certificate, dossier.state, dossier.numbers)
    return parquet_of([{**row, "exact": row["exact"] if isinstance(row["exact"], int) else None} for row in rows])


def sdmx_csv(dossier: Dossier) -> bytes:
    """`numbers.sdmx.csv`: SDMX-CSV 2.0, whose codes are as in the catalogue, for its readers know their types."""
    return csv_of(observations(dossier), encoding="utf-8", cell=_no_formula)


def csv_of(rows: Sequence[ExportRow], *, encoding: str, cell: Callable[[Cell], Cell] = kept) -> bytes:
    """Rows with one header line, each cell made by `cell`, lines ended as RFC 4180 says; no rows give no bytes."""
    if not rows:
        return b""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, list(rows[0]))
    table.writeheader()
    table.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode(encoding)


def parquet_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as Parquet, typed by their values; the first row has every column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink)
    content: bytes = sink.getvalue().to_pybytes()
    return content
