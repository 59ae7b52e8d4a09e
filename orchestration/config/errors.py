"""How a mistake in a hall's settings is told: the key as it stands in the file, what is wrong, and what is allowed."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def complaint(document: Any, schema: Schema, error: Any) -> str:
    """One sentence on one of `ValidationError.errors()`, by the settings as they were read and their JSON schema."""
    allowed = ""
    if error["type"] == "extra_forbidden":
        allowed = f"; allowed are {', '.join(_known_keys(schema, error['loc'][:-1]))}"
    return f"key {_key(document, error)}: {error['msg']}{allowed}"


def _key(document: Any, error: Any) -> str:
    """The key as it stands in the file; pydantic also names the kind that it chose, which is no key."""
    place, key = document, []
    for part in error["loc"]:
        if isinstance(place, list) or (isinstance(place, dict) and part in place):
            key.append(str(part))
            place = place[part]
    if error["type"] == "missing":
        key.append(str(error["loc"][-1]))
    return ".".join(key) or "(whole file)"


def _known_keys(schema: Schema, loc: tuple[str, ...]) -> list[str]:
    """The keys of the table at a place, which is a path of keys and of the kinds that tables say they are."""
    tables = _variants(schema, schema)
    for part in loc:
        of_kind = [table for table in tables if _kind(table) == part.rpartition(" ")[2]] if len(tables) > 1 else []
        tables = of_kind or [inner for table in tables for inner in _inside(schema, table, part)]
    return list(dict.fromkeys(key for table in tables for key in table.get("properties", ())))


def _kind(table: Schema) -> str | None:
    kind = table.get("properties", {}).get("kind", {})
    return kind.get("const") if isinstance(kind, Mapping) else None


def _inside(schema: Schema, table: Schema, part: str) -> list[Schema]:
    inner = table.get("properties", {}).get(part) or table.get("additionalProperties")
    return _variants(schema, inner) if isinstance(inner, Mapping) else []


def _variants(schema: Schema, node: Schema) -> list[Schema]:
    """The tables that a place may hold, references followed."""
    if "$ref" in node:
        return _variants(schema, schema["$defs"][node["$ref"].rpartition("/")[2]])
    choices = node.get("oneOf") or node.get("anyOf")
    return [table for choice in choices for table in _variants(schema, choice)] if choices else [node]
