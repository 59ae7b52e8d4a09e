"""A month's numbers with their definitions, read from the facts that were published after the checks passed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar

from reports.figures.kinds import in_units
from reports.figures.months import first_day
from reports.figures.rounding import Exact, RoundingRule, exact_text, printed, whole_if_it_is
from reports.figures.validity import is_valid
from reports.figures.words import DEFAULT

_FACTS, _DRAFT_FACTS = "fct_monthly_metrics.parquet", "fct_draft_metrics.parquet"
_FACT_COLUMNS = ("month_start", "hall_code", "metric", "metric_version", "exact_value")
_CATALOGUE = "dim_metric.parquet"
_CATALOGUE_TEXTS = ("metric_name", "definition", "event_counted", "deduplication_key", "unit", "display_unit")
_CATALOGUE_FORM = ("display_divisor", "display_decimals", "rounding")
_CATALOGUE_KEY, _CATALOGUE_REST = ("metric", "version"), ("valid_from", "valid_to", "measures", "parts")
_CATALOGUE_COLUMNS = (*_CATALOGUE_KEY, *_CATALOGUE_TEXTS, *_CATALOGUE_FORM, *_CATALOGUE_REST)

# p and b are codes of SDMX CL_OBS_STATUS; it has none for "revised", for which r is Eurostat's flag.
Flag = Literal["p", "r", "b"]
CANDIDATE: tuple[Flag, ...] = ("p",)

FactRow = dict[str, Any]
AnyNumber = TypeVar("AnyNumber", bound="MonthlyNumber")


class NumbersError(Exception):
    """The published facts don't hold one sound number for each metric; the message names file and metric."""


@dataclass(frozen=True)
class MonthlyNumber:
    """One metric of one month and hall.

    `exact` is the value in `unit`, whole or a fraction; `printed` is the same in `display_unit`, rounded once by
    `rounding`.
    `measures` are the measures behind it, a total's being those of its parts; `parts` are the metrics that add up to
    it, if it is a total. `flags` are explained in `reports.figures.flags`; nobody has certified a new number yet.
    """

    metric: str
    metric_name: str
    version: str
    definition: str
    event_counted: str
    deduplication_key: str
    exact: Exact
    printed: str
    unit: str
    display_unit: str
    display_divisor: int
    display_decimals: int
    rounding: RoundingRule
    measures: tuple[str, ...]
    parts: tuple[str, ...]
    flags: tuple[Flag, ...] = CANDIDATE

    @property
    def with_unit(self) -> str:
        """The number with its unit, in our own words (`reports.figures.words`)."""
        return DEFAULT.amount(self.printed, self.display_unit)

    @property
    def in_units(self) -> Decimal:
        """What is printed, as a count of its unit: 3.27 万件 is 32700 件."""
        return Decimal(self.printed) * self.display_divisor

    @property
    def exact_digits(self) -> str:
        """The exact value in plain digits, `1234` or `99.2`; where they have no end as a fraction, `37/3`."""
        return exact_text(self.exact)

    @property
    def whole(self) -> int | None:
        """The exact value, where it is a whole number."""
        return self.exact if isinstance(self.exact, int) else None

    @property
    def exact_with_unit(self) -> str:
        """The exact value and its unit: `1234 件`, `99.2%`."""
        return DEFAULT.amount(self.exact_digits, self.unit)


def read_numbers(marts: Path, *, month: str, hall_code: str) -> dict[str, MonthlyNumber]:
    """Read every metric that the catalogue holds valid on the first day of the month.

    Args:
        marts: The published folder that holds `fct_monthly_metrics.parquet` (one row per month, hall and
            metric) and `dim_metric.parquet` (the metric catalogue; `measures` and `parts` are lists, or texts
            joined by `+`).
        month: `2025-03`.
        hall_code: The hall.

    Returns:
        The numbers by metric, sorted by metric.

    Raises:
        NumbersError: A file or column is absent; a metric has no row, two rows, no value, another version
            than the catalogue's, or a value that is negative or no integer; or parts don't add up to their
            total.
        ValueError: `month` isn't written YYYY-MM.
    """
    first = first_day(month)
    definitions = read_table(marts / _CATALOGUE, _CATALOGUE_COLUMNS)
    facts = [
        row
        for row in read_table(marts / _FACTS, _FACT_COLUMNS)
        if row["month_start"] == first and row["hall_code"] == hall_code
    ]
    return defined_numbers(definitions, facts, month=month, where=f"{_FACTS} for hall {hall_code}, {month}")


