"""Which parts of an exchange have fields: path, query, bodies; pure.

A section is named `path`, `query`, `body application/json`, `response 2xx application/json`, …
"""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache
from typing import Any, Iterator, NamedTuple, Optional
from urllib.parse import parse_qsl, unquote

from metlo_auto.collector.analysis.observation import Observation
from metlo_auto.collector.ingest import transport

MOST_MEDIA_TYPE = 100  # characters
ANY_MEDIA_TYPE = "*/*"  # what has none that is well-formed, and what is one too many
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,99}")
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Section(NamedTuple):
    """One part of an exchange and its value: an object for path, query and forms, any JSON for JSON bodies."""

    name: str
    value: Any


def sections(seen: Observation, template: str) -> Iterator[Section]:
    """All parts of `seen` that have fields. A refused request (400 and above) says nothing on what is wanted."""
    request, response = seen.trace["request"], seen.trace["response"]
    if seen.status < 400:
        values = path_values(template, seen.path)
        if values:
            yield Section("path", values)
        # without parameters too, or those that are sometimes left out would look required
        yield Section("query", _pairs(request["url"].get("parameters")))
        body = _body(request)
        if body is not None:
            yield Section(f"body {body[0]}", body[1])
    body = _body(response)
    if body is not None:
        yield Section(f"response {seen.status // 100}xx {body[0]}", body[1])


@lru_cache(maxsize=4096)
def _parameters(template: str) -> tuple[tuple[int, str], ...]:
    steps = template.split("/")
    return tuple((place, step[1:-1]) for place, step in enumerate(steps) if step[:1] == "{" and step[-1:] == "}")


def path_values(template: str, path: str) -> dict[str, str]:
    """The values of the template's parameters in `path`; {} where they do not fit, as with `path` converters."""
    wanted = _parameters(template)
    if not wanted:
        return {}
    steps = path.split("/")
    if len(steps) != template.count("/") + 1:
        return {}
    return {name: unquote(steps[place]) for place, name in wanted}


def _pairs(listed: Any) -> dict[str, Any]:
    """Name and value pairs as an object; what comes several times becomes a list."""
    result: dict[str, Any] = {}
    if not isinstance(listed, list):
        return result
    for item in listed:
        if isinstance(item, dict) and isinstance(item.get("name"), str):
            _put(result, item["name"], str(item.get("value", "")))
    return result


def _put(result: dict[str, Any], name: str, value: str) -> None:
    if name not in result:
        result[name] = value
    elif isinstance(result[name], list):
        result[name].append(value)
    else:
        result[name] = [result[name], value]


def _body(message: dict[str, Any]) -> Optional[tuple[str, Any]]:
    """Media type and value of a body; None where there is none or it cannot be read as its type."""
    text = message.get("body")
    if not isinstance(text, str) or not text:
        return None
    kind = media_type(header(message, "content-type"))
    if kind == JSON or kind.endswith("+json") or (kind in ("", ANY_MEDIA_TYPE) and text[0] in "{["):
        try:
            return kind or JSON, transport.parse_any(text)
        except ValueError:
            return None
    if kind == FORM:
        result: dict[str, Any] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            _put(result, name, value)
        return kind, result
    return (kind, text) if kind.startswith("text/") and kind != "text/html" else None


def header(message: dict[str, Any], name: str) -> str:
    """The first header called `name` (lower case), "" where there is none."""
    for item in message.get("headers") or ():
        if item["name"].lower() == name:
            return str(item.get("value", ""))
    return ""


def media_type(value: str) -> str:
    """`application/json` of `application/json; charset=utf-8`, in lower case; "" for none, `*/*` for a bad one."""
    return _media_type(value.partition(";")[0][: MOST_MEDIA_TYPE + 1].strip().lower()) if value else ""


@lru_cache(maxsize=1024)
def _media_type(value: str) -> str:
    if len(value) > MOST_MEDIA_TYPE:
        return ANY_MEDIA_TYPE
    message = Message()
    message["content-type"] = value
    found = message.get_content_type()
    return found if _MEDIA_TYPE.fullmatch(found) else ANY_MEDIA_TYPE
