"""A kept trace as it may be handed on: sensitive values masked in path, parameters, headers and bodies; pure."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterator, Optional
from urllib.parse import unquote

from metlo_auto.collector.analysis import masking
from metlo_auto.collector.analysis.aggregation import dump

MOST_PATH = 2_000  # characters of a route
Show = Callable[[str, str], str]  # a field's name and its text -> the text to show


def mask_trace(trace: dict[str, Any]) -> dict[str, Any]:
    """A copy of `trace`, whose shape has passed the contract."""
    request, response = trace["request"], trace["response"]
    url = request["url"]
    path = masked_path(url["path"], route_of(trace))
    masked = {**url, "path": path, "parameters": _pairs(url.get("parameters"))}
    return {**trace, "request": {**_message(request), "url": masked}, "response": _message(response)}


def route_of(trace: dict[str, Any]) -> str:
    """The route as the agent names it, `/users/{id}`; "" where it names none."""
    template = trace["request"]["url"].get("endpointPath")
    return template[:MOST_PATH] if isinstance(template, str) else ""


def masked_path(path: str, route: str) -> str:
    """`path` with sensitive steps masked, percent-encoded ones too, also those that a parameter's name tells."""
    return "/".join(step if hidden is None else hidden for step, _, hidden in masked_steps(path, route))


def masked_steps(path: str, route: str) -> Iterator[tuple[str, str, Optional[str]]]:
    """Each step, the name of its parameter or "", and what is shown in its place, None for the step itself."""
    steps, names = path.split("/"), route.split("/")
    for place, step in enumerate(steps):
        said = names[place] if len(names) == len(steps) else ""
        name = said[1:-1] if said[:1] == "{" and said[-1:] == "}" and said != step else ""
        clear = unquote(step)
        hidden = masking.shown(name, clear) if name else masking.in_place(clear)
        yield step, name, None if hidden == clear else hidden


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
