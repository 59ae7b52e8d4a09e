"""A small writer of .xls workbooks (BIFF 8 in a compound file), which no library installed here writes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_SECTOR = 512
_NONE, _END, _FAT = -1, -2, -3
_ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


@dataclass(frozen=True)
class Day:
    """A number that is shown as a day."""

    serial: float


@dataclass(frozen=True)
class Formula:
    """A formula as BIFF 8 has it, its saved number, its flags, and what follows it as the first of a shared one."""

    tokens: bytes
    saved: float
    flags: int = 0
    shared: bytes = b""


def area(top: int, bottom: int, column: int) -> bytes:
    """The sum of some cells of a column, rows and column counted from 0."""
    return struct.pack("<B4HB3s", 0x25, top, bottom, column | 0xC000, column | 0xC000, 0x19, b"\x10\0\0")


def times_one(row: int, column: int) -> bytes:
    """A cell times 1."""
    return struct.pack("<B2HBHB", 0x44, row, column | 0xC000, 0x1E, 1, 0x05)


def of_shared(row: int, column: int) -> bytes:
    """The formula that a cell shares."""
    return struct.pack("<B2H", 0x01, row, column)


def shared(top: int, bottom: int, column: int, number: int) -> bytes:
    """For cells of a column: the cell to the right of each, plus a number."""
    tokens = struct.pack("<B2HBHB", 0x4C, 0, 1 | 0xC000, 0x1E, number, 0x03)
    return struct.pack("<2H4BH", top, bottom, column, column, 0, bottom - top + 1, len(tokens)) + tokens


@dataclass(frozen=True)
class Sheet:
    """A sheet: rows of values, merged cells as (top, bottom, left, right) from 0, and 1 if it is hidden.

    `by_hand` says that it is calculated by hand only.
    """

    title: str
    rows: Sequence[Sequence[Any]]
    merged: Sequence[tuple[int, int, int, int]] = ()
    hidden: int = 0
    by_hand: bool = False


def xls(*sheets: Sheet, since_1904: bool = False, locked: bool = False) -> bytes:
    """A workbook."""
    return _compound(_workbook(sheets, since_1904=since_1904, locked=locked))


def _workbook(sheets: Sequence[Sheet], *, since_1904: bool, locked: bool) -> bytes:
    bodies = [_sheet(sheet) for sheet in sheets]
    offset = len(_globals(sheets, [0] * len(sheets), since_1904=since_1904, locked=locked))
    offsets = [offset + sum(map(len, bodies[:number])) for number in range(len(bodies))]
    return _globals(sheets, offsets, since_1904=since_1904, locked=locked) + b"".join(bodies)


def _globals(sheets: Sequence[Sheet], offsets: Sequence[int], *, since_1904: bool, locked: bool) -> bytes:
    return b"".join(
        (
            _record(0x0809, struct.pack("<4H2I", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0x41, 6)),
            _record(0x002F, bytes(6)) if locked else b"",
            _record(0x0042, struct.pack("<H", 1200)),
            _record(0x0022, struct.pack("<H", since_1904)),
            *(
                _record(0x0031, struct.pack("<5H4B", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + b"\x05\x00Arial")
                for _ in "4321"
            ),
            *(_record(0x00E0, struct.pack("<3H14x", 0, number_format, 1)) for number_format in (0, 14)),
            *(
                _record(0x0085, struct.pack("<IBBBB", at, sheet.hidden, 0, len(sheet.title), 1) + _utf16(sheet.title))
                for sheet, at in zip(sheets, offsets, strict=True)
            ),
            _record(0x000A, b""),
        )
    )


def _sheet(sheet: Sheet) -> bytes:
    cells = [
        _cell(row, column, value)
        for row, values in enumerate(sheet.rows)
        for column, value in enumerate(values)
        if value is not None
    ]
    merged = b"".join(struct.pack("<4H", *area) for area in sheet.merged)
    return b"".join(
        (
            _record(0x0809, struct.pack("<4H2I", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0x41, 6)),
            _record(0x000D, struct.pack("<h", 0)) if sheet.by_hand else b"",
            *cells,
            _record(0x00E5, struct.pack("<H", len(sheet.merged)) + merged) if merged else b"",
            _record(0x000A, b""),
        )
    )


def _cell(row: int, column: int, value: Any) -> bytes:
    match value:
        case bool():
            return _record(0x0205, struct.pack("<3H2B", row, column, 0, value, 0))
        case Formula(tokens, saved, flags, first):
            written = struct.pack("<3HdH4xH", row, column, 0, saved, flags, len(tokens)) + tokens
            return _record(0x0006, written) + (_record(0x04BC, first) if first else b"")
        case Day():
            return _record(0x0203, struct.pack("<3Hd", row, column, 1, value.serial))
        case int() | float():
            return _record(0x0203, struct.pack("<3Hd", row, column, 0, value))
        case str() if value in _ERRORS:
            return _record(0x0205, struct.pack("<3H2B", row, column, 0, _ERRORS[value], 1))
    return _record(0x0204, struct.pack("<4HB", row, column, 0, len(value), 1) + _utf16(value))


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le")


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<2H", kind, len(content)) + content


def _compound(stream: bytes) -> bytes:
    """A compound file whose only stream is the workbook: allocation table, directory, stream."""
    # A shorter stream would have to lie in a table of small sectors.
    sectors = max(-(-len(stream) // _SECTOR), 8)
    assert sectors <= _SECTOR // 4 - 2, "one sector of the allocation table is all that this writer makes"
    chain = [_FAT, _END, *range(3, sectors + 2), _END]
    table = struct.pack("<128i", *chain, *[_NONE] * (128 - len(chain)))
    directory = b"".join(
        (
            _entry("Root Entry", 5, child=1, start=_END, size=0),
            _entry("Workbook", 2, child=_NONE, start=2, size=sectors * _SECTOR),
            bytes(256),
        )
    )
    return b"".join(
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            bytes(16),
            struct.pack("<5H6x", 0x3E, 3, 0xFFFE, 9, 6),
            struct.pack("<9i", 0, 1, 1, 0, 4096, _END, 0, _END, 0),
            struct.pack("<109i", 0, *[_NONE] * 108),
            table,
            directory,
            stream.ljust(sectors * _SECTOR, b"\0"),
        )
    )


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    encoded = _utf16(name) + b"\0\0"
    return encoded.ljust(64, b"\0") + struct.pack(
        "<HBB3i16xI16xiQ", len(encoded), kind, 1, _NONE, _NONE, child, 0, start, size
    )
