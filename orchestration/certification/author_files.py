"""What authors take from a certified month: section 一 in Word, the workbook, the numbers for programs, and the page.

All of it follows from the certificate and can be made again at any time; it lies beside the signed release, in
`published/<month>/desk/r<n>/`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from orchestration.certification.certify import current_archive
from orchestration.certification.dictionary import keep_dictionary
from orchestration.certification.verified_month import sound_dossier
from orchestration.config.catalogue import closing_measures
from orchestration.config.hall import HallFolder, load_hall
from orchestration.runtime.errors import Refused
from orchestration.runtime.progress import tell_item
from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier
from reports.certificates.handed_over import MANIFEST, write_manifest
from reports.certificates.ledger import AnyLink, Archive
from reports.files import write_bytes, write_changed


def folder_of(archive: Archive, certificate: Certificate | AnyLink) -> Path:
    """Where the files of a certificate lie."""
    return archive.published / certificate.month / "desk" / f"r{certificate.revision}"


def are_written(archive: Archive, certificate: Certificate | AnyLink) -> bool:
    """Whether everything has been written for a certificate."""
    return (folder_of(archive, certificate) / MANIFEST).exists()


class Written(NamedTuple):
    """What was written for authors; of a month in `uncertified` there is only a page, which says what is missing."""

    files: list[Path]
    uncertified: list[str]


def write_author_files(months: Sequence[str]) -> Written:
    """Write everything of the newest certificates of months (`2025-03`), of all certified ones when none is named.

    Raises:
        Refused: what is certified isn't sound, so nothing of it is shown.
        LedgerError, SettingsError: it can't be read.
    """
    from orchestration.certification.pages import write_pages

    archive, hall = current_archive(), load_hall()
    newest = {month: archive.ledger.latest(month) for month in months or archive.ledger.months()}
    dossiers = {month: sound_dossier(archive, entry.certificate) for month, entry in newest.items() if entry}
    files: list[Path] = []
    for month, dossier in dossiers.items():
        tell_item("%s for its authors", month)
        files += _write_files(folder_of(archive, dossier.certificate), _files(dossier, hall))
    pages = write_pages(list(newest), *dossiers.values())
    dictionaries = filter(None, map(keep_dictionary, newest))
    return Written([*files, *dictionaries, *pages], [month for month in newest if month not in dossiers])


def _write_files(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files into a folder whose manifest vouches for all that lie there, and return these."""
    for name, content in files.items():
        write_changed(folder / name, content)
    write_manifest(folder)
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)


def write_semantic_models(folder: Path) -> list[str]:
    """Write a dbt project by which BI tools read the certified numbers; gives its files' paths in the folder.

    Raises:
        Refused: nothing is certified, or two metrics would have one name.
    """
    from reports.semantic.project import SemanticError, semantic_project

    ledger = current_archive().ledger
    newest = [ledger.entries(month)[-1].certificate for month in ledger.months()]
    try:
        files = semantic_project(newest, closing_measures())
    except SemanticError as error:
        raise Refused(str(error)) from error
    for path, content in files.items():
        write_bytes(folder / path, content)
    return sorted(files)


def _files(dossier: Dossier, hall: HallFolder) -> Mapping[str, bytes]:
    from reports.word.month_content import certified_content, section_docx
    from reports.word.profiles import read_profile
    from reports.workbook.book import workbook
    from reports.workbook.exports import numbers_csv, numbers_parquet, sdmx_csv

    return {
        "section.docx": section_docx(certified_content(dossier), read_profile(hall.hall.edition.profile)),
        "numbers.xlsx": workbook(dossier),
        "numbers.csv": numbers_csv(dossier),
        "numbers.parquet": numbers_parquet(dossier),
        "numbers.sdmx.csv": sdmx_csv(dossier),
    }
