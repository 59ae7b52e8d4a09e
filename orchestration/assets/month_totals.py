"""The check `month_totals_agree`: a month's facts against the totals that systems state of the month themselves."""

from collections.abc import Iterator

import dagster as dg

from orchestration.checks import OWNERS, failing_on, table_metadata
from orchestration.config.hall import Hall, load_hall
from orchestration.resources import RunMonths
from orchestration.runtime.errors import UserError
from orchestration.warehouse.month import MONTH_TOTALS_CHECK
from orchestration.warehouse.month_totals import MODEL, Agreement, NotBuiltError, compare_with_stated_totals
from reports.figures.readiness import GOOD_STATUSES, EvidenceError

_NEXT_STEP = (
    "pull the month's days of the system again (`yuebao pull MONTH --system NAME`): a late correction; "
    "if they still differ, ask the system's keeper which of the two is right"
)


def build_month_totals_check(hall: Hall) -> list[dg.AssetChecksDefinition]:
    """The check, blocking, where the settings of a system say that it states month totals."""
    if not hall.month_totals:
        return []
    spec = dg.AssetCheckSpec(
        MONTH_TOTALS_CHECK,
        asset=MODEL,
        description=(
            f"The days of a month add up exactly to the total that {', '.join(hall.month_totals)} state of it. "
            "No answer is no agreement."
        ),
        blocking=True,
        metadata={"owner": OWNERS[MONTH_TOTALS_CHECK], "next_step": _NEXT_STEP},
    )

    @dg.multi_asset_check(specs=[spec], name=MONTH_TOTALS_CHECK)
    def month_totals_agree(context: dg.AssetCheckExecutionContext, months: RunMonths) -> Iterator[dg.AssetCheckResult]:
        month = months.of_partition(context.partition_key)
        with failing_on(UserError, NotBuiltError, EvidenceError):
            agreement = compare_with_stated_totals(month, load_hall())
        check = agreement.check
        yield dg.AssetCheckResult(
            passed=check.status in GOOD_STATUSES,
            asset_key=MODEL,
            check_name=MONTH_TOTALS_CHECK,
            description=check.message or "every total is the sum of its days",
            metadata=_metadata(agreement),
        )
        if check.status not in GOOD_STATUSES:
            # Dagster would stop what follows by itself, and say no more than the check's name.
            raise dg.Failure(description=_refusal(month.name, agreement), allow_retries=False)

    return [month_totals_agree]


def _metadata(agreement: Agreement) -> dict[str, dg.MetadataValue]:
    columns = ("system", "halls", "measure", "of its days", "its own total")
    rows = [
        (total.system, ", ".join(total.sites), total.measure, total.of_days, total.stated)
        for total in agreement.compared
    ]
    return {
        "totals": table_metadata(columns, rows),
        "differing": dg.MetadataValue.int(len(agreement.differing)),
        "not answered": dg.MetadataValue.int(len(agreement.faults)),
    }


def _refusal(month: str, agreement: Agreement) -> str:
    lines = [*agreement.faults, *(f"{total}. Next: {_NEXT_STEP}" for total in agreement.differing)]
    return "\n  ".join([f"{month} can't be printed: check {MONTH_TOTALS_CHECK} didn't pass:", *lines])
