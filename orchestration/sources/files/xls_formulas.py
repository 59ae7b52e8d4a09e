"""Formulas of .xls workbooks and what they say of their results, which xlrd reads past: one pass over the records."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import xlrd
from xlrd.compdoc import CompDoc
from xlrd.formula import FMLA_TYPE_CELL, FMLA_TYPE_SHARED, decompile_formula

from orchestration.sources.files.formulas import Calculation, Cell, Formula
from orchestration.sources.files.table import Area

_BOF, _EOF, _BOUND_SHEET, _CALCULATION_ID = 0x0809, 0x000A, 0x0085, 0x01C1
_WORKSHEET = 0
_ALWAYS, _ON_LOAD = 1, 2
_REFERS = 0x01  # to the cell of a formula that is shared or fills an area


@dataclass
class XlsFormulas:
    """The formulas of a sheet, and the areas that one formula fills."""

    formulas: dict[Cell, Formula] = field(default_factory=dict)
    filled: list[Area] = field(default_factory=list)


def read_formulas(book: xlrd.Book, content: bytes) -> tuple[list[XlsFormulas], Calculation]:
    """The formulas of each worksheet, in their order; raises anything where a record is damaged."""
    compound = CompDoc(content, logfile=io.StringIO())
    stream = next(filter(None, map(compound.get_named_stream, ("Workbook", "Book"))))
    doubt, recorded, sheets = "", False, []
    for kind, record in _records(stream, 0):
        if kind == _CALCULATION_ID:
            recorded = True
        elif kind == _BOUND_SHEET and record[5] == _WORKSHEET:
            found, unsure = _sheet(book, stream, *struct.unpack_from("<I", record))
            sheets.append(found)
            doubt = doubt or unsure
    return sheets, Calculation(doubt, recorded=recorded)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of the part of a stream that begins there, without those of charts within it."""
    depth = 0
    while True:
        kind, size = struct.unpack_from("<2H", stream, at)
        depth += (kind == _BOF) - (kind == _EOF)
        if not depth:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _sheet(book: xlrd.Book, stream: bytes, at: int) -> tuple[XlsFormulas, str]:
    found, doubt = XlsFormulas(), ""
    shared: dict[Cell, bytes] = {}
    written: dict[Cell, tuple[int, bytes]] = {}
    last = 0, 0
    for kind, record in _records(stream, at):
        match kind:
            case 0x0006:  # FORMULA
                row, column, flags, size = struct.unpack_from("<2H10xH4xH", record)
                last = row, column
                written[last] = flags, record[22 : 22 + size]
            case 0x04BC:  # SHRFMLA, of the cell before it
                (size,) = struct.unpack_from("<H", record, 8)
                shared[last] = record[10 : 10 + size]
            case 0x0221 | 0x0236:  # ARRAY, TABLE
                top, bottom, left, right = struct.unpack_from("<2H2B", record)
                found.filled.append(Area(top + 1, bottom + 1, left + 1, right + 1))
            case 0x005E:  # UNCALCED
                doubt = "the workbook was saved before it was calculated"
            case 0x000D if not struct.unpack_from("<h", record)[0]:  # CALCMODE
                doubt = doubt or "the workbook is calculated by hand only"
    for (row, column), (flags, tokens) in written.items():
        text = _text(book, tokens, shared, (row, column))
        due = flags & (_ALWAYS | _ON_LOAD) == _ON_LOAD
        found.formulas[row + 1, column + 1] = Formula(text, due=due, volatile=bool(flags & _ALWAYS))
    return found, doubt


def _text(book: xlrd.Book, tokens: bytes, shared: dict[Cell, bytes], cell: Cell) -> str | None:
    kind = FMLA_TYPE_CELL
    if tokens[:1] == bytes([_REFERS]):
        base = struct.unpack_from("<2H", tokens, 1)
        if base not in shared:
            return None
        tokens, kind = shared[base], FMLA_TYPE_SHARED
    try:
        text = decompile_formula(book, tokens, len(tokens), kind, browx=cell[0], bcolx=cell[1])
    except Exception:  # noqa: BLE001 - of functions that it doesn't know xlrd makes almost anything
        return None
    return str(text) if text else None
