"""The gate: the named conditions of a certificate. What one of them objects to is never signed, and `verify` says it.

Certification asks them of a candidate before anything is added, `verify` of every certificate afterwards, and `status`
of a month that nobody has signed yet. Each fails closed: what can't be looked at is objected to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from reports.certificates.bases import bases_at
from reports.certificates.batch import Batch
from reports.certificates.canonical import sha256
from reports.certificates.certificate import Certificate, CertifiedExtract, Envelope, Form, moment_of, moment_text
from reports.certificates.disk import Discrepancy, Disk, extract_problems
from reports.certificates.evidence import EvidenceStoreError
from reports.certificates.invariants import evidence_faults, own_faults
from reports.certificates.ledger import Archive, History, LedgerEntry
from reports.certificates.order import follow_problems, judge_ledger
from reports.certificates.rankings import ranking_problems
from reports.certificates.recount import Recounts, recount_problems
from reports.certificates.release_text import release_files
from reports.certificates.signers import authenticity_problems
from reports.errors import ReportsError
from reports.figures.derived import value_of
from reports.figures.months import months_before, span
from reports.figures.numbers import NumbersError
from reports.figures.section import SectionError
from reports.figures.words import WordingError
from reports.files import digests

# A certificate that is `alone` has a release around it, and no ledger.
Asked = Literal["unsigned", "sealing", "sealed", "recount", "alone", "alone with extracts"]
Kind = Literal["hall", "batch", "site"]
T = TypeVar("T")


@dataclass(frozen=True)
class GateSubject:
    """A certificate that is judged, or that a candidate would be.

    Attributes:
        envelope: with its signatures, if it has them.
        path: its file in the ledger, there or to be.
        history: the ledger; what stands before its place counts.
        archive: where everything lies.
        disk: reads each file once.
        facts: the folder of the published facts, where they are to be what was built.
        documents: those of a candidate by SHA-256, which aren't in the store yet; None for a certificate.
        recounts: counts extracts that several certificates rest on once.
        known: what was found of documents that several certificates name, each looked at once.
        batch: the table of a batch, where it is one.
        in_batch: whether it is a site's certificate in a batch, which is signed and placed with it.
    """

    envelope: Envelope
    path: Path
    history: History
    archive: Archive
    disk: Disk = field(default_factory=Disk)
    facts: Path | None = None
    documents: Mapping[str, bytes] | None = None
    recounts: Recounts | None = None
    known: dict[object, Any] = field(default_factory=dict)
    batch: Batch | None = None
    in_batch: bool = False

    @property
    def kind(self) -> Kind:
        """What is judged: a link of the ledger, the hall's own certificate or a batch, or a site's in a batch."""
        return "site" if self.in_batch else "batch" if self.certificate.is_batch else "hall"

    @property
    def certificate(self) -> Certificate:
        """The certificate in the envelope."""
        return self.envelope.certificate

    def once(self, what: str, find: Callable[[], T]) -> T:
        """What is found of the evidence that certificates of a batch have in common, looked at once."""
        shared = {name: digest for name, digest in self.certificate.evidence.items() if name not in _OWN}
        key = (what, self.certificate.month, tuple(sorted(shared.items())) or self.path)
        if key not in self.known:
            self.known[key] = find()
        found: T = self.known[key]
        return found


# The evidence that each site of a batch has of its own.
_OWN = frozenset({"sites", "bases", "derived"})
Judge = Callable[[GateSubject], Iterable[str | Discrepancy]]


@dataclass(frozen=True)
class GateCondition:
    """One condition.

    Attributes:
        name: as documents name it.
        meaning: what holds when nothing is objected.
        judge: what objects.
        asked: when it is asked.
        next_step: what somebody does whom it stops, before or after the signature.
        since: of which forms on it is asked.
        of: of what it is asked: of a hall's own certificate, of a batch of sites', or of a site's in it.
    """

    name: str
    meaning: str
    judge: Judge
    asked: frozenset[Asked]
    next_step: str
    since: Form = 1
    of: frozenset[Kind] = frozenset({"hall", "site"})


def objections(subject: GateSubject, asked: Asked) -> list[Discrepancy]:
    """Everything that the conditions object to, in their order."""
    found: dict[str, Discrepancy] = {}
    for condition in CONDITIONS:
        is_asked = asked in condition.asked and subject.kind in condition.of
        if is_asked and condition.since <= subject.certificate.form:
            for objection in _objections_of(condition, subject):
                # Evidence that can't be read keeps several conditions from looking.
                found.setdefault(str(objection), objection)
    return list(found.values())


def _objections_of(condition: GateCondition, subject: GateSubject) -> list[Discrepancy]:
    """What one condition objects to; what keeps it from looking is an objection too."""
    try:
        found = list(condition.judge(subject))
    except EvidenceStoreError as error:
        return [Discrepancy(error.path, error.problem, _BRING_BACK)]
    except (NumbersError, SectionError, WordingError, ReportsError, ArithmeticError, ValueError) as error:
        found = [str(error)]
    told = (one if isinstance(one, Discrepancy) else Discrepancy(subject.path, one) for one in found)
    return [replace(one, next_step=condition.next_step) for one in told]


def _sound(subject: GateSubject) -> Iterable[str]:
    certificate = subject.certificate
    if certificate.below and not subject.in_batch:
        return [f"it is of site {certificate.below}, whose certificates are in batches"]
    return [*own_faults(certificate), *subject.once("sound", lambda: evidence_faults(certificate))]


def _signed(subject: GateSubject) -> Iterable[str]:
    return authenticity_problems(subject.envelope, subject.archive.signers)


def _placed(subject: GateSubject) -> Iterator[Discrepancy]:
    """The ledger is judged with the new link."""
    chain = judge_ledger(subject.archive, subject.history)
    yield from chain.problems
    entry = LedgerEntry(subject.path, sha256(subject.envelope.content), subject.envelope)
    newest = subject.archive.ledger.chain()[-1:]
    before = chain.trusted.get(newest[0]) if newest else None
    yield from follow_problems(entry, before, subject.archive.ledger.excused)


def _included(subject: GateSubject) -> Iterable[str]:
    return subject.batch.problems() if subject.batch else ["nobody gave its table of certificates"]


def _of_this_hall(subject: GateSubject) -> Iterator[str]:
    hall = subject.certificate.hall.code
    first = subject.history.read(subject.history.links[0]).certificate.hall.code if subject.history.links else hall
    for owner in sorted({first, subject.archive.hall} - {"", hall}):
        yield f"it is of hall {hall}, and this is the ledger of hall {owner}"


def _evidenced(subject: GateSubject) -> Iterable[str | Discrepancy]:
    """Every document that it names is there, and is what its name says."""
    certificate = subject.certificate
    own = {name: digest for name, digest in certificate.evidence.items() if name in _OWN}
    if certificate.is_batch:
        return _documents(subject, certificate.evidence)
    named = {**certificate.evidence, **certificate.foundation.settings}
    shared = {name: digest for name, digest in named.items() if name not in own}
    return [*_documents(subject, own), *subject.once("evidenced", lambda: list(_documents(subject, shared)))]


def _documents(subject: GateSubject, named: Mapping[str, str]) -> Iterator[str | Discrepancy]:
    certificate, store = subject.certificate, subject.archive.ledger.store
    for name, digest in sorted(named.items()):
        if subject.documents is not None:
            if digest not in subject.documents:
                yield f"its evidence {name} isn't among the documents that were drawn up with it"
        elif subject.disk.digest(store.path(digest)) != digest:
            yield from subject.disk.problems([(store.path(digest), digest)], certificate.name)


def _extracts_are_whole(subject: GateSubject) -> Iterable[Discrepancy]:
    certificate, landing = subject.certificate, subject.archive.landing
    return subject.once("extracts", lambda: extract_problems(certificate, landing, subject.disk))


def _timely(subject: GateSubject) -> Iterator[str]:
    """Extracts, then signatures in order, then the ledger."""
    certificate = subject.certificate
    landed = subject.once("landed", lambda: max(map(_landed, certificate.foundation.all_extracts), default=None))
    for sign_off in certificate.sign_offs:
        signed = moment_of(sign_off.at)
        if landed and signed < landed:
            yield (
                f"{sign_off.role} {sign_off.name} signed at {sign_off.at}, and an extract that it rests on was landed "
                f"at {moment_text(landed.astimezone(signed.tzinfo))}: the clock was wrong"
            )
    if certificate.recorded_at < certificate.signed_at:
        yield f"it was added at {certificate.place.at}, before it was signed at {certificate.sign_offs[-1].at}"


def _landed(extract: CertifiedExtract) -> datetime:
    moment = datetime.fromisoformat(extract.landed_at)
    if moment.tzinfo is None:
        raise ValueError(f"{extract.path} was landed at {extract.landed_at}, which has no time zone")
    return moment


def _bounded(subject: GateSubject) -> Iterator[str]:
    """Each system with stocks that have to balance says how its first was held against the month before."""
    foundation, first = subject.certificate.foundation, subject.certificate.days[0]
    stated = {boundary.system for boundary in foundation.boundary}
    for name, system in foundation.systems.items():
        begins_before = system.is_valid_on(first)
        if begins_before and name not in stated and set(system.measures) & set(foundation.balanced):
            yield f"it doesn't say what the stocks of {name} at the month's beginning were compared with"


def _joined(subject: GateSubject) -> Iterator[str]:
    """A month's days are those of its earlier revisions, and follow those of the month before."""
    certificate, history = subject.certificate, subject.history
    sequence, days = certificate.place.sequence, certificate.days
    for link in history.of(certificate.month, sequence)[-1:]:
        if (then := history.read(link).certificate).days != days:
            yield f"it is of {span(days)}, and {then.name} of {span(then.days)}"
    for month, there, here in ((-1, 0, -1), (1, -1, 0)):
        for link in history.of(months_before(certificate.month, month), sequence)[-1:]:
            other = history.read(link).certificate
            if (other.days[there] - days[here]).days != -month:
                yield f"it is of {span(days)}, and {other.name} of {span(other.days)}: days are left out, or in both"


