"""Rebuilding a certified month from its extracts alone, in an empty warehouse, and comparing it with its release."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration.certification.certify import systems_of, wording_of
from orchestration.certification.lookup import find
from orchestration.certification.settings_evidence import certified_settings
from orchestration.runtime.installation import installed_at
from orchestration.runtime.left_overs import temporary_folder
from orchestration.runtime.paths import Home
from orchestration.runtime.program import code_version, release_of_code
from orchestration.warehouse.builder import build
from orchestration.warehouse.dbt_build import evidence, with_applicability
from orchestration.warehouse.dbt_manifest import ensure_manifest
from orchestration.warehouse.facts import variables_of
from orchestration.warehouse.month import OWN_CHECKS, Month, open_month
from reports.certificates.bases import Bases, bases_at
from reports.certificates.certificate import Certificate
from reports.certificates.disk import Disk, extract_problems
from reports.certificates.ledger import Archive, History, LedgerEntry
from reports.certificates.release import release_of
from reports.certificates.release_text import release_files, words_of
from reports.figures.numbers import MonthlyNumber, NumbersError, read_numbers, read_site_numbers


@dataclass(frozen=True)
class Rebuilt:
    """How a rebuild compares: one line for each difference, and the files that are equal to the byte."""

    entry: LedgerEntry
    differences: tuple[str, ...]
    equal: tuple[str, ...]


def rebuild(name: str, revision: int | None, site: str = "") -> Rebuilt:
    """Rebuild a certified month, of its newest revision or another, from the extracts that its certificate names.

    Of a site the sites that are counted in it are built, and no other.

    The settings are those that it was certified under. Form 1 holds none: of today's those of the systems and metrics
    that it names.

    Raises:
        Refused: the month or the revision isn't certified.
        EvidenceStoreError, LandingError, DbtError, SettingsError, CalendarError: it can't be rebuilt at all.
    """
    ensure_manifest()
    archive, entry = find(name, revision, site=site)
    if damaged := extract_problems(entry.certificate, archive.landing, Disk()):
        return Rebuilt(entry, tuple(map(str, damaged)), ())
    with certified_settings(archive, entry.certificate) as hall, empty_home(archive.landing) as home:
        then = _as_certified(entry.certificate, home)
        differences, numbers = _build(then, entry.certificate)
        level = then.site_tree.sites[entry.certificate.site].level if entry.certificate.below else ""
        settings = replace(entry.certificate.foundation, systems=systems_of(then), wording=wording_of(hall, level))
    if numbers is None:
        return Rebuilt(entry, (*differences, *_other_code(entry.certificate)), ())
    certificate = entry.certificate.standing_on(settings)
    equal, changed = _compare(archive, certificate, numbers)
    differences += changed
    return Rebuilt(entry, (*differences, *(_other_code(certificate) if differences else ())), tuple(equal))


def _as_certified(certificate: Certificate, home: Home) -> Month:
    """A certificate's month on its own extracts, in another state folder."""
    month = replace(open_month(certificate.month), home=home, vintage=certificate)
    if certificate.form == 1:
        answered = {extract.system for extract in certificate.foundation.extracts}
        month = replace(month, hall=month.hall.with_systems(answered))
    if not certificate.below:
        return month
    return month.leaving_out(month.site_tree.sites.keys() - set(certificate.counted_sites))


def _compare(
    archive: Archive, certificate: Certificate, numbers: Mapping[str, MonthlyNumber]
) -> tuple[list[str], list[str]]:
    """The release's files that come out equal to the byte, and a line for each number and file that doesn't."""
    history = History(archive.ledger.links(site=certificate.below))
    words = words_of(certificate.foundation.wording)
    bases: Bases = bases_at(history, certificate.place.sequence, certificate.month, numbers.values(), words)
    standing = replace(certificate.foundation, notes=bases.notes)
    again = replace(certificate, numbers=bases.numbers).standing_on(standing)
    equal, changed = _compared_files(release_files(again), release_of(archive.published, certificate), certificate)
    return equal, [*_number_differences(certificate, again), *changed]


def _build(month: Month, certificate: Certificate) -> tuple[list[str], Mapping[str, MonthlyNumber] | None]:
    """Build in the empty home, and hold dbt's checks against those of then; without numbers if nothing was built.

    What a system said of its own month then (month_totals_agree) isn't asked again: a rebuild needs no system. A check
    without anything to judge isn't held against anything; form 1 calls it passed.
    """
    facts = month.home.root / "facts"
    facts.mkdir()
    results = build(variables_of(month, facts), ())
    every = {check.name: check.status for check in evidence(with_applicability(results, month, month.inputs))}
    now = {name: status for name, status in every.items() if status != "not_applicable"}
    of_then = certificate.foundation.build_checks
    then: dict[str, str] = {
        check.name: check.result
        for check in of_then
        if check.name not in OWN_CHECKS and every.get(check.name) != "not_applicable"
    }
    if certificate.below:
        # What warned then may have been another site of the batch, which isn't built here.
        then |= {name: status for name, status in now.items() if status in {"pass", "warn"}}
    if certificate.program.code_version != code_version():
        # Another version may have one check more, which has to pass, and be without one that it no longer needs.
        then = {name: then.get(name, "pass") for name in now}
    differences = [
        f"check {name}: {then.get(name, 'not there')} then, {now.get(name, 'not there')} now"
        for name in sorted(now.keys() | then.keys())
        if now.get(name) != then.get(name)
    ]
    try:
        if not certificate.below:
            return differences, read_numbers(facts, month=month.name, hall_code=month.hall.code)
        of_sites = read_site_numbers(facts, month=month.name, sites=[certificate.site])
        return differences, of_sites.get(certificate.site, {})
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


def _compared_files(files: Mapping[str, bytes], release: Path, certificate: Certificate) -> tuple[list[str], list[str]]:
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
    if (made_by := certificate.program.code_version) != code_version():
        yield f"it was certified by code {made_by}, and this is {code_version()}: {_way_back(certificate)}"


def _way_back(certificate: Certificate) -> str:
    """How to come to the program that certified."""
    made_by, source = certificate.program.code_version, certificate.foundation.source
    if release := release_of_code(made_by):
        return f"`git checkout {release.commit}` (release {release.version}), set up and rebuild there"
    if source is None:
        return "nobody knew the commit of that code then, so look for it in the repository"
    changed = (
        f", and make the changes that weren't committed until `code` is {made_by}" if source.changed == "yes" else ""
    )
    return f"`git checkout {source.commit}`{changed}, set up and rebuild there"


@contextmanager
def empty_home(landing: Path) -> Iterator[Home]:
    """A state folder that holds the landing and nothing else, and is the current one while the block runs."""
    with temporary_folder("rebuild") as folder:
        home = Home(folder)
        home.landing.symlink_to(landing.resolve())
        with installed_at(home=home.root):
            yield home
