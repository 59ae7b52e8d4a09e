"""What authors take from a certified month: section 一 in Word, the workbook, the numbers for programs, and the page.

All of it follows from the certificate and can be made again at any time; it lies beside the signed release, in
`published/<month>/desk/r<n>/`, of a site below the hall in `published/<month>/sites/<site>/desk/r<n>/`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from orchestration.certification.certify import current_archive
from orchestration.certification.dictionary import keep_dictionary
from orchestration.certification.lookup import require_certified_site
from orchestration.certification.site_certificates import batches_of, newest_in
from orchestration.certification.standing import SiteMonth
from orchestration.certification.verified_month import sound_dossiers
from orchestration.config.catalogue import closing_measures
from orchestration.config.hall import HallFolder, load_hall
from orchestration.config.site_tree import site_tree
from orchestration.runtime.errors import Refused
from orchestration.runtime.progress import tell_item
from reports.certificates.certificate import Certificate
from reports.certificates.dossier import Dossier
from reports.certificates.handed_over import MANIFEST, PAGE, write_manifest
from reports.certificates.ledger import AnyLink, Archive
from reports.certificates.release import release_of
from reports.files import write_bytes, write_changed
from reports.word.month_content import certified_content, section_docx
from reports.word.profiles import read_profile
from reports.workbook.book import workbook
from reports.workbook.exports import numbers_csv, numbers_parquet, sdmx_csv


def _section_docx(dossier: Dossier, hall: HallFolder) -> bytes:
    return section_docx(certified_content(dossier), read_profile(hall.hall.edition.profile))


FILES: Mapping[str, Callable[[Dossier, HallFolder], bytes]] = {
    "section.docx": _section_docx,
    "numbers.xlsx": lambda dossier, _: workbook(dossier),
    "numbers.csv": lambda dossier, _: numbers_csv(dossier),
    "numbers.parquet": lambda dossier, _: numbers_parquet(dossier),
    "numbers.sdmx.csv": lambda dossier, _: sdmx_csv(dossier),
}


def folder_of(archive: Archive, certificate: Certificate | AnyLink) -> Path:
    """Where the files of a certificate lie."""
    release = release_of(archive.published, certificate)
    return release.parent / "desk" / release.name


def are_written(archive: Archive, certificate: Certificate | AnyLink) -> bool:
    """Whether everything has been written for a certificate."""
    folder = folder_of(archive, certificate)
    return all((folder / name).exists() for name in (*FILES, MANIFEST))


def files_of(archive: Archive, certificate: Certificate) -> list[Path]:
    """What lies there of a certificate for its authors: the page first."""
    return [release_of(archive.published, certificate).with_name(PAGE), *_listed(folder_of(archive, certificate))]


class Written(NamedTuple):
    """What was written for authors; of what is `uncertified` there is only a page, which says what is missing."""

    files: list[Path]
    uncertified: list[str]


def write_author_files(months: Sequence[str], sites: Sequence[str] | None = ("",)) -> Written:
    """Write everything of the newest certificates of months.

    Args:
        months: As `2025-03`; all certified ones when none is named.
        sites: Of which sites, by code, the hall itself by its own or an empty one; None for all below the hall that
            are certified.

    Raises:
        Refused: what is certified isn't sound, so nothing of it is shown; nothing is certified of a site; or a file
            can't be made, after all others are written.
        LedgerError, SettingsError: it can't be read, or a code is no site's.
    """
    from orchestration.certification.pages import write_pages

    archive, hall = current_archive(), load_hall()
    wanted = _certified_sites(archive, months) if sites is None else _named(archive, months, sites)
    newest = {each: archive.ledger.latest(*each) for each in wanted}
    certified = {each: entry.certificate for each, entry in newest.items() if entry}
    files: list[Path] = []
    failed: list[str] = []
    dossiers: dict[SiteMonth, Dossier] = {}
    for each, dossier in zip(certified, sound_dossiers(archive, certified.values()), strict=True):
        tell_item("%s for its authors", " ".join(filter(None, each)))
        dossiers[each] = dossier
        files += _write_files(folder_of(archive, dossier.certificate), _made(dossier, hall, failed))
    pages = write_pages(wanted, dossiers)
    dictionaries = filter(None, (keep_dictionary(each.month) for each in wanted if not each.site))
    if failed:
        raise Refused("\n".join(failed))
    return Written([*files, *dictionaries, *pages], [_told(each) for each in wanted if each not in certified])


def refresh_page(month: str) -> None:
    """Write the page of a certified month of the hall anew, and the index.

    Raises:
        Refused: what is certified isn't sound.
        LedgerError, SettingsError: it can't be read.
    """
    from orchestration.certification.pages import write_pages

    archive, hall_itself = current_archive(), SiteMonth(month, "")
    entry = archive.ledger.latest(month)
    if entry:
        (dossier,) = sound_dossiers(archive, [entry.certificate])
        write_pages([hall_itself], {hall_itself: dossier})


def _told(each: SiteMonth) -> str:
    return f"{each.month} {site_tree().sites[each.site]}" if each.site else each.month


def _named(archive: Archive, months: Sequence[str], sites: Sequence[str]) -> list[SiteMonth]:
    if not months:
        for site in sites:
            require_certified_site(archive, site)
    below = dict.fromkeys(map(archive.below, sites))
    return sorted(SiteMonth(month, site) for site in below for month in months or archive.ledger.months(site))


def _certified_sites(archive: Archive, months: Sequence[str]) -> list[SiteMonth]:
    batches = batches_of(archive.ledger)
    certified = [
        SiteMonth(month, site)
        for month in sorted(set(months) or batches)
        for site in sorted(newest_in(archive.ledger, batches.get(month, ())))
    ]
    if not certified:
        raise Refused(f"no site below the hall is certified in {', '.join(months) or 'any month'}")
    return certified


def _write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write files into a folder whose manifest vouches for all that lie there, and return these."""
    for name, content in files:
        write_changed(folder / name, content)
    write_manifest(folder)
    return _listed(folder)


def _listed(folder: Path) -> list[Path]:
    """What people open of a folder."""
    return sorted(path for path in folder.glob("[!.]*") if path.is_file() and path.name != MANIFEST)


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


def _made(dossier: Dossier, hall: HallFolder, failed: list[str]) -> Iterator[tuple[str, bytes]]:
    """Each file by its name; one that can't be made keeps no other from being written, and is told in `failed`."""
    for name, make in FILES.items():
        try:
            yield name, make(dossier, hall)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files don't depend on it
            failed.append(f"{dossier.certificate.name}: {name} can't be made ({type(error).__name__}: {error})")
