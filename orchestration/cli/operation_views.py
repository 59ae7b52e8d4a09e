"""What the commands of operations show: health in ten lines, and what each alert channel would be told."""

import datetime as dt
from collections.abc import Iterator

from orchestration.alerts.messages import counted, describe
from orchestration.alerts.notification import find_conditions, notify, pending_news, send_test
from orchestration.alerts.sending import ChannelError
from orchestration.alerts.snoozes import LONGEST, SnoozeError, Wish, end_snooze, read_snoozes, snooze
from orchestration.automation.deadlines import moment
from orchestration.diagnosis import Diagnosis, with_one_step
from orchestration.health import view
from orchestration.health.model import Health, MonthHealth
from orchestration.landing.site_days import named
from orchestration.runtime.audit_log import who
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import current_home, dagster_instance, run_history
from reports.figures.months import counted_spans

_NOBODY = "no channel is set up ([alerts.channels] in hall.toml), so nobody is told"


def alert_lines() -> Iterator[str]:
    """Everything that deserves an alert now, and how much of it each channel wasn't told; sends nothing."""
    at = moment()
    with run_history(current_home()) as instance:
        seen = find_conditions(at, instance)
    snoozes = read_snoozes(at.home)
    asleep = snoozes.asleep(seen, at.today)
    awake = [each for key, each in seen.conditions.items() if key not in asleep]
    yield describe(awake) or ("nothing else deserves an alert" if asleep else "nothing deserves an alert")
    yield from dict.fromkeys(f"- {snooze}" for snooze in asleep.values())
    memory, news_by_channel = pending_news(at, seen)
    if memory.doubt:
        yield memory.doubt
    for name, news in news_by_channel.items():
        yield f"{name} would be told: {counted(news)}{news.waiting}"
    if not news_by_channel:
        yield _NOBODY


def snoozed_lines() -> list[str]:
    """What is snoozed today, a line each."""
    at = moment()
    snoozes = read_snoozes(at.home)
    if snoozes.doubt:
        raise Refused(snoozes.doubt)
    return [str(each) for each in snoozes.active(at.today)] or ["nothing is snoozed"]


def snooze_until(what: str, until: dt.date | None, because: str, by: str) -> list[str]:
    """Snooze what is found under a name, and say what that is; SnoozeError where it can't be."""
    at = moment()
    if until is None:
        raise SnoozeError(f"until when? --until DAY, a day until {at.today + LONGEST}")
    with run_history(at.home) as instance:
        found = find_conditions(at, instance)
    return [str(snooze(at, found, Wish(what, until, because, by or who())))]


def end_snoozed(what: str) -> list[str]:
    """End what is snoozed under a name, and say what that was; SnoozeError where nothing is."""
    return [f"ended: {each}" for each in end_snooze(moment(), what)]


def send_alerts() -> list[str]:
    """What was sent now, one line for each channel; Refused, with all the lines, if a channel took nothing."""
    at = moment()
    outcomes = notify(at, dagster_instance(current_home()))
    lines = [str(outcome) for outcome in outcomes]
    if any(outcome.fault for outcome in outcomes):
        raise Refused("\n".join(lines))
    return lines or [_NOBODY]


def try_channel(channel: str) -> str:
    """That a channel took a test message; Refused says why it didn't."""
    try:
        send_test(moment(), channel)
    except ChannelError as error:
        raise Refused(f"{channel}: NOT delivered: {error}") from None
    return f"{channel}: delivered; look whether it arrived"


def actions_told(health: Health) -> Iterator[Diagnosis]:
    """What waits for a person, then what warned, the worst system first."""
    for action in health.actions:
        yield from with_one_step("mend", [(view.brief(text), rows) for text, rows in action.told], action.command)
    for suite in health.suites:
        for rule, days in suite.warned.items():
            yield Diagnosis(
                f"{suite.system} {health.system_names[suite.system]}", "look", f"{rule} {counted_spans(days)}"
            )


def facts_of(health: Health) -> Iterator[str]:
    """How the months stand, in about six lines."""
    yield "; ".join(f"{month.month} {month.state} {month.came}/{month.answers}" for month in health.months)
    yield from filter(None, (_lacking(month, health) for month in health.months))
    yield health.arrivals.verdict
    yield from dict.fromkeys(map(str, health.snoozed.values()))
    refused = sum(refusal.answered for refusal in health.refusals)
    yield f"refused answers: {refused}; revisions pending: {', '.join(health.pending) or 'none'}"
    yield "deadlines: " + "; ".join(_deadlines(health)) if health.deadlines else "no deadline is known"
    yield f"state folder {view.size(sum(health.bytes_by_part.values()))}, {view.size(health.free_bytes)} free"


def _lacking(month: MonthHealth, health: Health) -> str:
    """Which sites of a month aren't in, the worst first; empty where all are, and where there is one alone."""
    sites = month.sites
    if not sites.has_several or not sites.lacking:
        return ""
    named_sites = [f"{health.named_site(each.site)} ({each.missed})" for each in sites.lacking]
    return (
        f"{month.month} sites that aren't in, on so many days: {named(named_sites)}; the other {sites.whole} of "
        f"{len(sites.sites)} are; `yuebao status {month.month} --sites` shows all"
    )


def _deadlines(health: Health) -> list[str]:
    coming = sorted((due for due in health.deadlines if not due.done), key=lambda due: due.day)
    return [f"{due.what} of {due.month} {view.days_left(due.days_left)}" for due in coming[:3]]
