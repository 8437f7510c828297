"""An OpenAPI document from the bytes of a file, JSON or YAML; must not know where they came from."""

from __future__ import annotations

import json
from typing import Any

MOST_BYTES = 64_000_000


class Unreadable(Exception):
    """The bytes are no OpenAPI document; the message goes on after the file's name."""


def read_document(data: bytes) -> dict[str, Any]:
    """The document as a JSON value, every key a text. Raises Unreadable with one line."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"is larger than {MOST_BYTES:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {error}") from error
    value = _parse(text)
    if not isinstance(value, dict) or not ("openapi" in value or "swagger" in value):
        raise Unreadable("is no OpenAPI document: it has no member openapi")
    if not str(value.get("openapi", "")).startswith("3."):
        raise Unreadable(f"is OpenAPI {value.get('openapi', value.get('swagger'))}; 3.0 and 3.1 can be compared")
    if not isinstance(value.get("paths"), dict):
        raise Unreadable("is no OpenAPI document: it has no member paths")
    return value


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        if text.lstrip()[:1] in ("{", "["):
            raise Unreadable(f"is not JSON: {error}") from error
    except RecursionError as error:
        raise Unreadable("is nested too deep") from error
    return _parse_yaml(text)


def _parse_yaml(text: str) -> Any:
    import yaml  # here: only this command has a use for it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _with_text_keys(yaml.load(text, Loader=loader), {})  # noqa: S506  # a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line = " ".join(str(error).split())[:300]
        raise Unreadable(f"is neither JSON nor YAML: {line}") from error


def _with_text_keys(value: Any, done: dict[int, Any]) -> Any:
    """Statuses are numbers in YAML and texts in OpenAPI. Aliases stay shared, so that many of them stay small."""
    if not isinstance(value, (dict, list)):
        return value
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        done[id(value)] = found
        found.update((_key(key), _with_text_keys(inner, done)) for key, inner in value.items())
        return found
    items: list[Any] = []
    done[id(value)] = items
    items.extend(_with_text_keys(inner, done) for inner in value)
    return items


def _key(key: Any) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)
