"""Certified numbers: a month's certificate as an asset, and the check that says when one waits for a revision."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import dagster as dg

from orchestration.certification.certify import CERTIFICATE_ERRORS, Asked, People, archive_of, settle
from orchestration.certification.pending_revision import pending_revisions
from orchestration.checks import AUTHORS, ENGINEERS
from orchestration.config.hall import Hall, load_hall
from orchestration.landing.manifest import LandingError
from orchestration.partitions import monthly
from orchestration.runtime.paths import current_home
from orchestration.warehouse.dbt_manifest import build_checks
from orchestration.warehouse.month import open_month, problems_of, refusal
from reports.certificates.certificate import Reason
from reports.certificates.ledger import Ledger, LedgerEntry, LedgerError
from reports.certificates.queries import LogError, Queries
from reports.certificates.verification import verify

CERTIFIED_NUMBERS = dg.AssetKey("certified_numbers")
REVISION_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "no_revision_is_pending")
LEDGER_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "ledger_is_sound")
QUESTIONS_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "no_question_is_open")


class SignOffs(dg.Config):
    """Which revision to make (0: the first if there is none), who signs off (policy `manual`), and why it changes."""

    revision: int = 0
    preparer: str = ""
    reviewer: str = ""
    signer: str = ""
    reason: Literal["", "late_data", "source_correction", "definition_change", "our_error"] = ""
    note: str = ""


def build_certified_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `certified_numbers`, one partition per month; it fails closed, and under `manual` waits for people."""

    @dg.asset(
        key=CERTIFIED_NUMBERS,
        # The monthly counts for their checks' sake: what blocks stops what follows the checked asset directly.
        deps=["fct_monthly_counts", "fct_monthly_metrics", "fct_completeness"],
        partitions_def=monthly(hall),
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        group_name="report",
        kinds={"json"},
        owners=[ENGINEERS],
        tags={"layer": "report"},
        description="The signed, chained record of the month's numbers and of all that they rest on.",
        output_required=False,
    )
    def certified_numbers(context: dg.AssetExecutionContext, config: SignOffs) -> Iterator[dg.MaterializeResult[None]]:
        month = open_month(context.partition_key[:7])
        if problems := problems_of(month, build_checks()):
            raise dg.Failure(
                description=refusal(month.name, problems),
                metadata=Counter(problem.kind for problem in problems),
                allow_retries=False,
            )
        reason: Reason | Literal[""] = config.reason
        asked = Asked(config.revision, People(config.preparer, config.reviewer, config.signer), reason, config.note)
        try:
            entry = settle(month, load_hall(), asked)
        except CERTIFICATE_ERRORS as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        if entry is None:
            context.log.info(f"{month.name} is 待核定: every check has passed, and it waits for `yuebao certify`")
            return
        yield dg.MaterializeResult(metadata=_metadata(entry))

    return certified_numbers


def build_revision_check() -> dg.AssetChecksDefinition:
    """The check `no_revision_is_pending`, which runs with every pull and every month; an unreadable file fails it."""

    @dg.asset_check(
        asset=CERTIFIED_NUMBERS,
        name=REVISION_CHECK.name,
        description="No certified month is 待修订: nothing behind a certificate has changed since it was signed.",
        # After the pulls of its run. It can't depend on them: a day is an event of its own and no output, and Dagster
        # skips what depends on an output that wasn't made.
        op_tags={"dagster/priority": "-1"},
        metadata={
            "owner": AUTHORS,
            "next_step": "look at what changed, then `yuebao revise MONTH --reason ... --note ...`",
        },
    )
    def no_revision_is_pending() -> dg.AssetCheckResult:
        home = current_home()
        ledger = Ledger(home.certificates)
        try:
            waiting = [str(pending) for pending in pending_revisions(ledger, home)]
        except (LandingError, LedgerError) as error:
            waiting = [str(error)]
        return dg.AssetCheckResult(
            passed=not waiting,
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join(waiting) or "every certificate says what has come in",
            metadata={
                "waiting": len(waiting),
                "certified months": len({link.month for link in ledger.links()}),
            },
        )

    return no_revision_is_pending


def build_ledger_check() -> dg.AssetChecksDefinition:
    """The check `ledger_is_sound`, which reads every certificate, extract and release: it has a job of its own."""

    @dg.asset_check(
        asset=CERTIFIED_NUMBERS,
        name=LEDGER_CHECK.name,
        description="Certificates are signed and chained; extracts and releases are what these say, to the byte.",
        metadata={
            "owner": ENGINEERS,
            "next_step": "restore each file that is named from a backup, then `yuebao verify`; never certify over it",
        },
    )
    def ledger_is_sound() -> dg.AssetCheckResult:
        archive = archive_of(load_hall(), current_home())
        if not archive.ledger.links() and not any(archive.published.glob("*/r[0-9]*")):
            return dg.AssetCheckResult(
                passed=True, description="no month is certified yet, so nothing is there to verify"
            )
        proof = verify(archive)
        return dg.AssetCheckResult(
            passed=proof.sound,
            severity=dg.AssetCheckSeverity.ERROR,
            description="\n".join(map(str, proof.problems)) or "every file is what was signed",
            metadata={"problems": len(proof.problems), "files verified": proof.files_hashed},
        )

    return ledger_is_sound


def build_questions_check() -> dg.AssetChecksDefinition:
    """The check `no_question_is_open`, which runs with every pull and every month."""

    @dg.asset_check(
        asset=CERTIFIED_NUMBERS,
        name=QUESTIONS_CHECK.name,
        description="Nobody waits for an answer on a certified figure (校核); an unreadable log fails.",
        metadata={
            "owner": AUTHORS,
            "next_step": "look at the figure, then `yuebao answer ID ...`; mend the source and revise if need be",
        },
    )
    def no_question_is_open() -> dg.AssetCheckResult:
        try:
            waiting = [str(query) for query in Queries(current_home().questions).open_in()]
        except LogError as error:
            waiting = [str(error)]
        return dg.AssetCheckResult(
            passed=not waiting,
            severity=dg.AssetCheckSeverity.WARN,
            description="\n".join(waiting) or "every question is answered",
            metadata={"waiting": len(waiting)},
        )

    return no_question_is_open


def _metadata(entry: LedgerEntry) -> dict[str, dg.MetadataValue]:
    certificate = entry.certificate
    return {
        "certificate": dg.MetadataValue.path(entry.path),
        "code": dg.MetadataValue.text(certificate.code),
        "revision": dg.MetadataValue.int(certificate.revision),
        "signed off": dg.MetadataValue.text("; ".join(f"{each.role} {each.name}" for each in certificate.sign_offs)),
        "extracts": dg.MetadataValue.int(len(certificate.foundation.extracts)),
        "checks": dg.MetadataValue.int(len(certificate.foundation.build_checks)),
        **{number.metric: dg.MetadataValue.int(number.exact) for number in certificate.numbers},
    }
