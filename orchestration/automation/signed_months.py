"""The sensor `signed_months`: a month that everyone has signed is certified and its section emitted."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from orchestration.assets.certified import CERTIFIED_NUMBERS
from orchestration.assets.section import SECTION
from orchestration.certification.certify import request_of
from orchestration.certification.signatures import Waiting, all_waiting
from orchestration.config.hall import Hall, why_not_here
from orchestration.jobs import MONTH_JOB
from orchestration.partitions import month_key
from orchestration.runtime.paths import current_home

SIGNED_MONTHS = "signed_months"
_EVERY = 60


def build_signed_months_sensor(hall: Hall) -> dg.SensorDefinition:
    """The sensor of a hall; it may run where `month_end` may, and else stands stopped."""
    runs_here = not why_not_here("month_end", hall)

    @dg.sensor(
        name=SIGNED_MONTHS,
        job_name=MONTH_JOB,
        minimum_interval_seconds=_EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING if runs_here else dg.DefaultSensorStatus.STOPPED,
        description="Policy manual: certifies a month when its last signature is there, and emits its section.",
    )
    def signed_months() -> Iterator[dg.RunRequest | dg.SkipReason]:
        if reason := why_not_here("month_end", hall):
            yield dg.SkipReason(reason)
            return
        # Sites wait together, and the last of their signatures certifies them.
        waiting = [each for each in all_waiting(current_home()) if each.candidate.site]
        complete = [each for each in waiting if not each.waits_for]
        for each in complete:
            yield _request(each, hall)
        if not complete:
            missing = "; ".join(f"{each.month} waits for {', '.join(each.waits_for)}" for each in waiting)
            yield dg.SkipReason(missing or "nothing waits for a signature")

    return signed_months


def _request(waiting: Waiting, hall: Hall) -> dg.RunRequest:
    return dg.RunRequest(
        run_key=waiting.digest,
        partition_key=month_key(waiting.month, hall),
        asset_selection=[CERTIFIED_NUMBERS, SECTION],
        run_config={"ops": {CERTIFIED_NUMBERS.path[-1]: {"config": asdict(request_of(waiting.candidate))}}},
    )
