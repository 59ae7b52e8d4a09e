"""Setting a manuscript as .docx: `profiles.toml` says what it looks like, `templates/` how Word writes it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.word.blocks import Chart, Picture, RichText, TableBlock, plain, printable_text, text_of, width_of
from reports.word.charts import MOST_VALUES, labelled
from reports.word.facts import tag_of
from reports.word.manuscript import Manuscript, Masthead
from reports.word.package import add_part, new_document, set_properties, to_bytes
from reports.word.pictures import fitted, stream_of
from reports.word.profiles import Profile, twips

if TYPE_CHECKING:
    from jinja2 import Environment

DISTRIBUTION = "版记"
_NAMES = {
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "v": "urn:schemas-microsoft-com:vml",
    "o": "urn:schemas-microsoft-com:office:office",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
}


def set_document(manuscript: Manuscript, profile: Profile) -> bytes:
    """Set a manuscript.

    Returns:
        The .docx; the same manuscript and profile always give the same bytes. Characters that no document can hold
        are left out.
    """
    document = new_document()
    section, body = document.sections[0], document.element.body
    notes: list[str] = []

    def embed(block: Picture | Chart) -> str:
        if isinstance(block, Chart):
            return add_part(document, "chart", _markup("chart", profile, chart=block))
        return str(document.part.get_or_add_image(stream_of(block))[0])

    def footnote(markup: str) -> int:
        notes.append(markup)
        return len(notes)

    tools = {"embed": embed, "footnote": footnote, "distribution_caption": DISTRIBUTION}
    for element in _elements("body", profile, manuscript=manuscript, **tools):
        body.sectPr.addprevious(element)
    if notes:
        add_part(document, "footnotes", _markup("footnotes", profile, notes=notes))
    _refill(document.styles.element, _elements("styles", profile))
    _refill(document.settings.element, _elements("settings", profile, notes=notes))
    _refill(body.sectPr, _elements("page", profile))
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        _fill(footer, _elements("page_number", profile, side=side))
    if manuscript.draft:
        for index, header in enumerate((section.header, section.even_page_header)):
            _fill(header, _elements("draft", profile, index=index, words=manuscript.words))
    attribution = manuscript.attribution
    properties = {
        "title": printable_text(manuscript.title),
        "subject": f"{attribution.month} {attribution.line}",
        "author": printable_text(manuscript.masthead.body if manuscript.masthead else attribution.hall),
        "identifier": attribution.code,
        "keywords": attribution.line,
        "content_status": manuscript.words.draft if manuscript.draft else attribution.state,
    }
    set_properties(document, properties, attribution.moment)
    return to_bytes(document)


def _fill(header_or_footer: Any, paragraphs: Iterable[Any]) -> None:
    header_or_footer.is_linked_to_previous = False
    _refill(header_or_footer.part.element, paragraphs)


def _refill(parent: Any, children: Iterable[Any]) -> None:
    for child in list(parent):
        parent.remove(child)
    parent.extend(children)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = FileSystemLoader(Path(__file__).with_name("templates"))
    environment = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"plain": plain, "printable": printable_text, "times": _times}
    environment.filters |= {"twips": twips, "emu": _emu}
    environment.globals |= {"column_widths": _column_widths, "text_of": text_of}
    environment.globals |= {
        "imprint_fits": imprint_fits,
        "colophon_pt": _colophon_pt,
        "tag_of": tag_of,
        "fitted": fitted,
        "labelled": labelled,
        "most_values": MOST_VALUES,
    }
    return environment


def _markup(name: str, profile: Profile, **values: Any) -> str:
    return _templates().get_template(f"{name}.xml.j2").render(profile=profile, **values)


def _elements(name: str, profile: Profile, **values: Any) -> list[Any]:
    """The elements of a template, each with its own declarations of the prefixes that it needs."""
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml
    from lxml.etree import cleanup_namespaces

    names = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in _NAMES.items())
    markup = _markup(name, profile, **values)
    elements = [parse_xml(serialize_part_xml(each)) for each in parse_xml(f"<elements {names}>{markup}</elements>")]
    for element in elements:
        cleanup_namespaces(element)
    return elements


def _emu(mm: float) -> int:
    """Millimetres in the unit of drawings."""
    return round(mm * 36_000)


def _times(length: float, units: int) -> int:
    """A length in a unit of Word's, which writes points in twentieths, font sizes in halves, the grid in 4096ths."""
    return round(length * units)


def _column_widths(table: TableBlock, width: int) -> list[int]:
    """Columns as wide as their longest cell asks for, within bounds that keep a long one from starving the others."""
    columns = range(max(map(len, table.rows)))
    wide = {place for place, (_, right) in table.spans.items() if right > 1}
    longest = [
        max(
            (
                _width(cells[column])
                for row, cells in enumerate(table.rows)
                if column < len(cells) and (row, column) not in wide
            ),
            default=0,
        )
        for column in columns
    ]
    shares = [min(max(length, 4), 24) for length in longest]
    widths = [width * share // sum(shares) for share in shares]
    return [widths[0] + width - sum(widths), *widths[1:]]


def _width(text: RichText) -> int:
    return math.floor(width_of(plain(text))) + 1


def imprint_fits(masthead: Masthead, profile: Profile) -> bool:
    """Whether the issuing body and the date stand on one line, with a character between them."""
    return width_of(masthead.body) + 1 + width_of(masthead.date) <= profile.characters_of("imprint")


def lines_of(text: str, characters: int, hanging: int) -> int:
    """How many lines a text takes; each may end a character early, where a mark must not begin the next."""
    first = characters - 1
    return 1 + max(0, math.ceil((width_of(text) - first) / (first - hanging)))


def _colophon_pt(texts: Iterable[str], profile: Profile) -> float:
    """The height of a 版记: its lines, and a point for each rule."""
    hanging, characters = profile.styles["distribution"].hanging, profile.characters_of("distribution")
    lines = [lines_of(text, characters, hanging) for text in texts]
    return sum(lines) * profile.line_pitch_pt + len(lines) + 2
