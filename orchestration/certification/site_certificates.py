"""Which certificates of a hall's sites are the newest, by month."""

from collections.abc import Iterable, Mapping

from reports.certificates.ledger import Ledger, Link, SiteLink


def batches_of(ledger: Ledger) -> Mapping[str, list[Link]]:
    """By month the batches of sites' certificates, both in order; none of them is read."""
    months: dict[str, list[Link]] = {}
    for link in ledger.chain():
        if link.is_batch:
            months.setdefault(link.month, []).append(link)
    return dict(sorted(months.items()))


def newest_in(ledger: Ledger, batches: Iterable[Link]) -> Mapping[str, SiteLink]:
    """By site the newest certificate in batches of a month.

    Raises:
        LedgerError: a batch can't be read.
    """
    return {link.site: link for batch in batches for link in ledger.sites_in(batch)}
