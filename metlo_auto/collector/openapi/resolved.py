"""Schemas of a kept document with their references followed; each step ends, whatever refers to whatever; pure."""

from __future__ import annotations

from typing import Any, Iterator, Optional

MOST_STEPS = 50  # references and parts of one schema that are followed
Schema = dict[str, Any]


class Resolver:
    """Follows references inside one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def follow(self, value: Any) -> Any:
        """`value`, or what it refers to; {} where that is nowhere, elsewhere or itself."""
        for _ in range(MOST_STEPS):
            reference = value.get("$ref") if isinstance(value, dict) else None
            if not isinstance(reference, str):
                return value
            more = {key: inner for key, inner in value.items() if key not in ("$ref", "description", "summary")}
            value = self._lookup(reference)
            if more and isinstance(value, dict):
                return {"allOf": [value, more]}
        return {}

    def _lookup(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return {}
        value: Any = self._document
        for step in reference[1:].lstrip("/").split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            value = value.get(step) if isinstance(value, dict) else None
        return value if value is not None else {}

    def schema(self, value: Any) -> Schema:
        """One schema with `allOf` taken in; `{}`, which allows everything, for what is none."""
        result: Schema = {}
        for part in self._parts(value):
            for key, inner in part.items():
                _merge(result, key, inner)
        return result

    def _parts(self, value: Any) -> Iterator[Schema]:
        waiting = [value]
        for _ in range(MOST_STEPS):
            if not waiting:
                return
            part = self.follow(waiting.pop())
            if isinstance(part, dict):
                inner = part.get("allOf")
                waiting += inner if isinstance(inner, list) else []
                yield {key: member for key, member in part.items() if key != "allOf"}

    def alternatives(self, schema: Schema) -> Optional[list[Schema]]:
        """What `oneOf` or `anyOf` offer, each with what stands beside it; None where there is neither."""
        for key in ("oneOf", "anyOf"):
            offered = schema.get(key)
            if isinstance(offered, list) and offered:
                beside = {name: inner for name, inner in schema.items() if name not in ("oneOf", "anyOf")}
                return [self.schema({"allOf": [option, beside]}) for option in offered[:MOST_STEPS]]
        return None


def _merge(result: Schema, key: str, value: Any) -> None:
    known = result.get(key)
    if key == "properties" and isinstance(value, dict):
        result[key] = {**(known or {}), **value}
    elif key == "required" and isinstance(value, list):
        result[key] = [*(known or []), *value]
    else:
        result.setdefault(key, value)


def types_of(schema: Schema) -> Optional[set[str]]:
    """The JSON types that a schema allows; None for all."""
    said = schema.get("type")
    types = {said} if isinstance(said, str) else {str(item) for item in said} if isinstance(said, list) else None
    if types is None:
        implied = "object" if "properties" in schema else "array" if "items" in schema else None
        return {implied, "null"} if implied else None
    if schema.get("nullable") is True:
        types.add("null")
    if "number" in types:
        types.add("integer")
    return types
