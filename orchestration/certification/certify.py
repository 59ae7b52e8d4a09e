"""From a month that may be printed to a certificate: gathers what its numbers rest on, has it signed and recorded."""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, TypeAdapter, ValidationError

from orchestration.certification.derived_metrics import DerivedMetrics
from orchestration.certification.settings_evidence import settings_files
from orchestration.certification.signatures import wait_for_signatures, waiting_of
from orchestration.config.catalogue import closing_measures, distinct_measures, metric_tables, settings_version
from orchestration.config.hall import HallFolder, SettingsError, expand, load_own_hall, secret
from orchestration.config.site_tree import SiteTree
from orchestration.config.variables import variables_of
from orchestration.landing.manifest import Extract, Landing
from orchestration.runtime.audit_log import record
from orchestration.runtime.paths import PROJECT_ROOT, Home, current_home
from orchestration.runtime.program import code_version, program_source
from orchestration.warehouse.boundary import BoundaryStock
from orchestration.warehouse.builder import engine_version, sum_up
from orchestration.warehouse.month import Month, NotPrintableError, problems_of
from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    Boundary,
    CertificateError,
    CertifiedExtract,
    CertifiedHall,
    CertifiedSystem,
    CheckResult,
    DayRule,
    Engines,
    Foundation,
    Head,
    Program,
    ProgramSource,
    Reason,
    SignOff,
    Wording,
    moment_text,
)
from reports.certificates.certification import (
    Drawn,
    Grounds,
    MonthToCertify,
    certify,
    draw_up,
    sign,
    unsigned_objections,
)
from reports.certificates.chain import LogError
from reports.certificates.disk import Discrepancy
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.form_2 import Candidate, Signed
from reports.certificates.gate import tables
from reports.certificates.ledger import Archive, HeadMovedError, LedgerEntry, LedgerError
from reports.certificates.queries import OpenQueriesError, Queries
from reports.certificates.recount import Recounts
from reports.certificates.release import ReleaseError
from reports.certificates.release_text import sources_behind
from reports.certificates.signers import Signer, SignerError, SigningKey, load_key
from reports.figures.numbers import MonthlyNumber, read_numbers
from reports.figures.readiness import BuildEvidence
from reports.figures.section import Origin
from reports.figures.validity import iso
from reports.figures.wording import WordingTemplate
from reports.figures.words import DEFAULT, SectionWords, read_words

CERTIFICATE_ERRORS = (
    CertificateError,
    EvidenceStoreError,
    HeadMovedError,
    LedgerError,
    LogError,
    OpenQueriesError,
    ReleaseError,
    SignerError,
)


@dataclass(frozen=True)
class CertificationRequest:
    """What a certification is asked for with: which revision, and for a revision its reason and note.

    `revision` 0 leaves a certified month as it is; otherwise it is the one to make, and if somebody else made it
    meanwhile, that is told.
    """

    revision: int = 0
    reason: Reason | Literal[""] = ""
    note: str = ""


def archive_of(hall: HallFolder, home: Home) -> Archive:
    """Where the hall's certificates, extracts and releases lie, and who may sign.

    Raises:
        SettingsError: the list of signers can't be read; the message names the file.
    """
    path = hall.folder / expand(hall.hall.certification.signers, variables_of(hall.hall, home))
    return Archive(home.certificates, home.landing, home.published, read_signers(path), hall.hall.code)


def current_archive() -> Archive:
    """The archive of the hall that `YUEBAO_HALL` names, in the state folder that `YUEBAO_HOME` names.

    Raises:
        SettingsError: the settings or the list of signers can't be read.
    """
    return archive_of(load_own_hall(), current_home())


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

    The month and `hall` are under the settings that it is worked on; who signs is said by those of today.

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
        raise NotPrintableError(month, problems)
    own = load_own_hall()
    archive = archive_of(own, month.home)
    latest = archive.ledger.latest(month.name)
    if request.revision == 0 and latest:
        return latest
    current_revision = latest.certificate.revision if latest else 0
    if request.revision not in {0, current_revision + 1}:
        raise _certified_meanwhile(month, current_revision)
    if own.hall.certification.questions == "block":
        Queries(month.home.questions).require_none_open(month.name)
    before = waiting_of(month.home, month.name)
    drawn = draw_up_month(month, hall, archive, request, before.candidate.head if before else None)
    if drawn.certificate.revision != current_revision + 1:
        raise _certified_meanwhile(month, drawn.certificate.revision - 1)
    return sign_or_wait(month, archive, drawn)


