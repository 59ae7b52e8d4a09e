"""Years of certificates (two; ten in `make proof`): the work grows with the months, and every file is read once.

A province of 205 sites for ten years is a proof too: `make proof PYTEST='-n 0 tests/test_certificate_scale.py -s'`.
"""

import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reports.certificates.certificate import CertifiedHall
from reports.certificates.certification import draw_up_batch
from reports.certificates.ledger import Archive
from reports.certificates.verification import Verification, verify
from reports.figures.months import months_before
from tests.certificates import SERVICE, Month, archive_in, by_service, forced, foundation, land, number, signed

FIVE = ("call_centre", "courier", "enquiry_desks", "online_platform", "window_system")
DOCUMENTS = 10  # eight of evidence, and two files of settings
FILES = 4  # section.txt, section.md, numbers.json, certificate.json


def certify_years(archive: Archive, years: int) -> None:
    """What certifying every month leaves, without certify's own checks, which would take longer than the test."""
    for month in (f"{2025 - years + year}-{nth:02d}" for year in range(years) for nth in range(1, 13)):
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


def certify_sites(archive: Archive, months: int, sites: int) -> None:
    """A batch of sites each month, without certify's own checks; each has eight numbers."""
    values = [number(f"metric_{letter}", 20_000 + place) for place, letter in enumerate("abcdefgh")]
    for month in (months_before("2025-03", back) for back in reversed(range(months))):
        at = datetime(int(month[:4]) + 1, int(month[5:]), 2, tzinfo=UTC)
        base = foundation(land(archive, month, systems=FIVE, values=values), values)
        histories = archive.ledger.histories()
        drawn = []
        for place in range(sites):
            own = CertifiedHall(f"51{place:04d}1", "某县政务服务大厅")
            candidate = Month(archive, month, at).drawn(
                values,
                site=own.code,
                extracts=base.extracts,
                foundation=replace(base, sites=(own,)),
                history=histories.get(own.code),
            )
            drawn.append(candidate)
        batch = draw_up_batch(archive, drawn)
        forced(archive, batch, signed(batch, by_service(at), [SERVICE]), at)


@pytest.mark.parametrize(
    ("months", "sites"),
    [
        pytest.param(6, 12, id="half_a_year_of_a_city"),
        pytest.param(120, 205, id="ten_years_of_a_province", marks=pytest.mark.proof),
    ],
)
def test_a_ledger_of_sites_stays_small(
    months: int, sites: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A province's is to stay below 1 GB (issue 18), so a certificate below 40 kB."""
    archive = archive_in(tmp_path)
    certify_sites(archive, months, sites)
    folders = (archive.certificates, archive.ledger.store.folder)
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*"))
    started = time.perf_counter()
    found = verify(Archive(archive.certificates, archive.landing, archive.published, archive.signers))
    with capsys.disabled():
        took = time.perf_counter() - started
        sys.stdout.write(f"\n{months * sites} certificates of sites, {size / 1e6:.0f} MB: {took:.1f} s\n")
    assert found.problems == ()
    assert found.certificates == months * (sites + 1)
    assert size < 40_000 * months * sites
    releases = sum(path.stat().st_size for path in archive.published.rglob("*") if path.stat().st_nlink == 1)
    assert releases < 40_000 * months * sites
