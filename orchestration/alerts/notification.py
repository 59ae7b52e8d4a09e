"""One evaluation: what is found now, what each channel is to be told of it, and how the sending went."""

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial

import dagster as dg

from orchestration.alerts.conditions import Condition, Found, UnsureError
from orchestration.alerts.file_conditions import FILES
from orchestration.alerts.memory import Memory, Recollection, exclusive, read_memory, write_memory
from orchestration.alerts.messages import Message, compose, counted
from orchestration.alerts.news import News, after, forget, is_quiet, news
from orchestration.alerts.owners import is_for
from orchestration.alerts.ping import ping
from orchestration.alerts.run_conditions import ledger, runs, ticks
from orchestration.alerts.sending import ChannelError, Sender
from orchestration.alerts.snoozes import Snoozes, read_snoozes, write_snoozes
from orchestration.automation.deadlines import Moment
from orchestration.config.hall import SettingsError
from orchestration.config.variables import variables_of
from orchestration.config.working_days import CalendarError
from orchestration.landing.manifest import LandingError
from orchestration.runtime.guard import explain
from reports.certificates.ledger import LedgerError
from reports.figures.readiness import EvidenceError

_MISTAKES = (CalendarError, EvidenceError, LandingError, LedgerError)
# One missed message may be the network's; it is sent again with the next evaluation.
_FAILS_FROM = 2
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivery:
    """How one channel was told: what, and why it took nothing, if so. Nothing new is nothing sent."""

    channel: str
    told: News
    fault: str = ""

    def __str__(self) -> str:
        if self.fault:
            return f"{self.channel}: NOT delivered, tried again with the next evaluation: {self.fault}"
        return f"{self.channel}: {counted(self.told)}{self.told.waiting}"


def find_conditions(at: Moment, instance: dg.DagsterInstance) -> Found:
    """Everything that deserves an alert now; a source that can't look is itself a failure, and keeps no other back."""
    sources: dict[str, Callable[[], Iterable[Condition]]] = {name: partial(find, at) for name, find in FILES.items()}
    sources |= {"runs": partial(runs, at, instance), "ledger": partial(ledger, instance)}
    sources |= {"ticks": partial(ticks, at, instance)}
    found: dict[str, Condition] = {}
    blind: set[str] = set()
    for name, find in sources.items():
        try:
            found |= {condition.key: condition for condition in find()}
        except UnsureError:
            blind.add(name)
        except Exception as error:
            if not (why := str(error) if isinstance(error, _MISTAKES) else explain(error)):
                raise
            blind.add(name)
            blinded = Condition("failure", f"looking {name}", f"alerts on {name}", why, "yuebao doctor")
            found[blinded.key] = blinded
    if doubt := read_snoozes(at.home).doubt:
        found["snoozes"] = Condition("failure", "snoozes", "what is snoozed", doubt, "yuebao snooze")
    return Found(found, frozenset(blind))


def pending_news(at: Moment, found: Found) -> tuple[Memory, dict[str, News]]:
    """What each channel would be told now of what isn't snoozed, and what is remembered of it."""
    alerts, snoozes = at.hall.alerts, read_snoozes(at.home)
    quiet = is_quiet(alerts, at.now.time())
    memory = _less_snoozed(read_memory(at.home), snoozes.silent(found, at.today))
    awake = _awake(at, found, snoozes)
    return memory, {
        name: news(
            *(_as_seen_by(name, awake, memory, at), memory.of(name, at.now), partial(is_for, channel, at.hall)),
            now=at.now,
            quiet=quiet,
        )
        for name, channel in alerts.channels.items()
    }


def _less_snoozed(memory: Memory, silent: frozenset[str]) -> Memory:
    return replace(memory, channels={name: forget(known, silent) for name, known in memory.channels.items()})


def _awake(at: Moment, found: Found, snoozes: Snoozes) -> Found:
    """What is found and that nobody snoozed."""
    asleep = snoozes.asleep(found, at.today)
    return replace(found, conditions={key: each for key, each in found.conditions.items() if key not in asleep})


def notify(at: Moment, instance: dg.DagsterInstance) -> list[Delivery]:
    """Look, tell every channel its news in one message, and remember what was delivered.

    A channel that fails harms nothing: it is tried again by the next evaluation, with what is news by then. Without
    channels nothing is looked at. Where nothing failed, the dead man's switch is asked.

    Raises:
        AlertsBusyError: another evaluation doesn't end.
    """
    outcomes = _told(at, instance) if at.hall.alerts.channels else []
    failed = any(outcome.fault for outcome in outcomes)
    return outcomes if failed else [*outcomes, *_pinged(at)]


