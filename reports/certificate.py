"""The certificate (核定书): the record of one month's numbers at one vintage, and the signed envelope around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, cached_property
from typing import TYPE_CHECKING, Literal

from reports.canonical import canonical_json, sha256
from reports.months import days_of
from reports.numbers import MonthlyNumber
from reports.rounding import printed

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# p and b are codes of SDMX CL_OBS_STATUS; it has none for "revised", for which r is Eurostat's flag.
Flag = Literal["p", "r", "b"]
Policy = Literal["manual", "automatic"]
Role = Literal["preparer", "reviewer", "signer", "service"]
Reason = Literal["late_data", "source_correction", "definition_change", "our_error"]

REASONS: Mapping[Reason, str] = {
    "late_data": "迟报补报",
    "source_correction": "源头更正",
    "definition_change": "口径调整",
    "our_error": "本方差错",
}
ROLES: Mapping[Policy, tuple[Role, ...]] = {
    "manual": ("preparer", "reviewer", "signer"),
    "automatic": ("service",),
}

CERTIFICATE_FILE = "certificate.json"
CHAIN_FOLDER = "chain"

_HALL_TIME = timezone(timedelta(hours=8))  # China has one time zone and no summer time
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A name that can't lead out of the folder it is looked for in, nor hide in it.
_NAME = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*")
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_CODE_LENGTH = 12


class CertificateError(Exception):
    """A certificate can't be read or may not be signed; the message gives every reason."""


@dataclass(frozen=True)
class Hall:
    """Whose numbers they are."""

    code: str
    name: str


@dataclass(frozen=True)
class CertifiedNumber(MonthlyNumber):
    """A number with its full definition and its flags; none means a first value that is certified."""

    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class CertifiedExtract:
    """An extract used: `landing/<system>/<day>/<file>` with the entry beside it.

    `sha256` is the file's, `content_sha256` the rows', `entry_sha256` the manifest entry's.
    """

    system: str
    day: str
    state: Literal["answered", "closed"]
    sequence: int
    file: str
    sha256: str
    content_sha256: str
    entry_sha256: str

    @property
    def path(self) -> str:
        """The file's place in the landing."""
        return f"{self.system}/{self.day}/{self.file}"

    @property
    def entry_path(self) -> str:
        """The manifest entry's place in the landing."""
        return f"{self.path.removesuffix('.parquet')}.json"


@dataclass(frozen=True)
class DayRule:
    """A rule for days of one system: on how many answered days of the month it passed, and on how many it warned."""

    system: str
    rule: str
    passed: int
    warned: int


@dataclass(frozen=True)
class CheckResult:
    """A check of the build and its result for these extracts; with any other result nothing is certified."""

    name: str
    result: Literal["pass", "warn"]


@dataclass(frozen=True)
class Foundation:
    """What the numbers rest on.

    `fingerprint` is the build's; `catalogue_version` stands for the whole metric catalogue, `suite_version` for the day
    rules, `code_version` for the program and `lock_sha256` for the versions of all that it is built on.
    """

    fingerprint: str
    catalogue_version: str
    suite_version: str
    code_version: str
    lock_sha256: str
    extracts: tuple[CertifiedExtract, ...]
    day_rules: tuple[DayRule, ...]
    build_checks: tuple[CheckResult, ...]


@dataclass(frozen=True)
class SignOff:
    """Who did their part in which role, and when (`2025-04-02T16:00:00+08:00`)."""

    role: Role
    name: str
    at: str


