"""Where observed traffic and a kept OpenAPI document differ; pure, works on JSON values."""

from __future__ import annotations

from typing import Any, Iterator, NamedTuple

_IGNORED = frozenset(
    ("description", "summary", "example", "examples", "operationId", "tags", "title", "deprecated", "externalDocs")
)
_SETS = frozenset(("required", "type", "enum"))
MISSING = object()


class Difference(NamedTuple):
    """`observed`: traffic shows what the document does not allow; else the document has what was not seen."""

    where: str
    what: str
    observed: bool


def differences(document: dict[str, Any], observed: dict[str, Any]) -> list[Difference]:
    """Everything under `paths` that differs, in the order of the paths; local references are followed."""
    kept = _keyed(_paths(document), document, 0)
    found = _keyed(_paths(observed), observed, 0)
    return list(_compare("", kept, found))


def _paths(document: dict[str, Any]) -> Any:
    paths = document.get("paths")
    return paths if isinstance(paths, dict) else {}


def _keyed(value: Any, document: dict[str, Any], depth: int) -> Any:
    """`value` with references followed and parameters as an object by place and name, so that order does not matter."""
    if depth > 60:  # a schema that refers to itself
        return {}
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            return _keyed(_follow(reference, document), document, depth + 1)
        return {
            key: _keyed_member(key, inner, document, depth)
            for key, inner in value.items()
            if key not in _IGNORED and not key.startswith("x-")
        }
    if isinstance(value, list):
        return [_keyed(item, document, depth + 1) for item in value]
    return value


def _keyed_member(key: str, value: Any, document: dict[str, Any], depth: int) -> Any:
    if key == "properties" and isinstance(value, dict):  # names of fields, none of which is a keyword
        return {name: _keyed(inner, document, depth + 1) for name, inner in value.items()}
    if key == "parameters" and isinstance(value, list):
        items = [_keyed(item, document, depth + 1) for item in value]
        return {f"{item.get('in')} {item.get('name')}": item for item in items if isinstance(item, dict)}
    if key in _SETS and not isinstance(value, bool):
        return sorted(value, key=repr) if isinstance(value, list) else [value]
    return _keyed(value, document, depth + 1)


def _follow(reference: str, document: dict[str, Any]) -> Any:
    value: Any = document
    for step in reference.lstrip("#/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        value = value.get(step) if isinstance(value, dict) else None
    return value if value is not None else {}


def _compare(where: str, kept: Any, found: Any) -> Iterator[Difference]:
    if isinstance(kept, dict) and isinstance(found, dict):
        for key in sorted(set(kept) | set(found)):
            yield from _compare_member(f"{where} {key}".strip(), key, kept.get(key, MISSING), found.get(key, MISSING))
    elif kept != found:
        yield Difference(where, f"document says {_short(kept)}, traffic shows {_short(found)}", True)


def _compare_member(where: str, key: str, kept: Any, found: Any) -> Iterator[Difference]:
    if found is MISSING:
        yield Difference(where, "not observed", False)
    elif kept is MISSING:
        # a bound that the document does not set cannot be broken
        if key not in ("required", "enum", "format", "security"):
            yield Difference(where, f"not in the document: {_short(found)}", True)
    elif key in ("enum", "type", "required") and isinstance(kept, list) and isinstance(found, list):
        yield from _compare_sets(where, key, kept, found)
    else:
        yield from _compare(where, kept, found)


def _compare_sets(where: str, key: str, kept: list[Any], found: list[Any]) -> Iterator[Difference]:
    more = [item for item in found if item not in kept]
    less = [item for item in kept if item not in found]
    if key == "type" and "number" in kept:
        more = [item for item in more if item != "integer"]
    if key == "required":  # broken by a field that was missing once
        if less:
            yield Difference(where, f"document requires {_short(less)}, traffic came without", True)
    elif more:
        yield Difference(where, f"not in the document: {_short(more)}", True)
    elif less:
        yield Difference(where, f"not observed: {_short(less)}", False)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
