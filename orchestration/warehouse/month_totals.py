"""A month's facts held against the totals that systems state of it themselves; the outcome is evidence of the build."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from orchestration.config.hall import HallFolder, Retries, SettingsError
from orchestration.config.variables import reachable
from orchestration.runtime.paths import current_home
from orchestration.runtime.secrets import redact
from orchestration.sources.contract import SourceFault
from orchestration.sources.pool import with_retries
from orchestration.warehouse.month import MONTH_TOTALS_CHECK, Month
from reports import files
from reports.figures.readiness import GOOD_STATUSES, BuildCheck, BuildEvidence, CheckStatus

MODEL = "fct_monthly_counts"
Sums = Mapping[tuple[str, str], int]


class NotBuiltError(Exception):
    """There are no audited facts of the month as it stands; the message says what to do."""


@dataclass(frozen=True)
class StatedTotals:
    """What one system states of a month, for these halls together, by measure; or why it states nothing."""

    system: str
    title: str
    sites: tuple[str, ...]
    totals: Mapping[str, int]
    fault: str = ""


@dataclass(frozen=True)
class TotalComparison:
    """One total of a system beside the sum of its days."""

    system: str
    title: str
    sites: tuple[str, ...]
    measure: str
    stated: int
    of_days: int

    def __str__(self) -> str:
        return (
            f"{self.system} {self.title}, hall {', '.join(self.sites)}: {self.measure} is {self.of_days} by its days, "
            f"and {self.stated} by its own total of the month"
        )


@dataclass(frozen=True)
class Agreement:
    """Every total that was stated, compared, and what couldn't be asked."""

    compared: tuple[TotalComparison, ...]
    faults: tuple[str, ...]

    @property
    def differing(self) -> tuple[TotalComparison, ...]:
        """The totals that aren't the sum of their days."""
        return tuple(total for total in self.compared if total.stated != total.of_days)

    @property
    def check(self) -> BuildCheck:
        """The outcome as evidence: an error where a system gave no answer, whatever the others say."""
        idle = not (self.compared or self.faults)
        status: CheckStatus = (
            "error" if self.faults else "fail" if self.differing else "not_applicable" if idle else "pass"
        )
        return BuildCheck(
            name=MONTH_TOTALS_CHECK,
            model=MODEL,
            severity="error",
            status=status,
            failures=len(self.differing),
            message="no system that states month totals answers for the whole of it, as a calendar month"
            if idle
            else "; ".join([*self.faults, *map(str, self.differing)]),
        )


def compare_with_stated_totals(month: Month, hall: HallFolder) -> Agreement:
    """Ask every system that states month totals, compare, and add the outcome to the evidence of the month's build.

    Raises:
        NotBuiltError: the newest build is of other inputs, or was refused: its facts aren't the month's.
    """
    evidence = _sound_evidence(month)
    with reachable(hall.hall, current_home(), month.days[:1]) as variables:
        statements = [
            statement
            for name in month.month_totals
            for statement in ask_totals(hall, name, month, variables, hall.hall.retries)
        ]
    sums = _sums(month)
    agreement = Agreement(
        tuple(total for statement in statements for total in _compared(statement, sums)),
        tuple(statement.fault for statement in statements if statement.fault),
    )
    others = (check for check in evidence.checks if check.name != MONTH_TOTALS_CHECK)
    completed = replace(evidence, checks=(*others, agreement.check))
    files.write_bytes(month.evidence_file, completed.to_json().encode())
    return agreement


def ask_totals(
    hall: HallFolder, name: str, month: Month, variables: Mapping[str, str], retries: Retries
) -> Iterator[StatedTotals]:
    """What one system states of the month: of each of its halls where the question names one, else of all together."""
    from orchestration.sources.http.month_totals import MonthTotalsSource

    system, settings = hall.hall.month_totals[name]
    every_site = hall.hall.sites_of(name)
    groups: list[tuple[str, ...]] = [(code,) for code in every_site] if settings.names_site else [every_site]
    for sites in groups:
        try:
            source = MonthTotalsSource(system, settings, hall.folder, variables)
        except (SettingsError, OSError) as error:
            yield StatedTotals(name, system.title, sites, {}, f"{name} {system.title}: {error}")
            continue
        answer = with_retries(partial(source.ask, month.days[0], sites[0]), retries)
        if isinstance(answer, SourceFault):
            fault = redact(
                f"{name} {system.title}, hall {', '.join(sites)}: {answer.problem}. Next: {answer.next_step}"
            )
            yield StatedTotals(name, system.title, sites, {}, fault)
        else:
            yield StatedTotals(name, system.title, sites, answer)


def _sound_evidence(month: Month) -> BuildEvidence:
    evidence = month.evidence
    refused = evidence and any(
        check.status not in GOOD_STATUSES and check.name != MONTH_TOTALS_CHECK for check in evidence.checks
    )
    if evidence is None or refused or evidence.fingerprint != month.fingerprint:
        raise NotBuiltError(
            f"{month.name} has no audited facts as it stands, so nothing is compared; next: yuebao report {month.name}"
        )
    return evidence


def _sums(month: Month) -> Sums:
    """The published month by hall and measure."""
    import pyarrow.parquet as pq

    sums: dict[tuple[str, str], int] = {}
    columns = ["hall_code", "measure", "monthly_count"]
    for row in pq.read_table(month.facts / f"{MODEL}.parquet", columns=columns).to_pylist():
        key = (row["hall_code"], row["measure"])
        sums[key] = sums.get(key, 0) + row["monthly_count"]
    return sums


def _compared(stated: StatedTotals, sums: Sums) -> Iterator[TotalComparison]:
    for measure, total in stated.totals.items():
        of_days = sum(sums.get((hall, measure), 0) for hall in stated.sites)
        yield TotalComparison(stated.system, stated.title, stated.sites, measure, total, of_days)
