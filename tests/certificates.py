"""A small hall for tests of certified numbers: two systems, five signers, extracts with a row for each measure."""

import io
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    CertifiedExtract,
    CertifiedHall,
    CertifiedSystem,
    CheckResult,
    DayRule,
    Foundation,
    Program,
    Reason,
    SignOff,
    Wording,
)
from reports.certificates.certification import Drawn, Grounds, MonthToCertify, certify, draw_up, sign
from reports.certificates.form_2 import Signed, envelope_of
from reports.certificates.ledger import Archive, LedgerEntry
from reports.certificates.release import begin_sites, complete_releases, stage
from reports.certificates.release_text import release_files
from reports.certificates.signers import Signer, SigningKey
from reports.certificates.verification import Verification
from reports.figures.months import days_of
from reports.figures.numbers import MonthlyNumber
from reports.figures.rounding import printed
from tests.moments import hall_time

HALL = CertifiedHall("510000", "四川省政务服务大厅")
SYSTEMS = ("courier", "window_system")
BY_COURIER = ("phone_consultations", "parcels_mailed")
SETTINGS = {"hall.toml": b'code = "510000"\n', "catalogue/sites.csv": b"hall_code\n510000\n"}
FACTS = b"PAR1 facts PAR1"
# When extracts were landed: before anybody signs.
LANDED = "2010-01-02T00:00:00+00:00"
MARCH = datetime(2025, 4, 2, 8, 0, tzinfo=UTC)


def key() -> SigningKey:
    return SigningKey(Ed25519PrivateKey.generate())


SERVICE, PREPARER, REVIEWER, DIRECTOR, STRANGER = key(), key(), key(), key(), key()
SIGNERS = (
    Signer("service", "service", SERVICE.public_key, date(2010, 1, 1)),
    Signer("张三", "preparer", PREPARER.public_key, date(2010, 1, 1)),
    Signer("李四", "reviewer", REVIEWER.public_key, date(2010, 1, 1)),
    Signer("王五", "signer", DIRECTOR.public_key, date(2010, 1, 1), date(2025, 12, 31)),
)


def archive_in(folder: Path, signers: Sequence[Signer] = SIGNERS) -> Archive:
    return Archive(folder / "certificates", folder / "landing", folder / "published", signers)


def land(
    archive: Archive,
    month: str,
    sequence: int = 1,
    systems: Sequence[str] = SYSTEMS,
    values: Sequence[MonthlyNumber] | None = None,
) -> list[CertifiedExtract]:
    """One extract per system and day, whose rows add up to the values; the window is closed on Sundays."""
    values = numbers() if values is None else values
    totals = {each.measures[0]: int(each.exact) for each in values if len(each.measures) == 1}
    extracts = []
    for system in systems:
        for day in days_of(month):
            closed = system == "window_system" and day.weekday() == 6
            rows = tuple((measure, _share(day, totals.get(measure, 0))) for measure in measures_of(system, values))
            extracts.append(landed(archive, system, day, sequence, None if closed else rows))
    return extracts


def measures_of(system: str, values: Sequence[MonthlyNumber]) -> tuple[str, ...]:
    """What a system counts: the courier its own measures, the window all others, further systems nothing."""
    measures = dict.fromkeys(measure for each in values for measure in each.measures)
    shares = {
        "courier": tuple(measure for measure in measures if measure in BY_COURIER),
        "window_system": tuple(measure for measure in measures if measure not in BY_COURIER),
    }
    return shares.get(system, ())


def landed(
    archive: Archive, system: str, day: date, sequence: int, rows: tuple[tuple[str, int], ...] | None
) -> CertifiedExtract:
    """An extract with a row for each measure, or a closed day."""
    folder = archive.landing / system / str(day)
    folder.mkdir(parents=True, exist_ok=True)
    content = _parquet(rows or ())
    state: Any = "closed" if rows is None else "answered"
    stated = {"system": system, "stat_date": str(day), "sha256": sha256(content), "halls": {HALL.code: {}}}
    entry = json.dumps(stated).encode()
    file = f"{sequence:04d}-{sha256(content)[:12]}.parquet"
    (folder / file).write_bytes(content)
    (folder / file).with_suffix(".json").write_bytes(entry)
    digests = sha256(content), sha256(content[4:-4]), sha256(entry)
    return CertifiedExtract(system, str(day), state, sequence, file, *digests, LANDED)


