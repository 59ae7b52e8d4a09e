"""The certificate (核定书): the record of one month's numbers at one vintage, and the signed envelope around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cached_property
from typing import Literal

from reports.certificates.canonical import canonical_json, read_canonical, sha256
from reports.figures.numbers import MonthlyNumber

Policy = Literal["manual", "automatic"]
SignRole = Literal["preparer", "reviewer", "signer", "service"]
Reason = Literal["late_data", "source_correction", "definition_change", "our_error"]

REASONS: Mapping[Reason, str] = {
    "late_data": "迟报补报",
    "source_correction": "源头更正",
    "definition_change": "口径调整",
    "our_error": "本方差错",
}
ROLES: Mapping[Policy, tuple[SignRole, ...]] = {
    "manual": ("preparer", "reviewer", "signer"),
    "automatic": ("service",),
}

CERTIFICATE_FILE = "certificate.json"
CHAIN_FOLDER = "chain"

_HALL_TIME = timezone(timedelta(hours=8))  # China has one time zone and no summer time
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_CODE_LENGTH = 12


class CertificateError(Exception):
    """A certificate can't be read or may not be signed; the message gives every reason."""


@dataclass(frozen=True)
class CertifiedHall:
    """Whose numbers they are."""

    code: str
    name: str


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

    role: SignRole
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
    hall: CertifiedHall
    month: str
    revision: int
    reason: Reason | Literal[""]
    note: str
    numbers: tuple[MonthlyNumber, ...]
    foundation: Foundation
    policy: Policy
    sign_offs: tuple[SignOff, ...]
    files: Mapping[str, str]

    @property
    def name(self) -> str:
        """The certificate's file in the ledger."""
        return f"{self.sequence:06d}-{self.month}-r{self.revision}.json"

    @property
    def by_metric(self) -> dict[str, MonthlyNumber]:
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
        try:
            envelope = read_canonical(cls, content, lambda envelope: envelope.content)
            moment_of(envelope.certificate.sign_offs[-1].at)
        except (ValueError, IndexError) as error:
            raise CertificateError(f"it can't be read as a certificate: {error}") from error
        return envelope


def normalised_code(text: str) -> str:
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
