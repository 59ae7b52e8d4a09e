"""A small writer of .ods workbooks, with formulas and whatever value is saved with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.drop_files import ROWS, zip_of

_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "style")
)


@dataclass(frozen=True)
class Calculated:
    """A formula, as OpenFormula writes it without its prefix, and the value that is saved with it."""

    formula: str
    value: Any


def ods(rows: Sequence[Sequence[Any]] = ROWS, *, more: str = "", edit: tuple[str, str] = ("", "")) -> bytes:
    """A workbook whose sheet holds rows, and after them XML of other rows; a text of its XML may be replaced."""
    cells = "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
    content = (
        f"<office:document-content {_SPACES}><office:automatic-styles>"
        '<style:style style:name="hidden"><style:table-properties table:display="false"/></style:style>'
        f'</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="日报">{cells}{more}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    assert edit[0] in content
    return zip_of(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": b"<manifest/>",
            "meta.xml": b"<meta><generator>LibreOffice/7.4</generator></meta>",
            "content.xml": content.replace(*edit).encode(),
        }
    )


def _cell(value: Any) -> str:
    formula = ""
    if isinstance(value, Calculated):
        formula, value = f" table:formula={quoteattr('of:=' + value.formula)}", value.value
    if value is None:
        return f"<table:table-cell{formula}/>"
    if isinstance(value, str):
        text = f"<text:p>{escape(value)}</text:p>"
        return f'<table:table-cell{formula} office:value-type="string">{text}</table:table-cell>'
    return f'<table:table-cell{formula} office:value-type="float" office:value="{value}"/>'
