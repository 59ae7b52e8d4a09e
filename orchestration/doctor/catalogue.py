"""What the reviewed tables of a hall and its settings say of each other: codes, balances, and who is valid when."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from orchestration.config.catalogue import BALANCES, LABELS, MEMBERS, SITES, members
from orchestration.config.hall import Hall, SettingsError
from orchestration.config.site_tree import site_tree
from orchestration.diagnosis import Diagnosis
from orchestration.doctor.gaps import Span, gaps
from reports.figures.kinds import DISTINCT

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
_MEASURES = "catalogue/measures.csv"
_A_DAY = dt.timedelta(days=1)


def references(tables: Tables, hall: Hall) -> Iterator[Diagnosis]:
    """What the tables of a hall and its settings say of each other, and of the validity of each."""
    looks = _unknown(tables, hall), _unfounded(tables, hall), _unanswered(tables, hall), _unbalanced(tables)
    of_kinds = _unlike(tables), _of_sites_below(tables, hall)
    of_members = _uprooted(), _used_again(tables), _without_successor()
    problems = [*chain(*looks, *of_kinds, *of_members), *hall.answered_twice(hall.first_day)]
    for problem in problems:
        yield Diagnosis.of("codes", "mend", problem)
    if not problems:
        yield Diagnosis("codes", "ok", "every code that is used stands in its table")


def _unknown(tables: Tables, hall: Hall) -> Iterator[str]:
    for where, values, table in [*_codes_of(tables), *_codes_in_settings(hall)]:
        for value in sorted(set(values) - {row[_KEYS[table]] for row in tables[table]}):
            yield f"{where}: {value} isn't in catalogue/{table}.csv; next: add it, or mend it"


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
            needed = f"metric {row['metric']} needs {row['measure']}"
            yield f"{needed}, which no system's `measures` in hall.toml names; next: add it there"
    founded = {(row["metric"], row["version"]) for name in ("metric_measures", "metric_parts") for row in tables[name]}
    for row in tables["metrics"]:
        if (row["metric"], row["version"]) not in founded:
            yield (
                f"metric {row['metric']} version {row['version']} is made of nothing; "
                "next: name its measures in catalogue/metric_measures.csv, or its parts in catalogue/metric_parts.csv"
            )


def _unanswered(tables: Tables, hall: Hall) -> Iterator[str]:
    """Metrics in force of which, on some days, no measure is counted, or one that is counted is answered by nobody."""
    measures, needed = members("measures"), _measures_of_versions(tables)
    for row in tables["metrics"]:
        named = f"metric {row['metric']} version {row['version']} needs"
        counted = [measures[name] for name in needed.get((row["metric"], row["version"]), ()) if name in measures]
        span = Span.of(row).within(Span(hall.first_day, None))
        for gap in gaps(counted, span) if counted else ():
            names = ", ".join(member.code for member in counted)
            missed = f"{named} {names}, and none of them is counted {gap}"
            yield f"{missed}; next: mend valid_from and valid_to in {_MEASURES}"
        for measure in counted:
            systems = [system for system in hall.systems.values() if measure.code in system.measures]
            for gap in gaps(systems, span.within(measure)) if systems else ():
                yield (
                    f"{named} {measure.code}, which no system answers {gap}; next: let the systems that answer it "
                    "follow each other by valid_from and valid_to in hall.toml, "
                    f"or say in {_MEASURES} when it is counted"
                )


def _measures_of_versions(tables: Tables) -> dict[tuple[str, int], list[str]]:
    """The measures of each version of a metric that is made of measures."""
    needed: dict[tuple[str, int], list[str]] = {}
    for row in tables["metric_measures"]:
        needed.setdefault((row["metric"], row["version"]), []).append(row["measure"])
    return needed


def _unlike(tables: Tables) -> Iterator[str]:
    """Metrics that add up what doesn't add up: measures of other kinds, decimals or units, or distinct numbers."""
    measures = {row["measure"]: row for row in tables["measures"]}
    for row in tables["metrics"]:
        summed = [measures[name] for name in _measures_behind(row, tables) if name in measures]
        kinds = {(each["kind"], each["scale"], each["unit"]) for each in summed}
        named = f"metric {row['metric']} version {row['version']} sums"
        if len(kinds) > 1:
            told = ", ".join(f"{each['measure']} ({_kind(each)})" for each in summed)
            yield f"{named} measures of several kinds, scales or units: {told}; next: make each a metric of its own"
        elif len(summed) > 1 and DISTINCT in {each["kind"] for each in summed}:
            told = ", ".join(each["measure"] for each in summed)
            yield (
                f"{named} distinct numbers: {told}, and who is in both would count twice; "
                "next: let the system state the distinct number of all of them as a measure of its own"
            )


