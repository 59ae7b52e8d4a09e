"""Reads XML as it streams by, with what a part of a workbook may not hold refused."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, NoReturn
from xml.parsers import expat

_PIECE = 1 << 16

Attributes = dict[str, str]


class UnwantedXml(ValueError):
    """XML that declares entities or a type of document, as no spreadsheet program writes it."""


def stream_xml(
    pieces: Iterable[bytes | str],
    start: Callable[[str, Attributes], object],
    end: Callable[[str], object],
    text: Callable[[str], object],
) -> Iterator[None]:
    """Call `start`, `end` and `text` for what an XML file holds; elements are named `namespace name`.

    Yields after each piece of it, so that what was found can be taken.

    Raises:
        expat.ExpatError: it isn't well formed.
        UnwantedXml: it declares a type of document.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    for piece in pieces:
        parser.Parse(piece, False)  # noqa: FBT003 - it takes no names
        yield
    parser.Parse(b"", True)  # noqa: FBT003
    yield


def pieces_of(stream: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces, without the blank lines that XML doesn't allow before its declaration."""
    piece = stream.read(_PIECE).lstrip()
    while piece:
        yield piece
        piece = stream.read(_PIECE)


def read_elements(stream: IO[bytes], handlers: Mapping[str, Callable[[Attributes], object]]) -> None:
    """Call a handler for the attributes of each element that has one; raises as `stream_xml`."""

    def start(name: str, attributes: Attributes) -> None:
        if handler := handlers.get(name):
            handler(attributes)

    for _ in stream_xml(pieces_of(stream), start, _pass_over, _pass_over):
        pass


def _refuse(*_: object) -> NoReturn:
    raise UnwantedXml


def _pass_over(_: str) -> None:
    pass
