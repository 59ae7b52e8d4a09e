"""Form 1, which 0.1 wrote: read, verified and forged in vain; a ledger that began with it goes on in form 2."""

import json
import tarfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.certificate import CertificateError, Envelope, Head, SignOff, SignRole
from reports.certificates.evidence import EvidenceStore
from reports.certificates.invariants import broken_invariants
from reports.certificates.ledger import Archive, read_envelope
from reports.certificates.signers import Signer, SigningKey, authenticity_problems, key_id
from reports.certificates.verification import verify, verify_release
from tests.certificates import (
    DIRECTOR,
    MARCH,
    REVIEWER,
    SERVICE,
    SIGNERS,
    STRANGER,
    Month,
    archive_in,
    by_hand,
    numbers,
    sealed,
    told,
)
from tests.moments import hall_time

GOLDEN = Path(__file__).parent / "golden" / "0.1.0.tar.xz"
FIRST, SECOND = "000001-2025-03-r1.json", "000002-2025-03-r2.json"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """What 0.1 certified, with its signers; somebody of today may sign too."""
    with tarfile.open(GOLDEN) as golden:
        golden.extractall(tmp_path, filter="data")
    listed = tomllib.loads((tmp_path / "demo" / "signers.toml").read_text(encoding="utf-8"))
    return archive_in(tmp_path, [*(Signer(**signer) for signer in listed["signers"]), *SIGNERS])


@pytest.fixture(scope="module")
def golden() -> bytes:
    """March's first certificate."""
    with tarfile.open(GOLDEN) as archive:
        file = archive.extractfile(f"certificates/{FIRST}")
        assert file
        return file.read()


def read(content: bytes) -> Envelope:
    return read_envelope(content, EvidenceStore(Path("nowhere")))


def test_it_is_told_as_what_it_is(golden: bytes) -> None:
    envelope = read(golden)
    certificate = envelope.certificate
    assert (certificate.form, certificate.code, certificate.site) == (1, "WQSZ-TRTB-DYQJ", certificate.hall.code)
    assert (certificate.head, certificate.evidence, certificate.texts) == (None, {}, {})
    assert certificate.place.at == certificate.sign_offs[-1].at
    assert (certificate.by_metric["phone_consultations"].exact, envelope.content) == (1_187, golden)
    foundation = certificate.foundation
    assert (foundation.systems, foundation.facts, foundation.settings, foundation.bases) == ({}, {}, {}, ())
    assert {extract.landed_at for extract in foundation.extracts} == {""}
    assert broken_invariants(certificate) == []


