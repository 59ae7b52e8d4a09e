"""Who may sign: keys, roles, validity, distinct persons, and passphrases that show nowhere."""

import logging
import pickle
import re
import tomllib
import traceback
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import SecretStr

from reports.certificates.canonical import canonical_json, sha256
from reports.certificates.certificate import CertificateError, Envelope, SignOff
from reports.certificates.certification import Drawn, Grounds, certify
from reports.certificates.form_2 import Signed, envelope_of, evidence_of
from reports.certificates.release import release_of
from reports.certificates.signers import (
    Signer,
    SignerError,
    SigningKey,
    authenticity_problems,
    create_key,
    key_id,
    load_key,
    signed_problems,
)
from reports.certificates.verification import verify
from tests.certificates import (
    DIRECTOR,
    MARCH,
    PREPARER,
    REVIEWER,
    SERVICE,
    SIGNERS,
    STRANGER,
    Month,
    archive_in,
    by_hand,
    by_service,
    facts_in,
    sealed,
    signed,
)
from tests.moments import hall_time

SECRET = "correct horse 电池 staple"
PASSPHRASE = SecretStr(SECRET)
SERVICE_KEY, PREPARER_KEY, REVIEWER_KEY, DIRECTOR_KEY = SIGNERS
THREE_KEYS = (PREPARER, REVIEWER, DIRECTOR)
UNFIT = "its signature doesn't fit: it was changed after it was signed"


def manual(tmp_path: Path, sign_offs: Any = None, keys: Sequence[SigningKey] = THREE_KEYS) -> Envelope:
    """A candidate that people signed, each with a key."""
    drawn = Month(archive_in(tmp_path)).drawn(policy="manual")
    return envelope(drawn, signed(drawn, by_hand() if sign_offs is None else sign_offs, keys))


def automatic(tmp_path: Path, signing: SigningKey = SERVICE, at: datetime = MARCH) -> Envelope:
    """A candidate that the service signed."""
    drawn = Month(archive_in(tmp_path)).drawn()
    return envelope(drawn, signed(drawn, by_service(at), [signing]))


def envelope(drawn: Drawn, made: Sequence[Signed]) -> Envelope:
    """A candidate with signatures, which say themselves who signed."""
    return envelope_of(replace(drawn.certificate, sign_offs=tuple(one.sign_off for one in made)), made)


def judged(envelope: Envelope, signers: Any = SIGNERS) -> list[str]:
    return authenticity_problems(envelope, signers)


def named(role: Any, name: str, at: datetime = MARCH) -> SignOff:
    return SignOff(role, name, hall_time(at))


def test_both_policies_are_signed_and_verified(tmp_path: Path) -> None:
    assert judged(manual(tmp_path)) == []
    assert judged(automatic(tmp_path)) == []


def test_each_of_three_signs_with_a_key_of_their_own(tmp_path: Path) -> None:
    assert [signature.key for signature in manual(tmp_path).signatures] == [
        key_id(each.public_key) for each in THREE_KEYS
    ]


