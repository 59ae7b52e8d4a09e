"""The main job: a month from its hall systems to its certified section. Begin reading at `create_report`.

ask → validate → land → build → certify → emit: `Steps` runs these, as Dagster jobs whose assets call
`landing.validate_and_land`, `warehouse.facts.build_facts`, `certify_if_due` and `emit_section`.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from orchestration.certification.certify import (
    CertificationRequest,
    current_archive,
    origin_of,
    request_of,
    template_of,
)
from orchestration.certification.derived_metrics import draft_numbers
from orchestration.certification.pending_revision import otherwise_derived, pending_revision
from orchestration.certification.settings_evidence import settings_for
from orchestration.certification.signatures import Waiting, require_waiting
from orchestration.certification.verified_month import require_sound
from orchestration.landing.asking import gaps, is_asked_again
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from orchestration.runtime.progress import tell
from orchestration.warehouse.month import Month, NotPrintableError, a_build_mends, open_month, problems_of
from reports.certificates.certificate import Certificate, Reason
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release import complete_releases, release_of, show_newest
from reports.certificates.release_text import words_of
from reports.certificates.revision import affected_sentences, compare
from reports.figures import section
from reports.figures.numbers import MonthlyNumber, read_numbers
from reports.figures.written import WrittenValue

# What of a month is asked for before it is built: what isn't in or may still be corrected, every day, or nothing.
Asking = Literal["missing", "all", "nothing"]
_AGAIN = "What is in stays in. Mend what is named, then run the same again."


@dataclass(frozen=True)
class RunOutcome:
    """How a run went: its id in Dagster's page, and one message per failed step."""

    run_id: str
    success: bool
    messages: tuple[str, ...]


class Steps(Protocol):
    """Runs steps of the main job."""

    def pull(self, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool = False) -> RunOutcome:
        """Ask systems for days (first and last given), validate the answers, and land what is good."""

    def build_facts(self, month: Month) -> RunOutcome:
        """Build and test a month's facts."""

    def certify(self, month: Month, request: CertificationRequest, *, build: bool) -> RunOutcome:
        """Build and test a month's facts if asked to, certify its numbers, and emit the section."""


@dataclass(frozen=True)
class AskedAnswers:
    """What a month was asked for: how many answers, one for each system, day and site; how many more are in.

    `messages` has a line for each reason why one didn't land.
    """

    month: str
    count: int
    others: int
    messages: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.month}: {self.count} answers asked for, {self.others} were in and weren't asked for"


@dataclass(frozen=True)
class Report:
    """A certified section: its certificate, its release, what was asked for, and why it waits for a revision, if so."""

    certificate: Certificate
    release: Path
    asked: AskedAnswers | None
    pending: str


@dataclass(frozen=True)
class Draft:
    """A section that nobody has certified: the month, its numbers by metric, its files' folder, what was asked for."""

    month: Month
    numbers: Mapping[str, MonthlyNumber]
    folder: Path
    asked: AskedAnswers | None
    values: tuple[WrittenValue, ...]  # of its paragraph


@dataclass(frozen=True)
class Revision:
    """A revision: its entry, its release, and in Chinese what it changes of what was printed."""

    entry: LedgerEntry
    release: Path
    note: str
    affected: tuple[str, ...]


def create_report(name: str, steps: Steps, asking: Asking) -> Report:
    """Ask for a month, bring it to its certificate if it has none, and emit what is certified.

    Raises:
        Refused: a day, a check, an answer or a certified file isn't right, or the month waits for sign-off.
    """
    asked = ask_first(name, steps, asking)
    archive = current_archive()
    with settings_for(archive, name):
        month = judged_month(name)
        if problems_of(month) or not is_emitted(archive, name):
            _build_certify_emit(month, steps, CertificationRequest())
        else:
            tell("nothing behind %s has changed; nothing is rebuilt", name)
            require_sound(archive, name)
    entry = archive.ledger.latest(name)
    if entry is None:
        raise Refused(waiting_message(require_waiting(month.home, name)))
    pending = pending_revision(entry.certificate, month.home)
    return Report(entry.certificate, release_of(archive.published, entry.certificate), asked, str(pending or ""))


def judged_month(name: str) -> Month:
    """A month whose extracts were judged by the rules and words of today; what wasn't is judged where it lies."""
    month = open_month(name)
    stale = [status for status in month.system_days if status.verdict == "stale"]
    if not stale:
        return month
    from orchestration.landing.validate_and_land import judge_landed

    tell("judging what is in of %s by the rules of today", name)
    for system in dict.fromkeys(status.system for status in stale):
        days = [status.day for status in stale if status.system == system]
        judge_landed(month.hall, month.home, system, days)
    return month.reread()