@dataclass(frozen=True)
class Certificate:
    """One month and one revision.

    `previous` is the SHA-256 of the ledger file before this one, empty for the first of all. `reason` and `note` say
    why there is a revision, and are empty for a month's first certificate. `files` are the release's, name → SHA-256.
    """

    kind: Literal["yuebao certificate 1"]
    sequence: int
    previous: str
    hall: Hall
    month: str
    revision: int
    reason: Reason | Literal[""]
    note: str
    numbers: tuple[CertifiedNumber, ...]
    foundation: Foundation
    policy: Policy
    sign_offs: tuple[SignOff, ...]
    files: Mapping[str, str]

    @property
    def name(self) -> str:
        """The certificate's file in the ledger."""
        return f"{self.sequence:06d}-{self.month}-r{self.revision}.json"

    @property
    def by_metric(self) -> dict[str, CertifiedNumber]:
        """The numbers, by metric."""
        return {number.metric: number for number in self.numbers}

    @property
    def signed_at(self) -> datetime:
        """When the last word was said, the signer's or the service's."""
        return moment_of(self.sign_offs[-1].at)

    @cached_property
    def code(self) -> str:
        """The short code that a printed page carries: `XXXX-XXXX-XXXX`, Crockford's base 32.

        It stands for all but `files`, because the files that carry it can't be hashed before it is known. The files in
        turn are bound to it by the signature.
        """
        digest = sha256(canonical_json(asdict(replace(self, files={}))))
        places = int(digest, 16) >> (256 - 5 * _CODE_LENGTH)
        code = "".join(_CROCKFORD[places >> 5 * place & 31] for place in reversed(range(_CODE_LENGTH)))
        return "-".join((code[:4], code[4:8], code[8:]))


@dataclass(frozen=True)
class Envelope:
    """A certificate, the id of the key that signed it, and the signature over its canonical JSON, hexadecimal."""

    certificate: Certificate
    key: str
    signature: str

    @cached_property
    def content(self) -> bytes:
        """The one file that this is: canonical JSON, in which the signed bytes stand as they are and come first."""
        seal = canonical_json({"key": self.key, "signature": self.signature})
        return b'{"certificate":' + self.signed_bytes + b"," + seal.removeprefix(b"{")

    @cached_property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return canonical_json(asdict(self.certificate))

    @classmethod
    def read(cls, content: bytes) -> Envelope:
        """Read what `content` wrote.

        Raises:
            CertificateError: It is no envelope, or isn't written exactly as one is.
        """
        from pydantic import ValidationError

        try:
            envelope = _envelopes().validate_json(content, strict=True)
            canonical = envelope.content == content and bool(envelope.certificate.signed_at)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, first["loc"])) or "the whole file"
            raise CertificateError(f"it can't be read as a certificate: {place}: {first['msg']}") from error
        except (ValueError, IndexError) as error:
            raise CertificateError(f"it can't be read as a certificate: {error}") from error
        if not canonical:
            raise CertificateError("its bytes aren't the canonical form of the certificate in it")
        return envelope


@cache
def _envelopes() -> TypeAdapter[Envelope]:
    from pydantic import TypeAdapter

    return TypeAdapter(Envelope)


def written_code(text: str) -> str:
    """A short code as `Certificate.code` writes it, from what somebody typed: case, dashes and look-alikes forgiven.

    Raises:
        ValueError: It isn't 12 characters of the alphabet.
    """
    code = text.upper().translate(_LOOK_ALIKES)
    if len(code) != _CODE_LENGTH or set(code) - set(_CROCKFORD):
        raise ValueError(f"a short code is 12 letters and digits, e.g. 7H3K-9QWX-20AB, got {text!r}")
    return "-".join((code[:4], code[4:8], code[8:]))


def hall_time(moment: datetime) -> str:
    """A moment as certificates write it: hall time to the second, with its offset.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone, so it is no moment")
    return moment.astimezone(_HALL_TIME).isoformat(timespec="seconds")


def moment_of(text: str) -> datetime:
    """Read what `hall_time` wrote.

    Raises:
        ValueError: It isn't written that way.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or hall_time(moment) != text:
        raise ValueError(f"a moment is written like 2025-04-02T16:00:00+08:00, got {text!r}")
    return moment


def hall_day(moment: datetime) -> date:
    """The day that a moment falls on in the hall."""
    return moment.astimezone(_HALL_TIME).date()


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


def faults(certificate: Certificate) -> list[str]:
    """What is wrong with a certificate by itself, whoever signed it; empty for a sound one."""
    return [
        *_naming_faults(certificate),
        *_number_faults(certificate.numbers),
        *_extract_faults(certificate),
        *_check_faults(certificate.foundation),
        *_time_faults(certificate.sign_offs),
    ]


