"""Certified numbers: a month's certificate as an asset, and the check that says when one waits for a revision."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import dagster as dg

from orchestration.certification.certify import (
    CERTIFICATE_ERRORS,
    CertificationRequest,
    certify_if_due,
    current_archive,
)
from orchestration.certification.dictionary import keep_dictionary
from orchestration.certification.pending_revision import pending_revisions
from orchestration.certification.settings_evidence import settings_for
from orchestration.checks import ENGINEERS, OWNERS, failing_on, result_of
from orchestration.config.hall import Hall
from orchestration.landing.manifest import LandingError
from orchestration.partitions import month_of_key, monthly_asset
from orchestration.resources import RunMonths
from orchestration.runtime.errors import UserError
from orchestration.runtime.paths import current_home
from orchestration.warehouse.month import NotPrintableError
from reports.certificates.chain import LogError
from reports.certificates.ledger import Ledger, LedgerEntry, LedgerError
from reports.certificates.queries import Queries
from reports.certificates.verification import verify

CERTIFIED_NUMBERS = dg.AssetKey("certified_numbers")
REVISION_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "no_revision_is_pending")
LEDGER_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "ledger_is_sound")
QUESTIONS_CHECK = dg.AssetCheckKey(CERTIFIED_NUMBERS, "no_question_is_open")


class RequestConfig(dg.Config):
    """Which revision to make (0: the first if there is none), and why it changes."""

    revision: int = 0
    reason: Literal["", "late_data", "source_correction", "definition_change", "our_error"] = ""
    note: str = ""


def build_certified_asset(hall: Hall) -> dg.AssetsDefinition:
    """The asset `certified_numbers`, one partition per month; it fails closed, and under `manual` waits for people."""

    @monthly_asset(
        *(hall, CERTIFIED_NUMBERS, "report", ENGINEERS),
        # The monthly counts for their checks' sake: what blocks stops what follows the checked asset directly.
        deps=["fct_monthly_counts", "fct_monthly_metrics", "fct_completeness"],
        kinds={"json"},
        description="The signed, chained record of the month's numbers and of all that they rest on.",
        output_required=False,
    )
    def certified_numbers(
        context: dg.AssetExecutionContext, config: RequestConfig, months: RunMonths
    ) -> Iterator[dg.MaterializeResult[None]]:
        name = month_of_key(context.partition_key, hall)
        request = CertificationRequest(config.revision, config.reason, config.note)
        try:
            with (
                failing_on(UserError, *CERTIFICATE_ERRORS),
                settings_for(current_archive(), name, config.reason) as settings,
            ):
                month = months.of_partition(context.partition_key)
                entry = certify_if_due(month, settings, request)
        except NotPrintableError as refused:
            kinds = Counter[str](problem.kind for problem in refused.problems)
            raise dg.Failure(description=str(refused), metadata=kinds, allow_retries=False) from refused
        keep_dictionary(name, month)
        if entry is None:
            context.log.info(f"{name} is 待核定: every check has passed, and it waits for `yuebao sign`")
            return
        yield dg.MaterializeResult(metadata=certificate_metadata(entry))

    return certified_numbers


@dataclass(frozen=True)
class _Findings:
    """What a check of the ledger found: a line for each thing that waits for somebody, and what to say of none."""

    lines: Sequence[str]
    when_none: str
    counts: Mapping[str, int]
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN


def build_ledger_checks() -> list[dg.AssetChecksDefinition]:
    """Whether a revision is pending or a question open, asked with every month; and the ledger's own proof.

    A pull tells the first two itself, for Dagster leaves checks of other assets out of a run of chosen assets.

    An unreadable file fails a check. `ledger_is_sound` reads every certificate, extract and release: it has a job of
    its own.
    """
    return [
        _ledger_check(
            REVISION_CHECK,
            "No certified month is 待修订: nothing behind a certificate has changed since it was signed.",
            "look at what changed, then `yuebao revise MONTH --reason ... --note ...`",
        ),
        _ledger_check(
            LEDGER_CHECK,
            "Certificates are signed and chained; extracts and releases are what these say, to the byte.",
            "restore each file that is named from a backup, then `yuebao verify`; never certify over it",
        ),
        _ledger_check(
            QUESTIONS_CHECK,
            "Nobody waits for an answer on a certified figure (校核); an unreadable log fails.",
            "look at the figure, then `yuebao answer ID ...`; mend the source and revise if need be",
        ),
    ]


def ledger_evaluations(*keys: dg.AssetCheckKey) -> Iterator[dg.AssetCheckEvaluation]:
    """How checks of the ledger stand now, for whoever isn't a run of them."""
    for key in keys:
        with failing_on(UserError):
            findings = _FIND[key]()
        yield dg.AssetCheckEvaluation(
            asset_key=key.asset_key,
            check_name=key.name,
            passed=not findings.lines,
            severity=findings.severity,
            description="\n".join(findings.lines) or findings.when_none,
            metadata=findings.counts,
        )


def _ledger_check(key: dg.AssetCheckKey, description: str, next_step: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=CERTIFIED_NUMBERS,
        name=key.name,
        description=description,
        metadata={"owner": OWNERS[key.name], "next_step": next_step},
    )
    def check() -> dg.AssetCheckResult:
        (found,) = ledger_evaluations(key)
        return result_of(found)

    return check


def _pending_revisions() -> _Findings:
    home = current_home()
    ledger = Ledger(home.certificates)
    try:
        lines = [str(pending) for pending in pending_revisions(ledger, home, remember=True)]
    except (LandingError, LedgerError) as error:
        lines = [str(error)]
    counts = {"waiting": len(lines), "certified months": len(ledger.months())}
    return _Findings(lines, "every certificate says what has come in", counts)


def _unsound_files() -> _Findings:
    archive = current_archive()
    if not archive.ledger.links() and not any(archive.published.glob("*/r[0-9]*")):
        return _Findings((), "no month is certified yet, so nothing is there to verify", {})
    proof = verify(archive, handed_over=True)
    counts = {"problems": len(proof.problems), "files verified": proof.files_hashed}
    problems = [str(problem) for problem in proof.problems]
    return _Findings(problems, "every file is what was signed", counts, dg.AssetCheckSeverity.ERROR)


def _open_questions() -> _Findings:
    try:
        lines = [str(query) for query in Queries(current_home().questions).open_in()]
    except LogError as error:
        lines = [str(error)]
    return _Findings(lines, "every question is answered", {"waiting": len(lines)})


_FIND: Mapping[dg.AssetCheckKey, Callable[[], _Findings]] = {
    REVISION_CHECK: _pending_revisions,
    LEDGER_CHECK: _unsound_files,
    QUESTIONS_CHECK: _open_questions,
}


def certificate_metadata(entry: LedgerEntry) -> dict[str, dg.MetadataValue | str | int]:
    """What Dagster's page tells of a certificate."""
    certificate = entry.certificate
    return {
        "certificate": dg.MetadataValue.path(entry.path),
        "code": certificate.code,
        "revision": certificate.revision,
        "signed off": "; ".join(f"{sign_off.role} {sign_off.name}" for sign_off in certificate.sign_offs),
        "extracts": len(certificate.foundation.extracts),
        "checks": len(certificate.foundation.build_checks),
        **{number.metric: number.exact_with_unit for number in certificate.numbers},
    }
