"""Taking a number apart, down to the rows of its extracts."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate, CertifiedExtract
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.ledger import Archive
from reports.certificates.trace import TraceError, rows_behind, trace
from tests.certificates import HALL, Month, archive_in, numbers

DAYS = ("2025-03-01", "2025-03-02", "2025-03-03")
ROWS = {
    "2025-03-01": [("D01", "documents_issued", 1_000), ("D02", "documents_issued", 300), ("D01", "open", 9)],
    "2025-03-02": [("D01", "documents_issued", 1_000), ("D02", "open", 7)],
    "2025-03-03": [],
}


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return archive_in(tmp_path)


@pytest.fixture
def certificate(archive: Archive) -> Certificate:
    """Three days of one system, the last one closed; it counts a stock too."""
    drawn = Month(archive).drawn(numbers(2_300)).certificate
    extracts = tuple(extract(archive.landing, day) for day in DAYS)
    return drawn.standing_on(replace(drawn.foundation, extracts=extracts, closing=("open",)))


def stock(certificate: Certificate) -> Certificate:
    """The same certificate, whose number is the stock."""
    number = replace(certificate.by_metric["documents_issued"], exact=7, measures=("open",))
    return replace(certificate, numbers=(number,))


def extract(landing: Path, day: str) -> CertifiedExtract:
    folder = landing / "window_system" / day
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "stat_date": date.fromisoformat(day),
            "hall_code": HALL.code,
            "department_code": code,
            "item_code": None,
            "measure": name,
            "count": n,
        }
        for code, name, n in ROWS[day]
    ]
    types: dict[str, pa.DataType] = dict.fromkeys(("hall_code", "department_code", "item_code", "measure"), pa.string())
    schema = pa.schema({"stat_date": pa.date32(), **types, "count": pa.int64()})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / "0009-traced.parquet")
    entry = json.dumps({"halls": {HALL.code: {}}}).encode()
    (folder / "0009-traced.json").write_bytes(entry)
    state = "closed" if not rows else "answered"
    content = sha256((folder / "0009-traced.parquet").read_bytes())
    return CertifiedExtract("window_system", day, state, 9, "0009-traced.parquet", content, content, sha256(entry))  # type: ignore[arg-type]


def test_rows_add_up_by_department_and_by_extract(archive: Archive, certificate: Certificate) -> None:
    traced = trace(certificate, "documents_issued", archive.landing)
    assert traced.by_department == {"D01": 2_000, "D02": 300}
    assert {each.day: total for each, total in traced.by_extract.items()} == {
        "2025-03-01": 1_300,
        "2025-03-02": 1_000,
    }
    rows = rows_behind(certificate, "documents_issued", archive.landing)
    assert [(each.extract.day, each.department, each.measure, each.count) for each in rows] == [
        ("2025-03-01", "D01", "documents_issued", 1_000),
        ("2025-03-01", "D02", "documents_issued", 300),
        ("2025-03-02", "D01", "documents_issued", 1_000),
    ]


@pytest.mark.parametrize("closing", [(), ("documents_issued",)])
def test_of_a_stock_only_the_last_answered_day_counts(
    archive: Archive, certificate: Certificate, closing: tuple[str, ...]
) -> None:
    """Which measures are stocks is part of the evidence; what the caller thinks doesn't count."""
    assert trace(stock(certificate), "documents_issued", archive.landing, closing).by_day == {"2025-03-02": 7}
    rows = rows_behind(stock(certificate), "documents_issued", archive.landing, closing)
    assert [(each.extract.day, each.count) for each in rows] == [("2025-03-02", 7)]


def test_form_1_does_not_say_which_measures_are_stocks(archive: Archive, certificate: Certificate) -> None:
    first_form = replace(stock(certificate), form=1)
    assert trace(first_form, "documents_issued", archive.landing, closing={"open"}).by_day == {"2025-03-02": 7}
    with pytest.raises(TraceError, match="rows behind documents_issued give 16"):
        trace(first_form, "documents_issued", archive.landing)


def test_a_certificate_of_the_ledger_is_traced_by_its_evidence(archive: Archive) -> None:
    Month(archive).certified()
    entry = archive.ledger.latest()
    assert entry
    for metric, total in (("documents_issued", 2_317), ("phone_consultations", 1_187)):
        traced = trace(entry.certificate, metric, archive.landing)
        assert {day: count for day, count in traced.by_day.items() if count} == {"2025-03-03": total}
    store = archive.ledger.store
    store.path(entry.certificate.evidence["extracts"]).unlink()
    again = archive.ledger.latest()
    assert again
    with pytest.raises(EvidenceStoreError, match="it is absent"):
        trace(again.certificate, "documents_issued", archive.landing)


def test_rows_that_do_not_give_the_certified_value_are_told(archive: Archive, certificate: Certificate) -> None:
    number = replace(certificate.by_metric["documents_issued"], exact=2_301)
    with pytest.raises(TraceError, match=r"rows behind documents_issued give 2300, but .* certifies 2301"):
        trace(replace(certificate, numbers=(number,)), "documents_issued", archive.landing)


def test_nothing_is_traced_over_a_changed_extract(archive: Archive, certificate: Certificate) -> None:
    path = archive.landing / certificate.foundation.extracts[1].path
    path.write_bytes(path.read_bytes() + b"?")
    with pytest.raises(TraceError, match=r"0009-traced.parquet: it was changed"):
        trace(certificate, "documents_issued", archive.landing)


def test_a_metric_that_is_not_certified_is_named(archive: Archive, certificate: Certificate) -> None:
    with pytest.raises(TraceError, match="has no cats; it has documents_issued"):
        trace(certificate, "cats", archive.landing)
