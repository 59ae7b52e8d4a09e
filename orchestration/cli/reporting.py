"""What the commands do: pull days, and bring a month from the systems to its section."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.certification.certify import Asked, archive_of, origin_of
from orchestration.certification.pending_revision import pending_revision
from orchestration.cli.runs import RunOutcome, Runs
from orchestration.config.hall import Hall, SettingsError, load_hall
from orchestration.partitions import MonthError, reportable_days, today
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home
from orchestration.runtime.progress import tell
from orchestration.warehouse.month import a_build_mends, open_month, problems_of, refusal
from reports.certificates.archive import Archive
from reports.certificates.certificate import Certificate
from reports.certificates.release import release_of
from reports.certificates.verification import verify
from reports.figures import section
from reports.figures.numbers import read_numbers
from reports.figures.readiness import Problem


@dataclass(frozen=True)
class Report:
    """A certified section: its certificate, its release, and why it waits for a revision, if it does."""

    certificate: Certificate
    release: Path
    pending: str


def write_report(name: str, *, pull_first: bool) -> Report:
    """Pull a month, bring it to its certificate if it has none, and emit what is certified.

    Raises:
        Refused: a day, a check, an answer or a certified file isn't right, or the month waits for sign-off.
    """
    runs = Runs(current_home())
    if pull_first:
        _pull_month(runs, name)
    archive = archive_of(load_hall(), current_home())
    problems = problems_of(open_month(name))
    if problems or archive.ledger.latest(name) is None:
        bring_to_certificate(runs, name, Asked())
    else:
        tell("nothing behind %s has changed; nothing is rebuilt", name)
        _require_sound(archive, name)
    entry = archive.ledger.latest(name)
    if entry is None:
        raise Refused(
            f"{name} is 待核定: every check has passed, and it waits for its sign-offs. Look at it with "
            f"`yuebao report {name} --draft`, then `yuebao certify {name} --preparer ... --reviewer ... --signer ...`"
        )
    pending = pending_revision(entry.certificate, current_home())
    release = release_of(archive.published, entry.certificate)
    return Report(entry.certificate, release, str(pending) if pending else "")


def write_draft(name: str, *, pull_first: bool) -> Path:
    """Pull and build a month, write its section with 草稿 in every file, and return their folder.

    Raises:
        Refused: a day, a check or an answer isn't right: without every day there is no number, not even a draft's.
    """
    runs = Runs(current_home())
    if pull_first:
        _pull_month(runs, name)
    if needs_building(name):
        tell("building and testing %s", name)
        require(runs.facts(name))
    month = open_month(name)
    _refuse(name, problems_of(month))
    numbers = read_numbers(month.facts, month=name, hall_code=month.hall.code)
    section.write_draft(month.draft, numbers, origin_of(month, numbers), template=load_hall().wording)
    return month.draft


def bring_to_certificate(runs: Runs, name: str, asked: Asked) -> None:
    """Build a month if need be, have it certified as asked, and emit its section.

    Raises:
        Refused: it can't be printed, or may not be signed.
    """
    stale = needs_building(name)
    tell("building and testing %s" if stale else "certifying %s", name)
    require(runs.month(name, asked, build=stale))


def needs_building(name: str) -> bool:
    """Whether a build is due.

    Raises:
        Refused: something is wrong that a build doesn't mend.
    """
    problems = problems_of(open_month(name))
    _refuse(name, [problem for problem in problems if not a_build_mends(problem)])
    return bool(problems)


def require(outcome: RunOutcome) -> None:
    """Raise `Refused` with a run's messages, if it failed."""
    if not outcome.success:
        raise Refused("\n".join(outcome.messages))


def _require_sound(archive: Archive, name: str) -> None:
    proof = verify(archive, month=name)
    if not proof.sound:
        raise Refused("\n  ".join([f"{name} is certified, but not sound:", *map(str, proof.problems)]))


def _pull_month(runs: Runs, name: str) -> None:
    month = open_month(name)
    _pull(runs, month.days, tuple(month.hall.systems), data_docs=False)


def pull_days(text: str, systems: Sequence[str] | None, *, data_docs: bool) -> list[str]:
    """Pull days of some systems (all when none is named) and say how it went.

    Raises:
        Refused: at least one day of one system didn't land; the others did.
    """
    hall = load_hall().hall
    names = tuple(systems or hall.systems)
    unknown = [name for name in names if name not in hall.systems]
    if unknown:
        raise SettingsError(f"no system {', '.join(unknown)}; the hall has {', '.join(hall.systems)}")
    days = _days(text, hall)
    home = current_home()
    run_id = _pull(Runs(home), days, names, data_docs=data_docs)
    lines = [f"{len(days)} day{'s' if len(days) > 1 else ''} of {', '.join(names)} are in."]
    if data_docs:
        lines.append(f"Data Docs: {home.docs / run_id}")
    return lines


def _pull(runs: Runs, days: Sequence[dt.date], systems: Sequence[str], *, data_docs: bool) -> str:
    tell("asking %d systems for %d days", len(systems), len(days))
    outcome = runs.pull(days, systems, data_docs=data_docs)
    if not outcome.success:
        raise Refused(
            "\n".join([*outcome.messages, "What is in stays in. Mend what is named, then run the same again."])
        )
    return outcome.run_id


def _days(text: str, hall: Hall) -> list[dt.date]:
    try:
        first, _, last = text.partition("..")
        if len(text) == len("2025-03"):
            return reportable_days(text, hall)
        begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    except ValueError as error:
        if isinstance(error, MonthError):
            raise
        raise MonthError(
            f"{text!r} is no day, range or month; write 2025-03-12, 2025-03-01..2025-03-07 or 2025-03"
        ) from error
    if not hall.first_day <= begin <= end < today(hall):
        raise MonthError(f"{text}: days can be pulled from {hall.first_day} to yesterday, the earlier one first")
    return [begin + dt.timedelta(days=offset) for offset in range((end - begin).days + 1)]


def _refuse(name: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise Refused(refusal(name, problems))
