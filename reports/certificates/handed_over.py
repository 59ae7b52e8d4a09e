"""What people are given beside the signed release, and how it is vouched for: desk files, pages and published facts.

All of it follows from certificates and can be made again by one command. So that a changed file doesn't pass for what
was made, each folder has a manifest of SHA-256, `manifest.json`; the facts have that of their build, `build.json`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate
from reports.certificates.disk import Discrepancy, Disk
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.release import SITES, in_months
from reports.figures.readiness import BuildEvidence, EvidenceError
from reports.files import digests, write_json

MANIFEST = "manifest.json"
PAGE = "index.html"
PAGES_MANIFEST = "pages.json"
FACTS = "facts"
BUILD = "build.json"


def write_manifest(folder: Path) -> None:
    """Vouch for every file in a folder as it lies, but for what another process is writing aside."""
    vouched = {name: digest for name, digest in digests(folder, "[!.]*").items() if name != MANIFEST}
    write_json(folder / MANIFEST, vouched)


def vouch_for_pages(published: Path, pages: Mapping[Path, bytes]) -> None:
    """Add pages that were written to the manifest of all pages; one that can't be read is begun anew."""
    path = published / PAGES_MANIFEST
    vouched = _read(path) or {}
    fresh = {page.relative_to(published).as_posix(): sha256(content) for page, content in pages.items()}
    write_json(path, dict(sorted({**vouched, **fresh}.items())))


def handed_over_problems(
    published: Path, month: str | None, disk: Disk, newest: Mapping[str, Certificate]
) -> Iterator[Discrepancy]:
    """What isn't as it was made, each with the command that makes it again.

    Args:
        published: Where everything lies.
        month: `2025-03`; None for every month.
        disk: Reads each file once.
        newest: By month, the newest certificate that can be relied on.
    """
    for folder in in_months(published, "desk/*", month):
        name = folder.relative_to(published).parts[0]
        if name in newest and newest[name].form == 1 and not (folder / MANIFEST).exists():
            continue  # version 0.1 vouched for none of it
        yield from _again(_folder_problems(folder, disk), _desk_of(folder.relative_to(published)))
    if (published / PAGES_MANIFEST).exists():
        pages = _vouched(published / PAGES_MANIFEST)
        # A manifest that can't be read is every month's problem.
        month_alone = month if PAGES_MANIFEST not in pages else None
        chosen = {name: digest for name, digest in pages.items() if month_alone in {None, name.partition("/")[0]}}
        files = [(published / name, digest) for name, digest in chosen.items()]
        for problem in disk.problems(files, PAGES_MANIFEST):
            page = problem.file.relative_to(published)
            yield from _again([problem], _desk_of(page) if month_alone or SITES in page.parts else "yuebao desk")
    for build in sorted(published.glob(f"{month or '*'}/{BUILD}")):
        name = build.parent.name
        yield from _again(_facts_problems(newest.get(name), build, disk), f"yuebao report {name} --no-pull")


def _desk_of(path: Path) -> str:
    """The command that makes a file again, by its path in `published`."""
    month, *place = path.parts
    return f"yuebao desk {month} --site {place[1]}" if place[0] == SITES else f"yuebao desk {month}"


def _again(problems: Iterable[Discrepancy], command: str) -> Iterator[Discrepancy]:
    return (Discrepancy(problem.file, f"{problem.message}; next: {command}") for problem in problems)


def _folder_problems(folder: Path, disk: Disk) -> Iterator[Discrepancy]:
    if not (folder / MANIFEST).exists():
        yield Discrepancy(folder, f"it has no {MANIFEST}, so nobody vouches for what is in it")
        return
    vouched = _vouched(folder / MANIFEST)
    yield from disk.problems([(folder / name, digest) for name, digest in vouched.items()], MANIFEST)
    for name in sorted(digests(folder).keys() - vouched.keys() - {MANIFEST}):
        yield Discrepancy(folder / name, f"{MANIFEST} doesn't know this file")


def _facts_problems(certificate: Certificate | None, build: Path, disk: Disk) -> Iterator[Discrepancy]:
    """Facts of the newest certificate's build are what it names; those of a later build are what that one published."""
    try:
        evidence = BuildEvidence.from_json(build.read_text(encoding="utf-8"))
    except (OSError, EvidenceError, UnicodeDecodeError) as error:
        yield Discrepancy(build, str(error))
        return
    if any(check.status in {"fail", "error"} for check in evidence.checks):
        return  # it published nothing: what lies there is an earlier build's
    vouched = _facts_of(certificate, evidence) if certificate else evidence.files
    facts = build.with_name(FACTS)
    yield from disk.problems([(facts / name, digest) for name, digest in vouched.items()], build.name)


def _facts_of(certificate: Certificate, evidence: BuildEvidence) -> Mapping[str, str]:
    if certificate.form == 1 or certificate.program.fingerprint != evidence.fingerprint:
        return evidence.files
    try:
        return {**evidence.files, **certificate.foundation.facts}
    except EvidenceStoreError:  # the gate says which document
        return evidence.files


def _vouched(path: Path) -> Mapping[str, str]:
    """What a manifest vouches for; one that can't be read is what is wrong."""
    vouched = _read(path)
    return {path.name: "of a manifest that can be read"} if vouched is None else vouched


def _read(path: Path) -> dict[str, str] | None:
    try:
        return {str(name): str(digest) for name, digest in dict(json.loads(path.read_bytes())).items()}
    except (OSError, TypeError, ValueError):
        return None
