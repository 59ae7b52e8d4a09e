"""What a form says outside its table, held against what was asked for: its day, its unit and whose it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.config.systems.drop_folder import Stated
from orchestration.sources.files.cell_values import intended_value
from orchestration.sources.files.counts import Counts
from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import label
from orchestration.sources.files.periods import StatedPeriod, periods_in
from orchestration.sources.files.table import Table
from orchestration.sources.files.units import PLAIN, units_in

Cells = Mapping[int, Mapping[int, Any]]


@dataclass(frozen=True)
class Asked:
    """What a form must agree with.

    Attributes:
        day: the day asked for.
        whole_month: whether the form is of the day's month, as a register is.
        stated: what the settings say that the form states.
        names: the code of the site that was asked for, and its name.
    """

    day: dt.date
    whole_month: bool
    stated: Stated
    names: Sequence[str]


def refuse_other_statements(name: str, table: Table, counts: Counts, asked: Asked) -> None:
    """Hold titles, notes and signatures against what was asked for; PermanentFault where one says something else."""
    lines = {number: _line(row) for number, row in counts.outside.items()}
    _refuse_other_periods(name, lines, counts, asked)
    _refuse_other_units(name, lines, asked.stated.unit)
    if asked.stated.day:
        _refuse_other_day(name, counts.outside, table.epoch, asked)
    if asked.stated.site:
        _refuse_other_site(name, counts.outside, asked)


def _line(row: Mapping[int, Any]) -> str:
    """A row as it is read; a label and its value may stand in two cells."""
    return "  ".join(_text(row[column]) for column in sorted(row))


def _text(value: Any) -> str:
    return value.isoformat(" ") if isinstance(value, dt.datetime) else str(value)


def _refuse_other_periods(name: str, lines: Mapping[int, str], counts: Counts, asked: Asked) -> None:
    for number, line in lines.items():
        for period in periods_in(line, below=number > counts.header.last):
            if not _agrees(period, asked):
                raise fault("other_day_stated", name=name, number=number, stated=period, day=asked.day)


def _agrees(period: StatedPeriod, asked: Asked) -> bool:
    wanted = (asked.day.year, asked.day.month, None if asked.whole_month else asked.day.day)
    said = (period.year, period.month, period.day)
    return all(part is None or part == own or own is None for part, own in zip(said, wanted, strict=True))


def _refuse_other_units(name: str, lines: Mapping[int, str], unit: str) -> None:
    units = [(number, said) for number, line in lines.items() for said in units_in(line)]
    expected = {unit} if unit else PLAIN
    for number, said in units:
        if not said.ones <= expected:
            raise fault(
                "other_unit_stated", name=name, number=number, unit=said.text, expected="、".join(sorted(expected))
            )
    if unit and not units:
        raise fault("not_stated", name=name, what=f"that its unit is {unit}", key="unit")


def _refuse_other_day(name: str, cells: Cells, epoch: dt.datetime | None, asked: Asked) -> None:
    wanted = asked.stated.day
    found = list(_beside(cells, wanted))
    if not found:
        raise fault("not_stated", name=name, what=wanted, key="day")
    for number, values in found:
        day = next((day for value in values if (day := _day(value, epoch))), None)
        if day is None:
            raise fault("no_day_stated", name=name, number=number, label=wanted)
        if not _agrees(day, asked):
            raise fault("other_day_stated", name=name, number=number, stated=day, day=asked.day)


def _day(value: Any, epoch: dt.datetime | None) -> StatedPeriod | None:
    """The day that a value begins with."""
    if isinstance(read := intended_value("stat_date", value, epoch), dt.date):
        return StatedPeriod(read.year, read.month, read.day, begins=True)
    first = next(periods_in(str(value), below=False), None)
    return first if first and first.day and first.begins else None


def _refuse_other_site(name: str, cells: Cells, asked: Asked) -> None:
    wanted, names = asked.stated.site, {label(each) for each in asked.names}
    found = list(_beside(cells, wanted))
    if not found:
        raise fault("not_stated", name=name, what=wanted, key="site")
    for number, values in found:
        said = {label(re.split(r"\s{2,}|\s+\S+[:：]|[,，;；]", str(value))[0]) for value in values}
        if not said & names:
            raise fault("other_site_stated", name=name, number=number, label=wanted, site=asked.names[-1])


def _beside(cells: Cells, wanted: str) -> Iterator[tuple[int, Sequence[Any]]]:
    """By the row of a label, what its value may be: what follows in its cell, or the next cell beside and below it."""
    label_in = re.compile(r"\s*".join(map(re.escape, wanted)) + r"\s*[:：]?\s*")
    for number, row in cells.items():
        for column in sorted(row):
            if isinstance(row[column], str) and (found := label_in.search(row[column])):
                if after := row[column][found.end() :].strip():
                    yield number, [after]
                    continue
                right = next((row[each] for each in sorted(row) if each > column), None)
                below = cells.get(number + 1, {}).get(column)
                yield number, [value for value in (right, below) if value is not None]