def test_its_one_signature_is_over_the_bytes_that_come_first(golden: bytes, archive: Archive) -> None:
    envelope = read(golden)
    assert golden.startswith(b'{"certificate":' + envelope.statements[0])
    (signer,) = [each for each in archive.signers if each.key == envelope.signatures[0].key]
    signer.verifier().verify(bytes.fromhex(envelope.signatures[0].value), envelope.statements[0])
    assert authenticity_problems(envelope, archive.signers) == []


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text + b"\n", "canonical form"),
        (lambda text: text.replace(b'"exact":1187', b'"exact": 1187'), "canonical form"),
        (lambda text: text.replace(b'"exact":1187', b'"exact":"1187"'), "numbers"),
        (lambda text: text.replace(b'"automatic"', b'"nobody"'), "certificate.policy"),
        (lambda text: text.replace(b"certificate 1", b"certificate 2"), "certificate.kind"),
        (lambda text: text.replace(b"+08:00", b"+0800"), "written like"),
        (lambda text: text.replace(b'{"certificate":', b'{"candidate":'), "can't be read"),
        (lambda text: text[:100], "the whole file"),
    ],
)
def test_it_is_exactly_its_bytes(golden: bytes, spoil: Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        read(spoil(golden))


def test_nobody_signed_off(golden: bytes) -> None:
    document = json.loads(golden)
    document["certificate"]["sign_offs"] = []
    seal = canonical_json({"key": document["key"], "signature": document["signature"]})
    emptied = b'{"certificate":' + canonical_json(document["certificate"]) + b"," + seal.removeprefix(b"{")
    with pytest.raises(CertificateError, match="nobody signed off"):
        read(emptied)


def test_a_ledger_of_form_1_is_sound(archive: Archive) -> None:
    found = verify(archive)
    assert (found.problems, found.certificates, found.not_checked) == ((), 2, ())
    release = archive.published / "2025-03" / "r2"
    assert verify_release(release, archive.signers, landing=archive.landing).problems == ()


def test_rows_of_form_1_are_not_counted_here_and_that_is_no_fault(archive: Archive) -> None:
    found = verify(archive, rows=True)
    assert found.problems == ()
    assert found.not_checked == tuple(
        f"the rows behind {name}: form 1 doesn't say which are stocks; `yuebao trace` counts them"
        for name in (FIRST, SECOND)
    )


def forge(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"exact":1187', b'"exact":1197'), (b'"revision":1', b'"revision":2'), (b'"name":"demo', b'"name":"Demo')],
)
def test_a_forged_certificate(archive: Archive, old: bytes, new: bytes) -> None:
    forge(archive.certificates / FIRST, old, new)
    lines = told(verify(archive))
    assert f"{FIRST}: its signature doesn't fit: it was changed after it was signed" in lines
    assert f"{SECOND}: the chain is broken: it doesn't follow {FIRST} as that file is now" in lines


def judged(
    golden: bytes, sign_offs: Sequence[SignOff], key: SigningKey = DIRECTOR, signers: Any = SIGNERS
) -> list[str]:
    """What is said of a certificate of form 1 that three persons are named in, of whom the last signed."""
    certificate = replace(read(golden).certificate, policy="manual", sign_offs=tuple(sign_offs))
    return authenticity_problems(Envelope(certificate, (key.sign(b"text"),), (b"text",), b""), signers)


def named(role: SignRole, name: str) -> SignOff:
    return SignOff(role, name, hall_time(MARCH))


def test_three_persons_of_whom_the_last_signed(golden: bytes) -> None:
    assert judged(golden, by_hand()) == []


@pytest.mark.parametrize(
    ("sign_offs", "key", "message"),
    [
        (
            (named("preparer", "张三"), named("reviewer", "李四"), named("signer", "李四")),
            REVIEWER,
            "李四 is listed as reviewer, not as signer",
        ),
        (
            (named("preparer", "李四"), named("reviewer", "李四"), named("signer", "王五")),
            DIRECTOR,
            "李四 is both preparer and reviewer: they must be different persons",
        ),
        (
            (named("preparer", "赵六"), named("reviewer", "李四"), named("signer", "王五")),
            DIRECTOR,
            "preparer 赵六 is not in the list of signers",
        ),
        (by_hand(), SERVICE, "it names 王五 as signer, but is signed with the key of service"),
        (by_hand(), STRANGER, ", which is not in the list of signers"),
        (by_hand()[1:], DIRECTOR, "under the policy manual it needs preparer, reviewer, signer, but it has reviewer"),
    ],
)
def test_wrong_persons(golden: bytes, sign_offs: Sequence[SignOff], key: SigningKey, message: str) -> None:
    assert [problem for problem in judged(golden, sign_offs, key) if message in problem]


def test_names_alone_are_judged_by_the_list_too(golden: bytes) -> None:
    service, preparer, reviewer, director = SIGNERS
    expired = [service, preparer, replace(reviewer, valid_to=date(2025, 3, 1)), director]
    assert judged(golden, by_hand(), signers=expired) == [
        "reviewer 李四 had expired on 2025-04-02: the key counted until 2025-03-01"
    ]
    shared = [service, preparer, replace(reviewer, public_key=DIRECTOR.public_key), director]
    assert judged(golden, by_hand(), signers=shared) == [
        f"reviewer 李四 and signer 王五 share the key {key_id(DIRECTOR.public_key)}"
    ]


def test_the_ledger_goes_on_in_form_2(archive: Archive) -> None:
    """Its flags and revision notes follow from certificates of form 1, and its head says which they were."""
    moment = datetime.now(UTC)
    newest = archive.ledger.head()
    entry = sealed(archive, Month(archive, "2025-04", moment).drawn(numbers(phoned=1_300)), at=moment)
    certificate = entry.certificate
    assert (certificate.form, certificate.head) == (2, newest)
    assert newest == Head(2, sha256((archive.certificates / SECOND).read_bytes()))
    assert certificate.foundation.notes == ("2025 年 3 月电话咨询由 1187 人（次）修订为 1195 人（次）（迟报补报）。",)
    assert [(base.month, base.revision) for base in certificate.foundation.bases] == [("2025-03", 1), ("2025-03", 2)]
    found = verify(archive, rows=True)
    assert (found.problems, found.certificates, len(found.not_checked)) == ((), 3, 2)
    forge(archive.certificates / SECOND, b'"exact":1195', b'"exact":1196')
    lines = told(verify(archive))
    assert f"{SECOND}: its signature doesn't fit: it was changed after it was signed" in lines
    assert f"{entry.path.name}: its signers saw another certificate 2 than the ledger holds now" in lines
    assert f"{entry.path.name}: other certificates stood before it than those that it compares with" in lines
