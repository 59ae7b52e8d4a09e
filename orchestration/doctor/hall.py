"""Whether a hall's folder is ready: its tables, their references, wording, signing, and every system asked for a day.

Nothing is landed, and every check is made whatever the others find.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from pydantic import SecretStr

from orchestration.alerts.owners import owners_of
from orchestration.alerts.ping import ping_url
from orchestration.alerts.sending import Sender
from orchestration.certification.certify import read_signers, template_of
from orchestration.config.alerts import Channel
from orchestration.config.catalogue import BALANCES, LABELS, TABLES, catalogue_folder, read_table, working_days
from orchestration.config.hall import Hall, HallFolder, SettingsError, expand, secret
from orchestration.config.variables import reachable, variables_of
from orchestration.doctor.diagnosis import Diagnosis, NotWellError, diagnose
from orchestration.landing.day_status import is_expected
from orchestration.landing.preview import ONCE, sample
from orchestration.partitions import today
from orchestration.runtime.paths import current_home
from orchestration.sources import doubts_of
from orchestration.sources.contract import SourceFault
from orchestration.warehouse.month import open_month
from orchestration.warehouse.month_totals import ask_totals
from reports.certificates.signers import SignerError, load_key
from reports.figures.months import months_before
from reports.figures.numbers import MonthlyNumber, number_of
from reports.figures.wording import word_section

Tables = Mapping[str, list[dict[str, Any]]]

# By table: in which other table each column's codes stand.
_REFERENCES = {
    "metric_measures": {"metric": "metrics", "measure": "measures"},
    "metric_parts": {"metric": "metrics", "part": "metrics"},
    LABELS: {"metric": "metrics"},
    BALANCES: {"stock": "measures", "measure": "measures"},
    "reconciliations": {"lesser_measure": "measures", "greater_measure": "measures"},
}
_KEYS = {"metrics": "metric", "measures": "measure", "sites": "hall_code"}
_LONGEST_SILENCE = 15


def check_hall(hall: HallFolder, day: dt.date | None = None) -> Iterator[Diagnosis]:
    """Look at everything that a hall's month needs, and ask every system for a day, else the newest that is open."""
    yield from folder_checks(hall)
    for name in hall.hall.systems:
        yield diagnose(f"systems.{name}", partial(_system, hall, name, day))
        yield from _doubts(hall, name, day)
    for name in hall.hall.month_totals:
        yield diagnose(f"systems.{name}.month_totals", partial(_month_totals, hall, name))


def folder_checks(hall: HallFolder) -> Iterator[Diagnosis]:
    """What can be said of a hall's folder without asking any of its systems."""
    tables: dict[str, list[dict[str, Any]]] = {}

    def read(name: str) -> str:
        tables[name] = read_table(catalogue_folder(), name)
        return f"{len(tables[name])} rows"

    for name in (*TABLES, LABELS):
        yield diagnose(f"catalogue/{name}.csv", partial(read, name))
    if tables.keys() == {*TABLES, LABELS}:
        yield from _references(tables, hall.hall)
        yield diagnose(hall.hall.wording, partial(_wording, tables, hall))
    yield diagnose("signing", partial(_signing, hall))
    for name, channel in hall.hall.alerts.channels.items():
        yield diagnose(f"alerts.channels.{name}", partial(_channel, hall, channel))
    if hall.hall.alerts.ping:
        yield diagnose("alerts.ping", partial(_ping, hall, hall.hall.alerts.ping))


def _references(tables: Tables, hall: Hall) -> Iterator[Diagnosis]:
    unknown = [*_unknown(tables, hall), *_unfounded(tables, hall), *_unbalanced(tables)]
    for problem in unknown:
        yield Diagnosis("codes", good=False, message=problem)
    if not unknown:
        yield Diagnosis("codes", good=True, message="every code that is used stands in its table")


def _unknown(tables: Tables, hall: Hall) -> Iterator[str]:
    for where, values, table in [*_codes_of(tables), *_codes_in_settings(hall)]:
        for value in sorted(set(values) - {row[_KEYS[table]] for row in tables[table]}):
            yield f"{where}: {value} isn't in catalogue/{table}.csv; add it, or mend it"


def _codes_of(tables: Tables) -> Iterator[tuple[str, Sequence[str], str]]:
    """Where codes are used, which, and the table in which they have to stand."""
    for table, columns in _REFERENCES.items():
        for column, other in columns.items():
            yield f"catalogue/{table}.csv column {column}", [row[column] for row in tables[table]], other


