"""Form 2: what people sign is the candidate; its place in the ledger is added when every signature is there.

A ledger file is canonical JSON of four parts (`docs/certificate-form-2.md`, `form_2.schema.json`):

- `candidate`: hall, site, period, revision, numbers, and by SHA-256 the evidence and the texts. The printed code is of
  this part, and each person signs a statement that names its SHA-256.
- `files`: the release's files. They follow from the candidate, so that whoever verifies makes them again.
- `place`: sequence, link to the file before, and when it was added. It isn't signed: `candidate.head` ties every
  certificate to the ledger that its signers saw.
- `signatures`: of each who signed off, with algorithm, key and value.

Further kinds of evidence get a name in `candidate.evidence`, and need no other form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal, TypeVar

from reports.certificates.canonical import canonical_json, plain, read_canonical, sha256
from reports.certificates.certificate import (
    Base,
    Boundary,
    Certificate,
    CertifiedExtract,
    CertifiedHall,
    CertifiedSystem,
    CheckResult,
    DayRule,
    Engines,
    Envelope,
    Foundation,
    Head,
    Place,
    Policy,
    Program,
    ProgramSource,
    Reason,
    Signature,
    SignOff,
    SignRole,
    Wording,
    short_code,
)
from reports.certificates.evidence import EvidenceStore, EvidenceStoreError
from reports.figures.derived import Derived, DerivedMetric, Outcome
from reports.figures.months import MonthSpan
from reports.figures.numbers import Flag, MonthlyNumber
from reports.figures.rounding import Exact, RoundingRule, whole_if_it_is

OPENING = b'{"candidate":'
_EXACT = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)
T = TypeVar("T")


@dataclass(frozen=True)
class Period:
    """What the numbers are of: a calendar month, `2025-03`."""

    kind: Literal["month"]
    name: str


@dataclass(frozen=True)
class ReportingPeriod:
    """What the numbers are of: the days from the first to the last, under the name of the month in which they end."""

    kind: Literal["reporting month"]
    name: str
    first: str
    last: str


@dataclass(frozen=True)
class Number:
    """A number as `MonthlyNumber` holds it; `exact` is a fraction in lowest terms, `5421` or `271/50`."""

    metric: str
    metric_name: str
    version: str
    definition: str
    event_counted: str
    deduplication_key: str
    exact: str
    printed: str
    unit: str
    display_unit: str
    display_divisor: int
    display_decimals: int
    rounding: RoundingRule
    measures: tuple[str, ...]
    parts: tuple[str, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class Candidate:
    """What people sign."""

    kind: Literal["yuebao certificate 2"]
    hall: CertifiedHall
    site: str
    period: Period | ReportingPeriod
    revision: int
    reason: Reason | Literal[""]
    note: str
    numbers: tuple[Number, ...]
    policy: Policy
    program: Program
    head: Head
    evidence: Mapping[str, str]
    texts: Mapping[str, str]

    @cached_property
    def content(self) -> bytes:
        """The bytes that its SHA-256 and its short code are of."""
        return canonical_json(plain(self))


@dataclass(frozen=True)
class Signed:
    """A signature and who made it: `role`, `name` and `at` are part of what is signed."""

    role: SignRole
    name: str
    at: str
    algorithm: Literal["ed25519"]
    key: str
    value: str

    @property
    def sign_off(self) -> SignOff:
        """Who, in which role, and when."""
        return SignOff(self.role, self.name, self.at)


@dataclass(frozen=True)
class _File:
    candidate: Candidate
    files: Mapping[str, str]
    place: Place
    signatures: tuple[Signed, ...]

    @property
    def content(self) -> bytes:
        """Canonical JSON."""
        return canonical_json(plain(self))


def statement(candidate: str, sign_off: SignOff) -> bytes:
    """What a person signs of a candidate, which is named by the SHA-256 of its bytes."""
    return canonical_json({"kind": "yuebao signature 2", "candidate": candidate, **asdict(sign_off)})


def candidate_of(certificate: Certificate) -> Candidate:
    """The part of a certificate that people sign; its head says that it is of this form."""
    return Candidate(
        kind="yuebao certificate 2",
        hall=certificate.hall,
        site=certificate.site,
        period=_period_of(certificate),
        revision=certificate.revision,
        reason=certificate.reason,
        note=certificate.note,
        numbers=tuple(Number(**vars(number) | {"exact": str(number.exact)}) for number in certificate.numbers),
        policy=certificate.policy,
        program=certificate.program,
        head=certificate.head or Head(0, ""),
        evidence=certificate.evidence,
        texts=certificate.texts,
    )


def _period_of(certificate: Certificate) -> Period | ReportingPeriod:
    span = certificate.span
    if span is None:
        return Period("month", certificate.month)
    return ReportingPeriod("reporting month", certificate.month, span.first, span.last)


def envelope_of(certificate: Certificate, signed: Sequence[Signed]) -> Envelope:
    """A certificate with its signatures, as it lies in the ledger."""
    candidate = candidate_of(certificate)
    return _envelope(_File(candidate, certificate.files, certificate.place, tuple(signed)), certificate)


def read(content: bytes, store: EvidenceStore) -> Envelope:
    """Read a ledger file of form 2; the evidence is read from the store when it is first asked for.

    Raises:
        ValueError: it is no such file, or isn't written exactly as one is.
    """
    file = read_canonical(_File, content, lambda file: file.content)
    if not file.signatures:
        raise ValueError("nobody signed off")
    certificate = model_of(file.candidate, store, file.place, file.files, [one.sign_off for one in file.signatures])
    return _envelope(file, certificate)


def read_candidate(content: bytes) -> Candidate:
    """Read the bytes of a candidate.

    Raises:
        ValueError: they are no candidate, or it isn't written exactly as one is.
    """
    return read_canonical(Candidate, content, lambda candidate: candidate.content)


def model_of(
    candidate: Candidate, store: EvidenceStore, place: Place, files: Mapping[str, str], sign_offs: Sequence[SignOff]
) -> Certificate:
    """The certificate of a candidate.

    Raises:
        ValueError: an exact value isn't a fraction in lowest terms.
    """
    return Certificate(
        form=2,
        place=place,
        hall=candidate.hall,
        site=candidate.site,
        month=candidate.period.name,
        span=MonthSpan(candidate.period.first, candidate.period.last)
        if isinstance(candidate.period, ReportingPeriod)
        else None,
        revision=candidate.revision,
        reason=candidate.reason,
        note=candidate.note,
        numbers=tuple(
            MonthlyNumber(**vars(number) | {"exact": _exact(number.metric, number.exact)})
            for number in candidate.numbers
        ),
        program=candidate.program,
        policy=candidate.policy,
        sign_offs=tuple(sign_offs),
        code=short_code(candidate.content),
        files=files,
        texts=candidate.texts,
        evidence=candidate.evidence,
        head=candidate.head,
        read_foundation=lambda: _foundation(candidate.evidence, store),
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a ledger file of this form, as `form_2.schema.json` holds it."""
    from pydantic import TypeAdapter

    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **TypeAdapter(_File).json_schema()}


