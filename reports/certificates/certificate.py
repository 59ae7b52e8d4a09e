"""The certificate (核定书): the record of one month's numbers at one vintage, whatever form its file has.

Forms are read and written by `form_1` (0.1's) and `form_2`; nothing else knows how a certificate lies in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Literal

from reports.certificates.canonical import sha256
from reports.figures.derived import Derived
from reports.figures.months import MonthSpan, days_of
from reports.figures.numbers import MonthlyNumber
from reports.figures.validity import is_valid
from reports.figures.words import DEFAULT, SectionWords

Form = Literal[1, 2]
Policy = Literal["manual", "automatic"]
SignRole = Literal["preparer", "reviewer", "signer", "service"]
Reason = Literal["late_data", "source_correction", "definition_change", "our_error"]


def reasons_in(words: SectionWords) -> Mapping[Reason, str]:
    """What each reason of a revision is called."""
    return {
        "late_data": words.late_data,
        "source_correction": words.source_correction,
        "definition_change": words.definition_change,
        "our_error": words.our_error,
    }


REASONS = reasons_in(DEFAULT)
ROLES: Mapping[Policy, tuple[SignRole, ...]] = {
    "manual": ("preparer", "reviewer", "signer"),
    "automatic": ("service",),
}

CERTIFICATE_FILE = "certificate.json"
# What the name of a batch of sites' certificates has in place of the r of a revision.
BATCH = "s"
CHAIN_FOLDER = "chain"
INCLUSION_FILE = "inclusion.json"

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

    `sha256` is the file's, `content_sha256` the rows', `entry_sha256` the manifest entry's. `landed_at` is the entry's,
    and empty in form 1.
    """

    system: str
    day: str
    state: Literal["answered", "closed"]
    sequence: int
    file: str
    sha256: str
    content_sha256: str
    entry_sha256: str
    landed_at: str = ""

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
    """A rule for days of one system: on how many answered days of the month it passed, warned, or wasn't applicable."""

    system: str
    rule: str
    passed: int
    warned: int
    not_applicable: int = 0


@dataclass(frozen=True)
class CheckResult:
    """A check of the build and its result for these extracts; with any other result nothing is certified.

    `not_applicable` has nothing that it is about: form 1 called it passed.
    """

    name: str
    result: Literal["pass", "warn", "not_applicable"]


@dataclass(frozen=True)
class Boundary:
    """How the chain of a system's stocks was joined to the month before.

    `compared` names the extract of `day` that the first stocks were held against; `first_month` says that the
    hall has no day before, and `not_compared` that there was one and nobody could look at it.
    """

    system: str
    day: str
    result: Literal["compared", "not_compared", "first_month"]
    extract: CertifiedExtract | None = None


@dataclass(frozen=True)
class CertifiedSystem:
    """A hall system at the time: its title, the measures that it counts, and its validity, None for an open end."""

    title: str
    measures: tuple[str, ...]
    valid_from: str | None = None
    valid_to: str | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether it answers for a day."""
        ends = (date.fromisoformat(end) if end else None for end in (self.valid_from, self.valid_to))
        return is_valid(day, *ends)


@dataclass(frozen=True)
class Wording:
    """The template that the text was filled from, and the literals with numerals that the settings declare.

    `words` are those that stand in place of ours (`reports.figures.words`), by name; None where none does.
    """

    template: str
    constants: Mapping[str, str]
    words: Mapping[str, str | tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Base:
    """A certificate that stood before, by which flags and revision notes were given; `sha256` is its ledger file's."""

    month: str
    revision: int
    sha256: str


@dataclass(frozen=True)
class Program:
    """What computed the numbers.

    `fingerprint` is the build's; `catalogue_version` stands for the whole metric catalogue, `suite_version` for the day
    rules, `code_version` for the program and `lock_sha256` for the versions of all that it is built on.
    """

    fingerprint: str
    catalogue_version: str
    suite_version: str
    code_version: str
    lock_sha256: str


@dataclass(frozen=True)
class ProgramSource:
    """The commit (40 hexadecimal digits) that the program's sources were of; `changed`: they weren't quite."""

    commit: str
    changed: Literal["yes", "no"]


@dataclass(frozen=True)
class Engines:
    """What built the facts and what counted the extracts again, each with its version (`duckdb 2.0.0`)."""

    built: str
    recounted: str


