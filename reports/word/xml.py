"""What the writer needs of WordprocessingML beside python-docx: elements from text, and lengths in its units."""

from html import escape
from typing import Any

_VML = ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_TWIPS_PER_MM = 1440 / 25.4


def element(markup: str) -> Any:
    """An element from markup in the usual prefixes w, r, v and o."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    head, _, tail = markup.partition(">")
    close = "/" if head.endswith("/") else ""
    names = nsdecls("w", "r") + _VML
    return parse_xml(f"{head.removesuffix('/')} {names}{close}>{tail}")


def attribute(text: str) -> str:
    """A text as the value of an attribute, quotes included."""
    return f'"{escape(text, quote=True)}"'


def twips(mm: float) -> int:
    """Millimetres in twentieths of a point."""
    return round(mm * _TWIPS_PER_MM)


def mm(length: int) -> float:
    """Twentieths of a point in millimetres."""
    return length / _TWIPS_PER_MM


def twentieths(points: float) -> int:
    """Points in twentieths."""
    return round(points * 20)


def half_points(points: float) -> int:
    """Points in halves, which is how Word writes a font's size."""
    return round(points * 2)


def grid_spacing(points: float) -> int:
    """Points in 4096ths, which is how Word writes what a grid adds to a character."""
    return round(points * 4096)


def fonts(name: str) -> str:
    """The font of every script: GB/T 9704 sets figures and Latin letters in the font of the text."""
    named = attribute(name)
    return f"<w:rFonts w:ascii={named} w:hAnsi={named} w:eastAsia={named} w:cs={named}/>"
