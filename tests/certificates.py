"""A small hall for tests of certified numbers: two systems, five signers, extracts that are plain bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    Certificate,
    CertifiedExtract,
    CertifiedHall,
    CheckResult,
    DayRule,
    Foundation,
    Reason,
    SignOff,
    hall_time,
)
from reports.certificates.certification import Candidate, certify, draft
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.signers import Signer, SigningKey
from reports.figures.months import days_of
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed

HALL = CertifiedHall("510000", "四川省政务服务大厅")
SYSTEMS = ("courier", "window_system")
MARCH = datetime(2025, 4, 2, 8, 0, tzinfo=UTC)


def key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


SERVICE, PREPARER, REVIEWER, DIRECTOR, STRANGER = key(), key(), key(), key(), key()
NAMES = {"metric": ("documents_issued", "phone_consultations"), "name": ("窗口出件量", "电话咨询")}
SIGNERS = (
    Signer("service", "service", SERVICE.public_key, date(2010, 1, 1)),
    Signer("张三", "preparer", PREPARER.public_key, date(2010, 1, 1)),
    Signer("李四", "reviewer", REVIEWER.public_key, date(2010, 1, 1)),
    Signer("王五", "signer", DIRECTOR.public_key, date(2010, 1, 1), date(2025, 12, 31)),
)


def archive_in(folder: Path, signers: Sequence[Signer] = SIGNERS) -> Archive:
    return Archive(folder / "certificates", folder / "landing", folder / "published", signers)


def land(archive: Archive, month: str, sequence: int = 1, systems: Sequence[str] = SYSTEMS) -> list[CertifiedExtract]:
    """One extract per system and day; the window is closed on Sundays."""
    extracts = []
    for system in systems:
        for day in days_of(month):
            folder = archive.landing / system / str(day)
            folder.mkdir(parents=True, exist_ok=True)
            content = f"PAR1 {system} {day} {sequence} PAR1".encode()
            state: Any = "closed" if system == "window_system" and day.weekday() == 6 else "answered"
            entry = json.dumps({"system": system, "stat_date": str(day), "sha256": sha256(content)}).encode()
            file = f"{sequence:04d}-{sha256(content)[:12]}.parquet"
            (folder / file).write_bytes(content)
            (folder / file).with_suffix(".json").write_bytes(entry)
            digests = sha256(content), sha256(content[4:-4]), sha256(entry)
            extracts.append(CertifiedExtract(system, str(day), state, sequence, file, *digests))
    return extracts


def foundation(extracts: Sequence[CertifiedExtract]) -> Foundation:
    answered = [extract.system for extract in extracts if extract.state == "answered"]
    systems = sorted({extract.system for extract in extracts})
    return Foundation(
        fingerprint=sha256(repr(extracts).encode()),
        catalogue_version="c" * 64,
        suite_version="7",
        code_version="0.3.0",
        lock_sha256="d" * 64,
        extracts=tuple(extracts),
        day_rules=tuple(DayRule(system, "counts_not_negative", answered.count(system), 0) for system in systems),
        build_checks=(CheckResult("unique_fct_daily_counts", "pass"), CheckResult("balance_open_cases", "warn")),
    )


def number(metric: str, exact: int, **changes: Any) -> MonthlyNumber:
    people = metric == "phone_consultations"
    divisor, decimals = (1, 0) if people else (10_000, 2)
    fields: dict[str, Any] = {
        "metric": metric,
        "metric_name": {"documents_issued": "窗口出件量", "phone_consultations": "电话咨询"}.get(metric, metric),
        "version": "1",
        "definition": "当月发出的证照件数",
        "event_counted": "发出",
        "deduplication_key": "编号",
        "exact": exact,
        "printed": printed(exact, divisor=divisor, decimals=decimals, rule="half_up"),
        "unit": "人（次）" if people else "件",
        "display_unit": "人（次）" if people else "万件",
        "display_divisor": divisor,
        "display_decimals": decimals,
        "rounding": "half_up",
        "measures": (metric,),
        "parts": (),
    }
    return MonthlyNumber(**fields | changes)


def numbers(issued: int = 2_317, phoned: int = 1_187, **changes: Any) -> list[MonthlyNumber]:
    return [number("phone_consultations", phoned), number("documents_issued", issued, **changes)]


def by_service(at: datetime = MARCH) -> tuple[SignOff, ...]:
    return (SignOff("service", "service", hall_time(at)),)


def by_hand(at: datetime = MARCH) -> tuple[SignOff, ...]:
    prepared, reviewed = hall_time(at - timedelta(hours=2)), hall_time(at - timedelta(hours=1))
    return (
        SignOff("preparer", "张三", prepared),
        SignOff("reviewer", "李四", reviewed),
        SignOff("signer", "王五", hall_time(at)),
    )


def files_of(certificate: Certificate) -> dict[str, bytes]:
    printed_numbers = "，".join(
        f"{each.metric_name} {each.printed} {each.display_unit}" for each in certificate.numbers
    )
    text = f"{certificate.month} 第 {certificate.revision} 次\n{printed_numbers}。\n{certificate.code}\n"
    return {"section.txt": text.encode(), "numbers.json": json.dumps(certificate.code).encode()}


@dataclass
class Month:
    """A month that is about to be certified; a test changes what it is about."""

    archive: Archive
    month: str = "2025-03"
    at: datetime = MARCH
    reason: Reason | Any = ""
    note: str = ""

    def drafted(self, values: Sequence[MonthlyNumber] | None = None, **changes: Any) -> Certificate:
        extracts = changes.pop("extracts") if "extracts" in changes else land(self.archive, self.month)
        fields: dict[str, Any] = {
            "hall": HALL,
            "month": self.month,
            "numbers": numbers() if values is None else values,
            "foundation": foundation(extracts),
            "policy": "automatic",
            "sign_offs": by_service(self.at),
            "reason": self.reason,
            "note": self.note,
        }
        return draft(self.archive, Candidate(**fields | changes))

    def certified(self, values: Sequence[MonthlyNumber] | None = None, **changes: Any) -> LedgerEntry:
        return sealed(self.archive, self.drafted(values, **changes))


def sealed(archive: Archive, drafted: Certificate, signing: SigningKey = SERVICE) -> LedgerEntry:
    return certify(archive, drafted, files_of(drafted), signing)


def three_certificates(archive: Archive) -> list[LedgerEntry]:
    """February, March, and March revised by a later pull of its extracts."""
    correction: Mapping[str, Any] = {"reason": "source_correction", "note": "窗口系统更正 3 月 12 日出件数"}
    return [
        Month(archive, "2025-02", MARCH - timedelta(days=28)).certified(numbers(2_000)),
        Month(archive).certified(),
        Month(archive, at=MARCH + timedelta(days=20), **correction).certified(
            numbers(2_417), extracts=land(archive, "2025-03", sequence=2)
        ),
    ]
