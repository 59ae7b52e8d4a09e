"""People's signatures on the command line: at the hall's machine, or at another one by way of files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer
from pydantic import SecretStr

from orchestration.certification.certify import CERTIFICATE_ERRORS, current_archive, own_key
from orchestration.certification.monthly_report import certify_signed
from orchestration.certification.signatures import answer_request, require_waiting
from orchestration.certification.site_reports import certify_signed_sites
from orchestration.cli.handing_over import hand_over
from orchestration.cli.progress_line import progress_line
from orchestration.config.hall import load_own_hall
from orchestration.runs import Runs
from orchestration.runtime.errors import Refused, UserError
from orchestration.runtime.paths import current_home
from reports.certificates.certificate import BATCH, SignRole
from reports.certificates.signers import SignerError, SigningKey, load_key
from reports.files import write_bytes

_PASSPHRASE = "YUEBAO_SIGNING_PASSPHRASE"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class Signing:
    """What is signed: a month of the hall itself, or of its sites; in which role, by which key, or by way of files."""

    month: str
    sites: bool
    role: SignRole | None
    key: Path | None
    request: Path | None
    answer: Path | None


def sign_month(signing: Signing) -> Iterator[str]:
    """Sign what waits of a month, write a request to sign it elsewhere, or take in an answer; gives what to tell."""
    home, archive, month = current_home(), current_archive(), signing.month
    waiting = require_waiting(home, month, BATCH) if signing.sites else require_waiting(home, month)
    request, answer = signing.request, signing.answer
    if request:
        write_bytes(request, waiting.request(archive))
        yield f"{request}: to be signed with `yuebao sign {request.name} --as ROLE --key FILE --answer FILE`"
        return
    try:
        if answer:
            signed = waiting.take(archive, answer)
        else:
            signed = waiting.sign(archive, _required(signing.role), _key_here(signing.key))
    except CERTIFICATE_ERRORS as error:
        raise Refused(str(error)) from error
    yield f"{month} signed by {signed.role} {signed.name}"
    if waiting.waits_for:
        yield f"it waits for {', '.join(waiting.waits_for)}"
        return
    if signing.sites:
        with progress_line():
            batch = certify_signed_sites(month, Runs(home)).certificate
        yield f"{batch.name} 已核定, code {batch.code}"
        return
    with progress_line():
        entry, release = certify_signed(month, Runs(home))
    yield f"{entry.certificate.name} 已核定, code {entry.certificate.code}: {os.path.relpath(release)}"
    hand_over(entry.certificate)


def sign_request(request: Path, role: SignRole | None, key: Path | None, answer: Path | None) -> str:
    """Sign a request from another machine; this one needs no installation. Refused where it can't be signed."""
    if key is None or answer is None:
        raise Refused(f"{request} is signed with `--as ROLE --key FILE --answer FILE`")
    write_bytes(answer, answer_request(request, _required(role), _load(key)))
    return f"{answer}: bring it back, then `yuebao sign MONTH --answer {answer.name}`"


def _required(role: SignRole | None) -> SignRole:
    if role is None:
        raise Refused("say in which role you sign: `--as preparer`, `--as reviewer` or `--as signer`")
    return role


def _key_here(key: Path | None) -> SigningKey:
    """The key of whoever sits here: the file named, else the one that hall.toml names."""
    if key:
        return _load(key)
    with _readable():
        return own_key(load_own_hall(), current_home())


def _asked_for(key: Path) -> str:
    """The passphrase of a person's key: a variable, or what is typed without being shown."""
    if _PASSPHRASE in os.environ:
        return os.environ[_PASSPHRASE]
    return str(typer.prompt(f"passphrase of {key}", hide_input=True, err=True))


def _load(key: Path) -> SigningKey:
    with _readable():
        return load_key(key, SecretStr(_asked_for(key)))


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except SignerError as error:
        raise UserError(str(error)) from error
