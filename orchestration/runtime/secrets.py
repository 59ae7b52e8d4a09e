"""Secrets that were read are taken out of every text that leaves this process: messages, records, places of origin.

Nothing is meant to put them there; this is for the driver or server that repeats what it was told.
"""

from urllib.parse import quote, quote_plus

REDACTED = "‹secret›"
# Shorter ones would be found inside words and numbers; nobody should have such a secret.
_SHORTEST = 4
_secrets: set[str] = set()


def keep_secret(value: str) -> str:
    """Note a value that no text may hold, as it is and as it stands in a URL; returns the value."""
    if len(value) >= _SHORTEST:
        _secrets.update({value, quote(value, safe=""), quote_plus(value)})
    return value


def redact(text: str) -> str:
    """The text without any secret that was read so far."""
    for value in sorted(_secrets, key=len, reverse=True):
        text = text.replace(value, REDACTED)
    return text
