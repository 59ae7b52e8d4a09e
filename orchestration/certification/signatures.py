"""Signatures of people under the policy `manual`: a candidate waits in `signing/` until everyone has signed it.

`signing/<month>-r<n>/` holds the candidate, the text that it certifies, and a file for each signature. What is signed
knows nothing of its place in the ledger; it is added when the last signature is there. A candidate that no longer is
what would be certified is put aside with its signatures.
"""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestration.config.hall import load_own_hall
from orchestration.runtime.audit_log import record
from orchestration.runtime.errors import Refused
from orchestration.runtime.paths import Home
from reports.certificates.batch import TABLE, SiteRecord, read_table
from reports.certificates.canonical import canonical_json, read_canonical, sha256
from reports.certificates.certificate import BATCH, ROLES, SignOff, SignRole, moment_of, moment_text
from reports.certificates.certification import Drawn, require_clock, sign_digest
from reports.certificates.form_2 import Candidate, Signed, evidence_of, read_candidate
from reports.certificates.ledger import Archive
from reports.certificates.signers import Signer, SigningKey, key_id, signed_problems
from reports.files import write_bytes

_CANDIDATE = "candidate.json"
_TEXT = "section.txt"
# Of a batch, the table of its certificates.
_TABLE = "certificates.json"
# What a folder of the hall's own candidate has before its number.
_HALL = "r"


@dataclass(frozen=True)
class SigningRequest:
    """What somebody at another machine signs: the candidate, its text to be read, and who may sign it.

    `signers` are `role name key` of the list of signers; `candidate` is the canonical JSON, as text; `timezone` is the
    hall's, in which the signature's time is written.
    """

    kind: str
    month: str
    text: str
    candidate: str
    signers: tuple[str, ...]
    timezone: str


@dataclass(frozen=True)
class Waiting:
    """A candidate that waits for signatures, with its bytes and the folder in which it lies."""

    home: Home
    folder: Path
    content: bytes
    candidate: Candidate

    @property
    def month(self) -> str:
        """The month that it is of."""
        return self.candidate.period.name

    @property
    def digest(self) -> str:
        """The SHA-256 that is signed."""
        return sha256(self.content)

    @property
    def signed(self) -> list[Signed]:
        """The signatures that are there, in the order of the roles."""
        paths = [self.folder / f"{role}.json" for role in ROLES[self.candidate.policy]]
        return [_read_signed(path) for path in paths if path.exists()]

    @property
    def waits_for(self) -> list[SignRole]:
        """The roles that haven't signed yet, the next one first."""
        there = {one.role for one in self.signed}
        return [role for role in ROLES[self.candidate.policy] if role not in there]

    @property
    def records(self) -> tuple[SiteRecord, ...]:
        """Of a batch, its table.

        Raises:
            Refused: it can't be read, or isn't the candidate's.
        """
        try:
            content = (self.folder / _TABLE).read_bytes()
            rows = read_table(content)
        except (OSError, ValueError) as error:
            raise Refused(f"{self.folder / _TABLE} can't be read ({error}); move its folder away") from error
        if sha256(content) != self.candidate.evidence[TABLE]:
            raise Refused(f"{self.folder / _TABLE} isn't the table that is signed; move its folder away")
        return rows

    def put_aside(self, why: str) -> None:
        """Void it: nothing of it counts any more, and the audit log says so."""
        names = [one.name for one in self.signed]
        record(self.home, "signatures voided", month=self.month, candidate=self.digest, signed=names, why=why)
        target = self.home.signing / "void" / f"{self.folder.name}-{self.digest[:12]}"
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(exist_ok=True)
        self.folder.rename(target)

    def clear_away(self) -> None:
        """Its certificate is in the ledger: nothing waits any more."""
        shutil.rmtree(self.folder)

    def sign(self, archive: Archive, role: SignRole, key: SigningKey) -> Signed:
        """Sign as the person whose key it is.

        Raises:
            Refused: it isn't this role's turn, or the key isn't of a person who may.
            CertificateError: the clock is wrong.
        """
        require_clock(archive)
        signer = _signer_of(archive.signers, role, key)
        return self._add(
            archive, sign_digest(self.digest, key, SignOff(role, signer.name, moment_text(load_own_hall().hall.now())))
        )

    def take(self, archive: Archive, answer: Path) -> Signed:
        """Take in a signature that was made at another machine.

        Raises:
            Refused: it is of another candidate, it isn't this role's turn, or the person may not sign.
        """
        return self._add(archive, _read_signed(answer))

    def request(self, archive: Archive) -> bytes:
        """What somebody at another machine needs to sign."""
        signers = tuple(f"{signer.role} {signer.name} {signer.public_key}" for signer in archive.signers)
        text = (self.folder / _TEXT).read_text(encoding="utf-8")
        zone = load_own_hall().hall.timezone
        return canonical_json(
            asdict(SigningRequest("yuebao signing request 3", self.month, text, self.content.decode(), signers, zone))
        )

    def _add(self, archive: Archive, signed: Signed) -> Signed:
        """Keep a signature that will count; the audit log has it first."""
        if signed.role not in self.waits_for[:1]:
            turn = self.waits_for[0] if self.waits_for else "nobody"
            raise Refused(f"{self.month} waits for {turn}, not for {signed.role}; see `yuebao status {self.month}`")
        if problems := signed_problems(signed.sign_off, *evidence_of(self.digest, signed), archive.signers):
            raise Refused(f"this is no signature of what waits of {self.month}: {'; '.join(problems)}")
        self._require_time(archive, signed)
        for one in self.signed:
            if signed.name == one.name or signed.key == one.key:
                raise Refused(f"{one.name} signed as {one.role} already, and one person can't do two of the roles")
        record(self.home, "signing", month=self.month, candidate=self.digest, role=signed.role, name=signed.name)
        write_bytes(self.folder / f"{signed.role}.json", canonical_json(asdict(signed)))
        return signed

    def _require_time(self, archive: Archive, signed: Signed) -> None:
        """Refuse a signature of before those that it follows, or of a time to come."""
        newest = archive.ledger.newest()
        counts = newest is not None and newest.sha256 not in archive.ledger.excused
        before = [newest.certificate.place.at] if newest and counts else []
        floor = max([*before, *(one.at for one in self.signed)], key=moment_of, default="")
        # Both are to the second.
        clock, at = load_own_hall().hall.now().replace(microsecond=0), moment_of(signed.at)
        if at > clock or (floor and at < moment_of(floor)):
            raise Refused(
                f"{signed.name} signed at {signed.at}; what it follows is of {floor or 'no time'}, and the clock says "
                f"{moment_text(clock)}: one of the clocks is wrong, so set it right and sign anew"
            )