def _on_its_bases(subject: GateSubject) -> Iterator[str]:
    """Flags and revision notes follow from the certificates that stood before, and these are named."""
    certificate = subject.certificate
    foundation, sequence = certificate.foundation, certificate.place.sequence
    bases = bases_at(subject.history, sequence, certificate.month, certificate.numbers, foundation)
    if bases.certificates != foundation.bases:
        yield "other certificates stood before it than those that it compares with"
    if bases.numbers != certificate.numbers or bases.notes != foundation.notes:
        yield "its flags or revision notes don't follow from the certificates before it"
    if bases.derived != foundation.derived:
        yield "its derived numbers don't follow from its other numbers and from the certificates before it"


def _worded(subject: GateSubject) -> Iterator[str]:
    """The files of the release follow from its numbers by its own wording, to the byte."""
    certificate = subject.certificate
    again = {name: sha256(content) for name, content in release_files(certificate).items()}
    for name in sorted(again.keys() | certificate.files.keys()):
        if again.get(name) != certificate.files.get(name):
            yield f"{name} isn't what its numbers and its wording give"
    for name, digest in sorted(certificate.texts.items()):
        if again.get(name) != digest:
            yield f"{name} isn't the text that was signed"


def _recounted(subject: GateSubject) -> Iterable[str]:
    """The rows of its extracts add up to its numbers, by SQL that shares nothing with dbt's."""
    certificate = subject.certificate
    if certificate.form == 1:
        return ["it is of form 1, which doesn't say which measures are stocks; `yuebao trace` counts its rows"]
    recounts = subject.recounts or Recounts(subject.archive.landing)
    numbers = {number.metric: (number.exact, number.measures) for number in certificate.counted_numbers}
    return [*recount_problems(numbers, recounts.of(certificate)), *ranking_problems(certificate, recounts)]