def _naming_faults(certificate: Certificate) -> Iterator[str]:
    try:
        days_of(certificate.month)
    except ValueError as error:
        yield str(error)
    if certificate.sequence < 1 or certificate.revision < 1:
        yield "sequence and revision are counted from 1"
    if bool(certificate.previous) != (certificate.sequence > 1):
        yield "every certificate but the first names the one before it, and the first names none"
    if (certificate.revision > 1) != bool(certificate.reason and certificate.note.strip()):
        yield "a revision has a reason and a note, and a first certificate has neither"
    if not certificate.files:
        yield "it vouches for no release file"
    for name, digest in certificate.files.items():
        if not _NAME.fullmatch(name) or name in {CERTIFICATE_FILE, CHAIN_FOLDER}:
            yield f"{name!r} can't be a release file's name"
        yield from _digest_faults(name, digest)
    foundation = certificate.foundation
    untold = [
        name
        for name in ("fingerprint", "catalogue_version", "suite_version", "code_version", "lock_sha256")
        if not getattr(foundation, name)
    ]
    if untold:
        yield f"it doesn't say {', '.join(untold)}"


def _number_faults(numbers: Sequence[CertifiedNumber]) -> Iterator[str]:
    if not numbers:
        yield "it holds no number"
    yield from _doubled("number", (number.metric for number in numbers))
    for number in numbers:
        try:
            text = printed(
                number.exact,
                divisor=number.display_divisor,
                decimals=number.display_decimals,
                rule=number.rounding,
            )
        except ValueError as error:
            yield f"{number.metric}: {error}"
            continue
        if text != number.printed:
            yield f"{number.metric}: {number.exact} is printed {text}, not {number.printed}"


def _extract_faults(certificate: Certificate) -> Iterator[str]:
    extracts = certificate.foundation.extracts
    if not extracts:
        yield "it rests on no extract"
    yield from _doubled("extract", (f"{extract.system} {extract.day}" for extract in extracts))
    for extract in extracts:
        where = f"extract {extract.system} {extract.day}"
        names = (extract.system, extract.day, extract.file.removesuffix(".parquet"))
        if not all(_NAME.fullmatch(name) for name in names) or not extract.file.endswith(".parquet"):
            yield f"{where}: {extract.path!r} is no place in the landing"
        for digest in (extract.sha256, extract.content_sha256, extract.entry_sha256):
            yield from _digest_faults(where, digest)
    held = {(extract.system, extract.day) for extract in extracts}
    for system in sorted({extract.system for extract in extracts}):
        absent = [str(day) for day in _days(certificate.month) if (system, str(day)) not in held]
        if absent:
            yield f"{system} has no extract for {', '.join(absent)}; missing is not zero"


def _check_faults(foundation: Foundation) -> Iterator[str]:
    if not foundation.build_checks or not foundation.day_rules:
        yield "it names no build check or no day rule, so that nothing was judged"
    yield from _doubled("build check", (check.name for check in foundation.build_checks))
    yield from _doubled("day rule", (f"{rule.system} {rule.rule}" for rule in foundation.day_rules))
    answered: dict[str, int] = {}
    for extract in foundation.extracts:
        answered[extract.system] = answered.get(extract.system, 0) + (extract.state == "answered")
    judged = {(rule.system, rule.rule): rule.passed + rule.warned for rule in foundation.day_rules}
    rules = sorted({rule.rule for rule in foundation.day_rules})
    for system, days in sorted(answered.items()):
        for rule in rules:
            if judged.get((system, rule), 0) != days:
                yield f"rule {rule} judged {judged.get((system, rule), 0)} of the {days} answered days of {system}"


def _time_faults(sign_offs: Sequence[SignOff]) -> Iterator[str]:
    moments = []
    for sign_off in sign_offs:
        try:
            moments.append(moment_of(sign_off.at))
        except ValueError as error:
            yield f"{sign_off.role} {sign_off.name}: {error}"
    if moments != sorted(moments):
        yield "it was not prepared, reviewed and signed in this order"


def _digest_faults(name: str, digest: str) -> Iterator[str]:
    if not _SHA256.fullmatch(digest):
        yield f"{name}: {digest!r} is no SHA-256 in lower-case hexadecimal"


def _doubled(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name} is in it twice"
        seen.add(name)


def _days(month: str) -> list[date]:
    try:
        return days_of(month)
    except ValueError:
        return []
