"""The jobs: what is run together. When they run by themselves is declared in `automation.schedules`."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.certified import LEDGER_CHECK

LEDGER_JOB = "verify_ledger"
PULL_JOB = "pull"
FACTS_JOB = "facts"
MONTH_JOB = "month"
SITES_JOB = "sites"
HEALTH_JOB = "health"
DESK_JOB = "authors_desk_job"


def build_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs: days are pulled; months are built, certified and emitted; the ledger is verified; health is told."""
    landing = dg.AssetSelection.groups("landing")
    health = dg.AssetSelection.groups("health")
    ledger = dg.AssetSelection.checks(LEDGER_CHECK)
    desk = dg.AssetSelection.groups("desk")
    sites = dg.AssetSelection.groups("sites")
    month = dg.AssetSelection.all() - landing - health - desk - sites - ledger
    facts = month - dg.AssetSelection.groups("report")
    table = (
        (PULL_JOB, landing, "Pull days of all hall systems."),
        (FACTS_JOB, facts, "Build and test a month's facts."),
        (MONTH_JOB, month, "Build a month's facts, test them, certify its numbers, and emit the statistics section."),
        (SITES_JOB, facts | sites, "Build a month's facts, test them, and certify the sites that are in."),
        (LEDGER_JOB, ledger, "Verify every certificate and what it vouches for."),
        (DESK_JOB, desk, "Write what authors take from a certified month."),
        (HEALTH_JOB, health, "Write the health page and its metrics."),
    )
    return [dg.define_asset_job(name, selection=selection, description=text) for name, selection, text in table]