def waiting_message(waiting: Waiting) -> str:
    """Whose signature a candidate waits for, and the command that gives it."""
    first, *_ = waiting.waits_for
    what, option = ("sites of ", " --sites") if not waiting.candidate.site else ("", "")
    return (
        f"{what}{waiting.month} is 待核定: every check has passed, and it waits for {', '.join(waiting.waits_for)}. "
        f"Read {waiting.folder / 'section.txt'}, then `yuebao sign {waiting.month}{option} --as {first} --key FILE`"
    )


def create_draft(name: str, steps: Steps, asking: Asking) -> Draft:
    """Ask for and build a month, and write its section with 草稿 in every file.

    Raises:
        Refused: a day, a check or an answer isn't right: without every day there is no number, not even a draft's.
    """
    asked = ask_first(name, steps, asking)
    with settings_for(current_archive(), name) as hall:
        month = judged_month(name)
        build_if_due(month, steps)
        if problems := problems_of(month):
            raise NotPrintableError(month, problems)
        counted = read_numbers(month.facts, month=name, hall_code=month.hall.code)
        numbers, derived = draft_numbers(month, month.hall.code, counted)
        origin = replace(origin_of(month, numbers), derived=derived)
        worded = section.write_draft(month.draft, numbers, origin, template=template_of(hall))
    in_order = {metric: numbers[metric] for metric in worded.ordered(numbers)}
    return Draft(month, in_order, month.draft, asked, worded.values)


def certify_month(name: str, steps: Steps) -> tuple[LedgerEntry, Path]:
    """Certify a month for the first time; return its entry and the folder of its release.

    Raises:
        Refused: it can't be printed, is certified already, or may not be signed.
    """
    archive = current_archive()
    if certified := archive.ledger.latest(name):
        pending = pending_revision(certified.certificate, current_home())
        then = f"\n{pending}" if pending else ""
        raise Refused(f"{name} is certified already: {certified.certificate.name}, {certified.certificate.code}{then}")
    _build_certify_emit(judged_month(name), steps, CertificationRequest(1))
    return _newest(archive, name, 1)


def _newest(archive: Archive, name: str, revision: int) -> tuple[LedgerEntry, Path]:
    """A month's newest certificate and its release, which is to be this revision.

    Raises:
        Refused: it waits for people's signatures.
    """
    entry = archive.ledger.latest(name)
    if entry is None or entry.certificate.revision < revision:
        raise Refused(waiting_message(require_waiting(current_home(), name)))
    return entry, release_of(archive.published, entry.certificate)


def revise_month(name: str, steps: Steps, reason: Reason, note: str) -> Revision:
    """Certify a month anew, for a reason; every earlier certificate and release stays.

    The settings are those that it was certified under, but for a change of definition: then today's count.

    Raises:
        Refused: it was never certified, nothing has changed, there is no note, it can't be printed, or it waits for
            signatures.
    """
    archive = current_archive()
    latest = archive.ledger.latest(name)
    if latest is None:
        raise Refused(f"{name} was never certified; run `yuebao certify {name}`")
    before = latest.certificate
    with settings_for(archive, name, reason):
        month = judged_month(name)
        if before.program.fingerprint == month.fingerprint and not list(otherwise_derived(before, archive.ledger)):
            raise Refused(f"nothing behind {name} has changed since {before.name}")
        if not note.strip():
            raise Refused('a revision has a reason and a note: say what happened, `--note "..."`')
        _build_certify_emit(month, steps, CertificationRequest(before.revision + 1, reason, note))
    return _revised(archive, name, before)


def _revised(archive: Archive, name: str, before: Certificate) -> Revision:
    entry, release = _newest(archive, name, before.revision + 1)
    entries = archive.ledger.entries(name)
    comparison = compare([vintage.certificate for vintage in entries[before.revision - 1 :]])
    printed = release_of(archive.published, before) / "section.txt"
    texts = {str(printed): printed.read_text(encoding="utf-8")}
    affected = affected_sentences(comparison, texts, words_of(before.foundation.wording))
    return Revision(entry, release, comparison.note, tuple(text.sentence for text in affected))


def certify_signed(name: str, steps: Steps) -> tuple[LedgerEntry, Path]:
    """Certify a month whose candidate everyone has signed.

    Raises:
        Refused: somebody hasn't yet, or what was signed isn't what would be certified any more.
    """
    waiting = require_waiting(current_home(), name)
    if waiting.waits_for:
        raise Refused(waiting_message(waiting))
    archive, candidate = current_archive(), waiting.candidate
    with settings_for(archive, name, candidate.reason):
        _build_certify_emit(judged_month(name), steps, request_of(candidate))
    return _newest(archive, name, candidate.revision)


