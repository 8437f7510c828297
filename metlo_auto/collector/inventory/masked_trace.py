"""A kept trace as it may be handed on: sensitive values masked in path, parameters, headers and bodies; pure."""

from __future__ import annotations

import json
from typing import Any, Callable
from urllib.parse import unquote

from metlo_auto.collector.analysis import masking
from metlo_auto.collector.analysis.aggregation import dump

Show = Callable[[str, str], str]  # a field's name and its text -> the text to show


def mask_trace(trace: dict[str, Any]) -> dict[str, Any]:
    """A copy of `trace`, whose shape has passed the contract."""
    request, response = trace["request"], trace["response"]
    url = request["url"]
    path = "/".join(map(_mask_step, url["path"].split("/")))
    masked = {**url, "path": path, "parameters": _pairs(url.get("parameters"))}
    return {**trace, "request": {**_message(request), "url": masked}, "response": _message(response)}


def _mask_step(step: str) -> str:
    clear = unquote(step)
    hidden = masking.in_place(clear)
    return step if hidden == clear else hidden


def _message(message: dict[str, Any]) -> dict[str, Any]:
    body = message.get("body")
    return {
        **message,
        "headers": _pairs(message.get("headers")),
        "body": mask_body(body) if isinstance(body, str) else body,
    }


def _pairs(listed: Any) -> Any:
    if not isinstance(listed, list):
        return listed
    return [
        {**item, "value": masking.shown(str(item.get("name", "")), str(item.get("value", "")))}
        for item in listed
        if isinstance(item, dict)
    ]


def mask_body(text: str) -> str:
    """A body: JSON value by value, anything else in place."""
    if text[:1] in ("{", "["):
        try:
            value = json.loads(text)
            masked = mask_json(value, "", masking.shown)
            return text if masked == value else dump(masked).decode("utf-8", "replace")  # as it came where it may be
        except (ValueError, RecursionError):
            pass
    return masking.in_place(text)


def mask_json(value: Any, name: str, show: Show) -> Any:
    """A JSON value with each text, number and key as `show` has it. Raises RecursionError."""
    if isinstance(value, dict):
        return {mask_key(key, show): mask_json(inner, key, show) for key, inner in value.items()}
    if isinstance(value, list):
        return [mask_json(inner, name, show) for inner in value]
    if isinstance(value, str):
        return show(name, value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        text = repr(value)
        seen = show(name, text)
        return value if seen == text else seen
    return value


def mask_key(key: str, show: Show) -> str:
    """Keys may be values: `{"ann@example.com": 1}`."""
    return show("key", key) if "@" in key or any(character.isdigit() for character in key) else key
