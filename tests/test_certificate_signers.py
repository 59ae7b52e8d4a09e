"""Who may sign: keys, roles, validity, distinct persons, and passphrases that show nowhere."""

import logging
import pickle
import traceback
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from reports.certificates.certificate import Certificate, CertificateError, SignOff, hall_time
from reports.certificates.signers import (
    Signer,
    SignerError,
    SigningKey,
    authenticity_problems,
    create_key,
    key_id,
    load_key,
)
from reports.certificates.verification import verify
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
    by_service,
    sealed,
)

SECRET = "correct horse 电池 staple"
PASSPHRASE = SecretStr(SECRET)
SERVICE_KEY, PREPARER_KEY, REVIEWER_KEY, DIRECTOR_KEY = SIGNERS


def manual(tmp_path: Path, sign_offs: Any = None) -> Certificate:
    return Month(archive_in(tmp_path)).drafted(policy="manual", sign_offs=sign_offs or by_hand())


def automatic(tmp_path: Path) -> Certificate:
    return Month(archive_in(tmp_path)).drafted()


def judged(certificate: Certificate, signing: SigningKey, signers: Any = SIGNERS) -> list[str]:
    return authenticity_problems(signing.seal(certificate), signers)


def named(role: Any, name: str, at: datetime = MARCH) -> SignOff:
    return SignOff(role, name, hall_time(at))


def test_both_policies_are_signed_and_verified(tmp_path: Path) -> None:
    assert judged(manual(tmp_path), DIRECTOR) == []
    assert judged(automatic(tmp_path), SERVICE) == []


def test_the_signature_is_plain_ed25519_over_the_canonical_bytes(tmp_path: Path) -> None:
    envelope = SERVICE.seal(automatic(tmp_path))
    SERVICE_KEY.verifier().verify(bytes.fromhex(envelope.signature), envelope.signed_bytes)
    assert envelope.key == key_id(SERVICE.public_key) == SERVICE_KEY.key


@pytest.mark.parametrize("signature", ["", "zz", "ab" * 64, "upper", "spaced"])
def test_a_signature_that_does_not_fit(tmp_path: Path, signature: str) -> None:
    envelope = SERVICE.seal(automatic(tmp_path))
    written = {
        "upper": envelope.signature.upper(),
        "spaced": " ".join((envelope.signature[:64], envelope.signature[64:])),
    }
    forged = replace(envelope, signature=written.get(signature, signature))
    assert authenticity_problems(forged, SIGNERS) == ["its signature doesn't fit: it was changed after it was signed"]


def test_an_unlisted_key(tmp_path: Path) -> None:
    assert judged(automatic(tmp_path), STRANGER) == [
        f"it is signed with key {key_id(STRANGER.public_key)}, which is not in the list of signers"
    ]


def test_an_expired_key(tmp_path: Path) -> None:
    signers = [replace(SERVICE_KEY, valid_to=date(2025, 4, 1))]
    assert judged(automatic(tmp_path), SERVICE, signers) == [
        "service service had expired on 2025-04-02: the key counted until 2025-04-01"
    ]
    assert judged(automatic(tmp_path), SERVICE, [replace(SERVICE_KEY, valid_to=date(2025, 4, 2))]) == []


def test_a_key_that_is_not_yet_valid(tmp_path: Path) -> None:
    signers = [replace(SERVICE_KEY, valid_from=date(2025, 4, 3))]
    assert judged(automatic(tmp_path), SERVICE, signers) == [
        "service service is not yet valid on 2025-04-02: the key counts from 2025-04-03"
    ]


def test_days_are_counted_in_hall_time(tmp_path: Path) -> None:
    late = datetime.fromisoformat("2025-04-01T17:00:00+00:00")
    drafted = Month(archive_in(tmp_path), at=late).drafted(sign_offs=by_service(late))
    assert judged(drafted, SERVICE, [replace(SERVICE_KEY, valid_from=date(2025, 4, 2))]) == []


def test_a_renewed_signer_is_listed_twice(tmp_path: Path) -> None:
    old = replace(SERVICE_KEY, valid_to=date(2025, 1, 31))
    renewed = replace(SERVICE_KEY, valid_from=date(2025, 2, 1))
    assert judged(automatic(tmp_path), SERVICE, [old, renewed]) == []