def test_a_signature_is_plain_ed25519_over_the_candidates_digest_and_who_signs_when(tmp_path: Path) -> None:
    drawn = Month(archive_in(tmp_path)).drawn(policy="manual")
    made = signed(drawn, by_hand(), THREE_KEYS)
    for one, signer in zip(made, SIGNERS[1:], strict=True):
        stated = {"kind": "yuebao signature 2", "candidate": sha256(drawn.content)}
        who = {"role": one.role, "name": one.name, "at": one.at}
        signer.verifier().verify(bytes.fromhex(one.value), canonical_json({**stated, **who}))
        assert one.key == signer.key
    whole = envelope(drawn, made)
    for signature, over, signer in zip(whole.signatures, whole.statements, SIGNERS[1:], strict=True):
        signer.verifier().verify(bytes.fromhex(signature.value), over)


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("value", ["", "zz", "ab" * 64, "upper", "spaced"])
def test_a_signature_that_does_not_fit(tmp_path: Path, value: str, position: int) -> None:
    whole = manual(tmp_path)
    good = whole.signatures[position].value
    written = {"upper": good.upper(), "spaced": " ".join((good[:64], good[64:]))}
    signatures = list(whole.signatures)
    signatures[position] = replace(signatures[position], value=written.get(value, value))
    assert judged(replace(whole, signatures=tuple(signatures))) == [UNFIT]


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(
    "changes", [{"role": "service"}, {"name": "赵六"}, {"at": hall_time(MARCH - timedelta(hours=3))}]
)
def test_role_name_and_time_are_part_of_what_is_signed(tmp_path: Path, position: int, changes: Any) -> None:
    drawn = Month(archive_in(tmp_path)).drawn(policy="manual")
    made = signed(drawn, by_hand(), THREE_KEYS)
    made[position] = replace(made[position], **changes)
    assert judged(envelope(drawn, made)) == [UNFIT]


def test_a_signature_is_of_one_candidate_only(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drawn, other = Month(archive).drawn(policy="manual"), Month(archive).drawn(policy="manual", site="510100")
    made = signed(drawn, by_hand(), THREE_KEYS)
    for position in range(3):
        mixed = list(made)
        mixed[position] = signed(other, by_hand(), THREE_KEYS)[position]
        assert judged(envelope(drawn, mixed)) == [UNFIT]


def test_two_persons_cannot_change_places(tmp_path: Path) -> None:
    drawn = Month(archive_in(tmp_path)).drawn(policy="manual")
    prepared, reviewed, last = signed(drawn, by_hand(), THREE_KEYS)
    wanted = "under the policy manual it needs preparer, reviewer, signer, but it has reviewer, preparer, signer"
    assert judged(envelope(drawn, [reviewed, prepared, last])) == [wanted]
    assert judged(envelope(drawn, [prepared, reviewed, last, last]))[0].startswith("under the policy manual")


@pytest.mark.parametrize("position", [0, 1, 2])
def test_an_unlisted_key(tmp_path: Path, position: int) -> None:
    keys = [STRANGER if place == position else each for place, each in enumerate(THREE_KEYS)]
    unlisted = [f"it is signed with key {key_id(STRANGER.public_key)}, which is not in the list of signers"]
    assert judged(manual(tmp_path, keys=keys)) == unlisted
    assert judged(automatic(tmp_path, STRANGER)) == unlisted


def test_an_expired_key(tmp_path: Path) -> None:
    signers = [replace(SERVICE_KEY, valid_to=date(2025, 4, 1))]
    assert judged(automatic(tmp_path), signers) == [
        "service service had expired on 2025-04-02: the key counted until 2025-04-01"
    ]
    assert judged(automatic(tmp_path), [replace(SERVICE_KEY, valid_to=date(2025, 4, 2))]) == []


def test_a_key_that_is_not_yet_valid(tmp_path: Path) -> None:
    signers = [replace(SERVICE_KEY, valid_from=date(2025, 4, 3))]
    assert judged(automatic(tmp_path), signers) == [
        "service service is not yet valid on 2025-04-02: the key counts from 2025-04-03"
    ]


def test_days_are_counted_in_hall_time(tmp_path: Path) -> None:
    late = datetime.fromisoformat("2025-04-01T17:00:00+00:00")
    assert judged(automatic(tmp_path, at=late), [replace(SERVICE_KEY, valid_from=date(2025, 4, 2))]) == []


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ([(date(2025, 1, 1), date(2025, 3, 1)), (date(2025, 5, 1), None)], "had expired on 2025-04-02: .* 2025-03-01$"),
        ([(date(2025, 6, 1), None), (date(2025, 5, 1), None)], "is not yet valid on 2025-04-02: .* 2025-05-01$"),
        (
            [(date(2025, 1, 1), date(2025, 2, 1)), (date(2025, 2, 1), date(2025, 3, 1))],
            "had expired on 2025-04-02: .* 2025-03-01$",
        ),
    ],
)
def test_a_signer_who_is_listed_for_other_times_only(tmp_path: Path, listed: Any, message: str) -> None:
    signers = [replace(SERVICE_KEY, valid_from=first, valid_to=last) for first, last in listed]
    (problem,) = judged(automatic(tmp_path), signers)
    assert re.search(message, problem)


