"""Which parts of an exchange have fields: path, query, bodies; pure.

A section is named `path`, `query`, `header`, `body application/json`, `response 2xx application/json`,
`response 2xx header`, …
"""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache
from typing import Any, Iterator, NamedTuple, Optional
from urllib.parse import unquote

from metlo_auto.collector.analysis.body_reading import FORM as FORM
from metlo_auto.collector.analysis.body_reading import pairs, read_body
from metlo_auto.collector.analysis.header_fields import Layout, header_fields
from metlo_auto.collector.analysis.observation import Observation

MOST_MEDIA_TYPE = 100  # characters
ANY_MEDIA_TYPE = "*/*"  # what has none that is well-formed, and what is one too many
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,99}")
HEADER = "header"


class Section(NamedTuple):
    """One part of an exchange and its value: an object for path, query and forms, any JSON for JSON bodies."""

    name: str
    value: Any


class Bodies(NamedTuple):
    """Media type and value of both bodies; None for one that is none or cannot be read as its type."""

    request: Optional[tuple[str, Any]]
    response: Optional[tuple[str, Any]]


def read_bodies(seen: Observation) -> Bodies:
    request, response = seen.trace["request"], seen.trace["response"]
    sent = request.get("body") if seen.status < 400 else None
    body = response.get("body")
    return Bodies(
        _body(request, seen.asked, sent) if isinstance(sent, str) and sent else None,
        _body(response, seen.answered, body) if isinstance(body, str) and body else None,
    )


def sections(seen: Observation, template: str, bodies: Bodies) -> Iterator[Section]:
    """All parts of `seen` that have fields. A refused request (400 and above) says nothing on what is wanted."""
    request, response = seen.trace["request"], seen.trace["response"]
    if seen.status < 400:
        values = path_values(template, seen.path)
        if values:
            yield Section("path", values)
        # without parameters too, or those that are sometimes left out would look required
        yield Section("query", pairs(parameters(request["url"].get("parameters"))))
        yield Section(HEADER, header_fields(request, seen.asked))
        if bodies.request is not None:
            yield Section(f"body {bodies.request[0]}", bodies.request[1])
    if bodies.response is not None:
        yield Section(f"response {seen.status // 100}xx {bodies.response[0]}", bodies.response[1])
    yield Section(f"response {seen.status // 100}xx {HEADER}", header_fields(response, seen.answered))


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
    values = {name: unquote(steps[place]) for place, name in wanted}
    # an announcement has the template for its path: what stands in braces is no value
    return {} if "{" in path and any(value == "{%s}" % name for name, value in values.items()) else values


def parameters(listed: Any) -> list[tuple[str, str]]:
    """The query's names and values, as they are listed."""
    if not isinstance(listed, list):
        return []
    return [
        (item["name"], str(item.get("value", "")))
        for item in listed
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    ]


def _body(message: dict[str, Any], names: Layout, text: str) -> Optional[tuple[str, Any]]:
    place = names.content_type
    label = "" if place is None else str(message["headers"][place].get("value", ""))
    return read_body(media_type(label), label, text)


def header(message: dict[str, Any], name: str) -> str:
    """The first header called `name` (lower case), "" where there is none."""
    for item in message.get("headers") or ():
        if item["name"].lower() == name:
            return str(item.get("value", ""))
    return ""


def media_type(value: str) -> str:
    """`application/json` of `application/json; charset=utf-8`, in lower case; "" for none, `*/*` for a bad one."""
    return _media_type(value.partition(";")[0][: MOST_MEDIA_TYPE + 1].strip().lower()) if value else ""


def any_media_type(section: str) -> str:
    """The section that counts for `section` where an endpoint has too many."""
    return section.rpartition(" ")[0] + " " + ANY_MEDIA_TYPE


@lru_cache(maxsize=1024)
def _media_type(value: str) -> str:
    if len(value) > MOST_MEDIA_TYPE:
        return ANY_MEDIA_TYPE
    message = Message()
    message["content-type"] = value
    found = message.get_content_type()
    return found if _MEDIA_TYPE.fullmatch(found) else ANY_MEDIA_TYPE
