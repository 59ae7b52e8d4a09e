"""Where a hall's certified numbers live, and who may sign them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from reports.certificates.ledger import Ledger
from reports.certificates.signers import Signer


@dataclass(frozen=True)
class Archive:
    """The folders of certificates, extracts and releases, and the list of signers (those who no longer may, too)."""

    certificates: Path
    landing: Path
    published: Path
    signers: Sequence[Signer]

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger in `certificates`; always the same object, so that its holder may take its lock again."""
        return Ledger(self.certificates)