def pull_days(days: Sequence[dt.date], systems: Sequence[str], steps: Steps, *, data_docs: bool = False) -> RunOutcome:
    """Ask systems for days, and land what is good.

    Raises:
        Refused: at least one day of one system didn't land; the others did.
    """
    tell("asking %d systems for %d days", len(systems), len(days))
    outcome = steps.pull(days, systems, data_docs=data_docs)
    if not outcome.success:
        told = docs_of(outcome) if data_docs else []
        raise Refused("\n".join([*outcome.messages, *told, _AGAIN]))
    return outcome


def docs_of(outcome: RunOutcome) -> list[str]:
    """Where the Data Docs of a pull begin, a line for each system of which an answer was judged."""
    indexes = sorted((current_home().docs / outcome.run_id).glob("*/index.html"))
    return [f"Data Docs: {index}" for index in indexes] or ["Data Docs: none, for no new answer was judged"]


def ask_first(name: str, steps: Steps, asking: Asking) -> AskedAnswers | None:
    """What was asked for before a month is built; None for nothing.

    Raises:
        Refused: an answer didn't land.
    """
    if asking == "nothing":
        return None
    asked = ask_month(name, steps, asking)
    if asked.messages:
        raise Refused("\n".join([*asked.messages, f"{asked}.", _AGAIN]))
    return asked


def ask_month(name: str, steps: Steps, asking: Literal["missing", "all"]) -> AskedAnswers:
    """Ask for days of a month, of the systems that the hall has today, and for its boundary where it isn't in.

    Of a day of which some sites are in, the others are asked for alone. What was judged by other rules is judged again
    where it lies, and isn't asked for.
    """
    month = judged_month(name)
    boundary, now = pull_boundary(month, steps), month.hall.now()
    due = [status for status in month.system_days if asking == "all" or is_asked_again(month.hall, status, now)]
    count = sum(len(status.sites_to_ask) for status in due)
    others = sum(len(status.sites) for status in month.system_days) - count
    messages: list[str] = []
    for days, systems in gaps((status.day, status.system) for status in due):
        tell("asking %d systems for %d days", len(systems), len(days))
        messages += steps.pull(days, systems).messages
    return AskedAnswers(name, boundary + count, others, tuple(messages))


def pull_boundary(month: Month, steps: Steps) -> int:
    """Ask for the days before a month that its stocks are held against, where they aren't in; return how many answers.

    What doesn't come in is told by readiness, which knows whether it matters.
    """
    absent = {stock.before: stock.status for stock in month.boundary if stock.result == "not_compared" and stock.status}
    for days, systems in gaps((status.day, system) for system, status in absent.items()):
        tell("asking %s for %s, the day before %s", ", ".join(systems), days[0], month.name)
        steps.pull(days, systems)
    return sum(len(status.sites_to_ask) for status in absent.values())


def _build_certify_emit(month: Month, steps: Steps, request: CertificationRequest) -> None:
    due = build_is_due(month)
    tell("building and testing %s" if due else "certifying %s", month.name)
    require_success(steps.certify(month, request, build=due))


def build_if_due(month: Month, steps: Steps) -> None:
    """Build and test a month's facts if they don't follow from what is in.

    Raises:
        Refused: something is wrong that a build doesn't mend, or a check of the build failed.
    """
    if build_is_due(month):
        tell("building and testing %s", month.name)
        require_success(steps.build_facts(month))


def build_is_due(month: Month) -> bool:
    """Whether a build is due.

    Raises:
        NotPrintableError: something is wrong that a build doesn't mend.
    """
    problems = problems_of(month)
    if lasting := [problem for problem in problems if not a_build_mends(problem)]:
        raise NotPrintableError(month, lasting)
    return bool(problems)


def require_success(outcome: RunOutcome) -> None:
    """Raise Refused with what failed in a run, if anything did."""
    if not outcome.success:
        raise Refused("\n".join(outcome.messages))


@dataclass(frozen=True)
class Emission:
    """A section that was emitted: its entry, the release, the link that shows it, and how many files were proved."""

    entry: LedgerEntry
    release: Path
    shown: Path
    files_verified: int


def is_emitted(archive: Archive, month: str) -> bool:
    """Whether a month is certified, and `published/<month>` shows that."""
    links = archive.ledger.links(month)
    shown = archive.published / month / "current"
    return bool(links) and shown.exists() and shown.samefile(release_of(archive.published, links[-1]))


def emit_section(month: str) -> Emission:
    """Prove a month's newest certificate, and let `published/<month>` show its release.

    Raises:
        Refused: the month isn't certified, or what is certified isn't sound.
    """
    archive = current_archive()
    entry = archive.ledger.latest(month)
    if entry is None:
        raise Refused(f"{month} isn't certified, so nothing is emitted")
    complete_releases(archive.ledger, archive.published)
    proof = require_sound(archive, month, "; nothing is emitted")
    release = release_of(archive.published, entry.certificate)
    return Emission(entry, release, show_newest(archive.published, entry.certificate), proof.files_hashed)