def _codes_in_settings(hall: Hall) -> Iterator[tuple[str, Sequence[str], str]]:
    yield "key code", [hall.code], "sites"
    for name, system in hall.systems.items():
        yield f"key systems.{name}.sites", system.sites, "sites"
        yield f"key systems.{name}.measures", system.measures, "measures"


def _unfounded(tables: Tables, hall: Hall) -> Iterator[str]:
    """Metrics that no system answers, and metrics made of nothing."""
    answered = {measure for system in hall.systems.values() for measure in system.measures}
    for row in tables["metric_measures"]:
        if row["measure"] not in answered:
            yield f"metric {row['metric']} needs {row['measure']}, which no system's `measures` in hall.toml names"
    founded = {(row["metric"], row["version"]) for name in ("metric_measures", "metric_parts") for row in tables[name]}
    for row in tables["metrics"]:
        if (row["metric"], row["version"]) not in founded:
            yield (
                f"metric {row['metric']} version {row['version']} is made of nothing; "
                "name its measures in catalogue/metric_measures.csv, or its parts in catalogue/metric_parts.csv"
            )


def _unbalanced(tables: Tables) -> Iterator[str]:
    """Stocks and flows that can't be what their table says they are."""
    aggregation = {row["measure"]: row["aggregation"] for row in tables["measures"]}
    where = f"catalogue/{BALANCES}.csv"
    flows = Counter((row["stock"], row["measure"]) for row in tables[BALANCES])
    for stock in sorted({stock for stock, _ in flows}):
        if aggregation.get(stock, "closing") != "closing":
            yield f"{where}: {stock} is a stock that isn't `closing` in catalogue/measures.csv; mend one of the two"
    for (stock, flow), times in flows.items():
        if aggregation.get(flow, "sum") != "sum":
            yield f"{where}: {flow}, a flow of {stock}, isn't a `sum` in catalogue/measures.csv; mend one of the two"
        if times > 1:
            yield f"{where}: {stock} names {flow} twice; keep one of the rows"


def _wording(tables: Tables, hall: HallFolder) -> str:
    month = f"{today(hall.hall):%Y-%m}"
    section = word_section(_zeros(tables), month=month, template=template_of(hall))
    return f"prints {', '.join(sorted(section.metrics))}"


def _zeros(tables: Tables) -> dict[str, MonthlyNumber]:
    """A number for each metric that is defined now, to see whether a template can be filled."""
    current = [row for row in tables["metrics"] if row["valid_to"] is None]
    return {row["metric"]: number_of(row, exact=0, measures=(), parts=()) for row in current}


def _signing(hall: HallFolder) -> str:
    settings = hall.hall.certification
    try:
        variables = variables_of(hall.hall, current_home())
        signers = read_signers(hall.folder / expand(settings.signers, variables))
        key = load_key(hall.folder / expand(settings.key, variables), SecretStr(secret(settings.passphrase, variables)))
    except (SettingsError, SignerError) as error:
        raise NotWellError(f"{error}; `yuebao new-key` makes a key and lists it") from error
    owners = [signer.name for signer in signers if signer.public_key == key.public_key]
    if not owners:
        raise NotWellError(
            f"the key of {settings.key} isn't in {settings.signers}; list its public key {key.public_key}"
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
            yield Diagnosis(f"systems.{name}", good=True, message=doubt, doubtful=True)


def _month_totals(hall: HallFolder, name: str) -> str:
    """What the system states of the newest month that is over."""
    month = open_month(months_before(f"{today(hall.hall):%Y-%m}", 1))
    with reachable(hall.hall, current_home(), month.days[:1]) as variables:
        statements = list(ask_totals(hall, name, month, variables, ONCE))
    if faults := [stated.fault for stated in statements if stated.fault]:
        raise NotWellError(" ".join(faults))
    totals = [f"{measure} {total}" for stated in statements for measure, total in sorted(stated.totals.items())]
    return f"{month.name}: {', '.join(totals)}"


def _newest_open_day(hall: Hall, name: str) -> dt.date:
    calendar, yesterday = working_days(), today(hall) - dt.timedelta(days=1)
    days = [yesterday - dt.timedelta(days=back) for back in range(_LONGEST_SILENCE)]
    return next((day for day in days if is_expected(hall, calendar, name, day)), yesterday)
