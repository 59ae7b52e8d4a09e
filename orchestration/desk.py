"""What authors take from a certified month: section 一 in Word, the workbook, the numbers for programs, and the page.

All of it follows from the certificate and can be made again at any time; it lies beside the signed release, in
`published/<month>/desk/r<n>/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from orchestration.catalogue import closing_measures, department_names
from orchestration.certifying import archive_of
from orchestration.home import current_home
from orchestration.settings import HallFolder, load_hall
from reports.archive import Archive
from reports.certificate import Certificate
from reports.dossier import Dossier, open_dossier
from reports.files import write_bytes
from reports.verification import verify

_LAST_WRITTEN = "numbers.sdmx.csv"


def desk_of(archive: Archive, certificate: Certificate) -> Path:
    """Where the files of a certificate lie."""
    return archive.published / certificate.month / "desk" / f"r{certificate.revision}"


def is_laid(archive: Archive, certificate: Certificate) -> bool:
    """Whether everything has been written for a certificate."""
    return (desk_of(archive, certificate) / _LAST_WRITTEN).exists()


def lay_desk(month: str) -> list[Path]:
    """Write everything of a month's newest certificate, and return the paths.

    Raises:
        PageError: the month isn't certified, or what is certified isn't sound.
        TraceError, LedgerError, SettingsError: it can't be read.
    """
    from orchestration.pages import PageError, write_pages

    hall = load_hall()
    archive = archive_of(hall, current_home())
    entry = archive.ledger.latest(month)
    if entry is None:
        raise PageError(f"{month} isn't certified, so there is nothing to hand to authors; see `yuebao status {month}`")
    proof = verify(archive, month=month)
    if not proof.sound:
        raise PageError("\n  ".join([f"{month} is certified, but not sound:", *map(str, proof.problems)]))
    dossier = open_dossier(archive, entry.certificate, department_names(), closing_measures())
    folder = desk_of(archive, entry.certificate)
    for name, content in _files(dossier, hall).items():
        write_bytes(folder / name, content)
    return [*sorted(path for path in folder.iterdir() if path.is_file()), *write_pages([month])]


def _files(dossier: Dossier, hall: HallFolder) -> Mapping[str, bytes]:
    from reports.word.printable import printable_of, section_docx
    from reports.word.profiles import read_profile
    from reports.workbook.book import workbook
    from reports.workbook.exports import numbers_csv, numbers_parquet, sdmx_csv

    return {
        "section.docx": section_docx(printable_of(dossier), read_profile(hall.hall.edition.profile)),
        "numbers.xlsx": workbook(dossier),
        "numbers.csv": numbers_csv(dossier),
        "numbers.parquet": numbers_parquet(dossier),
        _LAST_WRITTEN: sdmx_csv(dossier),
    }
