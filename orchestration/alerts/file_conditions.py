"""What deserves an alert by the state files: days, checks of builds, certificates, deadlines.

Each raises the error of what it can't read: LandingError, EvidenceError, LedgerError, CalendarError.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

from orchestration.alerts.conditions import Condition
from orchestration.assets.certified import REVISION_CHECK
from orchestration.automation.deadlines import Moment
from orchestration.certification.pending_revision import pending_revisions
from orchestration.config.alerts import AlertKind
from orchestration.config.catalogue import SITES, members
from orchestration.config.working_days import WorkingDays
from orchestration.landing.day_status import SystemDay
from orchestration.landing.site_days import named
from orchestration.warehouse.month import Month
from reports.figures.day_verdict import VERDICTS, DayVerdict
from reports.figures.readiness import BuildCheck, CheckStatus

# What happened longer ago is told to nobody, however long a channel was dead.
TOLD_FOR = dt.timedelta(days=31)


def _is_told(at: Moment, happened: dt.datetime) -> bool:
    """Whether what happened then is still worth telling."""
    return happened > at.now - TOLD_FOR


def days(at: Moment) -> Iterator[Condition]:
    """Days that aren't in though they should be, and answers that landed with a warning."""
    for status in at.system_days(at.days_looked_after):
        if status.is_in:
            yield from _warned(at, status)
        elif condition := _not_in(at, status):
            yield condition


_NOT_IN: dict[DayVerdict, tuple[AlertKind, str]] = {
    "missing": ("late", "no answer"),
    "wrongly_closed": ("late", VERDICTS["wrongly_closed"].text),
    "quarantined": ("refused", "refused"),
    "damaged": ("failure", "the manifest entry is damaged"),
}


def _not_in(at: Moment, status: SystemDay) -> Condition | None:
    system, day = status.system, status.day
    kind, text = _NOT_IN[status.verdict]
    if kind == "late" and not at.is_late(system, day):
        return None
    return Condition(
        kind,
        key=f"days {system} {day}",
        subject=_name(at, system),
        text=": ".join(filter(None, [text, _of_sites(status)])),
        next_step=f"yuebao pull {{days}} --system {system}",
        day=day,
        system=system,
    )


def _of_sites(status: SystemDay) -> str:
    """Why a day isn't in; of a system that answers for several sites, first which of them, and why the first isn't."""
    sites = status.worst_sites
    if len(status.sites) == 1 or status.fault:
        return status.detail
    known = members(SITES)
    names = named([known.get(site, site) for site in sites]) if len(sites) < len(status.sites) else ""
    counted = f"{len(sites)} of {len(status.sites)} sites"
    return "; ".join(filter(None, [": ".join(filter(None, [counted, names])), status.reasons(sites[:1])]))


def _name(at: Moment, system: str) -> str:
    return f"{system} {at.hall.systems[system].title}"


def _warned(at: Moment, status: SystemDay) -> Iterator[Condition]:
    if status.landed_at and _is_told(at, status.landed_at):
        for rule in status.warned:
            yield Condition(
                "check_warned",
                key=f"days {status.system} {status.day} {rule}",
                subject=f"{_name(at, status.system)}: check {rule}",
                text="warned",
                next_step=f"yuebao status {at.hall.months.name_of(status.day)}",
                day=status.day,
                happened=status.landed_at,
                system=status.system,
                check=rule,
            )


_FAILED: dict[CheckStatus, tuple[AlertKind, str]] = {
    "fail": ("check_failed", "failed"),
    "error": ("check_failed", "could not be run"),
    "warn": ("check_warned", "warned"),
}


_ROWS_TOLD = 3  # of a failed check, whose command shows more


def checks(at: Moment) -> Iterator[Condition]:
    """Checks that failed or warned in the newest build of each month that is looked after."""
    for name in sorted(set(map(at.hall.months.name_of, at.days_looked_after))):
        evidence = Month(name, at.hall.months.days_of(name), at.hall, at.home).read_evidence()
        built = dt.datetime.fromisoformat(evidence.built_at) if evidence else at.now
        for check in evidence.checks if evidence else ():
            if check.status in _FAILED and (check.status != "warn" or _is_told(at, built)):
                yield _of_check(name, check, built)


def _of_check(month: str, check: BuildCheck, built: dt.datetime) -> Condition:
    kind, outcome = _FAILED[check.status]
    return Condition(
        kind,
        key=f"checks {month} {check.name}",
        subject=f"{month}: check {check.name}",
        text=f"{outcome} on {check.model}{check.found}",
        rows=check.row_lines(_ROWS_TOLD),
        next_step=f"yuebao status {month}",
        happened=built if kind == "check_warned" else None,
        check=check.name,
    )


def pending(at: Moment) -> Iterator[Condition]:
    """Certified months behind which something has changed."""
    for each in pending_revisions(at.ledger, at.home):
        yield Condition(
            "revision_pending",
            key=f"pending {each.name}",
            subject=each.title,
            text=f"待修订: {each.since}",
            next_step=f"{each.look}, then {each.revise}",
            check=REVISION_CHECK.name,
        )


def certified(at: Moment) -> Iterator[Condition]:
    """Each certificate and revision, while it is new."""
    for link in reversed(at.ledger.links()):
        certificate = link.read().certificate
        if not _is_told(at, certificate.signed_at):
            return
        what = f"revision {certificate.revision} ({certificate.reason})" if certificate.reason else "certified"
        yield Condition(
            "certified",
            key=f"certified {certificate.name}",
            subject=certificate.month,
            text=f"已核定, {what}, code {certificate.code}",
            next_step=f"yuebao show {certificate.month}",
            happened=certificate.signed_at,
        )


def deadlines(at: Moment) -> Iterator[Condition]:
    """What the month before has to be certified for, from the working day before on, while it isn't."""
    month = next(iter(at.months_back(1)), "")
    if not month or at.ledger.links(month):
        return
    dates = at.deadlines(month)
    for what, date in (("certification", dates.certification), ("edition", dates.edition)):
        if at.today >= _working_day_before(date, at.calendar):
            passed = at.today > date
            yield Condition(
                "deadline",
                key=f"deadlines {month} {what} {'passed' if passed else 'near'}",
                subject=month,
                text=f"not certified, and the {what} {'was' if passed else 'is'} due on {date}",
                next_step=f"yuebao status {month}",
            )


def _working_day_before(date: dt.date, calendar: WorkingDays) -> dt.date:
    before = date - dt.timedelta(days=1)
    return before if calendar.describe(before).is_working_day else _working_day_before(before, calendar)


FILES: dict[str, Callable[[Moment], Iterable[Condition]]] = {
    "days": days,
    "checks": checks,
    "pending": pending,
    "certified": certified,
    "deadlines": deadlines,
}
