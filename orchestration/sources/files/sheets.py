"""Which sheet of a workbook counts: the one named, or the only visible one that holds anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from orchestration.sources.contract import PermanentFault
from orchestration.sources.files.labels import label, shown
from orchestration.sources.files.table import Table

SheetPage = tuple[str, bool, Callable[[], Table]]


def the_sheet(name: str, pages: Sequence[SheetPage], wanted: str) -> Table:
    """The table that counts, of pages that are (title, whether it is visible, how to read it).

    Raises:
        PermanentFault: the sheet named isn't visible, or none is named and several hold something.
    """
    visible = [(title, read) for title, is_visible, read in pages if is_visible]
    if wanted:
        named = [read for title, read in visible if label(title) == label(wanted)]
        if len(named) != 1:
            raise PermanentFault(
                f"{name} has no visible sheet {wanted} ({_titles(visible)})",
                "ask the sender which sheet holds; if the form changed, change `sheet` in hall.toml",
            )
        return named[0]()
    if len(visible) == 1:
        return visible[0][1]()
    filled = [(title, table) for title, table in ((title, read()) for title, read in visible) if table.rows]
    if len(filled) != 1:
        raise PermanentFault(
            f"{name} has {len(filled)} visible sheets that hold something ({_titles(filled or visible)})",
            "name the one that counts as `sheet` in hall.toml after review",
        )
    return filled[0][1]


def _titles(pages: Sequence[tuple[str, object]]) -> str:
    return "、".join(shown(title) for title, _ in pages) or "none is visible"
