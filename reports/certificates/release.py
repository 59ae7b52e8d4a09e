"""Release folders, `published/<month>/r<n>/`: staged out of sight, and shown once the ledger has their certificate.

A release is whole before its certificate is added to the ledger, and gets its name after that. A crash in between
leaves it staged, and `complete_releases` finishes it; a crash before leaves a stage that no certificate vouches for,
and `complete_releases` clears it away. So a folder named `r<n>` is always whole and certified.
"""

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from reports.certificates.certificate import CERTIFICATE_FILE, CHAIN_FOLDER, INCLUSION_FILE, Certificate, Envelope
from reports.certificates.evidence import FOLDER
from reports.certificates.ledger import AnyLink, Ledger, Link, SiteLink, leading_links
from reports.certificates.release_text import release_files
from reports.files import sync_folder, write_through

# The folder of a month's sites, in which each has its releases.
SITES = "sites"
_STAGE = ".{}.staged"
_UNWRITTEN = ".{}.unwritten"
_RELEASE = re.compile(r"r[1-9][0-9]*", re.ASCII)


class ReleaseError(Exception):
    """A release folder is in the way; the message names it."""


def folder_of(published: Path, month: str, below: str = "") -> Path:
    """Where the files of a month lie: the hall's own, and those of each site below it in a folder of `sites/`."""
    return published / month / SITES / below if below else published / month


def in_months(published: Path, pattern: str, month: str | None = None) -> list[Path]:
    """What matches a pattern in the folders of `folder_of`, of every month or of one, in order of their paths."""
    places = ("", f"{SITES}/*/")
    return sorted(path for place in places for path in published.glob(f"{month or '*'}/{place}{pattern}"))


def release_of(published: Path, certificate: Certificate | AnyLink) -> Path:
    """Where a certificate's release lies."""
    below = certificate.site if isinstance(certificate, SiteLink) else _below(certificate)
    return folder_of(published, certificate.month, below) / f"r{certificate.revision}"


def _below(certificate: Certificate | Link) -> str:
    return "" if isinstance(certificate, Link) else certificate.below


def stage_of(release: Path) -> Path:
    """Where a release lies until the ledger has its certificate."""
    return release.with_name(_STAGE.format(release.name))


def is_release(folder: Path) -> bool:
    """Whether a folder has the name of a release."""
    return bool(_RELEASE.fullmatch(folder.name)) and folder.is_dir()


def stage(published: Path, envelope: Envelope, contents: Mapping[str, bytes], ledger: Ledger) -> None:
    """Write a whole release out of sight: its files, the certificate, its evidence, and the links that lead to it.

    Raises:
        ReleaseError: A release of that name is there already.
    """
    certificate = envelope.certificate
    folder = release_of(published, certificate)
    if folder.exists():
        raise ReleaseError(f"{folder} exists, though no certificate in the ledger vouches for it; move it away first")
    staged = stage_of(folder)
    (staged / CHAIN_FOLDER).mkdir(parents=True)
    place = Link(certificate.place.sequence, certificate.month, certificate.revision, ledger.folder / certificate.name)
    for link in leading_links(ledger.chain(), place):
        write_through(staged / CHAIN_FOLDER / link.path.name, link.path.read_bytes())
    for name, content in contents.items():
        write_through(staged / name, content)
    write_through(staged / CERTIFICATE_FILE, envelope.content)
    ledger.store.link_to(staged / FOLDER, documents_of(certificate))
    for written in (staged / CHAIN_FOLDER, staged / FOLDER, staged, staged.parent):
        sync_folder(written)


def begin_sites(published: Path, batch: Certificate) -> None:
    """Note that the releases of a batch are to be written, as soon as the ledger has it."""
    folder = published / batch.month / SITES
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _UNWRITTEN.format(batch.name)).touch()
    sync_folder(folder)


def _write_sites(ledger: Ledger, published: Path, link: Link) -> Iterator[Path]:
    """Write the releases of a batch: of each site its texts, the batch, and what shows that it is in the batch.

    Nothing in them is new, so one that is there already is what it would be. Their evidence lies beside them, once for
    all sites of the month.
    """
    batch, documents = ledger.batch(link), set[str]()
    for site in ledger.sites_in(link):
        certificate = site.read().certificate
        documents |= documents_of(certificate)
        if not (folder := release_of(published, site)).exists():
            aside = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            contents = {
                **release_files(certificate),
                CERTIFICATE_FILE: batch.envelope.content,
                INCLUSION_FILE: batch.inclusion_of(site.site).content,
            }
            for name, content in contents.items():
                (aside / name).write_bytes(content)
            aside.rename(folder)
            yield folder
    ledger.store.link_to(published / link.month / SITES / FOLDER, documents)


def documents_of(certificate: Certificate) -> set[str]:
    """The digests of all documents that a certificate names, and of the files that its settings list."""
    return {*certificate.evidence.values(), *certificate.foundation.settings.values()}


def show_newest(published: Path, certificate: Certificate) -> Path:
    """Have `published/<month>/current` lead to a certificate's release, in one step, and return that link."""
    release = release_of(published, certificate)
    current, aside = release.with_name("current"), release.with_name(f".current.{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(release.name)
    aside.replace(current)
    return current


def complete_releases(ledger: Ledger, published: Path) -> list[Path]:
    """Heal what a crash left: finish every staged release that the ledger vouches for, clear away every other stage.

    Returns:
        The release folders that were finished.

    Raises:
        ReleaseError: A stage holds another certificate than the ledger.
    """
    finished: list[Path] = []
    with ledger.lock:
        chain = ledger.chain()
        for link in chain:
            unwritten = published / link.month / SITES / _UNWRITTEN.format(link.path.name)
            if link.is_batch and unwritten.exists():
                finished += _write_sites(ledger, published, link)
                unwritten.unlink()
        certified = {stage_of(release_of(published, link)): link for link in chain if not link.is_batch}
        for staged in sorted(published.glob(f"*/{_STAGE.format('r*')}")):
            vouched = certified.get(staged)
            if vouched is None:
                shutil.rmtree(staged)
            elif not (folder := release_of(published, vouched)).exists():
                _require_same(staged / CERTIFICATE_FILE, vouched.path)
                staged.rename(folder)
                sync_folder(folder.parent)
                finished.append(folder)
    return finished


def _require_same(staged: Path, certified: Path) -> None:
    if staged.read_bytes() != certified.read_bytes():
        raise ReleaseError(f"{staged} is another certificate than {certified}; move its folder away")