def sign_or_wait(month: Month, archive: Archive, drawn: Drawn) -> LedgerEntry | None:
    """Add a candidate to the ledger where policy and sign-offs allow; None while it waits for people.

    Raises:
        CertificateError, HeadMovedError, ReleaseError, SettingsError, SignerError: it may not or can't be signed.
    """
    own = load_own_hall()
    if own.hall.certification.policy == "automatic":
        key = own_key(own, month.home)
        service = SignOff("service", own.hall.certification.service, moment_text(own.hall.now()))
        return seal(month, archive, drawn, [sign(drawn, key, service)])
    waiting = wait_for_signatures(month.home, drawn)
    if waiting.waits_for:
        return None
    entry = seal(month, archive, drawn, waiting.signed)
    waiting.clear_away()
    return entry


def _certified_meanwhile(month: Month, revision: int) -> HeadMovedError:
    return HeadMovedError(f"{month.name} is at revision {revision}: somebody else certified it in the meantime")


def draw_up_month(
    month: Month, hall: HallFolder, archive: Archive, request: CertificationRequest, head: Head | None = None
) -> Drawn:
    """The candidate of a month whose every day and check is right; `head` is that of one that waits for signatures.

    Raises:
        LedgerError, NumbersError, SettingsError, WordingError: it can't be drawn up.
    """
    settings = settings_files(hall, archive.signers, variables_of(hall.hall, month.home))
    numbers = read_numbers(month.facts, month=month.name, hall_code=month.hall.code)
    foundation = foundation_of(month, hall, {name: sha256(content) for name, content in settings.items()})
    return draw_up(
        archive,
        MonthToCertify(
            hall=CertifiedHall(month.hall.code, month.hall.name),
            site=month.hall.code,
            month=month.name,
            numbers=tuple(numbers.values()),
            program=program_of(month),
            foundation=replace(foundation, derived=DerivedMetrics(month).of(month.hall.code, numbers)),
            settings=list(settings.values()),
            policy=load_own_hall().hall.certification.policy,
            reason=request.reason,
            note=request.note,
            span=month.span,
        ),
        head,
    )


def request_of(candidate: Candidate) -> CertificationRequest:
    """What a candidate that waits for signatures was asked for with."""
    return CertificationRequest(candidate.revision, candidate.reason, candidate.note)


def objections_to(month: Month, hall: HallFolder, archive: Archive) -> list[Discrepancy]:
    """What the gate would object to if the month were certified now; signatures are left out."""
    drawn = draw_up_month(month, hall, archive, CertificationRequest())
    return unsigned_objections(archive, drawn, month.facts)


def seal(month: Month, archive: Archive, drawn: Drawn, signed: Sequence[Signed]) -> LedgerEntry:
    """Add a signed candidate to the ledger, once its intent is in the audit log.

    The engine that builds counts its extracts again.

    Raises:
        CertificateError, HeadMovedError, ReleaseError: as `certify` does.
        SparkError, Timeout: the engine can't be used, or is in use.
        OSError: the audit log can't be written.
    """
    record(month.home, "certifying", month=month.name, candidate=sha256(drawn.content))
    grounds = Grounds(month.facts, Recounts(archive.landing, sum_up()))
    entry = certify(archive, drawn, signed, grounds, at=moment_text(load_own_hall().hall.now()))
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


def own_key(hall: HallFolder, home: Home) -> SigningKey:
    """The key that the hall's settings name.

    Raises:
        SettingsError: its passphrase isn't set.
        SignerError: it can't be opened.
    """
    settings, variables = hall.hall.certification, variables_of(hall.hall, home)
    return load_key(hall.folder / expand(settings.key, variables), SecretStr(secret(settings.passphrase, variables)))


def template_of(hall: HallFolder, level: str = "") -> WordingTemplate:
    """The wording of the hall, or of a site of a level, with the numerals that its settings declare, in its words."""
    return WordingTemplate.read(hall.wording_of(level), hall.hall.wording_constants, words_of(hall))


def words_of(hall: HallFolder) -> SectionWords:
    """The words that are added to the hall's sections; WordingError where its own can't be used."""
    return read_words(hall.words, hall.hall.wording_constants) if hall.words else DEFAULT


def origin_of(month: Month, numbers: Mapping[str, MonthlyNumber]) -> Origin:
    """Whose numbers these are, and the systems and current extracts behind each."""
    extracts = [(extract.system, extract.stat_date, extract.sha256) for extract in month.extracts.values()]
    systems = systems_of(month)
    sources = {metric: sources_behind(number.measures, systems, extracts) for metric, number in numbers.items()}
    return Origin(month.name, month.hall.code, month.hall.name, month.fingerprint, sources, month.span)