def test_everybody_who_holds_a_key_and_every_role_of_a_person_is_told(tmp_path: Path) -> None:
    both = [replace(PREPARER_KEY, name="钱七"), PREPARER_KEY, replace(REVIEWER_KEY, role="preparer"), *SIGNERS[2:]]
    sign_offs = (named("preparer", "赵六"), named("reviewer", "李四"), named("signer", "李四"))
    assert judged(manual(tmp_path, sign_offs, (PREPARER, REVIEWER, REVIEWER)), both) == [
        "it names 赵六 as preparer, but is signed with the key of 张三, 钱七",
        "李四 is listed as preparer, reviewer, not as signer",
        "李四 is both reviewer and signer: they must be different persons",
    ]


def test_one_signature_is_judged_before_the_others_are_there(tmp_path: Path) -> None:
    (one,) = signed(Month(archive_in(tmp_path)).drawn(policy="manual"), by_hand()[:1], (PREPARER,))
    drawn = Month(archive_in(tmp_path)).drawn(policy="manual")
    signature, over = evidence_of(sha256(drawn.content), one)
    assert signed_problems(one.sign_off, signature, over, SIGNERS) == []
    assert signed_problems(one.sign_off, signature, b"another", SIGNERS) == [UNFIT]
    assert signed_problems(named("preparer", "李四"), signature, over, SIGNERS) == [
        "it names 李四 as preparer, but is signed with the key of 张三"
    ]


def test_a_signer_is_written_as_the_list_has_it() -> None:
    assert tomllib.loads(SERVICE_KEY.entry() + DIRECTOR_KEY.entry()) == {
        "signers": [
            {name: value for name, value in asdict(signer).items() if value} for signer in (SERVICE_KEY, DIRECTOR_KEY)
        ]
    }
    assert 'name = "王五"' in DIRECTOR_KEY.entry()
    quoted = replace(DIRECTOR_KEY, name='王"五')
    assert tomllib.loads(quoted.entry())["signers"][0]["name"] == '王"五'


def test_a_renewed_signer_is_listed_twice(tmp_path: Path) -> None:
    old = replace(SERVICE_KEY, valid_to=date(2025, 1, 31))
    renewed = replace(SERVICE_KEY, valid_from=date(2025, 2, 1))
    assert judged(automatic(tmp_path), [old, renewed]) == []


@pytest.mark.parametrize(
    ("sign_offs", "keys", "message"),
    [
        (
            (named("preparer", "张三"), named("reviewer", "李四"), named("signer", "李四")),
            (PREPARER, REVIEWER, REVIEWER),
            "李四 is listed as reviewer, not as signer",
        ),
        (
            (named("preparer", "李四"), named("reviewer", "李四"), named("signer", "王五")),
            (REVIEWER, REVIEWER, DIRECTOR),
            "李四 is both preparer and reviewer: they must be different persons",
        ),
        (
            (named("preparer", "赵六"), named("reviewer", "李四"), named("signer", "王五")),
            THREE_KEYS,
            "it names 赵六 as preparer, but is signed with the key of 张三",
        ),
        (
            by_hand(),
            (PREPARER, REVIEWER, SERVICE),
            "it names 王五 as signer, but is signed with the key of service",
        ),
        (
            by_hand(),
            (DIRECTOR, REVIEWER, DIRECTOR),
            "it names 张三 as preparer, but is signed with the key of 王五",
        ),
        (
            by_hand(),
            (PREPARER, PREPARER, DIRECTOR),
            "it names 李四 as reviewer, but is signed with the key of 张三",
        ),
        (
            by_hand()[1:],
            (REVIEWER, DIRECTOR),
            "under the policy manual it needs preparer, reviewer, signer, but it has reviewer, signer",
        ),
        (
            by_service(),
            (SERVICE,),
            "under the policy manual it needs preparer, reviewer, signer, but it has service",
        ),
    ],
)
def test_wrong_persons(tmp_path: Path, sign_offs: Any, keys: Sequence[SigningKey], message: str) -> None:
    assert message in judged(manual(tmp_path, sign_offs, keys))


