"""A blackline (修订对照): two documents of ours as one with tracked changes, which give the one or the other."""

import io
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import count
from typing import Any

from reports.docx_files import W, notes_in, open_docx, texts_of
from reports.word.package import to_bytes

AUTHOR = "月报对照"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_NOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_MERGES = frozenset({f"{W}gridSpan", f"{W}vMerge"})
_TABLE, _PARAGRAPH, _RUN, _CONTROL = f"{W}tbl", f"{W}p", f"{W}r", f"{W}sdt"
_BOX = f"{W}txbxContent"
_PROPERTIES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
# A number is changed as a whole; Chinese text by the character.
_TOKEN = re.compile(r"\d[\d.,]*|[A-Za-z]+|.", re.DOTALL)
_FIRST_ID = 10_000  # beyond those of content controls and drawings
_ALIKE = 0.4


def blackline(old: bytes, new: bytes) -> bytes:
    """Set a document against an older one.

    Args:
        old: The older .docx of ours.
        new: The newer one, whose page and styles it has; the changes are dated as it is.

    Returns:
        A .docx in which accepting every tracked change gives the text of `new`, and rejecting every one that of `old`.

    Raises:
        DocumentError: One of them can't be opened.
    """
    before, after = open_docx(old), open_docx(new)
    _share_notes(before, after)
    merging = _Merging(before.part, after.part, after.core_properties.modified)
    body = after.element.body
    section = body.sectPr
    merged = list(merging.blocks(_blocks(before.element.body), _blocks(body)))
    for element in _blocks(body):
        body.remove(element)
    for element in merged:
        section.addprevious(element)
    after.core_properties.title = f"{after.core_properties.title}（修订对照）"
    return to_bytes(after)


@dataclass(frozen=True)
class _Atom:
    """The least that changes: a word of a run, or a content control, a tab, a picture; `key` says what is the same."""

    key: str
    element: Any  # a run that holds nothing else, or a content control
    source: Any  # the run that it was part of


