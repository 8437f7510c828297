"""The value of a body, by its content where its label says too little: JSON, forms, multipart, XML, text; pure.

All input is bounded before anything is parsed.
"""

from __future__ import annotations

import re
from typing import Any, Optional
from urllib.parse import parse_qsl
from xml.etree import ElementTree

from metlo_auto.collector.ingest import transport

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
FILE = "\0file"  # stands for the content of an uploaded file, which is no text to look at
MOST_XML = 500_000  # characters
MOST_LINES = 1_000  # of newline-delimited JSON
MOST_PARTS = 200
_GUARDS = (")]}',", ")]}'", "while(1);", "for(;;);", "/**/")  # against script inclusion
_JSON_TYPE = re.compile(r"[/+]json\b|json[-.]|^json$")
_NAME = re.compile(r'\bname="((?:[^"\\]|\\.){0,200})"|\bname=([^\s;"]{1,200})', re.I)


def read_body(kind: str, label: str, text: str) -> Optional[tuple[str, Any]]:
    """Media type and value; None where the text cannot be read as anything that has fields.

    `kind` is the media type in lower case, "" for none; `label` the whole Content-Type.
    """
    start = _start(text)
    if start[:1] in ("{", "[") or _JSON_TYPE.search(kind):
        value = _json(start)
        if value is not None:
            return kind or JSON, value
        if _JSON_TYPE.search(kind):
            return None
    if kind == FORM:
        return kind, pairs(parse_qsl(text, keep_blank_values=True, max_num_fields=None)[:1_000])
    if kind == "multipart/form-data":
        return _with_kind(kind, _multipart(label, text))
    if (
        kind in ("application/xml", "text/xml")
        or kind.endswith("+xml")
        and kind not in ("application/xhtml+xml", "image/svg+xml")
    ):
        return _with_kind(kind, _xml(start))
    return (kind, text) if kind.startswith("text/") and kind != "text/html" else None


def _with_kind(kind: str, value: Any) -> Optional[tuple[str, Any]]:
    return None if value is None else (kind, value)


def _start(text: str) -> str:
    """`text` without what stands before JSON: a byte order mark, spaces, a guard."""
    text = text.lstrip("\ufeff \t\r\n")
    for guard in _GUARDS:
        if text.startswith(guard):
            return text[len(guard) :].lstrip()
    return text


def _json(text: str) -> Any:
    """The value; a list of the values for newline-delimited JSON; None for anything else, and for null."""
    try:
        return transport.parse_any(text)
    except ValueError:
        pass
    lines = [line for line in text.split("\n", MOST_LINES)[:MOST_LINES] if line.strip()]
    if len(lines) < 2 or lines[0].lstrip()[:1] not in ("{", "["):
        return None
    try:
        return [transport.parse_any(line) for line in lines]
    except ValueError:
        return None


def pairs(listed: list[tuple[str, str]]) -> dict[str, Any]:
    """Name and value pairs as an object; what comes several times becomes a list."""
    result: dict[str, Any] = {}
    for name, value in listed:
        put(result, name, value)
    return result


def put(result: dict[str, Any], name: str, value: Any) -> None:
    """Add one value under `name`."""
    if name not in result:
        result[name] = value
    elif isinstance(result[name], list):
        result[name].append(value)
    else:
        result[name] = [result[name], value]


def _multipart(label: str, text: str) -> Optional[dict[str, Any]]:
    """Fields by name; a file is `FILE`."""
    found = re.search(r'boundary="?([^";,]{1,100})', label, re.I)
    if found is None:
        return None
    result: dict[str, Any] = {}
    for part in text.split("--" + found.group(1).strip(), MOST_PARTS)[1:MOST_PARTS]:
        head, gap, body = part.lstrip("\r\n").replace("\r\n", "\n").partition("\n\n")
        name = _NAME.search(head)
        if gap and name is not None:
            is_file = "filename" in head.lower()
            put(result, name.group(1) or name.group(2) or "", FILE if is_file else body.rstrip("\n"))
    return result or None


def _xml(text: str) -> Any:
    """The root element's content; documents with a type or entities of their own are not read."""
    if len(text) > MOST_XML or text[:1] != "<" or "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return _element(ElementTree.fromstring(text), 0)
    except (ElementTree.ParseError, ValueError):
        return None


def _element(element: "ElementTree.Element[str]", depth: int) -> Any:
    """Attributes and children by name, namespaces left out; the text where there is neither."""
    result: dict[str, Any] = {_local(name): value for name, value in element.attrib.items()}
    if depth < 16:
        for child in element:
            if isinstance(child.tag, str):
                put(result, _local(child.tag), _element(child, depth + 1))
    text = (element.text or "").strip()
    if not result:
        return text
    if text:
        result.setdefault("text", text)
    return result


def _local(name: str) -> str:
    return name.rpartition("}")[2]