def _derived(subject: GateSubject) -> Iterator[str]:
    """Its derived numbers are what the sums make that it names, and of its own month these sums are its own numbers."""
    derived, numbers = subject.certificate.foundation.derived, subject.certificate.by_metric
    if derived.metrics and derived.days.get("calendar") != len(subject.certificate.days):
        yield "it counts other days than its month has"
    for metric in derived.metrics:
        outcome, number = derived.outcomes.get(metric.metric), numbers.get(metric.metric)
        if outcome is None:
            yield f"it doesn't say what became of {metric.metric}"
            continue
        if (number is None) == bool(outcome.terms):
            yield f"{metric.metric} has a value without sums, or sums without a value"
        elif number and value_of(metric, outcome.terms) != number.exact:
            yield f"{metric.metric} is {number.exact}, and its sums don't make it"
        for term in outcome.terms:
            own = numbers.get(term.metric)
            if not term.revision and own and term.exact != own.exact:
                yield f"{metric.metric} is made of {term.metric} {term.value}, which is {own.exact}"


def _facts_as_built(subject: GateSubject) -> Iterator[str | Discrepancy]:
    if subject.facts is None:
        yield "nobody says where the published facts lie that it is to be held against"
        return
    facts = subject.facts
    named, found = subject.certificate.foundation.facts, subject.once("facts", lambda: tables(digests(facts)))
    if not named:
        yield "it names no published fact"
    for name in sorted(named.keys() | found.keys()):
        if named.get(name) != found.get(name):
            yield Discrepancy(subject.facts / name, "it was changed, added or taken away since it was published")