@pytest.mark.parametrize(
    ("sign_offs", "signing", "message"),
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
        (
            by_hand()[1:],
            DIRECTOR,
            "under the policy manual it needs preparer, reviewer, signer, but it has reviewer, signer",
        ),
        (by_service(), SERVICE, "under the policy manual it needs preparer, reviewer, signer, but it has service"),
    ],
)
def test_wrong_persons(tmp_path: Path, sign_offs: Any, signing: SigningKey, message: str) -> None:
    assert message in judged(manual(tmp_path, sign_offs), signing)


def test_one_person_under_two_names_is_known_by_the_key(tmp_path: Path) -> None:
    signers = [*SIGNERS[:2], replace(REVIEWER_KEY, public_key=DIRECTOR.public_key), DIRECTOR_KEY]
    assert judged(manual(tmp_path), DIRECTOR, signers) == [
        f"reviewer 李四 and signer 王五 share the key {key_id(DIRECTOR.public_key)}"
    ]


def test_an_expired_reviewer(tmp_path: Path) -> None:
    signers = [*SIGNERS[:2], replace(REVIEWER_KEY, valid_to=date(2025, 3, 1)), DIRECTOR_KEY]
    assert judged(manual(tmp_path), DIRECTOR, signers) == [
        "reviewer 李四 had expired on 2025-04-02: the key counted until 2025-03-01"
    ]


def test_what_verify_refuses_is_not_signed(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drafted = Month(archive).drafted(numbers=())
    with pytest.raises(CertificateError) as refused:
        sealed(archive, drafted, STRANGER)
    assert "000001-2025-03-r1.json may not be signed" in str(refused.value)
    assert "it holds no number" in str(refused.value)
    assert "not in the list of signers" in str(refused.value)
    assert archive.ledger.links() == []
    assert not archive.published.exists()


def test_a_ledger_verifies_only_with_the_signers_that_made_it(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    entry = Month(archive).certified()
    found = verify(replace(archive, signers=SIGNERS[1:]))
    assert [(problem.file, problem.message.split(",")[0]) for problem in found.problems] == [
        (entry.path, f"it is signed with key {entry.envelope.key}")
    ]
    assert found.not_checked == ("extracts and release of 000001-2025-03-r1.json, because it isn't sound itself",)


def test_a_key_file_is_made_and_opened(tmp_path: Path) -> None:
    path = tmp_path / "wang.pem"
    public = create_key(path, PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_key(path, PASSPHRASE).public_key == public
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()


def unusable(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / "key.pem"
    private: Any = X25519PrivateKey.generate() if kind == "x25519" else Ed25519PrivateKey.generate()
    encryption: Any = serialization.NoEncryption()
    if kind != "open":
        encryption = serialization.BestAvailableEncryption(b"another" if kind == "another" else SECRET.encode())
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    if kind != "absent":
        path.write_bytes(b"hello" if kind == "text" else pem)
    return path


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("absent", "can't be read"),
        ("text", "no private key in PEM, or the passphrase doesn't open it"),
        ("another", "no private key in PEM, or the passphrase doesn't open it"),
        ("open", "needs a passphrase and to be encrypted with it"),
        ("x25519", "holds no Ed25519 key"),
    ],
)
def test_no_passphrase_in_errors_logs_or_texts(
    tmp_path: Path, kind: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SignerError, match=message) as refused:
        load_key(unusable(tmp_path, kind), PASSPHRASE)
    told = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    texts = ["".join(told.format()), caplog.text, repr(refused.value), repr(PASSPHRASE)]
    assert not [text for text in texts if SECRET in text or "horse" in text]


def test_a_signing_key_shows_its_id_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_key(path, PASSPHRASE)
    signing = load_key(path, PASSPHRASE)
    assert repr(signing) == f"SigningKey({key_id(signing.public_key)})"
    with pytest.raises(TypeError):
        pickle.dumps(signing)


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_key(path, PASSPHRASE)
    before = path.read_bytes()
    with pytest.raises(SignerError, match="never written over"):
        create_key(path, PASSPHRASE)
    assert path.read_bytes() == before


def test_a_key_needs_a_passphrase(tmp_path: Path) -> None:
    with pytest.raises(SignerError, match="needs a passphrase"):
        create_key(tmp_path / "key.pem", SecretStr(""))


@pytest.mark.parametrize("public_key", ["", "zz" * 32, "ab" * 31])
def test_a_listed_key_is_a_key(public_key: str) -> None:
    with pytest.raises(SignerError, match="64 hexadecimal digits"):
        Signer("王五", "signer", public_key, date(2025, 1, 1))
