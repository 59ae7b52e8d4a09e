"""Tables of values separated by commas or the like, decoded strictly."""

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

_DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}


def read_csv(name: str, content: bytes, encoding: str, delimiter: str) -> Table:
    """The table of a text file, by line numbers.

    Raises:
        PermanentFault: it isn't whole text in the encoding, or no table of values between that delimiter.
    """
    text = _decoded(name, content, encoding)
    _refuse_nul(name, text)
    _refuse_other_delimiter(name, text, delimiter)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return table_of(name, ((reader.line_num, enumerate(cells, start=1)) for cells in reader))
    except csv.Error as error:
        raise fault("no_csv", name=name, kind=_DELIMITERS[delimiter], line=reader.line_num, error=error) from error


def _refuse_nul(name: str, text: str) -> None:
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise fault("holds_nul" if text.strip("\0").count("\0") else "cut_off", name=name, line=line)


def _refuse_other_delimiter(name: str, text: str, delimiter: str) -> None:
    """Name the delimiter that a table has in most of its lines, where the one that is set is in fewer."""
    lines = [line for line in text.splitlines() if line.strip()]
    having = {each: sum(each in line for line in lines) for each in _DELIMITERS}
    most = max(_DELIMITERS, key=lambda each: having[each])
    if having[most] > max(having[delimiter], len(lines) // 2):
        raise fault("other_delimiter", name=name, found=_DELIMITERS[most], wanted=_DELIMITERS[delimiter])


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
