"""From a month that may be printed to a certificate: gathers what its numbers rest on, has it signed and recorded."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, TypeAdapter, ValidationError

from orchestration.config.catalogue import closing_measures, code_version, evidence_version, metric_tables
from orchestration.config.hall import HallFolder, SettingsError, expand, load_hall, secret
from orchestration.config.variables import variables_of
from orchestration.landing.manifest import Landing
from orchestration.runtime.audit_log import record
from orchestration.runtime.paths import PROJECT_ROOT, Home, current_home
from orchestration.warehouse.month import Month, NotPrintableError, problems_of
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    CertificateError,
    CertifiedExtract,
    CertifiedHall,
    CheckResult,
    DayRule,
    Foundation,
    Reason,
    SignOff,
    hall_time,
    now,
)
from reports.certificates.certification import Candidate, certify, draft, release_files
from reports.certificates.ledger import Archive, HeadMovedError, LedgerEntry, LedgerError
from reports.certificates.queries import LogError, OpenQueriesError, Queries
from reports.certificates.recount import AnsweredExtract, RecountError, recount, recount_problems
from reports.certificates.release import ReleaseError
from reports.certificates.signers import Signer, SignerError, load_key
from reports.figures.numbers import MonthlyNumber, read_numbers
from reports.figures.readiness import BuildEvidence
from reports.figures.section import NumberSource, Origin
from reports.figures.wording import WordingTemplate

CERTIFICATE_ERRORS = (
    CertificateError,
    HeadMovedError,
    LedgerError,
    LogError,
    OpenQueriesError,
    RecountError,
    ReleaseError,
    SignerError,
)


@dataclass(frozen=True)
class People:
    """Who prepared, reviewed and signed a month, under the policy `manual`."""

    preparer: str = ""
    reviewer: str = ""
    signer: str = ""


@dataclass(frozen=True)
class CertificationRequest:
    """What a certification is asked for with: which revision, who signs off, and for a revision its reason and note.

    `revision` 0 leaves a certified month as it is; otherwise it is the one to make, and if somebody else made it
    meanwhile, that is told.
    """

    revision: int = 0
    people: People = People()
    reason: Reason | Literal[""] = ""
    note: str = ""


def archive_of(hall: HallFolder, home: Home) -> Archive:
    """Where the hall's certificates, extracts and releases lie, and who may sign.

    Raises:
        SettingsError: the list of signers can't be read; the message names the file.
    """
    path = hall.folder / expand(hall.hall.certification.signers, variables_of(hall.hall, home))
    return Archive(home.certificates, home.landing, home.published, read_signers(path))


def current_archive() -> Archive:
    """The archive of the hall that `YUEBAO_HALL` names, in the state folder that `YUEBAO_HOME` names.

    Raises:
        SettingsError: the settings or the list of signers can't be read.
    """
    return archive_of(load_hall(), current_home())


def read_signers(path: Path) -> list[Signer]:
    """Read a list of signers.

    Raises:
        SettingsError: it can't be read, or an entry isn't one.
    """
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8")).get("signers", [])
        return TypeAdapter(list[Signer]).validate_python(listed)
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"{path} is no list of signers: {error}") from error


def certify_if_due(month: Month, hall: HallFolder, request: CertificationRequest) -> LedgerEntry | None:
    """Bring a month to its certificate.

    A certified month stays as it is unless a revision is asked for, whatever has come in since: nothing printed
    changes by itself. A month without one is certified where policy and sign-offs allow.

    Returns:
        The month's newest certificate; None while the policy `manual` waits for people.

    Raises:
        NotPrintableError: a day or a check isn't right.
        CertificateError, HeadMovedError, LedgerError, LogError, OpenQueriesError, ReleaseError, SignerError,
            SettingsError: it may not or can't be signed.
    """
    if problems := problems_of(month):
        raise NotPrintableError(month.name, problems)
    ledger = archive_of(hall, month.home).ledger
    latest = ledger.latest(month.name)
    if request.revision == 0 and latest:
        return latest
    if request.revision == 0 and hall.hall.certification.policy == "manual":
        return None
    current_revision = latest.certificate.revision if latest else 0
    if request.revision not in {0, current_revision + 1}:
        raise _certified_meanwhile(month, current_revision)
    if hall.hall.certification.questions == "block":
        Queries(month.home.questions).require_none_open(month.name)
    entry = _certify(month, hall, request, current_revision + 1)
    certificate = entry.certificate
    record(
        month.home,
        "certified",
        certificate=certificate.name,
        code=certificate.code,
        reason=certificate.reason,
        signed_off=[f"{sign_off.role}: {sign_off.name}" for sign_off in certificate.sign_offs],
    )
    return entry


def _certified_meanwhile(month: Month, revision: int) -> HeadMovedError:
    return HeadMovedError(f"{month.name} is at revision {revision}: somebody else certified it in the meantime")


def _certify(month: Month, hall: HallFolder, request: CertificationRequest, revision: int) -> LedgerEntry:
    settings = hall.hall.certification
    variables = variables_of(hall.hall, month.home)
    archive = archive_of(hall, month.home)
    numbers = read_numbers(month.facts, month=month.name, hall_code=month.hall.code)
    _require_recounted(month, numbers)
    candidate = Candidate(
        hall=CertifiedHall(month.hall.code, month.hall.name),
        month=month.name,
        numbers=tuple(numbers.values()),
        foundation=foundation_of(month),
        policy=settings.policy,
        sign_offs=_sign_offs(settings.policy, settings.service, request.people, now()),
        reason=request.reason,
        note=request.note,
    )
    drafted = draft(archive, candidate)
    if drafted.revision != revision:
        raise _certified_meanwhile(month, drafted.revision - 1)
    key = load_key(hall.folder / expand(settings.key, variables), SecretStr(secret(settings.passphrase, variables)))
    files = release_files(archive, drafted, origin_of(month, drafted.by_metric), template=template_of(hall))
    return certify(archive, drafted, files, key)


def _require_recounted(month: Month, numbers: Mapping[str, MonthlyNumber]) -> None:
    """Count the month again from its extracts, and refuse numbers that differ.

    Raises:
        CertificateError: they do; every metric is named.
        RecountError: the extracts can't be counted.
    """
    landing, site = Landing(month.home.landing), month.hall.code
    answered = [
        AnsweredExtract(extract.system, extract.stat_date, landing.path(extract))
        for extract in month.extracts.values()
        if extract.state == "answered" and site in extract.sites
    ]
    counted = recount(answered, site=site, closing=closing_measures())
    if problems := recount_problems({name: (one.exact, one.measures) for name, one in numbers.items()}, counted):
        again = f"build the facts again: move {month.facts} away, then `yuebao report {month.name}`"
        raise CertificateError("\n  ".join([f"{month.name} may not be signed:", *problems, again]))


def template_of(hall: HallFolder) -> WordingTemplate:
    """The hall's wording, with the numerals that its settings declare."""
    return WordingTemplate(hall.wording, frozenset(hall.hall.wording_constants))