def _pinged(at: Moment) -> Iterator[Delivery]:
    """Ask the dead man's switch, if there is one; nothing is said unless that fails."""
    if variable := at.hall.alerts.ping:
        try:
            ping(variable, variables_of(at.hall, at.home))
        except ChannelError as error:
            yield Delivery("ping", News({}, {}), str(error))


def _told(at: Moment, instance: dg.DagsterInstance) -> list[Delivery]:
    """Every channel told, and remembered."""
    with exclusive(at.home):
        found = find_conditions(at, instance)
        memory, told = pending_news(at, found)
        if memory.doubt:
            _log.warning(memory.doubt)
        outcomes = []
        snoozes = read_snoozes(at.home)
        awake = _awake(at, found, snoozes)
        kept = replace(memory, channels={name: memory.of(name, at.now) for name in told})
        for outcome in _sent(at, told, memory.doubt):
            seen = _as_seen_by(outcome.channel, awake, memory, at)
            known = _recollection(at, kept.of(outcome.channel, at.now), seen, outcome)
            kept = replace(kept, channels={**kept.channels, outcome.channel: known})
            # Whoever is killed between two channels doesn't tell the first one twice.
            outcomes.append(_remembered(at, kept, outcome))
            kept = replace(kept, doubt="")
        _keep_up(at, found, snoozes)
    return sorted(outcomes, key=lambda outcome: list(told).index(outcome.channel))


def _keep_up(at: Moment, found: Found, snoozes: Snoozes) -> None:
    """Snoozes as they stand now; where that can't be written, they stay as they were."""
    now = snoozes.kept_up(found, at.today)
    if now != snoozes:
        try:
            write_snoozes(at.home, now)
        except OSError as error:
            _log.warning("what is snoozed can't be kept up: %s", explain(error))


def _remembered(at: Moment, memory: Memory, outcome: Delivery) -> Delivery:
    """The outcome once it is on disk; what a full disk keeps from being remembered holds no other channel."""
    try:
        write_memory(at.home, memory)
    except OSError as error:
        return replace(outcome, fault=outcome.fault or f"what it was told can't be remembered: {explain(error)}")
    return outcome


def _recollection(at: Moment, known: Recollection, found: Found, outcome: Delivery) -> Recollection:
    if outcome.fault:
        _log.warning("alert channel %s", outcome)
        return known.failed(at.now, outcome.fault)
    recovered = replace(known, failing=None) if outcome.told else known
    return after(recovered, found, outcome.told, at.now)


def _as_seen_by(channel: str, found: Found, memory: Memory, at: Moment) -> Found:
    """What was found, and which other channels fail."""
    others = {
        each.key: each
        for name in at.hall.alerts.channels
        if name != channel and (each := _failing(name, memory.of(name, at.now), at))
    }
    return replace(found, conditions={**found.conditions, **others})


def _failing(name: str, known: Recollection, at: Moment) -> Condition | None:
    failing = known.failing
    if failing is None or failing.times < _FAILS_FROM:
        return None
    return Condition(
        "channel",
        key=f"channels {name}",
        subject=f"channel {name}",
        text=f"takes no message since {failing.since.astimezone(at.now.tzinfo):%Y-%m-%d %H:%M}: {failing.reason}",
        next_step=f"yuebao alerts --test {name}",
    )


def _sent(at: Moment, told: dict[str, News], note: str) -> Iterator[Delivery]:
    with ThreadPoolExecutor(max_workers=len(told), thread_name_prefix="alerts") as pool:
        sent = [pool.submit(_send_news, at, name, each, note) for name, each in told.items()]
        for each in as_completed(sent):
            yield each.result()


def _send_news(at: Moment, name: str, told: News, note: str) -> Delivery:
    if not told:
        return Delivery(name, told)
    try:
        sender = _sender(at, name)
        sender.send(compose(at.hall.name, told, sender.longest, note))
    except ChannelError as error:
        return Delivery(name, told, str(error))
    return Delivery(name, told)


def send_test(at: Moment, name: str) -> None:
    """Send a message that says it is a test; SettingsError without such a channel, ChannelError if it took nothing."""
    channels = at.hall.alerts.channels
    if name not in channels:
        raise SettingsError(f"no channel {name}; [alerts.channels] in hall.toml has {', '.join(channels) or 'none'}")
    text = "A test of this channel. Nothing is wrong, and there is nothing to do."
    _sender(at, name).send(Message(f"Yuebao {at.hall.name}: test", text, is_good=True))


def _sender(at: Moment, name: str) -> Sender:
    return Sender(at.hall.alerts.channels[name], variables_of(at.hall, at.home))
