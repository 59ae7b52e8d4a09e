"""Years of certificates (two; ten in `make proof`): the work grows with the months, and every file is read once."""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.certificates.canonical import sha256
from reports.certificates.ledger import Archive
from reports.certificates.release import complete_releases, stage
from reports.certificates.verification import Verification, verify
from tests.certificates import SERVICE, Month, archive_in, files_of, land

FIVE = ("call_centre", "courier", "enquiry_desks", "online_platform", "window_system")


def certify_years(archive: Archive, years: int) -> None:
    """What certifying every month leaves, without certify's own checks, which would take longer than the test."""
    for month in (f"{2025 - years + year}-{number:02d}" for year in range(years) for number in range(1, 13)):
        at = datetime(int(month[:4]) + 1, int(month[5:]), 2, tzinfo=UTC)
        drafted = Month(archive, month, at).drafted(extracts=land(archive, month, systems=FIVE))
        contents = files_of(drafted)
        files = {name: sha256(content) for name, content in contents.items()}
        envelope = SERVICE.seal(replace(drafted, files=files))
        stage(archive.published, envelope, contents, archive.ledger)
        archive.ledger.append(envelope)
        complete_releases(archive.ledger, archive.published)


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
    extracts, release, chain = 2 * len(FIVE) * days, 3 * 12 * years, 2 * (12 * years - 1)
    assert found.problems == ()
    assert found.certificates == 12 * years
    assert found.files_hashed == extracts + release + chain

    one_year = verify(archive, month="2024-02")
    assert one_year.files_hashed == 2 * len(FIVE) * 29 + 3 + 2
