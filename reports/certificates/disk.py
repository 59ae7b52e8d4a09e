"""Files that certificates vouch for, read and hashed once, and what is wrong with one."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate


@dataclass(frozen=True)
class Discrepancy:
    """What is wrong with one file (or the folder in which one is absent)."""

    file: Path
    message: str
    next_step: str = ""  # what to do about it, if the gate objects to it

    def __str__(self) -> str:
        return f"{self.file}: {self.message}"

    def of_site(self, code: str) -> "Discrepancy":
        """The same, told of one of several sites in the file."""
        return replace(self, message=f"site {code}: {self.message}")


def lines_of(discrepancies: Iterable[Discrepancy]) -> Iterator[str]:
    """A line for each, and after those with one next step what it is."""
    for step, alike in groupby(discrepancies, lambda one: one.next_step):
        yield from map(str, alike)
        if step:
            yield f"next: {step}"


class Disk:
    """Reads files and hashes each once."""

    def __init__(self) -> None:
        self._hashes: dict[Path, str] = {}

    @property
    def files_hashed(self) -> int:
        """How many files were read."""
        return sum(map(bool, self._hashes.values()))

    def problems(self, files: Iterable[tuple[Path, str]], vouched_by: str) -> list[Discrepancy]:
        """What is wrong with files that must each have a SHA-256."""
        return [problem for path, digest in files if (problem := self._problem(path, digest, vouched_by))]

    def _problem(self, path: Path, digest: str, vouched_by: str) -> Discrepancy | None:
        actual = self.digest(path)
        if not actual:
            return Discrepancy(path, f"it is absent or can't be read, but {vouched_by} vouches for it")
        if actual != digest:
            return Discrepancy(path, f"it was changed: its SHA-256 is not the one in {vouched_by}")
        return None

    def digest(self, path: Path) -> str:
        """A file's SHA-256, or an empty text if it can't be read."""
        if path not in self._hashes:
            try:
                self._hashes[path] = sha256(path.read_bytes())
            except OSError:
                self._hashes[path] = ""
        return self._hashes[path]


def extract_problems(certificate: Certificate, landing: Path, disk: Disk) -> list[Discrepancy]:
    """What is wrong with the extracts that a certificate rests on, and with their manifest entries.

    Raises:
        EvidenceStoreError: the list of them can't be read.
    """
    files = [
        (landing / place, digest)
        for extract in certificate.foundation.all_extracts
        for place, digest in ((extract.path, extract.sha256), (extract.entry_path, extract.entry_sha256))
    ]
    return disk.problems(files, certificate.name)