def program_of(month: Month) -> Program:
    """What computes a month's numbers, as evidence holds it."""
    return Program(
        fingerprint=month.fingerprint,
        catalogue_version=_digest(metric_tables()),
        suite_version=settings_version(month.systems.values()),
        code_version=code_version(),
        lock_sha256=_digest([PROJECT_ROOT / "requirements.lock"]),
    )


def foundation_of(month: Month, hall: HallFolder, settings: Mapping[str, str]) -> Foundation:
    """Everything that a month's numbers rest on, as it stands; of derived ones nothing."""
    landing = Landing(month.home.landing)
    return Foundation(
        extracts=tuple(_certified(landing, extract) for _, extract in sorted(month.extracts.items())),
        day_rules=_day_rules(month),
        build_checks=tuple(_build_checks(month.evidence)),
        systems=systems_of(month),
        closing=tuple(sorted(closing_measures())),
        scales={row["measure"]: row["scale"] for row in month.catalogue["measures"] if row["scale"]},
        distinct=tuple(sorted(distinct_measures())),
        balanced=tuple(sorted({row["stock"] for row in month.catalogue["stock_balances"]})),
        boundary=tuple(_boundary(landing, stock) for stock in month.boundary),
        facts=tables(month.evidence.files) if month.evidence else {},
        settings=settings,
        wording=wording_of(hall),
        source=_source(),
        engines=_engines(month),
        sites=counted_in(month.site_tree, month.hall.code, month.hall.code),
    )


def _source() -> ProgramSource | None:
    """The program's commit, as evidence holds it."""
    known = program_source()
    return ProgramSource(known.commit, "yes" if known.changed else "no") if known else None


def _engines(month: Month) -> Engines | None:
    """What built the month and what counts it again, as evidence holds it."""
    if not (month.evidence and month.evidence.engine):
        return None
    return Engines(month.evidence.engine, engine_version(load_own_hall().hall.engine))


def systems_of(month: Month) -> dict[str, CertifiedSystem]:
    """The hall's systems, as evidence names them."""
    return {
        name: CertifiedSystem(system.title, system.measures, iso(system.valid_from), iso(system.valid_to))
        for name, system in month.systems.items()
    }


def wording_of(hall: HallFolder, level: str = "") -> Wording:
    """The wording of the hall, or of a site of a level, as evidence holds it."""
    template = template_of(hall, level)
    return Wording(template.source, hall.hall.wording_constants, template.words.replaced or None)


def counted_in(tree: SiteTree, site: str, hall: str) -> tuple[CertifiedHall, ...]:
    """The sites that a site's numbers sum up, as evidence holds them: none where the hall is its only one."""
    counted = tree.counted_in(site)
    if counted == (hall,):
        return ()
    return tuple(CertifiedHall(code, tree.sites[code].name) for code in counted)


def _boundary(landing: Landing, stock: BoundaryStock) -> Boundary:
    extract = _certified(landing, stock.extract) if stock.extract else None
    return Boundary(stock.system, str(stock.day), stock.result, extract)


def _certified(landing: Landing, extract: Extract) -> CertifiedExtract:
    return CertifiedExtract(
        system=extract.system,
        day=extract.stat_date,
        state=extract.state,
        sequence=extract.sequence,
        file=extract.file,
        sha256=extract.sha256,
        content_sha256=extract.content_sha256,
        entry_sha256=sha256(landing.path(extract).with_suffix(".json").read_bytes()),
        landed_at=extract.landed_at,
    )


def _day_rules(month: Month) -> tuple[DayRule, ...]:
    outcomes = Counter(
        (extract.system, rule, outcome)
        for extract in month.extracts.values()
        for rule, outcome in month.checks_of(extract).items()
    )
    judged = sorted({(system, rule) for system, rule, _ in outcomes})
    return tuple(
        DayRule(system, rule, *(outcomes[system, rule, outcome] for outcome in ("passed", "warned", "not_applicable")))
        for system, rule in judged
    )


def _build_checks(evidence: BuildEvidence | None) -> Iterator[CheckResult]:
    for check in sorted(evidence.checks if evidence else (), key=lambda check: check.name):
        match check.status:
            case "pass" | "warn" | "not_applicable" as result:
                yield CheckResult(check.name, result)


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
