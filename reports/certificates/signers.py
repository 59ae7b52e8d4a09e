"""Who may sign, and with which key: the list of signers, private key files, and the judgement of a signature."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from reports.certificates.canonical import sha256
from reports.certificates.certificate import (
    ROLES,
    Certificate,
    Envelope,
    Signature,
    SignOff,
    SignRole,
    moment_of,
)
from reports.figures.validity import is_valid

if TYPE_CHECKING:
    from pydantic import SecretStr


class SignerError(Exception):
    """A key or a list of signers can't be used; the message never holds a passphrase or a private key."""


@dataclass(frozen=True)
class Signer:
    """A person, or the service, in one role; whoever has two roles or renews a key is listed twice.

    `public_key` is the raw Ed25519 key in hexadecimal (64 digits). It is valid from the first to the last day, both
    included, in hall time; None is open. An expired signer stays listed, or nothing signed then could be verified.

    Raises:
        SignerError: The key isn't written that way.
    """

    name: str
    role: SignRole
    public_key: str
    valid_from: date
    valid_to: date | None = None

    def __post_init__(self) -> None:
        try:
            self.verifier()
        except ValueError:
            raise SignerError(
                f"signer {self.name}: a public key is 64 hexadecimal digits, got {self.public_key!r}"
            ) from None

    @property
    def key(self) -> str:
        """The id by which an envelope names this key."""
        return key_id(self.public_key)

    def verifier(self) -> Ed25519PublicKey:
        """The key, ready to verify with."""
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))

    def entry(self) -> str:
        """The signer's entry in a list of signers, as TOML."""
        # A JSON string is a TOML string too, whatever the name holds.
        name = json.dumps(self.name, ensure_ascii=False)
        until = f"valid_to = {self.valid_to}\n" if self.valid_to else ""
        return (
            f'[[signers]]\nname = {name}\nrole = "{self.role}"\npublic_key = "{self.public_key}"\n'
            f"valid_from = {self.valid_from}\n{until}"
        )

    def valid_on(self, day: date) -> bool:
        """Whether the key counts on a day."""
        return is_valid(day, self.valid_from, self.valid_to)


class SigningKey:
    """A private key that can sign and do nothing else; it shows its id and no more."""

    __slots__ = ("_private", "public_key")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_key = private.public_key().public_bytes_raw().hex()

    def __repr__(self) -> str:
        return f"SigningKey({key_id(self.public_key)})"

    def sign(self, statement: bytes) -> Signature:
        """Sign a text."""
        return Signature("ed25519", key_id(self.public_key), self._private.sign(statement).hex())


def key_id(public_key: str) -> str:
    """A key's id: the first 16 hexadecimal digits of the SHA-256 of the raw public key."""
    return sha256(bytes.fromhex(public_key))[:16]


def create_key(path: Path, passphrase: SecretStr) -> str:
    """Make a private key file that only its owner may read: PEM, PKCS #8, encrypted with the passphrase.

    Returns:
        The public key in hexadecimal, for the list of signers.

    Raises:
        SignerError: The file exists, or the passphrase is empty.
    """
    if not passphrase.get_secret_value():
        raise SignerError("a private key needs a passphrase")
    private = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(passphrase.get_secret_value().encode())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SignerError(f"{path} exists; a key is never written over") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return SigningKey(private).public_key


def load_key(path: Path, passphrase: SecretStr) -> SigningKey:
    """Read a private key file.

    Raises:
        SignerError: It can't be read, isn't encrypted, the passphrase doesn't open it, or it is no Ed25519 key.
    """
    try:
        private = load_pem_private_key(path.read_bytes(), passphrase.get_secret_value().encode())
    except OSError as error:
        raise SignerError(f"{path} can't be read ({error.strerror})") from None
    except TypeError:
        raise SignerError(f"{path} needs a passphrase and to be encrypted with it") from None
    except ValueError:
        raise SignerError(f"{path} is no private key in PEM, or the passphrase doesn't open it") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise SignerError(f"{path} holds no Ed25519 key")
    return SigningKey(private)


