"""A hall's settings as evidence: the files that a month was certified under, and a certified month read under them.

No secret is in them: settings name the variables that hold secrets, and a value that was typed in is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

from orchestration.config.hall import HallFolder, SettingsError, load_hall, secret
from orchestration.runtime.installation import in_hall
from orchestration.runtime.left_overs import temporary_folder
from reports.certificates.certificate import Certificate
from reports.certificates.ledger import Archive
from reports.certificates.signers import Signer

SIGNERS = "signers.toml"
_TEXTS = {".toml", ".csv", ".j2", ".sql"}
# The keys of hall.toml that name the variable of a secret.
_SECRETS = {"secret", "passphrase", "password", "access_key", "secret_key", "ping"}
_PRIVATE_KEY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_SHORTEST_SECRET = 4


def settings_files(hall: HallFolder, signers: Sequence[Signer], variables: Mapping[str, str]) -> dict[str, bytes]:
    """The files of a hall's folder that a month is certified under, by their paths in it, and the list of signers.

    Raises:
        SettingsError: one can't be read, or holds the value of a secret; the message names file and variable.
    """
    files = {
        path.relative_to(hall.folder).as_posix(): _read(path)
        for path in sorted(hall.folder.rglob("*"))
        if _is_text(path)
    }
    files[SIGNERS] = "\n".join(signer.entry() for signer in signers).encode()
    secrets = dict(_secrets(hall, variables))
    for name, content in files.items():
        _require_no_secret(hall.folder / name, content, secrets)
    return files


@contextmanager
def certified_settings(archive: Archive, certificate: Certificate) -> Iterator[HallFolder]:
    """The settings that a certificate was made under, in force for as long as it is worked on.

    Form 1 holds none: a month of 0.1 is read under the settings of today.

    Raises:
        EvidenceStoreError: they can't be read.
    """
    if certificate.form == 1:
        yield load_hall()
        return
    with temporary_folder("settings") as folder:
        for name, digest in certificate.foundation.settings.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.ledger.store.read(digest))
        with in_hall(folder):
            yield load_hall()


def settings_for(archive: Archive, month: str, reason: str = "") -> AbstractContextManager[HallFolder]:
    """The settings that a month is worked on under, as a context.

    Those of its newest certificate, the hall's or else a site's, so that a change of settings changes nothing that is
    certified; those of today where it has none, and for a revision because the definition changed.
    """
    entry = archive.ledger.latest(month) or archive.ledger.latest_site(month)
    if entry is None or reason == "definition_change":
        return nullcontext(load_hall())
    return certified_settings(archive, entry.certificate)


def _is_text(path: Path) -> bool:
    return path.is_file() and path.suffix in _TEXTS and not path.name.startswith(".")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path} can't be read ({error.strerror})") from error


def _require_no_secret(path: Path, content: bytes, secrets: Mapping[str, bytes]) -> None:
    if _PRIVATE_KEY.search(content):
        raise SettingsError(f"{path} holds a private key; keep it in a .pem of its own")
    for variable, value in secrets.items():
        if value in content:
            raise SettingsError(
                f"{path} holds the value of {variable}, and settings are kept as evidence: name the "
                f"variable there, and give the secret another value"
            )


def _secrets(hall: HallFolder, variables: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """The values of the secrets that the settings name, by variable; one that nobody set has none."""
    for variable in sorted(set(_secret_variables(hall.hall.model_dump()))):
        with suppress(SettingsError):
            value = secret(variable, variables)
            if len(value) >= _SHORTEST_SECRET:
                yield variable, value.encode()


def _secret_variables(settings: Any) -> Iterable[str]:
    match settings:
        case Mapping():
            for key, value in settings.items():
                if key in _SECRETS and isinstance(value, str) and value:
                    yield value
                yield from _secret_variables(value)
        case list() | tuple():
            for value in settings:
                yield from _secret_variables(value)
