"""Form 1, which version 0.1 wrote: everything in one file, one signature over all of it.

Its certificates are verified for ever and told as what they are; none is made any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Literal

from reports.certificates.canonical import canonical_json, read_canonical
from reports.certificates.certificate import (
    Certificate,
    CertifiedHall,
    CheckResult,
    DayRule,
    Envelope,
    Foundation,
    Place,
    Policy,
    Program,
    Reason,
    Signature,
    SignOff,
    short_code,
)
from reports.certificates.certificate import CertifiedExtract as Extract
from reports.figures.numbers import MonthlyNumber

OPENING = b'{"certificate":'


@dataclass(frozen=True)
class _Extract:
    system: str
    day: str
    state: Literal["answered", "closed"]
    sequence: int
    file: str
    sha256: str
    content_sha256: str
    entry_sha256: str


@dataclass(frozen=True)
class _DayRule:
    system: str
    rule: str
    passed: int
    warned: int


@dataclass(frozen=True)
class _Foundation:
    fingerprint: str
    catalogue_version: str
    suite_version: str
    code_version: str
    lock_sha256: str
    extracts: tuple[_Extract, ...]
    day_rules: tuple[_DayRule, ...]
    build_checks: tuple[CheckResult, ...]


@dataclass(frozen=True)
class _Number(MonthlyNumber):
    """A number of 0.1, which knew counts alone."""

    exact: int


@dataclass(frozen=True)
class _Certificate:
    kind: Literal["yuebao certificate 1"]
    sequence: int
    previous: str
    hall: CertifiedHall
    month: str
    revision: int
    reason: Reason | Literal[""]
    note: str
    numbers: tuple[_Number, ...]
    foundation: _Foundation
    policy: Policy
    sign_offs: tuple[SignOff, ...]
    files: Mapping[str, str]


@dataclass(frozen=True)
class _File:
    certificate: _Certificate
    key: str
    signature: str

    @property
    def statement(self) -> bytes:
        """What the signature is over."""
        return canonical_json(asdict(self.certificate))

    @property
    def content(self) -> bytes:
        """Canonical JSON, in which the signed bytes stand as they are and come first."""
        seal = canonical_json({"key": self.key, "signature": self.signature})
        return OPENING + self.statement + b"," + seal.removeprefix(b"{")


def read(content: bytes) -> Envelope:
    """Read a ledger file of form 1.

    Raises:
        ValueError: it is no such file, or isn't written exactly as one is.
    """
    file = read_canonical(_File, content, lambda file: file.content)
    if not file.certificate.sign_offs:
        raise ValueError("nobody signed off")
    signature = Signature("ed25519", file.key, file.signature)
    return Envelope(_model(file.certificate), (signature,), (file.statement,), content)


def _model(stated: _Certificate) -> Certificate:
    based = stated.foundation
    extracts = tuple(Extract(**vars(extract)) for extract in based.extracts)
    day_rules = tuple(DayRule(**vars(rule)) for rule in based.day_rules)
    foundation = Foundation(extracts, day_rules, based.build_checks)
    return Certificate(
        form=1,
        place=Place(stated.sequence, stated.previous, stated.sign_offs[-1].at),
        hall=stated.hall,
        site=stated.hall.code,
        month=stated.month,
        revision=stated.revision,
        reason=stated.reason,
        note=stated.note,
        numbers=tuple(MonthlyNumber(**vars(number)) for number in stated.numbers),
        program=Program(
            based.fingerprint, based.catalogue_version, based.suite_version, based.code_version, based.lock_sha256
        ),
        policy=stated.policy,
        sign_offs=stated.sign_offs,
        # The files that carry the code can't be hashed before it is known, so it stands for all but them.
        code=short_code(canonical_json(asdict(replace(stated, files={})))),
        files=stated.files,
        texts={},
        evidence={},
        head=None,
        read_foundation=lambda: foundation,
    )
