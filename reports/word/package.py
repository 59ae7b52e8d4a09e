"""A new document without anything of its template's, and its file as bytes that depend on nothing but its content."""

import io
import zipfile
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_FIRST = "[Content_Types].xml"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # a .zip knows no earlier one
# By the kind of a relation: the name of a part, and what it holds.
_PARTS = {
    "chart": ("/word/charts/chart%d.xml", "drawingml.chart"),
    "footnotes": ("/word/footnotes.xml", "wordprocessingml.footnotes"),
}
_OFFICE_TYPE = "application/vnd.openxmlformats-officedocument"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_KEPT = ("/officeDocument", "/core-properties", "/styles", "/settings")


def new_document() -> Any:
    """A python-docx document with nothing of its template but a section, styles and settings, to be filled."""
    from docx import Document

    document = Document()
    for relations in (document.part.package.rels, document.part.rels):
        for key, relation in list(relations.items()):
            if not relation.reltype.endswith(_KEPT):
                del relations[key]
    return document


def add_part(document: Any, kind: str, markup: str) -> str:
    """Have a document hold a part of a kind of `_PARTS`.

    Returns:
        The key by which the document refers to it.
    """
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    name, content_type = _PARTS[kind]
    package = document.part.package
    path = PackURI(str(package.next_partname(name)) if "%d" in name else name)
    part = Part(path, f"{_OFFICE_TYPE}.{content_type}+xml", markup.encode(), package)
    return str(document.part.relate_to(part, f"{_RELATIONS}/{kind}"))


def set_properties(document: Any, properties: Mapping[str, str], moment: datetime) -> None:
    """Set the core properties, all of them, so that none of the template's is left; `moment` stands for every time."""
    core = document.core_properties
    for name in ("author", "category", "comments", "content_status", "identifier", "keywords", "subject", "title"):
        setattr(core, name, properties.get(name, ""))
    core.language, core.last_modified_by, core.version = "zh-CN", "", ""
    core.revision = 1
    core.created = core.modified = moment


def to_bytes(document: Any) -> bytes:
    """The document's file; the same document always gives the same bytes."""
    written, fixed = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w") as target:
        for name in sorted(source.namelist(), key=lambda name: (name != _FIRST, name)):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            target.writestr(entry, source.read(name))
    return fixed.getvalue()
