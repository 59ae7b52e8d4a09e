"""Formulas that only add cells and numbers, such as `SUM(C2:C9)-D2+日报!C3`, taken apart."""

import re
from dataclasses import dataclass
from fractions import Fraction

from openpyxl.utils import column_index_from_string

from orchestration.sources.files.table import Area

Number = int | Fraction
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_MOST_NESTED = 64  # as in Excel

_COLUMN, _ROW = r"\$?[A-Za-z]{1,3}", r"\$?[0-9]{1,7}"
_TOKEN = re.compile(
    rf"""\s*(?:
        (?:(?P<sheet>'(?:[^']|'')+'|[^\W\d][\w.]*)!)?
        (?P<cells>{_COLUMN}{_ROW}(?::{_COLUMN}{_ROW})?|{_COLUMN}:{_COLUMN}|{_ROW}:{_ROW})(?![\w.(!:\[])
        |(?P<number>[0-9]+(?:\.[0-9]+)?)(?![\w.(!:%])
        |(?P<sum>SUM)\s*(?=\()
        |(?P<mark>[-+(),;])
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_CORNER = re.compile(r"(\$?)([A-Za-z]*)(\$?)([0-9]*)")


@dataclass(frozen=True)
class Part:
    """Cells that are added (sign 1) or subtracted (-1).

    An operand is a single cell beside a + or -, which has to be a number; what SUM is given may hold text, too.
    """

    sign: int
    sheet: str  # empty: the formula's own
    area: Area
    operand: bool


@dataclass(frozen=True)
class PlainSum:
    """A sum of a constant and of cells."""

    constant: Number
    parts: tuple[Part, ...]

    @property
    def is_copy(self) -> bool:
        """Whether it is one cell alone, whose value may be of any type."""
        return not self.constant and len(self.parts) == 1 and self.parts[0].operand and self.parts[0].sign == 1


def plain_sum(text: str, down: int = 0, right: int = 0) -> PlainSum | None:
    """A formula taken apart; None where it does more than add: other functions, products, names, other workbooks.

    Args:
        text: the formula.
        down: how many rows below the cell that the text was written for it stands.
        right: how many columns to the right of it.
    """
    try:
        return _Reader(text, down, right).read()
    except _NotPlain:
        return None


class _NotPlain(Exception):
    pass


class _Reader:
    def __init__(self, text: str, down: int, right: int) -> None:
        self._tokens = _tokens(text.removeprefix("="))
        self._down, self._right = down, right
        self._constant: Number = 0
        self._parts: list[Part] = []

    def read(self) -> PlainSum:
        self._expression(1, 0)
        if self._tokens:
            raise _NotPlain
        return PlainSum(self._constant, tuple(self._parts))

    def _expression(self, sign: int, nested: int) -> None:
        """Signs, an operand, and any number of times a sign and an operand."""
        self._operand(sign * self._signs(), nested)
        while self._mark() in {"+", "-"}:
            self._operand(sign * self._signs(), nested)

    def _signs(self) -> int:
        sign = 1
        while self._mark() in {"+", "-"}:
            sign *= 1 if self._take()["mark"] == "+" else -1
        return sign

    def _operand(self, sign: int, nested: int) -> None:
        token = self._take()
        if nested == _MOST_NESTED:
            raise _NotPlain
        if token["number"]:
            number = Fraction(token["number"])
            self._constant += sign * (int(number) if number.denominator == 1 else number)
        elif token["cells"]:
            self._cells(token, sign, operand=True)
        elif token["sum"]:
            self._take()
            self._argument(sign, nested + 1)
            while self._mark() in {",", ";"}:
                self._take()
                self._argument(sign, nested + 1)
            self._close()
        elif token["mark"] == "(":
            self._expression(sign, nested + 1)
            self._close()
        else:
            raise _NotPlain

    def _argument(self, sign: int, nested: int) -> None:
        alone = len(self._tokens) > 1 and self._tokens[-2]["mark"] in {",", ";", ")"}
        if alone and self._tokens[-1]["cells"]:
            self._cells(self._take(), sign, operand=False)
        else:
            self._expression(sign, nested)

    def _cells(self, token: re.Match[str], sign: int, *, operand: bool) -> None:
        first, _, last = token["cells"].partition(":")
        corners = [self._corner(first), self._corner(last or first)]
        (top, bottom), (left, right) = (sorted(each) for each in zip(*corners, strict=True))
        # Of whole columns and rows the other side is left open.
        area = Area(top or 1, bottom or _LAST_ROW, left or 1, right or _LAST_COLUMN)
        if operand and not area.is_cell:
            raise _NotPlain
        sheet = token["sheet"] or ""
        if sheet.startswith("'"):
            sheet = sheet[1:-1].replace("''", "'")
        self._parts.append(Part(sign, sheet, area, operand))

    def _corner(self, text: str) -> tuple[int, int]:
        fixed_column, letters, fixed_row, digits = _CORNER.findall(text)[0]
        if not letters:  # `$2` of `$2:$3` is all in the first groups
            fixed_row = fixed_row or fixed_column
        row = int(digits) + (0 if fixed_row else self._down) if digits else 0
        column = column_index_from_string(letters) + (0 if fixed_column else self._right) if letters else 0
        if (digits and not 1 <= row <= _LAST_ROW) or (letters and not 1 <= column <= _LAST_COLUMN):
            raise _NotPlain
        return row, column

    def _mark(self) -> str | None:
        return self._tokens[-1]["mark"] if self._tokens else None

    def _take(self) -> re.Match[str]:
        if not self._tokens:
            raise _NotPlain
        return self._tokens.pop()

    def _close(self) -> None:
        if self._take()["mark"] != ")":
            raise _NotPlain


def _tokens(text: str) -> list[re.Match[str]]:
    """The tokens of a formula, the last one first."""
    tokens = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or match.end() == at:
            raise _NotPlain
        tokens.append(match)
        at = match.end()
    return tokens[::-1]