def test_one_person_under_two_names_is_known_by_the_key(tmp_path: Path) -> None:
    signers = [*SIGNERS[:2], replace(REVIEWER_KEY, public_key=DIRECTOR.public_key), DIRECTOR_KEY]
    assert judged(manual(tmp_path, keys=(PREPARER, DIRECTOR, DIRECTOR)), signers) == [
        f"reviewer 李四 and signer 王五 share the key {key_id(DIRECTOR.public_key)}"
    ]


def test_an_expired_reviewer(tmp_path: Path) -> None:
    signers = [*SIGNERS[:2], replace(REVIEWER_KEY, valid_to=date(2025, 3, 1)), DIRECTOR_KEY]
    assert judged(manual(tmp_path), signers) == [
        "reviewer 李四 had expired on 2025-04-02: the key counted until 2025-03-01"
    ]


def test_what_verify_refuses_is_not_signed(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drawn = Month(archive).drawn([])
    with pytest.raises(CertificateError) as refused:
        sealed(archive, drawn, STRANGER)
    assert "000001-2025-03-r1.json may not be signed" in str(refused.value)
    assert "it holds no number" in str(refused.value)
    assert "not in the list of signers" in str(refused.value)
    assert archive.ledger.links() == []
    release = release_of(archive.published, drawn.certificate)
    assert not release.exists()
    assert not release.parent.exists(), "no stage either"
    assert not archive.ledger.store.folder.exists()


def test_three_persons_sign_days_apart_and_two_are_not_enough(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    drawn = Month(archive).drawn(policy="manual")
    days = (timedelta(days=4), timedelta(days=1), timedelta())
    sign_offs = [replace(each, at=hall_time(MARCH - ago)) for each, ago in zip(by_hand(), days, strict=True)]
    made, facts = signed(drawn, sign_offs, THREE_KEYS), facts_in(archive)
    with pytest.raises(CertificateError, match="it needs preparer, reviewer, signer, but it has preparer, reviewer"):
        certify(archive, drawn, made[:2], Grounds(facts), at=hall_time(MARCH))
    swapped = signed(drawn, [replace(sign_offs[0], at=sign_offs[2].at), *sign_offs[1:]], THREE_KEYS)
    with pytest.raises(CertificateError, match="not prepared, reviewed and signed in this order"):
        certify(archive, drawn, swapped, Grounds(facts), at=hall_time(MARCH))
    assert archive.ledger.links() == []
    entry = certify(archive, drawn, made, Grounds(facts), at=hall_time(MARCH))
    assert entry.certificate.sign_offs == tuple(sign_offs)
    assert verify(archive, rows=True).problems == ()


def test_a_ledger_verifies_only_with_the_signers_that_made_it(tmp_path: Path) -> None:
    archive = archive_in(tmp_path)
    entry = Month(archive).certified()
    found = verify(replace(archive, signers=SIGNERS[1:]))
    assert [(problem.file, problem.message.split(",")[0]) for problem in found.problems] == [
        (entry.path, f"it is signed with key {entry.envelope.signatures[0].key}")
    ]
    assert found.not_checked == (
        "evidence, extracts and release of 000001-2025-03-r1.json, because it isn't sound itself",
    )


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
