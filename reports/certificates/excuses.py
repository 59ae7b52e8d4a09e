"""Excuses: certificates whose time is known to be wrong, because the clock was, as a log beside the ledger.

A clock that stepped back leaves a certificate that was added before the one it follows, and every command refuses such
a ledger. Nothing is taken out of it: an excuse says of one certificate that its time does not count,
who said so and why, and `verify` tells it ever after.
"""

from dataclasses import dataclass

from reports.certificates.chain import Log, LogEntry


@dataclass(frozen=True)
class Excuse(LogEntry):
    """A certificate, by name and SHA-256 of its file, whose time doesn't count; `by` said so, and `note` says why."""

    certificate: str
    sha256: str
    by: str
    note: str

    def __str__(self) -> str:
        return f"{self.certificate}: its time doesn't count, said {self.by} at {self.at}: {self.note}"


class Excuses(Log[Excuse]):
    """The log of excuses in a folder."""

    KIND = Excuse

    def add_excuse(self, certificate: str, sha256: str, *, by: str, note: str) -> Excuse:
        """Say of a certificate that its time doesn't count.

        Raises:
            LogError: the log can't be read.
        """
        return self.append_entry(
            lambda _, sequence, previous: Excuse(sequence, previous, self.moment(), certificate, sha256, by, note)
        )