def origin_of(month: Month, numbers: Mapping[str, MonthlyNumber]) -> Origin:
    """Whose numbers these are, and the systems and current extracts behind each."""
    sources = {metric: _sources(month, number.measures) for metric, number in numbers.items()}
    return Origin(month.name, month.hall.code, month.hall.name, month.fingerprint, sources)


def _sources(month: Month, measures: Iterable[str]) -> list[NumberSource]:
    """The systems that count the measures, with every current extract of the month."""
    return [
        {
            "system": name,
            "system_name": system.title,
            "extracts": [
                {"day": extract.stat_date, "sha256": extract.sha256}
                for (owner, _), extract in month.extracts.items()
                if owner == name
            ],
        }
        for name, system in month.hall.systems.items()
        if set(system.measures) & set(measures)
    ]


def foundation_of(month: Month) -> Foundation:
    """Everything that a month's numbers rest on, as it stands."""
    landing = Landing(month.home.landing)
    return Foundation(
        fingerprint=month.fingerprint,
        catalogue_version=_digest(metric_tables()),
        suite_version=evidence_version(),
        code_version=code_version(),
        lock_sha256=_digest([PROJECT_ROOT / "requirements.lock"]),
        extracts=tuple(
            CertifiedExtract(
                system=extract.system,
                day=extract.stat_date,
                state=extract.state,
                sequence=extract.sequence,
                file=extract.file,
                sha256=extract.sha256,
                content_sha256=extract.content_sha256,
                entry_sha256=sha256(landing.path(extract).with_suffix(".json").read_bytes()),
            )
            for _, extract in sorted(month.extracts.items())
        ),
        day_rules=_day_rules(month),
        build_checks=tuple(_build_checks(month.evidence)),
    )


def _day_rules(month: Month) -> tuple[DayRule, ...]:
    outcomes = Counter(
        (extract.system, rule, outcome)
        for extract in month.extracts.values()
        for rule, outcome in extract.checks.items()
    )
    judged = sorted({(system, rule) for system, rule, _ in outcomes})
    return tuple(
        DayRule(system, rule, outcomes[system, rule, "passed"], outcomes[system, rule, "warned"])
        for system, rule in judged
    )


def _build_checks(evidence: BuildEvidence | None) -> Iterator[CheckResult]:
    for check in sorted(evidence.checks if evidence else (), key=lambda check: check.name):
        match check.status:
            case "pass" | "warn" as result:
                yield CheckResult(check.name, result)


def _sign_offs(policy: str, service: str, people: People, moment: datetime) -> list[SignOff]:
    at = hall_time(moment)
    if policy == "automatic":
        return [SignOff("service", service, at)]
    return [
        SignOff("preparer", people.preparer, at),
        SignOff("reviewer", people.reviewer, at),
        SignOff("signer", people.signer, at),
    ]


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
