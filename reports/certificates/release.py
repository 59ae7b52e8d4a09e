"""Release folders, `published/<month>/r<n>/`: staged out of sight, and shown once the ledger has their certificate.

A release is whole before its certificate is added to the ledger, and gets its name after that. A crash in between
leaves it staged, and `complete_releases` finishes it; a crash before leaves a stage that no certificate vouches for,
and `complete_releases` clears it away. So a folder named `r<n>` is always whole and certified.
"""

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from reports.certificates.certificate import CERTIFICATE_FILE, CHAIN_FOLDER, Certificate, Envelope
from reports.certificates.evidence import FOLDER
from reports.certificates.ledger import Ledger, Link, leading_links
from reports.files import sync_folder, write_through

_STAGE = ".{}.staged"
_RELEASE = re.compile(r"r[1-9][0-9]*", re.ASCII)


class ReleaseError(Exception):
    """A release folder is in the way; the message names it."""


def release_of(published: Path, certificate: Certificate | Link) -> Path:
    """Where a certificate's release lies."""
    return published / certificate.month / f"r{certificate.revision}"


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
    for link in leading_links(ledger.links(), place):
        write_through(staged / CHAIN_FOLDER / link.path.name, link.path.read_bytes())
    for name, content in contents.items():
        write_through(staged / name, content)
    write_through(staged / CERTIFICATE_FILE, envelope.content)
    ledger.store.link_to(staged / FOLDER, documents_of(certificate))
    for written in (staged / CHAIN_FOLDER, staged / FOLDER, staged, staged.parent):
        sync_folder(written)


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
    finished = []
    with ledger.lock:
        certified = {stage_of(release_of(published, link)): link for link in ledger.links()}
        for staged in sorted(published.glob(f"*/{_STAGE.format('r*')}")):
            link = certified.get(staged)
            if link is None:
                shutil.rmtree(staged)
            elif not (folder := release_of(published, link)).exists():
                _require_same(staged / CERTIFICATE_FILE, link.path)
                staged.rename(folder)
                sync_folder(folder.parent)
                finished.append(folder)
    return finished


def _require_same(staged: Path, certified: Path) -> None:
    if staged.read_bytes() != certified.read_bytes():
        raise ReleaseError(f"{staged} is another certificate than {certified}; move its folder away")
