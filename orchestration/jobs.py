"""The jobs: what is run together. When they run by themselves is declared in `automation.schedules`."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.certified import LEDGER_CHECK, QUESTIONS_CHECK, REVISION_CHECK

LEDGER_JOB = "verify_ledger"
PULL_JOB = "pull"
REVISIONS_JOB = "revisions"
FACTS_JOB = "facts"
MONTH_JOB = "month"
HEALTH_JOB = "health"
DESK_JOB = "authors_desk_job"


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs: days are pulled; months are built, certified and emitted; the ledger is verified; health is told."""
    landing = dg.AssetSelection.groups("landing")
    pending = dg.AssetSelection.checks(REVISION_CHECK, QUESTIONS_CHECK)
    health = dg.AssetSelection.groups("health")
    ledger = dg.AssetSelection.checks(LEDGER_CHECK)
    desk = dg.AssetSelection.groups("desk")
    month = dg.AssetSelection.all() - landing - health - desk - ledger
    facts = month - dg.AssetSelection.groups("report")
    return [
        dg.define_asset_job(PULL_JOB, selection=landing | pending, description="Pull days of all hall systems."),
        dg.define_asset_job(
            REVISIONS_JOB, selection=pending, description="See whether a certified month has changed or is asked about."
        ),
        dg.define_asset_job(FACTS_JOB, selection=facts, description="Build and test a month's facts."),
        dg.define_asset_job(
            MONTH_JOB,
            selection=month,
            description="Build a month's facts, test them, certify its numbers, and emit the statistics section.",
        ),
        dg.define_asset_job(
            LEDGER_JOB, selection=ledger, description="Verify every certificate and what it vouches for."
        ),
        dg.define_asset_job(DESK_JOB, selection=desk, description="Write what authors take from a certified month."),
        dg.define_asset_job(HEALTH_JOB, selection=health, description="Write the health page and its metrics."),
    ]