class _Merging:
    def __init__(self, old_part: Any, new_part: Any, moment: datetime) -> None:
        self.old_part = old_part
        self.new_part = new_part
        self.ids = count(_FIRST_ID)
        self.date = moment.strftime("%Y-%m-%dT%H:%M:%SZ")

    # Blocks.

    def blocks(self, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Any]:
        """The blocks of both, in order."""
        old_keys, new_keys = [_key(each) for each in old], [_key(each) for each in new]
        for kind, a, b, c, d in SequenceMatcher(None, old_keys, new_keys, autojunk=False).get_opcodes():
            if kind == "equal":
                yield from new[c:d]
            else:
                yield from self._changed(old[a:b], new[c:d])

    def _changed(self, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Any]:
        left, inserted = 0, []
        for element in new:
            place = next((place for place in range(left, len(old)) if _are_alike(old[place], element)), None)
            if place is None:
                inserted.append(element)
                continue
            yield from self._wholes(old[left:place], inserted)
            yield self._pair(old[place], element)
            left, inserted = place + 1, []
        yield from self._wholes(old[left:], inserted)

    def _wholes(self, deleted: Sequence[Any], inserted: Sequence[Any]) -> Iterator[Any]:
        yield from (self._whole(each, "del") for each in deleted)
        yield from (self._whole(each, "ins") for each in inserted)

    def _pair(self, old: Any, new: Any) -> Any:
        if new.tag == _TABLE:
            return self._tables(old, new)
        old_box, new_box = old.find(f".//{_BOX}"), new.find(f".//{_BOX}")
        if old_box is not None and new_box is not None:
            merged = list(self.blocks(list(old_box), list(new_box)))
            _refill(new_box, merged)
            return new
        return self._paragraphs(old, new)

    def _whole(self, element: Any, change: str) -> Any:
        """A block that was inserted or deleted as a whole."""
        if element.tag == _TABLE:
            for row in element.iterchildren(f"{W}tr"):
                self._whole_row(row, change)
            return element
        atoms = list(_atoms(element))
        _refill(element, [*_properties(element), *self._tracked(atoms, change)])
        marks = _child(_child(element, "pPr"), "rPr", before=("sectPr", "pPrChange"))
        marks.insert(0, self._change(change))
        return element

    # Tables.

    def _tables(self, old: Any, new: Any) -> Any:
        old_rows, new_rows = list(old.iterchildren(f"{W}tr")), list(new.iterchildren(f"{W}tr"))
        if any(_merges(new)):
            for pair in zip(old_rows, new_rows, strict=True):
                self._row(*pair)
            return new
        matcher = SequenceMatcher(
            None, [_key(row) for row in old_rows], [_key(row) for row in new_rows], autojunk=False
        )
        merged: list[Any] = []
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                merged += new_rows[c:d]
                continue
            both = min(b - a, d - c)
            merged += [self._row(*pair) for pair in zip(old_rows[a : a + both], new_rows[c : c + both], strict=True)]
            merged += [self._whole_row(row, "del") for row in old_rows[a + both : b]]
            merged += [self._whole_row(row, "ins") for row in new_rows[c + both : d]]
        _refill(new, [*(each for each in new if each.tag != f"{W}tr"), *merged])
        return new

    def _row(self, old: Any, new: Any) -> Any:
        for old_cell, new_cell in zip(_paragraphs_of(old), _paragraphs_of(new), strict=True):
            new_cell.getparent().replace(new_cell, self._paragraphs(old_cell, deepcopy(new_cell)))
        return new

    def _whole_row(self, row: Any, change: str) -> Any:
        _child(row, "trPr", before=("tc",)).append(self._change(change))
        for paragraph in _paragraphs_of(row):
            atoms = list(_atoms(paragraph))
            _refill(paragraph, [*_properties(paragraph), *self._tracked(atoms, change)])
        return row

    # Paragraphs.

    def _paragraphs(self, old: Any, new: Any) -> Any:
        """A paragraph with what was deleted from the old one and inserted into the new one."""
        before, after = list(_atoms(old)), list(_atoms(new))
        matcher = SequenceMatcher(None, [atom.key for atom in before], [atom.key for atom in after], autojunk=False)
        content: list[Any] = []
        for kind, a, b, c, d in matcher.get_opcodes():
            if kind == "equal":
                content += _joined(after[c:d])
            else:
                content += [*self._tracked(before[a:b], "del"), *self._tracked(after[c:d], "ins")]
        _refill(new, [*_properties(new), *content])
        return new

    def _tracked(self, atoms: Sequence[_Atom], change: str) -> Iterator[Any]:
        """What was inserted or deleted, without content controls: LibreOffice damages one that is rejected."""
        if not atoms:
            return
        runs = [run for element in _joined(atoms) for run in ([element] if element.tag == _RUN else element.iter(_RUN))]
        if change == "del":
            for run in runs:
                self._take_over(run)
                for text in run.iterchildren(f"{W}t"):
                    text.tag = f"{W}delText"
        yield self._change(change, runs)

    def _change(self, kind: str, content: Sequence[Any] = ()) -> Any:
        element = _made(kind, id=str(next(self.ids)), author=AUTHOR, date=self.date)
        element.extend(content)
        return element

    def _take_over(self, element: Any) -> None:
        """Have the new document hold what an element of the old one refers to."""
        for each in element.iter():
            for name in (f"{_R}embed", f"{_R}id"):
                if key := each.get(name):
                    each.set(name, self._taken_over(key))

    def _taken_over(self, key: str) -> str:
        relation = self.old_part.rels[key]
        if relation.reltype.endswith("/image"):
            return str(self.new_part.get_or_add_image(io.BytesIO(relation.target_part.blob))[0])
        part = relation.target_part
        part.partname = type(part.partname)(f"/word/earlier/{next(self.ids)}.{part.partname.ext}")
        return str(self.new_part.relate_to(part, relation.reltype))


def _blocks(body: Any) -> list[Any]:
    return [each for each in body if each.tag in {_PARAGRAPH, _TABLE}]


def _paragraphs_of(row: Any) -> list[Any]:
    return list(row.iterfind(f"{W}tc/{_PARAGRAPH}"))


def _key(element: Any) -> tuple[str, ...]:
    """What two blocks or rows have in common that say the same."""
    paragraphs = [element] if element.tag == _PARAGRAPH else element.iter(_PARAGRAPH)
    boxes = "".join(box.xpath("string()") for box in element.iter(_BOX))
    return (element.tag, boxes, *("".join(atom.key for atom in _atoms(each)) for each in paragraphs))


def _are_alike(old: Any, new: Any) -> bool:
    """Whether one became the other: of a table its columns are the same, of a paragraph much of its text."""
    if old.tag != new.tag:
        return False
    if old.tag == _TABLE:
        if any(_merges(old)) or any(_merges(new)):
            return _merges(old) == _merges(new)
        return {len(_paragraphs_of(row)) for row in old.iter(f"{W}tr")} == {
            len(_paragraphs_of(row)) for row in new.iter(f"{W}tr")
        }
    boxes = [each.find(f".//{_BOX}") is not None for each in (old, new)]
    if any(boxes):
        return all(boxes)
    before, after = ("".join(text for text, _ in texts_of(each)) for each in (old, new))
    if not before or not after:
        return before == after
    return _style(old) == _style(new) and SequenceMatcher(None, before, after, autojunk=False).ratio() >= _ALIKE