@dataclass(frozen=True)
class Foundation:
    """The evidence that the numbers rest on.

    Form 1 holds extracts, day rules and build checks, and nothing of the rest. `closing` are the measures that are
    stocks, and `balanced` those of them that have to balance; `facts` are the published facts, path → SHA-256;
    `settings` the files of the hall's folder, path → SHA-256 of a document in the evidence store. `bases` are the
    certificates that flags and `notes` (what is printed of revised months) follow from. `source` is None where nobody
    knew the program's commit, and `engines` where the build named none. `sites` are those whose
    counts the numbers sum up, the certificate's own first; none are named where it is the only one. `scales` are the
    decimals of measures that have some, whose rows are in least units; of the `distinct` ones among `closing` the
    certificate's own site counts alone. `derived` says what became of the metrics that are made of others.
    """

    extracts: tuple[CertifiedExtract, ...]
    day_rules: tuple[DayRule, ...]
    build_checks: tuple[CheckResult, ...]
    boundary: tuple[Boundary, ...] = ()
    systems: Mapping[str, CertifiedSystem] = field(default_factory=dict)
    closing: tuple[str, ...] = ()
    balanced: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    wording: Wording = Wording("", {})
    bases: tuple[Base, ...] = ()
    notes: tuple[str, ...] = ()
    source: ProgramSource | None = None
    engines: Engines | None = None
    sites: tuple[CertifiedHall, ...] = ()
    derived: Derived = field(default_factory=Derived)
    scales: Mapping[str, int] = field(default_factory=dict)
    distinct: tuple[str, ...] = ()

    def measures_of(self, system: str) -> tuple[str, ...]:
        """What a system counts; nothing where that isn't said, as in form 1."""
        return self.systems[system].measures if system in self.systems else ()

    @property
    def all_extracts(self) -> tuple[CertifiedExtract, ...]:
        """The month's, and those of the month before that its stocks were held against."""
        return (*self.extracts, *(boundary.extract for boundary in self.boundary if boundary.extract))


@dataclass(frozen=True)
class SignOff:
    """Who did their part in which role, and when (`2025-04-02T16:00:00+08:00`)."""

    role: SignRole
    name: str
    at: str


@dataclass(frozen=True)
class Place:
    """A certificate's place in the ledger.

    `previous` is the SHA-256 of the ledger file before it, empty for the first of all; `at` is when it was added, which
    form 1 doesn't tell from when it was signed.
    """

    sequence: int
    previous: str
    at: str


@dataclass(frozen=True)
class Head:
    """The newest certificate of the ledger when a candidate was drawn up; 0 and empty for an empty ledger."""

    sequence: int
    sha256: str


@dataclass(frozen=True)
class Signature:
    """A signature with its key's id, in hexadecimal."""

    algorithm: Literal["ed25519"]
    key: str
    value: str