def read_site_numbers(
    marts: Path, *, month: str, sites: Collection[str], draft: bool = False
) -> dict[str, dict[str, MonthlyNumber]]:
    """Read the metrics that sites have: those that systems answer of them, or of a site counted in them.

    Args:
        marts: As `read_numbers`.
        month: `2025-03`.
        sites: Their codes.
        draft: Of sites of which others below are left out, what is in.

    Returns:
        By site, the numbers by metric, sorted by metric; a site without any isn't in it.

    Raises:
        NumbersError: As `read_numbers`, but for metrics without a row.
        ValueError: As `read_numbers`.
    """
    first, file = first_day(month), _DRAFT_FACTS if draft else _FACTS
    definitions = list(valid_definitions(read_table(marts / _CATALOGUE, _CATALOGUE_COLUMNS), month).values())
    facts: dict[str, list[FactRow]] = {}
    for row in read_table(marts / file, _FACT_COLUMNS):
        if row["month_start"] == first and row["hall_code"] in sites:
            facts.setdefault(row["hall_code"], []).append(row)
    return {
        site: defined_numbers(_had_by(rows, definitions), rows, month=month, where=f"{file} for site {site}, {month}")
        for site, rows in facts.items()
    }


def _had_by(facts: Iterable[FactRow], definitions: Iterable[FactRow]) -> list[FactRow]:
    """The definitions of the metrics that have a row."""
    had = {row["metric"] for row in facts}
    return [definition for definition in definitions if definition["metric"] in had]


def defined_numbers(
    definitions: Iterable[FactRow], facts: Iterable[FactRow], *, month: str, where: str
) -> dict[str, MonthlyNumber]:
    """A month's values by the definitions that are valid on its first day.

    Args:
        definitions: Rows of the metric catalogue, as `dim_metric.parquet` has them.
        facts: Of each metric one row with `metric`, `metric_version` and `exact_value`.
        month: `2025-03`.
        where: For messages: where the values stand.

    Raises:
        NumbersError, ValueError: As `read_numbers`.
    """
    catalogue = valid_definitions(definitions, month)
    values = _unique(facts, "metric", where)
    if strangers := sorted(values.keys() - catalogue.keys()):
        raise NumbersError(f"{where}: the metric catalogue doesn't know {', '.join(strangers)} in this month")
    if absent := sorted(catalogue.keys() - values.keys()):
        raise NumbersError(f"{where}: no value for {', '.join(absent)}; missing is not zero")
    numbers = {
        metric: _number(catalogue[metric], values[metric], measures_behind(metric, catalogue), where)
        for metric in sorted(catalogue)
    }
    _require_sums(numbers, where)
    return numbers