def _merges(table: Any) -> list[list[tuple[int, str]]]:
    """By row, the cells that are merged with others: their places, and how."""
    return [
        [
            (place, f"{each.tag}{each.get(f'{W}val')}")
            for place, cell in enumerate(row.iterchildren(f"{W}tc"))
            for each in cell.iterfind(f"{W}tcPr/*")
            if each.tag in _MERGES
        ]
        for row in table.iterchildren(f"{W}tr")
    ]


def _share_notes(old: Any, new: Any) -> None:
    """Have the new document hold the footnotes of the old one, and the old one refer to them there."""
    from docx.opc.oxml import serialize_part_xml
    from docx.oxml import parse_xml

    own, shared = (_notes_part(document.part) for document in (old, new))
    if own is None:
        return
    if shared is None:
        new.part.relate_to(own, _NOTES)
        return
    root = parse_xml(shared.blob)
    keys = {note.xpath("string()"): note.get(f"{W}id") for note in root}
    moved: dict[str, str] = {}
    for note in notes_in(old.part):
        text = note.xpath("string()")
        if text not in keys:
            keys[text] = str(max(int(each.get(f"{W}id")) for each in root) + 1)
            root.append(note)
        moved[note.get(f"{W}id")] = keys[text]
        note.set(f"{W}id", keys[text])
    for mark in old.element.body.iter(f"{W}footnoteReference"):
        mark.set(f"{W}id", moved[mark.get(f"{W}id")])
    shared._blob = serialize_part_xml(root)  # noqa: SLF001 - python-docx knows no footnotes


def _notes_part(part: Any) -> Any:
    return next((each.target_part for each in part.rels.values() if each.reltype == _NOTES), None)


def _style(paragraph: Any) -> str:
    style = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if style is None else str(style.get(f"{W}val"))


def _atoms(paragraph: Any) -> Iterator[_Atom]:
    for child in paragraph:
        if child.tag == _CONTROL:
            yield _Atom("".join(text for text, _ in texts_of(child)), child, child)
        elif child.tag == _RUN:
            for piece in child:
                yield from _pieces(piece, child)


def _pieces(piece: Any, run: Any) -> Iterator[_Atom]:
    if piece.tag == f"{W}rPr":
        return
    if piece.tag != f"{W}t":
        text = "".join(text for text, _ in texts_of(run))
        # What a picture or a chart shows, and which footnote a mark stands for.
        shown = "".join(each.get("descr", "") for each in piece.iter(_PROPERTIES)) + piece.get(f"{W}id", "")
        yield _Atom(f"{text}<{piece.tag}{piece.xpath('string()')}{shown}>", _run_of(run, deepcopy(piece)), None)
        return
    for token in _TOKEN.findall(piece.text or ""):
        yield _Atom(token, _run_of(run, _text(token)), run)


def _joined(atoms: Sequence[_Atom]) -> list[Any]:
    """Atoms as elements, the neighbouring words of one run as one."""
    joined: list[Any] = []
    last: Any = None
    for atom in atoms:
        text = atom.element.find(f"{W}t") if atom.element.tag == _RUN else None
        if text is not None and last is atom.source and last is not None:
            joined[-1].find(f"{W}t").text += text.text
        else:
            joined.append(atom.element)
        last = atom.source if text is not None else None
    return joined


def _run_of(run: Any, piece: Any) -> Any:
    made = _made("r")
    made.extend([deepcopy(each) for each in run.iterchildren(f"{W}rPr")] + [piece])
    return made


def _text(token: str) -> Any:
    text = _made("t")
    text.text = token
    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return text


def _properties(element: Any) -> list[Any]:
    return list(element.iterchildren(f"{W}pPr"))


def _child(parent: Any, name: str, before: Sequence[str] = ()) -> Any:
    """The child of a name, made where there is none: before the first of some others, else at the end of properties."""
    child = parent.find(f"{W}{name}")
    if child is not None:
        return child
    child = _made(name)
    following = next((each for each in parent if each.tag in {f"{W}{tag}" for tag in before}), None)
    if following is not None:
        following.addprevious(child)
    elif name == "pPr":
        parent.insert(0, child)
    else:
        parent.append(child)
    return child


def _made(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement

    return OxmlElement(f"w:{name}", {f"{W}{key}": value for key, value in attributes.items()})


def _refill(parent: Any, children: Sequence[Any]) -> None:
    for child in list(parent):
        parent.remove(child)
    parent.extend(children)
