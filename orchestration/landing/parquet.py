"""An extract's content: daily counts as Parquet, by one schema and in one order, with a digest of each site's rows.

It brings PyArrow along, and is imported where a file is read or written: Dagster's definitions load without.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.sources.contract import CONTRACT
from orchestration.sources.daily_counts import SCHEMA as ANSWERED
from orchestration.sources.daily_counts import TEXTS, Coded, Codes, DailyCounts, repeated, summed

_FIELDS: list[pa.Field[Any]] = [
    pa.field("stat_date", pa.date32(), nullable=False),
    pa.field("hall_code", pa.string(), nullable=False),
    pa.field("department_code", pa.string(), nullable=False),
    pa.field("item_code", pa.string()),
    pa.field("measure", pa.string(), nullable=False),
    pa.field("count", pa.int64(), nullable=False),
]
SCHEMA = pa.schema(_FIELDS)
_SITE: Final = TEXTS.index("hall_code")
_MEASURE: Final = TEXTS.index("measure")


@dataclass(frozen=True)
class Content:
    """What an extract holds.

    Attributes:
        file: the Parquet file.
        digests: by site, SHA-256 over its rows; see `content_digest`.
        sums: by site, its total by measure.
    """

    file: bytes
    digests: Mapping[str, str]
    sums: Mapping[str, Mapping[str, int]]


def read_counts(path: Path) -> DailyCounts:
    """The counts of a file."""
    table = pq.read_table(path)
    rows = table.num_rows
    columns = [table[name].cast(pa.string()).dictionary_encode() for name in TEXTS]
    where = [repeated(path.name, rows), pa.nulls(rows, pa.int64()), pa.nulls(rows, pa.int64())]
    return DailyCounts(pa.table([*columns, table["count"], *where], schema=ANSWERED).combine_chunks())


def content_of(counts: DailyCounts) -> Content:
    """What an extract of these clean counts holds."""
    columns = [counts.coded(name) for name in TEXTS]
    table = counts.table.select(list(CONTRACT)).take(_order(columns, str))
    sink = pa.BufferOutputStream()
    pq.write_table(table.cast(SCHEMA), sink, compression="zstd")
    content: bytes = sink.getvalue().to_pybytes()
    return Content(content, _digests(counts, columns), _sums(counts, columns))


def content_digest(counts: DailyCounts) -> str:
    """SHA-256 over the JSON of clean rows, the contract's columns in order; the order of arrival doesn't matter."""
    columns = [counts.coded(name) for name in TEXTS]
    return _digest(_json_rows(counts, columns, _order(columns, repr)))


def _digests(counts: DailyCounts, columns: Sequence[Coded]) -> dict[str, str]:
    """The digest of each site's rows."""
    texts, codes = columns[_SITE]
    order = _order([columns[_SITE], *columns], repr)
    rows, sites = _json_rows(counts, columns, order), codes[order]
    begins = np.flatnonzero(np.diff(sites, prepend=-1))
    return {texts[sites[begin]]: _digest(rows[begin:end]) for begin, end in pairwise([*begins, len(sites)])}


def _sums(counts: DailyCounts, columns: Sequence[Coded]) -> dict[str, dict[str, int]]:
    """The total of each measure by site."""
    (sites, of_site), (measures, of_measure) = columns[_SITE], columns[_MEASURE]
    groups = of_site * len(measures) + of_measure
    totals = summed(groups, counts.counts, len(sites) * len(measures))
    sums: dict[str, dict[str, int]] = {site: {} for site in sites}
    for group in np.unique(groups):
        site, measure = divmod(int(group), len(measures))
        sums[sites[site]][measures[measure]] = totals[group]
    return sums


def _order(columns: Sequence[Coded], key: Callable[[str], str]) -> Codes:
    """The rows in the order of their columns, the first one first, texts by a key; null comes last."""
    whole: Codes = np.zeros(len(columns[0].codes), np.int64)
    values = 1
    for texts, codes in columns:
        ranks = np.empty(len(texts) + 1, np.int64)
        ranks[sorted(range(len(texts)), key=lambda code: key(texts[code]))] = np.arange(len(texts))
        # Where codes have -1 for null.
        ranks[-1] = len(texts)
        if values * len(ranks) >= 2**62:
            whole = np.unique(whole, return_inverse=True)[1]
            values = len(whole)
        whole, values = whole * len(ranks) + ranks[codes], values * len(ranks)
    return np.argsort(whole, kind="stable")


def _json_rows(counts: DailyCounts, columns: Sequence[Coded], order: Codes) -> pa.LargeStringArray:
    """Each row as JSON with a comma behind it, in an order."""
    cells: list[Any] = [_json_cells(column).take(column.codes[order] % (len(column.texts) + 1)) for column in columns]
    totals = counts.table["count"].combine_chunks().take(order).cast(pa.large_string())
    begin, end, nothing = (pa.scalar(text, pa.large_string()) for text in ("[", "], ", ""))
    rows: pa.LargeStringArray = pc.binary_join_element_wise(begin, *cells, totals, end, nothing)
    return rows


def _json_cells(column: Coded) -> pa.LargeStringArray:
    """Of every distinct text the JSON with a comma behind it, and of null at the end."""
    return pa.array([f"{json.dumps(text, ensure_ascii=False)}, " for text in [*column.texts, None]], pa.large_string())


def _digest(rows: pa.LargeStringArray) -> str:
    """SHA-256 over rows as the JSON of one list."""
    offsets: Any
    data: Any
    _, offsets, data = rows.buffers()
    whole = hashlib.sha256(b"[")
    if len(rows):
        begin, end = np.frombuffer(offsets, np.int64)[[rows.offset, rows.offset + len(rows)]]
        whole.update(memoryview(data)[begin : end - len(", ")])
    whole.update(b"]")
    return whole.hexdigest()