def read_table(path: Path, columns: Iterable[str]) -> list[FactRow]:
    """The rows of a published table; NumbersError where it can't be read or lacks a column."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise NumbersError(f"{path} can't be read as Parquet: {error}") from error
    if absent := [column for column in columns if column not in table.column_names]:
        raise NumbersError(f"{path} has no column {', '.join(absent)}")
    return table.to_pylist()


def valid_definitions(definitions: Iterable[FactRow], month: str) -> dict[str, FactRow]:
    """By metric, the definition that is valid on the first day of a month; raises as `defined_numbers`."""
    return _valid_on(first_day(month), definitions)


def _valid_on(day: date, rows: Iterable[FactRow]) -> dict[str, FactRow]:
    valid = [row for row in rows if is_valid(day, row["valid_from"], row["valid_to"])]
    if not valid:
        raise NumbersError(f"{_CATALOGUE}: no metric is valid on {day}")
    return _unique(valid, "metric", f"{_CATALOGUE} on {day}")


def _unique(rows: Iterable[FactRow], key: str, where: str) -> dict[str, FactRow]:
    rows = list(rows)
    by_key = {row[key]: row for row in rows}
    if len(by_key) < len(rows):
        doubled = {row[key] for row in rows if by_key[row[key]] is not row}
        raise NumbersError(f"{where}: more than one row for {', '.join(sorted(doubled))}")
    return by_key


def measures_behind(metric: str, catalogue: Mapping[str, FactRow]) -> tuple[str, ...]:
    """The measures of a metric and of its parts, by the definitions that are valid; NumbersError where it has none."""
    summed = [metric, *_names(catalogue[metric]["parts"])]
    measures = {name for part in summed if part in catalogue for name in _names(catalogue[part]["measures"])}
    if not measures:
        raise NumbersError(f"{_CATALOGUE}: {metric} has neither a measure nor parts that have one")
    return tuple(sorted(measures))


def number_of(definition: FactRow, exact: Exact, measures: tuple[str, ...], parts: tuple[str, ...]) -> MonthlyNumber:
    """An exact value by a row of the metric catalogue; raises as `printed` does."""
    divisor, decimals, rule = (definition[name] for name in _CATALOGUE_FORM)
    return MonthlyNumber(
        metric=definition["metric"],
        version=str(definition["version"]),
        exact=exact,
        printed=printed(exact, divisor=divisor, decimals=decimals, rule=rule),
        measures=measures,
        parts=parts,
        **{column: definition[column] for column in (*_CATALOGUE_TEXTS, *_CATALOGUE_FORM)},
    )


def with_exact(number: AnyNumber, value: Exact) -> AnyNumber:
    """The same metric with another value, rounded once by the same rule."""
    exact = whole_if_it_is(Fraction(value))
    form = {"divisor": number.display_divisor, "decimals": number.display_decimals}
    return replace(number, exact=exact, printed=printed(exact, **form, rule=number.rounding))


def _number(definition: FactRow, fact: FactRow, measures: tuple[str, ...], where: str) -> MonthlyNumber:
    metric, exact, version = definition["metric"], fact["exact_value"], str(definition["version"])
    if str(fact["metric_version"]) != version:
        raise NumbersError(
            f"{where}: {metric} was computed by version {fact['metric_version']} of its definition, "
            f"the catalogue holds version {version} valid"
        )
    if exact is None:
        raise NumbersError(f"{where}: the value of {metric} is null; missing is not zero")
    if empty := [column for column in _CATALOGUE_TEXTS if not definition[column]]:
        raise NumbersError(f"{_CATALOGUE}: {metric} has no {', '.join(empty)}")
    if isinstance(exact, int) and exact < 0:
        raise NumbersError(f"{where}: {metric} is {exact}; a count isn't negative")
    try:
        return number_of(
            definition, in_units(exact, definition.get("value_scale") or 0), measures, _names(definition["parts"])
        )
    except (TypeError, ValueError) as error:
        raise NumbersError(f"{where}: {metric} can't be printed: {error}") from error


def _names(value: list[str] | str | None) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [name.strip() for name in value.split("+") if name.strip()]
    return tuple(sorted(value or ()))


def _require_sums(numbers: Mapping[str, MonthlyNumber], where: str) -> None:
    for total in numbers.values():
        if absent := [part for part in total.parts if part not in numbers]:
            raise NumbersError(f"{where}: {total.metric} has the part {', '.join(absent)}, which has no value")
        parts = sum(numbers[part].exact for part in total.parts)
        if total.parts and parts != total.exact:
            raise NumbersError(f"{where}: {' + '.join(total.parts)} = {parts}, but {total.metric} is {total.exact}")
