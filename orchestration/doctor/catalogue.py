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
    of_members = _uprooted(), _used_again(tables), _without_successor()
    problems = [*chain(*looks, *of_members), *hall.answered_twice(hall.first_day)]
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