def documents(foundation: Foundation) -> dict[str, bytes]:
    """The evidence as documents of the store, by the names under which a candidate lists them."""
    return {
        "extracts": _document(foundation.extracts),
        "checks": _document({"build_checks": foundation.build_checks, "day_rules": foundation.day_rules}),
        "boundary": _document(foundation.boundary),
        "systems": _document(_systems(foundation)),
        "facts": canonical_json(dict(foundation.facts)),
        "settings": canonical_json(dict(foundation.settings)),
        "wording": _document(foundation.wording),
        "bases": _document({"certificates": foundation.bases, "notes": foundation.notes}),
        **({"source": _document(foundation.source)} if foundation.source else {}),
        **({"engines": _document(foundation.engines)} if foundation.engines else {}),
        **({"sites": _document(foundation.sites)} if foundation.sites else {}),
        **_derived_documents(foundation.derived),
    }


def _derived_documents(derived: Derived) -> dict[str, bytes]:
    """The definitions, which sites and months share, and what became of them."""
    if not derived.metrics:
        return {}
    outcomes = _Derived(derived.outcomes, derived.days, derived.groups)
    return {"definitions": _document(derived.metrics), "derived": _document(outcomes)}


def evidence_of(candidate: str, signed: Signed) -> tuple[Signature, bytes]:
    """A signature of a candidate, by the SHA-256 of its bytes, and what it is over."""
    return Signature(signed.algorithm, signed.key, signed.value), statement(candidate, signed.sign_off)


