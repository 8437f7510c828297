"""JSON Schema of a section from its fields; pure, the same fields always give the same schema."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from metlo_auto.collector.analysis.shapes import unescape
from metlo_auto.collector.inventory.fields import Field

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_FORMATS = ("binary", "date", "date-time", "email", "ipv4", "time", "uri", "uuid")
Schema = dict[str, Any]


def schema_of(fields: Sequence[Field], path: str = "") -> Schema:
    """The schema of the place `path` among `fields`, which are of one section."""
    by_path = {field.path: field for field in fields}
    return _schema(by_path, _children(by_path), path)


def _children(by_path: dict[str, Field]) -> dict[str, list[str]]:
    """Paths by their parent's path."""
    result: dict[str, list[str]] = {}
    for path in sorted(by_path):
        if path:
            result.setdefault(path.rpartition("/")[0], []).append(path)
    return result


def _schema(by_path: dict[str, Field], children: dict[str, list[str]], path: str) -> Schema:
    field = by_path[path]
    schema: Schema = {}
    types = _types(field)
    if types:
        schema["type"] = types[0] if len(types) == 1 else types
    if "object" in types:
        schema.update(_object(by_path, children, path))
    if "array" in types:
        items = path + "/[]"
        schema["items"] = _schema(by_path, children, items) if items in by_path else {}
    schema.update(_leaf(field))
    return schema


def _types(field: Field) -> list[str]:
    """As JSON Schema has them. Text that always reads as a number or truth value is one: forms know only text."""
    types = set(field.types)
    plain = text_type(field)
    if plain is not None:
        types = types - {"string"} | {plain}
    if "number" in types:
        types.discard("integer")
    return [name for name in _TYPES if name in types]


def text_type(field: Field) -> Optional[str]:
    """`integer`, `number` or `boolean` where every text at the place reads as one."""
    found = field.format
    if found is not None and found.startswith("text "):
        return found.partition(" ")[2]
    strings = field.types.get("string", 0)
    numbers = field.formats.get("text integer", 0) + field.formats.get("text number", 0)
    return "number" if strings and numbers == strings else None


def _object(by_path: dict[str, Field], children: dict[str, list[str]], path: str) -> Schema:
    properties: Schema = {}
    required: list[str] = []
    result: Schema = {}
    for child in children.get(path, ()):
        step = child.rpartition("/")[2]
        if step in ("[]", "{key}"):
            continue
        inner = _schema(by_path, children, child)
        if step == "{}":
            result["additionalProperties"] = inner
            continue
        name = unescape(step)
        properties[name] = inner
        if by_path[child].required:
            required.append(name)
    if properties:
        result["properties"] = properties
    if required:
        result["required"] = sorted(required)
    return result


def _leaf(field: Field) -> Schema:
    """What is known of texts: format, members, sensitive classes with masked examples."""
    result: Schema = {}
    if field.format in _FORMATS:
        result["format"] = field.format
    if field.enum and text_type(field) is None:
        result["enum"] = [*field.enum, None] if field.nullable else list(field.enum)
    if field.claims:
        result["x-sensitive"] = [claim.name for claim in field.claims]
        if set(field.types) <= {"string", "null"} and "format" not in result:  # a masked value has no format
            result["examples"] = sorted(claim.example for claim in field.claims if claim.example)
    return result
