"""Finds a table's header by the names of its columns; one of several levels names a column by a path."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from orchestration.sources.files.errors import fault
from orchestration.sources.files.labels import label
from orchestration.sources.files.table import Area, Table, cell_name

_WITHIN = 20
_LEVELS = "/"


@dataclass(frozen=True)
class Header:
    """Where a table's header stands.

    Attributes:
        columns: by their names, the number of the column.
        first: its first row.
        last: its last row.
        wide: by their names, the merged cells where one covers further columns.
    """

    columns: Mapping[str, int]
    first: int
    last: int
    wide: Mapping[str, Area]


def find_header(name: str, table: Table, wanted: Iterable[str]) -> Header:
    """The first rows that name every column wanted; PermanentFault if none does, or it is open which column is meant.

    `受理量/当日` is the column 当日 below 受理量, which is merged over its columns or has blanks to its right.
    """
    wanted = list(wanted)
    levels = max(theirs.count(_LEVELS) for theirs in wanted) + 1
    numbers = sorted(table.rows)[: _WITHIN + levels - 1]
    for start, depth in product(range(min(_WITHIN, len(numbers))), range(1, levels + 1)):
        block = _Block(table, numbers[start : start + depth])
        places = {theirs: block.columns_of(theirs) for theirs in wanted}
        if all(places.values()):
            if doubled := [theirs for theirs, named in places.items() if len(named) > 1]:
                raise fault("doubled_header", name=name, columns="、".join(doubled))
            return block.header(name, {theirs: named[0] for theirs, named in places.items()})
    raise fault("no_header", name=name, columns="、".join(wanted), within=_WITHIN)


class _Block:
    """Rows that may be a header: by column, the labels that stand for it, from the top."""

    def __init__(self, table: Table, rows: Sequence[int]) -> None:
        self._table = table
        self._rows = rows
        self._labels: dict[int, list[str]] = {}
        self._named: set[int] = set()  # where the lowest label stands itself, and isn't only spread over
        for number in rows:
            for column, text, spread in self._spread(number):
                labels = self._labels.setdefault(column, [])
                if labels[-1:] != [text]:
                    labels.append(text)
                    self._named.discard(column)
                if not spread:
                    self._named.add(column)

    def columns_of(self, theirs: str) -> list[int]:
        """The columns of a name: a path's end, or a label that holds the sign itself."""
        path = [label(part) for part in theirs.split(_LEVELS)]
        return sorted(
            column
            for column in self._named
            if self._labels[column][-len(path) :] == path or self._labels[column][-1] == label(theirs)
        )

    def header(self, name: str, columns: Mapping[str, int]) -> Header:
        areas = [area for number in self._rows for area in self._table.areas(number)]
        last = max([self._rows[-1], *(area.bottom for area in areas if area.left in columns.values())])
        self._refuse_covered(name, columns, last)
        wide = {
            theirs: area
            for theirs, column in columns.items()
            for area in areas
            if area.left == column and area.right > column and self._shown(area) == self._labels[column][-1]
        }
        return Header(columns, self._rows[0], last, wide)

    def _shown(self, area: Area) -> str:
        return label(self._table.rows.get(area.top, {}).get(area.left))

    def _spread(self, number: int) -> Iterator[tuple[int, str, bool]]:
        """The labels of a row by column, and whether each only covers the column: those above others do."""
        seen, areas = self._table.seen(number), {area.left: area for area in self._table.areas(number)}
        filled = sorted(seen)
        for column, following in zip(filled, [*filled[1:], self._last_column + 1], strict=True):
            right = areas[column].right if column in areas else following - 1
            below = number != self._rows[-1]
            for covered in range(column, min(right, self._last_column) + 1 if below else column + 1):
                yield covered, label(seen[column]), covered > column

    @property
    def _last_column(self) -> int:
        return max(max(self._table.rows[number]) for number in self._rows)

    def _refuse_covered(self, name: str, columns: Mapping[str, int], last: int) -> None:
        """A header of several rows holds nothing but itself: a row of counts would be lost in it."""
        for number in range(self._rows[-1] + 1, last + 1):
            row = self._table.seen(number) if number in self._table.rows else {}
            for theirs, column in columns.items():
                if label(row.get(column)) not in ("", self._labels[column][-1]):
                    raise fault("header_covers", name=name, last=last, cell=cell_name(number, column), column=theirs)
