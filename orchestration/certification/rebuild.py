"""Rebuilding a certified month from its extracts alone, in an empty warehouse, and comparing it with its release."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.certification.certify import origin_of, template_of
from orchestration.certification.lookup import find
from orchestration.config.catalogue import code_version
from orchestration.config.hall import load_hall
from orchestration.runtime.installation import installed_at
from orchestration.runtime.paths import Home
from orchestration.warehouse.dbt_build import build, evidence
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.month import MONTH_TOTALS_CHECK, Month, open_month
from reports.certificates.certificate import Certificate
from reports.certificates.certification import flagged_before, release_files
from reports.certificates.ledger import LedgerEntry
from reports.certificates.release import release_of
from reports.certificates.verification import Disk, extract_problems
from reports.figures.numbers import MonthlyNumber, NumbersError, read_numbers


@dataclass(frozen=True)
class Rebuilt:
    """How a rebuild compares: one line for each difference, and the files that are equal to the byte."""

    entry: LedgerEntry
    differences: tuple[str, ...]
    equal: tuple[str, ...]


def rebuild(name: str, revision: int | None) -> Rebuilt:
    """Rebuild a certified month, of its newest revision or another, from the extracts that its certificate names.

    The hall's settings and calendar are used as they stand; the month's current extracts aren't.

    Raises:
        Refused: the month or the revision isn't certified.
        LandingError, DbtError, SettingsError, CalendarError: it can't be rebuilt at all.
    """
    ensure_manifest()
    archive, entry = find(name, revision, "")
    certificate = entry.certificate
    month = open_month(certificate.month)
    if damaged := extract_problems(certificate, archive.landing, Disk()):
        return Rebuilt(entry, tuple(map(str, damaged)), ())
    with _empty_home(archive.landing) as home:
        then = replace(month, home=home, vintage=certificate)
        differences, numbers = _build(then, certificate)
    if numbers is None:
        return Rebuilt(entry, (*differences, *_other_code(certificate)), ())
    flags = flagged_before(archive.ledger, certificate.sequence, certificate.month, numbers.values())
    again = replace(certificate, numbers=flags, files={})
    # Today's settings and models have a fingerprint of their own; the numbers state the one that they were built by.
    origin = replace(origin_of(then, again.by_metric), fingerprint=certificate.foundation.fingerprint)
    files = release_files(archive, again, origin, template=template_of(load_hall()))
    differences += _number_differences(certificate, again)
    equal, changed = _compare(files, release_of(archive.published, certificate), certificate)
    differences += changed
    return Rebuilt(entry, (*differences, *(_other_code(certificate) if differences else ())), tuple(equal))


def _build(month: Month, certificate: Certificate) -> tuple[list[str], Mapping[str, MonthlyNumber] | None]:
    """Build in the empty home, and hold dbt's checks against those of then; without numbers if nothing was built.

    What a system said of its own month then (month_totals_agree) isn't asked again: a rebuild needs no system.
    """
    facts = month.home.root / "facts"
    facts.mkdir()
    results = build({"month": month.name, "inputs": str(month.write_inputs()), "publish_to": str(facts)}, ())
    now = {check.name: check.status for check in evidence(results)}
    of_then = certificate.foundation.build_checks
    then = {check.name: check.result for check in of_then if check.name != MONTH_TOTALS_CHECK}
    if certificate.foundation.code_version != code_version():
        # Another version may have one check more, which has to pass, and be without one that it no longer needs.
        then = {name: then.get(name, "pass") for name in now}
    differences = [
        f"check {name}: {then.get(name, 'not there')} then, {now.get(name, 'not there')} now"
        for name in sorted(now.keys() | then.keys())
        if now.get(name) != then.get(name)
    ]
    try:
        return differences, read_numbers(facts, month=month.name, hall_code=month.hall.code)
    except NumbersError as error:
        return [*differences, str(error)], None


def _number_differences(certificate: Certificate, again: Certificate) -> list[str]:
    old, new = certificate.by_metric, again.by_metric
    return [
        f"{metric}: {old[metric].exact if metric in old else 'none'} was certified, "
        f"{new[metric].exact if metric in new else 'none'} comes out"
        for metric in sorted(old.keys() | new.keys())
        if old.get(metric) != new.get(metric)
    ]


def _compare(files: Mapping[str, bytes], release: Path, certificate: Certificate) -> tuple[list[str], list[str]]:
    """The release's files that come out equal to the byte, and a line for each that doesn't."""
    equal, changed = [], []
    for name in sorted(files.keys() | certificate.files.keys()):
        path = release / name
        if not path.exists():
            changed.append(f"{path} is absent")
        elif files.get(name) == path.read_bytes():
            equal.append(name)
        else:
            changed.append(f"{name} differs from {path}")
    return equal, changed


def _other_code(certificate: Certificate) -> Iterator[str]:
    """What may explain differences: the program isn't the one that certified."""
    if (made_by := certificate.foundation.code_version) != code_version():
        yield f"it was certified by code {made_by}, and this is {code_version()}: rebuild with that code"


@contextmanager
def _empty_home(landing: Path) -> Iterator[Home]:
    """A state folder that holds the landing and nothing else, and is the current one while the block runs."""
    with tempfile.TemporaryDirectory(prefix="yuebao-rebuild-") as folder:
        home = Home(Path(folder).resolve())
        home.landing.symlink_to(landing.resolve())
        with installed_at(home=home.root):
            yield home
