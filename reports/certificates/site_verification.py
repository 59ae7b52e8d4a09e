"""Verifies the certificates of sites: batch by batch in a ledger, and one release by itself; see `verification`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reports.certificates.batch import Batch, Inclusion
from reports.certificates.canonical import sha256
from reports.certificates.certificate import CERTIFICATE_FILE, INCLUSION_FILE, Certificate, Envelope
from reports.certificates.disk import Discrepancy, Disk
from reports.certificates.evidence import FOLDER, EvidenceStoreError
from reports.certificates.gate import GateSubject, objections
from reports.certificates.ledger import Archive, History, LedgerEntry, LedgerError, Link, SiteLink
from reports.certificates.recount import Recounts
from reports.certificates.release import SITES, documents_of, release_of


class SitesVerification:
    """Checks the batches of a ledger; what their certificates share is looked at once.

    Args:
        archive: What is checked.
        disk: Reads each file once.
        batches: The batches whose own signatures and places are sound.
        rows: Whether the rows of the extracts are counted again too.
    """

    def __init__(self, archive: Archive, disk: Disk, batches: Sequence[Link], *, rows: bool) -> None:
        self._archive = archive
        self._disk = disk
        self._recounts = Recounts(archive.landing) if rows else None
        self._known: dict[object, object] = {}
        self._sites: dict[Link, list[SiteLink]] = {}
        self.unread: list[Discrepancy] = []
        by_site: dict[str, list[SiteLink]] = {}
        for link in batches:
            try:
                self._sites[link] = archive.ledger.sites_in(link)
            except LedgerError as error:
                self.unread.append(Discrepancy(link.path, str(error.__cause__ or error)))
            for site in self._sites.get(link, ()):
                by_site.setdefault(site.site, []).append(site)
        self._histories = {site: History(links) for site, links in by_site.items()}

    @property
    def links(self) -> list[SiteLink]:
        """The certificates of sites that the batches name."""
        return [site for sites in self._sites.values() for site in sites]

    def problems_of(self, link: Link, entry: LedgerEntry) -> list[Discrepancy]:
        """What is wrong with a batch, its certificates and their releases, each once."""
        if link not in self._sites:
            return []
        history = History(self._archive.ledger.chain())
        batch = self._archive.ledger.batch(link)
        whole = GateSubject(entry.envelope, link.path, history, self._archive, self._disk, batch=batch)
        found, documents = objections(whole, "sealed"), set[str]()
        for site in self._sites[link]:
            try:
                envelope = self._histories[site.site].read(site).envelope
                found += self._of_site(site, envelope, batch)
                documents |= documents_of(envelope.certificate)
            except LedgerError as error:
                found.append(Discrepancy(site.path, str(error.__cause__ or error)))
            except EvidenceStoreError as error:
                found.append(Discrepancy(error.path, error.problem))
        evidence = self._archive.published / link.month / SITES / FOLDER
        found += self._disk.problems([(evidence / digest, digest) for digest in documents], link.path.name)
        return list({str(one): one for one in found}.values())

    def _of_site(self, site: SiteLink, envelope: Envelope, batch: Batch) -> Iterator[Discrepancy]:
        history = self._histories[site.site]
        subject = GateSubject(
            *(envelope, site.path, history, self._archive, self._disk),
            recounts=self._recounts,
            known=self._known,
            in_batch=True,
        )
        found = [*objections(subject, "sealed"), *(objections(subject, "recount") if self._recounts else ())]
        yield from (one.of_site(site.site) if one.file == site.path else one for one in found)
        if (number := len(history.of(site.month, site.sequence + 1))) != site.revision:
            yield Discrepancy(
                site.path, f"as certificate number {number} of site {site.site} it should be revision {number}"
            )
        folder = release_of(self._archive.published, site)
        yield from _file_problems(folder, envelope.certificate, batch.inclusion_of(site.site), batch.sha256, self._disk)


def _file_problems(
    folder: Path, certificate: Certificate, inclusion: Inclusion, batch_sha256: str, disk: Disk
) -> Iterator[Discrepancy]:
    """What is wrong with the files of a site's release."""
    if not folder.is_dir():
        yield Discrepancy(folder, f"the release of {certificate.name} is absent")
        return
    expected: Mapping[Path, str] = {
        folder / CERTIFICATE_FILE: batch_sha256,
        folder / INCLUSION_FILE: sha256(inclusion.content),
        **{folder / name: digest for name, digest in certificate.files.items()},
    }
    yield from disk.problems(expected.items(), certificate.name)
    for path in sorted(folder.rglob("*")):
        if not path.is_dir() and path not in expected and FOLDER not in path.relative_to(folder).parts:
            yield Discrepancy(path, f"{certificate.name} doesn't know this file")


def release_problems(
    folder: Path, inclusion: Inclusion, batch: LedgerEntry, certificate: Certificate, disk: Disk
) -> Iterable[Discrepancy]:
    """What is wrong with one release of a site by its own files; whether its batch is signed is asked elsewhere."""
    for problem in inclusion.problems(batch.certificate):
        yield Discrepancy(folder / INCLUSION_FILE, problem)
    yield from _file_problems(folder, certificate, inclusion, batch.sha256, disk)