@cache
def _parquet(rows: tuple[tuple[str, int], ...]) -> bytes:
    columns: dict[str, Any] = {
        "hall_code": pa.array(["510000"] * len(rows), pa.string()),
        "department_code": pa.array(["D01"] * len(rows), pa.string()),
        "item_code": pa.array([None] * len(rows), pa.string()),
        "measure": pa.array([measure for measure, _ in rows], pa.string()),
        "count": pa.array([count for _, count in rows], pa.int64()),
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def _share(day: date, total: int) -> int:
    """The whole total on the first Monday, nothing on other days."""
    return total if day.weekday() == 0 and day.day <= 7 else 0


def wording(values: Sequence[MonthlyNumber]) -> Wording:
    """A text that prints every number."""
    names = {each.metric: each.metric_name for each in values}
    prints = (f"{name} {{{{ n.{metric} }}}}" for metric, name in sorted(names.items()))
    return Wording(f"{{{{ year }}}} 年 {{{{ month }}}} 月\n\n{'，'.join(prints)}。\n", {})


def foundation(extracts: Sequence[CertifiedExtract], values: Sequence[MonthlyNumber] | None = None) -> Foundation:
    values = numbers() if values is None else values
    answered = [extract.system for extract in extracts if extract.state == "answered"]
    systems = sorted({extract.system for extract in extracts})
    return Foundation(
        extracts=tuple(extracts),
        day_rules=tuple(DayRule(system, "counts_not_negative", answered.count(system), 0) for system in systems),
        build_checks=(CheckResult("unique_fct_daily_counts", "pass"), CheckResult("balance_open_cases", "warn")),
        systems={
            system: CertifiedSystem(system, measures_of(system, values)) for system in sorted({*SYSTEMS, *systems})
        },
        facts={"fct.parquet": sha256(FACTS)},
        settings={name: sha256(content) for name, content in SETTINGS.items()},
        wording=wording(values),
    )


def program(extracts: Sequence[CertifiedExtract]) -> Program:
    return Program(sha256(repr(extracts).encode()), "c" * 64, "7", "0.3.0", "d" * 64)


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


@dataclass
class Month:
    """A month that is about to be certified; a test changes what it is about."""

    archive: Archive
    month: str = "2025-03"
    at: datetime = MARCH
    reason: Reason | Any = ""
    note: str = ""

    def drawn(self, values: Sequence[MonthlyNumber] | None = None, **changes: Any) -> Drawn:
        extracts = changes.pop("extracts", None) or land(self.archive, self.month, values=values)
        fields: dict[str, Any] = {
            "hall": HALL,
            "site": HALL.code,
            "month": self.month,
            "numbers": numbers() if values is None else values,
            "program": program(extracts),
            "foundation": foundation(extracts, values),
            "settings": list(SETTINGS.values()),
            "policy": "automatic",
            "reason": self.reason,
            "note": self.note,
        }
        head, history = changes.pop("head", None), changes.pop("history", None)
        return draw_up(self.archive, MonthToCertify(**fields | changes), head, history)

    def certified(self, values: Sequence[MonthlyNumber] | None = None, **changes: Any) -> LedgerEntry:
        return sealed(self.archive, self.drawn(values, **changes), at=self.at)


def signed(drawn: Drawn, sign_offs: Sequence[SignOff], keys: Sequence[SigningKey]) -> list[Signed]:
    return [sign(drawn, key, sign_off) for sign_off, key in zip(sign_offs, keys, strict=True)]


def facts_in(archive: Archive) -> Path:
    folder = archive.published / "facts"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fct.parquet").write_bytes(FACTS)
    return folder


def sealed(archive: Archive, drawn: Drawn, signing: SigningKey = SERVICE, at: datetime = MARCH) -> LedgerEntry:
    return certify(
        archive, drawn, signed(drawn, by_service(at), [signing]), Grounds(facts_in(archive)), at=hall_time(at)
    )


def forced(archive: Archive, drawn: Drawn, signatures: Sequence[Signed], at: datetime = MARCH) -> LedgerEntry:
    """Add what the gate would refuse, as somebody with the files in hand can."""
    with archive.ledger.writing():
        place = archive.ledger.next_place(hall_time(at))
        sign_offs = tuple(one.sign_off for one in signatures)
        envelope = envelope_of(replace(drawn.certificate, place=place, sign_offs=sign_offs), signatures)
        documents = {digest: content for each in (drawn, *drawn.sites) for digest, content in each.documents.items()}
        archive.ledger.store.add(documents.values())
        if drawn.sites:
            begin_sites(archive.published, envelope.certificate)
        else:
            stage(archive.published, envelope, release_files(envelope.certificate), archive.ledger)
        entry = archive.ledger.append(envelope)
        complete_releases(archive.ledger, archive.published)
    return entry


def copied(archive: Archive, folder: Path, copy_function: Callable[[str, str], object] = shutil.copy2) -> Archive:
    """The same archive in another folder."""
    for name in ("certificates", "evidence", "landing", "published"):
        shutil.copytree(archive.certificates.with_name(name), folder / name, copy_function=copy_function)
    return archive_in(folder, archive.signers)


def three_certificates(archive: Archive) -> list[LedgerEntry]:
    """February, March, and March revised by a later pull of its extracts."""
    correction: Mapping[str, Any] = {"reason": "source_correction", "note": "窗口系统更正 3 月 12 日出件数"}
    return [
        Month(archive, "2025-02", MARCH - timedelta(days=28)).certified(numbers(2_000)),
        Month(archive).certified(),
        Month(archive, at=MARCH + timedelta(days=20), **correction).certified(
            numbers(2_417), extracts=land(archive, "2025-03", sequence=2, values=numbers(2_417))
        ),
    ]


def told(found: Verification) -> list[str]:
    """What was found, each with the name of its file."""
    return [f"{problem.file.name}: {problem.message}" for problem in found.problems]