def _envelope(file: _File, certificate: Certificate) -> Envelope:
    digest = sha256(file.candidate.content)
    pairs = [evidence_of(digest, one) for one in file.signatures]
    return Envelope(
        certificate=certificate,
        signatures=tuple(signature for signature, _ in pairs),
        statements=tuple(over for _, over in pairs),
        content=file.content,
    )


def _exact(metric: str, text: str) -> Exact:
    value = Fraction(text) if _EXACT.fullmatch(text) else None
    if value is None or str(value) != text:
        raise ValueError(f"{metric}: {text!r} is no fraction in lowest terms")
    return whole_if_it_is(value)


@dataclass(frozen=True)
class _Checks:
    build_checks: tuple[CheckResult, ...]
    day_rules: tuple[DayRule, ...]


@dataclass(frozen=True)
class _Systems:
    closing: tuple[str, ...]
    balanced: tuple[str, ...]
    systems: Mapping[str, CertifiedSystem]
    scales: Mapping[str, int] | None = None
    distinct: tuple[str, ...] | None = None


def _systems(foundation: Foundation) -> _Systems:
    """What is known of measures that most halls don't have is named where there is something to name."""
    return _Systems(
        foundation.closing,
        foundation.balanced,
        foundation.systems,
        dict(foundation.scales) or None,
        foundation.distinct or None,
    )


@dataclass(frozen=True)
class _Derived:
    outcomes: Mapping[str, Outcome]
    days: Mapping[str, int]
    groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Bases:
    certificates: tuple[Base, ...]
    notes: tuple[str, ...]


def _foundation(evidence: Mapping[str, str], store: EvidenceStore) -> Foundation:
    def part(name: str, kind: type[T]) -> T:
        return _read_document(store, evidence.get(name, ""), name, kind)

    checks, systems, bases = part("checks", _Checks), part("systems", _Systems), part("bases", _Bases)
    return Foundation(
        extracts=part("extracts", tuple[CertifiedExtract, ...]),
        day_rules=checks.day_rules,
        build_checks=checks.build_checks,
        boundary=part("boundary", tuple[Boundary, ...]),
        systems=systems.systems,
        closing=systems.closing,
        balanced=systems.balanced,
        scales=systems.scales or {},
        distinct=systems.distinct or (),
        facts=part("facts", dict[str, str]),
        settings=part("settings", dict[str, str]),
        wording=part("wording", Wording),
        bases=bases.certificates,
        notes=bases.notes,
        source=part("source", ProgramSource) if "source" in evidence else None,
        engines=part("engines", Engines) if "engines" in evidence else None,
        sites=part("sites", tuple[CertifiedHall, ...]) if "sites" in evidence else (),
        derived=Derived(part("definitions", tuple[DerivedMetric, ...]), **vars(part("derived", _Derived)))
        if "derived" in evidence
        else Derived(),
    )


def _document(value: Any) -> bytes:
    return canonical_json(_plain(value))


def _plain(value: Any) -> Any:
    """Dataclasses as objects, without the fields that are None."""
    match value:
        case tuple() | list():
            return [_plain(each) for each in value]
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case str() | int():
            return value
        case _:
            return {name: _plain(each) for name, each in vars(value).items() if each is not None}


def _read_document(store: EvidenceStore, digest: str, name: str, kind: type[T]) -> T:
    if not digest:
        raise EvidenceStoreError(store.folder, f"the certificate names no {name}")
    try:
        return store.once(digest, name, lambda content: read_canonical(kind, content, _document))
    except ValueError as error:
        raise EvidenceStoreError(store.path(digest), f"it holds no {name}: {error}") from error
