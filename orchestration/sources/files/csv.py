"""Tables of comma-separated values, decoded strictly."""

import codecs
import csv
import io

from orchestration.sources.files.errors import fault
from orchestration.sources.files.table import Table, table_of

# What a file says of its own encoding, and the settings that agree with it.
_MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16"),
)


def read_csv(name: str, content: bytes, encoding: str) -> Table:
    """The table of a text file, by line numbers; PermanentFault if it isn't text in the encoding, or no such table."""
    text = _decoded(name, content, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return table_of(name, ((reader.line_num, enumerate(cells, start=1)) for cells in reader))
    except csv.Error as error:
        raise fault("no_csv", name=name, line=reader.line_num, error=error) from error


def _decoded(name: str, content: bytes, encoding: str) -> str:
    for mark, stated, agreeing in _MARKS:
        if content.startswith(mark) and not encoding.startswith(agreeing):
            why = f": it says of itself that it is {stated}"
            raise fault("other_encoding", name=name, encoding=encoding.upper(), why=why)
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        line = content.count(b"\n", 0, start) + 1
        why = f" (byte {start}, line {line})"
        raise fault("other_encoding", name=name, encoding=encoding.upper(), why=why) from error
