"""Secrets that were read are taken out of every text that leaves this process: messages, records, places of origin.

Nothing is meant to put them there; this is for the driver or server that repeats what it was told.
"""

from collections.abc import Set
from urllib.parse import quote, quote_plus

_REDACTED = "‹secret›"
# Shorter ones would be found inside words and numbers; nobody should have such a secret.
SHORTEST = 4
_secrets: set[str] = set()


def keep_secret(value: str) -> str:
    """Note a value that no text may hold, as it is and as it stands in a URL; returns the value."""
    if len(value) >= SHORTEST:
        _secrets.update({value, quote(value, safe=""), quote_plus(value)})
    return value


def redact(text: str, secrets: Set[str] = _secrets) -> str:
    """The text without any secret that was read so far, or without these."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, _REDACTED)
    return text
