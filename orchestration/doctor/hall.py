"""Whether a hall's folder is ready: its tables, their references, wording, signing, and every system asked for a day.

Nothing is landed, and every check is made whatever the others find.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from typing import Any

from pydantic import SecretStr

from orchestration.alerts.owners import owners_of
from orchestration.alerts.ping import ping_url
from orchestration.alerts.sending import Sender
from orchestration.certification.certify import read_signers, template_of, words_of
from orchestration.config.alerts import Channel
from orchestration.config.catalogue import DERIVED, ITEMS, LABELS, TABLES, catalogue_folder, read_table, working_days
from orchestration.config.hall import Hall, HallFolder, SettingsError, expand, secret
from orchestration.config.variables import reachable, variables_of
from orchestration.diagnosis import Diagnosis
from orchestration.doctor.catalogue import Tables, references
from orchestration.doctor.diagnose import NotWellError, diagnose
from orchestration.landing.day_status import is_expected
from orchestration.landing.preview import ONCE, sample
from orchestration.partitions import today
from orchestration.runtime.paths import current_home
from orchestration.sources import doubts_of
from orchestration.sources.contract import SourceFault
from orchestration.warehouse.month import open_month
from orchestration.warehouse.month_totals import ask_totals
from reports.certificates.signers import SignerError, load_key
from reports.figures.derived import RANKINGS, Derived, Outcome, RankedMember
from reports.figures.derived_facts import derived_metric
from reports.figures.months import MonthSpan, months_before
from reports.figures.numbers import MonthlyNumber, number_of
from reports.figures.wording import SectionSubject, word_section

_LONGEST_SILENCE = 15
_SOMEBODY = (RankedMember(1, "-", "-", "0", "0"),)
# What a derived number takes from those that it is made of.
_COUNTED = {"event_counted": "-", "deduplication_key": "-"}


def check_hall(hall: HallFolder, day: dt.date | None = None) -> Iterator[Diagnosis]:
    """Look at everything that a hall's month needs, and ask every system for a day, else the newest that is open."""
    yield from folder_checks(hall)
    for name, system in hall.hall.systems.items():
        if not any(map(system.is_valid_on, [day] if day else _last_days(hall.hall))):
            yield Diagnosis(f"systems.{name}", "ok", f"not asked: {hall.hall.validity_of(name)}")
            continue
        yield diagnose(f"systems.{name}", partial(_system, hall, name, day))
        yield from _doubts(hall, name, day)
        if name in hall.hall.month_totals:
            yield diagnose(f"systems.{name}.month_totals", partial(_month_totals, hall, name))


def folder_checks(hall: HallFolder) -> Iterator[Diagnosis]:
    """What can be said of a hall's folder without asking any of its systems."""
    tables: dict[str, list[dict[str, Any]]] = {}

    def read(name: str) -> str:
        tables[name] = read_table(catalogue_folder(), name)
        return f"{len(tables[name])} rows"

    for name in (*TABLES, LABELS, ITEMS):
        yield diagnose(f"catalogue/{name}.csv", partial(read, name))
    if tables.keys() == {*TABLES, LABELS, ITEMS}:
        yield from references(tables, hall.hall)
        yield from _wordings(tables, hall)
    yield diagnose("signing", partial(_signing, hall))
    for name, channel in hall.hall.alerts.channels.items():
        yield diagnose(f"alerts.channels.{name}", partial(_channel, hall, channel))
    if hall.hall.alerts.ping:
        yield diagnose("alerts.ping", partial(_ping, hall, hall.hall.alerts.ping))


def _wordings(tables: Tables, hall: HallFolder) -> Iterator[Diagnosis]:
    """Of the hall's own words, and of each template that they are added to."""
    if hall.words:
        words = diagnose(hall.hall.words, partial(_words, hall))
        yield words
        if words.verdict != "ok":
            return
    yield diagnose(hall.hall.wording, partial(_wording, tables, hall, ""))
    for level, template in hall.hall.site_wording.items():
        yield diagnose(template, partial(_wording, tables, hall, level))


def _words(hall: HallFolder) -> str:
    return f"replaces {', '.join(words_of(hall).replaced) or 'nothing'}"


def _wording(tables: Tables, hall: HallFolder, level: str) -> str:
    month = hall.hall.months.name_of(today(hall.hall))
    span, template = MonthSpan.of(month, hall.hall.months.days_of(month)), template_of(hall, level)
    numbers, derived = _samples(tables)
    subject = SectionSubject(hall.hall.name, span, derived)
    section = word_section(numbers, month=month, template=template, subject=subject)
    return f"prints {', '.join(section.metrics)}"


