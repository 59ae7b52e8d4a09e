"""The demo hall's signing key and list of signers, made at first use: a real hall's key never lies beside its data."""

from pathlib import Path

from filelock import FileLock
from pydantic import SecretStr

from orchestration.demo.days import FIRST_DAY
from reports.certificates.signers import Signer, create_key
from reports.files import write_bytes

DEMO_WORDS = "demo-signing-passphrase"
SERVICE = "demo signing service"


def ensure_signers(folder: Path) -> None:
    """Make the key and the list that names it, unless they are there."""
    if (folder / "signers.toml").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".signing.lock"):
        if (folder / "signers.toml").exists():
            return
        (folder / "service.pem").unlink(missing_ok=True)
        public = create_key(folder / "service.pem", SecretStr(DEMO_WORDS))
        listed = Signer(SERVICE, "service", public, FIRST_DAY).entry()
        write_bytes(folder / "signers.toml", listed.encode())