@dataclass(frozen=True)
class Certificate:
    """One month of one site and one revision.

    A batch of sites' certificates (`batch`) is one too, as far as it is signed and has a place in the ledger: it has no
    numbers, its `site` is empty, and its `revision` is the batch's number in the month.

    Attributes:
        form: which form its file has.
        span: the first and the last day that are reported under the month's name, where it isn't the calendar month.
        place: in the ledger; a candidate's is where it would stand.
        site: whose numbers they are, the hall's own or a site's below it; form 1 knows the hall's own only.
        reason: why there is a revision, as `note`; both are empty for a month's first certificate.
        code: the short code that a printed page carries, `XXXX-XXXX-XXXX` in Crockford's base 32.
        texts: the files of the release that follow from the candidate alone, name → SHA-256; the code covers them.
        files: the files of the release, name → SHA-256.
        evidence: name → SHA-256 of a document in the evidence store; empty in form 1.
        head: what the ledger ended with when the candidate was drawn up; None in form 1.
        read_foundation: gives the evidence, from the store where the form keeps it there.
    """

    form: Form
    place: Place
    hall: CertifiedHall
    site: str
    month: str
    revision: int
    reason: Reason | Literal[""]
    note: str
    numbers: tuple[MonthlyNumber, ...]
    program: Program
    policy: Policy
    sign_offs: tuple[SignOff, ...]
    code: str
    files: Mapping[str, str]
    texts: Mapping[str, str]
    evidence: Mapping[str, str]
    head: Head | None
    read_foundation: Callable[[], Foundation] = field(compare=False, repr=False)
    span: MonthSpan | None = None

    @property
    def name(self) -> str:
        """The certificate's file in the ledger; of a site's, in the batch that the sequence is of."""
        kind = BATCH if self.is_batch else f"{self.below}-r" if self.below else "r"
        return f"{self.place.sequence:06d}-{self.month}-{kind}{self.revision}" + ("" if self.below else ".json")

    @property
    def is_batch(self) -> bool:
        """Whether it is a batch of sites' certificates."""
        return not self.site

    @property
    def below(self) -> str:
        """The code of the site below the hall that it is of; empty for the hall's own and for a batch."""
        return "" if self.site == self.hall.code else self.site

    @property
    def days(self) -> list[date]:
        """The days that are reported under the month's name; ValueError where that is none."""
        return self.span.days if self.span else days_of(self.month)

    @property
    def site_name(self) -> str:
        """What the site is called whose numbers they are; raises as `foundation`."""
        return self.foundation.sites[0].name if self.below else self.hall.name

    @property
    def by_metric(self) -> dict[str, MonthlyNumber]:
        """The numbers, by metric."""
        return {number.metric: number for number in self.numbers}

    @property
    def counted_numbers(self) -> tuple[MonthlyNumber, ...]:
        """The numbers that aren't made of others; raises as `foundation`."""
        derived = self.foundation.derived.by_metric
        return tuple(number for number in self.numbers if number.metric not in derived)

    @property
    def counted_sites(self) -> tuple[str, ...]:
        """The codes of the sites whose counts its numbers sum up, its own first; raises as `foundation`."""
        return tuple(site.code for site in self.foundation.sites) or (self.site,)

    @property
    def changes(self) -> frozenset[str]:
        """The metrics that say how others changed; raises as `foundation`."""
        derived = self.foundation.derived.metrics if "derived" in self.evidence else ()
        return frozenset(metric.metric for metric in derived if metric.kind == "change")

    @property
    def signed_at(self) -> datetime:
        """When the last word was said, the signer's or the service's."""
        return moment_of(self.sign_offs[-1].at)

    @property
    def recorded_at(self) -> datetime:
        """When it was added to the ledger."""
        return moment_of(self.place.at)

    @cached_property
    def foundation(self) -> Foundation:
        """The evidence that it rests on.

        Raises:
            EvidenceStoreError: a document of it is absent, unreadable or changed.
        """
        return self.read_foundation()

    def standing_on(self, foundation: Foundation) -> Certificate:
        """The same certificate with other evidence."""
        return replace(self, read_foundation=lambda: foundation)


@dataclass(frozen=True)
class Envelope:
    """A certificate and its signatures, as they lie in one file.

    Each of `signatures` belongs to a sign-off, by its place from the end, and is over the text at its place in
    `statements`: form 1 has one signature, of the last to sign off, form 2 one of each.
    """

    certificate: Certificate
    signatures: tuple[Signature, ...]
    statements: tuple[bytes, ...]
    content: bytes


def short_code(content: bytes) -> str:
    """The short code that stands for a document; see `code_of`."""
    return code_of(sha256(content))


def code_of(digest: str) -> str:
    """The short code of a document by its SHA-256: the first 60 bits of it, in Crockford's base 32."""
    places = int(digest, 16) >> (256 - 5 * _CODE_LENGTH)
    code = "".join(_CROCKFORD[places >> 5 * place & 31] for place in reversed(range(_CODE_LENGTH)))
    return "-".join((code[:4], code[4:8], code[8:]))


def normalised_code(text: str) -> str:
    """A short code as `Certificate.code` writes it, from what somebody typed: case, dashes and look-alikes forgiven.

    Raises:
        ValueError: It isn't 12 characters of the alphabet.
    """
    code = text.upper().translate(_LOOK_ALIKES)
    if len(code) != _CODE_LENGTH or set(code) - set(_CROCKFORD):
        raise ValueError(f"a short code is 12 letters and digits, e.g. 7H3K-9QWX-20AB, got {text!r}")
    return "-".join((code[:4], code[4:8], code[8:]))


def moment_text(moment: datetime) -> str:
    """A moment as certificates write it: to the second, with the offset that its own zone has then.

    Raises:
        ValueError: The moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone, so it is no moment")
    return moment.isoformat(timespec="seconds")


def moment_of(text: str) -> datetime:
    """Read what `moment_text` wrote; its date is the day in the hall's zone, whose offset it has.

    Raises:
        ValueError: It isn't written that way.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment_text(moment) != text:
        raise ValueError(f"a moment is written like 2025-04-02T16:00:00+08:00, got {text!r}")
    return moment
