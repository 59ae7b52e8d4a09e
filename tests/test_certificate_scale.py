"""Years of certificates (two; ten in `make proof`): the work grows with the months, and every file is read once."""

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.certificates.ledger import Archive
from reports.certificates.verification import Verification, verify
from tests.certificates import SERVICE, Month, archive_in, by_service, forced, land, signed

FIVE = ("call_centre", "courier", "enquiry_desks", "online_platform", "window_system")
DOCUMENTS = 10  # eight of evidence, and two files of settings
FILES = 4  # section.txt, section.md, numbers.json, certificate.json


def certify_years(archive: Archive, years: int) -> None:
    """What certifying every month leaves, without certify's own checks, which would take longer than the test."""
    for month in (f"{2025 - years + year}-{number:02d}" for year in range(years) for number in range(1, 13)):
        at = datetime(int(month[:4]) + 1, int(month[5:]), 2, tzinfo=UTC)
        drawn = Month(archive, month, at).drawn(extracts=land(archive, month, systems=FIVE))
        forced(archive, drawn, signed(drawn, by_service(at), [SERVICE]), at)


@pytest.mark.parametrize(
    "years",
    [pytest.param(2, id="two_years"), pytest.param(10, id="ten_years", marks=pytest.mark.proof)],
)
def test_verifying_years_reads_every_file_once(years: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = archive_in(tmp_path)
    certify_years(archive, years)
    started = time.perf_counter()
    found: Verification = verify(archive)
    with capsys.disabled():
        took = time.perf_counter() - started
        sys.stdout.write(f"\n{found.certificates} months, {found.files_hashed} files: {took:.1f} s\n")
    days = (datetime(2025, 1, 1, tzinfo=UTC) - datetime(2025 - years, 1, 1, tzinfo=UTC)).days
    months = 12 * years
    extracts, release, chain = 2 * len(FIVE) * days, (FILES + DOCUMENTS) * months, 2 * (months - 1)
    stored = list(archive.ledger.store.folder.iterdir())
    assert found.problems == ()
    assert found.certificates == months
    assert found.files_hashed == extracts + release + chain + len(stored)
    assert len(stored) < DOCUMENTS * months, "what months share is stored once"
    linked = [path for path in archive.published.rglob("evidence/*") if path.stat().st_nlink == 1]
    assert linked == [], "a release's evidence takes no further room"

    one_month = verify(archive, month="2024-02")
    assert one_month.files_hashed == 2 * len(FIVE) * 29 + FILES + 2 * DOCUMENTS + 2
