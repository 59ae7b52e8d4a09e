"""The sites of a hall as a tree (design, "Words"): a site's numbers sum up its own counts and all sites below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orchestration.config.catalogue import SITES, Member, catalogue_folder, members
from orchestration.config.hall import SettingsError


@dataclass(frozen=True)
class SiteTree:
    """The sites of sites.csv by code, in its order; `parent` of each names the one above it."""

    sites: Mapping[str, Member]

    @cached_property
    def _counted_in(self) -> Mapping[str, tuple[str, ...]]:
        below: dict[str, list[str]] = {code: [] for code in self.sites}
        for code in self.sites:
            for above in self.path(code):
                below[above].append(code)
        return {code: tuple(sorted(its, key=lambda each: each != code)) for code, its in below.items()}

    def path(self, code: str) -> tuple[str, ...]:
        """A site and those above it, itself first.

        Raises:
            SettingsError: a parent isn't in the table, or a site is below itself.
        """
        found = [code]
        while parent := self.sites[found[-1]].parent:
            if parent not in self.sites:
                raise SettingsError(f"{_table()}: {found[-1]} has the parent {parent}, which isn't in it; next: add it")
            if parent in found:
                circle = " → ".join([*found, parent])
                raise SettingsError(
                    f"{_table()}: {circle} is a circle; next: leave the parent of the topmost site empty"
                )
            found.append(parent)
        return tuple(found)

    def counted_in(self, code: str) -> tuple[str, ...]:
        """The sites whose counts make up a site's numbers: itself first, then all below it in the table's order.

        Raises:
            SettingsError: there is no such site, or as `path`.
        """
        if code not in self.sites:
            known = ", ".join(map(str, self.sites.values()))
            raise SettingsError(f"no site {code} in {_table()}; it has {known}")
        return self._counted_in[code]


def _table() -> Path:
    return catalogue_folder() / f"{SITES}.csv"


def site_tree() -> SiteTree:
    """The tree of the hall that `YUEBAO_HALL` names.

    Raises:
        SettingsError: the table can't be read.
    """
    return SiteTree(members(SITES))