def tables(facts: Mapping[str, str]) -> dict[str, str]:
    """Of the files that a build published, the facts themselves; its inputs name paths, which differ by machine."""
    published = (name for name in facts if name.endswith(".parquet") and not name.startswith("inputs/"))
    return {name: facts[name] for name in published}


_BEFORE: frozenset[Asked] = frozenset({"unsigned", "sealing"})
_IN_THE_LEDGER: frozenset[Asked] = _BEFORE | {"sealed"}
_ALWAYS: frozenset[Asked] = _IN_THE_LEDGER | {"alone", "alone with extracts"}
_LINKS: frozenset[Kind] = frozenset({"hall", "batch"})
_EVERY: frozenset[Kind] = _LINKS | {"site"}

_BRING_BACK = "bring the file back from a backup; its SHA-256 stands in the certificate"
_REPORT_AGAIN = "`yuebao report MONTH` draws it up again; a certificate that was added is brought back from a backup"

CONDITIONS = (
    GateCondition("sound", "it is complete and agrees with itself", _sound, _ALWAYS, _REPORT_AGAIN),
    GateCondition(
        "signed",
        "everyone who has to has signed it, with a key of their own",
        _signed,
        frozenset({"sealing"}),
        "`yuebao status MONTH` says who has to sign; each does so with `yuebao sign` and a key that signers.toml names",
        of=_LINKS,
    ),
    GateCondition(
        "placed",
        "the ledger is sound with it",
        _placed,
        _BEFORE,
        "mend the ledger first: bring its files back from a backup; a time that a wrong clock left in it is excused by "
        "`yuebao excuse-clock`",
        of=_LINKS,
    ),
    GateCondition(
        "of this hall",
        "it is of the hall whose ledger this is",
        _of_this_hall,
        _BEFORE,
        "YUEBAO_HALL and YUEBAO_HOME name folders of two halls: name those of one",
        of=_LINKS,
    ),
    GateCondition(
        "evidenced", "every document that it names is there", _evidenced, _ALWAYS, _BRING_BACK, since=2, of=_EVERY
    ),
    GateCondition(
        "included",
        "its table and tree are of the certificates that are in it",
        _included,
        _IN_THE_LEDGER,
        _BRING_BACK,
        since=2,
        of=frozenset({"batch"}),
    ),
    GateCondition(
        "extracts",
        "every extract and manifest entry is what was landed",
        _extracts_are_whole,
        _ALWAYS - {"alone"},
        f"{_BRING_BACK}; a day of a month that nobody has certified can be pulled again",
    ),
    GateCondition(
        "in time",
        "it was landed, signed and added in this order",
        _timely,
        _ALWAYS - {"unsigned"},
        "set the clock right, move the month's folder in signing/ away, and sign again",
        since=2,
    ),
    GateCondition(
        "bounded",
        "its stocks were held against the month before",
        _bounded,
        _ALWAYS,
        "`yuebao report MONTH` asks for the day before; where it can't be had, `boundary` in hall.toml says what holds",
        since=2,
    ),
    GateCondition(
        "joined",
        "its days follow those of the month before",
        _joined,
        _IN_THE_LEDGER,
        "let `month_begins` in hall.toml say from which month on it holds, which nobody has certified yet: "
        '`month_begins = [{ from = "2025-04", day = 26 }]`',
        since=2,
    ),
    GateCondition(
        "on its bases",
        "flags and notes follow from the certificates before it",
        _on_its_bases,
        _IN_THE_LEDGER,
        "a certificate was added or changed since: `yuebao verify` says which; draw the month up and sign it again",
        since=2,
    ),
    GateCondition("derived", "its derived numbers are what their sums make", _derived, _ALWAYS, _REPORT_AGAIN, since=2),
    GateCondition("worded", "its text follows from its numbers", _worded, _ALWAYS, _REPORT_AGAIN, since=2),
    GateCondition(
        "recounted",
        "its extracts add up to its numbers",
        _recounted,
        _BEFORE | {"recount"},
        "move published/MONTH/facts away, then `yuebao report MONTH`; if it stays, report it with the run's id",
    ),
    GateCondition(
        "facts",
        "the published facts are what was built",
        _facts_as_built,
        _BEFORE,
        "`yuebao report MONTH` builds them again",
    ),
)