def authenticity_problems(envelope: Envelope, signers: Sequence[Signer]) -> list[str]:
    """Why an envelope doesn't count as signed by those who had to, one message each; empty if it does.

    Every key must be listed, every signature fit, and everybody named be listed under that role and valid when they
    signed off. Under `manual` the three are different persons with different keys. In form 1 only the last of them
    signed with a key, and the others are names.
    """
    certificate = envelope.certificate
    if forged := [problem for pair in _signed(envelope) for problem in signature_problems(*pair, signers)]:
        return forged
    roles = tuple(sign_off.role for sign_off in certificate.sign_offs)
    if roles != ROLES[certificate.policy]:
        wanted = ", ".join(ROLES[certificate.policy])
        return [f"under the policy {certificate.policy} it needs {wanted}, but it has {', '.join(roles)}"]
    names_alone = certificate.sign_offs[: -len(envelope.signatures)]
    with_key = zip(certificate.sign_offs[len(names_alone) :], envelope.signatures, strict=True)
    return [
        *(problem for sign_off in names_alone for problem in _listing_problems(sign_off, signers)),
        *(
            problem
            for sign_off, signature in with_key
            for problem in _key_problems(sign_off, _holders(signature, signers))
        ),
        *_identity_problems(certificate, signers),
    ]


def _signed(envelope: Envelope) -> Iterator[tuple[Signature, bytes]]:
    return zip(envelope.signatures, envelope.statements, strict=True)


def _holders(signature: Signature, signers: Sequence[Signer]) -> list[Signer]:
    return [signer for signer in signers if signer.key == signature.key]


def signed_problems(sign_off: SignOff, signature: Signature, statement: bytes, signers: Sequence[Signer]) -> list[str]:
    """Why a signature doesn't count as this person's, in this role and at this time."""
    return signature_problems(signature, statement, signers) or list(
        _key_problems(sign_off, _holders(signature, signers))
    )


def signature_problems(signature: Signature, statement: bytes, signers: Sequence[Signer]) -> list[str]:
    """Why a signature doesn't count as a listed key's over a text, whoever it may be."""
    holders = _holders(signature, signers)
    if not holders:
        return [f"it is signed with key {signature.key}, which is not in the list of signers"]
    if not _fits(signature, statement, holders[0]):
        return ["its signature doesn't fit: it was changed after it was signed"]
    return []


def _fits(signature: Signature, statement: bytes, signer: Signer) -> bool:
    try:
        value = bytes.fromhex(signature.value)
        signer.verifier().verify(value, statement)
    except (ValueError, InvalidSignature):
        return False
    return value.hex() == signature.value


def _key_problems(sign_off: SignOff, holders: Sequence[Signer]) -> Iterator[str]:
    names = sorted({holder.name for holder in holders})
    if sign_off.name in names:
        yield from _listing_problems(sign_off, holders)
    else:
        yield f"it names {sign_off.name} as {sign_off.role}, but is signed with the key of {', '.join(names)}"


def _listing_problems(sign_off: SignOff, listed: Sequence[Signer]) -> Iterator[str]:
    named = [signer for signer in listed if signer.name == sign_off.name]
    in_role = [signer for signer in named if signer.role == sign_off.role]
    day = moment_of(sign_off.at).date()
    if not named:
        yield f"{sign_off.role} {sign_off.name} is not in the list of signers"
    elif not in_role:
        roles = ", ".join(sorted({signer.role for signer in named}))
        yield f"{sign_off.name} is listed as {roles}, not as {sign_off.role}"
    elif all(day < signer.valid_from for signer in in_role):
        first = min(signer.valid_from for signer in in_role)
        yield f"{sign_off.role} {sign_off.name} is not yet valid on {day}: the key counts from {first}"
    elif not any(signer.valid_on(day) for signer in in_role):
        last = max(signer.valid_to for signer in in_role if signer.valid_to)
        yield f"{sign_off.role} {sign_off.name} had expired on {day}: the key counted until {last}"


def _identity_problems(certificate: Certificate, signers: Sequence[Signer]) -> Iterator[str]:
    for position, one in enumerate(certificate.sign_offs):
        for other in certificate.sign_offs[position + 1 :]:
            if one.name == other.name:
                yield f"{one.name} is both {one.role} and {other.role}: they must be different persons"
            elif shared := _keys(one.name, signers) & _keys(other.name, signers):
                yield f"{one.role} {one.name} and {other.role} {other.name} share the key {shared.pop()}"


def _keys(name: str, signers: Sequence[Signer]) -> set[str]:
    return {signer.key for signer in signers if signer.name == name}