def _kind(measure: Mapping[str, Any]) -> str:
    decimals = f"{measure['scale']} decimals" if measure["scale"] else ""
    return ", ".join(filter(None, [measure["kind"], measure["unit"], decimals]))


def _measures_behind(metric: Mapping[str, Any], tables: Tables) -> list[str]:
    """The measures of a version of a metric, and of those versions of its parts that are valid while it is."""
    needed = _measures_of_versions(tables)
    parts = {row["part"] for row in tables["metric_parts"] if _key(row) == _key(metric)}
    versions = [row for row in tables["metrics"] if row["metric"] in parts and _overlap(row, metric)]
    return sorted({name for row in (metric, *versions) for name in needed.get(_key(row), ())})


def _key(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["metric"], row["version"]


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    ends = ((one["valid_to"], other["valid_from"]), (other["valid_to"], one["valid_from"]))
    return all(end is None or end >= begin for end, begin in ends)


def _of_sites_below(tables: Tables, hall: Hall) -> Iterator[str]:
    """Distinct numbers that a metric needs of the hall, and that systems state of other sites alone."""
    distinct = {row["measure"] for row in tables["measures"] if row["kind"] == DISTINCT}
    for measure in sorted(distinct & {row["measure"] for row in tables["metric_measures"]}):
        systems = [name for name, system in hall.systems.items() if measure in system.measures]
        if systems and not any(hall.code in hall.sites_of(name) for name in systems):
            yield (
                f"{measure} is a distinct number, which isn't summed over sites, and {', '.join(systems)} states none "
                f"of {hall.code} itself; next: let it state that, and name {hall.code} in its `sites` in hall.toml"
            )


def _used_again(tables: Tables) -> Iterator[str]:
    """Codes that stand in their table twice: a code that ended is never used again."""
    for table, (column, _) in MEMBERS.items():
        for code, times in Counter(row[column] for row in tables[table]).items():
            if times > 1:
                yield (
                    f"catalogue/{table}.csv: {code} stands {times} times; a code is never used again, also after it "
                    "ended; next: give what is new a code of its own, and name it in `successors` of what it follows"
                )


def _without_successor() -> Iterator[str]:
    """Successors that aren't there, or don't count on the day after."""
    for table in ("departments", SITES):
        known = members(table)
        for member in known.values():
            after = member.valid_to + _A_DAY if member.valid_to else None
            for code in member.successors:
                where = (
                    f"catalogue/{table}.csv: {member}, which ended on {member.valid_to}, names {code} as its successor"
                )
                if code not in known:
                    yield f"{where}, and {code} isn't in the table; next: add it, or mend it"
                elif after and not known[code].is_valid_on(after):
                    yield f"{where}, and {known[code]} isn't counted on {after}; next: mend valid_from or valid_to"


def _uprooted() -> Iterator[str]:
    """What keeps the sites from being a tree."""
    tree = site_tree()
    for code in tree.sites:
        try:
            tree.path(code)
        except SettingsError as error:
            yield str(error)
            return


def _unbalanced(tables: Tables) -> Iterator[str]:
    """Stocks and flows that can't be what their table says they are."""
    kinds = {row["measure"]: row["kind"] for row in tables["measures"]}
    where = f"catalogue/{BALANCES}.csv"
    flows = Counter((row["stock"], row["measure"]) for row in tables[BALANCES])
    for stock in sorted({stock for stock, _ in flows}):
        if kinds.get(stock, "stock") != "stock":
            wrong = f"{stock} isn't a `stock` in catalogue/measures.csv"
            yield f"{where}: {wrong}; next: mend one of the two"
    for (stock, flow), times in flows.items():
        if kinds.get(flow, "count") != "count":
            wrong = f"{flow}, a flow of {stock}, isn't a `count` in catalogue/measures.csv"
            yield f"{where}: {wrong}; next: mend one of the two"
        if times > 1:
            yield f"{where}: {stock} names {flow} twice; next: keep one of the rows"
