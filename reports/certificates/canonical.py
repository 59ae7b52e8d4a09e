"""One text for one document: canonical JSON, so that a hash or signature of it means the same everywhere.

Keys sorted by code point, no white space that means nothing, UTF-8, and of values only objects, arrays, strings and
integers: a float can be written in more than one way, and nothing here needs `true` or `null`, so they are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")


def canonical_json(document: Any) -> bytes:
    """The one way to write a document.

    Raises:
        TypeError: Something in it is neither a mapping, list, tuple, string nor integer, or a key is no string.
        ValueError: A string can't be written in UTF-8 (a lone surrogate).
    """
    if not _is_plain(document):
        _require_plain(document, "$")
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_canonical(kind: type[T], content: bytes, write: Callable[[T], bytes]) -> T:
    """Read a document, which must stand in the very bytes in which it is written.

    Args:
        kind: The dataclass that it is; its fields are read strictly.
        content: All of the file.
        write: Gives the bytes in which a document is written.

    Raises:
        ValueError: It is no JSON, a field is absent or of another type, or it is written otherwise.
    """
    from pydantic import ValidationError

    try:
        document: T = _adapter(cast("Hashable", kind)).validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise ValueError(f"{place}: {first['msg']}") from error
    if write(document) != content:
        raise ValueError("its bytes aren't the canonical form of what is in it")
    return document


def plain(document: Any) -> Any:
    """A dataclass as `canonical_json` takes it: `dataclasses.asdict`, in a fraction of its time."""
    return _adapter(cast("Hashable", type(document))).dump_python(document, warnings=False)


def sha256(content: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _is_plain(value: Any) -> bool:
    """Whether `_require_plain` would accept it, where no type of its own is among its values; it names no places."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str and _is_plain(element) for key, element in value.items())
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind is str or kind is int


def _require_plain(value: Any, place: str) -> None:
    match value:
        case str():
            return
        case int() if not isinstance(value, bool):
            return
        case list() | tuple():
            for position, element in enumerate(value):
                _require_plain(element, f"{place}[{position}]")
        case dict() if all(isinstance(key, str) for key in value):
            for key, element in value.items():
                _require_plain(element, f"{place}.{key}")
        case Mapping():
            raise TypeError(f"{place}: canonical JSON is written from a dict with text keys")
        case _:
            raise TypeError(f"{place}: canonical JSON holds no {type(value).__name__}, got {value!r}")