def waiting_of(home: Home, month: str, kind: str = _HALL) -> Waiting | None:
    """The candidate of a month that waits for signatures: the hall's own, or of kind `BATCH` that of its sites.

    Raises:
        Refused: its file can't be read, or was changed.
    """
    paths = sorted(home.signing.glob(f"{month}-{kind}[0-9]*/{_CANDIDATE}"))
    if not paths:
        return None
    try:
        content = paths[-1].read_bytes()
        return Waiting(home, paths[-1].parent, content, read_candidate(content))
    except (OSError, ValueError) as error:
        raise Refused(f"{paths[-1]} can't be read as a candidate ({error}); move its folder away") from error


def all_waiting(home: Home) -> list[Waiting]:
    """Every candidate that waits for signatures, by month; raises as `waiting_of`."""
    folders = {path.parent.name.rpartition("-") for path in home.signing.glob(f"[0-9]*/{_CANDIDATE}")}
    kinds = sorted({(month, number[0]) for month, _, number in folders})
    return [waiting for month, kind in kinds if (waiting := waiting_of(home, month, kind))]


def require_waiting(home: Home, month: str, kind: str = _HALL) -> Waiting:
    """As `waiting_of`.

    Raises:
        Refused: nothing waits.
    """
    if waiting := waiting_of(home, month, kind):
        return waiting
    raise Refused(f"nothing of {month} waits for a signature; draw it up with `yuebao certify {month}`")


def wait_for_signatures(home: Home, drawn: Drawn) -> Waiting:
    """Have a candidate wait, unless it does already; another one of its month is put aside."""
    certificate, content = drawn.certificate, drawn.content
    kind = BATCH if certificate.is_batch else _HALL
    before = waiting_of(home, certificate.month, kind)
    if before and before.content == content:
        return before
    if before:
        before.put_aside("an extract, the text or a setting changed since")
    folder = home.signing / f"{certificate.month}-{kind}{certificate.revision}"
    write_bytes(folder / _TEXT, drawn.text)
    if drawn.sites:
        write_bytes(folder / _TABLE, drawn.documents[certificate.evidence[TABLE]])
    write_bytes(folder / _CANDIDATE, content)
    return Waiting(home, folder, content, read_candidate(content))


def answer_request(request: Path, role: SignRole, key: SigningKey) -> bytes:
    """Sign a request at another machine, and return the answer.

    Raises:
        Refused: it is no request, or the key isn't of a person who may.
    """
    try:
        asked = read_canonical(SigningRequest, request.read_bytes(), lambda one: canonical_json(asdict(one)))
        candidate = read_candidate(asked.candidate.encode())
    except (OSError, ValueError) as error:
        raise Refused(f"{request} can't be read as a request to sign: {error}") from error
    if candidate.texts.get(_TEXT) != sha256(asked.text.encode()):
        raise Refused(f"{request}: its text isn't the one that is to be signed")
    own = [line.split(" ") for line in asked.signers if line.startswith(f"{role} ") and line.endswith(key.public_key)]
    if not own:
        raise Refused(f"key {key_id(key.public_key)} isn't listed as {role}'s")
    name = " ".join(own[0][1:-1])
    at = moment_text(datetime.now(ZoneInfo(asked.timezone)))
    signed = sign_digest(sha256(asked.candidate.encode()), key, SignOff(role, name, at))
    return canonical_json(asdict(signed))


def _read_signed(path: Path) -> Signed:
    try:
        return read_canonical(Signed, path.read_bytes(), lambda one: canonical_json(asdict(one)))
    except (OSError, ValueError) as error:
        raise Refused(f"{path} can't be read as a signature: {error}") from error


def _signer_of(signers: Sequence[Signer], role: SignRole, key: SigningKey) -> Signer:
    for signer in signers:
        if (signer.public_key, signer.role) == (key.public_key, role):
            return signer
    raise Refused(f"key {key_id(key.public_key)} isn't listed as {role}'s; see the list of signers")