def _samples(tables: Tables) -> tuple[dict[str, MonthlyNumber], Derived]:
    """A number for each metric that is defined now, and somebody ranked, to see whether a template can be filled."""
    current = [row for row in tables["metrics"] if row["valid_to"] is None]
    derived = tuple(derived_metric(row) for row in tables[DERIVED] if row["valid_to"] is None)
    rows = [*current, *(_COUNTED | asdict(metric) for metric in derived if metric.kind not in RANKINGS)]
    numbers = {row["metric"]: number_of(row, exact=0, measures=(), parts=()) for row in rows}
    return numbers, Derived(derived, {metric.metric: Outcome(ranking=_SOMEBODY) for metric in derived})


def _signing(hall: HallFolder) -> str:
    settings = hall.hall.certification
    try:
        variables = variables_of(hall.hall, current_home())
        signers = read_signers(hall.folder / expand(settings.signers, variables))
        key = load_key(hall.folder / expand(settings.key, variables), SecretStr(secret(settings.passphrase, variables)))
    except (SettingsError, SignerError) as error:
        raise NotWellError(f"{error}; next: yuebao new-key, which makes a key and lists it") from error
    owners = [signer.name for signer in signers if signer.public_key == key.public_key]
    if not owners:
        raise NotWellError(
            f"the key of {settings.key} isn't in {settings.signers}; next: list its public key {key.public_key}"
        )
    return f"policy {settings.policy}, the key is {owners[0]}'s"


def _channel(hall: HallFolder, channel: Channel) -> str:
    Sender(channel, variables_of(hall.hall, current_home()))
    if unknown := sorted(set(channel.owners) - (known := owners_of(hall.hall))):
        raise NotWellError(
            f"owners: nobody's check is {', '.join(unknown)}'s; checks are those of {', '.join(sorted(known))}"
        )
    return f"{channel.url} can be used; `yuebao alerts --test` sends something"


def _ping(hall: HallFolder, variable: str) -> str:
    ping_url(variable, variables_of(hall.hall, current_home()))
    return f"{variable} can be used; each good evaluation of alerts asks it"


def _system(hall: HallFolder, name: str, day: dt.date | None) -> str:
    """What the system would land of a day."""
    date = day or _newest_open_day(hall.hall, name)
    with reachable(hall.hall, current_home(), [date]) as variables:
        (sampled,) = sample(hall, date, [name], variables)
    extract = sampled.result.extract
    if sampled.result.messages or extract is None:
        raise NotWellError(" ".join(sampled.result.messages))
    sums = ", ".join(f"{measure} {total}" for measure, total in sorted(extract.sums.items()))
    sites = f" of {len(extract.sites)} halls" if len(extract.sites) > 1 else ""
    return f"{extract.stat_date}{sites}: {extract.row_count} rows would land, {sums or extract.state}"


def _doubts(hall: HallFolder, name: str, day: dt.date | None) -> Iterator[Diagnosis]:
    """What a good answer of the system wouldn't show; that it can't be asked is said where it is asked for a day."""
    date = day or _newest_open_day(hall.hall, name)
    with suppress(SettingsError, SourceFault), reachable(hall.hall, current_home(), [date]) as variables:
        for doubt in doubts_of(hall, name, date, variables):
            yield Diagnosis.of(f"systems.{name}", "look", doubt)


def _month_totals(hall: HallFolder, name: str) -> str:
    """What the system states of the newest month that is over."""
    month = open_month(months_before(hall.hall.months.name_of(today(hall.hall)), 1))
    if name not in month.month_totals:
        why = f"{month.name} is no calendar month" if month.span else f"it doesn't answer for all of {month.name}"
        return f"not asked: {why}"
    with reachable(hall.hall, current_home(), month.days[:1]) as variables:
        statements = list(ask_totals(hall, name, month, variables, ONCE))
    if faults := [stated.fault for stated in statements if stated.fault]:
        raise NotWellError(" ".join(faults))
    totals = [f"{measure} {total}" for stated in statements for measure, total in sorted(stated.totals.items())]
    return f"{month.name}: {', '.join(totals)}"


def _newest_open_day(hall: Hall, name: str) -> dt.date:
    calendar, days = working_days(), _last_days(hall)
    return next((day for day in days if is_expected(hall, calendar, name, day)), days[0])


def _last_days(hall: Hall) -> list[dt.date]:
    """The days up to yesterday within which every system is open, the newest first."""
    return [today(hall) - dt.timedelta(days=back) for back in range(1, _LONGEST_SILENCE + 1)]
